"""order_pieces: hands pieces over to print vendors with an API, asks them back, and asks what became of them."""

from typing import Any

import msgspec

from courtesy.errors import RefusedInput
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, logger, observed
from functions.order_pieces.wiring import Outside, wire


class _Told(msgspec.Struct):
    schema: str
    vendor: str
    mailing_id: str


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Do what a batch of the queue to vendors with an API asks for; the answer lists the messages to be delivered again."""
    outside = wire()
    return process_batch(event, lambda record: _ask(record, outside, context.get_remaining_time_in_millis))


def _ask(record: SQSRecord, outside: Outside, remaining_ms: Any) -> None:
    body = record.body.encode()
    try:
        told = msgspec.json.decode(body, type=_Told)
    except msgspec.DecodeError as error:
        raise RefusedInput(f"a message to a print vendor is none of ours: {error}") from None
    outside.vendor(told.vendor, remaining_ms).send([body])
    count("VendorRequests")
    said = {"vendor": told.vendor, "mailing": told.mailing_id, "schema": told.schema}
    logger.info("vendor was asked", extra=said)
