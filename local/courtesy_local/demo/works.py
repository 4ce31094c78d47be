"""The installation on this machine as its users see it: files in, cycles, mails and print pieces out, questions to the stores."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol, Self

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from courtesy.errors import NotFound, OutsideFailed
from courtesy.intake.report import FileReport, decode_report
from courtesy.outcomes import FileOutcome
from courtesy.timeline.events import Contact, Event, decode_event
from courtesy.timeline.profile import Profile, decode_profile
from courtesy_local.cli.output import NotUp

QUEUES = ("Drops", "Chunks", "Events", "Email", "Letter", "Postcard", "Feedback", "VendorStatus")
"""Queues that the deployed functions empty, by the beginning of their output's name."""


class Stack(Protocol):
    """What is needed of the local stack (`stack.local_stack.LocalStack`)."""

    def outputs(self) -> dict[str, str]:
        """The outputs of the deployed stacks."""
        ...

    def client(self, service: str) -> Any:
        """A boto3 client that speaks to the local stack."""
        ...

    def http(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """A request to the deployed HTTP API: status and body."""
        ...

    def sent_mail(self) -> list[dict[str, Any]]:
        """The mails that SES took, oldest first."""
        ...


@dataclass(frozen=True)
class Depth:
    """Messages in the queues: waiting (or being worked on), and given up in dead-letter queues."""

    waiting: int
    dead: int
    by_queue: dict[str, int]


class Works:
    """The running installation. Every question goes to the outside record: S3, DynamoDB, SQS, SES."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._clients: dict[str, Any] = {}
        outputs = stack.outputs()
        if "DropsBucket" not in outputs:
            raise NotUp("the local stack is up but Courtesy is not deployed on it")
        self.outputs = outputs
        self.prefix = outputs["DropsBucket"].split("-drops-")[0]

    @classmethod
    def open(cls) -> Self:
        """The installation of this checkout. Raises NotUp when it does not run."""
        from courtesy_local.stack.local_stack import LocalStack

        return cls(LocalStack())

    def client(self, service: str) -> Any:
        """A client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = self._stack.client(service)
        return self._clients[service]

    # -- files ---------------------------------------------------------------------------------------------------------

    def drop(self, file: Path, key: str) -> None:
        """Upload a file as a source system would. Raises NotUp."""
        try:
            self.client("s3").upload_file(str(file), self.outputs["DropsBucket"], key)
        except (ClientError, BotoCoreError) as error:
            raise NotUp(f"the drops bucket cannot be reached ({type(error).__name__})") from error

    def report_paths(self) -> list[str]:
        """Paths of all file reports."""
        return self._list("outcomes/files/")

    def reports(self) -> list[FileReport]:
        """All file reports."""
        return [decode_report(self.lake_get(path)) for path in self.report_paths()]

    def await_files(
        self, keys: Iterable[str], seconds: float, tick: Callable[[int], None]
    ) -> dict[str, FileReport]:
        """The reports of the dropped keys once all of them ended. Raises OutsideFailed when they do not within `seconds`.

        `tick` hears how many have ended. A key that was dropped before is found by its newest report.
        """
        wanted = set(keys)
        ended: dict[str, FileReport] = {}
        until = time.monotonic() + seconds
        read: dict[str, FileReport] = {}
        while True:
            for path in self.report_paths():
                if path not in read:
                    report = decode_report(self.lake_get(path))
                    if report.outcome is FileOutcome.LOADING:
                        continue
                    read[path] = report
                    if report.key in wanted:
                        ended[report.key] = report
            tick(len(ended))
            if len(ended) == len(wanted):
                return ended
            if time.monotonic() > until:
                missing = ", ".join(sorted(wanted - set(ended))[:5])
                depth = self.depth()
                raise OutsideFailed(
                    f"{len(wanted) - len(ended)} files did not end within {seconds:.0f} s: {missing}; "
                    f"{depth.waiting} messages wait, {depth.dead} were given up {depth.by_queue}"
                )
            time.sleep(0.5)

    # -- queues --------------------------------------------------------------------------------------------------------

    def depth(self) -> Depth:
        """How much waits in the queues."""
        sqs = self.client("sqs")
        by_queue: dict[str, int] = {}
        waiting = dead = 0
        names = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        for queue in QUEUES:
            url = self.outputs.get(f"{queue}QueueUrl")
            if url is None:
                continue
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[*names, "RedrivePolicy"])[
                "Attributes"
            ]
            number = sum(int(answer.get(name, 0)) for name in names)
            waiting += number
            if number:
                by_queue[queue] = number
            redrive = answer.get("RedrivePolicy")
            if redrive:
                target = json.loads(redrive)["deadLetterTargetArn"].rpartition(":")[2]
                given_up = sqs.get_queue_attributes(
                    QueueUrl=sqs.get_queue_url(QueueName=target)["QueueUrl"], AttributeNames=list(names)
                )["Attributes"]
                number = sum(int(given_up.get(name, 0)) for name in names)
                dead += number
                if number:
                    by_queue[f"{queue} dead letters"] = number
        return Depth(waiting, dead, by_queue)

    def await_quiet(
        self, seconds: float, tick: Callable[[int], None] = lambda _: None, calm: int = 2
    ) -> None:
        """Wait until the queues were found empty `calm` times in a row. Raises OutsideFailed after `seconds`."""
        until, found = time.monotonic() + seconds, 0
        while found < calm:
            depth = self.depth()
            tick(depth.waiting)
            found = found + 1 if depth.waiting == 0 else 0
            if time.monotonic() > until:
                raise OutsideFailed(f"the queues did not empty within {seconds:.0f} s: {depth.by_queue}")
            time.sleep(0.4)

    # -- cycles and release --------------------------------------------------------------------------------------------

    def start_cycle(self, as_of: date, name: str) -> str:
        """Start a cycle; returns its id, `{as_of}-{name}`."""
        cycle_id = f"{as_of.isoformat()}-{name}"
        request = {"as_of": as_of.isoformat(), "cycle_id": cycle_id}
        self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs["CycleArn"], name=cycle_id, input=json.dumps(request)
        )
        return cycle_id

    def await_cycle(
        self, cycle_id: str, seconds: float, tick: Callable[[str], None] = lambda _: None
    ) -> dict[str, Any]:
        """What the cycle reported. Raises OutsideFailed when it failed or took longer than `seconds`."""
        steps, until = self.client("stepfunctions"), time.monotonic() + seconds
        arn = f"{self.outputs['CycleArn'].replace(':stateMachine:', ':execution:')}:{cycle_id}"
        while True:
            answer = steps.describe_execution(executionArn=arn)
            tick(answer["status"])
            if answer["status"] == "SUCCEEDED":
                return self.cycle_report(cycle_id)
            if answer["status"] != "RUNNING" or time.monotonic() > until:
                why = answer.get("cause") or answer.get("error") or "no cause was given"
                raise OutsideFailed(f"cycle {cycle_id} is {answer['status'].lower()}: {str(why)[:600]}")
            time.sleep(0.4)

    def cycle_report(self, cycle_id: str) -> dict[str, Any]:
        """The report of an ended cycle. Raises NotFound."""
        return dict(orjson.loads(self.lake_get(f"outcomes/cycles/{cycle_id}.json")))

    def release(self) -> dict[str, Any]:
        """Run release_due now instead of at the next full minute; what it answered. Raises OutsideFailed."""
        answer = self.client("lambda").invoke(FunctionName=f"{self.prefix}-release_due", Payload=b"{}")
        body = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise OutsideFailed(f"release_due failed: {body[:600].decode(errors='replace')}")
        value = orjson.loads(body or b"null")
        return value if isinstance(value, dict) else {}

    # -- stores --------------------------------------------------------------------------------------------------------

    def lake_get(self, path: str) -> bytes:
        """An object of the lake. Raises NotFound."""
        try:
            content: bytes = (
                self.client("s3").get_object(Bucket=self.outputs["LakeBucket"], Key=path)["Body"].read()
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise NotFound(f"there is no {path} in the lake") from error
            raise
        return content

    def lake_list(self, prefix: str) -> list[str]:
        """Paths in the lake below a prefix."""
        return self._list(prefix)

    def profiles(self) -> Iterator[Profile]:
        """All profiles that are no redirects."""
        for item in self._scan(self.outputs["ProfilesTable"]):
            profile = decode_profile(_document(item))
            if not profile.merged_into:
                yield profile

    def events(self, kind: str) -> Iterator[tuple[str, Event]]:
        """(customer_id, event) of all timeline items of one kind."""
        for item in self._scan(self.outputs["TimelineTable"]):
            if item["event_key"]["S"].startswith(f"{kind}#"):
                yield item["customer_id"]["S"], decode_event(_document(item))

    def contacts(self) -> Iterator[tuple[str, Contact]]:
        """(customer_id, contact) of all contacts on all timelines."""
        for customer_id, event in self.events("contact"):
            if isinstance(event, Contact):
                yield customer_id, event

    def profile(self, customer_id: str) -> Profile:
        """One profile, redirects followed. Raises NotFound."""
        for _ in range(8):
            answer = self.client("dynamodb").get_item(
                TableName=self.outputs["ProfilesTable"],
                Key={"customer_id": {"S": customer_id}},
                ConsistentRead=True,
            )
            if "Item" not in answer:
                raise NotFound(f"there is no customer {customer_id!r}")
            profile = decode_profile(_document(answer["Item"]))
            if not profile.merged_into:
                return profile
            customer_id = profile.merged_into
        raise NotFound(f"the redirects from {customer_id!r} do not end")

    def timeline(self, customer_id: str) -> list[Event]:
        """All events of a customer."""
        pages = (
            self.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.outputs["TimelineTable"],
                KeyConditionExpression="customer_id = :c",
                ExpressionAttributeValues={":c": {"S": customer_id}},
            )
        )
        return [decode_event(_document(item)) for page in pages for item in page["Items"]]

    def http(
        self, method: str, path: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """A request to the deployed API."""
        return self._stack.http(method, path, body=body, headers=headers)

    def sent_mail(self) -> list[dict[str, Any]]:
        """What SES took."""
        return self._stack.sent_mail()

    def _list(self, prefix: str) -> list[str]:
        pages = (
            self.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.outputs["LakeBucket"], Prefix=prefix)
        )
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        for page in (
            self.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        ):
            yield from page["Items"]


def _document(item: dict[str, Any]) -> bytes:
    """The JSON document of a table's item, unpacked."""
    from courtesy_aws.tables.profiles import unpack

    content: bytes = unpack(item["document"]["B"])
    return content
