"""send_text: claims due text messages on a fresh look at the law and hands each to AWS End User Messaging once."""

from typing import Any
from uuid import uuid4

import msgspec

from courtesy.decisions.release import Message
from courtesy.errors import RefusedInput
from courtesy.messages.send_text import Texting, send_text
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, logger, observed
from functions.send_text.wiring import wire


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Send what a batch of the queue of text messages names; the answer lists the messages to be delivered again."""
    outside = wire().texting(context.get_remaining_time_in_millis)
    return process_batch(event, lambda record: _send(record, outside))


def _send(record: SQSRecord, outside: Texting) -> None:
    try:
        message = msgspec.json.decode(record.body, type=Message)
    except msgspec.DecodeError as error:
        raise RefusedInput(
            f"a message on the queue of text messages is not what release_due sends: {error}"
        ) from None
    result = send_text(message, f"t-{uuid4().hex}", outside)
    count(f"Texts{result.outcome.title().replace('_', '')}")
    told = {
        "customer": message.customer_id,
        "trigger": message.trigger,
        "outcome": result.outcome,
        "why": result.detail,
    }
    logger.info("text contact", extra=told)
