"""Customers: one by id, found by what a caller knows of them, and why they were or were not contacted."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import RefusedInput
from courtesy.privacy.visible import is_visible, visible_events, visible_profile
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller, seen
from functions.serve_api.views import CustomerView, customer_view

router = Router("customers")
CustomerId = Annotated[str, Path(pattern=r"^c[a-z0-9]{20,40}$", description="customer_id")]
SEES = ("agent", "dealer", "marketer", "privacy_officer", "engineer")


class FindRequest(BaseModel):
    """What is known of the person; each given field must lead to the customer."""

    model_config = ConfigDict(extra="forbid")

    email: str = ""
    phone: str = Field(default="", description="in any usual form; E.164 is best")
    country: str = Field(default="US", description="for phone numbers without a country code")
    loyalty_no: str = ""
    source: str = Field(default="", description="with `record`: the source's own id of the person")
    record: str = ""


class FoundView(BaseModel):
    """Customers that fit; empty where nobody does."""

    customers: list[str]


class ExplanationView(BaseModel):
    """Why a customer was or was not contacted: one sentence per decision, with the figures it used."""

    customer_id: str
    decisions: list[dict[str, object]]


@router.get("/customers/<customer_id>", roles=SEES, scope="customer", look="customer", summary="One customer")
def get_customer(
    customer_id: CustomerId,
    cursor: Annotated[str, Query(description="`next` of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> CustomerView:
    """Profile with the origin of each value, segments, permissions and a page of the timeline."""
    who, profile = caller(), seen().profile
    events = wiring.wire().store.read_timeline(profile.customer_id)
    if who.bound:
        profile, events = visible_profile(profile, who.divisions), visible_events(events, who.divisions)
    return customer_view(customer_id, profile, events, cursor, limit)


@router.post(
    "/customers/find",
    roles=SEES,
    scope="divisions",
    asks=True,
    summary="Find customers by what is known of them",
)
def find_customers(request: Annotated[FindRequest, Body()]) -> FoundView:
    """By exact keys: e-mail, phone, loyalty number, or a source's own id. The body is never written to a log."""
    if not any((request.email, request.phone, request.loyalty_no, request.source and request.record)):
        raise RefusedInput("give at least one of email, phone, loyalty_no, or source and record together")
    outside, who = wiring.wire(), caller()
    found = outside.find(
        email=request.email, phone=request.phone, country=request.country, loyalty_no=request.loyalty_no,
        subject=f"{request.source}/{request.record}" if request.source and request.record else "",
    )  # fmt: skip
    if who.bound:
        mine = sorted(who.divisions)
        found = [cid for cid in found if is_visible(outside.store.read_profile(cid).profile, mine)]
    return FoundView(customers=found)


@router.get(
    "/customers/<customer_id>/explain",
    roles=SEES,
    scope="customer",
    look="explain",
    summary="Why, and why not",
)
def explain_customer(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    trigger: Annotated[
        str, Query(pattern=r"^[a-z0-9_]{0,80}$", description="one trigger; without it all of them")
    ] = "",
) -> ExplanationView:
    """Each decision on this customer, newest first, in one sentence and with the figures it used; also those that were made
    before a merge under an id that leads here now."""
    who, profile, outside = caller(), seen().profile, wiring.wire()
    rows = outside.log.of(outside.ids_of(profile), trigger)
    if who.bound:
        rows = [row for row in rows if row.get("division") in who.divisions]
    return ExplanationView(customer_id=profile.customer_id, decisions=rows)
