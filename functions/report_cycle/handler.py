"""report_cycle: a finished cycle in, its report out."""

from typing import Any

import msgspec

from courtesy.errors import CourtesyError
from courtesy.population.plan import Cycle
from courtesy.population.report import report_cycle
from courtesy_aws.observability import count, logger, observed
from functions.report_cycle.wiring import wire


class OutOfBalance(CourtesyError):
    """A balance of the cycle does not hold; the report, which is written, says which."""


@observed
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - as Lambda calls it
    """Check the balances and write the report; the run fails where one does not hold."""
    cycle, outside = msgspec.convert(event, Cycle), wire()
    report = report_cycle(outside.lake, outside.rulebooks.version(cycle.rulebook), cycle)
    count("CycleAlarms", len(report.alarms))
    count("CycleMoves", report.moves)
    for alarm in report.alarms:
        logger.warning("cycle alarm", extra={"cycle_id": report.cycle_id, "alarm": alarm})
    if not report.balanced:
        raise OutOfBalance(f"cycle {report.cycle_id}: {'; '.join(report.alarms)}")
    answer: dict[str, Any] = msgspec.to_builtins(report)
    return {
        key: answer[key]
        for key in ("cycle_id", "as_of", "customers", "moves", "decisions", "alarms", "outcome")
    }
