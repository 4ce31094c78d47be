"""release_due: once a minute, what is due goes to its channel's queue."""

from typing import Any

import msgspec

from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import release
from courtesy.errors import NotFound
from courtesy.messages.recall import recall_pieces
from courtesy.messages.vendors import VendorRoads
from courtesy_aws.observability import count, logger, observed
from functions.release_due.wiring import wire


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """One run; the schedule's event says nothing that is needed."""
    outside = wire()
    try:
        rulebook = outside.rulebooks.current()
    except NotFound:  # nothing can have been reserved before the first rulebook
        return {"queued": {}}
    now = outside.clock()
    answer: dict[str, Any] = msgspec.to_builtins(
        release(outside.store, outside.queues, policy_of(rulebook), now)
    )
    answer["recalls"] = msgspec.to_builtins(
        recall_pieces(
            outside.store,
            VendorRoads(outside.vendor_queue, outside.vendor_api_queue, rulebook.messages),
            rulebook.messages,
            now,
        )
    )
    if any(value for name, value in answer.items() if name != "recalls") or any(answer["recalls"].values()):
        logger.info("released", extra=answer)
    for channel, contacts in answer["queued"].items():
        count(f"Contacts{channel.capitalize()}Queued", contacts)
    count("ContactsForAPerson", len(answer["for_a_person"]))
    count("PiecesAskedBack", answer["recalls"]["asked"])
    return answer
