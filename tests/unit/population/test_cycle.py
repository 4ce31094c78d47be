"""A whole cycle on the fakes: balances, moves, the same bytes again, the same places for any number of parts."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import msgspec
import pytest

from courtesy.errors import RefusedInput
from courtesy.population.cycle import score_population, segment_part, snapshot_part
from courtesy.population.plan import Cycle, begin_cycle
from courtesy.population.report import CycleReport, report_cycle
from courtesy.rulebook.model import Division, Rulebook
from courtesy.timeline.events import Move, Privacy, Transaction
from courtesy.timeline.profile import decode_profile
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.unit.population.people import AS_OF, at, bought, population

RULEBOOK = Rulebook(
    version=3, divisions={name: Division(name=name, label=name) for name in ("cars", "motorcycles", "marine")}
)


def store_of(customers: int, seed: int = 1) -> InMemoryCustomerStore:
    """A store that holds invented customers."""
    store = InMemoryCustomerStore()
    for _, document in population(customers, seed):
        store.put_profile(decode_profile(document), 0)
    return store


def run(
    store: InMemoryCustomerStore,
    lake: InMemoryLake,
    parts: int,
    as_of: str = "2026-11-01",
    cycle_id: str = "one",
) -> CycleReport:
    """A cycle as the state machine runs it."""
    cycle = begin_cycle(lake, 3, now=AS_OF, parts=parts, as_of=as_of, cycle_id=cycle_id)
    for part in cycle.part_numbers:
        snapshot_part(store, lake, RULEBOOK, cycle, part)
    score_population(lake, RULEBOOK, cycle)
    for part in cycle.part_numbers:
        segment_part(store, lake, RULEBOOK, cycle, part)
    return report_cycle(lake, RULEBOOK, cycle)


def rows(lake: InMemoryLake, folder: Path, prefix: str = "segments/one/part-") -> list[tuple[object, ...]]:
    """The rows of a cycle's segments, in order."""
    for number, path in enumerate(path for path in lake.list(prefix) if path.endswith(".parquet")):
        lake.download(path, folder / f"{number}.parquet")
    return (
        duckdb.connect()
        .execute(f"SELECT * FROM '{folder}/*.parquet' ORDER BY customer_id, division")
        .fetchall()
    )


def test_a_cycle_balances_and_places_every_customer(tmp_path: Path) -> None:
    store, lake = store_of(300), InMemoryLake()
    report = run(store, lake, parts=2)
    assert report.balanced
    assert report.outcome == "done"
    assert report.customers == {"counted": 300, "in_parts": 300, "segmented": 300, "restricted": 0}
    assert sum(report.segments["corporate"].values()) == 300
    assert report.moves == report.first_placements == len(rows(lake, tmp_path))
    profile = store.read_profile("c00000005").profile
    assert profile.places["corporate"].since == AS_OF
    assert profile.places["corporate"].rulebook == 3


def test_one_four_and_sixteen_parts_give_the_same_segments(tmp_path: Path) -> None:
    seen = []
    for parts in (1, 4, 16):
        lake = InMemoryLake()
        run(store_of(250), lake, parts)
        folder = tmp_path / str(parts)
        folder.mkdir()
        seen.append((rows(lake, folder), lake.get("outcomes/cycles/one/scores.json")))
    assert seen[0] == seen[1] == seen[2]


def test_the_same_snapshot_twice_gives_the_same_bytes() -> None:
    first, again = InMemoryLake(), InMemoryLake()
    run(store_of(120), first, 2)
    run(store_of(120), again, 2)
    assert first.objects.keys() == again.objects.keys()
    assert [path for path in first.objects if first.objects[path] != again.objects[path]] == []


def test_running_a_segmented_part_again_writes_nothing_new() -> None:
    store, lake = store_of(60), InMemoryLake()
    run(store, lake, 1)
    before = [store.read_timeline(f"c{n:08d}") for n in range(60)]
    cycle = Cycle(cycle_id="one", as_of="2026-11-01", parts=1, part_numbers=[0], rulebook=3)
    segment_part(store, lake, RULEBOOK, cycle, 0, workers=4)
    assert [store.read_timeline(f"c{n:08d}") for n in range(60)] == before
    assert any(isinstance(event, Move) for events in before for event in events)


def test_the_next_cycle_writes_only_whose_place_changed() -> None:
    store, lake = InMemoryCustomerStore(), InMemoryLake()
    store.append("c1", [bought(400, 10_000), bought(300, 10_000, n=1)])
    store.append("c2", [bought(10, 10_000)])
    from courtesy.timeline.refold import refold

    refold(store, "c1")
    refold(store, "c2")
    first = run(store, lake, 1)
    assert first.moves == 4
    second = run(store, lake, 1, as_of="2027-11-01", cycle_id="two")
    gone = {(m["division"], m["from"], m["to"]): m["customers"] for m in second.movement}
    assert second.first_placements == 0
    assert gone[("cars", "newly_returning", "slipping")] == 1
    assert store.read_profile("c1").profile.places["cars"].sub_segment == "slipping"
    third = run(store, lake, 1, as_of="2027-11-02", cycle_id="three")
    assert third.moves == 0


def test_a_cycle_for_a_past_date_leaves_newer_places_alone() -> None:
    store, lake = store_of(40), InMemoryLake()
    run(store, lake, 1)
    before = store.read_profile("c00000001").profile
    report = run(store, lake, 1, as_of="2025-01-01", cycle_id="past")
    assert report.moves == 0
    assert sum(report.segments["corporate"].values()) == 40
    assert store.read_profile("c00000001").profile == before


