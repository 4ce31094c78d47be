"""An offer: an incentive with a code, a validity, a stock and a fulfilment; the same one in every channel."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from courtesy.rulebook.section import Section


class Offer(Section):
    """An incentive that triggers name in `offer`.

    id:          its name
    label:       what the customer gets, per language; terms: the small print, per language
    code:        what the customer shows; for unique codes the prefix of each
    unique:      each customer gets a code of their own, so a redemption needs no other proof of who it is
    valid_days:  how long a code is good for, from the day its first contact is to arrive
    valid_until: the last day (UTC) for everybody, whatever `valid_days` says
    stock:       codes that may be out at most, returned ones not counted; None: as many as are asked for
    rest_days:   after somebody declined, nobody offers it to them for so long, in no channel
    fulfilment:  what a redemption sets off: nothing, or an entry of the fulfilment queue that a person or system works off
    cost:        what a fulfilled one costs, minor units
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$")
    label: dict[str, str] = Field(min_length=1)
    terms: dict[str, str] = Field(default_factory=dict)
    code: str = Field(pattern=r"^[A-Z0-9]{1,20}$")
    unique: bool = False
    valid_days: int = Field(default=30, ge=1, le=730)
    valid_until: date | None = None
    stock: int | None = Field(default=None, ge=0)
    rest_days: int = Field(default=180, ge=0)
    fulfilment: Literal["none", "queue"] = "none"
    cost: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _short_prefix(self) -> "Offer":
        if self.unique and len(self.code) > 8:
            raise ValueError(f"the prefix of unique codes has at most 8 characters, {self.code!r} has more")
        return self
