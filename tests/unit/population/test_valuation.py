"""Predictions by polynomial are those of the series; many rows stay in order; what belongs to no division counts once."""

from datetime import date
from math import log2
from pathlib import Path
from typing import Literal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy.population.bgnbd import BuyingModel
from courtesy.population.catalogue import SHIPPED, Catalogue
from courtesy.population.documents import connect, snapshot_sql, view_sql, write_lines
from courtesy.population.features import make_features
from courtesy.population.gamma_gamma import SpendModel
from courtesy.population.rules import PopulationRules, ValueRules
from courtesy.population.scores import Cuts, DivisionScores, Scores
from courtesy.population.segments import features_of, make_segments, write_segments
from courtesy.population.valuation import (
    NODES,
    expected_and_discounted,
    make_valued,
    polynomial_sql,
    through_nodes,
)
from courtesy.timeline.events import Permission
from tests.unit.population.people import AS_OF, at, bought, document, population

TODAY = AS_OF.date()
MODEL = BuyingModel(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=0, customers=10, repeaters=5)
SPEND = SpendModel(p=6.25, q=3.74, v=15.44, log_likelihood=0, customers=10)


def with_model(model: BuyingModel = MODEL) -> Scores:
    """Scores in which corporate has a model of its own."""
    own = DivisionScores(
        buyers=10, repeaters=5, source="own", buying=model, spend=SPEND,
        cuts=Cuts(r=(50, 100, 500, 900), f=(5, 10, 15, 20), m=(500, 900, 5000, 9000)),
    )  # fmt: skip
    return Scores(
        cycle_id="c", as_of=TODAY.isoformat(), rulebook=1, data_version="0", customers=10, restricted=0,
        divisions={"corporate": own},
    )  # fmt: skip


@given(st.lists(st.floats(-5, 5), min_size=len(NODES), max_size=len(NODES)), st.integers(0, len(NODES) - 1))
def test_a_polynomial_goes_through_its_nodes(values: list[float], number: int) -> None:
    coefficients = through_nodes(values)
    columns = ", ".join(f"{c!r}::DOUBLE AS e{k}" for k, c in enumerate(coefficients))
    row = duckdb.execute(
        f"SELECT {polynomial_sql('e', 'spot')} FROM (SELECT {columns}, {NODES[number]!r}::DOUBLE AS spot)"
    ).fetchone()
    assert row is not None
    assert row[0] == pytest.approx(values[number], abs=1e-9)


@given(
    st.floats(0.05, 8), st.floats(0.3, 300), st.floats(0.2, 20), st.floats(0.3, 90), st.integers(0, 80), st.integers(0, 22_000),
)  # fmt: skip
def test_between_its_nodes_it_is_the_series(
    r: float, alpha: float, a: float, b: float, x: int, days: int
) -> None:
    model = BuyingModel(r=r, alpha=alpha, a=a, b=b, log_likelihood=0, customers=1, repeaters=1)
    age = days / 7
    doublings = log2(1 + age / alpha)
    whole = int(doublings)
    at_nodes = [
        expected_and_discounted(model, x, alpha * (2 ** (whole + (1 + node) / 2) - 1), 365 / 7, 0.1)
        for node in NODES
    ]
    spot = 2 * (doublings - whole) - 1
    for kind, exact in enumerate(expected_and_discounted(model, x, age, 365 / 7, 0.1)):
        coefficients = through_nodes([pair[kind] for pair in at_nodes])
        value = coefficients[-1]
        for number in range(len(NODES) - 2, -1, -1):
            value = coefficients[number] + (spot - NODES[number]) * value
        assert value == pytest.approx(exact, rel=1e-6, abs=1e-9)


def test_a_customers_prediction_is_the_models(tmp_path: Path) -> None:
    found = features_of(
        [document("c1", bought(200, 1_000), bought(150, 1_200, n=1), bought(20, 900, n=2))],
        TODAY, PopulationRules(value=ValueRules(horizon_days=273, discount_rate=0)), with_model(), Catalogue(SHIPPED),
    )  # fmt: skip
    row = found.execute(
        "SELECT expected_purchases, probability_alive, expected_order FROM segments WHERE division = 'corporate'"
    ).fetchone()
    upto, _ = expected_and_discounted(MODEL, 2, 200 / 7, 39, 0)
    odds = MODEL.a / (MODEL.b + 1) * ((MODEL.alpha + 200 / 7) / (MODEL.alpha + 180 / 7)) ** (MODEL.r + 2)
    assert row is not None
    assert row[0] == pytest.approx(upto / (1 + odds), abs=2e-6)
    assert row[1] == pytest.approx(1 / (1 + odds), abs=1e-6)
    assert row[2] == round(6.25 * (15.44 + 2_100) / (6.25 * 2 + 2.74))


