"""From the lake's tables to arms: who was treated, who held out, and what came of them within the horizon.

Treated are all whom no control group kept back and whom the law let compete: contacted, or held by pressure and arbitration. Who was held
out stood at the same place of the law, so the arms differ by chance alone. Outcomes are taken from the first decision on, and only of
decisions whose horizon has passed.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from courtesy.decisions.days import PRESSED, days_sql
from courtesy.measurement.lift import Cell
from courtesy.outcomes import DecisionOutcome, Reason
from courtesy.population.ledger import NOWHERE, SHIFT, day_of, purchases_sql
from courtesy.population.rules import PopulationRules

Outcome = Literal["retention", "response", "revenue", "margin"]
OUTCOMES: tuple[Outcome, ...] = ("retention", "response", "revenue", "margin")
MONEY: frozenset[str] = frozenset({"revenue", "margin"})

STRATA = 4
"""Customers of so many person records and more are one stratum."""


def make_arms(
    connection: duckdb.DuckDBPyConnection,
    as_of: date,
    horizon: int,
    rules: PopulationRules,
    triggers: Iterable[str],
) -> None:
    """The table `arm` of relations `decision` (with `segment`), `snapshot`: a row per level, name and customer, with outcomes.

    horizon: days; triggers: those with a control group of their own, which alone count there
    """
    today = day_of(as_of)
    own = ", ".join(f"'{name}'" for name in sorted(triggers)) or "''"
    pressed = ", ".join(f"'{reason.value}'" for reason in PRESSED)
    costs = " ".join(f"WHEN '{channel}' THEN {cost}" for channel, cost in sorted(rules.costs.contact.items()))
    margins = " ".join(f"WHEN '{name}' THEN {share}" for name, share in sorted(rules.value.margin.items()))
    margin = (
        f"CASE division {margins} ELSE {rules.value.margin_otherwise} END"
        if margins
        else rules.value.margin_otherwise
    )
    connection.execute(purchases_sql(as_of, rules))
    connection.execute(f"""
