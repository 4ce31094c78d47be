"""Offers of a customer and what was answered to them; the fulfilment queue.

Agents and dealers see and answer the offers of their divisions only.
"""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.decisions.fulfilment import record_fulfilment, to_fulfil
from courtesy.decisions.offers import MadeOffer, offers_of
from courtesy.decisions.respond import respond
from courtesy.errors import NotFound
from courtesy.privacy.visible import visible_profile
from courtesy.timeline.profile import Profile
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller, seen

router = Router("offers")
ANSWERS = ("agent", "dealer", "engineer")
SEES = (*ANSWERS, "marketer", "privacy_officer")
FULFILS = ("agent", "marketer", "engineer")
CustomerId = Annotated[str, Path(pattern=r"^c[a-z0-9]{20,40}$", description="customer_id")]
_NAMED = r"^[A-Za-z0-9_-]{1,40}$"
Named = Annotated[str, Path(pattern=_NAMED, description="the offer's code, or its id")]
_REFERENCE = r"^[A-Za-z0-9 ._:/-]{0,60}$"


class OfferView(BaseModel):
    """An offer as it was made to this customer; the code is the same in every channel."""

    offer: str
    code: str
    state: str = Field(description="offered, shown, accepted, declined, redeemed, fulfilled or failed")
    since: datetime
    until: datetime | None = Field(description="end of its validity, excluded")
    usable: bool = Field(description="the code may be used now")
    channels: list[str]
    contacts: list[str]


class OffersView(BaseModel):
    """All offers of one customer, the one good for longest last."""

    customer_id: str
    offers: list[OfferView]


class AnswerRequest(BaseModel):
    """Where it was said, and the reference of the sale it belongs to. No personal data."""

    model_config = ConfigDict(extra="forbid")

    channel: str = Field(default="", pattern=r"^[a-z0-9_]{0,40}$")
    reference: str = Field(default="", pattern=_REFERENCE)


class ToFulfilView(BaseModel):
    """A redemption to be worked off; failed: it was tried before, without success."""

    customer_id: str
    offer: str
    code: str
    redeemed: datetime
    cost: int = Field(description="minor units")
    failed: bool


class QueueView(BaseModel):
    """Redemptions that wait for their fulfilment, oldest first."""

    waiting: list[ToFulfilView]


class FulfilmentRequest(BaseModel):
    """What became of a redemption. A failed one waits on, unless it is given up."""

    model_config = ConfigDict(extra="forbid")

    customer_id: str = Field(pattern=r"^c[a-z0-9]{20,40}$")
    code: str = Field(pattern=_NAMED)
    outcome: Literal["fulfilled", "failed"]
    reference: str = Field(default="", pattern=_REFERENCE, description="of the delivery, or why it failed")
    give_up: bool = False


@router.get(
    "/customers/<customer_id>/offers", roles=SEES, scope="customer", look="offers", summary="Offers of a customer"
)  # fmt: skip
def list_offers(customer_id: CustomerId) -> OffersView:  # noqa: ARG001 - read at the gate
    """Every offer that was made to the customer, or answered by them, with its code and how far it got."""
    profile = seen().profile
    return OffersView(customer_id=profile.customer_id, offers=[_view(o) for o in _visible(profile)])


@router.post(
    "/customers/<customer_id>/offers/<named>/accept", roles=ANSWERS, scope="customer", summary="The customer accepts"
)  # fmt: skip
def accept_offer(
    customer_id: CustomerId, named: Named, request: Annotated[AnswerRequest, Body()]
) -> OfferView:
    """Twice is once. 400 where the offer is no longer good, 404 where it was not made to this customer."""
    return _answer(customer_id, named, "accepted", request)


@router.post(
    "/customers/<customer_id>/offers/<named>/decline", roles=ANSWERS, scope="customer", summary="The customer declines"
)  # fmt: skip
def decline_offer(
    customer_id: CustomerId, named: Named, request: Annotated[AnswerRequest, Body()]
) -> OfferView:
    """Rests the offer in every channel: what waits with it is cancelled, and nobody makes it again for a while."""
    return _answer(customer_id, named, "declined", request)


@router.post(
    "/customers/<customer_id>/offers/<named>/redeem", roles=ANSWERS, scope="customer", summary="The customer redeems"
)  # fmt: skip
def redeem_offer(
    customer_id: CustomerId, named: Named, request: Annotated[AnswerRequest, Body()]
) -> OfferView:
    """Uses the code up. Where the offer wants a fulfilment, it stands in the queue from now on."""
    return _answer(customer_id, named, "redeemed", request)


@router.get("/fulfilment", roles=FULFILS, scope="divisions", summary="Redemptions to be worked off")
def list_fulfilment(limit: Annotated[int, Query(ge=1, le=200)] = 50) -> QueueView:
    """Redeemed offers that were not fulfilled yet, and those whose fulfilment failed."""
    outside = wiring.wire()
    waiting = to_fulfil(outside.store, outside.rulebooks.current(), outside.clock(), limit)
    if caller().bound:
        waiting = [w for w in waiting if _is_visible(w.customer_id, w.code, w.offer)]
    return QueueView(waiting=[ToFulfilView.model_validate(msgspec.structs.asdict(w)) for w in waiting])


@router.post("/fulfilment", roles=FULFILS, scope="divisions", summary="What became of a redemption")
def report_fulfilment(request: Annotated[FulfilmentRequest, Body()]) -> OfferView:
    """Records a delivery or its failure. Twice is once."""
    outside = wiring.wire()
    if caller().bound and not _is_visible(request.customer_id, request.code, request.code):
        raise NotFound("this customer was not made that offer")
    made = record_fulfilment(
        outside.store, outside.rulebooks.current(), request.customer_id, request.code,
        request.outcome == "fulfilled", outside.clock(), reference=request.reference, give_up=request.give_up,
    )  # fmt: skip
    return _view(made)


def _answer(
    customer_id: str,
    named: str,
    answer: Literal["accepted", "declined", "redeemed"],
    request: AnswerRequest,
) -> OfferView:
    outside, profile = wiring.wire(), seen().profile
    if caller().bound and not any(named in (o.code, o.offer) for o in _visible(profile)):
        raise NotFound("this customer was not made that offer")
    made = respond(
        outside.store, outside.rulebooks.current(), customer_id, named, answer, outside.clock(),
        channel=request.channel, reference=request.reference,
    )  # fmt: skip
    return _view(made)


def _visible(profile: Profile) -> list[MadeOffer]:
    who = caller()
    shown = visible_profile(profile, who.divisions) if who.bound else profile
    return offers_of(shown, wiring.wire().rulebooks.current().offers)


def _is_visible(customer_id: str, code: str, offer: str) -> bool:
    profile = wiring.wire().store.read_profile(customer_id).profile
    return any(code in (o.code, o.offer) and offer in (o.code, o.offer) for o in _visible(profile))


def _view(made: MadeOffer) -> OfferView:
    return OfferView(
        offer=made.offer, code=made.code, state=made.state, since=made.since, until=made.until,
        usable=made.usable(wiring.wire().clock()), channels=made.channels, contacts=made.contacts,
    )  # fmt: skip
