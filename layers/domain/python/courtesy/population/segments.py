"""Segments: the rulebook's ladders as columns, and the LONG relation of all attributes.

Lifecycle is placed first, then the lifecycle's sub-segment, then the value tier; a ladder may read what was placed before it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from courtesy.population.catalogue import CUSTOM, Attribute, Catalogue
from courtesy.population.criteria import check
from courtesy.population.documents import connect, snapshot_sql, write_lines, write_parquet
from courtesy.population.features import make_features
from courtesy.population.rules import Ladder, PopulationRules
from courtesy.population.scores import Scores
from courtesy.population.valuation import make_valued

FEW = 10
"""Customers for whom DuckDB is not asked to look for the best plan."""
PLACED = ("lifecycle", "sub_segment", "value_tier")


@dataclass(frozen=True)
class Placement:
    """The ladders, checked, as three SQL expressions over the catalogue's columns."""

    lifecycle: str
    sub_segment: str
    value_tier: str


def placement_of(rules: PopulationRules, catalogue: Catalogue) -> Placement:
    """Check every criterion of the ladders. Raises RefusedRule, UnknownAttribute."""
    first, second, third = (
        catalogue.without(PLACED),
        catalogue.without(PLACED[1:]),
        catalogue.without(PLACED[2:]),
    )
    branches = " ".join(
        f"WHEN '{lifecycle}' THEN {_case(ladder, second, f'sub_segments.{lifecycle}')}"
        for lifecycle, ladder in sorted(rules.sub_segments.items())
    )
    return Placement(
        lifecycle=_case(rules.lifecycle, first, "lifecycle"),
        sub_segment=f"CASE lifecycle {branches} ELSE '' END" if branches else "''",
        value_tier=_case(rules.value_tiers, third, "value_tiers"),
    )


def _case(ladder: Ladder, catalogue: Catalogue, where: str) -> str:
    whens = " ".join(
        f"WHEN {check(rule.criteria, catalogue, rule=f'population.{where}.{rule.name}').sql} THEN '{rule.name}'"
        for rule in ladder.rules
    )
    return f"CASE {whens} ELSE '{ladder.default}' END" if whens else f"'{ladder.default}'"


def make_segments(
    connection: duckdb.DuckDBPyConnection,
    as_of: date,
    rules: PopulationRules,
    scores: Scores,
    catalogue: Catalogue,
) -> None:
    """From `snapshot` to the view `placed`: customer_id and the catalogue's columns."""
    make_features(connection, as_of, rules, custom_of(catalogue))
    make_valued(connection, as_of, scores, rules)
    place(connection, catalogue, placement_of(rules, catalogue))


def place(connection: duckdb.DuckDBPyConnection, catalogue: Catalogue, placement: Placement) -> None:
    """The view `placed` of `valued`."""
    columns = ", ".join(f'"{a.name}"::{a.type} AS "{a.name}"' for a in catalogue)
    connection.execute(f"""
CREATE OR REPLACE TEMP VIEW placed AS
    WITH one AS (SELECT *, {placement.lifecycle} AS lifecycle FROM valued),
    two AS (SELECT *, {placement.sub_segment} AS sub_segment FROM one),
    three AS (SELECT *, {placement.value_tier} AS value_tier FROM two)
    SELECT customer_id, {columns} FROM three
""")


def custom_of(catalogue: Catalogue) -> tuple[Attribute, ...]:
    """The custom attributes of the catalogue."""
    return tuple(a for a in catalogue if a.name.startswith(CUSTOM))


def write_segments(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write `placed` as Parquet, which becomes the view `segments`; the same snapshot gives the same bytes. Returns the rows."""
    write_parquet(connection, "SELECT * FROM placed ORDER BY customer_id, division", path)
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW segments AS SELECT * FROM read_parquet('{path.as_posix()}')"
    )
    row = connection.execute("SELECT count(*) FROM segments").fetchone()
    return int(row[0]) if row else 0


def features_of(
    profile_documents: Sequence[bytes],
    as_of: date,
    rules: PopulationRules,
    scores: Scores,
    catalogue: Catalogue,
    columns: Collection[str] | None = None,
) -> duckdb.DuckDBPyConnection:
    """Single customers by the same statements as the cycle: a connection with the relation `segments` of these documents.

    The documents are profiles as `encode_profile` writes them; restricted customers are left out. columns: the attributes that
    `segments` has beside `customer_id` and `division`, all where left out; what is not asked for is not computed.
    """
    connection = connect(Path(), threads=1, memory="200MB")
    # For a few, planning takes longer than working it out: only what drops unused columns pays.
    if len(profile_documents) <= FEW:
        connection.execute(f"SET disabled_optimizers = '{','.join(_for_many_rows(connection))}'")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "documents.jsonl"
        write_lines(profile_documents, path)
        connection.execute(f"CREATE TEMP TABLE snapshot AS {snapshot_sql(path, custom_of(catalogue))}")
    make_segments(connection, as_of, rules, scores, catalogue)
    asked = "*"
    if columns is not None:
        named = sorted({catalogue.attribute(name).name for name in columns} - {"division"})
        asked = ", ".join(["customer_id", "division", *(f'"{name}"' for name in named)])
    connection.execute(
        f"CREATE TEMP TABLE gathered AS SELECT {asked} FROM placed ORDER BY customer_id, division; "
        "CREATE OR REPLACE TEMP VIEW segments AS SELECT * FROM gathered"
    )
    return connection


def _for_many_rows(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """DuckDB's optimizers but those that leave out what is not asked for, by name."""
    names = connection.execute("SELECT name FROM duckdb_optimizers()").fetchall()
    return [name for (name,) in names if name not in ("unused_columns", "deliminator")]
