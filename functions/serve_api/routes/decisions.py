"""Decisions of a cycle: looked through, summed up, and what they planned for which day."""

from datetime import date, datetime, timedelta
from pathlib import Path as LocalPath
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

from courtesy.decisions import search
from courtesy.decisions.search import Wanted
from courtesy.errors import NotFound, RefusedInput
from courtesy.population.pressed import pressed
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller

router = Router("decisions")
READS = ("marketer", "approver", "engineer")
CycleId = Annotated[
    str, Query(pattern=r"^(\d{4}-\d{2}-\d{2}-[A-Za-z0-9-]{1,60})?$", description="the latest where left out")
]
Word = Annotated[str, Query(pattern=r"^[a-z0-9_]{0,80}$")]
LONGEST = 92
"""Days of a calendar."""


class DecisionView(BaseModel):
    """One decision; `sentence` says why."""

    customer_id: str
    trigger: str
    occurrence: str
    division: str
    outcome: str
    reason: str
    rule: str
    channel: str
    contact: str
    at: datetime
    expires: datetime
    priority: int
    value: float
    sentence: str
    rulebook: int


class DecisionsView(BaseModel):
    """Decisions of a cycle, by customer."""

    cycle_id: str
    decisions: list[DecisionView]
    next: str | None = Field(default=None, description="give it as `cursor` to see more")


class GroupView(BaseModel):
    """Candidates of one trigger with one outcome and reason."""

    trigger: str
    division: str
    outcome: str
    reason: str
    rule: str
    channel: str
    candidates: int


class SummaryView(BaseModel):
    """`proposed = reserved + held + suppressed + control`, by trigger, outcome and reason."""

    cycle_id: str
    proposed: int
    reserved: int
    held: int
    suppressed: int
    control: int
    groups: list[GroupView]


class DayView(BaseModel):
    """Contacts of one day, channel, division and trigger."""

    day: date
    channel: str
    division: str
    trigger: str
    contacts: int


class BindingView(BaseModel):
    """How many candidates a rule kept from their contact, in the cycles looked at."""

    rule: str
    reason: str
    outcome: str
    candidates: int


class CalendarView(BaseModel):
    """planned: reserved by the latest cycles for these days; waiting: what is in the plan now (it may have been cancelled since)."""

    first: date
    last: date
    cycles: list[str]
    planned: list[DayView]
    waiting: list[DayView]
    complete: bool = Field(description="false where more waits than was looked at")
    binding: list[BindingView]


class WrittenView(BaseModel):
    """A customer and the contacts that counted."""

    customer_id: str
    contacts_30d: int
    contacts_90d: int


class PeopleView(BaseModel):
    """Who is written to how often; forgotten: nothing for 90 days, though some channel is open."""

    cycle_id: str
    division: str
    buckets: dict[str, int] = Field(description="contacts in the last 30 days -> customers")
    most: list[WrittenView]
    forgotten: int


@router.get("/decisions", roles=READS, scope="divisions", summary="Decisions of a cycle")
def list_decisions(
    cycle: CycleId = "",
    trigger: Word = "",
    outcome: Annotated[str, Query(pattern=r"^(reserved|held|suppressed|control)?$")] = "",
    reason: Word = "",
    division: Word = "",
    customer_id: Annotated[str, Query(pattern=r"^(c[a-z0-9]{20,40})?$")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str, Query(pattern=r"^\d{0,9}$", description="`next` of the page before")] = "",
) -> DecisionsView:
    """With what was decided, why, and the sentence that says it; by customer."""
    cycle_id, files = _files(cycle)
    wanted = Wanted(
        trigger=trigger,
        outcome=outcome,
        reason=reason,
        customer_id=customer_id,
        divisions=_divisions(division),
    )
    offset = int(cursor or 0)
    rows = search.search(files, wanted, limit + 1, offset)
    return DecisionsView(
        cycle_id=cycle_id,
        decisions=[DecisionView.model_validate(row) for row in rows[:limit]],
        next=str(offset + limit) if len(rows) > limit else None,
    )


