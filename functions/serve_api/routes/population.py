"""The population: what criteria may read, whom a criterion holds for, who would move under drafted rules."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import NotFound, UnknownName
from courtesy.population.audience import Verdict, judge, rehearse
from courtesy.population.catalogue import catalogue_of
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import CORPORATE
from functions.serve_api import wiring
from functions.serve_api.gate import Router

router = Router("population")
_ROLES = ("marketer", "approver", "engineer")


class AttributeView(BaseModel):
    """One thing that criteria may read."""

    name: str
    type: str = Field(description="as DuckDB names it; money is BIGINT, in minor units")
    unit: str
    meaning: str
    division_scoped: bool = Field(description="it differs by division; otherwise it is the person's")
    example: str = Field(description="a criterion that uses it")


class AttributesView(BaseModel):
    """The catalogue in the order of the columns, the sources' custom attributes last."""

    attributes: list[AttributeView]


@router.get("/attributes", roles=_ROLES, summary="The attribute catalogue")
def list_attributes() -> AttributesView:
    """Name, type, unit and meaning of everything that criteria may read."""
    catalogue = catalogue_of(wiring.wire().rulebooks.current().sources)
    return AttributesView(attributes=[AttributeView(**vars(attribute)) for attribute in catalogue])


class CriteriaRequest(BaseModel):
    """A criterion to check."""

    model_config = ConfigDict(extra="forbid")

    criteria: str = Field(max_length=20_000)
    division: str = Field(default=CORPORATE, max_length=60)
    count: bool = Field(default=True, description="count whom it holds for in the latest cycle")


class AudienceView(BaseModel):
    """For whom of a division the criterion holds, in the latest cycle."""

    cycle_id: str
    division: str
    holds: int
    fails: int
    unknown: int = Field(description="what it reads is not known of them; unknown is not true")
    value: int = Field(
        description="expected value of those it holds for, minor units of the reporting currency"
    )
    always: bool = Field(description="it holds for every customer of the division")
    never: bool = Field(description="it holds for nobody")


class VerdictView(BaseModel):
    """What the check came to. A criterion that is not sound has a problem, with a caret below its place."""

    sound: bool
    problem: str
    position: int = Field(description="characters from 0; -1 where the problem has no place")
    nearest: str = Field(description="the known name nearest to an unknown one")
    clauses: list[str] = Field(description="the parts joined by AND")
    attributes: list[str]
    audience: AudienceView | None = Field(
        default=None, description="none before the first cycle has ended, and where not sound"
    )


@router.post("/criteria/check", roles=_ROLES, asks=True, summary="Check a criterion")
def check_criteria(request: Annotated[CriteriaRequest, Body()]) -> VerdictView:
    """Where it is wrong and what was probably meant; where it is right, for how many customers it holds."""
    outside = wiring.wire()
    rulebook = outside.rulebooks.current()
    known = {*rulebook.divisions, CORPORATE}
    if request.division not in known:
        raise UnknownName("division", request.division, known)
    latest = outside.cycles.ended(1) if request.count else []
    found = judge(
        request.criteria, catalogue_of(rulebook.sources), outside.lake, latest[0] if latest else "", request.division
    )  # fmt: skip
    return verdict_view(found)


def verdict_view(found: Verdict) -> VerdictView:
    """A verdict as it is shown."""
    counted = found.audience
    return VerdictView(
        sound=not found.problem, problem=found.problem, position=found.position, nearest=found.nearest,
        clauses=list(found.clauses), attributes=list(found.attributes),
        audience=AudienceView(**vars(counted), always=counted.always, never=counted.never) if counted else None,
    )  # fmt: skip


class PreviewRequest(BaseModel):
    """Drafted rules: the whole `population` section as it would be published. Without a cycle: the latest."""

    model_config = ConfigDict(extra="forbid")

    population: PopulationRules
    cycle_id: str = Field(default="", pattern=r"^(\d{4}-\d{2}-\d{2}-[A-Za-z0-9-]{1,60})?$")


class ShiftView(BaseModel):
    """Customers of a division who would go from one segment to another."""

    division: str
    before: str
    after: str
    customers: int
    value: int = Field(description="their expected value together, minor units of the reporting currency")


class PreviewView(BaseModel):
    """Who would move. Of a very large population a random share is looked at: `looked_at` of `customers`."""

    cycle_id: str
    looked_at: int
    customers: int
    shifts: list[ShiftView]
    before: dict[str, dict[str, int]] = Field(description="division -> segment -> customers")
    after: dict[str, dict[str, int]]


@router.post(
    "/segments/preview", roles=_ROLES, rate="heavy", asks=True, summary="Who would move under drafted rules"
)
def preview_segments(request: Annotated[PreviewRequest, Body()]) -> PreviewView:
    """Runs the draft beside the rules in force over a cycle's snapshot. Nothing is written."""
    outside = wiring.wire()
    latest = [request.cycle_id] if request.cycle_id else outside.cycles.ended(1)
    if not latest:
        raise NotFound("no cycle has ended yet, so there is nothing to try the rules on; start one")
    done = rehearse(outside.lake, outside.rulebooks.current(), request.population, latest[0])
    return PreviewView(
        cycle_id=done.cycle_id, looked_at=done.looked_at, customers=done.customers,
        shifts=[ShiftView(**vars(shift)) for shift in done.found.shifts],
        before=done.found.before, after=done.found.after,
    )  # fmt: skip
