"""Fatigue: how people answer and turn away by how many contacts they had, per segment."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import msgspec

from courtesy.population.features import CHANNELS
from courtesy.population.ledger import day_of
from courtesy.population.report import SEGMENT

MOST = 10
"""So many contacts and more are counted together."""


class Fatigue(msgspec.Struct, frozen=True):
    """Customers of a segment (corporate) by their contacts in the `days` before the earlier date, and what they did until the later.

    responded, opted_out: customers. Opted out: withdrew marketing on a channel where they had not before.
    """

    days: int
    segment: str
    contacts: int
    customers: int
    responded: int
    opted_out: int


def fatigue(
    connection: duckdb.DuckDBPyConnection,
    before: Sequence[Path],
    after: Sequence[Path],
    snapshot: Sequence[Path],
    earlier: date,
    later: date,
) -> list[Fatigue]:
    """From the segments of two cycles and the snapshot of the later; `all` beside the segments."""
    files = [", ".join(f"'{path.as_posix()}'" for path in paths) for paths in (before, after, snapshot)]
    left = " OR ".join(
        f"(b.{channel}_permission IS DISTINCT FROM 'withdrawn' AND a.{channel}_permission = 'withdrawn')"
        for channel in CHANNELS
    )
    connection.execute(f"""
CREATE OR REPLACE TEMP TABLE tired AS
    WITH answered AS (
        SELECT DISTINCT customer_id FROM (SELECT customer_id, unnest(replies) AS r FROM read_parquet([{files[2]}]))
        WHERE r.day > {day_of(earlier)} AND r.day <= {day_of(later)}),
    b AS (SELECT *, {SEGMENT} AS segment FROM read_parquet([{files[0]}], union_by_name = true) WHERE division = 'corporate'),
    a AS (SELECT * FROM read_parquet([{files[1]}], union_by_name = true) WHERE division = 'corporate')
    SELECT b.segment, b.contacts_30d, b.contacts_90d, r.customer_id IS NOT NULL AS responded, ({left}) AS opted_out
    FROM b JOIN a ON a.customer_id = b.customer_id LEFT JOIN answered r ON r.customer_id = b.customer_id
""")
    rows = []
    for days in (30, 90):
        rows += connection.execute(f"""
            SELECT {days}, coalesce(segment, 'all'), least(contacts_{days}d, {MOST})::INTEGER AS contacts, count(*),
                count(*) FILTER (responded), count(*) FILTER (opted_out)
            FROM tired GROUP BY GROUPING SETS ((segment, contacts), (contacts)) ORDER BY ALL""").fetchall()
    return [Fatigue(*row) for row in rows]
