"""Decisions on invented customers whose purchases are known: the difference found is the one that was made."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from courtesy.decisions.days import Decided, gather_days, write_day
from courtesy.errors import NotFound, RefusedInput
from courtesy.measurement.measure import Arms, Measured, measure
from courtesy.measurement.page import measurement_page
from courtesy.population.cycle import score_population, segment_part, snapshot_part
from courtesy.population.plan import begin_cycle
from courtesy.population.rules import PopulationRules, ValueRules
from courtesy.timeline.events import Event, Permission, Response, SourceRecord, Transaction
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import rulebook, trigger
from tests.unit.population.people import AS_OF

PEOPLE = 500
BOOK = rulebook(trigger(), trigger("own", control_share=0.5), global_control=0.2).model_copy(
    update={"population": PopulationRules(value=ValueRules(least_repeaters=PEOPLE + 1))}
)
DECIDED = AS_OF - timedelta(days=92)
FIRST, LAST = DECIDED.date(), AS_OF.date()


def held_out(number: int) -> bool:
    return number % 5 == 0


def bought(number: int) -> bool:
    """30 % of the held-out, 60 % of the others."""
    return (number // 5) % 10 < (3 if held_out(number) else 6)


def events(number: int) -> list[Event]:
    def sale(days: int, amount: int, id_: str) -> Transaction:
        when = DECIDED + timedelta(days=days)
        return Transaction(source="s", id=f"{number}-{id_}", when=when, division="cars", amount=amount)

    found: list[Event] = [
        SourceRecord(
            source="crm", id=str(number), when=DECIDED - timedelta(days=400), fields={"country": "US"}
        ),
        sale(-100, 5_000, "before"),
        sale(60, 99_000, "after the horizon"),
    ]
    if bought(number):
        found.append(sale(20, 10_000, "within"))
    if number % 50 == 1:
        answered = DECIDED + timedelta(days=9)
        found.append(Response(source="w", id=str(number), when=answered, division="cars", type="clicked"))
    if number % 25 == 1:
        found.append(
            Permission(
                source="p", id=str(number), when=DECIDED + timedelta(days=30), purpose="marketing", channel="email",
                division="*", status="withdrawn",
            )
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> InMemoryLake:
    """Two cycles; the first decided. What comes after it is not yet there in it."""
    store, made = InMemoryCustomerStore(), InMemoryLake()
    for when, cycle_id in ((DECIDED, "one"), (AS_OF, "two")):
        for number in range(PEOPLE):
            store.append(f"c{number:04}", [e for e in events(number) if e.when <= when])
            refold(store, f"c{number:04}")
        name = f"{when.date()}-{cycle_id}"
        cycle = begin_cycle(made, 7, now=when, as_of=when.date().isoformat(), cycle_id=name)
        snapshot_part(store, made, BOOK, cycle, 0)
        score_population(made, BOOK, cycle)
        segment_part(store, made, BOOK, cycle, 0)
    path = tmp_path_factory.mktemp("log") / "d.parquet"
    duckdb.execute(f"""
        COPY (SELECT printf('c%04d', i) AS customer_id, t AS "trigger", '2026' AS occurrence, 'cars' AS division,
            CASE WHEN i % 5 = 0 OR (t = 'own' AND i % 2 = 0) THEN 'control' WHEN i % 3 = 0 THEN 'held' ELSE 'reserved' END AS outcome,
            CASE WHEN i % 5 = 0 THEN 'global_control' WHEN t = 'own' AND i % 2 = 0 THEN 'trigger_control'
                 WHEN i % 3 = 0 THEN 'cap' ELSE 'within_law' END AS reason,
            TIMESTAMPTZ '{DECIDED.isoformat()}' AS "at"
            FROM range({PEOPLE}) r(i), (VALUES ('offer'), ('own')) v(t)
        UNION ALL SELECT 'c9999', 'offer', '2026', 'cars', 'suppressed', 'objection', TIMESTAMPTZ '{DECIDED.isoformat()}')
        TO '{path}' (FORMAT parquet)""")
    made.upload(path, f"decisions/{FIRST}-one/part-00000.parquet")
    return made


@pytest.fixture(scope="module")
def found(lake: InMemoryLake) -> Measured:
    return measure(lake, BOOK, first=FIRST, last=LAST, horizon=30)


def arms(found: Measured, level: str, name: str) -> Arms:
    (one,) = (arms for arms in found.arms if (arms.level, arms.name) == (level, name))
    return one


def test_the_difference_that_was_made_is_found(found: Measured) -> None:
    for level, name in (("overall", "overall"), ("division", "cars"), ("trigger", "offer")):
        one = arms(found, level, name)
        assert (one.ratio.treated, one.ratio.held_out) == (400, 100)
        assert one.ratio.expected == pytest.approx(100)
        assert one.ratio.chance == pytest.approx(1)
        retention, revenue, margin = (one.outcomes[k] for k in ("retention", "revenue", "margin"))
        assert retention is not None
        assert retention.treated == pytest.approx(0.6)
        assert retention.held_out == pytest.approx(0.3)
        assert retention.word == "more"
        assert revenue is not None
        # 30 % more buy for 10,000; what came before the decision or after the horizon is left out
        assert revenue.difference == pytest.approx(3_000)
        assert margin is not None
        assert margin.difference == pytest.approx(3_000 * 0.2)


def test_contacted_are_those_whom_no_pressure_held(found: Measured) -> None:
    assert arms(found, "trigger", "offer").contacted == sum(n % 5 != 0 and n % 3 != 0 for n in range(PEOPLE))


def test_a_trigger_with_its_own_group_is_judged_by_it_alone(found: Measured) -> None:
    one = arms(found, "trigger", "own")
    assert (one.ratio.treated, one.ratio.held_out) == (200, 200)
    assert one.ratio.expected == pytest.approx(200)


def test_few_responses_are_not_conclusive(found: Measured) -> None:
    response = arms(found, "overall", "overall").outcomes["response"]
    assert response is not None
    assert response.treated == pytest.approx(10 / 400)
    assert response.word == "not conclusive"


def on_events(number: int, trigger_: str, days: int) -> Decided:
    outcome, reason = ("control", "global_control") if held_out(number) else ("reserved", "within_law")
    when = DECIDED + timedelta(days=days, seconds=number)
    return Decided(f"c{number:04}", trigger_, f"event-{number}", "cars", outcome, reason, when)


def with_events(lake: InMemoryLake, days: int, *, gathered: int, folder: Path) -> InMemoryLake:
    """The same lake with a decision on an event of everybody, so many of them gathered, and some of those not deleted yet."""
    made = InMemoryLake()
    made.objects = dict(lake.objects)
    for number in range(PEOPLE):
        if number == gathered:
            left = {path: made.get(path) for path in made.list("decisions/days/")[:3]}
            assert gather_days(made, LAST, folder) == gathered
            assert gather_days(made, LAST, folder) == 0
            made.objects |= left
        write_day(made, f"m{number}", [on_events(number, "bought", days)])
    made.objects.pop("decisions/days/2020-01-01/x.jsonl", None)
    return made


def test_decisions_on_single_events_are_measured_too(lake: InMemoryLake, tmp_path: Path) -> None:
    both = measure(
        with_events(lake, 1, gathered=300, folder=tmp_path), BOOK, first=FIRST, last=LAST, horizon=30
    )
    assert both.events == PEOPLE
    one = arms(both, "trigger", "bought")
    assert (one.ratio.treated, one.ratio.held_out, one.contacted) == (400, 100, 400)
    retention = one.outcomes["retention"]
    assert retention is not None
    assert retention.treated == pytest.approx(0.6)
    assert retention.held_out == pytest.approx(0.3)
    assert [each.name for each in both.arms if each.level == "segment"] == ["cars new"]
    assert arms(both, "overall", "overall").ratio.treated == 400


def test_events_alone_are_enough_and_without_a_cycle_nobody_has_a_segment(
    lake: InMemoryLake, tmp_path: Path
) -> None:
    made = with_events(lake, 1, gathered=0, folder=tmp_path)
    made.delete(f"decisions/{FIRST}-one/part-00000.parquet")
    alone = measure(made, BOOK, first=FIRST, last=LAST, horizon=30)
    assert (alone.cycles, alone.events, alone.fatigue) == ([], PEOPLE, [])
    assert {each.level for each in alone.arms} == {"overall", "division", "trigger"}
    early = with_events(lake, -1, gathered=0, folder=tmp_path)
    before = measure(early, BOOK, first=FIRST - timedelta(days=1), last=LAST, horizon=30)
    assert [each.ratio.treated for each in before.arms if each.level == "segment"] == [400]


def test_what_was_suppressed_is_in_no_arm_and_not_kept() -> None:
    made = InMemoryLake()
    row = on_events(1, "bought", 0)
    write_day(made, "m", [msgspec.structs.replace(row, outcome="suppressed")])
    assert made.objects == {}


def test_without_a_snapshot_nothing_can_be_judged() -> None:
    with pytest.raises(NotFound, match="snapshot"):
        measure(InMemoryLake(), BOOK, first=FIRST, last=LAST, horizon=30)


def test_segments_are_those_of_the_day_of_the_decision(found: Measured) -> None:
    # everybody had bought once then: new; those who bought within the horizon are returning since
    assert [one.name for one in found.arms if one.level == "segment"] == ["cars new"]


def test_what_still_lies_within_the_horizon_is_not_judged(lake: InMemoryLake) -> None:
    assert measure(lake, BOOK, first=FIRST, last=LAST, horizon=93).arms == []


def test_fatigue_counts_who_turned_away_after(found: Measured) -> None:
    (everybody,) = (row for row in found.fatigue if row.segment == "all" and row.days == 30)
    assert (everybody.contacts, everybody.customers) == (0, PEOPLE)
    assert everybody.responded == PEOPLE // 50
    assert everybody.opted_out == PEOPLE // 25


def test_arms_of_the_wrong_size_are_not_believed(lake: InMemoryLake) -> None:
    book = rulebook(trigger(), global_control=0.05)
    found = measure(lake, book, first=FIRST, last=LAST, horizon=30)
    one = arms(found, "overall", "overall")
    assert not one.ratio.holds
    assert all(lift is not None and lift.word == "not conclusive" for lift in one.outcomes.values())
    assert "25 expected" in measurement_page(found)


def test_the_page_shows_each_arm(found: Measured, lake: InMemoryLake) -> None:
    page = measurement_page(found)
    assert page.count('role="img"') == 4
    assert "cars new" in page
    assert 'class="alarm"' not in page
    assert "Nobody to compare." in measurement_page(measure(lake, BOOK, first=FIRST, last=LAST, horizon=93))


def test_an_arm_without_the_other_is_shown_as_such(lake: InMemoryLake) -> None:
    book = rulebook(trigger(), trigger("own"), global_control=0.0)
    only = InMemoryLake()
    only.objects = dict(lake.objects)
    found = measure(only, book, first=FIRST, last=LAST, horizon=30)
    alone = [one for one in found.arms if one.level == "overall"]
    lifted = alone[0].outcomes
    page = measurement_page(
        Measured(
            as_of=found.as_of, horizon=30, cycles=found.cycles, currency="USD", fatigue=[],
            arms=[Arms(level="trigger", name="x", contacted=0, both=0, ratio=alone[0].ratio, outcomes=dict.fromkeys(lifted))],
        )
    )  # fmt: skip
    assert page.count("nobody to compare with") == 4


def test_where_nothing_was_decided_or_asked_wrongly(lake: InMemoryLake) -> None:
    with pytest.raises(NotFound, match="nothing was decided from"):
        measure(lake, BOOK, first=date(2020, 1, 1), last=date(2020, 2, 1), horizon=30)
    with pytest.raises(RefusedInput, match="horizon"):
        measure(lake, BOOK, first=FIRST, last=LAST, horizon=0)
    without = InMemoryLake()
    without.objects = {path: held for path, held in lake.objects.items() if not path.startswith("segments/")}
    with pytest.raises(NotFound, match="segments of cycle"):
        measure(without, BOOK, first=FIRST, last=LAST, horizon=30)


def test_on_the_first_cycle_itself_there_is_nothing_to_judge_yet(lake: InMemoryLake) -> None:
    early = measure(lake, BOOK, first=FIRST, last=LAST, horizon=30, snapshot=f"{FIRST}-one")
    assert early.fatigue == []
    assert early.arms == []
