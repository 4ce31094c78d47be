"""What the clock starts can rest, and is afterwards as it was."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError

from courtesy_local.demo.works import Works
from courtesy_local.stack.local_stack import LocalStack

NIGHT = {
    "Name": "house-cycle",
    "ScheduleExpression": "cron(30 1 * * ? *)",
    "ScheduleExpressionTimezone": "UTC",
    "Target": {"Arn": "arn:cycle", "RoleArn": "arn:role"},
    "FlexibleTimeWindow": {"Mode": "OFF"},
}


class Scheduler:
    """Schedules as EventBridge keeps them: an update replaces all that it does not say again."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, Any]] = {
            name: {**NIGHT, "Name": name, "State": "ENABLED", "CreationDate": 1, "ResponseMetadata": {}}
            for name in ("house-cycle", "house-erase", "house-erase-again")
        }
        self.gone = False

    def list_schedules(self) -> dict[str, Any]:
        """All of them, by name."""
        return {"Schedules": [{"Name": name} for name in self.held]}

    def get_schedule(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 - as AWS calls it
        """One schedule."""
        if self.gone:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        return dict(self.held[Name])

    def update_schedule(self, **said: Any) -> None:
        """Replace one."""
        assert said.keys() <= {*NIGHT, "State"}, "no other words than the service takes"
        self.held[said["Name"]] = said

    def states(self) -> list[str]:
        """Each schedule's state."""
        return [each["State"] for each in self.held.values()]


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def works(scheduler: Scheduler) -> Works:
    return Works(cast("LocalStack", SimpleNamespace(outputs=lambda: None, client=lambda _: scheduler)))


def test_a_schedule_rests_meanwhile_and_keeps_all_that_it_says(works: Works, scheduler: Scheduler) -> None:
    with works.resting("cycle", "erase"):
        assert scheduler.states() == ["DISABLED", "DISABLED", "ENABLED"]
    assert scheduler.states() == ["ENABLED", "ENABLED", "ENABLED"]
    assert scheduler.held["house-cycle"] == NIGHT | {"State": "ENABLED"}


def test_what_rested_before_rests_on(works: Works, scheduler: Scheduler) -> None:
    with works.resting("cycle"):
        with works.resting("cycle"):
            pass
        assert scheduler.states() == ["DISABLED", "ENABLED", "ENABLED"]


def test_a_failure_is_told_although_the_stack_has_gone_with_it(works: Works, scheduler: Scheduler) -> None:
    def fail() -> None:
        with works.resting("cycle"):
            scheduler.gone = True
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
