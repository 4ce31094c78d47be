"""What all channels have in common that are sent one by one: the frame of their functions, and the one attempt of their adapters.

Neither SES nor the service of text messages has an idempotency token, so their clients never repeat (`session`: one attempt,
short time-outs) and every outcome is told apart: certainly taken, certainly not taken, not known.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import uuid4

import msgspec
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from courtesy.decisions.release import Message
from courtesy.errors import RefusedInput
from courtesy.messages.ports import Accepted, Ambiguous, MailOutcome, Refused
from courtesy.messages.send import SendResult
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, logger

TIME_NEEDED_MS = 12_000
"""Less than this left of the invocation and nothing is sent: connect (2 s) and read (8 s) time-outs, and room to write it down."""


def send_each(
    event: dict[str, Any], channel: str, metric: str, send: Callable[[Message, str], SendResult]
) -> dict[str, Any]:
    """Send what a batch of a channel's queue names; the answer lists the messages to be delivered again.

    metric: the beginning of the names under which outcomes are counted; send: is handed a fence, new for every attempt
    """

    def one(record: SQSRecord) -> None:
        try:
            message = msgspec.json.decode(record.body, type=Message)
        except msgspec.DecodeError as error:
            raise RefusedInput(
                f"a message on the {channel} queue is not what release_due sends: {error}"
            ) from None
        result = send(message, f"{channel[0]}-{uuid4().hex}")
        count(f"{metric}{result.outcome.title().replace('_', '')}")
        told = {"customer": message.customer_id, "trigger": message.trigger}
        logger.info(f"{channel} contact", extra=told | {"outcome": result.outcome, "why": result.detail})

    return process_batch(event, one)


def attempt(
    ask: Callable[[], Mapping[str, Any]],
    later: Collection[str],
    reason: Callable[[ClientError], str] = lambda error: str(error.response["Error"]["Code"]),
) -> MailOutcome:
    """Ask the service once; what became of it. later: codes of refusals that may pass; reason: the word for those that do not."""
    try:
        answer = ask()
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        if code in later:
            return Refused(code, retryable=True)
        return Refused(reason(error), retryable=False) if 400 <= status < 500 else Ambiguous(code)
    except (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError) as error:
        # Nothing was handed over: there was no connection to hand it over on.
        return Refused(type(error).__name__, retryable=True)
    except ParamValidationError:
        return Refused("malformed", retryable=False)
    except BotoCoreError as error:
        return Ambiguous(type(error).__name__)
    return Accepted(str(answer["MessageId"]))
