"""Measurement: treated against held out, and fatigue, from the lake."""

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

from courtesy.errors import NotFound
from courtesy.measurement.measure import measure
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller

router = Router("measurement")
MEASURES = ("marketer", "approver", "engineer")


class MeasurementView(BaseModel):
    """Comparisons by level (overall, division, segment, trigger), each outcome with interval and verdict; money in minor units."""

    as_of: str
    horizon: int
    cycles: list[str]
    events: int = Field(description="decisions on single events that were looked at")
    currency: str
    arms: list[dict[str, Any]]
    fatigue: list[dict[str, Any]] = Field(
        description="corporate segments; empty for callers bound to divisions"
    )


@router.get("/measurement", roles=MEASURES, scope="divisions", summary="Treated against held out")
def get_measurement(
    horizon: Annotated[int, Query(ge=1, le=3650, description="days")] = 90,
    days: Annotated[int, Query(ge=1, le=3650, description="how far back decisions count")] = 365,
) -> MeasurementView:
    """Retention, response, revenue and margin within the horizon, with 95 % intervals, judged on the latest cycle."""
    outside, who = wiring.wire(), caller()
    latest = outside.cycles.ended(1)
    if not latest:
        raise NotFound("no cycle has ended yet, so there is nothing to measure; start one")
    last = date.fromisoformat(latest[0][:10])
    rulebook = outside.rulebooks.current()
    found = measure(
        outside.lake,
        rulebook,
        first=last - timedelta(days=days),
        last=last,
        horizon=horizon,
        snapshot=latest[0],
    )
    told = msgspec.to_builtins(found)
    if who.bound:
        mine = {name for name, trigger in rulebook.triggers.items() if trigger.division in who.divisions}
        told["arms"] = [
            arms
            for arms in told["arms"]
            if (
                arms["name"] in mine
                if arms["level"] == "trigger"
                else arms["name"].split(" ")[0] in who.divisions
            )
        ]
        told["fatigue"] = []
    return MeasurementView(**told)
