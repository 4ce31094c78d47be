"""One spelling for what means the same, nothing for what means nothing, and no surprise at any input."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.identity.compare import levels_of
from courtesy.identity.filing import hashed_entries
from courtesy.identity.link import judge
from courtesy.identity.memory import MemoryIndex
from courtesy.identity.normalise import canonical, deliverable, traits_of
from courtesy.identity.offline import FIELDS
from courtesy.identity.traits import Traits
from tests.unit.identity.people import KEY, RULES, arrive, record


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "Kowalski, Anna"}, ("anna", "kowalski")),
        ({"name": "Anna Maria Kowalski"}, ("anna maria", "kowalski")),
        ({"name": "Kowalski"}, ("", "kowalski")),
        ({"given_name": "Anna Kowalski"}, ("anna", "kowalski")),
        ({"company": "Reed & Sons"}, ("", "reed sons")),
        ({"given_name": "N/A", "surname": "unknown"}, ("", "")),
        ({"given_name": "Dr. Zoë", "surname": "O’Neill"}, ("zoe", "oneill")),
        ({"given_name": "A.", "surname": "Иванова"}, ("a", "ivanova")),
        ({"given_name": "🙂", "surname": "🙂🙂"}, ("", "")),
    ],
)
def test_names(fields: dict[str, str], expected: tuple[str, str]) -> None:
    traits = traits_of(fields)
    assert (traits.given, traits.surname) == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "no address"),
        ("email", "a@b@c"),
        ("email", "info@mail.test"),
        ("phone", "000-000-0000"),
        ("phone", "12"),
        ("phone", "+1 000 000 0000"),
        ("date_of_birth", "1900-01-01"),
        ("date_of_birth", "1984"),
        ("national_id", "123"),
        ("national_id", "1234567"),
        ("postcode", "00000"),
        ("loyalty_no", "0000"),
        ("city", "n/a"),
    ],
)
def test_placeholders_mean_nothing(field: str, value: str) -> None:
    assert traits_of({field: value}) == Traits()


def test_what_cannot_be_read_as_a_number_keeps_its_digits() -> None:
    assert traits_of({"phone": "+999 1234567"}).phone == "9991234567"


def test_events_keep_what_cannot_be_read() -> None:
    told = {"email": "Anna@Mail.TEST", "phone": "(312) 555-0123", "country": "us", "name": "Anna"}
    assert canonical(told, "DE") == told | {"email": "anna@mail.test", "phone": "+13125550123"}
    odd = {"email": " nonsense ", "phone": "n/a"}
    assert canonical(odd, "US") == {"email": "nonsense", "phone": "n/a"}
    assert canonical({"name": "Anna"}, "US") == {"name": "Anna"}
    assert deliverable("A@B.test") == "a@b.test"


HOSTILE = [
    "",
    " ",
    "\x00",
    "🙂" * 50,
    "x" * 10_000,
    "a " * 3_000,
    "1" * 10_000,
    "‮abc",
    "N/A",
    "O'" * 200,
    "@",
    "+",
    "ß",
]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(HOSTILE) | st.text(max_size=40)), st.data())
def test_whatever_a_file_holds_can_be_compared(one: dict[str, str], data: st.DataObject) -> None:
    two = data.draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(HOSTILE) | st.text(max_size=40)))
    a, b = traits_of(one), traits_of(two)
    assert levels_of(a, b) == levels_of(b, a)
    assert judge(a, b, RULES) == judge(b, a, RULES)
    assert all(len(entry) < 40 for entry in hashed_entries(KEY, a))


def test_records_without_anything_stay_by_themselves() -> None:
    index = MemoryIndex()
    empty = [record(f"crm/{n}", given_name="", surname="N/A", email="none", phone="0") for n in range(9)]
    placed = arrive(index, empty)
    assert len({held.customer_id for held in placed.values()}) == 9
    assert not index.list_matches(100)
