"""Ten thousand random schedules break no promise, and each known wrong design is caught by them."""

from collections.abc import Iterator

import pytest

from courtesy_local.faults.schedules.judge import judge
from courtesy_local.faults.schedules.run import KINDS, run_schedules
from courtesy_local.faults.schedules.schedule import Schedule
from courtesy_local.faults.schedules.wrong import WRONG
from tests.faults.schedules import faults

SCHEDULES = 10_000


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, object]]:
    yield faults("--seed", "1", "--schedules", str(SCHEDULES))


def test_no_promise_is_broken(told: dict[str, object]) -> None:
    assert told["failing_seeds"] == []
    assert told["violations"] == dict.fromkeys(KINDS, 0)
    assert told["schedules"] == SCHEDULES


def test_each_wrong_design_is_caught(told: dict[str, object]) -> None:
    assert set(told["seeded"]) == set(WRONG)  # type: ignore[call-overload]
    assert all(design["caught"] for design in told["seeded"].values())  # type: ignore[attr-defined]
    assert told["code"] == 0


def test_a_seed_replays_alone() -> None:
    caught = run_schedules(1, 500, design="stock_retries", until_caught=True).failures[0]
    with WRONG["stock_retries"]():
        assert judge(Schedule(caught.seed).run()) == caught.violations
    assert judge(Schedule(caught.seed).run()) == []


def test_a_schedule_is_its_seed() -> None:
    first, second = Schedule(17).run(), Schedule(17).run()
    assert first.record == second.record
    assert first.stage.boundaries == second.stage.boundaries
