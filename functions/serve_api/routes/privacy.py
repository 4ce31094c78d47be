"""Privacy: access, correction, restriction, erasure and its certificate, for the privacy officer."""

from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler.api_gateway import Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel, ConfigDict, Field

from courtesy.errors import NotFound
from courtesy.privacy.access import Accessing, access
from courtesy.privacy.certificate import EVERYBODY, Certificate, ask_for, asked_for, certificate_of
from courtesy.privacy.correct import Correcting, correct
from courtesy.privacy.erase import Erasing, begin
from courtesy.privacy.withdraw import record_privacy
from courtesy.timeline.events import Look, Privacy
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller, seen
from functions.serve_api.routes.customers import CustomerId

router = Router("privacy")
OFFICER = ("privacy_officer",)


class AccessView(BaseModel):
    """Everything held on the person; `form` names the shape."""

    document: dict[str, Any]


class CorrectionRequest(BaseModel):
    """Canonical person fields with the values that are right."""

    model_config = ConfigDict(extra="forbid")

    fields: dict[str, str | bool] = Field(min_length=1, max_length=24)


class StandingsView(BaseModel):
    """What stands for the person: restriction, objection, erasure, deceased, gone_away."""

    customer_id: str
    standings: list[str]


class RepeatedView(BaseModel):
    """The erasures that have work left at this moment; customer_id -> `running`. Those that the round finds come on top."""

    erasures: dict[str, str]


class CertificateView(BaseModel):
    """What was done about an erasure. `waiting`: pieces at the print vendor were asked back; it goes on each night."""

    customer_id: str
    status: str
    requested: str
    finished: str | None
    done: dict[str, int] = Field(description="what -> how many were removed")
    pieces: int = Field(description="printed pieces whose recall is not answered")
    runs: int = Field(description="how often it came to its end; the second is that of the following night")
    looked: int = Field(description="objects in the buckets that were looked through")
    objects: int = Field(description="how many there are; 0 until the search has begun")
    remains: list[str] = Field(description="what stays, and why nobody can be found by it")


_CERTIFICATE: Any = {"application/json": {"model": CertificateView}}
ERASED_OR_UNDER_WAY: Any = {
    200: {"description": "It was done before; the certificate", "content": _CERTIFICATE},
    202: {"description": "The person is blocked, the rest is under way", "content": _CERTIFICATE},
}


@router.get(
    "/customers/<customer_id>/access",
    roles=OFFICER,
    scope="customer",
    look="access",
    rate="heavy",
    summary="All that is held",
)
def get_access(customer_id: CustomerId) -> AccessView:  # noqa: ARG001 - read at the gate
    """Profile, events, identity, decisions, sources, recipients and purposes as one machine-readable document."""
    outside, profile = wiring.wire(), seen().profile
    id_, *former = ids = outside.ids_of(profile)
    rulebook = outside.rulebooks.current()
    asked = Accessing(
        outside.store, outside.index, outside.lake, rulebook, outside.log.of(ids), outside.clock(), former
    )
    return AccessView(document=access(id_, asked))


@router.post(
    "/customers/<customer_id>/correction",
    roles=OFFICER,
    scope="customer",
    look="correction",
    summary="Put right",
)
def post_correction(
    customer_id: CustomerId,  # noqa: ARG001 - read at the gate
    request: Annotated[CorrectionRequest, Body()],
) -> StandingsView:
    """The values become a source record that every source yields to; the person is found by them from now on, and not by
    what was wrong. The source should be told too."""
    outside = wiring.wire()
    region = outside.rulebooks.current().identity.region
    asked = Correcting(outside.store, outside.index, outside.key(), region, outside.clock())
    profile = correct(seen().profile.customer_id, request.fields, asked)
    return StandingsView(customer_id=profile.customer_id, standings=profile.privacy)


@router.put(
    "/customers/<customer_id>/restriction",
    roles=OFFICER,
    scope="customer",
    look="restriction",
    summary="Freeze",
)
def put_restriction(customer_id: CustomerId) -> StandingsView:  # noqa: ARG001 - read at the gate
    """No segments and no contacts from now on; what waits is cancelled or asked back."""
    return _stand("on")


@router.delete(
    "/customers/<customer_id>/restriction",
    roles=OFFICER,
    scope="customer",
    look="restriction",
    summary="Unfreeze",
)
def delete_restriction(customer_id: CustomerId) -> StandingsView:  # noqa: ARG001 - read at the gate
    """The next cycle places the customer again."""
    return _stand("off")


@router.post(
    "/customers/<customer_id>/erasure",
    roles=OFFICER,
    scope="customer",
    status_code=202,
    summary="Erase, or go on erasing",
    responses=ERASED_OR_UNDER_WAY,
)
def post_erasure(customer_id: CustomerId) -> Response[CertificateView]:  # noqa: ARG001 - read at the gate
    """Nobody may contact the customer from this instant. The stores are emptied by a job that begins within a minute; the
    certificate at the address in `Location` tells how far it is. Where all is done already, 200 and the certificate."""
    outside, id_ = wiring.wire(), seen().profile.customer_id
    try:
        held = certificate_of(outside.lake, id_)
    except NotFound:
        held = None
    ended = held is not None and held.status == "done" and not _is_back(id_)
    if ended and held is not None:
        return Response(200, content_type="application/json", body=_shown(held))
    begun = begin(id_, _erasing())
    outside.answers.forget((id_, *begun.ids))
    return Response(
        202,
        content_type="application/json",
        body=_shown(begun),
        headers={"Location": f"/customers/{id_}/erasure"},
    )


@router.post(
    "/erasures/repeat",
    roles=OFFICER,
    summary="Go on with all erasures, and do them again after a restore",
)
def post_repeat() -> RepeatedView:
    """Asks for the round that is made each night, within a minute: whoever waits is gone on with; whoever a restored table
    brought back is erased anew by the certificates in the lake."""
    lake = wiring.wire().lake
    ask_for(lake, EVERYBODY, caller().id)
    return RepeatedView(erasures={id_: "running" for id_ in sorted(asked_for(lake)) if id_ != EVERYBODY})


@router.get(
    "/customers/<customer_id>/erasure",
    roles=OFFICER,
    scope="customer",
    summary="The certificate of an erasure",
)
def get_erasure(customer_id: CustomerId) -> CertificateView:  # noqa: ARG001 - read at the gate
    """What was done and what stays; it holds no personal data."""
    return _shown(certificate_of(wiring.wire().lake, seen().profile.customer_id))


def _is_back(customer_id: str) -> bool:
    """Whether an erased customer has anything but the standing, as after a restore."""
    events = wiring.wire().store.read_timeline(customer_id)
    return any(not isinstance(event, (Privacy, Look)) for event in events)


def _erasing() -> Erasing:
    outside = wiring.wire()
    rulebook, key = outside.rulebooks.current(), outside.key()
    return Erasing(outside.store, outside.index, outside.lake, rulebook, key, outside.clock(), caller().id)


def _stand(status: Any) -> StandingsView:
    outside = wiring.wire()
    profile = record_privacy(
        outside.store,
        seen().profile.customer_id,
        "restriction",
        status,
        outside.rulebooks.current(),
        outside.clock(),
    )
    return StandingsView(customer_id=profile.customer_id, standings=profile.privacy)


def _shown(certificate: Certificate) -> CertificateView:
    told = msgspec.to_builtins(certificate)
    return CertificateView(**{name: told[name] for name in CertificateView.model_fields})
