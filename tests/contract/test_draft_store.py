"""What every `rulebook.ports.DraftStore` does, with `RulebookStore.publish` beside it: the fakes and the table."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import shake_256

import pytest

from courtesy.errors import Conflict, NotFound, RefusedRule, Stale
from courtesy.ports import RulebookStore
from courtesy.rulebook import drafts
from courtesy.rulebook.drafts import Draft
from courtesy.rulebook.ports import DraftStore
from courtesy_aws.tables.drafts import DynamoDraftStore
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from tests.contract.conftest import make_table
from tests.fakes import InMemoryRulebookStore
from tests.fakes.drafts import InMemoryDraftStore

AT = datetime(2026, 3, 2, tzinfo=UTC)
SECTIONS = {"divisions": {"cars": {"name": "cars", "label": "Cars"}}}
FILES = {"divisions.yaml": "cars: {label: Cars} # ours\n"}
Stores = tuple[RulebookStore, DraftStore]


@pytest.fixture(params=["fake", "table"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "fake":
        yield InMemoryRulebookStore(), InMemoryDraftStore()
        return
    request.getfixturevalue("aws")
    make_table("rulebooks", "kind", "name")
    yield DynamoRulebookStore("rulebooks"), DynamoDraftStore("rulebooks")


def draft(name: str = "d1", at: datetime = AT) -> Draft:
    return drafts.open_draft(name, f"Draft {name}", 1, FILES, "mia", at)


def test_a_draft_is_read_as_it_was_written(stores: Stores) -> None:
    _, held = stores
    held.write(draft())
    assert held.read("d1") == draft()
    with pytest.raises(NotFound, match="d2"):
        held.read("d2")


def test_of_two_changes_to_the_same_revision_one_is_stale(stores: Stores) -> None:
    _, held = stores
    held.write(draft())
    one = drafts.edit(draft(), "divisions.yaml", "cars: {label: A}\n", "mia", AT)
    two = drafts.edit(draft(), "divisions.yaml", "cars: {label: B}\n", "tom", AT)
    held.write(one)
    with pytest.raises(Stale):
        held.write(two)
    with pytest.raises(Stale):
        held.write(draft())
    assert held.read("d1") == one


def test_drafts_are_listed_without_their_files_latest_first(stores: Stores) -> None:
    _, held = stores
    assert list(held.all()) == []
    held.write(draft("d1"))
    held.write(draft("d2", AT + timedelta(hours=1)))
    assert [(each.draft_id, each.title, each.files) for each in held.all()] == [
        ("d2", "Draft d2", {}),
        ("d1", "Draft d1", {}),
    ]


def test_a_version_keeps_the_files_it_was_made_of(stores: Stores) -> None:
    rulebooks, _ = stores
    rulebooks.publish(SECTIONS, "mia", AT, files=FILES)
    rulebooks.publish(SECTIONS, "mia", AT)
    assert rulebooks.files(1) == FILES
    assert rulebooks.files(2)["divisions.yaml"].startswith("cars:\n")
    with pytest.raises(NotFound):
        rulebooks.files(3)


def test_draft_and_version_are_written_together_or_not_at_all(stores: Stores) -> None:
    rulebooks, held = stores
    rulebooks.publish(SECTIONS, "mia", AT)
    held.write(draft())
    moved = drafts.edit(draft(), "divisions.yaml", "cars: {label: A}\n", "mia", AT)
    lost = drafts.published(draft(), 2, "tom", AT)
    held.write(moved)
    with pytest.raises(Conflict):
        rulebooks.publish(SECTIONS, "tom", AT, files=FILES, beside=held.settling(lost))
    assert rulebooks.current().version == 1
    done = drafts.published(moved, 2, "tom", AT)
    rulebooks.publish(SECTIONS, "tom", AT, files=FILES, beside=held.settling(done))
    assert (rulebooks.current().version, held.read("d1").published) == (2, 2)


def test_a_rulebook_in_many_pieces_keeps_many_pieces_of_files(stores: Stores) -> None:
    rulebooks, _ = stores
    noise = {f"triggers/t{n}.yaml": shake_256(bytes([n])).hexdigest(90_000) for n in range(8)}
    rulebooks.publish(SECTIONS, "mia", AT, files=noise)
    assert rulebooks.files(1) == noise


@pytest.mark.usefixtures("aws")
def test_a_draft_larger_than_an_item_is_refused() -> None:
    noise = {f"triggers/t{n}.yaml": shake_256(bytes([n])).hexdigest(90_000) for n in range(8)}
    with pytest.raises(RefusedRule, match="380 KB"):
        DynamoDraftStore("rulebooks").settling(drafts.open_draft("d", "t", 1, noise, "mia", AT))
