"""What a print vendor reports on a mailing or its pieces, as `Feedback` events of the contacts.

A message: `{"schema": "courtesy.status.v1", "vendor", "mailing_id", "status", "at", "pieces": [{"piece_id", "code"}]}`;
without `pieces` it is about the whole mailing. Which customer a piece is for stands in our register, so a vendor can
only report on pieces that it was given.
"""

from datetime import datetime
from typing import Literal

import msgspec

from courtesy.errors import RefusedInput
from courtesy.messages.feedback import Report, Unmatched
from courtesy.messages.mailing import Register
from courtesy.timeline.events import Feedback

STATUS = "courtesy.status.v1"


class PieceStatus(msgspec.Struct, frozen=True):
    """One piece; `code`: the vendor's word for why it was rejected or returned; `cost`: minor units, where it differs."""

    piece_id: str
    code: str = ""
    cost: int = 0


class VendorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A vendor's report; `at` with a time zone."""

    schema: str
    vendor: str
    mailing_id: str
    status: Literal["acknowledged", "rejected", "mailed", "returned"]
    at: datetime
    pieces: list[PieceStatus] = []


def is_vendor_status(document: object) -> bool:
    """Whether a document claims to be a vendor's report."""
    return isinstance(document, dict) and str(document.get("schema", "")).startswith("courtesy.status.")


def read_status(document: object) -> VendorStatus:
    """The report. Raises RefusedInput with the member that is wrong."""
    try:
        status = msgspec.convert(document, type=VendorStatus)
    except msgspec.ValidationError as error:
        raise RefusedInput(f"vendor status: {error}") from None
    if status.schema != STATUS:
        raise RefusedInput(f"vendor status: schema {status.schema[:40]!r} is not known; send {STATUS!r}")
    if status.at.tzinfo is None:
        raise RefusedInput("vendor status: `at` has no time zone; write 2026-01-31T12:00:00Z")
    for name in (status.vendor, status.mailing_id):
        if not name or not all(c.isalnum() or c in "-_." for c in name):
            raise RefusedInput("vendor status: vendor and mailing_id are letters, digits, `-`, `_` and `.`")
    if status.status in ("rejected", "returned") and not status.pieces:
        raise RefusedInput(f"vendor status: {status.status!r} names its pieces")
    return status


def reports_of(status: VendorStatus, register: Register) -> tuple[list[Report], list[Unmatched]]:
    """The report on each piece that the mailing has, and an unmatched one for each that it has not."""
    held = {piece.id: piece for piece in register.pieces}
    named = status.pieces or [PieceStatus(piece.id) for piece in register.pieces]
    reports: list[Report] = []
    unmatched: list[Unmatched] = []
    for told in named:
        piece = held.get(told.piece_id)
        if piece is None:
            unmatched.append(Unmatched("unknown_piece"))
            continue
        feedback = Feedback(
            source=f"vendor-{status.vendor}",
            id=f"{status.mailing_id}/{piece.id}/{status.status}",
            when=status.at,
            contact=piece.id,
            channel=register.channel,
            type=status.status,
            address=piece.address,
            detail=told.code[:60],
            cost=told.cost,
        )
        reports.append(Report(piece.customer_id, feedback))
    return reports, unmatched
