"""Counters that bound how many contacts there may be at all: an offer's stock, a trigger's budget of a day.

Each is spread over `SHARDS` items, so that none is hot; a contact takes its unit in the transaction that reserves it, so the
sum can never pass the limit, and gives it back in the transaction that gives its slot back. A limit that is raised or
lowered counts from the next reservation on.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from zlib import crc32

from courtesy.ports import CustomerStore, Take

SHARDS = 16
"""Never to be changed while counters exist: each shard has its own share of the limit."""

STOCK, BUDGET = "offer/", "budget/"


def stock_name(offer: str) -> str:
    """The counter of an offer's stock."""
    return f"{STOCK}{offer}"


def budget_name(trigger: str, day: datetime) -> str:
    """The counter of a trigger's budget on a day (UTC)."""
    return f"{BUDGET}{trigger}/{day.date().isoformat()}"


def share(limit: int, shard: int) -> int:
    """What one shard may give out; the shares add up to the limit."""
    return limit // SHARDS + (shard < limit % SHARDS)


def shards(name: str) -> list[str]:
    """The names of a counter's shards."""
    return [f"{name}#{shard}" for shard in range(SHARDS)]


class Allowances:
    """What one run knows of the counters; only the transaction decides, this saves it useless attempts.

    exhausted: counters of which nothing was left when they were last read
    """

    def __init__(self, store: CustomerStore) -> None:
        self._store = store
        self._full: set[str] = set()
        self.exhausted: set[str] = set()

    def pick(self, name: str, limit: int, seed: str, taken: Collection[str]) -> Take | None:
        """A shard that may have a unit left, beginning at one that `seed` names; None where there is none."""
        if name in self.exhausted:
            return None
        first = crc32(seed.encode())
        for step in range(SHARDS):
            shard = (first + step) % SHARDS
            counter = f"{name}#{shard}"
            if share(limit, shard) > 0 and counter not in self._full and counter not in taken:
                return Take(counter, share(limit, shard))
        return None

    def refused(self, takes: Iterable[Take], limits: dict[str, int]) -> None:
        """A transaction found a counter at its limit: look at all shards of those it asked. limits: counter -> whole limit."""
        for name in sorted({take.counter.rpartition("#")[0] for take in takes}):
            read = self._store.read_counters(shards(name))
            full = {n for shard, (n, out) in enumerate(read.items()) if out >= share(limits[name], shard)}
            self._full |= full
            if len(full) == SHARDS:
                self.exhausted.add(name)
