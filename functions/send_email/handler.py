"""send_email: claims due e-mail contacts on a fresh look at the law and hands each to SES once."""

from typing import Any
from uuid import uuid4

import msgspec

from courtesy.decisions.release import Message
from courtesy.errors import RefusedInput
from courtesy.messages.send import Sending, send_email
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, logger, observed
from functions.send_email.wiring import wire


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send what a batch of the e-mail queue names; the answer lists the messages to be delivered again."""
    outside = wire().sending(context.get_remaining_time_in_millis)
    return process_batch(event, lambda record: _send(record, outside))


def _send(record: SQSRecord, outside: Sending) -> None:
    try:
        message = msgspec.json.decode(record.body, type=Message)
    except msgspec.DecodeError as error:
        raise RefusedInput(f"a message on the e-mail queue is not what release_due sends: {error}") from None
    result = send_email(message, f"e-{uuid4().hex}", outside)
    count(f"Emails{result.outcome.title().replace('_', '')}")
    logger.info(
        "e-mail contact",
        extra={
            "customer": message.customer_id,
            "trigger": message.trigger,
            "outcome": result.outcome,
            "why": result.detail,
        },
    )
