"""Mailings: which were made, how their pieces stand, and calling one back before it leaves."""

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from courtesy.messages.mailing import Register
from courtesy.messages.mailings import call_back, find_register, list_registers, mailing_state
from functions.serve_api import wiring
from functions.serve_api.gate import Router, caller

router = Router("mailings")
READS = ("marketer", "approver", "engineer")
MailingId = Annotated[str, Path(pattern=r"^\d{8}-(letter|postcard)-[0-9a-f]{16}$")]


class MailingLine(BaseModel):
    """A mailing in a list."""

    mailing_id: str
    vendor: str
    channel: str
    product: str
    made: datetime
    pieces: int
    pages: int


class MailingsView(BaseModel):
    """The mailings, newest first."""

    mailings: list[MailingLine]
    next: str | None = Field(default=None, description="give it as `cursor` to see older ones")


class MailingView(MailingLine):
    """One mailing. states: pieces by state of their contact; recall: by how far a recall is, "" where none is wanted."""

    acknowledged: bool
    states: dict[str, int]
    recall: dict[str, int]
    recallable_until: datetime


class RecallRequest(BaseModel):
    """Why pieces are asked back from the vendor; it is kept with each of them."""

    model_config = ConfigDict(extra="forbid")

    because: str = Field(min_length=3, max_length=500)


class RecallView(BaseModel):
    """Pieces that are asked back from the vendor, and those for which it is too late."""

    mailing_id: str
    wanted: int
    too_late: int


@router.get("/mailings", roles=READS, summary="The mailings")
def list_mailings(
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
    cursor: Annotated[str, Query(pattern=r"^[0-9a-z-]{0,60}$", description="`next` of the page before")] = "",
) -> MailingsView:
    """Newest first."""
    outside = wiring.wire()
    found = list_registers(outside.lake, outside.vendors(), limit + 1, cursor)
    lines = [MailingLine.model_validate(_line(register)) for register in found[:limit]]
    return MailingsView(mailings=lines, next=lines[-1].mailing_id if len(found) > limit else None)


@router.get("/mailings/<mailing_id>", roles=READS, summary="One mailing")
def get_mailing(mailing_id: MailingId) -> MailingView:
    """How its pieces stand."""
    outside = wiring.wire()
    register = find_register(outside.lake, outside.vendors(), mailing_id)
    state = mailing_state(outside.store, outside.lake, register)
    return MailingView.model_validate(
        {
            **_line(register), "acknowledged": state.acknowledged, "states": state.states, "recall": state.recall,
            "recallable_until": state.recallable_until,
        }
    )  # fmt: skip


@router.post("/mailings/<mailing_id>/recall", roles=READS, summary="Call a mailing back")
def recall_mailing(
    mailing_id: MailingId,
    request: Annotated[RecallRequest, Body()],
) -> RecallView:
    """Marks each piece that may still be stopped; the vendor is asked within a minute, until it answers."""
    outside = wiring.wire()
    register = find_register(outside.lake, outside.vendors(), mailing_id)
    done = call_back(outside.store, register, outside.clock(), caller().id, request.because)
    return RecallView(mailing_id=mailing_id, wanted=done.wanted, too_late=done.too_late)


def _line(register: Register) -> dict[str, object]:
    return {
        "mailing_id": register.mailing_id, "vendor": register.vendor, "channel": register.channel,
        "product": register.product.name, "made": register.made, "pieces": len(register.pieces),
        "pages": sum(piece.pages for piece in register.pieces),
    }  # fmt: skip
