"""Drops that are not read: refused whole, or known already. Each leaves a report all the same."""

import hashlib
from datetime import datetime

from courtesy.errors import RefusedFile
from courtesy.intake.report import Drop, FileReport, encode_report, report_path
from courtesy.outcomes import FileOutcome
from courtesy.ports import Lake


def refused(drop: Drop, source: str, error: RefusedFile, lake: Lake, now: datetime) -> FileReport:
    """Record a file that is refused whole. Its name in the lake comes from key and upload, as its bytes may be unknown."""
    file_id = "refused-" + hashlib.sha256(f"{drop.key}\0{drop.put}".encode()).hexdigest()[:18]
    report = FileReport(
        source=source,
        file_id=file_id,
        key=drop.key,
        put=drop.put,
        outcome=FileOutcome.REFUSED,
        at=now,
        bytes=max(drop.size, 0),
        reason=error.reason,
        text=str(error),
        line=error.line,
        column=error.column,
        finished=now,
    )
    lake.put(report_path(source, file_id), encode_report(report))
    return report


def repeated(drop: Drop, known: FileReport, lake: Lake, now: datetime) -> FileReport:
    """Record that the bytes of a known file were dropped once more: all of its rows are unchanged."""
    name = hashlib.sha256(f"{drop.key}\0{drop.put}".encode()).hexdigest()[:12]
    report = FileReport(
        source=known.source,
        file_id=f"{known.file_id}-{name}",
        key=drop.key,
        put=drop.put,
        outcome=FileOutcome.REPEATED,
        at=now,
        contract=known.contract,
        stated=known.stated,
        bytes=known.bytes,
        rows_in=known.rows_in,
        unchanged=known.rows_in,
        same_as=known.file_id,
        reason="repeated",
        text=f"{drop.key}: the same bytes as {known.key}, which was read before; nothing is loaded twice",
        finished=now,
    )
    lake.put(report_path(report.source, report.file_id), encode_report(report))
    return report
