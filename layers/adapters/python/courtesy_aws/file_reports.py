"""The reports of dropped files, read several at a time; those of files that have ended never change and are kept."""

from courtesy.errors import NotFound
from courtesy.intake.report import FileReport, decode_report
from courtesy.outcomes import FileOutcome
from courtesy.ports import Lake
from courtesy_aws.tables.requests import at_once

AT_ONCE = 16


class FileReports:
    """Reports by source."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._ended: dict[str, FileReport] = {}

    def __repr__(self) -> str:
        return f"FileReports({len(self._ended)} kept)"

    def of(self, source: str) -> list[FileReport]:
        """The reports of all files of a source, newest first."""
        prefix = f"outcomes/files/{source}/"
        paths = [path for path in self._lake.list(prefix) if path.endswith(".json") and path.count("/") == 3]
        fresh = [path for path in paths if path not in self._ended]
        read = dict(zip(fresh, at_once(self._read, fresh, AT_ONCE), strict=True))
        for path, report in read.items():
            if report is not None and report.outcome is not FileOutcome.LOADING:
                self._ended[path] = report
        found = [self._ended.get(path) or read.get(path) for path in paths]
        return sorted(
            (report for report in found if report is not None), key=lambda r: (r.at, r.file_id), reverse=True
        )

    def _read(self, path: str) -> FileReport | None:
        try:
            return decode_report(self._lake.get(path))
        except NotFound:  # removed since it was listed
            return None
