"""What every `ports.RulebookStore` does: the fake and the table."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import shake_256

import pytest

from courtesy.errors import Conflict, NotFound, RefusedRule
from courtesy.ports import RulebookStore
from courtesy.rulebook.versions import Published, sections_of
from courtesy_aws.session import client
from courtesy_aws.tables.rulebooks import AT_ONCE, DynamoRulebookStore
from tests.contract.conftest import make_table
from tests.fakes import FakeClock, InMemoryRulebookStore

AT = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(params=["fake", "table"])
def store(request: pytest.FixtureRequest) -> Iterator[RulebookStore]:
    if request.param == "fake":
        yield InMemoryRulebookStore()
        return
    request.getfixturevalue("aws")
    make_table("rulebooks", "kind", "name")
    yield DynamoRulebookStore("rulebooks")


def sections(label: str = "Cars") -> dict[str, object]:
    return {"divisions": {"cars": {"name": "cars", "label": label}}}


def test_before_the_first_publication_there_is_none(store: RulebookStore) -> None:
    with pytest.raises(NotFound, match="publish"):
        store.current()
    with pytest.raises(NotFound, match="publish"):
        store.in_force()
    with pytest.raises(NotFound):
        store.version(1)
    assert store.history() == []


def test_versions_count_up_and_stay_as_they_are(store: RulebookStore) -> None:
    first, second = store.publish(sections("A"), "mia", AT), store.publish(sections("B"), "tom", AT)
    assert (first.version, second.version) == (1, 2)
    assert store.in_force() == 2
    assert store.current() == second
    assert store.version(1) == first
    assert store.version(1).divisions["cars"].label == "A"
    assert store.history() == [Published(2, "tom", AT), Published(1, "mia", AT)]


def test_old_sections_can_be_published_again(store: RulebookStore) -> None:
    first = store.publish(sections("A"), "mia", AT)
    store.publish(sections("B"), "mia", AT)
    third = store.publish(sections_of(store.version(1)), "mia", AT)
    assert third == first.model_copy(update={"version": 3})


def test_a_wrong_rulebook_is_refused_and_changes_nothing(store: RulebookStore) -> None:
    store.publish(sections(), "mia", AT)
    with pytest.raises(RefusedRule, match=r"divisions\.cars\.lable.*did you mean 'label'"):
        store.publish({"divisions": {"cars": {"name": "cars", "lable": "Cars"}}}, "mia", AT)
    dealer = {"id": "d1", "name": "D", "divisions": ["carz"]}
    with pytest.raises(
        RefusedRule, match=r"dealers\.d1\.divisions\.0: unknown division 'carz'; did you mean"
    ):
        store.publish({**sections(), "dealers": {"d1": dealer}}, "mia", AT)
    assert store.current().version == 1


def test_a_large_rulebook_is_kept(store: RulebookStore) -> None:
    noise = shake_256(b"seed").hexdigest(600_000)  # 600 KB that do not compress
    store.publish(sections(noise), "mia", AT)
    assert store.version(1).divisions["cars"].label == noise
    assert [line.version for line in store.history()] == [1]


def test_of_many_publishers_each_version_has_one(store: RulebookStore) -> None:
    def publish(n: int) -> int:
        while True:
            try:
                return store.publish(sections(f"L{n}"), "mia", AT).version
            except Conflict:
                continue

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(publish, range(8))) == list(range(1, 9))


@pytest.mark.usefixtures("aws")
def test_another_process_sees_a_publication_after_five_seconds_and_reads_it_from_the_table() -> None:
    make_table("rulebooks", "kind", "name")
    clock = FakeClock()
    here, there = DynamoRulebookStore("rulebooks"), DynamoRulebookStore("rulebooks", clock=clock)
    desk = DynamoRulebookStore("rulebooks", clock=clock, look_again=AT_ONCE)
    noise = shake_256(b"seed").hexdigest(600_000)
    here.publish(sections(noise), "mia", AT)
    assert desk.current() == there.current() == here.current()
    here.publish(sections("B"), "mia", AT)
    assert desk.current() == here.current(), "whoever publishes and then looks finds it"
    clock.advance(seconds=4)
    assert there.current().version == 1
    clock.advance(seconds=2)
    assert there.current() == here.current()
    assert there.current().version == 2


@pytest.mark.usefixtures("aws")
def test_what_another_release_published_is_refused_in_words_and_can_be_replaced() -> None:
    make_table("rulebooks", "kind", "name")
    here = DynamoRulebookStore("rulebooks")
    here.publish(sections("A"), "mia", AT)
    strange = zlib.compress(b'{"version":1,"divisions":{},"decisions":{"minimum_ages":21}}')
    client("dynamodb").update_item(
        TableName="rulebooks",
        Key={"kind": {"S": "published"}, "name": {"S": "00000001"}},
        UpdateExpression="SET document = :document",
        ExpressionAttributeValues={":document": {"B": strange}},
    )
    there = DynamoRulebookStore("rulebooks")
    with pytest.raises(RefusedRule, match=r"version 1 .*\n  decisions\.minimum_ages"):
        there.current()
    assert there.in_force() == 1
    assert [each.version for each in there.history()] == [1]
    assert there.publish(sections("B"), "mia", AT).version == 2
    assert there.current().divisions["cars"].label == "B"
