"""Reads each announced file once; a file that cannot be read now comes back by itself, one that cannot be taken is reported."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from courtesy.intake.difference import Means
from courtesy.intake.read import read_drop
from courtesy.intake.report import FileReport
from courtesy.outcomes import FileOutcome
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import count, logger, observed
from functions.read_drop.arrivals import arrivals
from functions.read_drop.wiring import wire


@observed
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry point: SQS messages with S3's notifications in, partial batch response out."""
    memory = int(getattr(context, "memory_limit_in_mb", None) or 2048)

    def handle_record(record: SQSRecord) -> None:
        wiring = wire()
        for drop in arrivals(record.json_body, wiring.bucket):
            with TemporaryDirectory(prefix="drop-") as folder:
                means = Means(Path(folder), threads=os.cpu_count() or 2, memory=f"{memory * 45 // 100}MB")
                contracts = wiring.rulebooks.current().sources
                _tell(read_drop(drop, contracts, wiring.outside, means, wiring.clock()))

    return process_batch(event, handle_record)


def _tell(report: FileReport) -> None:
    """Log and count how a file ended; names and figures only."""
    facts = {
        "source": report.source,
        "file": report.file_id,
        "outcome": str(report.outcome),
        "reason": report.reason,
        "rows": report.rows_in,
        "loaded": report.loaded,
        "unchanged": report.unchanged,
        "quarantined": report.quarantined,
        "seconds": report.seconds,
    }
    logger.info("file read", extra=facts)
    if report.outcome is FileOutcome.REFUSED:
        count("FilesRefused")
    else:
        count("FilesRead")
        count("RowsRead", report.rows_in)
        count("RowsQuarantined", report.quarantined)
