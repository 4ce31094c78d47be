"""begin_cycle: the caller's request in, the plan of the cycle out."""

from typing import Any

import msgspec

from courtesy.population.plan import begin_cycle
from courtesy_aws.observability import logger, observed
from functions.begin_cycle.wiring import wire


class Request(msgspec.Struct, frozen=True):
    """What may be asked: a date, an id, at least so many parts; `execution` is the name of the state machine's run."""

    as_of: str = ""
    cycle_id: str = ""
    parts: int = 1
    execution: str = ""


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """Plan the cycle and record its start."""
    asked = msgspec.convert({k: v for k, v in event.items() if v is not None}, Request)
    outside = wire()
    cycle = begin_cycle(
        outside.lake,
        outside.rulebooks.current().version,
        now=outside.clock(),
        customers=outside.customers(),
        parts=asked.parts,
        as_of=asked.as_of,
        cycle_id=asked.cycle_id,
        run=asked.execution,
    )
    logger.info("cycle begun", extra={"cycle_id": cycle.cycle_id, "parts": cycle.parts})
    answer: dict[str, Any] = msgspec.to_builtins(cycle)
    return answer
