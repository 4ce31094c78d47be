"""Looking through the decision log of a cycle: single decisions, their summary, and what was planned for which day.

All work on the cycle's Parquet files as they were fetched; see `decisions.log` for their columns.
"""

from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import msgspec


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which decisions are asked for; empty: all. divisions: None for all."""

    customer_id: str = ""
    trigger: str = ""
    outcome: str = ""
    reason: str = ""
    divisions: frozenset[str] | None = None


class Group(NamedTuple):
    """Decisions of one trigger with one outcome and reason. channel: of what was reserved."""

    trigger: str
    division: str
    outcome: str
    reason: str
    rule: str
    channel: str
    candidates: int


class PlannedDay(NamedTuple):
    """Contacts that a cycle reserved for a day."""

    day: date
    channel: str
    division: str
    trigger: str
    contacts: int


class Binding(NamedTuple):
    """How many candidates a rule held or suppressed."""

    rule: str
    reason: str
    outcome: str
    candidates: int


FIELDS = (
    "customer_id", "trigger", "occurrence", "division", "outcome", "reason", "rule", "channel", "contact", "at",
    "expires", "priority", "value", "sentence", "rulebook",
)  # fmt: skip

_INSTANTS = frozenset({"at", "expires"})


def search(files: Sequence[Path], wanted: Wanted, limit: int, offset: int) -> list[dict[str, Any]]:
    """Decisions by customer, trigger and occurrence, `limit` of them from `offset` on."""
    where, values = _where(wanted)
    columns = ", ".join(f"\"{n}\" AT TIME ZONE 'UTC'" if n in _INSTANTS else f'"{n}"' for n in FIELDS)
    query = (
        f"SELECT {columns} FROM read_parquet($files, union_by_name := true) WHERE {where} "  # noqa: S608 - names above
        "ORDER BY customer_id, trigger, occurrence LIMIT $limit OFFSET $offset"
    )
    rows = _ask(files, query, values | {"limit": limit, "offset": offset})
    return [
        {
            name: value.replace(tzinfo=UTC) if name in _INSTANTS else value
            for name, value in zip(FIELDS, row, strict=True)
        }
        for row in rows
    ]


def summarise(files: Sequence[Path], wanted: Wanted) -> list[Group]:
    """The decisions counted by trigger, outcome and reason."""
    where, values = _where(wanted)
    query = (
        "SELECT trigger, division, outcome, reason, rule, channel, count(*)::BIGINT "  # noqa: S608 - made of declared columns; values are parameters
        f"FROM read_parquet($files, union_by_name := true) WHERE {where} GROUP BY ALL ORDER BY ALL"
    )
    return [Group(*row) for row in _ask(files, query, values)]


def planned(files: Sequence[Path], wanted: Wanted, first: date, last: date) -> list[PlannedDay]:
    """What was reserved for the days `first` to `last`, as decided; what became of it stands with the contacts."""
    where, values = _where(wanted)
    query = (
        "SELECT (json ->> '$.planned')::TIMESTAMP::DATE AS day, channel, division, trigger, count(*)::BIGINT "  # noqa: S608 - made of declared columns; values are parameters
        f"FROM read_parquet($files, union_by_name := true) WHERE {where} AND outcome = 'reserved' "
        "AND day BETWEEN $first AND $last GROUP BY ALL ORDER BY ALL"
    )
    return [PlannedDay(*row) for row in _ask(files, query, values | {"first": first, "last": last})]


def binding(files: Sequence[Path], wanted: Wanted) -> list[Binding]:
    """The rules that kept candidates from their contact, the one that kept most of them first."""
    where, values = _where(wanted)
    query = (
        "SELECT rule, reason, outcome, count(*)::BIGINT AS n "  # noqa: S608 - made of declared columns; values are parameters
        f"FROM read_parquet($files, union_by_name := true) WHERE {where} AND outcome <> 'reserved' "
        "GROUP BY ALL ORDER BY n DESC, rule, reason, outcome"
    )
    return [Binding(*row) for row in _ask(files, query, values)]


def _where(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parts, values = ["true"], {}
    for name in ("customer_id", "trigger", "outcome", "reason"):
        if asked := getattr(wanted, name):
            parts.append(f'"{name}" = ${name}')
            values[name] = asked
    if wanted.divisions is not None:
        parts.append("division IN (SELECT unnest($divisions::VARCHAR[]))")
        values["divisions"] = sorted(wanted.divisions)
    return " AND ".join(parts), values


def _ask(files: Sequence[Path], query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    if not files:
        return []
    with duckdb.connect(config={"threads": "2"}) as columns:
        columns.execute("SET TimeZone = 'UTC'")
        return columns.execute(query, {"files": [path.as_posix() for path in files], **values}).fetchall()
