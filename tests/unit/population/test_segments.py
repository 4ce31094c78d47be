"""Segments at their edges: few, none, returns, the future, currencies, the very old; single customers like the cycle's."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from courtesy.errors import RefusedRule
from courtesy.intake.contract import FieldRule, FileFormat, SourceContract
from courtesy.population.catalogue import SHIPPED, Catalogue, as_markdown, catalogue_of
from courtesy.population.documents import connect, snapshot_sql, write_lines
from courtesy.population.ledger import purchases_sql
from courtesy.population.movement import NOBODY, flows_between, moved_share, movement_page
from courtesy.population.preview import preview
from courtesy.population.rules import Ladder, PopulationRules, SegmentRule, ValueRules
from courtesy.population.scores import Scores
from courtesy.population.segments import features_of, make_segments, placement_of, write_segments
from courtesy.population.summaries import score_divisions, summary_sql
from courtesy.timeline.events import Asset, SourceRecord
from tests.unit.population.people import AS_OF, at, bought, document, population

TODAY = AS_OF.date()
CATALOGUE = Catalogue(SHIPPED)
FEW = PopulationRules(value=ValueRules(least_repeaters=20))
CHECKOUT = Path(__file__).parents[3]


def scored(documents: list[bytes], folder: Path, rules: PopulationRules) -> Scores:
    """The scores of these documents alone."""
    write_lines(documents, folder / "d.jsonl")
    connection = connect(folder, threads=1)
    connection.execute(f"CREATE TEMP TABLE snapshot AS {snapshot_sql(folder / 'd.jsonl', ())}")
    connection.execute(purchases_sql(TODAY, rules))
    connection.execute(f"CREATE TEMP TABLE summary AS {summary_sql(TODAY)}")
    divisions = score_divisions(connection, rules)
    return Scores(
        cycle_id="c", as_of=TODAY.isoformat(), rulebook=1, data_version="0", customers=len(documents), restricted=0,
        divisions=divisions,
    )  # fmt: skip


def places(
    documents: list[bytes],
    folder: Path,
    rules: PopulationRules | None = None,
    scores: Scores | None = None,
    as_of: date = TODAY,
) -> dict[tuple[str, str], dict[str, Any]]:
    """(customer, division) -> attributes."""
    given = rules or PopulationRules()
    found = features_of(documents, as_of, given, scores or scored(documents, folder, given), CATALOGUE)
    cursor = found.execute("SELECT * FROM segments")
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {(row["customer_id"], row["division"]): row for row in rows}


def test_a_division_with_three_customers_borrows_corporates_model_and_says_so(tmp_path: Path) -> None:
    people = population(200, divisions=("cars", "motorcycles"))
    few = [
        document(f"x{n}", bought(900, 5000, "marine"), bought(100 + n, 7000, "marine", n=1)) for n in range(3)
    ]
    found = places([d for _, d in people] + few, tmp_path, FEW)
    boat = found[("x1", "marine")]
    assert boat["value_model"] == "corporate"
    assert 0 < boat["probability_alive"] <= 1
    assert boat["expected_value"] > 0
    assert boat["scores"] != ""
    assert found[("x1", "corporate")]["value_model"] == "own"


def test_too_little_data_everywhere_gives_no_prediction_and_still_a_place(tmp_path: Path) -> None:
    found = places([document("c1", bought(400, 500), bought(20, 600, n=1))], tmp_path)
    cars = found[("c1", "cars")]
    assert cars["value_model"] == "none"
    assert cars["expected_value"] is cars["probability_alive"] is cars["expected_purchases"] is None
    assert (cars["lifecycle"], cars["value_tier"]) == ("returning", "standard")


def test_without_any_purchase_everybody_is_a_prospect(tmp_path: Path) -> None:
    record = SourceRecord(source="crm", id="1", when=at(10), fields={"country": "US"})
    found = places([document("c1", record)], tmp_path)
    assert list(found) == [("c1", "corporate")]
    row = found[("c1", "corporate")]
    assert (row["lifecycle"], row["sub_segment"], row["value_tier"]) == ("prospect", "", "standard")
    assert row["days_since_purchase"] is None
    assert (row["scores"], row["revenue"], row["divisions"]) == ("", 0, 0)


def test_returns_lower_revenue_and_are_no_purchase(tmp_path: Path) -> None:
    both = document("c1", bought(50, 9_000), bought(40, -12_000, n=1))
    only = document("c2", bought(40, -700))
    found = places([both, only], tmp_path)
    assert found[("c1", "cars")]["revenue"] == -3_000
    assert found[("c1", "cars")]["purchase_days"] == 1
    assert found[("c1", "cars")]["days_since_purchase"] == 50
    assert found[("c1", "cars")]["value_tier"] == "below_zero"
    assert found[("c2", "cars")]["lifecycle"] == "prospect"
    assert found[("c2", "cars")]["value_tier"] == "below_zero"


def test_what_is_bought_after_the_date_is_not_known_yet(tmp_path: Path) -> None:
    documents = [document("c1", bought(10, 500), bought(-3, 900, n=1))]
    row = places(documents, tmp_path)[("c1", "cars")]
    assert (row["purchases"], row["revenue"], row["days_since_purchase"]) == (1, 500, 10)
    later = places(documents, tmp_path, as_of=date(2026, 11, 5))[("c1", "cars")]
    assert (later["purchases"], later["revenue"], later["days_since_purchase"]) == (2, 1400, 1)


def test_two_currencies_count_in_the_reporting_one_and_an_unknown_one_counts_for_frequency(
    tmp_path: Path,
) -> None:
    mixed = document(
        "c1", bought(9, 1_000), bought(8, 1_001, n=1, currency="EUR"), bought(7, 5_000, n=2, currency="XXX")
    )
    rules = PopulationRules(currency_rates={"EUR": Decimal("1.10")})
    row = places([mixed], tmp_path, rules)[("c1", "cars")]
    assert row["revenue"] == 1_000 + 1_101  # 1101.1
    assert (row["purchases"], row["purchase_days"], row["unconverted_purchases"]) == (3, 3, 1)


def test_sixty_years_a_customer(tmp_path: Path) -> None:
    years = [bought(365 * n + 1, 1_000, n=n) for n in range(60)]
    people = [d for _, d in population(150, divisions=("cars",))]
    row = places([document("old", *years), *people], tmp_path, FEW)[("old", "cars")]
    assert row["first_purchase_date"] == date(1967, 12, 11) or row["tenure_days"] == 365 * 59 + 1
    assert row["purchase_days"] == 60
    assert row["days_to_next_purchase"] == 364
    assert row["lifecycle"] == "returning"
    assert 0.5 < row["probability_alive"] <= 1
    assert 0.1 < row["expected_purchases"] < 3


def test_two_divisions_on_one_day_are_one_purchase_day_for_corporate(tmp_path: Path) -> None:
    found = places([document("c1", bought(30, 100, "cars"), bought(30, 200, "marine"))], tmp_path)
    assert found[("c1", "corporate")]["purchase_days"] == 1
    assert found[("c1", "corporate")]["purchases"] == 2
    assert found[("c1", "corporate")]["divisions"] == 2


@pytest.mark.parametrize(
    ("born", "age", "birthday", "days"),
    [
        ("1990-11-01", 36, date(2026, 11, 1), 0),
        ("1990-11-02", 35, date(2026, 11, 2), 1),
        ("1990-10-31", 36, date(2026, 10, 31), -1),
        ("1990-01-15", 36, date(2027, 1, 15), 75),
        ("1992-02-29", 34, date(2027, 2, 28), 119),
        ("1790-01-01", None, date(2027, 1, 1), 61),
    ],
)
def test_age_and_the_nearest_birthday(
    born: str, age: int | None, birthday: date, days: int, tmp_path: Path
) -> None:
    record = SourceRecord(source="crm", id="1", when=at(10), fields={"date_of_birth": born})
    row = places([document("c1", record)], tmp_path)[("c1", "corporate")]
    assert (row["age"], row["birthday"], row["days_to_birthday"]) == (age, birthday, days)


def test_the_lease_that_ends_next_puts_its_holder_in_the_market(tmp_path: Path) -> None:
    def lease(number: int, ends: datetime) -> Asset:
        return Asset(
            source="l",
            id=str(number),
            when=at(900),
            division="finance",
            type="lease",
            started=at(900),
            ends=ends,
        )

    row = places([document("c1", lease(1, at(30)), lease(2, at(-90)), lease(3, at(-400)))], tmp_path)[
        ("c1", "finance")
    ]
    assert (row["assets"], row["days_to_lease_end"], row["in_market"]) == (3, 90, True)
    past = places([document("c1", lease(1, at(30)))], tmp_path)[("c1", "finance")]
    assert (past["days_to_lease_end"], past["in_market"]) == (-30, False)


def test_one_customer_alone_gets_what_the_cycle_gave(tmp_path: Path) -> None:
    documents = [d for _, d in population(200)]
    rules = PopulationRules()
    scores = scored(documents, tmp_path, rules)
    together = places(documents, tmp_path, rules, scores)
    for one in documents[:8]:
        for place, row in places([one], tmp_path, rules, scores).items():
            assert row == together[place]


def test_segments_partition_the_population(tmp_path: Path) -> None:
    found = places([d for _, d in population(120)], tmp_path)
    rules = PopulationRules()
    for row in found.values():
        assert row["lifecycle"] in rules.lifecycle.names
        ladder = rules.sub_segments.get(row["lifecycle"])
        assert row["sub_segment"] in (ladder.names if ladder else ("",))
        assert row["value_tier"] in rules.value_tiers.names


def test_the_checked_in_rulebook_is_the_shipped_one() -> None:
    text = (CHECKOUT / "rulebook" / "population.yaml").read_text(encoding="utf-8")
    assert PopulationRules.model_validate(yaml.safe_load(text)) == PopulationRules()
    placement_of(PopulationRules(), CATALOGUE)


def test_a_ladder_may_not_read_what_is_placed_after_it() -> None:
    rules = PopulationRules(
        lifecycle=Ladder(
            rules=[SegmentRule(name="new", criteria="value_tier = 'standard'")], default="prospect"
        ),
        sub_segments={},
    )
    with pytest.raises((RefusedRule, Exception), match="unknown attribute 'value_tier'"):
        placement_of(rules, CATALOGUE)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lifecycle": {"rules": [], "default": "champion"}},
        {"sub_segments": {"nowhere": {"rules": [], "default": "x"}}},
        {
            "value_tiers": {
                "rules": [{"name": "a", "criteria": "true"}, {"name": "a", "criteria": "true"}],
                "default": "b",
            }
        },
    ],
)
def test_rules_that_contradict_themselves_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PopulationRules.model_validate(wrong)


def test_a_custom_field_becomes_an_attribute_of_its_type() -> None:
    def contract(name: str, type_: str) -> SourceContract:
        rules = {"email": FieldRule(column="e"), "custom.points": FieldRule(column="p", type=type_)}
        return SourceContract(
            name=name, record="person", format=FileFormat(kind="csv"), key=["e"], fields=rules
        )

    one = catalogue_of({"a": contract("a", "integer")})
    assert one.attribute("custom_points").type == "BIGINT"
    assert (
        catalogue_of({"a": contract("a", "integer"), "b": contract("b", "date")})
        .attribute("custom_points")
        .type
        == "VARCHAR"
    )


def test_the_docs_show_the_catalogue() -> None:
    shown = (CHECKOUT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert shown.endswith(as_markdown(CATALOGUE)), (
        "write it anew: .venv/bin/python -m courtesy.population.catalogue"
    )


def test_a_preview_says_who_would_move_and_writes_nothing(tmp_path: Path) -> None:
    documents = [d for _, d in population(200)]
    rules = PopulationRules()
    scores = scored(documents, tmp_path, rules)
    connection = connect(tmp_path, threads=1)
    connection.execute(f"CREATE TEMP TABLE snapshot AS {snapshot_sql(tmp_path / 'd.jsonl', ())}")
    same = preview(connection, TODAY, rules, rules, scores, CATALOGUE)
    assert same.shifts == ()
    assert same.before == same.after
    draft = rules.model_copy(
        update={
            "lifecycle": Ladder(
                rules=[SegmentRule(name="prospect", criteria="purchase_days = 0")], default="lapsed"
            )
        }
    )
    found = preview(connection, TODAY, rules, draft, scores, CATALOGUE)
    moved = sum(s.customers for s in found.shifts if s.division == "corporate" and s.before == "new")
    assert moved == same.before["corporate"]["new"] > 0
    assert "new" not in found.after["corporate"]


def test_flows_between_two_dates_and_their_page(tmp_path: Path) -> None:
    documents = [d for _, d in population(150)]
    rules, files = PopulationRules(), []
    scores = scored(documents, tmp_path, rules)
    for as_of in (date(2025, 11, 1), TODAY):
        connection = connect(tmp_path, threads=1)
        connection.execute(f"CREATE TEMP TABLE snapshot AS {snapshot_sql(tmp_path / 'd.jsonl', ())}")
        make_segments(connection, as_of, rules, scores, CATALOGUE)
        files.append(tmp_path / f"{as_of}.parquet")
        write_segments(connection, files[-1])
    flows = flows_between([files[0]], [files[1]], tmp_path)
    assert sum(flow.customers for flow in flows if flow.division == "corporate") == 150
    assert all(NOBODY not in (flow.before, flow.after) for flow in flows if flow.division == "corporate")
    assert 0 < moved_share(flows) < 1
    page = movement_page(flows, "2025-11-01", "2026-11-01", 0.0)
    assert page.count("<svg") == len({flow.division for flow in flows})
    assert "above the alarm" in page
    assert moved_share([]) == 0


def test_the_cycles_date_is_midnight_utc() -> None:
    assert datetime(2026, 11, 1, tzinfo=UTC) == AS_OF
