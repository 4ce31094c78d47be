"""decide_part: one part of a cycle in, its balance out."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from courtesy.decisions.part import CyclePart, decide_part
from courtesy.errors import CourtesyError
from courtesy_aws.observability import count, logger, observed
from functions.decide_part.wiring import wire


class OutOfBalance(CourtesyError):
    """Candidates were proposed that ended in no decision, or in two."""


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """Decide every candidate of the part; the state machine runs it again whenever it raises."""
    job = msgspec.convert(event, CyclePart)
    outside = wire()
    with TemporaryDirectory() as folder:
        result = decide_part(
            outside.store,
            outside.lake,
            outside.rulebooks.version(job.rulebook),
            job,
            outside.clock,
            outside.key(),
            Path(folder),
        )
    answer: dict[str, Any] = msgspec.to_builtins(result)
    logger.info("part decided", extra=answer)
    if not result.balanced:
        raise OutOfBalance(f"cycle {job.cycle_id}, part {job.part}: {answer['decisions']}")
    count("CandidatesProposed", result.decisions.proposed)
    count("ContactsReserved", result.decisions.reserved)
    return answer
