"""Households: one surname at one postal address, however it is written; derived, and nobody is merged by it."""

import pytest

from courtesy.identity.home import household_of_fields
from courtesy.identity.households import housemates
from courtesy.identity.memory import MemoryIndex
from tests.unit.identity.people import KEY, arrive, record

ANNA = {
    "given_name": "Anna", "surname": "Kowalski", "date_of_birth": "1984-05-17", "address1": "12 Harbour Street",
    "postcode": "60614", "city": "Chicago",
}  # fmt: skip
PETER = ANNA | {"given_name": "Peter", "date_of_birth": "1981-11-02"}


@pytest.mark.parametrize(
    "changes",
    [
        {"given_name": "Peter"},
        {"surname": "KOWALSKY"},
        {"surname": "Dr. Kowalski Jr"},
        {"address1": "12 harbour st."},
        {"address1": "Harbour Street", "street_number": "12"},
        {"city": "Elsewhere"},
        {"surname": "", "given_name": "", "name": "Peter Kowalski"},
    ],
)
def test_one_surname_at_one_address_is_one_household(changes: dict[str, str]) -> None:
    assert household_of_fields(ANNA | changes) == household_of_fields(ANNA) != ""


@pytest.mark.parametrize(
    "changes", [{"surname": "Reed"}, {"address1": "14 Harbour Street"}, {"postcode": "60615"}]
)
def test_another_surname_house_or_postcode_is_another(changes: dict[str, str]) -> None:
    assert household_of_fields(ANNA | changes) != household_of_fields(ANNA)


@pytest.mark.parametrize(
    "changes",
    [
        {"surname": ""},
        {"address1": ""},
        {"address1": "Harbour Street"},
        {"postcode": "", "city": ""},
        {"surname": "", "given_name": "", "company": "Kowalski & Sons"},
    ],
)
def test_who_is_not_known_well_enough_has_none(changes: dict[str, str]) -> None:
    assert household_of_fields(ANNA | changes) == ""


def test_the_customers_of_a_household_are_found_in_any_order_of_arrival() -> None:
    people = [record("crm/1", **ANNA), record("crm/2", **PETER), record("web/1", **ANNA)]
    stranger = record("crm/3", **PETER | {"address1": "14 Harbour Street"})
    home = household_of_fields(ANNA)
    found = []
    for batch in ([*people, stranger], [stranger, *reversed(people)]):
        index = MemoryIndex()
        placed = arrive(index, *([one] for one in batch))
        found.append(housemates(index, KEY, home))
        assert found[-1] == sorted({placed["crm/1"].customer_id, placed["crm/2"].customer_id})
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_who_moved_has_left_the_household() -> None:
    index = MemoryIndex()
    arrive(index, [record("crm/1", **ANNA)], [record("crm/1", "2", **ANNA | {"address1": "99 Pine Road"})])
    assert housemates(index, KEY, household_of_fields(ANNA)) == []
    assert housemates(index, KEY, "") == []
