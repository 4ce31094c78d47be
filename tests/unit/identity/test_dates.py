"""Dates of birth in the forms people write: the column tells whether the day comes first."""

import pytest

from courtesy.identity.dates import reader_of


@pytest.mark.parametrize(
    ("column", "region", "read"),
    [
        (["1980-03-04", "1980/3/4", "1980.03.04 00:00:00"], "US", "1980-03-04"),
        (["04/03/1980", "25/12/1970"], "US", "1980-03-04"),
        (["03/04/1980", "12/25/1970"], "DE", "1980-03-04"),
        (["03/04/1980"], "US", "1980-03-04"),
        (["4.3.1980"], "DE", "1980-03-04"),
        (["04.03.1980"], "US", "1980-03-04"),
        (["04.03.80", "4 3 80"], "DE", "1980-03-04"),
        (["04031980", "25121970"], "DE", "1980-03-04"),
        (["03041980", "12251970"], "US", "1980-03-04"),
        (["4 March 1980", "Mar 4th, 1980", "04MAR80", "4. März 1980", "4 mars 1980", "1980 Mar 4"], "US", "1980-03-04"),
        (["19800304", "19701225"], "US", "19800304"),
    ],
)  # fmt: skip
def test_the_column_tells_the_form(column: list[str], region: str, read: str) -> None:
    reader = reader_of(column, region)
    same = [value for value in column if "25" not in value]
    assert {reader(value) for value in same} == {read}


def test_a_date_that_fits_one_order_only_is_read_so_whatever_the_column_says() -> None:
    reader = reader_of(["25/12/1970", "26/12/1970", "12/27/1970"], "DE")
    assert reader("12/27/1970") == "1970-12-27"


@pytest.mark.parametrize("text", ["", "unknown", "1980-3", "45/13/1980", "3 March", "31 31 1980", "190812"])
def test_what_is_no_date_stays_as_it_stands(text: str) -> None:
    assert reader_of([text], "US")(text) == text


def test_years_in_two_digits_are_of_grown_ups() -> None:
    reader = reader_of([], "DE")
    assert reader("01.02.11") == "1911-02-01"
    assert reader("01.02.05") == "2005-02-01"
