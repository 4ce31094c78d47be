"""Privacy: access, correction, restriction, erasure and its certificate, for the privacy officer."""

from typing import Annotated, Any

import msgspec
from aws_lambda_powertools.event_handler.openapi.params import Body
from pydantic import BaseModel, ConfigDict, Field

from courtesy.privacy.access import Accessing, access
from courtesy.privacy.correct import correct
from courtesy.privacy.erase import Certificate, Erasing, certificate_of, erase, go_on, repeat_all
from courtesy.privacy.withdraw import record_privacy
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
    """The erasures that were gone on with, or done again because the customer had come back; customer_id -> status."""

    erasures: dict[str, str]


class CertificateView(BaseModel):
    """What was done about an erasure. `waiting`: pieces at the print vendor were asked back; post again to go on."""

    customer_id: str
    status: str
    requested: str
    finished: str | None
    done: dict[str, int] = Field(description="what -> how many were removed")
    pieces: int = Field(description="printed pieces whose recall is not answered")
    runs: int
    remains: list[str] = Field(description="what stays, and why nobody can be found by it")


@router.get(
    "/customers/<customer_id>/access",
    roles=OFFICER,
    scope="customer",
    look="access",
    summary="All that is held",
)
def get_access(customer_id: CustomerId) -> AccessView:  # noqa: ARG001 - read at the gate
    """Profile, events, identity, decisions, sources, recipients and purposes as one machine-readable document."""
    outside, id_ = wiring.wire(), seen().profile.customer_id
    asked = Accessing(
        outside.store,
        outside.index,
        outside.lake,
        outside.rulebooks.current(),
        outside.log.of(id_),
        outside.clock(),
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
    """The values become a source record that every source yields to. The source should be told too."""
    outside = wiring.wire()
    region = outside.rulebooks.current().identity.region
    profile = correct(outside.store, seen().profile.customer_id, request.fields, region, outside.clock())
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
    "/customers/<customer_id>/erasure", roles=OFFICER, scope="customer", summary="Erase, or go on erasing"
)
def post_erasure(customer_id: CustomerId) -> CertificateView:  # noqa: ARG001 - read at the gate
    """Nobody may contact the customer from this instant. All stores are emptied; a call that died is made good by the next."""
    return _shown(erase(seen().profile.customer_id, _erasing()))


@router.post(
    "/erasures/repeat", roles=OFFICER, summary="Go on with all erasures, and do them again after a restore"
)
def post_repeat() -> RepeatedView:
    """Whoever waits is gone on with; whoever a restored table brought back is erased anew by the certificates in the lake."""
    erasing = _erasing()
    done = [*go_on(erasing), *repeat_all(erasing)]
    return RepeatedView(erasures={certificate.customer_id: certificate.status for certificate in done})


@router.get(
    "/customers/<customer_id>/erasure",
    roles=OFFICER,
    scope="customer",
    summary="The certificate of an erasure",
)
def get_erasure(customer_id: CustomerId) -> CertificateView:  # noqa: ARG001 - read at the gate
    """What was done and what stays; it holds no personal data."""
    return _shown(certificate_of(wiring.wire().lake, seen().profile.customer_id))


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