def test_a_restricted_customer_gets_no_segment(tmp_path: Path) -> None:
    store, lake = InMemoryCustomerStore(), InMemoryLake()
    from courtesy.timeline.refold import refold

    store.append("c1", [bought(5, 100), Privacy(source="api", id="r", when=at(1), type="restriction")])
    store.append("c2", [bought(5, 100)])
    refold(store, "c1")
    refold(store, "c2")
    report = run(store, lake, 1)
    assert report.balanced
    assert report.customers == {"counted": 2, "in_parts": 2, "segmented": 1, "restricted": 1}
    assert {row[0] for row in rows(lake, tmp_path)} == {"c2"}
    assert store.read_profile("c1").profile.places == {}


def test_the_snapshot_holds_no_name_address_or_number() -> None:
    store, lake = InMemoryCustomerStore(), InMemoryLake()
    from courtesy.timeline.events import SourceRecord
    from courtesy.timeline.refold import refold

    fields: dict[str, str | int | float | bool] = {
        "surname": "Vandermolenov", "given_name": "Xaverine", "email": "xaverine@example.org", "phone": "+15550001234",
        "address1": "77 Quince Lane", "city": "Oldenburgh", "postcode": "90210", "country": "us",
    }  # fmt: skip
    store.append("c1", [SourceRecord(source="crm", id="1", when=at(9), fields=fields)])
    refold(store, "c1")
    run(store, lake, 1)
    for path, content in lake.objects.items():
        for secret in (
            b"Vandermolenov",
            b"Xaverine",
            b"xaverine",
            b"5550001234",
            b"Quince",
            b"Oldenburgh",
            b"90210",
        ):
            assert secret not in content, path


@pytest.mark.parametrize(("outcome", "balanced"), [("reserved", True), ("lost", False)])
def test_decisions_are_checked(outcome: str, balanced: bool, tmp_path: Path) -> None:
    store, lake = store_of(20), InMemoryLake()
    run(store, lake, 1)
    duckdb.connect().execute(
        f"COPY (SELECT 'c' || i AS customer_id, 'welcome' AS \"trigger\", '2026-11' AS occurrence, 'cars' AS division, "
        f"CASE WHEN i = 3 THEN '{outcome}' ELSE 'held' END AS outcome, 'cap' AS reason, 'email' AS channel "
        f"FROM range(5) AS t(i)) TO '{tmp_path}/d.parquet'"
    )
    lake.upload(tmp_path / "d.parquet", "decisions/one/part-00000.parquet")
    report = report_cycle(
        lake, RULEBOOK, Cycle(cycle_id="one", as_of="2026-11-01", parts=1, part_numbers=[0], rulebook=3)
    )
    assert report.decisions["proposed"] == 5
    assert report.balanced is balanced
    assert (report.outcome == "done") is balanced
    assert bool(report.alarms) is not balanced


def test_a_candidate_decided_twice_is_out_of_balance(tmp_path: Path) -> None:
    store, lake = store_of(5), InMemoryLake()
    run(store, lake, 1)
    duckdb.connect().execute(
        "COPY (SELECT 'c1' AS customer_id, 'welcome' AS \"trigger\", '2026' AS occurrence, 'cars' AS division, "
        f"o AS outcome, 'cap' AS reason FROM (VALUES ('held'), ('reserved')) AS t(o)) TO '{tmp_path}/d.parquet'"
    )
    lake.upload(tmp_path / "d.parquet", "decisions/one/part-00000.parquet")
    report = report_cycle(
        lake, RULEBOOK, Cycle(cycle_id="one", as_of="2026-11-01", parts=1, part_numbers=[0], rulebook=3)
    )
    assert not report.balanced


def test_too_many_moves_raise_the_drift_alarm() -> None:
    store, lake = InMemoryCustomerStore(), InMemoryLake()
    from courtesy.timeline.refold import refold

    for number in range(4):
        store.append(f"c{number}", [bought(10, 5_000)])
        refold(store, f"c{number}")
    assert run(store, lake, 1).alarms == []
    report = run(store, lake, 1, as_of="2028-01-01", cycle_id="later")
    assert report.balanced
    assert [alarm.split(":")[0] for alarm in report.alarms] == ["cars", "corporate"]


def test_the_plan_of_a_cycle() -> None:
    lake = InMemoryLake()
    cycle = begin_cycle(lake, 7, now=datetime(2026, 11, 3, 1, tzinfo=UTC), customers=150_000, run="abc")
    assert cycle == Cycle(
        cycle_id="2026-11-03-abc", as_of="2026-11-03", parts=3, part_numbers=[0, 1, 2], rulebook=7
    )
    assert cycle.day == date(2026, 11, 3)
    assert (
        msgspec.json.decode(lake.get("outcomes/cycles/2026-11-03-abc/started.json"))["customers_about"]
        == 150_000
    )
    for wrong in ({"as_of": "03.11.2026"}, {"cycle_id": "a/b"}):
        with pytest.raises(RefusedInput):
            begin_cycle(lake, 7, now=AS_OF, **wrong)  # type: ignore[arg-type]


def test_a_transaction_of_the_future_is_ignored(tmp_path: Path) -> None:
    store, lake = InMemoryCustomerStore(), InMemoryLake()
    from courtesy.timeline.refold import refold

    store.append(
        "c1", [bought(-5, 700), Transaction(source="s", id="2", when=at(3), division="cars", amount=100)]
    )
    refold(store, "c1")
    run(store, lake, 1)
    lake.download("segments/one/part-00000.parquet", tmp_path / "s.parquet")
    found = duckdb.connect().execute(
        f"SELECT purchases, revenue, days_since_purchase FROM '{tmp_path}/s.parquet' WHERE division = 'cars'"
    )
    assert found.fetchall() == [(1, 100, 3)]
