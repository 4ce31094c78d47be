"""The quarantine: rows that did not pass, with line, column and reason, so that they can be fixed and replayed.

It lies in the encrypted lake and holds the rows' text; nothing of it goes into a log or a report.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from courtesy.errors import NotFound
from courtesy.intake.difference import BadRow
from courtesy.intake.report import Fault
from courtesy.ports import Lake


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


def quarantine_path(source: str, file_id: str) -> str:
    """Where the quarantined rows of a file lie in the lake."""
    return f"quarantine/{source}/{file_id}.jsonl"


def write_quarantine(rows: Iterable[BadRow], source: str, contract: int, file: str, out: Path) -> int:
    """Write rows as JSON lines to a local file; returns how many."""
    count = 0
    with out.open("wb") as target:
        for row in rows:
            kept = QuarantinedRow(
                source=source, contract=contract, file=file, line=row.line, faults=row.faults, text=row.text
            )
            target.write(_encoder.encode(kept) + b"\n")
            count += 1
    return count


def read_quarantine(lake: Lake, source: str, file_id: str) -> Iterator[QuarantinedRow]:
    """The quarantined rows of a file, in the order they were written; none where there is no quarantine."""
    try:
        document = lake.get(quarantine_path(source, file_id))
    except NotFound:
        return
    yield from decode_quarantine(document)


def decode_quarantine(document: bytes) -> Iterator[QuarantinedRow]:
    """The rows of a quarantine file. Raises msgspec.ValidationError where it is none."""
    for line in document.splitlines():
        yield _decoder.decode(line)
