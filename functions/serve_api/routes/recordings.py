"""What people record of a customer: interactions, responses, cases, permissions. Each takes effect at once.

Agents and dealers record in their own divisions. The same `id` twice is recorded once; without one, the Idempotency-Key tells
one from another.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import Response as Answer
from aws_lambda_powertools.event_handler.openapi.params import Body, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from courtesy.decisions.event_message import EventMessage
from courtesy.decisions.inbound import Recorded, close_case, find_case, record
from courtesy.decisions.policy import policy_of
from courtesy.decisions.settle import cancel
from courtesy.errors import NotAllowed, NotFound, RefusedInput, UnknownName
from courtesy.privacy.visible import visible_profile
from courtesy.privacy.withdraw import grant, withdraw
from courtesy.timeline.contacts import OPEN
from courtesy.timeline.events import Case, Contact, Interaction, Response
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller, seen
from functions.serve_api.views import PermissionView

router = Router("recordings")
RECORDS = ("agent", "dealer", "engineer")
CustomerId = Annotated[str, Path(pattern=r"^c[a-z0-9]{20,40}$", description="customer_id")]
_WORD = r"^[a-z][a-z0-9_]{0,40}$"
SOURCE = "courtesy"


class _Recording(BaseModel):
    model_config = ConfigDict(extra="forbid")

    division: str = Field(pattern=_WORD)
    id: str = Field(
        default="", pattern=r"^[A-Za-z0-9._:-]{0,80}$", description="your own id of what happened"
    )
    when: AwareDatetime | None = Field(default=None, description="now where left out; never later than now")


class InteractionRequest(_Recording):
    """A call, a visit, a chat: it counts for pressure by its weight."""

    channel: str = Field(pattern=_WORD, description="call, visit, chat ...")
    topic: str = Field(
        default="", pattern=r"^[a-z0-9_ -]{0,60}$", description="a word or two, no personal data"
    )
    dealer: str = Field(default="", max_length=40)
    weight: float = Field(default=1.0, ge=0, le=10)


class ResponseRequest(_Recording):
    """What the customer did about a contact."""

    type: Literal["visited", "clicked", "replied"]
    contact: str = Field(default="", max_length=60)
    channel: str = Field(default="", max_length=40)


class CaseRequest(_Recording):
    """A complaint, dispute or recovery that begins. From now on no marketing leaves until it is closed."""

    type: Literal["complaint", "dispute", "recovery"] = "complaint"
    nature: str = Field(
        default="", pattern=r"^[a-z0-9_ -]{0,60}$", description="a word or two, no personal data"
    )
    severity: int = Field(default=1, ge=1, le=5)


class CloseRequest(BaseModel):
    """The case to close, as the customer's `cases` name it."""

    model_config = ConfigDict(extra="forbid")

    source: str = Field(pattern=_WORD)
    id: str = Field(min_length=1, max_length=120)


class PermissionRequest(BaseModel):
    """What the customer says; `*` stands for all channels or purposes, and for all divisions."""

    model_config = ConfigDict(extra="forbid")

    purpose: str = Field(pattern=r"^([a-z][a-z0-9_]{0,40}|\*)$")
    channel: str = Field(pattern=r"^([a-z][a-z0-9_]{0,40}|\*)$")
    division: str = Field(pattern=r"^([a-z][a-z0-9_]{0,40}|\*)$")
    status: Literal["granted", "withdrawn"]
    proof: str = Field(
        min_length=3, max_length=200, description="how it is known (`call 4711`), without personal data"
    )


class CancelRequest(BaseModel):
    """A contact that has not left yet."""

    model_config = ConfigDict(extra="forbid")

    contact: str = Field(min_length=1, max_length=60)


class StoppedView(BaseModel):
    """A contact that was cancelled (`cancelled`), or whose piece is asked back from the print vendor (`recalled`)."""

    contact: str
    trigger: str
    channel: str
    division: str
    outcome: Literal["cancelled", "recalled"]


class RecordedView(BaseModel):
    """What was recorded. `event` is its key on the timeline, empty where it stood already."""

    customer_id: str
    event: str
    id: str
    source: str
    stopped: list[StoppedView] = []


class PermissionsView(BaseModel):
    """The permissions as they stand now."""

    customer_id: str
    permissions: list[PermissionView]


class CancelledView(BaseModel):
    """Whether it was cancelled; false where it had left or ended before."""

    customer_id: str
    contact: str
    cancelled: bool


@router.post(
    "/customers/<customer_id>/interactions", roles=RECORDS, scope="customer", look="record", status_code=201,
    summary="Record an interaction",
)  # fmt: skip
def record_interaction(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[InteractionRequest, Body()],
) -> Answer[RecordedView]:
    """It counts in the customer's next decision."""
    event = Interaction(
        source=SOURCE, id=_id(request.id), when=_when(request.when), division=_mine(request.division),
        channel=request.channel, topic=request.topic, dealer=request.dealer, weight=request.weight,
    )  # fmt: skip
    return _recorded(event)


@router.post(
    "/customers/<customer_id>/responses", roles=RECORDS, scope="customer", look="record", status_code=201,
    summary="Record a response to a contact",
)  # fmt: skip
def record_response(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[ResponseRequest, Body()],
) -> Answer[RecordedView]:
    """Follow-ups see that there was an answer. What is said to an offer is recorded with the customer's offers."""
    event = Response(
        source=SOURCE, id=_id(request.id), when=_when(request.when), division=_mine(request.division),
        type=request.type, contact=request.contact, channel=request.channel,
    )  # fmt: skip
    return _recorded(event)


