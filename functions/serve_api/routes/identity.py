"""Who is who, where a person decides: possible matches, merge and split. Each decision stands on the timelines with its author.

Privacy officers and engineers decide everything. An agent may confirm or refuse what the evidence proposes, and only where
both customers are known in the agent's divisions; joining or parting customers freely is not for agents, since a wrong
merge sends one person's data to another.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import NotFound
from courtesy.identity.merge import (
    confirm_match,
    list_matches,
    merge_customers,
    refuse_match,
    split_customer,
)
from courtesy.identity.record import PossibleMatch
from courtesy.privacy.visible import is_visible
from functions.serve_api import wiring
from functions.serve_api.caller import Caller
from functions.serve_api.gate import Router, caller

router = Router("identity")
REVIEWS = ("privacy_officer", "engineer", "agent")
DECIDES = ("privacy_officer", "engineer")
_ID = r"^c[a-z0-9]{20,40}$"
MatchId = Annotated[str, Path(pattern=r"^[a-z2-7]{26}$", description="the `id` of a possible match")]


class SideView(BaseModel):
    """One of the two: the person record, and the customer it belongs to now."""

    record: str
    customer_id: str


class MatchView(BaseModel):
    """Two person records that may be one customer. Look at both customers before deciding."""

    id: str
    left: SideView
    right: SideView
    weight: float = Field(
        description="bits of evidence that they are one; the rulebook's `identity` says from when"
    )
    evidence: dict[str, str] = Field(description="field -> how well the two agree in it; no values")
    found: datetime


class MatchesView(BaseModel):
    """Undecided matches by id. A page may hold fewer than `limit` where some are not for this caller."""

    matches: list[MatchView]
    next: str | None = Field(default=None, description="give it as `cursor` to see more")


class CustomerIdView(BaseModel):
    """The customer that the records belong to now."""

    customer_id: str


class RefusedView(BaseModel):
    """The match was refused; the two are never linked again."""

    refused: str


class MergeRequest(BaseModel):
    """Two customers that are one person. The smaller id survives, the other redirects."""

    model_config = ConfigDict(extra="forbid")

    one: str = Field(pattern=_ID)
    two: str = Field(pattern=_ID)


class SplitRequest(BaseModel):
    """The person records ("source/id") of the customer that are somebody else."""

    model_config = ConfigDict(extra="forbid")

    records: list[str] = Field(min_length=1, max_length=100)


class SplitView(BaseModel):
    """Each record and the customer it belongs to now."""

    customers: dict[str, str]


@router.get("/matches", roles=REVIEWS, scope="divisions", summary="Possible matches, for a person to decide")
def get_matches(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(pattern=r"^[a-z2-7]{0,26}$", description="`next` of the page before")] = "",
) -> MatchesView:
    """Pairs of records whose evidence lies between the two thresholds. Roles: privacy_officer, engineer, agent."""
    found = list_matches(wiring.wire().desk(caller().id), limit, cursor)
    homes = _homes(found)
    seen = _visible(caller(), sorted(set(homes.values())))
    views = [_view(match, homes) for match in found]
    return MatchesView(
        matches=[v for v in views if {v.left.customer_id, v.right.customer_id} <= seen],
        next=found[-1].id if len(found) == limit else None,
    )


@router.post("/matches/<match_id>/confirm", roles=REVIEWS, scope="divisions", summary="They are one customer")
def confirm(match_id: MatchId) -> CustomerIdView:
    """Unites the two customers; answers when their events have moved. Roles: privacy_officer, engineer, agent."""
    _stay_in_division(caller(), match_id)
    return CustomerIdView(customer_id=confirm_match(wiring.wire().desk(caller().id), match_id))


@router.post(
    "/matches/<match_id>/refuse", roles=REVIEWS, scope="divisions", summary="They are different people"
)
def refuse(match_id: MatchId) -> RefusedView:
    """Keeps the two apart, now and later. Roles: privacy_officer, engineer, agent."""
    _stay_in_division(caller(), match_id)
    refuse_match(wiring.wire().desk(caller().id), match_id)
    return RefusedView(refused=match_id)


@router.post("/customers/merge", roles=DECIDES, summary="Two customers are one person")
def merge(request: Annotated[MergeRequest, Body()]) -> CustomerIdView:
    """Unites contacts, cases and permissions (the strictest wins). Given twice it is done once. Roles: privacy_officer, engineer."""
    survivor = merge_customers(wiring.wire().desk(caller().id), request.one, request.two)
    return CustomerIdView(customer_id=survivor)


@router.post(
    "/customers/<customer_id>/split",
    roles=DECIDES,
    scope="customer",
    summary="Some records are somebody else",
)
def split(
    customer_id: Annotated[str, Path(pattern=_ID)], request: Annotated[SplitRequest, Body()]
) -> SplitView:
    """Parts the records from the customer and keeps them apart (do-not-link). Roles: privacy_officer, engineer."""
    return SplitView(customers=split_customer(wiring.wire().desk(caller().id), customer_id, request.records))


def _homes(matches: Sequence[PossibleMatch]) -> dict[str, str]:
    subjects = {subject for match in matches for subject in (match.left, match.right)}
    return {s: record.customer_id for s, record in wiring.wire().index.read_records(sorted(subjects)).items()}


def _visible(who: Caller, customers: Sequence[str]) -> set[str]:
    """Those of the customers that the caller has any business with."""
    if not who.bound:
        return set(customers)
    mine = sorted(who.divisions)
    found = wiring.wire().store.read_profiles(customers)
    return {id_ for id_, stored in found.items() if is_visible(stored.profile, mine)}


def _stay_in_division(who: Caller, match_id: str) -> None:
    """Say `not found`, not `forbidden`: nobody learns here who is a customer of another division."""
    if not who.bound:
        return
    match = wiring.wire().index.read_match(match_id)
    homes = set(_homes([match]).values()) if match else set()
    if not match or not homes <= _visible(who, sorted(homes)):
        raise NotFound(f"possible match {match_id}: there is none, or it has been decided")


def _view(match: PossibleMatch, homes: dict[str, str]) -> MatchView:
    left, right = (SideView(record=s, customer_id=homes.get(s, "")) for s in (match.left, match.right))
    evidence = dict(word.split("=", 1) for word in match.levels.split())
    return MatchView(
        id=match.id, left=left, right=right, weight=match.weight, evidence=evidence, found=match.found
    )
