"""Find: whom the triggers of a cycle are about, by criteria over the columns of one part, read once per division."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
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
    hits = hits_of(cycle_triggers(rulebook), catalogue, as_of)
    if not hits:
        return
    if segments is None:
        cursor = connection.execute(find_sql(hits, "segments"))
    else:
        cursor = connection.execute(find_sql(hits), {"path": segments.as_posix()})
    known: dict[tuple[int, date | None], Candidate] = {}  # a candidate names no customer, so all share it
    for customer_id, rows in groupby(_rows(cursor), key=itemgetter(0)):
        candidates: list[Candidate] = []
        follow_ups: list[Trigger] = []
        before = None
        for _, number, day in rows:
            trigger, unknown = hits[number].trigger, hits[number].unknown
            if trigger is before:
                continue  # a second unknown attribute of the same trigger
            before = trigger
            made = known.get((number, day))
            if made is not None:
                candidates.append(made)
            elif trigger.kind == "follow_up":
                follow_ups.append(trigger)
            elif trigger.kind == "date":
                candidate = None if day is None else from_date(trigger, day, as_of)
                if candidate is not None:
                    candidates.append(candidate)
                    known[number, day] = candidate
            else:
                known[number, day] = from_cycle(trigger, as_of, max(as_of, today), unknown)
                candidates.append(known[number, day])
        if candidates or follow_ups:
            yield Found(customer_id, candidates, follow_ups)


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, int, date | None]]:
    while batch := cursor.fetchmany(10_000):
        yield from batch


class Hit(NamedTuple):
    """What makes somebody a candidate of a trigger. day: the column of its date; unknown: held, for this is not known."""

    trigger: Trigger
    day: str
    unknown: str
    condition: str


def hits_of(triggers: Sequence[Trigger], catalogue: Catalogue, as_of: date) -> list[Hit]:
    """The hits of each trigger, by trigger; a criterion that is unknown (NULL) is none, unless the trigger says it holds.

    Raises RefusedRule for criteria that do not hold together.
    """
    hits = []
    for trigger in triggers:
        sql = check(trigger.criteria, catalogue, rule=f"triggers.{trigger.id}.criteria").sql
        scope, day = "", "NULL::DATE"
        if trigger.kind == "follow_up":
            scope = "contacts_90d > 0 AND "
        if trigger.kind == "date":
            day = f'"{catalogue.attribute(trigger.date_attribute).name}"'
            first, last = trigger.offset_days, trigger.offset_days + max(1, trigger.useful_for_days) - 1
            scope = f"DATE '{as_of.isoformat()}' - {day} BETWEEN {first} AND {last} AND "
        hits.append(Hit(trigger, day, "", f"{scope}({sql})"))
        hits += [
            Hit(trigger, day, column, f'{scope}({sql}) IS NULL AND "{column}" IS NULL')
            for column in sorted(catalogue.attribute(name).name for name in trigger.unknown_holds)
        ]
    return hits


def columns_of(triggers: Sequence[Trigger], catalogue: Catalogue) -> set[str]:
    """The attributes that `find` reads for these triggers. Raises RefusedRule."""
    read = {"contacts_90d"}
    for trigger in triggers:
        read.update(check(trigger.criteria, catalogue, rule=f"triggers.{trigger.id}.criteria").attributes)
        read.update(trigger.unknown_holds)
        if trigger.date_attribute:
            read.add(trigger.date_attribute)
    return read


def find_sql(hits: Sequence[Hit], source: str = "read_parquet($path)") -> str:
    """The query: (customer_id, number of the hit, date), one row per hit, by customer and hit.

    The columns are read once per division: whoever fits any trigger of the division is kept, and their hits are told apart.
    """
    divisions: dict[str, list[tuple[int, Hit]]] = {}
    for number, hit in enumerate(hits):
        divisions.setdefault(hit.trigger.division, []).append((number, hit))
    parts = []
    for division, mine in sorted(divisions.items()):
        told = ", ".join(
            f"CASE WHEN {hit.condition} THEN {{'n': {number}, 'day': {hit.day}}} END" for number, hit in mine
        )
        some = " OR ".join(f"({hit.condition})" for _, hit in mine)
        parts.append(
            f"SELECT customer_id, [{told}] AS hits FROM {source} "  # noqa: S608 - checked criteria, names of the catalogue
            f"WHERE division = '{_quoted(division)}' AND ({some})"
        )
    return (
        f"SELECT customer_id, hit.n, hit.day FROM (SELECT customer_id, unnest(hits) AS hit FROM ({' UNION ALL '.join(parts)})) "  # noqa: S608
        "WHERE hit IS NOT NULL ORDER BY 1, 2"
    )


def _quoted(text: str) -> str:
    return text.replace("'", "''")
