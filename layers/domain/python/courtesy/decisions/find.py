"""Find: whom the triggers of a cycle are about, by criteria over the columns of one part; one query for all triggers."""

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
    segments: Path | None,
    rulebook: Rulebook,
    catalogue: Catalogue,
    as_of: date,
    today: date,
) -> Iterator[Found]:
    """The customers of a segments file (None: of the table `segments`) whom some trigger is about, in order of customer_id.

    as_of: the cycle's date, by which periods and dates are reckoned; today: from when usefulness of a cycle trigger runs.
    Raises RefusedRule for criteria that do not hold together.
    """
    triggers = cycle_triggers(rulebook)
    if not triggers:
        return
    if segments is None:
        cursor = connection.execute(find_sql(triggers, catalogue, as_of, "segments"))
    else:
        cursor = connection.execute(find_sql(triggers, catalogue, as_of), {"path": segments.as_posix()})
    known: dict[
        tuple[int, date | None, str], Candidate
    ] = {}  # a candidate names no customer, so all share it
    for customer_id, rows in groupby(_rows(cursor), key=lambda row: row[0]):
        candidates: list[Candidate] = []
        follow_ups: list[Trigger] = []
        for _, number, day, unknown in rows:
            made = known.get((number, day, unknown))
            if made is not None:
                candidates.append(made)
                continue
            trigger = triggers[number]
            if trigger.kind == "follow_up":
                follow_ups.append(trigger)
            elif trigger.kind == "date":
                candidate = None if day is None else from_date(trigger, day, as_of)
                if candidate is not None:
                    candidates.append(candidate)
                    known[number, day, unknown] = candidate
            else:
                known[number, day, unknown] = from_cycle(trigger, as_of, max(as_of, today), unknown)
                candidates.append(known[number, day, unknown])
        if candidates or follow_ups:
            yield Found(customer_id, candidates, follow_ups)


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int, date | None, str]]:
    while batch := cursor.fetchmany(10_000):
        yield from batch


def find_sql(
    triggers: Sequence[Trigger], catalogue: Catalogue, as_of: date, source: str = "read_parquet($path)"
) -> str:
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
        hits.append(_hit(number, day, "", f"{scope} AND {sql}"))
        for name in trigger.unknown_holds:
            column = catalogue.attribute(name).name
            hits.append(_hit(number, day, column, f'{scope} AND ({sql}) IS NULL AND "{column}" IS NULL'))
    return (
        f"WITH part AS (FROM {source}) "  # noqa: S608 - checked criteria, names of the catalogue
        f"SELECT customer_id, n, day, min(unknown) FROM ({' UNION ALL '.join(hits)}) "
        "GROUP BY customer_id, n, day ORDER BY customer_id, n"
        if any(trigger.unknown_holds for trigger in triggers)
        else f"WITH part AS (FROM {source}) "  # noqa: S608
        f"SELECT * FROM ({' UNION ALL '.join(hits)}) ORDER BY customer_id, n"
    )


def _hit(number: int, day: str, unknown: str, condition: str) -> str:
    return (
        f"SELECT customer_id, {number} AS n, {day} AS day, '{unknown}' AS unknown FROM part WHERE {condition}"  # noqa: S608
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
