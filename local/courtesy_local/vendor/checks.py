"""What a print vendor checks before it prints: announcement, manifest, checksums, and every page of the artwork."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from ctypes import c_int
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pypdfium2
import pypdfium2.raw as pdfium

from courtesy.messages.mailing import ANNOUNCEMENT, Announcement, ManifestLine
from courtesy.messages.rules import Area, PrintProduct

POINTS = 72.0
"""PDF points per inch."""
TOLERANCE = 1.0
"""Points by which a page may differ from its size."""

Read = Callable[[str], bytes]
"""Gives the bytes of a file of the mailing by its name below the mailing's folder; raises KeyError where there is none."""


@dataclass
class Checked:
    """What was found: `problems` of the mailing as a whole (nothing is printed), `faults` of single pieces, by piece id."""

    mailing_id: str = ""
    pieces: list[ManifestLine] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def good(self) -> list[ManifestLine]:
        """The pieces that can be printed."""
        return [] if self.problems else [piece for piece in self.pieces if piece.piece_id not in self.faults]


def check_mailing(told: bytes, read: Read, product: PrintProduct | None = None) -> Checked:
    """Check an announced mailing as a printer would. `product`: with it also the safe zone and the free area are checked."""
    checked = Checked()
    try:
        announced = msgspec.json.decode(told, type=Announcement)
    except msgspec.DecodeError as error:
        checked.problems.append(f"announcement: {error}")
        return checked
    checked.mailing_id = announced.mailing_id
    if announced.schema != ANNOUNCEMENT:
        checked.problems.append(f"announcement: schema {announced.schema!r} is not {ANNOUNCEMENT!r}")
    try:
        listed = read(announced.manifest)
    except KeyError:
        checked.problems.append(f"{announced.manifest}: missing")
        return checked
    if hashlib.sha256(listed).hexdigest() != announced.manifest_sha256:
        checked.problems.append(f"{announced.manifest}: its checksum is not the announced one")
    for number, line in enumerate(listed.splitlines(), 1):
        try:
            checked.pieces.append(msgspec.json.decode(line, type=ManifestLine))
        except msgspec.DecodeError as error:
            checked.problems.append(f"{announced.manifest}: line {number}: {error}")
    if len(checked.pieces) != announced.pieces:
        checked.problems.append(f"{announced.pieces} pieces announced, {len(checked.pieces)} listed")
    if len({piece.piece_id for piece in checked.pieces}) != len(checked.pieces):
        checked.problems.append("a piece is listed twice")
    for piece in checked.pieces:
        fault = _piece_fault(piece, read, announced, product)
        if fault:
            checked.faults[piece.piece_id] = fault
    return checked


def _piece_fault(
    piece: ManifestLine, read: Read, announced: Announcement, product: PrintProduct | None
) -> str:
    """Why a piece cannot be printed, one word; empty where it can."""
    if not (piece.name or piece.company) or not piece.address_line1 or not piece.address_city:
        return "address"
    if bool(piece.back) != (announced.files == "front_back"):
        return "sides"
    parts = [(piece.file, piece.sha256)] + ([(piece.back, piece.back_sha256)] if piece.back else [])
    pages = 0
    for file, checksum in parts:
        try:
            content = read(file)
        except KeyError:
            return "file_missing"
        if hashlib.sha256(content).hexdigest() != checksum:
            return "checksum"
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError:
            return "artwork"
        with closing(document):
            if piece.back and len(document) != 1:
                return "pages"
            fault = next(filter(None, _page_faults(document, piece, announced, product, pages)), "")
            pages += len(document)
        if fault:
            return fault
    return "" if pages == piece.pages else "pages"


def _page_faults(
    document: Any, piece: ManifestLine, announced: Announcement, product: PrintProduct | None, before: int
) -> Iterator[str]:
    """What is wrong with each page, one word, empty where nothing is. `before`: pages of the piece in files before this one."""
    for number, page in enumerate(document, before + 1):
        width, height = (points / POINTS for points in page.get_size())
        off = max(abs(width - announced.file_width_in), abs(height - announced.file_height_in))
        if off * POINTS > TOLERANCE:
            yield "size"
        elif not all(_embedded(page)):
            yield "font"
        elif product is not None and outside_zones(page, product, last=number == piece.pages):
            yield "zone"


def _embedded(page: Any) -> Iterator[bool]:
    for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
        yield pdfium.FPDFFont_GetIsEmbedded(pdfium.FPDFTextObj_GetFont(item)) == 1


def outside_zones(page: Any, product: PrintProduct, *, last: bool) -> list[str]:
    """Characters of the page that stand nearer to the trim than `safe`, or in the free area of the last side."""
    height = page.get_height()
    safe = Area(
        left=product.safe,
        top=product.safe,
        width=product.width - 2 * product.safe,
        height=product.height - 2 * product.safe,
    )
    wrong = []
    for letter, box in characters(page):
        left, top = box[0] / POINTS - product.bleed, (height - box[3]) / POINTS - product.bleed
        right, bottom = box[2] / POINTS - product.bleed, (height - box[1]) / POINTS - product.bleed
        free = product.free if last else None
        if not (
            left >= safe.left
            and top >= safe.top
            and right <= safe.left + safe.width
            and bottom <= safe.top + safe.height
        ) or (
            free is not None
            and left < free.left + free.width
            and right > free.left
            and top < free.top + free.height
            and bottom > free.top
        ):
            wrong.append(letter)
    return wrong


def characters(page: Any) -> Iterable[tuple[str, tuple[float, float, float, float]]]:
    """Every printed character of a page with its box (left, bottom, right, top) in points."""
    text = page.get_textpage()
    for number in range(text.count_chars()):
        code = pdfium.FPDFText_GetUnicode(text, c_int(number))
        letter = chr(code)
        if not letter.isspace() and code:
            yield letter, text.get_charbox(number)
