"""`ports.Queue` on an SQS queue."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from courtesy.errors import OutsideFailed, RefusedInput
from courtesy_aws.session import client

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
LARGEST = 256 * 1024
"""Bytes of one message and of one batch."""
ROUNDS = 4


class SqsQueue:
    """Sends JSON bodies, ten to a request; entries that SQS did not take are sent again, a few times."""

    def __init__(self, url: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._url, self._pause = url, pause
        self._sqs: SQSClient = client("sqs")

    def __repr__(self) -> str:
        return f"SqsQueue({self._url.rsplit('/', 1)[-1]!r})"

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:
        """See `ports.Queue`. Raises RefusedInput for a body above 256 KB; put such content in the lake and send its path."""
        for batch in _batches(bodies):
            left = {str(n): body.decode() for n, body in enumerate(batch)}
            for attempt in range(ROUNDS):
                left = self._send(left, delay)
                if not left:
                    break
                self._pause(0.1 * 2**attempt)
            else:
                raise OutsideFailed(f"{self!r} did not take {len(left)} of {len(batch)} messages")

    def _send(self, bodies: dict[str, str], delay: int) -> dict[str, str]:
        try:
            answer = self._sqs.send_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": id_, "MessageBody": body, "DelaySeconds": delay} for id_, body in bodies.items()
                ],
            )
        except ClientError as error:
            raise OutsideFailed(f"{self!r}: {error.response['Error']['Code']}") from error
        except BotoCoreError as error:
            raise OutsideFailed(f"{self!r}: {type(error).__name__}") from error
        return {failed["Id"]: bodies[failed["Id"]] for failed in answer.get("Failed", [])}


def _batches(bodies: Sequence[bytes]) -> Iterator[list[bytes]]:
    """At most ten bodies and 256 KB each."""
    batch: list[bytes] = []
    size = 0
    for body in bodies:
        if len(body) > LARGEST:
            raise RefusedInput(
                f"a message of {len(body)} bytes; SQS takes {LARGEST}. Put it in the lake and send its path"
            )
        if len(batch) == BATCH or size + len(body) > LARGEST:
            yield batch
            batch, size = [], 0
        batch.append(body)
        size += len(body)
    if batch:
        yield batch
