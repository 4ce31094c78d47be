"""From a piece's data to its PDF, by Typst; the one module that needs it (extra `print`, carried by `make_mailing` alone).

The frame is Typst source of the rulebook; everything that belongs to a customer goes in as one JSON input and is shown as
text. Only Typst's own fonts are used, so a PDF is the same wherever it is made; equal data give equal bytes.
"""

from dataclasses import asdict
from typing import Any

import msgspec
import typst

from courtesy.errors import RefusedRule
from courtesy.messages.render import PrintText
from courtesy.messages.rules import PrintProduct, Side


class Typesetter:
    """Makes PDFs from the rulebook's print frames; keeps Typst's compiler and its fonts between pieces."""

    def __init__(self, frames: dict[str, str]) -> None:
        self._frames = {name: source.encode() for name, source in frames.items()}
        self._compiler = typst.Compiler(ignore_system_fonts=True)

    def pdf(self, product: PrintProduct, text: PrintText, address: list[str], side: Side = "both") -> bytes:
        """One piece, or one side of it, as PDF in the product's file size, bleed included.

        Raises RefusedRule where the frame is missing or refuses the text, since it does not fit.
        """
        return self._compile(product, text, address, side, format="pdf")[0]

    def png(self, product: PrintProduct, text: PrintText, address: list[str], ppi: float = 72) -> list[bytes]:
        """Each page as a picture of `ppi` pixels an inch. Raises RefusedRule as `pdf` does."""
        return self._compile(product, text, address, "both", format="png", ppi=ppi)

    def _compile(
        self, product: PrintProduct, text: PrintText, address: list[str], side: Side, **form: Any
    ) -> list[bytes]:
        frame = self._frames.get(product.frame)
        if frame is None:
            raise RefusedRule(
                f"there is no print frame {product.frame!r}; add messages/frames/{product.frame}.typ"
            )
        piece = {"product": product.model_dump(), "text": asdict(text), "address": address, "side": side}
        inputs = {"piece": msgspec.json.encode(piece).decode()}
        try:
            made: Any = self._compiler.compile(frame, sys_inputs=inputs, timestamp=0, **form)
        except typst.TypstError as error:
            # The diagnostic may quote the data; the message alone never does.
            raise RefusedRule(
                f"frame {product.frame!r} does not take this text: {error.message[:200]}"
            ) from None
        return [bytes(page) for page in made] if isinstance(made, list) else [bytes(made)]
