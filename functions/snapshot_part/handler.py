"""snapshot_part: one part of a cycle in, its counts out."""

from typing import Any

import msgspec

from courtesy.population.cycle import snapshot_part
from courtesy.population.plan import Cycle
from courtesy_aws.observability import count, logger, observed
from functions.snapshot_part.wiring import wire


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """Write the part's snapshot and summary; running it again writes the like again."""
    cycle, outside = msgspec.convert(event, Cycle), wire()
    counted = snapshot_part(
        outside.store, outside.lake, outside.rulebooks.version(cycle.rulebook), cycle, event["part"]
    )
    answer: dict[str, Any] = msgspec.to_builtins(counted)
    logger.info("part in the lake", extra=answer)
    count("CustomersInSnapshot", counted.customers)
    return answer