def snapshot(folder: Path, documents: list[bytes], name: str = "part") -> Path:
    """The Parquet file of a part."""
    path = folder / f"{name}.parquet"
    write_lines(documents, folder / "lines.jsonl")
    connect(folder).execute(f"COPY ({snapshot_sql(folder / 'lines.jsonl', ())}) TO '{path}' (FORMAT parquet)")
    return path


def test_many_rows_are_written_in_order_and_each_time_alike(tmp_path: Path) -> None:
    """More than one row group and two threads: what is written in any order would show here."""
    one = document("c", bought(30, 500), bought(20, 300, "marine"))
    many = [one.replace(b'"c"', b'"c%06d"' % number, 1) for number in range(70_000)]
    path, contents = snapshot(tmp_path, many), []
    for number in range(2):
        connection = connect(tmp_path)
        connection.execute(view_sql([path]))
        make_segments(connection, TODAY, PopulationRules(), with_model(), Catalogue(SHIPPED))
        out = tmp_path / f"{number}.parquet"
        assert write_segments(connection, out) == 210_000
        contents.append(out.read_bytes())
        disorder = connection.execute(f"""
            SELECT count(*) FROM (SELECT customer_id, division, lag(customer_id) OVER w AS c, lag(division) OVER w AS d
                FROM read_parquet('{out}', file_row_number = true) WINDOW w AS (ORDER BY file_row_number))
            WHERE customer_id < c OR (customer_id = c AND division <= d)""").fetchone()
        assert disorder == (0,)
    assert contents[0] == contents[1]


def test_several_parts_in_one_view_are_their_customers_each_with_their_own(tmp_path: Path) -> None:
    people = [d for _, d in population(40)]
    files = [snapshot(tmp_path, people[:25], "a"), snapshot(tmp_path, people[25:], "b")]
    together = snapshot(tmp_path, people, "all")
    found = []
    for paths in (files, [together]):
        connection = connect(tmp_path)
        connection.execute(view_sql(paths))
        make_segments(connection, TODAY, PopulationRules(), with_model(), Catalogue(SHIPPED))
        found.append(connection.execute("SELECT * FROM placed ORDER BY customer_id, division").fetchall())
    assert found[0] == found[1]


def test_what_was_bought_in_no_division_counts_for_corporate(tmp_path: Path) -> None:
    found = features_of(
        [document("c1", bought(9, 400, ""), bought(9, 100, "cars"))],
        TODAY, PopulationRules(), with_model(), Catalogue(SHIPPED),
    )  # fmt: skip
    rows = found.execute("SELECT division, revenue, purchase_days, divisions FROM segments").fetchall()
    assert rows == [("cars", 100, 1, 1), ("corporate", 500, 1, 1)]


def test_the_strictest_permission_wins_per_channel_and_division(tmp_path: Path) -> None:
    def said(number: int, channel: str, division: str, status: Literal["granted", "withdrawn"]) -> Permission:
        return Permission(
            source="p", id=str(number), when=at(number), purpose="marketing", channel=channel, division=division,
            status=status,
        )  # fmt: skip

    one = document(
        "c1", bought(9, 100, "cars"), bought(9, 100, "marine"), said(1, "email", "*", "granted"),
        said(2, "email", "marine", "withdrawn"), said(3, "letter", "cars", "granted"), said(4, "sms", "*", "withdrawn"),
    )  # fmt: skip
    found = features_of([one], TODAY, PopulationRules(), with_model(), Catalogue(SHIPPED))
    rows = found.execute(
        "SELECT division, email_permission, letter_permission, postcard_permission, sms_permission FROM segments"
    ).fetchall()
    assert rows == [
        ("cars", "granted", "granted", None, "withdrawn"),
        ("corporate", "granted", None, None, "withdrawn"),
        ("marine", "withdrawn", None, None, "withdrawn"),
    ]


def test_nothing_is_predicted_where_there_is_no_model(tmp_path: Path) -> None:
    nobody = Scores(
        cycle_id="c",
        as_of="2026-11-01",
        rulebook=1,
        data_version="0",
        customers=0,
        restricted=0,
        divisions={},
    )
    connection = connect(tmp_path)
    connection.execute(view_sql([snapshot(tmp_path, [document("c1", bought(9, 100))])]))
    make_features(connection, date(2026, 11, 1), PopulationRules())
    make_valued(connection, date(2026, 11, 1), nobody, PopulationRules())
    assert connection.execute("SELECT count(*) FROM ahead").fetchone() == (0,)
    rows = connection.execute("SELECT DISTINCT value_model, expected_value, scores FROM valued").fetchall()
    assert len(rows) == 1
    assert rows[0][:2] == ("none", None)
