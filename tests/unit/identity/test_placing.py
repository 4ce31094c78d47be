"""Placing among others: writes that are refused, references from source to source, and records that somebody left half-way."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from courtesy.errors import Conflict
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.record import IndexedRecord, customer_entry
from courtesy.identity.resolve import ATTEMPTS, Incoming, place
from tests.unit.identity.people import KEY, NOW, RULES, arrive, customers, record

ANNA = {"given_name": "Anna", "surname": "Kowalski", "date_of_birth": "1984-05-17", "email": "anna@mail.test"}
TOM = {"given_name": "Tom", "surname": "Okafor", "date_of_birth": "1991-12-30", "email": "tom@mail.test"}


class Refusing(MemoryIndex):
    """Others are faster at the first `times` writes."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def write_records(self, records: Sequence[IndexedRecord]) -> set[str]:
        if self.times and records:
            self.times -= 1
            return {record.subject for record in records}
        return super().write_records(records)


@pytest.mark.parametrize("times", [1, 2, ATTEMPTS - 1])
def test_who_was_overtaken_starts_over(times: int) -> None:
    placed = place([record("crm/1", **ANNA), record("web/1", **ANNA)], Refusing(times), RULES, KEY, NOW)
    assert placed["crm/1"].customer_id == placed["web/1"].customer_id != ""


def test_who_is_overtaken_every_time_says_so() -> None:
    with pytest.raises(Conflict, match=f"{ATTEMPTS} times in a row"):
        place([record("crm/1", **ANNA)], Refusing(10**6), RULES, KEY, NOW)


@pytest.mark.parametrize("first", [0, 1, 2])
def test_whom_a_source_calls_one_person_is_one_in_any_order(first: int) -> None:
    anna = record("crm/1", **ANNA)
    told = record("web/1", **TOM)._replace(same_as=("crm/1",))
    again = Incoming("web/1", same_as=("crm/1",))
    arrivals = [[anna], [told], [again]]
    index = MemoryIndex()
    arrive(index, *arrivals[first:], *arrivals[:first])
    assert customers(index, ["crm/1", "web/1"]) == [["crm/1", "web/1"]]
    both = index.read_records(["crm/1", "web/1"])
    assert (both["crm/1"].together, both["web/1"].together) == (("web/1",), ("crm/1",))


def test_one_batch_with_both_sides_writes_the_reference_on_both() -> None:
    index = MemoryIndex()
    told = record("web/1", **TOM)._replace(same_as=("crm/1",))
    arrive(index, [record("crm/1", **ANNA), told, told])
    assert index.read_records(["crm/1"])["crm/1"].together == ("web/1",)


def test_a_reference_to_a_record_that_never_came_is_a_record_without_traits() -> None:
    index = MemoryIndex()
    arrive(index, [record("web/1", **TOM)._replace(same_as=("crm/9",))])
    assert customers(index, ["crm/9", "web/1"]) == [["crm/9", "web/1"]]
    arrive(index, [record("crm/9", **ANNA)])
    assert customers(index, ["crm/9", "web/1"]) == [["crm/9", "web/1"]]


def test_of_two_versions_in_one_batch_the_later_counts_and_references_of_both() -> None:
    index = MemoryIndex()
    older = record("web/1", "1", **ANNA)._replace(same_as=("crm/1",))
    newer = record("web/1", "2", **TOM)._replace(same_as=("crm/2",))
    for batch in ([older, newer], [newer, older], [Incoming("web/1"), older, newer]):
        arrive(index, batch)
        held = index.read_records(["web/1"])["web/1"]
        assert (held.traits.given, held.together) == ("tom", ("crm/1", "crm/2"))


def test_what_died_on_its_way_to_a_customer_is_finished_by_whoever_comes_to_that_customer() -> None:
    index = MemoryIndex()
    placed = arrive(index, [record("crm/1", **ANNA)], [record("web/1", **ANNA)])
    home = placed["crm/1"].customer_id
    half = index.read_records(["web/1"])["web/1"]
    index.write_records([replace(half, leaving=("cother",))])
    index.add_members({customer_entry("cother"): {half.member}})
    found = place([Incoming("crm/1")], index, RULES, KEY, NOW)
    assert found["web/1"].leaving == ("cother",)
    assert found["web/1"].customer_id == home


def test_the_index_shows_itself_by_counts_only() -> None:
    index = MemoryIndex()
    arrive(index, [record("crm/1", **ANNA)])
    assert "Kowalski" not in repr(index)
    assert repr(index).startswith("MemoryIndex(1 records,")
