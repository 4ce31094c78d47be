"""The world of one run: its clock, its stores and queues, SES with its outside record, and the faults of its plan."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from courtesy_local.faults.dynamo import Dynamo, Item, Refused
from courtesy_local.faults.plan import CALL_FAULTS, Fault, Killed, Planned, applies

MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
SECRET = "a key of sixteen bytes or more"  # noqa: S105 - of a world that ends with the run


QUEUES = ("email", "letter", "postcard", "sms", "chunks", "events", "vendor")


class Head(int):
    """The answer to a question about an object: its length."""


@dataclass(frozen=True)
class Mail:
    """What SES really accepted, or the print vendor printed. `seq`: its place among everything that really happened."""

    seq: int
    at: datetime
    to: str
    contact: str
    customer: str
    message_id: str


@dataclass(frozen=True)
class Write:
    """A committed write of an item."""

    seq: int
    table: str
    item: Item


@dataclass
class Run:
    """One run. `calls` names each request in order; `mails` and `writes` are the outside record."""

    planned: Sequence[Planned] = ()
    calls: list[str] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    queues: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in QUEUES})
    objects: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._now = MONDAY
        self._seq = 0
        self._faults = dict(self.planned)
        self._lasting: dict[str, Fault] = {}
        self._one_at_a_time = RLock()
        self.dynamo = Dynamo(self._watch)
        self.counting = False
        self.killed = False
        """Whether the process that runs has ended; a library on the way may turn that into an error of its own."""

    def copied(self, planned: Sequence[Planned]) -> "Run":
        """A run that starts with what stands in this one's stores."""
        run = Run(planned)
        run.dynamo.tables = {name: dict(items) for name, items in self.dynamo.tables.items()}
        run.objects = dict(self.objects)
        run._now = self._now
        return run

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def serve(self, service: str, operation: str, body: Any, request: AWSPreparedRequest) -> tuple[int, Any]:
        """Answer a request, or do to it what the plan says."""
        with self._one_at_a_time:
            return self._serve(service, operation, body, request)

    def _serve(self, service: str, operation: str, body: Any, request: AWSPreparedRequest) -> tuple[int, Any]:
        self.sleep(0.005)
        call = f"{service}.{operation}"
        fault = self._fault(call, request)
        if fault is not None and not applies(fault, call):
            # An earlier fault has moved the calls, and this one cannot suffer what was planned.
            fault = Fault.ERROR
        if fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
            self.killed = True
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is Fault.UNREACHABLE or fault is Fault.OUTAGE:
            self.sleep(2)
            raise ConnectTimeoutError(endpoint_url=str(request.url))
        if fault is Fault.ERROR:
            return 500, {"__type": "InternalServerError", "message": "injected"}
        if fault is Fault.THROTTLED:
            return _throttled(service)
        if fault is Fault.CONTENDED or fault is Fault.LEFT_OVER:
            return self._in_part(fault, service, operation, body)
        status, answer = self._answer(service, operation, body, request)
        if fault is Fault.KILLED_AFTER:
            raise Killed
        if fault is Fault.ANSWER_LOST or fault is Fault.SILENCE:
            self.sleep(8)
            raise ReadTimeoutError(endpoint_url=str(request.url))
        if fault is Fault.ERROR_DONE:
            return 500, {"__type": "InternalServerError", "message": "injected"}
        return status, answer

    def _in_part(self, fault: Fault, service: str, operation: str, body: Any) -> tuple[int, Any]:
        if service == "sqs":
            half = len(body["Entries"]) // 2
            self._queue(body["QueueUrl"], body["Entries"][:half])
            failed = [{"Id": e["Id"], "SenderFault": False, "Code": "x"} for e in body["Entries"][half:]]
            return 200, {"Successful": [], "Failed": failed}
        if fault is Fault.LEFT_OVER:
            return 200, self.dynamo.in_part(operation, body)
        try:
            self.dynamo.contended(operation, body)
        except Refused as refused:
            return _refusal(refused)
        raise AssertionError("others at the same items always refuse")

    def _queue(self, url: str, entries: list[Item]) -> None:
        self.queues[url.rsplit("/", 1)[-1]] += [entry["MessageBody"] for entry in entries]

    def _fault(self, call: str, request: AWSPreparedRequest) -> Fault | None:
        if not self.counting:
            return None
        # The same for all attempts of one call.
        invocation = str(request.headers.get("amz-sdk-invocation-id"))
        if invocation in self._lasting:
            return self._lasting[invocation]
        fault = self._faults.get(len(self.calls))
        self.calls.append(call)
        if fault in CALL_FAULTS and fault is not None:
            self._lasting[invocation] = fault
        return fault

    def _answer(
        self, service: str, operation: str, body: Any, request: AWSPreparedRequest
    ) -> tuple[int, Any]:
        if service == "dynamodb":
            try:
                return 200, self.dynamo.answer(operation, body)
            except Refused as refused:
                return _refusal(refused)
        if service == "sqs":
            self._queue(body["QueueUrl"], body["Entries"])
            return 200, {"Successful": [], "Failed": []}
        if service == "secrets-manager":
            return 200, {"SecretString": SECRET}
        if service == "s3":
            return self._object(request, body)
        return 200, {"MessageId": self._accept(body)}

    def _object(self, request: AWSPreparedRequest, body: Any) -> tuple[int, Any]:
        """S3: an object's path has its bucket's host before it."""
        url = urlsplit(str(request.url))
        path, asked = f"{url.netloc}{unquote(url.path)}", parse_qs(url.query)
        if "list-type" in asked:
            return 200, self._listed(url.netloc, asked.get("prefix", [""])[0])
        match request.method:
            case "PUT":
                if request.headers.get("If-None-Match") and path in self.objects:
                    return 412, b"<Error><Code>PreconditionFailed</Code></Error>"
                self.objects[path] = bytes(body or b"")
                return 200, b""
            case "DELETE":
                self.objects.pop(path, None)
                return 204, b""
            case "HEAD":
                return (200, Head(len(self.objects[path]))) if path in self.objects else (404, b"")
        if path in self.objects:
            return 200, self.objects[path]
        return 404, b"<Error><Code>NoSuchKey</Code></Error>"

    def _listed(self, bucket: str, prefix: str) -> bytes:
        names = [
            path.removeprefix(f"{bucket}/") for path in sorted(self.objects) if path.startswith(f"{bucket}/")
        ]
        found = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(self.objects[f'{bucket}/{name}'])}</Size></Contents>"
            for name in names
            if name.startswith(prefix)
        )
        return f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>".encode()

    def printed(self, contact: str, customer: str, to: str) -> None:
        """The vendor prints a piece."""
        self._seq += 1
        self.mails.append(Mail(self._seq, self._now, to, contact, customer, ""))

    def _accept(self, body: Item) -> str:
        tags = {tag["Name"]: tag["Value"] for tag in body["EmailTags"]}
        self._seq += 1
        mail = Mail(
            self._seq,
            self._now,
            body["Destination"]["ToAddresses"][0],
            tags["contact"],
            tags["customer"],
            f"ses-{len(self.mails)}",
        )
        self.mails.append(mail)
        return mail.message_id

    def mark(self) -> int:
        """The place of something that really happened among everything that did."""
        self._seq += 1
        return self._seq

    def _watch(self, table: str, item: Item) -> None:
        self._seq += 1
        self.writes.append(Write(self._seq, table, item))


def _refusal(refused: Refused) -> tuple[int, Any]:
    return 400, {"__type": f"com.amazonaws#{refused.code}", "message": refused.code, **refused.more}


def _throttled(service: str) -> tuple[int, Any]:
    if service == "s3":
        return 503, b"<Error><Code>SlowDown</Code></Error>"
    names = {"dynamodb": "ThrottlingException", "sesv2": "TooManyRequestsException"}
    name = names.get(service, "ThrottlingException")
    return (429 if service == "sesv2" else 400), {"__type": f"com.amazonaws#{name}", "message": name}
