"""What the population answers at its edges: nobody, nothing, too much, books that do not balance."""

import runpy
from collections.abc import Sequence
from decimal import Decimal
from math import exp, log
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from pydantic import ValidationError

from courtesy.errors import NotFound, RefusedRule, UnknownName
from courtesy.intake.contract import FieldRule, FileFormat, SourceContract
from courtesy.population import catalogue as catalogue_module
from courtesy.population.audience import rehearse
from courtesy.population.bgnbd import fit_buying
from courtesy.population.catalogue import SHIPPED, Catalogue, catalogue_of, page
from courtesy.population.criteria import check
from courtesy.population.descent import minimise
from courtesy.population.documents import connect, view_sql
from courtesy.population.features import make_features
from courtesy.population.ledger import purchases_sql
from courtesy.population.movement import Flow, movement_page, sankey
from courtesy.population.report import report_cycle
from courtesy.population.rules import CostRules, PopulationRules
from courtesy.population.scores import cut_points, histogram_cuts, score_sql
from courtesy.population.special import hypergeometric
from tests.fakes.lake import InMemoryLake
from tests.unit.population.people import AS_OF, bought, document
from tests.unit.population.stage import CYCLE, Stage
from tests.unit.population.test_valuation import snapshot

CATALOGUE = Catalogue(SHIPPED)
TODAY = AS_OF.date()


@pytest.mark.parametrize(
    ("text", "words"),
    [("(" * 41 + "true" + ")" * 41, "nested too deeply"), ("round(x := age) > 1", "named arguments")],
)
def test_brackets_without_end_and_named_arguments_are_refused(text: str, words: str) -> None:
    with pytest.raises(RefusedRule, match=words):
        check(text, CATALOGUE, rule="r")
    assert check("(" * 40 + "in_market" + ")" * 40, CATALOGUE, rule="r").attributes == ("in_market",)


def test_only_what_is_said_of_the_person_becomes_an_attribute() -> None:
    def contract(record: Any, person: dict[str, FieldRule]) -> SourceContract:
        fields = {"custom.colour": FieldRule(column="c")}
        return SourceContract(
            name="s", record=record, format=FileFormat(kind="csv"), key=["k"], fields=fields, person=person, division="cars"
        )  # fmt: skip

    of_the_sale = catalogue_of({"s": contract("transaction", {"email": FieldRule(column="e")})})
    assert of_the_sale.attributes == SHIPPED
    of_the_buyer = catalogue_of({"s": contract("transaction", {"custom.points": FieldRule(column="p")})})
    assert of_the_buyer.names[len(SHIPPED) :] == ("custom_points",)
    with pytest.raises(UnknownName, match="custom_points"):
        of_the_buyer.attribute("custom_point")


def test_the_catalogue_writes_its_page(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(catalogue_module.__file__), run_name="__main__")
    written = capsys.readouterr().out
    assert written == page()
    assert written.count("| `") >= len(SHIPPED)


def test_nobody_has_no_cut_points_and_no_scores(tmp_path: Path) -> None:
    connection = connect(tmp_path, threads=1)
    assert histogram_cuts(connection, "SELECT 1::BIGINT AS value, 1::BIGINT AS n WHERE false") == ()
    assert connection.execute(f"SELECT {score_sql('7', ())}").fetchone() == (None,)
    assert cut_points([(5, 0)]) == ()


@pytest.mark.parametrize("customers", [1, 2, 3, 4])
def test_few_customers_have_cut_points(customers: int) -> None:
    assert cut_points([(7, customers)]) == (40, 40, 40, 40)


def test_the_series_is_ended_near_one_where_it_is_still_good_to_five_digits() -> None:
    # 2F1(1, 1; 2; z) = -ln(1 - z) / z
    for z, digits in ((0.5, 1e-12), (0.999, 1e-12), (0.9999, 1e-5)):
        assert hypergeometric(1, 1, 2, z) == pytest.approx(-log(1 - z) / z, rel=digits)


def test_an_objective_that_promises_more_for_ever_is_given_up() -> None:
    promised = iter(range(10_000))

    def better_and_better(at: Sequence[float]) -> tuple[float, list[float]]:
        return -float(next(promised)), [1 / at[0]]

    found = minimise(better_and_better, [1.0], scale=1)
    assert not found.converged
    assert found.evaluations < 300


def test_customers_who_are_all_alike_are_given_up_soon(tmp_path: Path) -> None:
    """Everybody bought twice on the same days: the likelihood rises for ever along a ridge."""
    connection = connect(tmp_path, threads=1)
    connection.execute(
        "CREATE TABLE history AS SELECT 1::BIGINT AS x, 17.0 AS t_x, 27.0 AS t, 500::BIGINT AS n"
    )
    began = process_time()
    fitted = fit_buying(connection, "history")
    assert process_time() - began < 5
    assert fitted.repeaters == 500


