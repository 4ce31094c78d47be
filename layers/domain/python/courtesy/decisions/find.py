"""Find: whom the triggers of a cycle are about, by criteria over the columns of one part; one scan for all triggers."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import duckdb

from courtesy.decisions.candidates import from_cycle, from_date
from courtesy.decisions.decision import Candidate
from courtesy.population.catalogue import Catalogue
from courtesy.population.criteria import check
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.trigger import Trigger


class Found(NamedTuple):
    """One customer with the triggers that are about them: cycle and date triggers as candidates, follow-ups by name."""

    customer_id: str
    candidates: list[Candidate]
    follow_ups: list[Trigger]


def cycle_triggers(rulebook: Rulebook) -> list[Trigger]:
    """The active triggers that a cycle evaluates, by id."""
    return [t for _, t in sorted(rulebook.triggers.items()) if t.active and t.kind != "event"]


def find(
    connection: duckdb.DuckDBPyConnection,
    segments: Path,
    rulebook: Rulebook,
    catalogue: Catalogue,
    as_of: date,
    today: date,
) -> Iterator[Found]:
    """The customers of a segments file whom some trigger is about, in order of customer_id.

    as_of: the cycle's date, by which periods and dates are reckoned; today: from when usefulness of a cycle trigger runs.
    Raises RefusedRule for criteria that do not hold together.
    """
    triggers = cycle_triggers(rulebook)
    if not triggers:
        return
    cursor = connection.execute(find_sql(triggers, catalogue, as_of), {"path": segments.as_posix()})
    for customer_id, rows in groupby(_rows(cursor), key=lambda row: row[0]):
        candidates: list[Candidate] = []
        follow_ups: list[Trigger] = []
        for _, number, day, unknown in rows:
            trigger = triggers[number]
            if trigger.kind == "follow_up":
                follow_ups.append(trigger)
            elif trigger.kind == "date":
                candidate = None if day is None else from_date(trigger, day, as_of)
                if candidate is not None:
                    candidates.append(candidate)
            else:
                candidates.append(from_cycle(trigger, as_of, max(as_of, today), unknown))
        if candidates or follow_ups:
            yield Found(customer_id, candidates, follow_ups)


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int, date | None, str]]:
    while batch := cursor.fetchmany(10_000):
        yield from batch


def find_sql(triggers: Sequence[Trigger], catalogue: Catalogue, as_of: date) -> str:
    """The query: (customer_id, number of the trigger, date, unknown attribute), one row per hit, by customer and trigger.

    A criterion that is unknown (NULL) is no hit, unless one of the trigger's `unknown_holds` is NULL: then it is held.
    """
    hits = []
    for number, trigger in enumerate(triggers):
        sql = check(trigger.criteria, catalogue, rule=f"triggers.{trigger.id}.criteria").sql
        scope = f"division = '{_quoted(trigger.division)}'"
        if trigger.kind == "follow_up":
            scope += " AND contacts_90d > 0"
        day = "NULL::DATE"
        if trigger.kind == "date":
            day = f'"{catalogue.attribute(trigger.date_attribute).name}"'
            first, last = trigger.offset_days, trigger.offset_days + max(1, trigger.useful_for_days) - 1
            scope += f" AND DATE '{as_of.isoformat()}' - {day} BETWEEN {first} AND {last}"
        hits.append(
            f"CASE WHEN {scope} AND ({sql}) THEN {{'n': {number}, 'day': {day}, 'unknown': ''}}{_holds(trigger, catalogue, scope, sql, number, day)} END"
        )
    return (
        f"SELECT customer_id, hit.n, hit.day, hit.unknown FROM (SELECT customer_id, unnest(hits) AS hit FROM "  # noqa: S608
        f"(SELECT customer_id, list_filter([{', '.join(hits)}], lambda h: h IS NOT NULL) AS hits "
        "FROM read_parquet($path)) WHERE len(hits) > 0) ORDER BY customer_id, hit.n"
    )


def _holds(trigger: Trigger, catalogue: Catalogue, scope: str, sql: str, number: int, day: str) -> str:
    return "".join(
        f' WHEN {scope} AND ({sql}) IS NULL AND "{catalogue.attribute(name).name}" IS NULL '
        f"THEN {{'n': {number}, 'day': {day}, 'unknown': '{name}'}}"
        for name in trigger.unknown_holds
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
