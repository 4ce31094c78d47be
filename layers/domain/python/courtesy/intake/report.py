"""The file report: how a dropped file ended, row by row counted, with its reasons, drift and timings."""

from datetime import datetime
from typing import NamedTuple

import msgspec

from courtesy.outcomes import FileOutcome


class Drop(NamedTuple):
    """A file that a source system uploaded. `key` is `{source}/{yyyy}/{mm}/{dd}/{file}`; `size` in bytes, -1 not known.

    put: what tells this upload from another under the same key (S3's sequencer or version), so that the same news of it
    delivered twice is told from the same file dropped twice.
    """

    key: str
    size: int = -1
    put: str = ""


class Fault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason why a row is in quarantine; never the value itself."""

    column: str
    reason: str
    expected: str = ""


class Count(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many rows went to quarantine for one reason, and the first line of them."""

    column: str
    reason: str
    rows: int
    line: int
    expected: str = ""


class Drift(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of shape against the file before it, or against the contract.

    kind: new_column, missing_column, retyped_column, nulls, rows, gone_held
    """

    kind: str
    column: str = ""
    before: str = ""
    now: str = ""


class ChunkCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What load_chunk did with one chunk: rows applied, how many of them changed a customer, customers made anew."""

    rows: int
    written: int = 0
    customers: int = 0


class FileReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a file ended: `outcomes/files/{source}/{file_id}.json`.

    rows_in = loaded + unchanged + quarantined, always (0 of each where the file was refused). While the outcome is
    `loading`, `loaded` is what is staged. gone: records closed because a full dump lacks them, beyond rows_in.
    duplicates: rows equal to another of the same file; superseded: rows of a key that the same file, or a newer one,
    says otherwise; both are among the unchanged. columns: share of empty values per column, for the next file's drift.
    same_as: the file_id with the same bytes, where the outcome is `repeated`. seconds: per step.
    """

    source: str
    file_id: str
    key: str
    outcome: FileOutcome
    at: datetime
    put: str = ""
    same_as: str = ""
    contract: int = 0
    stated: datetime | None = None
    bytes: int = 0
    rows_in: int = 0
    loaded: int = 0
    unchanged: int = 0
    quarantined: int = 0
    gone: int = 0
    duplicates: int = 0
    superseded: int = 0
    chunks: int = 0
    reason: str = ""
    text: str = ""
    line: int = 0
    column: str = ""
    reasons: list[Count] = []
    drift: list[Drift] = []
    columns: dict[str, float] = {}
    customers: int = 0
    seconds: dict[str, float] = {}
    finished: datetime | None = None

    @property
    def balanced(self) -> bool:
        """Whether every row has reached exactly one end."""
        return self.rows_in == self.loaded + self.unchanged + self.quarantined


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(FileReport)


def encode_report(report: FileReport) -> bytes:
    """The report as one JSON document."""
    return _encoder.encode(report)


def decode_report(document: bytes) -> FileReport:
    """The report of a document made by `encode_report`. Raises msgspec.ValidationError when it is none."""
    return _decoder.decode(document)


def report_path(source: str, file_id: str) -> str:
    """Where a file's report lies in the lake."""
    return f"outcomes/files/{source}/{file_id}.json"
