"""A part of a cycle, from segments over columns to reservations, log and balance."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import msgspec
import pytest

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate
from courtesy.decisions.listen import NO_SCORES
from courtesy.decisions.log import Row, row_of, write_events
from courtesy.decisions.part import CyclePart, PartBalance, decide_part
from courtesy.decisions.settle import stop_open_contacts
from courtesy.population.catalogue import catalogue_of
from courtesy.population.plan import begin_cycle
from courtesy.population.segments import features_of
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Case, Interaction, Transaction
from courtesy.timeline.profile import Profile, encode_profile
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import KEY, customer, person_record, rulebook, trigger

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
BOUGHT = NOW - timedelta(days=400)


def store_of(*ids: str) -> InMemoryCustomerStore:
    store = InMemoryCustomerStore()
    fill(store, ids)
    return store


def fill(store: InMemoryCustomerStore, ids: Iterable[str]) -> None:
    for id_ in ids:
        store.append(
            id_,
            [
                person_record(id_, BOUGHT, email=f"{id_}@example.com", date_of_birth="1980-03-05"),
                Transaction(source="dealer", id=id_, when=BOUGHT, division="cars", amount=2_000_000),
            ],
        )
        refold(store, id_)


def segments(
    store: InMemoryCustomerStore, lake: InMemoryLake, book: Rulebook, cycle: str, folder: Path
) -> None:
    documents = [document for _, document in store.scan_profiles(0, 1)]
    connection = features_of(documents, NOW.date(), book.population, NO_SCORES, catalogue_of(book.sources))
    target = folder / "made.parquet"
    connection.execute(f"COPY segments TO '{target.as_posix()}' (FORMAT parquet)")
    connection.close()
    lake.upload(target, f"segments/{cycle}/part-00000.parquet")


def run(
    store: InMemoryCustomerStore,
    lake: InMemoryLake,
    book: Rulebook,
    folder: Path,
    cycle: str = "2026-03-04-a",
    now: datetime = NOW,
) -> PartBalance:
    work = folder / cycle
    work.mkdir(exist_ok=True)
    segments(store, lake, book, cycle, work)
    job = CyclePart(cycle, NOW.date(), 1, 0, book.version)
    return decide_part(store, lake, book, job, lambda: now, KEY, work)


def logged(lake: InMemoryLake, folder: Path, cycle: str = "2026-03-04-a") -> list[tuple[str, str, str]]:
    local = folder / "log.parquet"
    lake.download(f"decisions/{cycle}/part-00000.parquet", local)
    with duckdb.connect() as columns:
        return columns.execute(
            "SELECT customer_id, trigger, outcome FROM read_parquet($p)", {"p": str(local)}
        ).fetchall()


def test_those_found_are_decided_reserved_logged_in_order_and_balanced(tmp_path: Path) -> None:
    book = rulebook(
        trigger("win_back", criteria="days_since_purchase > 365"),
        trigger("thanks", criteria="days_since_purchase < 30"),
        caps=[{"id": "one", "at_most": 1, "rolling_days": 7}],
    )
    store, lake = store_of("c2", "c1", "c3"), InMemoryLake()
    result = run(store, lake, book, tmp_path)
    assert result.balanced
    assert (result.decisions.proposed, result.decisions.reserved) == (3, 3)
    assert result.decisions.channels == {"email": 3}
    assert logged(lake, tmp_path) == [(c, "win_back", "reserved") for c in ("c1", "c2", "c3")]
    assert store.read_contact("c1", "win_back", "2026-03") is not None


def test_a_part_that_ran_is_done_and_the_next_cycle_does_not_propose_the_same_again(tmp_path: Path) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365"))
    store, lake = store_of("c1"), InMemoryLake()
    first = run(store, lake, book, tmp_path)
    assert run(store, lake, book, tmp_path) == first
    second = run(store, lake, book, tmp_path, "2026-03-05-a", NOW + timedelta(days=1))
    assert (second.decisions.proposed, second.decisions.standing, second.balanced) == (0, 1, True)


def test_a_part_that_crashed_logs_what_its_first_attempt_reserved(tmp_path: Path) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365"))
    store, lake = store_of("c1", "c2"), InMemoryLake()

    class Crash(Exception):
        pass

    calls = iter(range(100))

    def clock() -> datetime:
        if next(calls) == 2:  # the second customer's turn
            raise Crash
        return NOW

    (tmp_path / "x").mkdir()
    segments(store, lake, book, "x", tmp_path / "x")
    job = CyclePart("x", NOW.date(), 1, 0, book.version)
    with pytest.raises(Crash):
        decide_part(store, lake, book, job, clock, KEY, tmp_path / "x")
    reserved_before = [c for c in ("c1", "c2") if store.read_contact(c, "win_back", "2026-03")]
    assert reserved_before == ["c1"]
    result = decide_part(store, lake, book, job, lambda: NOW + timedelta(minutes=5), KEY, tmp_path / "x")
    assert (result.decisions.proposed, result.decisions.reserved) == (2, 2)
    assert [row[2] for row in logged(lake, tmp_path, "x")] == ["reserved", "reserved"]


class Beside(InMemoryCustomerStore):
    """A store at which something else happens once, before the first call of a name."""

    def __init__(self) -> None:
        super().__init__()
        self.name = ""
        self.then: Callable[[], object] = lambda: None

    def __getattribute__(self, name: str) -> object:
        if not name.startswith("_") and name == object.__getattribute__(self, "__dict__").get("name"):
            self.name = ""
            self.then()
        return object.__getattribute__(self, name)


@pytest.mark.parametrize("call", ["read_profiles", "commit"])
def test_of_two_attempts_at_a_time_each_logs_what_either_reserved(tmp_path: Path, call: str) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365"))
    store, lake = Beside(), InMemoryLake()
    fill(store, ("c1", "c2"))
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    segments(store, lake, book, "x", one)
    job = CyclePart("x", NOW.date(), 1, 0, book.version)
    store.name = call
    store.then = lambda: decide_part(store, lake, book, job, lambda: NOW + timedelta(seconds=1), KEY, two)
    result = decide_part(store, lake, book, job, lambda: NOW, KEY, one)
    assert (result.decisions.proposed, result.decisions.reserved, result.decisions.standing) == (2, 2, 0)
    assert [row[2] for row in logged(lake, tmp_path, "x")] == ["reserved", "reserved"]


@pytest.mark.parametrize("crashes", [False, True])
def test_two_whom_a_merge_has_made_one_since_the_snapshot_have_one_contact_in_one_log(
    tmp_path: Path, crashes: bool
) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365"))
    store, lake, cycle = store_of("c1", "c2"), InMemoryLake(), "2026-03-04-a"
    work = tmp_path / cycle
    work.mkdir()
    segments(store, lake, book, cycle, work)
    store.put_profile(Profile(customer_id="c2", merged_into="c1"), store.read_profile("c2").version)
    job = CyclePart(cycle, NOW.date(), 1, 0, book.version)
    if crashes:
        decide_part(store, lake, book, job, lambda: NOW, KEY, work)
        for path in lake.list(f"decisions/{cycle}/part-00000."):
            if "started" not in path:
                lake.delete(path)
    told = decide_part(store, lake, book, job, lambda: NOW + timedelta(seconds=1), KEY, work).decisions
    assert (told.proposed, told.reserved, told.standing, told.balanced) == (1, 1, 1, True)
    assert logged(lake, tmp_path) == [("c1", "win_back", "reserved")]


def test_a_cycle_that_another_overtakes_does_not_log_what_the_other_reserved(tmp_path: Path) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365"))
    store, lake = store_of("c1"), InMemoryLake()
    begun = (NOW - timedelta(minutes=1)).strftime("%Y%m%dT%H%M%S.%fZ")
    lake.put(f"decisions/2026-03-04-b/part-00000.started-{begun}", b"")  # and then its process ended
    run(store, lake, book, tmp_path)
    told = run(store, lake, book, tmp_path, "2026-03-04-b").decisions
    assert (told.proposed, told.standing) == (0, 1)
    assert logged(lake, tmp_path, "2026-03-04-b") == []


def test_a_budget_of_a_day_is_never_exceeded_by_whatever_parts_and_cycles(tmp_path: Path) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365", daily_budget=5))
    store, lake = store_of(*(f"c{n}" for n in range(9))), InMemoryLake()
    first = run(store, lake, book, tmp_path, "2026-03-04-a")
    again = run(store, lake, book, tmp_path, "2026-03-04-b", NOW + timedelta(hours=3))
    next_day = run(store, lake, book, tmp_path, "2026-03-05-a", NOW + timedelta(days=1))
    assert [r.decisions.reserved for r in (first, again, next_day)] == [5, 0, 4]
    assert first.decisions.reasons["budget"] == 4
    assert all(r.balanced for r in (first, again, next_day))


def test_date_triggers_propose_from_their_date_until_they_are_no_longer_useful(tmp_path: Path) -> None:
    book = rulebook(
        trigger("birthday", kind="date", date_attribute="birthday", offset_days=-3, useful_for_days=5),
        trigger("too_late", kind="date", date_attribute="birthday", offset_days=-30, useful_for_days=5),
        trigger("too_early", kind="date", date_attribute="birthday", offset_days=3, useful_for_days=5),
    )
    store, lake = store_of("c1"), InMemoryLake()
    run(store, lake, book, tmp_path)
    assert logged(lake, tmp_path) == [("c1", "birthday", "reserved")]
    assert store.read_contact("c1", "birthday", "2026-03-02") is not None


def test_a_criterion_that_is_unknown_is_no_hit_unless_the_trigger_holds_on_it(tmp_path: Path) -> None:
    book = rulebook(
        trigger("silent", criteria="days_since_service > 300"),
        trigger("holding", criteria="days_since_service > 300", unknown_holds=["days_since_service"]),
    )
    store, lake = store_of("c1"), InMemoryLake()
    result = run(store, lake, book, tmp_path)
    assert logged(lake, tmp_path) == [("c1", "holding", "held")]
    assert result.decisions.reasons == {"data_in_doubt": 1}


def test_event_candidates_that_were_held_compete_again_in_the_next_cycle(tmp_path: Path) -> None:
    book = rulebook(trigger("welcome", kind="event", listens_to="transaction.purchase"))
    store, lake = store_of("c1"), InMemoryLake()
    candidate = Candidate("welcome", "e-1", NOW + timedelta(days=5))
    held = decide(customer(merging=True), [candidate], book, NOW - timedelta(days=1), KEY)
    write_events(lake, "run-1", {"c1": [row_of(d) for d in held]})
    assert run(store, lake, book, tmp_path).decisions.reserved == 1
    assert logged(lake, tmp_path) == [("c1", "welcome", "reserved")]


def test_what_was_held_of_a_customer_who_has_become_part_of_another_competes_in_one_part(
    tmp_path: Path,
) -> None:
    book = rulebook(trigger("welcome", kind="event", listens_to="transaction.purchase"))
    store, lake, cycle = store_of("c1", "c3"), InMemoryLake(), "2026-03-04-a"
    store.put_profile(Profile(customer_id="c2", merged_into="c1"), 0)
    candidate = Candidate("welcome", "e-1", NOW + timedelta(days=5))
    for id_ in ("c2", "c9"):  # nobody knows the other any more
        [held] = decide(customer(merging=True), [candidate], book, NOW - timedelta(days=1), KEY)
        row = msgspec.structs.replace(row_of(held), customer_id=id_)
        write_events(lake, f"run-{id_}", {id_: [row]})
    work = tmp_path / cycle
    work.mkdir()
    segments(store, lake, book, cycle, work)
    whole = f"segments/{cycle}/part-00000.parquet"
    told = []
    for part in (0, 1):
        lake.put(f"segments/{cycle}/part-{part:05}.parquet", lake.get(whole))
        job = CyclePart(cycle, NOW.date(), 2, part, book.version)
        told.append(decide_part(store, lake, book, job, lambda: NOW, KEY, work).decisions.reserved)
    assert sorted(told) == [0, 1]
    assert store.read_contact("c1", "welcome", "e-1") is not None


def test_a_follow_up_is_proposed_for_a_contact_that_went_out_long_enough_ago(tmp_path: Path) -> None:
    book = rulebook(
        trigger("win_back", criteria="days_since_purchase > 365"),
        trigger("reminder", kind="follow_up", follows="win_back", after_days=14, unless=["purchased"]),
    )
    store, lake = store_of("c1"), InMemoryLake()
    run(store, lake, book, tmp_path, "first", NOW - timedelta(days=15))
    assert isinstance(
        claim(store, "c1", "win_back", "2026-03", book, NOW - timedelta(days=15), "claim-1"), Claimed
    )
    store.append("c1", [Interaction(source="cc", id="1", when=NOW, division="cars", channel="phone")])
    refold(store, "c1")
    run(store, lake, book, tmp_path, "second", NOW)
    assert ("c1", "reminder", "reserved") in logged(lake, tmp_path, "second")


def test_a_log_row_has_every_column() -> None:
    candidate = Candidate("offer", "once", NOW + timedelta(days=5))
    (decision,) = decide(customer(), [candidate], rulebook(), NOW, KEY, profile_version=4)
    row = row_of(decision)
    assert isinstance(row, Row)
    assert (row.customer_id, row.trigger, row.occurrence, row.division) == ("c1", "offer", "once", "cars")
    assert (row.outcome, row.reason, row.channel) == ("reserved", "within_law", "email")
    assert (row.rulebook, row.profile_version) == (7, 4)
    assert encode_profile(customer())
    assert row.at == NOW
    assert date(2026, 3, 4) == row.at.date()


@pytest.mark.parametrize(("age", "outcome"), [(3, "reserved"), (4, "held")])
def test_a_snapshot_older_than_allowed_holds_everything(tmp_path: Path, age: int, outcome: str) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365"), snapshot_days=3)
    store, lake = store_of("c1"), InMemoryLake()
    begin_cycle(lake, book.version, now=NOW - timedelta(days=age), as_of="2026-03-04", cycle_id="old")
    run(store, lake, book, tmp_path, "old")
    assert logged(lake, tmp_path, "old") == [("c1", "win_back", outcome)]


def test_what_a_case_cancelled_is_proposed_again_by_the_next_cycle(tmp_path: Path) -> None:
    book = rulebook(trigger("win_back", criteria="days_since_purchase > 365"))
    store, lake = store_of("c1"), InMemoryLake()
    run(store, lake, book, tmp_path)
    for status, day in (("open", 1), ("closed", 2)):
        when = NOW + timedelta(days=day)
        store.append("c1", [Case(source="cc", id="1", when=when, division="cars", status=status)])  # type: ignore[arg-type]
        refold(store, "c1")
        stop_open_contacts(store, "c1", book, when)
    second = run(store, lake, book, tmp_path, "2026-03-06-a", NOW + timedelta(days=2))
    assert (second.decisions.proposed, second.decisions.reserved, second.decisions.standing) == (1, 1, 0)
