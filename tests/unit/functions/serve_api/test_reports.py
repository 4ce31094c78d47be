"""Reports of files are read newest first, and no more of them than are asked for."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from courtesy.intake.report import FileReport, encode_report, report_path
from courtesy.outcomes import FileOutcome
from courtesy_aws.decision_log import LakeDecisionLog
from courtesy_aws.file_reports import AT_ONCE, FileReports
from tests.fakes import InMemoryLake
from tests.unit.functions.serve_api.conftest import NOW, Api

HOUR = timedelta(hours=1)


class Shelf(InMemoryLake):
    """A lake that knows when its objects were written, and counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[str, datetime] = {}
        self.read = 0

    def written(self, prefix: str) -> Sequence[tuple[datetime, str]]:
        return sorted(((self.at[path], path) for path in self.list(prefix)), reverse=True)

    def get(self, path: str) -> bytes:
        self.read += 1
        return super().get(path)


def shelf(files: int, took: dict[int, int] | None = None) -> Shelf:
    """A file each hour, the last one now; `took`: hours that the loading of a file took."""
    made = Shelf()
    for n in range(files):
        at = NOW - (files - 1 - n) * HOUR
        told = FileReport(source="s", file_id=f"{n:016x}", key="k", outcome=FileOutcome.LOADED, at=at)
        path = report_path("s", told.file_id)
        made.put(path, encode_report(told))
        made.at[path] = at + (took or {}).get(n, 0) * HOUR + timedelta(seconds=20)
    return made


def test_the_newest_come_first_and_old_ones_are_not_read() -> None:
    lake = shelf(400)
    reports = FileReports(lake)
    newest = reports.newest("s")
    assert [next(newest).at for _ in range(3)] == [NOW, NOW - HOUR, NOW - 2 * HOUR]
    assert lake.read <= 2 * AT_ONCE
    assert [r.at for r in FileReports(shelf(50)).newest("s")] == [NOW - n * HOUR for n in range(50)]


def test_a_file_whose_loading_took_long_stands_where_it_was_read() -> None:
    reports = FileReports(shelf(60, took={0: 59, 30: 20, 31: 3}))
    assert [r.at for r in reports.newest("s")] == [NOW - n * HOUR for n in range(60)]


def test_a_week_is_read_and_the_last_file_however_old() -> None:
    lake = shelf(400)
    reports = FileReports(lake)
    assert len(reports.since("s", NOW - 24 * HOUR)) == 24
    assert lake.read <= 4 * AT_ONCE
    assert [r.at for r in reports.since("s", NOW + HOUR)] == [NOW]
    assert reports.since("other", NOW) == []


def test_ended_files_are_read_once() -> None:
    lake = shelf(5)
    reports = FileReports(lake)
    for _ in range(2):
        assert len(list(reports.newest("s"))) == 5
    assert lake.read == 5
    assert "5 kept" in repr(reports)


def test_a_cursor_that_is_no_file_is_refused(api: Api) -> None:
    answer = api("GET", "/sources/crm_persons/files", role="engineer", query={"cursor": "none"})
    assert (answer.status, "cursor" in answer.json["detail"]) == (400, True)


def test_a_part_that_was_written_anew_is_fetched_again(tmp_path: Path) -> None:
    lake = Shelf()
    log = LakeDecisionLog(lake, tmp_path)
    path = "decisions/2026-11-20-n/part-00000.parquet"
    seen = []
    for day, content in enumerate((b"with her", b"with her", b"without")):
        lake.put(path, content)
        lake.at[path] = NOW + (day // 2) * HOUR
        (part,) = log.files("2026-11-20-n")
        seen.append((part.read_bytes(), part.name))
        assert len(list(part.parent.iterdir())) == 1
    assert [content for content, _ in seen] == [b"with her", b"with her", b"without"]
    assert seen[0] == seen[1] != seen[2]
