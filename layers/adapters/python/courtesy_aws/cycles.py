"""The cycle's state machine: start a run, ask how it stands."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import orjson
from botocore.exceptions import ClientError

from courtesy.errors import NotFound
from courtesy.population.plan import newest_first
from courtesy.ports import Lake

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

RUNNING, SUCCEEDED, FAILED = "running", "succeeded", "failed"


@dataclass(frozen=True)
class Standing:
    """How a cycle stands; `report` is what report_cycle wrote, None before its end."""

    status: str
    report: dict[str, object] | None


class Cycles(Protocol):
    """What the API asks of the cycle's engine."""

    def start(self, cycle_id: str, request: dict[str, object]) -> None:
        """Start the run; the same id again changes nothing."""
        ...

    def ended(self, limit: int) -> list[str]:
        """Ids of the latest cycles that wrote a report, newest first."""
        ...

    def standing(self, cycle_id: str) -> Standing:
        """How the cycle stands. Raises NotFound for an id that was never started."""
        ...


class StateMachineCycles:
    """Cycles run by Step Functions; an execution carries the cycle's id as its name, so one id runs once."""

    def __init__(self, client: "SFNClient", arn: str, lake: Lake) -> None:
        self._client, self._arn, self._lake = client, arn, lake

    def start(self, cycle_id: str, request: dict[str, object]) -> None:
        """Start the run; the same id again changes nothing."""
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=cycle_id, input=orjson.dumps(request).decode()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def ended(self, limit: int) -> list[str]:
        """Ids of the latest cycles that wrote a report, newest first."""
        paths = self._lake.list("outcomes/cycles/")
        ids = [path.removeprefix("outcomes/cycles/").removesuffix(".json") for path in paths]
        return newest_first(self._lake, (cycle_id for cycle_id in ids if "/" not in cycle_id), limit)

    def standing(self, cycle_id: str) -> Standing:
        """How the cycle stands. Raises NotFound for an id that was never started."""
        try:
            report: dict[str, object] | None = orjson.loads(
                self._lake.get(f"outcomes/cycles/{cycle_id}.json")
            )
        except NotFound:
            report = None
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{cycle_id}"
        try:
            status = self._client.describe_execution(executionArn=arn)["status"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
                raise
            if report is None:
                raise NotFound(
                    f"there is no cycle {cycle_id!r}; GET /cycles/{{id}} takes the id that POST /cycles gave"
                ) from None
            status = "SUCCEEDED"
        if status == "RUNNING":
            return Standing(RUNNING, None)
        return Standing(SUCCEEDED if status == "SUCCEEDED" else FAILED, report)

    def __repr__(self) -> str:
        return f"StateMachineCycles({self._arn})"