@router.post(
    "/customers/<customer_id>/cases", roles=RECORDS, scope="customer", look="record", status_code=201,
    summary="Open a case",
)  # fmt: skip
def open_case(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[CaseRequest, Body()],
) -> Answer[RecordedView]:
    """Marketing that waits is cancelled in the same transaction, and pieces at the print vendor are asked back."""
    when = _when(request.when)
    event = Case(
        source=SOURCE, id=_id(request.id), when=when, version="open", division=_mine(request.division),
        type=request.type, nature=request.nature, severity=request.severity, opened=when,
    )  # fmt: skip
    return _recorded(event)


@router.post(
    "/customers/<customer_id>/cases/close",
    roles=RECORDS,
    scope="customer",
    look="record",
    summary="Close a case",
)
def end_case(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[CloseRequest, Body()],
) -> RecordedView:
    """What the case held is decided anew; triggers that listen to `case.closed` propose at once."""
    outside, profile = wiring.wire(), seen().profile
    _mine(find_case(profile, request.source, request.id).division, hidden=True)
    done = close_case(
        outside.store, profile.customer_id, request.source, request.id,
        policy_of(outside.rulebooks.current()), outside.clock(), caller().id,
    )  # fmt: skip
    _tell(done)
    return _view(done, request.id, request.source)


@router.post(
    "/customers/<customer_id>/permissions", roles=("agent", "dealer", "privacy_officer", "engineer"), scope="customer",
    look="record", summary="Record a permission given or withdrawn",
)  # fmt: skip
def record_permission(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[PermissionRequest, Body()],
) -> PermissionsView:
    """At once: what a withdrawal covers and has not left is cancelled in the same transaction.

    Whoever is bound to divisions withdraws for all of them (a customer's no is taken everywhere), and grants in their own.
    """
    outside, who, profile = wiring.wire(), caller(), seen().profile
    rulebook = outside.rulebooks.current()
    if request.division != "*" and request.division not in rulebook.divisions:
        raise UnknownName("division", request.division, rulebook.divisions)
    if request.status == "granted" and who.bound and request.division not in who.divisions:
        raise NotAllowed("a permission is granted in your own divisions only; a withdrawal is taken for all")
    say = withdraw if request.status == "withdrawn" else grant
    after = say(
        outside.store, profile.customer_id, request.purpose, request.channel, request.division, outside.clock(),
        request.proof,
    )  # fmt: skip
    shown = visible_profile(after, who.divisions) if who.bound else after
    return PermissionsView(
        customer_id=after.customer_id,
        permissions=[
            PermissionView.model_validate(msgspec.structs.asdict(word)) for word in shown.permissions
        ],
    )


@router.post(
    "/customers/<customer_id>/contacts/cancel", roles=("agent", "marketer", "engineer"), scope="customer",
    look="record", summary="Cancel a contact that has not left",
)  # fmt: skip
def cancel_contact(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[CancelRequest, Body()],
) -> CancelledView:
    """It comes out of the plan and its slot is free again. What has left is not cancelled."""
    outside, who, profile = wiring.wire(), caller(), seen().profile
    held = next((c for c in profile.contacts if c.contact == request.contact), None)
    if held is None or (who.bound and held.division not in who.divisions):
        raise NotFound("this customer has no such contact")
    done = held.state in OPEN and cancel(
        outside.store,
        profile.customer_id,
        held.trigger,
        held.occurrence,
        "cancelled by a person",
        outside.clock(),
    )
    return CancelledView(customer_id=profile.customer_id, contact=request.contact, cancelled=done)


def _recorded(event: Interaction | Response | Case) -> Answer[RecordedView]:
    outside = wiring.wire()
    rulebook = outside.rulebooks.current()
    done = record(outside.store, seen().profile.customer_id, event, policy_of(rulebook), outside.clock())
    _tell(done)
    return Answer(201, content_type="application/json", body=_view(done, event.id, event.source))


def _tell(done: Recorded) -> None:
    """Tell whoever decides on events; sent again when the request is, which changes nothing."""
    if done.event:
        message = EventMessage(done.profile.customer_id, [done.event])
        wiring.wire().events.send([msgspec.json.encode(message)])


def _view(done: Recorded, id_: str, source: str) -> RecordedView:
    who = caller()
    return RecordedView(
        customer_id=done.profile.customer_id, event=done.event, id=id_, source=source,
        stopped=[_stopped(c) for c in done.stopped if not who.bound or c.division in who.divisions],
    )  # fmt: skip


def _stopped(contact: Contact) -> StoppedView:
    return StoppedView(
        contact=contact.id, trigger=contact.trigger, channel=contact.channel, division=contact.division,
        outcome="recalled" if contact.recall else "cancelled",
    )  # fmt: skip


def _mine(division: str, *, hidden: bool = False) -> str:
    """The division, if it is one and the caller's. `hidden`: say `not found` where it is another's."""
    known, who = wiring.wire().rulebooks.current().divisions, caller()
    if who.bound and division not in who.divisions:
        if hidden:
            raise NotFound("this customer has no such case")
        raise NotAllowed(
            f"you record in your own divisions ({', '.join(sorted(who.divisions))}), not in {division!r}"
        )
    if division not in known and not hidden:
        raise UnknownName("division", division, known)
    return division


def _when(asked: datetime | None) -> datetime:
    now = wiring.wire().clock()
    if asked is not None and asked > now:
        raise RefusedInput("when: lies ahead; what has not happened yet is not recorded")
    return asked or now


def _id(asked: str) -> str:
    return asked or wiring.wire().new_id()
