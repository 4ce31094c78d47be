"""How the installation's queues and alarms stand, as SQS and CloudWatch tell it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from courtesy_aws.session import client
from courtesy_aws.tables.requests import asking, at_once

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: "list[QueueAttributeNameType]" = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
DEAD = "-dead"
"""What follows the name of a queue in that of its dead-letter queue."""


@dataclass(frozen=True)
class QueueState:
    """About how many messages wait, are being handled, are put off, and were given up."""

    name: str
    waiting: int
    in_flight: int
    put_off: int
    dead: int


@dataclass(frozen=True)
class AlarmState:
    """An alarm; `state` is OK, ALARM or INSUFFICIENT_DATA."""

    name: str
    state: str
    since: datetime | None
    description: str


class Watch:
    """Asks about the queues with these URLs and the alarms whose names begin with `prefix`."""

    def __init__(self, queue_urls: Sequence[str], prefix: str) -> None:
        self._urls, self._prefix = queue_urls, prefix
        self._sqs, self._clouds = client("sqs"), client("cloudwatch")

    def __repr__(self) -> str:
        return f"Watch({len(self._urls)} queues, {self._prefix!r})"

    def queues(self) -> list[QueueState]:
        """The queues by name. Raises OutsideFailed."""
        counts = at_once(self._counts, [*self._urls, *(url + DEAD for url in self._urls)], 8)
        states = []
        for url, live, dead in zip(self._urls, counts, counts[len(self._urls) :], strict=False):
            name = url.rsplit("/", 1)[-1].removeprefix(f"{self._prefix}-")
            states.append(QueueState(name, live[0], live[1], live[2], sum(dead)))
        return sorted(states, key=lambda state: state.name)

    def alarms(self) -> list[AlarmState] | None:
        """The alarms, those that ring first; None where CloudWatch does not tell."""
        try:
            pages = self._clouds.get_paginator("describe_alarms").paginate(AlarmNamePrefix=self._prefix)
            found = [alarm for page in pages for alarm in page.get("MetricAlarms", [])]
        except (ClientError, BotoCoreError):
            return None
        states = [
            AlarmState(
                alarm["AlarmName"].removeprefix(f"{self._prefix}-"),
                alarm.get("StateValue", "INSUFFICIENT_DATA"),
                alarm.get("StateUpdatedTimestamp"),
                alarm.get("AlarmDescription", ""),
            )
            for alarm in found
        ]
        return sorted(states, key=lambda state: (state.state != "ALARM", state.name))

    def _counts(self, url: str) -> list[int]:
        with asking("asking for the depth of a queue"):
            answer: Any = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)
        return [int(answer["Attributes"].get(name, 0)) for name in _COUNTS]
