"""Cycles: start one, ask how it stands."""

from datetime import date
from typing import Annotated

from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller

router = Router("cycles")


class CycleRequest(BaseModel):
    """What to run. Without `as_of`: today. The same `name` twice starts one cycle."""

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = None
    name: str = Field(default="", pattern=r"^[a-z0-9-]{0,40}$", description="your own name of this run")


class CycleView(BaseModel):
    """How a cycle stands. `report` is there when it has ended: balances, segments, moves, decisions."""

    cycle_id: str
    status: str = Field(description="running, succeeded or failed")
    report: dict[str, object] | None = None


@router.post("/cycles", roles=("marketer", "engineer"), status_code=202, summary="Start a cycle")
def start_cycle(request: Annotated[CycleRequest, Body()]) -> Response[CycleView]:
    """Starts snapshot, scoring, segmentation and decisions; answers at once with the cycle's id."""
    outside = wiring.wire()
    as_of = request.as_of or outside.clock().date()
    name = request.name or outside.clock().strftime("run-%H%M%S")
    cycle_id = f"{as_of.isoformat()}-{name}"
    outside.cycles.start(cycle_id, {"as_of": as_of.isoformat(), "cycle_id": cycle_id, "by": caller().id})
    return Response(
        202,
        content_type="application/json",
        body=CycleView(cycle_id=cycle_id, status="running"),
        headers={"Location": f"/cycles/{cycle_id}"},
    )


class CyclesView(BaseModel):
    """The latest cycles that have ended, newest first."""

    cycles: list[CycleView]


@router.get("/cycles", roles=("marketer", "approver", "engineer"), summary="The latest cycles")
def list_cycles(limit: Annotated[int, Query(ge=1, le=100)] = 20) -> CyclesView:
    """Cycles that have ended, newest first, without their reports."""
    return CyclesView(
        cycles=[
            CycleView(cycle_id=cycle_id, status="succeeded") for cycle_id in wiring.wire().cycles.ended(limit)
        ]
    )


@router.get("/cycles/<cycle_id>", roles=("marketer", "approver", "engineer"), summary="How a cycle stands")
def get_cycle(cycle_id: Annotated[str, Path(pattern=r"^\d{4}-\d{2}-\d{2}-[A-Za-z0-9-]{1,60}$")]) -> CycleView:
    """The cycle's state and, when it has ended, its report."""
    standing = wiring.wire().cycles.standing(cycle_id)
    return CycleView(cycle_id=cycle_id, status=standing.status, report=standing.report)