def test_a_hill_between_is_no_end() -> None:
    """The objective is concave where it starts: the curvature seen there is no guide and is not learned."""

    def hollow(at: Sequence[float]) -> tuple[float, list[float]]:
        y = log(at[0])
        return -exp(-((y - 3) ** 2)), [2 * (y - 3) * exp(-((y - 3) ** 2)) / at[0]]

    found = minimise(hollow, [1.5], scale=1)
    assert found.at[0] == pytest.approx(exp(3), rel=1e-3)


def test_an_attribute_declared_after_the_snapshot_is_unknown_of_everybody(tmp_path: Path) -> None:
    contract = SourceContract(
        name="s", record="person", format=FileFormat(kind="csv"), key=["k"],
        fields={"custom.points": FieldRule(column="p", type="integer")},
    )  # fmt: skip
    custom = catalogue_of({"s": contract}).attributes[len(SHIPPED) :]
    connection = connect(tmp_path, threads=1)
    connection.execute(view_sql([snapshot(tmp_path, [document("c1", bought(5, 100))])]))
    make_features(connection, TODAY, PopulationRules(), custom)
    rows = connection.execute("SELECT DISTINCT custom_points FROM feature").fetchall()
    assert rows == [(None,)]


def test_the_reporting_currency_has_no_rate(tmp_path: Path) -> None:
    """A rate for it would count its money twice over; it is left out."""
    connection = connect(tmp_path, threads=1)
    connection.execute(view_sql([snapshot(tmp_path, [document("c1", bought(5, 100))])]))
    connection.execute(purchases_sql(TODAY, PopulationRules(currency_rates={"USD": Decimal("2")})))
    assert connection.execute("SELECT DISTINCT revenue FROM bought").fetchall() == [(100,)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"currency_rates": {"E'UR": "1.1"}},
        {"currency_rates": {"EUR": "0"}},
        {"reporting_currency": "usd"},
        {"costs": CostRules.model_construct(contact={"e'mail": 1}).model_dump()},
    ],
)
def test_currencies_and_channels_are_names(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PopulationRules.model_validate(wrong)


def test_contacts_cost_nothing_where_no_channel_has_a_price(tmp_path: Path) -> None:
    connection = connect(tmp_path, threads=1)
    connection.execute(view_sql([snapshot(tmp_path, [document("c1", bought(5, 100))])]))
    make_features(connection, TODAY, PopulationRules(costs=CostRules(contact={})))
    assert connection.execute("SELECT DISTINCT contact_cost FROM feature").fetchall() == [(0,)]


def test_nobody_makes_no_picture() -> None:
    assert sankey([]) == ""
    assert "<svg" not in movement_page([], "a", "b", 0.1)
    one = sankey([Flow("cars", "<new>", "lapsed", 3, 0)])
    assert "&lt;new&gt;" in one
    assert one.count("<path") == 1


def test_a_rehearsal_of_a_cycle_without_snapshot_is_refused() -> None:
    stage = Stage().run_until("segment")
    for path in stage.lake.list("snapshots/one/part-"):
        stage.lake.delete(path)
    with pytest.raises(NotFound, match="snapshots of cycle 'one'"):
        rehearse(stage.lake, stage.rulebook, PopulationRules(), "one")


def _without(lake: InMemoryLake, path: str, old: bytes, new: bytes) -> None:
    content = lake.get(path)
    assert old in content
    lake.put(path, content.replace(old, new))


@pytest.mark.parametrize(
    ("path", "old", "new", "words"),
    [
        ("snapshots/one/part-00000.json", b'"scanned":12', b'"scanned":13', "13 customers were scanned, 12 are in"),
        ("segments/one/part-00000.json", b'"customers":12', b'"customers":11', "11 segmented, 0 restricted"),
        ("segments/one/part-00000.json", b'"moves":', b'"moves":9', "moves were written"),
    ],
)  # fmt: skip
def test_books_that_do_not_balance_end_as_an_error(path: str, old: bytes, new: bytes, words: str) -> None:
    stage = Stage().run_until("report")
    assert report_cycle(stage.lake, stage.rulebook, CYCLE).outcome == "done"
    _without(stage.lake, path, old, new)
    report = report_cycle(stage.lake, stage.rulebook, CYCLE)
    assert report.outcome == "error"
    assert not report.balanced
    assert any(words in alarm for alarm in report.alarms)


def test_segments_that_are_gone_end_as_an_error() -> None:
    stage = Stage().run_until("report")
    stage.lake.delete("moves/one/part-00000.parquet")
    with pytest.raises(NotFound, match="moves of cycle 'one'"):
        report_cycle(stage.lake, stage.rulebook, CYCLE)
