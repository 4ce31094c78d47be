"""Households: one surname at one postal address, however it is written; derived, and nobody is merged by it."""

import pytest

from courtesy.identity.home import household_of_fields

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
