"""A mover that is overtaken by another at any of its calls: no event stays where the index does not look for it."""

import pytest
from msgspec.structs import replace

from courtesy.identity.move import fetch
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.timeline.events import SourceRecord, Transaction
from courtesy.timeline.refold import refold
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.identity.people import KEY, NOW
from tests.unit.identity.test_merge import CrashingStore

SUBJECT = "web/9"


class World:
    """A record that one process moves from the first to the second customer while another moves it on to the third."""

    def __init__(self, customers: str, overtaken_at: int) -> None:
        self.first, self.second, self.third = (f"c{letter}" for letter in customers)
        self.calls, self._at = 0, -1
        self.index = InMemoryIdentityIndex(self._tick)
        self.store = CrashingStore(self._tick)
        self.store.append(
            self.first,
            [
                SourceRecord(source="web", id="9", when=NOW, fields={"surname": "Lund"}),
                Transaction(source="shop", id="t9", when=NOW, division="cars", amount=100, subject=SUBJECT),
            ],
        )
        refold(self.store, self.first)
        stale = IndexedRecord(subject=SUBJECT, customer_id=self.second, leaving=(self.first,))
        self.index.write_records([stale])
        for customer_id in (self.first, self.second):
            self.index.add_members({customer_entry(customer_id): {stale.member}})
        self.stale = replace(stale, revision=1)
        self.calls, self._at = 0, overtaken_at

    def _tick(self, _: str) -> None:
        self.calls += 1
        if self.calls == self._at:
            self._overtake()

    def _overtake(self) -> None:
        held = self.index.read_records([SUBJECT])[SUBJECT]
        left = tuple(sorted({*held.leaving, held.customer_id}))
        moved = replace(held, customer_id=self.third, leaving=left)
        self.index.add_members({customer_entry(self.third): {moved.member}})
        assert not self.index.write_records([moved])
        fetch([replace(moved, revision=moved.revision + 1)], self.index, self.store, KEY)


def _calls_alone() -> int:
    world = World("abc", -1)
    fetch([world.stale], world.index, world.store, KEY)
    return world.calls


@pytest.mark.parametrize("customers", ["abc", "acb", "bac", "bca", "cab", "cba"])
@pytest.mark.parametrize("at", range(1, _calls_alone() + 1))
def test_events_end_where_the_index_says(customers: str, at: int) -> None:
    world = World(customers, at)
    fetch([world.stale], world.index, world.store, KEY)
    record = world.index.read_records([SUBJECT])[SUBJECT]
    assert (record.customer_id, record.leaving) == (world.third, ())
    held = {id_: len(world.store.read_timeline(id_)) for id_ in (world.first, world.second, world.third)}
    assert held == {world.first: 0, world.second: 0, world.third: 2}
    assert world.store.read_profile(world.third).profile.subjects == [SUBJECT]
