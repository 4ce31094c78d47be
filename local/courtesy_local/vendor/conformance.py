"""The conformance kit for print vendors: a sample mailing to try one's own end on, and a check of what that end reports."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from courtesy.errors import RefusedInput
from courtesy.messages.mailing import (
    Piece,
    Register,
    announcement,
    decode_register,
    encode_register,
    manifest,
    size_of,
)
from courtesy.messages.postal import PostalAddress, postal_address
from courtesy.messages.samples import sample_profile
from courtesy.messages.vendor_status import read_status, reports_of
from courtesy_local.vendor.checks import check_mailing
from courtesy_local.vendor.preview import Preview

_PAGE = re.compile(rb"/Type\s*/Page[^s]")
ORDER = {"acknowledged": 1, "rejected": 2, "mailed": 3, "returned": 4}
"""The order in which a vendor reports on a piece."""


def write_sample(rulebook: Path, folder: Path, channel: str = "letter") -> int:
    """A small mailing of the shipped messages in the vendor's own form; how many pieces it has."""
    preview = Preview(rulebook)
    vendor_name = preview.rulebook.messages.printer_of(channel)
    vendor = preview.rulebook.messages.vendors[vendor_name]
    (folder / "pieces").mkdir(parents=True, exist_ok=True)
    pieces = []
    for number, trigger in enumerate(
        t for t in sorted(preview.rulebook.triggers) if channel in preview.channels(t)
    ):
        sample = ("ordinary", "german", "sparse")[number % 3]
        files: dict[str, str] = {}
        pages = 0
        for content in preview.files(trigger, channel, preview.sample(trigger, sample)):
            checksum = hashlib.sha256(content).hexdigest()
            file = f"pieces/sample-{number}-{checksum[:12]}.pdf"
            (folder / file).write_bytes(content)
            files[file] = checksum
            pages += len(_PAGE.findall(content))
        to = postal_address(
            sample_profile(sample, preview.rulebook, preview.rulebook.triggers[trigger].division), vendor
        )
        assert isinstance(to, PostalAddress)  # noqa: S101 - the samples' addresses are good
        (file, checksum), back = next(iter(files.items())), list(files.items())[1:]
        piece = Piece(f"sample-{number}", file, checksum, pages, to, "c", trigger, "sample")
        pieces.append(replace(piece, back=back[0][0], back_sha256=back[0][1]) if back else piece)
    register = Register(
        "sample-1",
        vendor_name,
        channel,
        size_of(preview.product(channel)),
        datetime(2026, 3, 2, tzinfo=UTC),
        pieces,
    )
    (folder / "manifest.jsonl").write_bytes(manifest(register))
    (folder / "announcement.json").write_bytes(announcement(register))
    (folder / "register.json").write_bytes(encode_register(register))
    return len(pieces)


def check_folder(folder: Path) -> dict[str, Any]:
    """What is wrong with a mailing's folder and with the reports in its `status.jsonl`, one text each.

    `{"pieces", "problems", "reports", "status_problems"}`
    """

    def read(name: str) -> bytes:
        path = folder / name
        if not path.is_file() or ".." in Path(name).parts:
            raise KeyError(name)
        return path.read_bytes()

    checked = check_mailing((folder / "announcement.json").read_bytes(), read)
    problems = [*checked.problems, *(f"{piece}: {fault}" for piece, fault in sorted(checked.faults.items()))]
    reports, wrong = _check_reports(folder)
    return {"pieces": len(checked.pieces), "problems": problems, "reports": reports, "status_problems": wrong}


def _check_reports(folder: Path) -> tuple[int, list[str]]:
    status_file, register_file = folder / "status.jsonl", folder / "register.json"
    if not status_file.exists():
        return 0, []
    register = decode_register(register_file.read_bytes()) if register_file.exists() else None
    wrong: list[str] = []
    last: dict[str, int] = {}
    number = 0
    for number, line in enumerate(status_file.read_bytes().splitlines(), 1):
        try:
            status = read_status(msgspec.json.decode(line))
        except (RefusedInput, msgspec.DecodeError) as error:
            wrong.append(f"status.jsonl: line {number}: {error}")
            continue
        if register is None:
            continue
        if status.mailing_id != register.mailing_id or status.vendor != register.vendor:
            wrong.append(f"status.jsonl: line {number}: is about another mailing or vendor")
            continue
        reports, unmatched = reports_of(status, register)
        wrong += [
            f"status.jsonl: line {number}: names a piece that the mailing does not have" for _ in unmatched
        ]
        for report in reports:
            piece, step = report.feedback.contact, ORDER[status.status]
            if step < last.get(piece, 0):
                wrong.append(f"status.jsonl: line {number}: {piece} is {status.status} after a later step")
            last[piece] = max(step, last.get(piece, 0))
    if register is not None:
        silent = [piece.id for piece in register.pieces if piece.id not in last]
        wrong += [
            f"no report on {piece}; acknowledge the mailing as a whole or each piece" for piece in silent
        ]
    return number, wrong
