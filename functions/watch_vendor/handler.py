"""watch_vendor: once an hour, mailings not acknowledged in time are announced again, and vendors with an API are asked for news."""

from typing import Any

from courtesy.errors import NotFound
from courtesy.messages.overdue import announce_again, overdue
from courtesy.messages.vendors import VendorRoads, looks
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
    roads = VendorRoads(outside.vendor_queue, outside.vendor_api_queue, rules)
    late = overdue(outside.lake, rules, outside.clock())
    for mailing in late:
        announce_again(outside.lake, roads, mailing.vendor, mailing.mailing_id)
    roads.send(looks(outside.lake, rules, outside.clock()))
    count("MailingsOverdue", len(late))
    if late:
        logger.warning("mailings not acknowledged", extra={"mailings": [one.mailing_id for one in late]})
    return {"overdue": [one.mailing_id for one in late]}
