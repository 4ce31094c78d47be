"""Sample sources of a vehicle maker that does not exist: nine systems, their files, their mess, and the truth about them."""

from courtesy_local.samples.generate import generate
from courtesy_local.samples.truth import Truth

__all__ = ["Truth", "generate"]
