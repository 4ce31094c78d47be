"""Two readers of one source: the older waits for the newer, the newer trusts nothing, the dead hinder nobody."""

from datetime import UTC, datetime, timedelta

import pytest

from courtesy.errors import OutsideFailed
from courtesy.intake.state import Intent, begin_reading, end_reading
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
