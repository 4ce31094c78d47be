"""Contacts of unknown outcome: listed for a person, who asks the provider and says what happened."""

from datetime import datetime
from typing import Annotated

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.decisions.policy import policy_of
from courtesy.decisions.settle import settle_by_person
from courtesy.decisions.unknown import unknown_contacts
from courtesy.errors import NotFound
from functions.serve_api import wiring
from functions.serve_api.gate import Router

router = Router("decisions")
SETTLES = ("engineer", "approver")


class UnknownView(BaseModel):
    """A contact that may or may not have gone out. It is never sent again, whatever is said of it."""

    customer_id: str
    contact: str
    trigger: str
    occurrence: str
    division: str
    purpose: str
    channel: str
    claimed: datetime
    mailing: str
    reason: str
    marketing: bool = Field(description="closed by itself after a day, still counted")


class UnknownsView(BaseModel):
    """Service and legal contacts first, then by age."""

    contacts: list[UnknownView]


class SettleRequest(BaseModel):
    """What the provider said."""

    model_config = ConfigDict(extra="forbid")

    customer_id: str = Field(pattern=r"^c[a-z0-9]{20,40}$")
    went_out: bool


class SettledView(BaseModel):
    """The contact is settled."""

    contact: str
    went_out: bool


@router.get("/contacts/unknown", roles=SETTLES, summary="Contacts of unknown outcome")
def list_unknown(limit: Annotated[int, Query(ge=1, le=500)] = 200) -> UnknownsView:
    """What was handed to a provider and neither confirmed nor refused. `limit`: contacts of each channel looked at."""
    outside = wiring.wire()
    policy = policy_of(outside.rulebooks.current())
    found = unknown_contacts(outside.store, policy, outside.clock(), limit)
    return UnknownsView(contacts=[UnknownView.model_validate(msgspec.structs.asdict(one)) for one in found])


@router.post("/contacts/<contact_id>/settle", roles=SETTLES, summary="Say whether a contact went out")
def settle_contact(
    contact_id: Annotated[str, Path(pattern=r"^k[a-f0-9]{24}$", description="contact id")],
    request: Annotated[SettleRequest, Body()],
) -> SettledView:
    """It ends as sent, or as refused, which gives its slot back. 404 where it is not of unknown outcome (any more)."""
    outside = wiring.wire()
    done = settle_by_person(outside.store, request.customer_id, contact_id, request.went_out, outside.clock())
    if not done:
        raise NotFound("this customer has no contact of unknown outcome with this id")
    return SettledView(contact=contact_id, went_out=request.went_out)
