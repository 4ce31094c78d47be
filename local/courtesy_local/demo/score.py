"""How well the product found out who is who, against the generator's truth."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from courtesy.timeline.profile import Profile


class Identity(NamedTuple):
    """Pairwise measures over person records: of the pairs put together how many belong together, and of those that belong
    together how many were put together. `pairs_wrong` and `pairs_missed` count what lacks."""

    precision: float
    recall: float
    pairs_true: int
    pairs_wrong: int
    pairs_missed: int


def clusters(profiles: Iterable[Profile]) -> dict[str, str]:
    """Subject ("source/id") -> the customer it was resolved to."""
    return {subject: profile.customer_id for profile in profiles for subject in profile.subjects}


def identity(truth: Mapping[str, int], found: Mapping[str, str]) -> Identity:
    """Compare two partitions of the person records, in time proportional to the records and not to their pairs.

    Records that were found nowhere stand alone: they cost recall. Records that the truth does not know are left out.
    """
    both: Counter[tuple[int, str]] = Counter()
    people: Counter[int] = Counter()
    customers: Counter[str] = Counter()
    for subject, person in truth.items():
        customer = found.get(subject, f"alone:{subject}")
        both[person, customer] += 1
        people[person] += 1
        customers[customer] += 1
    together, should, did = _pairs(both.values()), _pairs(people.values()), _pairs(customers.values())
    return Identity(
        precision=together / did if did else 1.0,
        recall=together / should if should else 1.0,
        pairs_true=should,
        pairs_wrong=did - together,
        pairs_missed=should - together,
    )


def _pairs(counts: Iterable[int]) -> int:
    return sum(n * (n - 1) // 2 for n in counts)
