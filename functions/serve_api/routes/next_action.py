"""Next best action: may one contact her now, and about what; and what was shown. Within the same law as every contact."""

from datetime import datetime
from typing import Annotated

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.decisions.decision import Reserved, outcome_of
from courtesy.decisions.explain import sentence
from courtesy.decisions.next_action import next_actions, show_action
from courtesy.decisions.recovery import grants_of
from courtesy.errors import Conflict, NotFound, UnknownName
from courtesy.timeline.contacts import OPEN
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller, seen

router = Router("next action")
ASKS = ("agent", "dealer", "marketer", "engineer", "source")
SHOWS = ("agent", "dealer", "engineer", "source")
CustomerId = Annotated[str, Path(pattern=r"^c[a-z0-9]{20,40}$", description="customer_id")]
Channel = Annotated[str, Query(pattern=r"^[a-z][a-z_]{1,30}$", description="where you talk: `next_contact`")]


class ActionView(BaseModel):
    """Something that may be said now, the best first. `reserved`: it waits for this talk already."""

    trigger: str
    label: str
    occurrence: str
    division: str
    category: str
    purpose: str
    channel: str
    priority: int
    value: float
    offer: str
    code: str
    code_until: datetime | None
    reserved: bool
    sentence: str


class PlannedView(BaseModel):
    """A contact that is in the plan already."""

    contact: str
    trigger: str
    channel: str
    division: str
    state: str
    at: datetime
    offer: str


class NextView(BaseModel):
    """What may be said; empty where the law allows nothing now. Nothing is reserved by asking."""

    customer_id: str
    at: datetime
    open_cases: int = Field(description="while one is open, nobody is to be sold anything")
    objects: bool = Field(description="the customer objected to all marketing, or processing is restricted")
    actions: list[ActionView]
    planned: list[PlannedView]


class ShownRequest(BaseModel):
    """The action that was shown."""

    model_config = ConfigDict(extra="forbid")

    trigger: str = Field(pattern=r"^[a-z0-9_]{1,80}$")
    occurrence: str = Field(min_length=1, max_length=40)
    channel: str = Field(default="next_contact", pattern=r"^[a-z][a-z_]{1,30}$")


class ShownView(BaseModel):
    """It counts now and stands on the timeline as sent."""

    customer_id: str
    contact: str
    trigger: str
    occurrence: str
    outcome: str
    sentence: str


class GrantView(BaseModel):
    """What may be granted for one closed complaint."""

    source: str
    case: str
    division: str
    nature: str
    closed: datetime
    value_tier: str
    limit: int = Field(description="minor units of `currency`")
    currency: str
    offers: list[str]
    rule: str
    until: datetime


class RecoveryView(BaseModel):
    """Grants, the latest closed complaint first; none while a complaint is open."""

    customer_id: str
    grants: list[GrantView]


@router.get(
    "/customers/<customer_id>/next-action",
    roles=ASKS,
    scope="customer",
    look="next-action",
    summary="What may be said now",
)
def get_next_action(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    channel: Channel = "next_contact",
    limit: Annotated[int, Query(ge=1, le=20)] = 3,
) -> NextView:
    """The best actions for this customer in a channel; asking reserves nothing."""
    outside, who, profile = wiring.wire(), caller(), seen().profile
    now, mine = outside.clock(), who.divisions if who.bound else None
    found = next_actions(
        outside.store, outside.lake, outside.rulebooks.current(), profile.customer_id, now, outside.key(),
        channel=channel, limit=limit, divisions=mine,
    )  # fmt: skip
    return NextView(
        customer_id=profile.customer_id,
        at=now,
        open_cases=sum(c.status == "open" and (mine is None or c.division in mine) for c in profile.cases),
        objects=bool({"objection", "restriction"} & set(profile.privacy)),
        actions=[ActionView.model_validate(msgspec.structs.asdict(action)) for action in found],
        planned=[
            PlannedView(
                contact=c.contact, trigger=c.trigger, channel=c.channel, division=c.division, state=c.state.value, at=c.at,
                offer=c.offer,
            )
            for c in profile.contacts
            if c.state in OPEN and (mine is None or c.division in mine)
        ],
    )  # fmt: skip


@router.post(
    "/customers/<customer_id>/next-action/shown", roles=SHOWS, scope="customer", look="next-action", status_code=201,
    summary="It was shown to the customer",
)  # fmt: skip
def show(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[ShownRequest, Body()],
) -> Response[ShownView]:
    """From now on it counts, and its offer is the customer's. 409 where the law changed meanwhile. Twice is once."""
    outside, who, profile = wiring.wire(), caller(), seen().profile
    rulebook = outside.rulebooks.current()
    trigger = rulebook.triggers.get(request.trigger)
    if trigger is None:
        raise UnknownName("trigger", request.trigger, rulebook.triggers)
    if who.bound and trigger.division not in who.divisions:
        raise NotFound("this action is not one of your divisions")
    decision = show_action(
        outside.store, outside.lake, rulebook, profile.customer_id, request.trigger, request.occurrence, outside.clock(),
        outside.key(), channel=request.channel, by=who.id,
    )  # fmt: skip
    if not isinstance(decision, Reserved):
        raise Conflict(sentence(decision))
    body = ShownView(
        customer_id=profile.customer_id, contact=decision.contact, trigger=decision.trigger,
        occurrence=decision.occurrence, outcome=outcome_of(decision).value, sentence=sentence(decision),
    )  # fmt: skip
    return Response(201, content_type="application/json", body=body)


@router.get(
    "/customers/<customer_id>/recovery", roles=("agent", "dealer", "engineer"), scope="customer", look="recovery",
    summary="What may be granted after a complaint",
)  # fmt: skip
def get_recovery(customer_id: CustomerId) -> RecoveryView:  # noqa: ARG001 - read at the gate
    """By nature of the complaint and value tier, as the rulebook says."""
    outside, who, profile = wiring.wire(), caller(), seen().profile
    grants = grants_of(profile, outside.rulebooks.current(), outside.clock())
    return RecoveryView(
        customer_id=profile.customer_id,
        grants=[
            GrantView.model_validate(msgspec.structs.asdict(grant))
            for grant in grants
            if not who.bound or grant.division in who.divisions
        ],
    )
