"""decide_events: messages that name a customer's new events in, decisions and reservations out."""

from typing import Any

import msgspec

from courtesy.decisions.event_message import EventMessage
from courtesy.decisions.listen import decide_events
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, observed
from functions.decide_events.wiring import wire


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """Decide each message; those that failed come back."""
    return process_batch(event, _decide)


def _decide(record: SQSRecord) -> None:
    message = msgspec.json.decode(record.body, type=EventMessage)
    outside = wire()
    balance = decide_events(
        outside.store,
        outside.index,
        outside.lake,
        outside.rulebooks.current(),
        message,
        outside.clock(),
        outside.key(),
        record.message_id,
    )
    count("CandidatesProposed", balance.proposed)
    count("ContactsReserved", balance.reserved)
