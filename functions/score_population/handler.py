"""score_population: a cycle whose parts are in the lake in, what was fitted out."""

from typing import Any

import msgspec

from courtesy.population.cycle import score_population
from courtesy.population.plan import Cycle
from courtesy_aws.observability import logger, observed
from functions.score_population.wiring import wire


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """Combine the parts' summaries and write the scores."""
    cycle, outside = msgspec.convert(event, Cycle), wire()
    scores = score_population(outside.lake, outside.rulebooks.version(cycle.rulebook), cycle)
    answer = {
        "cycle_id": scores.cycle_id,
        "customers": scores.customers,
        "data_version": scores.data_version,
        "models": {name: division.source for name, division in scores.divisions.items()},
    }
    logger.info("population scored", extra=answer)
    return answer
