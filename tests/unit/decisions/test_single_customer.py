"""One customer alone is found by the same triggers as within everybody, though only what those read is computed."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from courtesy.decisions.find import columns_of, cycle_triggers, find
from courtesy.decisions.listen import NO_SCORES
from courtesy.messages.compile import compile_messages
from courtesy.population.catalogue import Catalogue, catalogue_of
from courtesy.population.segments import FEW, features_of
from courtesy.rulebook.desk import rulebook_of
from courtesy.rulebook.files import read_files
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import encode_profile
from tests.unit.functions.serve_api.worlds import DIVISIONS, events_of

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return rulebook_of(read_files(ROOT / "rulebook"), compile_messages)


def documents() -> dict[str, bytes]:
    """Customers of every division, with and without a day of their life taken away."""
    made = {}
    for division in DIVISIONS:
        events = events_of(division)
        for left_out in range(4):
            id_ = f"c{division}{left_out}"
            some = [event for number, event in enumerate(events) if number % 4 != left_out or left_out == 3]
            made[id_] = encode_profile(fold(id_, some))
    return made


def found(
    connection: duckdb.DuckDBPyConnection, book: Rulebook, catalogue: Catalogue
) -> dict[str, list[str]]:
    hits = find(connection, None, book, catalogue, TODAY, TODAY)
    told = {
        one.customer_id: [
            *(f"{c.trigger} {c.occurrence} {c.unknown}" for c in one.candidates),
            *(t.id for t in one.follow_ups),
        ]
        for one in hits
    }
    connection.close()
    return told


def test_alone_and_with_few_columns_as_within_all_and_with_all(book: Rulebook) -> None:
    catalogue, every = catalogue_of(book.sources), documents()
    assert len(every) > FEW, "the whole is planned as a cycle is"
    whole = found(
        features_of(list(every.values()), TODAY, book.population, NO_SCORES, catalogue), book, catalogue
    )
    asked = columns_of(cycle_triggers(book), catalogue)
    assert asked < {a.name for a in catalogue}
    alone: dict[str, list[str]] = {}
    for document in every.values():
        one = features_of([document], TODAY, book.population, NO_SCORES, catalogue, asked)
        alone |= found(one, book, catalogue)
    assert alone == whole
    assert len({t for told in whole.values() for t in told}) > 5


def test_only_what_is_asked_for_is_there(book: Rulebook) -> None:
    catalogue = catalogue_of(book.sources)
    one = features_of(
        [next(iter(documents().values()))], TODAY, book.population, NO_SCORES, catalogue, {"lifecycle"}
    )
    names = [row[0] for row in one.execute("DESCRIBE segments").fetchall()]
    assert names == ["customer_id", "division", "lifecycle"]
    one.close()
