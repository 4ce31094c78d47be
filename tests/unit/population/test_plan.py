"""Which cycle is the latest: by date, and within a date by when it started, whatever it is called."""

from datetime import UTC, datetime, timedelta

from courtesy.population.plan import begin_cycle, newest_first
from tests.fakes import InMemoryLake

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def started(lake: InMemoryLake, *cycles: str) -> None:
    """Start these one hour after the other."""
    for n, cycle_id in enumerate(cycles):
        begin_cycle(lake, 1, now=NOON + timedelta(hours=n), as_of=cycle_id[:10], cycle_id=cycle_id)


def test_cycles_of_one_date_are_ordered_by_their_start_and_not_by_their_name() -> None:
    lake = InMemoryLake()
    cycles = ["2026-03-04-night", "2026-03-04-again", "2026-03-04-0f3a"]
    started(lake, *cycles)
    assert newest_first(lake, sorted(cycles)) == cycles[::-1]
    assert newest_first(lake, cycles, 1) == ["2026-03-04-0f3a"]


def test_a_later_date_comes_first_although_its_cycle_started_earlier() -> None:
    lake = InMemoryLake()
    started(lake, "2026-03-05-z", "2026-03-04-a")
    assert newest_first(lake, ["2026-03-04-a", "2026-03-05-z"]) == ["2026-03-05-z", "2026-03-04-a"]


def test_a_cycle_whose_start_nobody_recorded_counts_as_the_earliest_of_its_date() -> None:
    lake = InMemoryLake()
    started(lake, "2026-03-04-a")
    assert newest_first(lake, ["2026-03-04-z", "2026-03-04-a", "2026-03-04-y"]) == [
        "2026-03-04-a",
        "2026-03-04-z",
        "2026-03-04-y",
    ]


def test_the_same_cycle_named_twice_is_one_and_no_more_than_asked_for_are_told() -> None:
    lake = InMemoryLake()
    started(lake, "2026-03-04-a", "2026-03-04-b", "2026-03-05-c")
    assert newest_first(lake, ["2026-03-05-c", "2026-03-05-c", "2026-03-04-a", "2026-03-04-b"], 2) == [
        "2026-03-05-c",
        "2026-03-04-b",
    ]
    assert newest_first(lake, []) == []
