"""What every `identity.ports.IdentityIndex` does: the fake and the table."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from courtesy.identity.ports import IdentityIndex
from courtesy.identity.record import Evidence, IndexedRecord, PossibleMatch
from courtesy.identity.traits import Traits
from courtesy_aws import identity_index
from courtesy_aws.identity_index import DynamoIdentityIndex
from tests.contract.conftest import make_table
from tests.fakes.identity_index import InMemoryIdentityIndex

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(params=["fake", "table", "table, few at a time", "table, all together"])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[IdentityIndex]:
    if request.param == "fake":
        yield InMemoryIdentityIndex()
        return
    request.getfixturevalue("aws")
    make_table("identities", "entry", "member")
    few = {"table, few at a time": 3, "table, all together": 0}
    monkeypatch.setattr(identity_index, "ALONE_UP_TO", few.get(request.param, identity_index.ALONE_UP_TO))
    yield DynamoIdentityIndex("identities")


def test_nothing_is_known_at_first(index: IdentityIndex) -> None:
    assert index.read_records(["crm/1"]) == {}
    assert index.read_members(["email:x"]) == {}
    assert index.list_matches(10) == []
    assert index.read_match("x") is None
    index.remove_members({"email:x": ["|crm/1"]})
    index.delete_matches(["x"])


def test_records_come_back_whole_with_the_next_revision(index: IdentityIndex) -> None:
    record = IndexedRecord(
        subject="crm/Å#1",
        traits=Traits(given="eva", surname="lindqvist", keys=("loyalty:77",)),
        order=("2026", "2025", "v"),
        entries=("email:x", "np:y"),
        customer_id="ceva",
        leaving=("cold",),
        pending=True,
        apart=("crm/2",),
        links=(Evidence("web/1", 27.5, "given=exact"),),
    )
    assert index.write_records([record]) == set()
    assert index.read_records(["crm/Å#1", "crm/Å#1"]) == {"crm/Å#1": replace(record, revision=1)}


def test_a_write_that_names_an_old_revision_is_refused_and_the_others_are_done(index: IdentityIndex) -> None:
    records = [IndexedRecord(subject=f"crm/{n}") for n in range(105)]
    assert index.write_records(records) == set()
    late = [replace(record, customer_id="c", revision=1) for record in records]
    assert index.write_records([late[3]]) == set()
    assert index.write_records(late) == {"crm/3"}
    assert index.write_records(records) == {record.subject for record in records}
    read = index.read_records([record.subject for record in records])
    assert {record.revision for record in read.values()} == {2}
    assert all(record.customer_id == "c" for record in read.values())


def test_members_are_sets(index: IdentityIndex) -> None:
    many = {f"np:{n}": ["a|crm/1"] for n in range(150)}
    index.add_members(many)
    index.add_members({"np:7": ["b|crm/2", "a|crm/1"], "np:8": ["b|crm/2"]})
    held = index.read_members([*many, "np:none"])
    assert len(held) == 150
    assert held["np:7"] == {"a|crm/1", "b|crm/2"}
    index.remove_members({"np:7": ["a|crm/1", "c|crm/3"], "np:8": ["a|crm/1", "b|crm/2"]})
    assert index.read_members(["np:7", "np:8"]) == {"np:7": frozenset({"b|crm/2"})}


def test_possible_matches_are_listed_page_by_page(index: IdentityIndex) -> None:
    matches = [
        PossibleMatch(left=f"crm/{n}", right=f"web/{n}", weight=17.5, levels="surname=exact", found=NOON)
        for n in range(30)
    ]
    index.put_matches(matches)
    index.put_matches(matches[:3])
    seen: list[PossibleMatch] = []
    while page := index.list_matches(7, seen[-1].id if seen else ""):
        seen += page
    assert seen == sorted(matches, key=lambda match: match.id)
    assert index.read_match(matches[4].id) == matches[4]
    index.delete_matches([matches[4].id, matches[5].id])
    assert index.read_match(matches[4].id) is None
    assert len(index.list_matches(100)) == 28


def test_deleted_records_are_gone_and_may_come_anew(index: IdentityIndex) -> None:
    records = [IndexedRecord(subject=f"crm/{n}") for n in range(30)]
    assert index.write_records(records) == set()
    index.delete_records([*(record.subject for record in records[1:]), "crm/404"])
    assert set(index.read_records([record.subject for record in records])) == {"crm/0"}
    assert index.write_records(records[1:]) == set()