@router.get("/decisions/summary", roles=READS, scope="divisions", summary="What a cycle decided")
def sum_up(cycle: CycleId = "", division: Word = "") -> SummaryView:
    """Counted by trigger, outcome and reason."""
    cycle_id, files = _files(cycle)
    groups = search.summarise(files, Wanted(divisions=_divisions(division)))
    ends = {
        end: sum(g.candidates for g in groups if g.outcome == end)
        for end in ("reserved", "held", "suppressed", "control")
    }
    return SummaryView(
        cycle_id=cycle_id,
        proposed=sum(ends.values()),
        **ends,
        groups=[GroupView(**g._asdict()) for g in groups],
    )


@router.get(
    "/pressure/calendar", roles=READS, scope="divisions", summary="Contacts by day, and the rules that bind"
)
def show_calendar(
    first: Annotated[date | None, Query(alias="from", description="a week ago where left out")] = None,
    last: Annotated[date | None, Query(alias="to", description="four weeks ahead where left out")] = None,
    cycles: Annotated[int, Query(ge=1, le=12, description="how many of the latest cycles are looked at")] = 3,
) -> CalendarView:
    """What was planned for which day by channel, division and trigger, what waits now, and what held the rest."""
    outside, who = wiring.wire(), caller()
    now = outside.clock()
    begin, end = first or now.date() - timedelta(days=7), last or now.date() + timedelta(days=28)
    if not timedelta(0) <= end - begin <= timedelta(days=LONGEST):
        raise RefusedInput(f"from, to: give a stretch of at most {LONGEST} days, the earlier day first")
    wanted = Wanted(divisions=who.divisions if who.bound else None)
    ids = outside.log.cycles(cycles)
    files = [file for cycle_id in ids for file in outside.log.files(cycle_id)]
    waiting, complete = outside.waiting(begin, end, wanted.divisions)
    return CalendarView(
        first=begin, last=end, cycles=ids,
        planned=[DayView(**each._asdict()) for each in search.planned(files, wanted, begin, end)],
        waiting=[DayView(**each._asdict()) for each in waiting],
        complete=complete,
        binding=[BindingView(**each._asdict()) for each in search.binding(files, wanted)],
    )  # fmt: skip


@router.get("/pressure/people", roles=READS, scope="divisions", summary="Who is written to how often")
def show_people(division: Word = "corporate") -> PeopleView:
    """From the segments of the latest cycle: how many had how many contacts, who had most, who was forgotten."""
    outside, who = wiring.wire(), caller()
    if who.bound and division not in who.divisions:
        raise NotFound("no such division for this caller; name one of yours in `division`")
    latest = outside.cycles.ended(1)
    if not latest:
        raise NotFound("no cycle has ended yet; start one")
    found = pressed(outside.log.files(latest[0], "segments"), division)
    return PeopleView(
        cycle_id=latest[0], division=division, buckets={str(n): c for n, c in found.buckets.items()},
        most=[WrittenView(**each._asdict()) for each in found.most], forgotten=found.forgotten,
    )  # fmt: skip


def _files(cycle: str) -> tuple[str, list[LocalPath]]:
    """The cycle and its log. Raises NotFound where there is none."""
    log = wiring.wire().log
    asked = [cycle] if cycle else log.cycles(1)
    files = log.files(asked[0]) if asked else []
    if not files:
        raise NotFound("this cycle has no decisions in the lake; GET /cycles lists those that have ended")
    return asked[0], files


def _divisions(asked: str) -> frozenset[str] | None:
    """The divisions whose decisions are shown: those asked for, cut to the caller's."""
    who = caller()
    if not who.bound:
        return frozenset({asked}) if asked else None
    return frozenset({asked}) & who.divisions if asked else who.divisions
