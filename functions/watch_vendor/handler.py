"""watch_vendor: once an hour, mailings that the vendor has not acknowledged in time are counted and announced again."""

from typing import Any

from courtesy.errors import NotFound
from courtesy.messages.overdue import announce_again, overdue
from courtesy_aws.observability import count, logger, observed
from functions.watch_vendor.wiring import wire


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """One run. The same bytes are announced again, and a vendor that has printed a mailing knows its id."""
    outside = wire()
    try:
        rules = outside.rulebooks.current().messages
    except NotFound:  # nothing can have been printed before the first rulebook
        return {"overdue": []}
    late = overdue(outside.lake, rules, outside.clock())
    for mailing in late:
        announce_again(outside.lake, outside.vendor_queue, mailing.vendor, mailing.mailing_id)
    count("MailingsOverdue", len(late))
    if late:
        logger.warning("mailings not acknowledged", extra={"mailings": [one.mailing_id for one in late]})
    return {"overdue": [one.mailing_id for one in late]}
