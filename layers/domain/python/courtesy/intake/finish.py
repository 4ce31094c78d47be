"""Use case: a chunk of a file was applied; the last one makes the file's state count and ends its report."""

from datetime import datetime

import msgspec

from courtesy.intake.report import ChunkCounts, FileReport, decode_report, encode_report, report_path
from courtesy.intake.state import promote
from courtesy.outcomes import FileOutcome
from courtesy.ports import Lake


def chunk_applied(
    source: str, file_id: str, chunk: int, counts: ChunkCounts, lake: Lake, now: datetime
) -> FileReport | None:
    """Mark a chunk (counted from 0) as applied; when it was the last one, let the file's state count and end its report.

    To be called after every row of the chunk is on its timeline and folded, before the message is deleted. Marking twice
    changes nothing; two chunks that end at the same time both find the set complete and do the same. Returns the final
    report once the file is complete, None before. Raises NotFound when the file has no report, OutsideFailed by the lake.
    """
    lake.put(f"{_marks(source, file_id)}{chunk:05}.json", msgspec.json.encode(counts))
    return finish_if_complete(source, file_id, lake, now)


def finish_if_complete(source: str, file_id: str, lake: Lake, now: datetime) -> FileReport | None:
    """Promote the state of a file all of whose chunks are marked, and end its report; None while some are missing."""
    report = decode_report(lake.get(report_path(source, file_id)))
    if report.outcome is not FileOutcome.LOADING:
        return report
    marks = lake.list(_marks(source, file_id))
    if len(marks) < report.chunks:
        return None
    promote(source, file_id, lake)
    applied = [msgspec.json.decode(lake.get(mark), type=ChunkCounts) for mark in marks]
    done = msgspec.structs.replace(
        report,
        outcome=FileOutcome.REPEATED if report.same_as else FileOutcome.LOADED,
        customers=sum(counts.customers for counts in applied),
        finished=now,
    )
    lake.put(report_path(source, file_id), encode_report(done))
    return done


def _marks(source: str, file_id: str) -> str:
    return f"staged/{source}/{file_id}/applied/"
