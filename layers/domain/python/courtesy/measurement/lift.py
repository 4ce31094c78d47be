"""The difference that treatment made: means of two arms, stratum by stratum, with an interval and a word on what it is worth.

A customer of more person records is more likely held out (see `decisions.holdouts`), so customers are compared with those of as many
records: the difference is the mean of the strata's, weighed by their customers; its variance is the sum of theirs (Welch).
"""

from collections.abc import Mapping, Sequence
from math import erfc, sqrt
from typing import Literal

import msgspec

Z = 1.959964
"""95 %, two sides."""

LEAST = 50
"""Customers that each arm needs."""

LEAST_EVENTS = 30
"""Customers in each arm with an outcome other than 0, for money: so skewed that fewer say nothing."""

LEAST_EVENTS_SHARE = 10
"""The same for shares."""

MISMATCH = 0.001
"""Below this chance of the arms' sizes something is wrong with who was held out, and no difference is believed."""

Word = Literal["more", "less", "not conclusive"]


class Cell(msgspec.Struct, frozen=True):
    """One arm in one stratum: customers, sum and sum of squares of an outcome, customers whose outcome is not 0."""

    n: int
    total: float
    squares: float
    events: int

    @property
    def mean(self) -> float:
        """Of the outcome."""
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Of the outcome among customers (n - 1); 0 for one alone."""
        return (
            max(0.0, (self.squares - self.total * self.total / self.n) / (self.n - 1)) if self.n > 1 else 0.0
        )


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome with and without: means, their difference with its 95 % interval, and what may be said.

    why: the reason for `not conclusive`; relative: difference to the mean of the held-out, None where that is 0
    """

    treated: float
    held_out: float
    difference: float
    low: float
    high: float
    relative: float | None
    word: Word
    why: str = ""


def lift(
    treated: Mapping[str, Cell], held_out: Mapping[str, Cell], *, money: bool, trusted: bool = True
) -> Lift | None:
    """Compare arms given by stratum; None where no stratum has both. trusted: the arms' sizes are what they should be."""
    both = sorted(name for name in treated.keys() & held_out.keys() if treated[name].n and held_out[name].n)
    if not both:
        return None
    ours, theirs = [treated[name] for name in both], [held_out[name] for name in both]
    sizes = [one.n + two.n for one, two in zip(ours, theirs, strict=True)]
    weights = [size / sum(sizes) for size in sizes]
    with_it = sum(w * cell.mean for w, cell in zip(weights, ours, strict=True))
    without = sum(w * cell.mean for w, cell in zip(weights, theirs, strict=True))
    spread = sqrt(
        sum(
            w * w * (one.variance / one.n + two.variance / two.n)
            for w, one, two in zip(weights, ours, theirs, strict=True)
        )
    )
    difference = with_it - without
    low, high = difference - Z * spread, difference + Z * spread
    why = _why(ours, theirs, money, trusted) or ("" if low > 0 or high < 0 else "the interval holds 0")
    word: Word = "not conclusive" if why else "more" if difference > 0 else "less"
    relative = difference / without if without else None
    return Lift(
        treated=with_it, held_out=without, difference=difference, low=low, high=high, relative=relative, word=word, why=why,
    )  # fmt: skip


def _why(ours: Sequence[Cell], theirs: Sequence[Cell], money: bool, trusted: bool) -> str:
    if not trusted:
        return "the sizes of the arms are not what they should be"
    people = min(sum(cell.n for cell in arm) for arm in (ours, theirs))
    if people < LEAST:
        return f"{people} customers in an arm; {LEAST} are needed"
    events = min(sum(cell.events for cell in arm) for arm in (ours, theirs))
    needed = LEAST_EVENTS if money else LEAST_EVENTS_SHARE
    return f"{events} customers with an outcome in an arm; {needed} are needed" if events < needed else ""


class Ratio(msgspec.Struct, frozen=True):
    """Whether as many are held out as should be. chance: of a deviation at least as large (chi-square, one degree of freedom)."""

    treated: int
    held_out: int
    expected: float
    chance: float

    @property
    def holds(self) -> bool:
        """Whether the sizes are believable."""
        return self.chance >= MISMATCH


def sample_ratio(treated: int, held_out: int, expected: float) -> Ratio:
    """expected: how many should be held out of all, from the share and each customer's number of records."""
    total = treated + held_out
    if expected <= 0 or expected >= total:
        even = held_out == round(expected)
        return Ratio(treated, held_out, expected, 1.0 if even else 0.0)
    deviation = (held_out - expected) ** 2
    chi_square = deviation / expected + deviation / (total - expected)
    return Ratio(treated, held_out, expected, erfc(sqrt(chi_square / 2)))
