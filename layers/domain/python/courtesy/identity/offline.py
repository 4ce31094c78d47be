"""Linking files without an installation: the code that links online, on an index in memory; and how well it did."""

import gc
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from courtesy.identity.memory import MemoryIndex
from courtesy.identity.normalise import traits_of
from courtesy.identity.record import PossibleMatch
from courtesy.identity.resolve import Incoming, place
from courtesy.identity.rules import IdentityRules
from courtesy.identity.weights import learn
from courtesy.timeline.events import Scalar

FIELDS = (
    "given_name", "surname", "name", "date_of_birth", "street_number", "address1", "address2", "city", "postcode",
    "state", "country", "email", "phone", "national_id", "loyalty_no", "company", "vin",
)  # fmt: skip
"""The fields that `courtesy identity` maps columns to; those of a source contract that identity reads."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER = ("1", "", "")
_KEY = b"records that nobody keeps need no secret"


class Resolved(NamedTuple):
    """customers: each record's customer_id; possible: pairs of records that a person would have to look at.

    rules: by which they were linked
    """

    customers: dict[str, str]
    possible: list[PossibleMatch]
    rules: IdentityRules


class Score(NamedTuple):
    """Of all pairs of records: those that truth and clusters have in common against each of the two."""

    precision: float
    recall: float
    f1: float


def resolve_records(
    records: Mapping[str, Mapping[str, Scalar]],
    rules: IdentityRules,
    *,
    train: bool = False,
    step: Callable[[str], object] = str,
) -> Resolved:
    """Link records (subject -> canonical fields) among each other, by the rules exactly as an installation does.

    train: let the records first teach weights and thresholds, see `weights.learn`; the rules given are where that starts
    step:  told what begins, for whoever waits
    """
    with _without_collector():
        return _resolved(records, rules, train, step)


def _resolved(
    records: Mapping[str, Mapping[str, Scalar]],
    rules: IdentityRules,
    train: bool,
    step: Callable[[str], object],
) -> Resolved:
    index = MemoryIndex()
    step("reading values")
    traits = {subject: traits_of(fields, rules.region) for subject, fields in records.items()}
    if train:
        step("learning weights")
        rules = learn(list(traits.values()), rules).rules
    step("linking")
    incoming = [Incoming(subject, found, _ORDER) for subject, found in traits.items()]
    placed = place(incoming, index, rules, _KEY, _EPOCH)
    customers = {subject: placed[subject].customer_id for subject in records}
    possible = [m for m in index.list_matches(len(records) ** 2) if customers[m.left] != customers[m.right]]
    return Resolved(customers, possible, rules)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Spare the search for reference cycles, a third of the time: many small objects live to the end, and none is in one."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def score_of(customers: Mapping[str, str], truth: Mapping[str, str]) -> Score:
    """Pairwise precision, recall and F1 of clusters against the true ones; 1.0 where there is nothing to find."""
    found = _pairs(Counter(customers.values()).values())
    real = _pairs(Counter(truth[subject] for subject in customers).values())
    both = _pairs(Counter((customers[subject], truth[subject]) for subject in customers).values())
    precision = both / found if found else 1.0
    recall = both / real if real else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Score(precision, recall, f1)


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)
