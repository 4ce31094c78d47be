"""The section of the rulebook that rules identity: thresholds, limits, and the weights of agreement."""

from pydantic import Field, model_validator

from courtesy.rulebook.section import Section


class NameFrequencies(Section):
    """How often names occur, as shares of all people; a rare name says more than a frequent one."""

    given: dict[str, float] = Field(default_factory=dict)
    surname: dict[str, float] = Field(default_factory=dict)


def _weights() -> dict[str, dict[str, float]]:
    """Bits of evidence per field and level of agreement: log2(m/u), by the frequencies usual among European names."""
    return {
        "given": {"exact": 7.0, "close": 5.0, "short": 4.5, "sound": 3.0, "initial": 2.0, "near": 1.0, "different": -6.0},
        "middle": {"exact": 3.0, "different": -5.0},
        "surname": {"exact": 9.0, "close": 7.0, "sound": 4.5, "part": 5.0, "near": 1.5, "different": -5.0},
        "born": {"exact": 13.0, "slip": 9.0, "near": 4.0, "part": 0.0, "different": -9.0},
        "number": {"exact": 5.0, "close": 2.0, "different": -2.0},
        "street": {"exact": 9.0, "close": 7.0, "near": 3.0, "different": -3.0},
        "address2": {"exact": 8.0, "close": 6.0, "near": 2.0, "different": -1.0},
        "city": {"exact": 6.0, "close": 5.0, "near": 2.0, "different": -2.0},
        "postcode": {"exact": 8.0, "slip": 4.0, "different": -3.0},
        "state": {"exact": 1.5, "different": -1.0},
        "email": {"exact": 14.0, "close": 9.0, "local": 7.0, "different": -1.5},
        "phone": {"exact": 13.0, "slip": 4.0, "different": -1.0},
        "national_id": {"exact": 19.0, "slip": 10.0, "different": -6.0},
        "keys": {"exact": 17.0},
    }  # fmt: skip


def _kin() -> dict[str, dict[str, float]]:
    """Bits that speak for one person and against two of one household: log2 of the share of a level among records of one
    person against its share among relatives, who have another name and birthday but may share mailbox and telephone."""
    return {
        "given": {"exact": 5.5, "close": 5.0, "short": 4.0, "sound": 1.0, "initial": 3.5, "near": 0.0, "different": -7.0},
        "middle": {"exact": 2.0, "different": -12.0},
        "surname": {"exact": 0.0, "close": 0.0, "sound": 0.0, "part": 0.0, "near": 0.0, "different": -1.0},
        "born": {"exact": 6.0, "slip": 4.0, "near": 1.0, "part": -1.0, "different": -6.0},
        "email": {"exact": 3.0, "close": 2.0, "local": 2.0, "different": -1.0},
        "phone": {"exact": 2.5, "slip": 0.0, "different": -0.5},
        "national_id": {"exact": 20.0, "slip": 12.0, "different": -6.0},
        "keys": {"exact": 8.0},
        "generation": {"different": -20.0, "untold": -4.5},
    }  # fmt: skip


class IdentityRules(Section):
    """How sure Courtesy must be that two records are one person.

    same:      bits of evidence from which two records are the same customer; possible: from which a person is asked
    place_cap: most bits that address and phone together may give, since a household shares them
    kin:       bits for one person and against two relatives that two records must reach as well, where there are families
    margin:    bits by which a record must fit one customer better than another that is somebody else, to belong to it
    block_bound: members beyond which a block has lost its power; holder_limit: distinct names beyond which an exact key has
    families:  members of one household may be among the people, so what a household shares cannot tell them apart: the
               place is capped and clearly different given names or birthdays are not outweighed
    region:    ISO country of phone numbers without prefix
    weights:   bits per field and level, log2(m/u); `courtesy identity train` estimates them, and the two thresholds
    kin_weights: bits per field and level against relatives
    frequencies: shares of names; a frequent name says less, and where any are given, one that is not among them a little more
    empty_dates: dates YYYYMMDD that far too many have as their birthday: what a form or a clerk fills in, and nobody's
    """

    same: float = 22.5
    possible: float = 14.0
    families: bool = True
    kin: float = 4.5
    margin: float = 6.0
    place_cap: float = 18.0
    block_bound: int = Field(default=50, ge=2, le=400)
    holder_limit: int = Field(default=6, ge=2, le=100)
    region: str = "US"
    weights: dict[str, dict[str, float]] = Field(default_factory=_weights)
    kin_weights: dict[str, dict[str, float]] = Field(default_factory=_kin)
    frequencies: NameFrequencies = Field(default_factory=NameFrequencies)
    empty_dates: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> "IdentityRules":
        if self.possible > self.same:
            raise ValueError("identity: `possible` must not be above `same`")
        expected = _weights()
        for field, levels in expected.items():
            missing = sorted(set(levels) - set(self.weights.get(field, {})))
            if missing:
                raise ValueError(f"identity.weights.{field}: no weight for {', '.join(missing)}")
        unknown = sorted(set(self.weights) - set(expected))
        if unknown:
            raise ValueError(
                f"identity.weights: unknown field {unknown[0]!r}; known are {', '.join(expected)}"
            )
        return self
