"""The reports of dropped files, newest first; only as many are read as are asked for, and those of ended files are kept.

A report is named by its file's hash, so its path says nothing of its time. When its object was last written does: never before the
file was read, so whatever was written long ago need not be read to know that it is not among the newest.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import takewhile
from typing import Protocol

from courtesy.errors import NotFound
from courtesy.intake.report import FileReport, decode_report
from courtesy.outcomes import FileOutcome
from courtesy.ports import Lake
from courtesy_aws.tables.requests import at_once

AT_ONCE = 16
SLACK = timedelta(minutes=1)
"""How far the clocks of a function and of S3 may differ."""


class WrittenLake(Lake, Protocol):
    """A lake that knows when its objects were last written."""

    def written(self, prefix: str) -> Sequence[tuple[datetime, str]]:
        """When each object below a prefix was last written, and its path; the newest first."""
        ...


class FileReports:
    """Reports by source."""

    def __init__(self, lake: WrittenLake) -> None:
        self._lake = lake
        self._ended: dict[str, FileReport] = {}

    def __repr__(self) -> str:
        return f"FileReports({len(self._ended)} kept)"

    def newest(self, source: str) -> Iterator[FileReport]:
        """The reports of a source's files by when they were read, newest first; read as they are taken."""
        listed = [
            (at, path)
            for at, path in self._lake.written(f"outcomes/files/{source}/")
            if path.endswith(".json") and path.count("/") == 3
        ]
        waiting: list[tuple[float, str, FileReport]] = []
        for start in range(0, len(listed), AT_ONCE):
            for report in self._read([path for _, path in listed[start : start + AT_ONCE]]):
                # by its text backwards, so that of two read at once the greater id comes first
                heappush(waiting, (-report.at.timestamp(), _backwards(report.file_id), report))
            rest = listed[start + AT_ONCE : start + AT_ONCE + 1]
            while waiting and (not rest or waiting[0][2].at > rest[0][0] + SLACK):
                yield heappop(waiting)[2]

    def since(self, source: str, first: datetime) -> list[FileReport]:
        """The reports of files that were read after an instant, newest first, and in any case the newest."""
        reports = self.newest(source)
        latest = next(reports, None)
        if latest is None:
            return []
        return [latest, *takewhile(lambda report: report.at > first, reports)]

    def _read(self, paths: list[str]) -> list[FileReport]:
        fresh = [path for path in paths if path not in self._ended]
        read = dict(zip(fresh, at_once(self._one, fresh, AT_ONCE), strict=True))
        for path, report in read.items():
            if report is not None and report.outcome is not FileOutcome.LOADING:
                self._ended[path] = report
        found = [self._ended.get(path) or read.get(path) for path in paths]
        return [report for report in found if report is not None]

    def _one(self, path: str) -> FileReport | None:
        try:
            return decode_report(self._lake.get(path))
        except NotFound:  # removed since it was listed
            return None


def _backwards(file_id: str) -> str:
    return "".join(chr(0x10FFFF - ord(letter)) for letter in file_id)
