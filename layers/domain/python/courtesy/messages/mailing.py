"""What a mailing is: its register (ours), its manifest and its announcement (the vendor's), and their exact bytes."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from courtesy.messages.postal import PostalAddress
from courtesy.messages.rules import PrintProduct

ANNOUNCEMENT = "courtesy.mailing.v1"
"""Names the form of the message on the vendor's queue; a changed form gets a new name."""

RECALL = "courtesy.recall.v1"
"""Names the form of the message that asks pieces back."""


LOOK = "courtesy.look.v1"
"""Names the form of the message that has a vendor with an API asked what became of a mailing; it never leaves the house."""


class Piece(msgspec.Struct, frozen=True, omit_defaults=True):
    """One printed piece. `id` is the contact id; `file` is relative to the mailing's folder.

    back, back_sha256: where the vendor takes front and back apart, `file` is the front; `pages` counts both
    customer_id, trigger, occurrence, address: ours alone, so that a report finds its contact; never told to the vendor
    """

    id: str
    file: str
    sha256: str
    pages: int
    to: PostalAddress
    customer_id: str
    trigger: str
    occurrence: str
    address: str = ""
    back: str = ""
    back_sha256: str = ""


class PrintProductSize(msgspec.Struct, frozen=True, omit_defaults=True):
    """The product's name, the size of its file in inches, and how its sides are handed over."""

    name: str
    file_width: float
    file_height: float
    files: Literal["one", "front_back"] = "one"


class Register(msgspec.Struct, frozen=True):
    """What a mailing consists of, for good. Everything else of it is made from this."""

    mailing_id: str
    vendor: str
    channel: str
    product: PrintProductSize
    made: datetime
    pieces: list[Piece]


def size_of(product: PrintProduct) -> PrintProductSize:
    """The size of a product's file: the trimmed piece and the bleed on each side."""
    return PrintProductSize(
        product.name, product.width + 2 * product.bleed, product.height + 2 * product.bleed, product.files
    )


def mailing_id_of(run: str, vendor: str, channel: str, day: datetime) -> str:
    """The id of the mailing that one run makes for one vendor and channel: the day and 16 hexadecimal digits."""
    told = hashlib.sha256(f"{run}\0{vendor}\0{channel}".encode()).hexdigest()[:16]
    return f"{day:%Y%m%d}-{channel}-{told}"


class ManifestLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of a manifest: the piece, its file and where it goes. `address_country`: ISO 3166, two letters.

    back, back_sha256: only where the announcement says `front_back`; `file` is the front then, and `pages` counts both
    """

    piece_id: str
    file: str
    sha256: str
    pages: int
    name: str
    company: str
    address_line1: str
    address_line2: str
    address_city: str
    address_state: str
    address_zip: str
    address_country: str
    back: str = ""
    back_sha256: str = ""


class Announcement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """The message that tells a vendor of a mailing. `folder`: below the lake's bucket; sizes in inches, bleed included.

    files: `one` PDF per piece with a page for each side (left out then), or `front_back`, two of a page each
    """

    schema: str
    mailing_id: str
    vendor: str
    channel: str
    product: str
    file_width_in: float
    file_height_in: float
    made_at: datetime
    folder: str
    manifest: str
    manifest_sha256: str
    pieces: int
    pages: int
    files: Literal["one", "front_back"] = "one"


class Recall(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The message that asks a vendor not to mail pieces of a mailing. It may come more than once, and before the mailing."""

    schema: str
    mailing_id: str
    vendor: str
    channel: str
    pieces: list[str]


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The message that has a vendor asked what became of a mailing."""

    schema: str
    mailing_id: str
    vendor: str
    channel: str


def look(vendor: str, channel: str, mailing_id: str) -> bytes:
    """The message that has a vendor asked what became of a mailing."""
    return msgspec.json.encode(Look(schema=LOOK, mailing_id=mailing_id, vendor=vendor, channel=channel))


def recall(vendor: str, channel: str, mailing_id: str, pieces: Iterable[str]) -> bytes:
    """The message that asks pieces back."""
    return msgspec.json.encode(
        Recall(schema=RECALL, mailing_id=mailing_id, vendor=vendor, channel=channel, pieces=sorted(pieces))
    )


def manifest(register: Register) -> bytes:
    """The vendor's list: JSON Lines, one piece each, in the register's order. No spreadsheet reads formulas in it."""
    lines = [
        msgspec.json.encode(
            ManifestLine(
                piece.id,
                piece.file,
                piece.sha256,
                piece.pages,
                piece.to.name,
                piece.to.company,
                piece.to.line1,
                piece.to.line2,
                piece.to.city,
                piece.to.state,
                piece.to.postcode,
                piece.to.country,
                piece.back,
                piece.back_sha256,
            )
        )
        for piece in register.pieces
    ]
    return b"\n".join(lines) + b"\n"


def announcement(register: Register) -> bytes:
    """The message that tells the vendor of a mailing; the same bytes however often it is sent."""
    return msgspec.json.encode(
        Announcement(
            schema=ANNOUNCEMENT,
            mailing_id=register.mailing_id,
            vendor=register.vendor,
            channel=register.channel,
            product=register.product.name,
            file_width_in=register.product.file_width,
            file_height_in=register.product.file_height,
            made_at=register.made,
            folder=folder(register.vendor, register.mailing_id),
            manifest="manifest.jsonl",
            manifest_sha256=hashlib.sha256(manifest(register)).hexdigest(),
            pieces=len(register.pieces),
            pages=sum(piece.pages for piece in register.pieces),
            files=register.product.files,
        )
    )


def folder(vendor: str, mailing_id: str) -> str:
    """Where a mailing stands in the lake, with a slash at the end."""
    return f"mailings/{vendor}/{mailing_id}/"


def encode_register(register: Register) -> bytes:
    """The register as one JSON document."""
    return msgspec.json.encode(register)


def decode_register(document: bytes) -> Register:
    """The register of a document made by `encode_register`. Raises msgspec.ValidationError when it is none."""
    return msgspec.json.decode(document, type=Register)
