"""segment_part: one part of a scored cycle in, its counts out."""

from typing import Any

import msgspec

from courtesy.population.cycle import segment_part
from courtesy.population.plan import Cycle
from courtesy_aws.observability import count, logger, observed
from functions.segment_part.wiring import wire

WORKERS = 16
"""Customers whose moves are written at the same time: the time goes into waiting for DynamoDB."""


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """Place the part's customers and record who moved; running it again writes nothing new."""
    cycle, outside = msgspec.convert(event, Cycle), wire()
    placed = segment_part(
        outside.store,
        outside.lake,
        outside.rulebooks.version(cycle.rulebook),
        cycle,
        event["part"],
        workers=WORKERS,
    )
    answer: dict[str, Any] = msgspec.to_builtins(placed)
    logger.info("part segmented", extra=answer)
    count("CustomersMoved", placed.moved)
    return answer
