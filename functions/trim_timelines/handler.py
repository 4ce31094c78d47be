"""trim_timelines: each night a slice of all customers, so that nothing is kept longer than the rulebook says and a month."""

from typing import Any

from courtesy.errors import NotFound
from courtesy.privacy.retain import retain
from courtesy_aws.observability import count, logger, observed
from functions.trim_timelines.wiring import wire

SPARE = 60_000
"""Milliseconds that are left when a run stops; what it did not come to has its turn with the next round."""


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """One night's slice. Doing it again changes nothing."""
    outside = wire()
    try:
        rules = outside.rulebooks.current().retention
    except NotFound:  # nobody can be kept too long before the first rulebook
        return {"customers": 0}
    done = retain(
        outside.store,
        outside.index,
        outside.lake,
        rules,
        outside.clock(),
        lambda: context is None or context.get_remaining_time_in_millis() > SPARE,
    )
    count("EventsForgotten", done.gone)
    logger.info("retention", extra=done._asdict())
    if done.strays:
        logger.warning(
            "events stood with customers whom their records had left", extra={"events": done.strays}
        )
    if not done.whole:
        logger.warning("retention did not come to the end of its slice", extra={"customers": done.customers})
    return done._asdict()
