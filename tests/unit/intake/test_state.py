"""Two readers of one source: the older waits for the newer, the newer trusts nothing, the dead hinder nobody."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from courtesy.errors import NotFound, OutsideFailed
from courtesy.intake.segments import unite
from courtesy.intake.state import Intent, begin_reading, end_reading, fetch_segments, promote
from courtesy.outcomes import FileOutcome
from tests.fakes.lake import InMemoryLake
from tests.unit.intake.mill import NOW, Mill

DAY = datetime(2026, 1, 1, tzinfo=UTC)
OLD = Intent("old", DAY, NOW)
NEW = Intent("new", DAY + timedelta(days=1), NOW)


def test_a_reader_alone_trusts_the_state() -> None:
    lake = InMemoryLake()
    assert begin_reading("people", OLD, lake)
    assert begin_reading("people", OLD, lake)  # delivered again
    end_reading("people", "old", lake)
    assert begin_reading("people", NEW, lake)
    assert begin_reading("other", OLD, lake)


def test_the_newer_reader_goes_on_and_trusts_nothing() -> None:
    lake = InMemoryLake()
    begin_reading("people", OLD, lake)
    assert not begin_reading("people", NEW, lake)


def test_the_older_reader_comes_back_later_and_hinders_nobody_meanwhile() -> None:
    lake = InMemoryLake()
    begin_reading("people", NEW, lake)
    with pytest.raises(OutsideFailed, match="a newer file is being read"):
        begin_reading("people", OLD, lake)
    assert lake.list("source_state/people/reading/") == ["source_state/people/reading/new.json"]
    end_reading("people", "new", lake)
    assert begin_reading("people", OLD, lake)


def test_a_reader_that_died_is_forgotten() -> None:
    lake = InMemoryLake()
    begin_reading("people", NEW, lake)
    assert begin_reading("people", Intent("old", DAY, NOW + timedelta(hours=1)), lake)


def test_rows_that_are_unchanged_are_staged_again_while_an_older_file_is_being_read() -> None:
    mill = Mill()
    mill.drop("id,name,email\n1,Ann,\n", day=1)
    begin_reading("people", Intent("another", DAY + timedelta(days=1), NOW), mill.lake)
    report = mill.drop("id,name,email\n1,Ann,\n", day=3, name="next.csv", apply=False)
    assert (report.outcome, report.loaded) == (FileOutcome.LOADING, 1)


def test_files_of_one_date_are_read_in_the_order_of_their_names() -> None:
    lake = InMemoryLake()
    first, second = (Intent(file_id, DAY, NOW, key) for file_id, key in (("z", "a.csv"), ("a", "b.csv")))
    begin_reading("people", second, lake)
    with pytest.raises(OutsideFailed, match="a newer file is being read"):
        begin_reading("people", first, lake)


class Moving(InMemoryLake):
    """A lake from which somebody takes what is listed before it is read, the first `times` times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def _gone(self, path: str) -> None:
        if self.times:
            self.times -= 1
            raise NotFound(path)

    def get(self, path: str) -> bytes:
        self._gone(path)
        return super().get(path)

    def download(self, path: str, local: Path) -> None:
        self._gone(path)
        super().download(path, local)


def test_an_intent_that_ended_while_it_was_looked_at_hinders_nobody() -> None:
    lake = Moving(0)
    lake.put("source_state/people/reading/new.json", b"gone when it is read")
    lake.times = 2
    assert begin_reading("people", OLD, lake)


def test_segments_that_are_moved_meanwhile_are_looked_for_again(tmp_path: Path) -> None:
    lake = Moving(2)
    lake.put("source_state/people/applied/f1.parquet", b"1")
    lake.put("source_state/people/pending/f2.parquet", b"2")
    lake.put("source_state/people/pending/own.parquet", b"3")
    found = fetch_segments("people", "own", True, lake, tmp_path)
    assert [path.read_bytes() for path in (*found.applied, *found.pending)] == [b"1", b"2"]
    lake.times = 5
    with pytest.raises(OutsideFailed, match="moved five times"):
        fetch_segments("people", "own", True, lake, tmp_path / "again")


def test_promoting_what_was_promoted_changes_nothing() -> None:
    lake = InMemoryLake()
    lake.put("source_state/people/pending/f1.parquet", b"1")
    for _ in range(2):
        promote("people", "f1", lake)
        assert dict(lake.objects) == {"source_state/people/applied/f1.parquet": b"1"}


def test_who_finds_another_one_uniting_leaves_it_to_them(tmp_path: Path) -> None:
    lake = Moving(0)
    for n in range(3):
        lake.put(f"source_state/people/applied/f{n}.parquet", b"x")
    assert not unite("people", lake, tmp_path, many=3)
    lake.times = 1
    assert not unite("people", lake, tmp_path, many=2)
    assert len(lake.list("source_state/people/applied/")) == 3
