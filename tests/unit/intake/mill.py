"""A small intake to test with: contracts in a line, files by their text, everything applied at once or when a test says so."""

import gzip
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import Means
from courtesy.intake.finish import chunk_applied
from courtesy.intake.quarantine import QuarantinedRow, read_quarantine
from courtesy.intake.read import Outside, read_drop
from courtesy.intake.report import ChunkCounts, Drop, FileReport, decode_report, report_path
from courtesy.intake.staged import StagedRow, decode_rows, events_of
from courtesy.outcomes import FileOutcome
from courtesy.timeline.events import Event, event_key
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def contract(**changes: Any) -> SourceContract:
    """A CSV source of persons with the columns id, name, email."""
    base: dict[str, Any] = {
        "name": "people",
        "record": "person",
        "format": {"kind": "csv"},
        "key": ["id"],
        "fields": {"name": {"column": "name"}, "email": {"column": "email"}},
    }
    return SourceContract.model_validate(base | changes)


class Mill:
    """Drops files of one source and keeps what came of them."""

    def __init__(self, rules: SourceContract | None = None, chunk_rows: int = 2_000) -> None:
        self.rules = rules or contract()
        self.drops, self.lake, self.queue = InMemoryLake(), InMemoryLake(), InMemoryQueue()
        self.chunk_rows = chunk_rows
        self.events: dict[str, dict[str, Event]] = {}
        self.put = 0

    def drop(
        self,
        content: bytes | str,
        day: int = 1,
        name: str = "file.csv",
        *,
        apply: bool = True,
        put: str = "",
        source: str = "",
    ) -> FileReport:
        """Upload and read a file; apply its chunks unless told not to. Returns the report as it then is."""
        data = content.encode() if isinstance(content, str) else content
        key = f"{source or self.rules.name}/2026/01/{day:02}/{name}"
        self.drops.put(key, data)
        self.put += 1
        report = self.read(Drop(key, len(data), put or f"put-{self.put}"))
        return self.apply(report) if apply else report

    def read(self, drop: Drop) -> FileReport:
        """Read a drop that lies there."""
        with TemporaryDirectory() as folder:
            return read_drop(
                drop,
                {self.rules.name: self.rules},
                Outside(self.drops, self.lake, self.queue),
                Means(Path(folder), threads=1),
                NOW,
                chunk_rows=self.chunk_rows,
            )

    def apply(self, report: FileReport) -> FileReport:
        """Do what load_chunk does with every chunk: keep the events, and say so."""
        if report.outcome is not FileOutcome.LOADING:
            return report
        for row in self.rows(report):
            for event in events_of(row, self.rules):
                self.events.setdefault(event.subject, {})[event_key(event)] = event
        for chunk in range(report.chunks):
            chunk_applied(report.source, report.file_id, chunk, ChunkCounts(1), self.lake, NOW)
        return decode_report(self.lake.get(report_path(report.source, report.file_id)))

    def rows(self, report: FileReport) -> list[StagedRow]:
        """The staged rows of a file."""
        found = []
        for path in self.lake.list(f"staged/{report.source}/{report.file_id}/"):
            if path.endswith(".gz"):
                found += decode_rows(gzip.decompress(self.lake.get(path)))
        return found

    def quarantined(self, report: FileReport) -> list[QuarantinedRow]:
        """The quarantined rows of a file."""
        return list(read_quarantine(self.lake, report.source, report.file_id))

    def profiles(self) -> dict[str, Profile]:
        """Every person record's profile, folded from all events so far."""
        return {subject: fold(subject, events.values()) for subject, events in sorted(self.events.items())}

    def values(self) -> dict[str, dict[str, Any]]:
        """Every person record's surviving values."""
        return {
            subject: {field: known.value for field, known in profile.values.items()}
            for subject, profile in self.profiles().items()
            if profile.records
        }
