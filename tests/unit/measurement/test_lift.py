"""Differences and their intervals against figures worked out by hand and a real randomised test."""

import csv
from math import erfc, sqrt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy.measurement.lift import Cell, lift, sample_ratio

HILLSTROM = (
    Path(__file__).parents[3].parent / "shared/data/campaign-hillstrom-sample/hillstrom_sample_6400.csv"
)


def cell(values: list[float]) -> Cell:
    return Cell(len(values), sum(values), sum(v * v for v in values), sum(v != 0 for v in values))


def shares(n: int, hits: int) -> Cell:
    return Cell(n, hits, hits, hits)


def test_a_difference_worked_out_by_hand() -> None:
    # 30 of 100 against 15 of 100: 0.15, standard error sqrt((0.3 * 0.7 + 0.15 * 0.85) / 99)
    found = lift({"1": shares(100, 30)}, {"1": shares(100, 15)}, money=False)
    assert found is not None
    assert found.difference == pytest.approx(0.15)
    assert found.low == pytest.approx(0.15 - 1.959964 * sqrt((0.21 + 0.1275) / 99))
    assert (found.word, found.why) == ("more", "")
    assert found.relative == pytest.approx(1.0)
    turned = lift({"1": shares(100, 15)}, {"1": shares(100, 30)}, money=False)
    assert turned is not None
    assert turned.word == "less"


@pytest.mark.parametrize(
    ("treated", "held_out", "money", "trusted", "why"),
    [
        (shares(100, 22), shares(100, 20), False, True, "the interval holds 0"),
        (shares(49, 40), shares(900, 20), False, True, "49 customers in an arm"),
        (shares(900, 90), shares(900, 9), False, True, "9 customers with an outcome"),
        (shares(900, 90), shares(900, 29), True, True, "29 customers with an outcome"),
        (shares(900, 300), shares(900, 90), False, False, "sizes of the arms"),
    ],
)
def test_what_cannot_be_concluded_says_why(
    treated: Cell, held_out: Cell, money: bool, trusted: bool, why: str
) -> None:
    found = lift({"1": treated}, {"1": held_out}, money=money, trusted=trusted)
    assert found is not None
    assert found.word == "not conclusive"
    assert why in found.why


def test_customers_are_compared_with_those_of_as_many_records() -> None:
    """Within each stratum nothing differs; pooled, the arms would differ since the second stratum is held out more often."""
    treated = {"1": shares(900, 90), "2": shares(100, 50)}
    held_out = {"1": shares(100, 10), "2": shares(100, 50), "3": shares(7, 7)}
    found = lift(treated, held_out, money=False)
    assert found is not None
    assert found.difference == pytest.approx(0)
    assert found.word == "not conclusive"


def test_nobody_to_compare_with_is_no_difference() -> None:
    assert lift({"1": shares(9, 1)}, {"2": shares(9, 1)}, money=False) is None
    alone = lift({"1": shares(1, 0)}, {"1": shares(1, 0)}, money=False)
    assert alone is not None
    assert (alone.difference, alone.relative) == (0, None)


def test_sizes_that_chance_makes_hold_and_others_do_not() -> None:
    found = sample_ratio(880, 120, 100)
    assert found.chance == pytest.approx(erfc(sqrt((400 / 100 + 400 / 900) / 2)))
    assert found.holds
    assert not sample_ratio(800, 200, 100).holds
    assert sample_ratio(10, 0, 0).holds
    assert not sample_ratio(10, 1, 0).holds


OUTCOMES = st.lists(st.floats(-100, 100), min_size=2, max_size=30)


@given(OUTCOMES, OUTCOMES)
def test_arms_exchanged_turn_the_difference_round(one: list[float], two: list[float]) -> None:
    there = lift({"1": cell(one)}, {"1": cell(two)}, money=True)
    back = lift({"1": cell(two)}, {"1": cell(one)}, money=True)
    assert there is not None
    assert back is not None
    assert there.difference == pytest.approx(-back.difference, abs=1e-9)
    assert there.low == pytest.approx(-back.high, abs=1e-9)
    assert there.low <= there.difference <= there.high


@pytest.mark.skipif(not HILLSTROM.is_file(), reason="the reference data are not beside the checkout")
def test_a_real_campaign_raised_visits_and_its_spend_is_not_conclusive() -> None:
    with HILLSTROM.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    def arm(name: str, column: str) -> dict[str, Cell]:
        return {"1": cell([float(row[column]) for row in rows if row["segment"] == name])}

    visits = lift(arm("Mens E-Mail", "visit"), arm("No E-Mail", "visit"), money=False)
    assert visits is not None
    assert visits.treated == pytest.approx(0.16263, abs=5e-6)
    assert visits.held_out == pytest.approx(0.10838, abs=5e-6)
    assert visits.word == "more"
    for name in ("Mens E-Mail", "Womens E-Mail"):
        spend = lift(arm(name, "spend"), arm("No E-Mail", "spend"), money=True)
        assert spend is not None
        assert spend.word == "not conclusive"
        assert spend.held_out == pytest.approx(0.51068, abs=5e-6)
