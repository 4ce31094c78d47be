"""The quarantine: rows that did not pass, with line, column and reason, so that they can be fixed and replayed.

It lies in the encrypted lake and holds the rows' text; nothing of it goes into a log or a report.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from courtesy.errors import NotFound
from courtesy.intake.difference import BadRow
from courtesy.intake.report import Fault
from courtesy.ports import Lake

PART = 16 << 20
"""Bytes of a part, and a row: whoever reads or mends the quarantine holds one at a time."""


class QuarantinedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row in quarantine: where it stood, under which contract it failed, what is wrong, and its text."""

    source: str
    contract: int
    file: str
    line: int
    faults: list[Fault]
    text: str


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(QuarantinedRow)


def quarantine_path(source: str, file_id: str, part: int = 0) -> str:
    """Where the quarantined rows of a file lie in the lake; beyond PART bytes they lie in several parts."""
    return f"quarantine/{source}/{file_id}{f'.{part:05}' if part else ''}.jsonl"


def quarantine_parts(listing: Callable[[str], list[str]], source: str, file_id: str) -> list[str]:
    """Where the parts of a file's quarantine lie, in their order; `listing`: gives the paths below a prefix."""
    first = quarantine_path(source, file_id)
    return sorted(listing(first.removesuffix("jsonl")), key=lambda path: (path != first, path))


def write_quarantine(
    rows: Iterable[BadRow], source: str, contract: int, file: str, folder: Path, largest: int = PART
) -> Iterator[Path]:
    """Write rows as JSON lines to a local file for each part, which ends with the row that reaches `largest` bytes.

    A file may be deleted before the next one is asked for, so that a file all of whose rows are bad needs no more room.
    """
    left = iter(rows)
    for part in itertools.count():
        row = next(left, None)
        if row is None:
            return
        out = folder / f"quarantine-{part}.jsonl"
        with out.open("wb") as target:
            while row is not None:
                kept = QuarantinedRow(
                    source=source,
                    contract=contract,
                    file=file,
                    line=row.line,
                    faults=row.faults,
                    text=row.text,
                )
                target.write(_encoder.encode(kept) + b"\n")
                row = next(left, None) if target.tell() < largest else None
        yield out


def read_quarantine(lake: Lake, source: str, file_id: str, after: int = 0) -> Iterator[QuarantinedRow]:
    """The quarantined rows of a file but the first `after`, in the order they were written; none where there is no quarantine.

    One part is held at a time.
    """
    for path in quarantine_parts(lake.list, source, file_id):
        try:
            lines = lake.get(path).splitlines()
        except NotFound:  # it expired meanwhile
            continue
        for line in lines[after:]:
            yield _decoder.decode(line)
        after = max(0, after - len(lines))


def decode_quarantine(document: bytes) -> Iterator[QuarantinedRow]:
    """The rows of a quarantine file. Raises msgspec.ValidationError where it is none."""
    for line in document.splitlines():
        yield _decoder.decode(line)
