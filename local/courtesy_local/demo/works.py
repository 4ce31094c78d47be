"""The installation on this machine as its users see it: files in, cycles, mails and print pieces out, questions to the stores."""

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any, Self

import orjson
from botocore.exceptions import BotoCoreError, ClientError

from courtesy.errors import NotFound, OutsideFailed
from courtesy.intake.report import FileReport, decode_report
from courtesy.outcomes import FileOutcome
from courtesy.timeline.events import Contact, Event, decode_event
from courtesy.timeline.profile import Profile, decode_profile
from courtesy_local.cli.output import NotUp
from courtesy_local.stack import places
from courtesy_local.stack.local_stack import LocalStack

EMPTIED = ("drops", "chunks", "events", "email", "letter", "postcard", "feedback", "vendor_status")
"""Queues that the deployed functions empty; the vendor's own is emptied by the vendor."""

SCHEDULE = (
    "Name",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "Target",
    "FlexibleTimeWindow",
)
"""What a change of a schedule must say again, or it is lost."""


class Works:
    """The running installation. Every question goes to the outside record: S3, DynamoDB, SQS, SES."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.outputs = stack.outputs()

    @classmethod
    def open(cls) -> Self:
        """The installation of this checkout. Raises NotUp when it does not run."""
        stack = LocalStack()
        if not stack.is_up():
            raise NotUp("the local stack is not up")
        return cls(stack)

    def client(self, service: str) -> Any:
        """A client of a service, made once."""
        return self.stack.client(service)

    # -- files ---------------------------------------------------------------------------------------------------------

    def drop(self, file: Path, key: str) -> None:
        """Upload a file as a source system would. Raises NotUp."""
        try:
            self.client("s3").upload_file(str(file), self.outputs.drops_bucket, key)
        except (ClientError, BotoCoreError) as error:
            raise NotUp(f"the drops bucket cannot be reached ({type(error).__name__})") from error

    def report_paths(self) -> list[str]:
        """Paths of all file reports."""
        return self._list("outcomes/files/")

    def reports(self) -> list[FileReport]:
        """All file reports."""
        return [decode_report(self.lake_get(path)) for path in self.report_paths()]

    def await_files(
        self,
        keys: Iterable[str],
        seconds: float,
        tick: Callable[[int], None],
        known: Collection[str] = (),
    ) -> dict[str, FileReport]:
        """The reports of the dropped keys once all of them ended. Raises OutsideFailed when they do not within `seconds`.

        `tick` hears how many have ended. `known`: paths of reports that lay there before the drop, so that a key dropped again is
        not taken for its earlier drop.
        """
        wanted = set(keys)
        ended: dict[str, FileReport] = {}
        until = time.monotonic() + seconds
        read: dict[str, FileReport] = {}
        while True:
            for path in self.report_paths():
                if path not in read and path not in known:
                    report = decode_report(self.lake_get(path))
                    if report.outcome is FileOutcome.LOADING:
                        continue
                    read[path] = report
                    if report.key in wanted:
                        ended[report.key] = report
            tick(len(ended))
            if len(ended) == len(wanted):
                return ended
            given_up = self.stack.dead_letters()
            if time.monotonic() > until or given_up:
                missing = ", ".join(sorted(wanted - set(ended))[:5])
                raise OutsideFailed(
                    f"{len(wanted) - len(ended)} files did not end ({seconds:.0f} s are allowed): {missing}; "
                    f"waiting: {self.waiting()}, given up: {given_up}; "
                    f"the functions' logs are in {places.shown(places.SERVER_LOG)}"
                )
            time.sleep(0.5)

    # -- queues --------------------------------------------------------------------------------------------------------

    def waiting(self) -> dict[str, int]:
        """Messages that wait or are being worked on, by queue; only queues that hold some."""
        depths = self.stack.queue_depths()
        return {name: depths[name] for name in EMPTIED if depths.get(name)}

    def await_quiet(self, seconds: float, tick: Callable[[int], None] = lambda _: None) -> None:
        """Wait until the queues were found empty twice in a row. Raises OutsideFailed after `seconds`."""
        until, found = time.monotonic() + seconds, 0
        while found < 2:
            waiting = self.waiting()
            tick(sum(waiting.values()))
            found = found + 1 if not waiting else 0
            if time.monotonic() > until:
                raise OutsideFailed(f"the queues did not empty within {seconds:.0f} s: {waiting}")
            time.sleep(0.4)

    # -- cycles and release --------------------------------------------------------------------------------------------

    def start_cycle(self, as_of: date, name: str) -> str:
        """Start a cycle; returns its id, `{as_of}-{name}`."""
        cycle_id = f"{as_of.isoformat()}-{name}"
        request = {"as_of": as_of.isoformat(), "cycle_id": cycle_id}
        self.client("stepfunctions").start_execution(
            stateMachineArn=self.outputs.cycle_arn, name=cycle_id, input=json.dumps(request)
        )
        return cycle_id

    def await_cycle(
        self, cycle_id: str, seconds: float, tick: Callable[[str], None] = lambda _: None
    ) -> dict[str, Any]:
        """What the cycle reported. Raises OutsideFailed when it failed or took longer than `seconds`."""
        steps, until = self.client("stepfunctions"), time.monotonic() + seconds
        arn = f"{self.outputs.cycle_arn.replace(':stateMachine:', ':execution:')}:{cycle_id}"
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
        """Run release_due now instead of at the next full minute; what it answered. Raises StackProblem."""
        answer = self.stack.invoke("release_due", {})
        return answer if isinstance(answer, dict) else {}

    @contextmanager
    def resting(self, *names: str) -> Iterator[None]:
        """These schedules start nothing meanwhile; afterwards each is as it was before. `names`: as the deployment calls them."""
        scheduler = self.client("scheduler")
        found = [each["Name"] for each in scheduler.list_schedules()["Schedules"]]
        before: dict[str, str] = {}
        for name in names:
            (full,) = (each for each in found if each.endswith(f"-{name}"))
            before[full] = _set_schedule(scheduler, full, "DISABLED")
        try:
            yield
        finally:
            with suppress(BotoCoreError):  # a stack that has gone meanwhile starts nothing either
                for full, state in before.items():
                    _set_schedule(scheduler, full, state)

    # -- stores --------------------------------------------------------------------------------------------------------

    def lake_get(self, path: str) -> bytes:
        """An object of the lake. Raises NotFound."""
        try:
            content: bytes = (
                self.client("s3").get_object(Bucket=self.outputs.lake_bucket, Key=path)["Body"].read()
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
        for item in self._scan(self.outputs.profiles_table):
            profile = decode_profile(_document(item))
            if not profile.merged_into:
                yield profile

    def events(self, kind: str) -> Iterator[tuple[str, Event]]:
        """(customer_id, event) of all timeline items of one kind."""
        for item in self._scan(self.outputs.timeline_table):
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
                TableName=self.outputs.profiles_table,
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
                TableName=self.outputs.timeline_table,
                KeyConditionExpression="customer_id = :c",
                ExpressionAttributeValues={":c": {"S": customer_id}},
            )
        )
        return [decode_event(_document(item)) for page in pages for item in page["Items"]]

    def _list(self, prefix: str) -> list[str]:
        pages = (
            self.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.outputs.lake_bucket, Prefix=prefix)
        )
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        for page in (
            self.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        ):
            yield from page["Items"]


def _set_schedule(scheduler: Any, name: str, state: str) -> str:
    """Switch a schedule; the state that it was in."""
    held = scheduler.get_schedule(Name=name)
    kept = {key: held[key] for key in SCHEDULE if key in held}
    scheduler.update_schedule(**kept, State=state)
    return str(held.get("State", "ENABLED"))


def _document(item: dict[str, Any]) -> bytes:
    """The JSON document of a table's item, unpacked."""
    from courtesy_aws.tables.profiles import unpack

    content: bytes = unpack(item["document"]["B"])
    return content
