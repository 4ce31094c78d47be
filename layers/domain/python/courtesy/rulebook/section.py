"""The common manners of all rulebook models."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Immutable, and unknown fields are refused, so that a misspelt rule is an error and not silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")
