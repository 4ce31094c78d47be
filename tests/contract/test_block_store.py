"""Dealers' blocks: the fake and the table keep the same promises, and senders remember what they read."""

from datetime import date, timedelta

import pytest

from courtesy.errors import OutsideFailed
from courtesy.messages.blocks import Block, DealerBlocks, Place, Words
from courtesy.messages.ports import BlockStore
from courtesy_aws.tables.blocks import DynamoBlockStore, RememberedBlocks
from tests.contract.conftest import make_table
from tests.fakes.blocks import InMemoryBlockStore
from tests.fakes.clock import FakeClock
from tests.unit.messages.people import NOW

WORDS = Words("Coffee is on us.", date(2026, 6, 30), "dealer", NOW, "brand", NOW)
BLOCKS = DealerBlocks("D001", (Block(Place("welcome_cars"), approved=WORDS),))


@pytest.fixture(params=["fake", "table"])
def store(request: pytest.FixtureRequest, aws: None) -> BlockStore:
    if request.param == "fake":
        return InMemoryBlockStore()
    make_table("rulebooks", "kind", "name")
    return DynamoBlockStore("rulebooks")


def test_a_write_names_the_version_that_was_read(store: BlockStore) -> None:
    assert store.read("D001") == (DealerBlocks("D001"), 0)
    assert store.write(BLOCKS, 0) == "committed"
    assert store.write(BLOCKS, 0) == "conflict"
    assert store.write(DealerBlocks("D001"), 1) == "committed"
    assert store.write(BLOCKS, 2) == "committed"
    assert store.read("D001") == (BLOCKS, 3)
    assert store.every() == [BLOCKS]


def test_senders_read_again_after_a_minute_and_keep_what_they_have(store: BlockStore) -> None:
    store.write(BLOCKS, 0)
    clock = FakeClock(NOW)
    remembered = RememberedBlocks(store, clock)
    assert [block.text for block in remembered("D001")] == ["Coffee is on us."]
    store.write(DealerBlocks("D001"), 1)
    assert remembered("D001")
    clock.now = NOW + timedelta(minutes=2)
    assert remembered("D001") == []


def test_a_table_that_is_not_there_is_no_reason_to_forget(aws: None) -> None:
    class Down(InMemoryBlockStore):
        down = False

        def read(self, dealer: str) -> tuple[DealerBlocks, int]:
            if self.down:
                raise OutsideFailed("no answer")
            return super().read(dealer)

    store, clock = Down({"D001": (BLOCKS, 1)}), FakeClock(NOW)
    remembered = RememberedBlocks(store, clock)
    assert remembered("D001")
    store.down = True
    clock.now = NOW + timedelta(minutes=2)
    assert remembered("D001")
    with pytest.raises(OutsideFailed):
        remembered("D002")
