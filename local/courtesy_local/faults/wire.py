"""Below botocore: every client's requests are answered by the world of the current run.

botocore serialises, signs, repeats and parses as ever; only the socket is replaced (event `before-send`), and its pauses
move the run's clock instead of sleeping.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, tzinfo
from types import SimpleNamespace
from typing import Any, Protocol
from unittest.mock import patch

import botocore.endpoint
from boto3.s3.transfer import TransferConfig
from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from courtesy_aws import clock, lake, session
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.identity_index import DynamoIdentityIndex
from courtesy_aws.queues import SqsQueue
from courtesy_aws.session import Service
from courtesy_aws.tables import timeline

SERVICES: tuple[Service, ...] = ("dynamodb", "sqs", "sesv2", "s3", "secretsmanager")


class World(Protocol):
    """What answers: status and content of a request, and the run's time."""

    def serve(
        self, service: str, operation: str, body: Any, request: AWSPreparedRequest
    ) -> tuple[int, Any]: ...
    def now(self) -> datetime: ...
    def sleep(self, seconds: float) -> None: ...


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, amt: int = 65536, decode_content: bool = False) -> Iterator[bytes]:  # noqa: ARG002 - urllib3's
        yield self._content

    def read(self, amt: int | None = None) -> bytes:  # noqa: ARG002 - urllib3's
        content, self._content = self._content, b""
        return content


class Wire:
    """The seam: `world` may change from run to run, the clients stay."""

    def __init__(self) -> None:
        self.world: World | None = None

    def register(self, client: Any) -> None:
        """Answer a client's requests from here on."""
        client.meta.events.register_first("before-send.*.*", self._answer)

    def _answer(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        assert self.world is not None, "a request outside of any run"  # noqa: S101 - a fault of the harness, never of a run
        service, operation = event_name.split(".")[1:3]
        raw: Any = request.body
        read = getattr(raw, "read", None)
        content = read() if read else raw
        body = json.loads(content) if content and service != "s3" else content
        status, answer = self.world.serve(service, operation.lower(), body, request)
        length = int(answer) if isinstance(answer, int) else 0
        sent = answer if isinstance(answer, bytes) else b"" if length else json.dumps(answer).encode()
        headers: Any = {"content-type": "application/json", "content-length": str(length or len(sent))}
        return AWSResponse(request.url, status, headers, _Body(sent))


@contextmanager
def attached(world_of: Callable[[], World], services: Sequence[Service] = SERVICES) -> Iterator[Wire]:
    """Clients that are answered by a wire, in an environment of no account; the functions' clock shows the world's time."""
    wire = Wire()
    environment = {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
    }

    class RunTime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return world_of().now().astimezone(tz or UTC)

    pauses = SimpleNamespace(sleep=lambda seconds: world_of().sleep(seconds))
    with ExitStack() as stack:
        stack.enter_context(patch.dict("os.environ", environment))
        stack.enter_context(patch.object(botocore.endpoint, "time", pauses))
        for adapter in (DynamoCustomerStore, DynamoIdentityIndex, SqsQueue):  # their own pauses
            defaults: Any = adapter.__init__.__kwdefaults__
            stack.enter_context(patch.dict(defaults, {"pause": pauses.sleep}))
        # One thread: the same plan meets the same calls.
        stack.enter_context(patch.object(lake, "_TRANSFER", TransferConfig(use_threads=False)))
        stack.enter_context(patch.object(timeline, "DUE_SHARDS", 1))
        stack.enter_context(patch.object(clock, "datetime", RunTime))
        stack.callback(session.forget_clients)
        session.forget_clients()
        for service in services:
            wire.register(session.client(service))
        yield wire
