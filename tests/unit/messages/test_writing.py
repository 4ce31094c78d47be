"""Numbers, money, dates and names as each language writes them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy.messages.writing import (
    SHOWN_MAX,
    greeting,
    shown,
    shown_name,
    spoken_phone,
    write_date,
    write_money,
    write_number,
)
from courtesy.rulebook.model import Rulebook


@pytest.mark.parametrize(
    ("language", "number", "money", "day"),
    [
        ("en", "1,234,567.50", "$1,234.56", "March 3, 2026"),
        ("de", "1.234.567,50", "1.234,56 $", "3. März 2026"),
    ],
)
def test_each_language_has_its_own_forms(
    rulebook: Rulebook, language: str, number: str, money: str, day: str
) -> None:
    spoken = rulebook.messages.languages[language]
    assert write_number(1234567.5, spoken, 2) == number
    assert write_money(123456, "USD", spoken) == money
    assert write_date(date(2026, 3, 3), spoken) == day
    assert write_date(datetime(2026, 3, 3, 23, tzinfo=UTC), spoken) == day


def test_currencies_without_minor_units_and_without_a_symbol(rulebook: Rulebook) -> None:
    english = rulebook.messages.languages["en"]
    assert write_money(1500, "JPY", english) == "¥1,500"
    assert write_money(150000, "PLN", english) == "PLN1,500.00"
    assert write_money(-150, "USD", english) == "-$1.50"


@pytest.mark.parametrize(
    ("language", "gender", "given_name", "surname", "expected"),
    [
        ("en", "female", "Anna", "Miller", "Dear Ms. Miller,"),
        ("en", "M", "Ben", "Miller", "Dear Mr. Miller,"),
        ("en", "", "Kim", "Miller", "Dear Kim Miller,"),
        ("en", "female", "Anna", "", "Dear Anna,"),
        ("en", "female", "", "", "Hello,"),
        ("de", "w", "Anna", "Müller", "Sehr geehrte Frau Müller,"),
        ("de", "male", "Jan", "Müller", "Sehr geehrter Herr Müller,"),
        ("de", "x", "Jo", "Müller", "Guten Tag Jo Müller,"),
        ("de", "", "", "", "Guten Tag,"),
        ("en", "", "", "Miller", "Hello,"),
        ("de", "", "", "Müller", "Guten Tag,"),
        ("en", "", "Jo", "", "Dear Jo,"),
    ],
)
def test_a_greeting_has_no_gap(
    rulebook: Rulebook, language: str, gender: str, given_name: str, surname: str, expected: str
) -> None:
    assert greeting(rulebook.messages.languages[language], gender, given_name, surname) == expected


@given(st.text(max_size=400))
def test_a_shown_value_is_one_short_line_without_control_or_direction_marks(text: str) -> None:
    line = shown(text)
    assert len(line) <= SHOWN_MAX
    assert not set(line) & set("\n\r\x00\x1b\x7f\x85\u2028\u2029\u202a\u202e\u2066\u2069\ufeff")
    assert shown(line) == line


def test_other_scripts_and_emoji_stay() -> None:
    assert shown("שלום 🙂 Ünal") == "שלום 🙂 Ünal"
    assert shown("a\u202eb\r\nc") == "ab c"


def test_a_telephone_number_is_written_as_people_read_it() -> None:
    assert spoken_phone("+16175550100") == "+1 617-555-0100"
    assert spoken_phone("+493023125820") == "+49 30 23125820"
    assert spoken_phone("ask at the desk") == "ask at the desk"


@pytest.mark.parametrize(
    "text", ["\u200b", "\xad \u200d", "\u3164", "\u115f\uffa0", "\ufe0f\u0301", "\u180e"]
)
def test_what_cannot_be_seen_counts_as_nothing(text: str) -> None:
    """Else a mail would begin with `Dear Ms. ,`."""
    assert shown(text) == ""
    assert shown(f"Anna{text}").startswith("Anna")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Win at https://prize.example", ""),
        ("WWW.prize.example", ""),
        ("prize.com", ""),
        ("write to a@prize.example", ""),
        ("J.de Vries", "J.de Vries"),
        ("Anna.Miller", "Anna.Miller"),
        ("St. Clair", "St. Clair"),
        ("Dr. h.c. O’Neill", "Dr. h.c. O’Neill"),
    ],
)
def test_a_name_carries_no_link(name: str, expected: str) -> None:
    assert shown_name(name) == expected
