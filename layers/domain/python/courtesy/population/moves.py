"""Movements: whose place is not what it was; as timeline events for the customers, as a table for the figures."""

from datetime import UTC, date, datetime
from hashlib import blake2b
from pathlib import Path

import duckdb

from courtesy.population.documents import write_parquet
from courtesy.timeline.events import COURTESY, Move

_CHANGED = """
    (previous_lifecycle IS DISTINCT FROM lifecycle OR previous_sub_segment IS DISTINCT FROM sub_segment
     OR previous_value_tier IS DISTINCT FROM value_tier)
"""


def moves_of(
    connection: duckdb.DuckDBPyConnection, as_of: date, cycle_id: str, rulebook: int, data_version: str
) -> dict[str, list[Move]]:
    """Moves per customer from `segments`, whose `previous_` columns are the places that the profiles held.

    A place that is newer than the cycle's date stays: a cycle for a past date writes its segments to the lake only. The event's
    version orders moves of one date by rulebook, then cycle, and is the same when the cycle is run again.
    """
    connection.execute(f"""
CREATE OR REPLACE TEMP TABLE moved AS
    SELECT customer_id, division, previous_lifecycle, previous_sub_segment, previous_value_tier,
           lifecycle, sub_segment, value_tier, scores, coalesce(expected_value, 0) AS value
    FROM segments WHERE {_CHANGED} AND coalesce(days_in_place, 0) >= 0
    ORDER BY customer_id, division
""")
    when = datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC)
    moves: dict[str, list[Move]] = {}
    for customer_id, division, lifecycle, sub_segment, tier, scores, value in connection.execute(
        "SELECT customer_id, division, lifecycle, sub_segment, value_tier, scores, value FROM moved ORDER BY ALL"
    ).fetchall():
        content = "\0".join((lifecycle, sub_segment, tier, scores, str(value), data_version))
        digest = blake2b(content.encode(), digest_size=6).hexdigest()
        moves.setdefault(customer_id, []).append(
            Move(
                source=COURTESY, id=division, when=when, version=f"{rulebook:08}-{cycle_id}-{digest}", division=division,
                lifecycle=lifecycle, sub_segment=sub_segment, value_tier=tier, scores=scores, value=value,
                cycle=cycle_id, rulebook=rulebook, data_version=data_version,
            )
        )  # fmt: skip
    return moves


def write_moves(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The moves table as Parquet: customer_id, division, where from, where to, value."""
    write_parquet(connection, "SELECT * FROM moved ORDER BY customer_id, division", path)
