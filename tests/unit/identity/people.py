"""Invented people and their records, for the tests of identity."""

from datetime import UTC, datetime

from courtesy.identity.memory import MemoryIndex
from courtesy.identity.normalise import traits_of
from courtesy.identity.record import IndexedRecord
from courtesy.identity.resolve import Incoming, place
from courtesy.identity.rules import IdentityRules

KEY = b"a key for tests only"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULES = IdentityRules()


def record(subject: str, order: str = "1", **fields: str) -> Incoming:
    """A person record as it arrives."""
    return Incoming(subject, traits_of(fields), (order, "", ""))


def customers(index: MemoryIndex, subjects: list[str]) -> list[list[str]]:
    """Who is together with whom: the groups of subjects, sorted."""
    groups: dict[str, list[str]] = {}
    for subject, held in index.read_records(subjects).items():
        groups.setdefault(held.customer_id, []).append(subject)
    return sorted(sorted(group) for group in groups.values())


def arrive(
    index: MemoryIndex, *batches: list[Incoming], rules: IdentityRules = RULES
) -> dict[str, IndexedRecord]:
    """Place batches one after the other."""
    placed: dict[str, IndexedRecord] = {}
    for batch in batches:
        placed |= place(batch, index, rules, KEY, NOW)
    return placed
