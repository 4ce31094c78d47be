"""Who would move from where to where if these rules were published: the cycle's statements, and nothing is written."""

from dataclasses import dataclass
from datetime import date

import duckdb

from courtesy.population.catalogue import Catalogue
from courtesy.population.features import make_features
from courtesy.population.report import SEGMENT
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import Scores
from courtesy.population.segments import custom_of, place, placement_of
from courtesy.population.valuation import make_valued


@dataclass(frozen=True)
class Shift:
    """Customers of a division whom the drafted rules put elsewhere; value: their expected value, minor units."""

    division: str
    before: str
    after: str
    customers: int
    value: int


@dataclass(frozen=True)
class Preview:
    """Who would move, and all counts under the rules in force and under the draft: division -> segment -> customers."""

    shifts: tuple[Shift, ...]
    before: dict[str, dict[str, int]]
    after: dict[str, dict[str, int]]


def preview(
    connection: duckdb.DuckDBPyConnection,
    as_of: date,
    rules: PopulationRules,
    draft: PopulationRules,
    scores: Scores,
    catalogue: Catalogue,
) -> Preview:
    """Both sets of rules over the connection's relation `snapshot`, with the scores of its cycle.

    A change of costs, margins or currencies counts too; quantile scores and model stay those of the cycle. Raises RefusedRule,
    UnknownAttribute for a criterion of the draft.
    """
    drafted = placement_of(draft, catalogue)
    for name, given, placement in (
        ("before", rules, placement_of(rules, catalogue)),
        ("after", draft, drafted),
    ):
        make_features(connection, as_of, given, custom_of(catalogue))
        make_valued(connection, as_of, scores, given)
        place(connection, catalogue, placement)
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE under_{name} AS SELECT customer_id, division, {SEGMENT} AS segment, expected_value FROM placed"
        )
    shifts = connection.execute("""
        SELECT b.division, b.segment, a.segment, count(*)::BIGINT, coalesce(sum(a.expected_value), 0)::BIGINT
        FROM under_before b JOIN under_after a USING (customer_id, division) WHERE a.segment <> b.segment
        GROUP BY ALL ORDER BY ALL""").fetchall()
    return Preview(
        tuple(Shift(*row) for row in shifts), _counts(connection, "before"), _counts(connection, "after")
    )


def _counts(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for division, segment, customers in connection.execute(
        f"SELECT division, segment, count(*)::BIGINT FROM under_{name} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        counts.setdefault(division, {})[segment] = customers
    return counts
