"""Addresses as a vendor takes them, per country, and why it does not."""

import pytest

from courtesy.messages.postal import PostalAddress, postal_address
from courtesy.messages.rules import PrintVendor
from courtesy.rulebook.model import Rulebook
from tests.unit.messages.people import HOSTILE, person


@pytest.fixture
def vendor(rulebook: Rulebook) -> PrintVendor:
    return rulebook.messages.vendors["harbor_print"]


def lines(vendor: PrintVendor, **fields: str) -> list[str]:
    made = postal_address(person(**fields), vendor)
    assert isinstance(made, PostalAddress), made
    return made.lines()


def test_a_domestic_address(vendor: PrintVendor) -> None:
    assert lines(vendor) == ["Anna Miller", "12 Main Street", "Boston, MA 02118"]


@pytest.mark.parametrize(
    ("fields", "town", "country"),
    [
        ({"country": "DE", "city": "München", "postcode": "80331", "state": ""}, ["80331 München"], "GERMANY"),
        ({"country": "CA", "city": "Toronto", "postcode": "m5v2t6", "state": "on"}, ["Toronto ON  M5V 2T6"], "CANADA"),
        ({"country": "GB", "city": "London", "postcode": "sw1a1aa", "state": ""}, ["London", "SW1A 1AA"], "UNITED KINGDOM"),
        ({"country": "NL", "city": "Utrecht", "postcode": "3511 ab", "state": ""}, ["3511 AB Utrecht"], "NETHERLANDS"),
        ({"country": "AU", "city": "Sydney", "postcode": "2000", "state": "nsw"}, ["Sydney NSW 2000"], "AUSTRALIA"),
    ],
)  # fmt: skip
def test_each_country_has_its_own_form(
    vendor: PrintVendor, fields: dict[str, str], town: list[str], country: str
) -> None:
    assert lines(vendor, **fields) == ["Anna Miller", "12 Main Street", *town, country]


@pytest.mark.parametrize(
    ("given", "printed"),
    [("2118", "02118"), ("02118-1234", "02118-1234"), ("021181234", "02118-1234"), (" 02118 ", "02118")],
)
def test_a_zip_keeps_its_zeros(vendor: PrintVendor, given: str, printed: str) -> None:
    assert lines(vendor, postcode=given)[-1] == f"Boston, MA {printed}"


def test_a_street_number_of_its_own_comes_first_once(vendor: PrintVendor) -> None:
    assert lines(vendor, street_number="7", address1="Elm Street")[1] == "7 Elm Street"
    assert lines(vendor, street_number="7", address1="7 Elm Street")[1] == "7 Elm Street"


def test_a_long_given_name_becomes_its_initial(vendor: PrintVendor) -> None:
    assert lines(vendor, given_name="Maximiliana" * 4)[0] == "M. Miller"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"given_name": "", "surname": ""}, "name_missing"),
        ({"surname": "x" * 41}, "name_too_long"),
        ({"address1": ""}, "address_incomplete"),
        ({"city": ""}, "address_incomplete"),
        ({"address1": "x" * 65}, "address_too_long"),
        ({"postcode": "ABC"}, "postcode_invalid"),
        ({"state": "Mass."}, "state_invalid"),
        ({"country": "BR"}, "country_not_served"),
        ({"surname": "山田"}, "address_unprintable"),
        ({"city": "Bost🙂n"}, "address_unprintable"),
    ],
)
def test_what_the_vendor_does_not_take_has_a_reason(
    vendor: PrintVendor, fields: dict[str, str], fault: str
) -> None:
    assert postal_address(person(**fields), vendor) == fault


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printed_as_text_within_the_limits_or_refused(vendor: PrintVendor, text: str) -> None:
    made = postal_address(person(address1=text, city=text), vendor)
    if isinstance(made, PostalAddress):
        assert len(made.line1) <= 64
        assert all("\n" not in line and "\x00" not in line for line in made.lines())
