"""decide_part: the state machine's input in, the part's balance out."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from courtesy.decisions.listen import NO_SCORES
from courtesy.population.catalogue import catalogue_of
from courtesy.population.segments import features_of, write_segments
from courtesy.rulebook.versions import sections_of
from courtesy.timeline.refold import refold
from functions.decide_part import handler
from functions.decide_part.settings import Settings
from functions.decide_part.wiring import Outside
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.lake import InMemoryLake
from tests.fakes.rulebooks import InMemoryRulebookStore
from tests.unit.decisions.people import KEY, person_record, rulebook, trigger

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
EVENT = {"cycle_id": "c", "as_of": "2026-03-04", "parts": 1, "part_numbers": [0], "rulebook": 1, "part": 0}


def outside(folder: Path) -> Outside:
    store, lake, books = InMemoryCustomerStore(), InMemoryLake(), InMemoryRulebookStore()
    book = books.publish(sections_of(rulebook(trigger("hello", criteria="has_email"))), "test", NOW)
    store.append("c1", [person_record()])
    refold(store, "c1")
    connection = features_of(
        [d for _, d in store.scan_profiles(0, 1)], NOW.date(), book.population, NO_SCORES, catalogue_of({})
    )
    write_segments(connection, folder / "s.parquet")
    connection.close()
    lake.upload(folder / "s.parquet", "segments/c/part-00000.parquet")
    return Outside(store, lake, books, lambda: KEY, lambda: NOW)


def test_a_part_is_decided_and_its_balance_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wired = outside(tmp_path)
    monkeypatch.setattr(handler, "wire", lambda: wired)
    answer = handler.handle(dict(EVENT), None)
    assert (answer["cycle_id"], answer["part"], answer["balanced"]) == ("c", 0, True)
    told = answer["decisions"]
    assert told["proposed"] == told["reserved"] + told["held"] + told["suppressed"] + told["control"]
    assert handler.handle(dict(EVENT), None) == answer


def test_an_input_that_is_no_part_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(msgspec.ValidationError, match="cycle_id"):
        handler.handle({"part": 0}, None)


def test_the_environment_is_a_model() -> None:
    assert set(Settings.model_fields) == {
        "timeline_table", "profiles_table", "rulebooks_table", "lake_bucket", "hash_key_secret",
    }  # fmt: skip
