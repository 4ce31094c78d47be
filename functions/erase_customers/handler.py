"""erase_customers: each minute, the erasures that were asked for are gone on with; each night all are looked after once more."""

from collections import Counter
from datetime import timedelta
from typing import Any

from courtesy.privacy.certificate import EVERYBODY, ask_for, asked_for
from courtesy.privacy.erase import carry_on
from courtesy_aws.observability import count, logger, observed
from functions.erase_customers.wiring import wire

TURN = timedelta(minutes=16)
"""Longer than a run can last, so that the turn of one that died is over before the next begins."""

SPARE = 90_000
"""Milliseconds that are left when a run notes how far it came: enough for the object that it is at."""


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One run; `{"round": true}` asks for everybody first. What is not finished goes on in the next."""
    outside = wire()
    if event.get("round"):
        ask_for(outside.lake, EVERYBODY, "schedule")
    if not asked_for(outside.lake) or not outside.turn.take(outside.clock(), TURN):
        return {"erasures": {}}
    try:
        statuses = carry_on(
            outside.erasing(), lambda: context is None or context.get_remaining_time_in_millis() > SPARE
        )
        outside.forget_answers(statuses)
    finally:
        outside.turn.give_back()
    count("ErasuresUnderWay", sum(status == "running" for status in statuses.values()))
    logger.info("erasures", extra={"statuses": dict(Counter(statuses.values()))})
    return {"erasures": statuses}
