"""Freshness: when each source last delivered, how that ended, and what the last week brought."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from courtesy.intake.report import FileReport
from courtesy.outcomes import FileOutcome

WEEK = timedelta(days=7)


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """How a source stands. last: its latest file, None where it never delivered; age_hours: since that file was read.

    The rest counts the last seven days. unbalanced: files that have ended and whose rows do not add up.
    """

    source: str
    last: FileReport | None
    age_hours: float | None
    files: int = 0
    refused: int = 0
    loading: int = 0
    rows: int = 0
    quarantined: int = 0
    unbalanced: int = 0


def freshness(reports: Iterable[FileReport], source: str, now: datetime) -> Freshness:
    """The freshness of a source by the reports of its files."""
    ordered = sorted(reports, key=lambda report: (report.at, report.file_id))
    if not ordered:
        return Freshness(source=source, last=None, age_hours=None)
    recent = [report for report in ordered if report.at > now - WEEK]
    last = ordered[-1]
    return Freshness(
        source=source,
        last=last,
        age_hours=round((now - last.at).total_seconds() / 3600, 2),
        files=len(recent),
        refused=sum(report.outcome is FileOutcome.REFUSED for report in recent),
        loading=sum(report.outcome is FileOutcome.LOADING for report in recent),
        rows=sum(report.rows_in for report in recent),
        quarantined=sum(report.quarantined for report in recent),
        unbalanced=sum(
            report.outcome is not FileOutcome.LOADING and not report.balanced for report in recent
        ),
    )