CREATE OR REPLACE TEMP TABLE eligible AS
    SELECT customer_id, "trigger", division, segment, outcome = '{DecisionOutcome.CONTROL.value}' AS control,
        reason = '{Reason.GLOBAL_CONTROL.value}' AS overall, outcome = '{DecisionOutcome.RESERVED.value}' AS contacted,
        (epoch("at"::TIMESTAMPTZ) // 86400)::INTEGER AS day
    FROM decision WHERE outcome IN ('{DecisionOutcome.CONTROL.value}', '{DecisionOutcome.RESERVED.value}')
        OR (outcome = '{DecisionOutcome.HELD.value}' AND reason IN ({pressed}));
CREATE OR REPLACE TEMP TABLE entered AS
    WITH named AS (
        SELECT 'trigger' AS level, "trigger" AS name, division, customer_id, day, contacted, control AS held_out, segment FROM eligible
            WHERE NOT ("trigger" IN ({own}) AND overall)
        UNION ALL SELECT 'segment', division || ' ' || segment, division, customer_id, day, contacted, overall, segment FROM eligible
            WHERE segment <> ''
        UNION ALL SELECT 'division', division, division, customer_id, day, contacted, overall, segment FROM eligible
        UNION ALL SELECT 'overall', 'overall', '', customer_id, day, contacted, overall, segment FROM eligible)
    SELECT level, name, division, customer_id, min(day) AS day, bool_or(contacted) AS contacted, bool_or(held_out) AS held_out,
        bool_or(held_out) AND bool_or(contacted) AS mixed
    FROM named GROUP BY ALL HAVING min(day) + {horizon} <= {today};
CREATE OR REPLACE TEMP TABLE done AS
    SELECT p.customer_id, d.division, o.day, o.amount, o.purchases, 0 AS cost, 0 AS replies
        FROM occasion o JOIN person p ON p.who = o.k >> {SHIFT} LEFT JOIN numbered d ON d.number = o.k & {NOWHERE}
    UNION ALL SELECT customer_id, c.division, c.day, 0, 0, CASE c.channel {costs or "WHEN '' THEN 0"} ELSE 0 END, 0
        FROM (SELECT customer_id, unnest(contacts) AS c FROM person)
    UNION ALL SELECT customer_id, r.division, r.day, 0, 0, 0, 1 FROM (SELECT customer_id, unnest(replies) AS r FROM person);
CREATE OR REPLACE TEMP TABLE arm AS
    WITH came AS (
        SELECT e.level, e.name, e.customer_id, sum(d.purchases) > 0 AS bought, sum(d.replies) > 0 AS replied, sum(d.amount)::BIGINT AS revenue,
            sum(d.amount * {margin} - d.cost) AS margin
        FROM entered e JOIN (SELECT * REPLACE (coalesce(division, '') AS division) FROM done) d ON d.customer_id = e.customer_id
            AND d.day > e.day AND d.day <= e.day + {horizon} AND (e.division = '' OR d.division = e.division OR d.division = '')
        GROUP BY ALL)
    SELECT e.level, e.name, e.customer_id, e.held_out, e.contacted, e.mixed, least(greatest(p.source_records, 1), {STRATA}) AS stratum,
        greatest(p.source_records, 1) AS records, coalesce(bought, false)::INTEGER::DOUBLE AS retention,
        coalesce(replied, false)::INTEGER::DOUBLE AS response, coalesce(revenue, 0)::DOUBLE AS revenue, coalesce(margin, 0)::DOUBLE AS margin
    FROM entered e JOIN person p ON p.customer_id = e.customer_id LEFT JOIN came c
        ON c.level = e.level AND c.name = e.name AND c.customer_id = e.customer_id
""")


def cells(
    connection: duckdb.DuckDBPyConnection, level: str, name: str, outcome: Outcome
) -> tuple[dict[str, Cell], dict[str, Cell]]:
    """Treated and held-out cells by stratum; whoever was in both arms (their group's share changed) is in neither."""
    found: tuple[dict[str, Cell], dict[str, Cell]] = ({}, {})
    rows = connection.execute(
        f"SELECT held_out, stratum, count(*), sum({outcome}), sum({outcome} * {outcome}), count(*) FILTER ({outcome} <> 0) "
        "FROM arm WHERE level = ? AND name = ? AND NOT mixed GROUP BY ALL ORDER BY ALL",
        [level, name],
    ).fetchall()
    for held_out, stratum, n, total, squares, events in rows:
        found[bool(held_out)][str(stratum)] = Cell(int(n), float(total), float(squares), int(events))
    return found


def sizes(
    connection: duckdb.DuckDBPyConnection, level: str, name: str
) -> tuple[int, int, int, int, dict[int, int]]:
    """Treated, held out, contacted, in both arms, and how many customers there are by their number of person records."""
    row = connection.execute(
        "SELECT count(*) FILTER (NOT held_out AND NOT mixed), count(*) FILTER (held_out AND NOT mixed), "
        "count(*) FILTER (contacted AND NOT mixed), count(*) FILTER (mixed) FROM arm WHERE level = ? AND name = ?",
        [level, name],
    ).fetchone() or (0, 0, 0, 0)
    records = connection.execute(
        "SELECT records, count(*) FROM arm WHERE level = ? AND name = ? AND NOT mixed GROUP BY 1",
        [level, name],
    ).fetchall()
    return int(row[0]), int(row[1]), int(row[2]), int(row[3]), {int(k): int(n) for k, n in records}


def names(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """(level, name) of all arms, overall first."""
    order = "CASE level WHEN 'overall' THEN 0 WHEN 'division' THEN 1 WHEN 'segment' THEN 2 ELSE 3 END"
    rows = connection.execute(
        f"SELECT DISTINCT level, name, {order} AS rank FROM arm ORDER BY rank, name"
    ).fetchall()
    return [(str(level), str(name)) for level, name, _ in rows]


def read_decisions(
    connection: duckdb.DuckDBPyConnection,
    cycles: Sequence[str],
    decisions: list[Path],
    segments: list[Path],
    events: list[Path],
) -> None:
    """The view `decision` of the cycles' logs, each with the segment that the customer had in the division in that cycle, and of
    the decisions on single events, each with the segment of the last of these cycles until its day.

    cycles: oldest first. Their files lie as `{folder}/{cycle_id}/part-00000.parquet`; events: see `decisions.days`.
    """
    cycle = "regexp_extract(filename, '([^/]+)/[^/]+$', 1)"
    place = "CASE WHEN sub_segment = '' THEN lifecycle ELSE sub_segment END"
    columns = 'customer_id, "trigger", occurrence, division, outcome, reason, "at"'
    held = "SELECT '' AS cycle, '' AS customer_id, '' AS division, '' AS segment WHERE false"
    parts = []
    if segments:
        files = (
            f"read_parquet({[path.as_posix() for path in segments]}, filename = true, union_by_name = true)"
        )
        held = f"SELECT {cycle} AS cycle, customer_id, division, {place} AS segment FROM {files}"
    if decisions:
        files = (
            f"read_parquet({[path.as_posix() for path in decisions]}, filename = true, union_by_name = true)"
        )
        parts.append(f"SELECT {columns}, {cycle} AS cycle FROM {files}")
    if events:
        order = ", ".join(f"({n}, '{name}')" for n, name in enumerate(("", *cycles)))
        until = """left(cycle, 10) <= strftime("at", '%Y-%m-%d')"""
        last = f"(SELECT arg_max(cycle, n) FROM (VALUES {order}) o(n, cycle) WHERE {until})"
        parts.append(f"SELECT {columns}, {last} AS cycle FROM ({days_sql(events)})")
    connection.execute(f"""
CREATE OR REPLACE TEMP TABLE decision AS
    SELECT d.*, coalesce(s.segment, '') AS segment
    FROM ({" UNION ALL ".join(parts)}) d
    LEFT JOIN ({held}) s ON s.cycle = d.cycle AND s.customer_id = d.customer_id AND s.division = d.division
""")
