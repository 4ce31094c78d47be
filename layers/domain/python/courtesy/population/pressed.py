"""How often the customers are written to: how many had how many contacts, who had most, whom one might but nobody did."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

SHOWN = 50
"""Customers that are named."""
_MAY = (
    "coalesce(email_permission, '') <> 'withdrawn' OR coalesce(letter_permission, '') <> 'withdrawn' "
    "OR coalesce(postcard_permission, '') <> 'withdrawn'"
)


class Written(NamedTuple):
    """A customer and the contacts that counted in the last 30 and 90 days."""

    customer_id: str
    contacts_30d: int
    contacts_90d: int


class Pressed(NamedTuple):
    """Customers of a division (or `corporate`).

    buckets:   contacts in the last 30 days -> customers
    most:      who had most, at most 50
    forgotten: how many had none for 90 days though some channel is not withdrawn
    """

    buckets: dict[int, int]
    most: list[Written]
    forgotten: int


def pressed(files: Sequence[Path], division: str) -> Pressed:
    """Read it from the segments of a cycle, as they were fetched."""
    with duckdb.connect(config={"threads": "2"}) as columns:
        columns.execute(
            "CREATE TEMP VIEW placed AS SELECT * FROM read_parquet([{}], union_by_name := true) "
            "WHERE division = '{}'".format(
                ", ".join(f"'{path.as_posix()}'" for path in files), division.replace("'", "''")
            )
        )
        buckets = columns.execute(
            "SELECT coalesce(contacts_30d, 0), count(*)::BIGINT FROM placed GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        most = columns.execute(
            "SELECT customer_id, contacts_30d, contacts_90d FROM placed WHERE contacts_30d > 0 "
            "ORDER BY contacts_30d DESC, contacts_90d DESC, customer_id LIMIT $shown",
            {"shown": SHOWN},
        ).fetchall()
        row = columns.execute(
            f"SELECT count(*)::BIGINT FROM placed WHERE coalesce(contacts_90d, 0) = 0 AND ({_MAY})"
        ).fetchone()
    return Pressed(dict(buckets), [Written(*each) for each in most], row[0] if row else 0)
