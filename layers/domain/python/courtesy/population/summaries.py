"""The small mergeable summary of a part, and the whole population's scores made of all parts' summaries.

A summary has rows (kind, division, a, b, c, n): n customers alike.
    r, f, m   a = days since the latest purchase, purchase days, revenue (the exact histograms behind the quantiles)
    x         a = repeat purchase days, b = days from first to latest purchase, c = days since the first (the buying model)
    s         a = repeat purchase days, b = their revenue (the spend model): above zero and all in known currencies
"""

from datetime import date

import duckdb

from courtesy.population.bgnbd import BuyingModel, fit_buying
from courtesy.population.gamma_gamma import SpendModel, fit_spend
from courtesy.population.ledger import NOWHERE, day_of
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import CORPORATE, Cuts, DivisionScores, histogram_cuts

DAYS_PER_UNIT = 7.0
"""The value model counts time in weeks."""


def summary_sql(as_of: date) -> str:
    """The query that makes a part's summary from `bought` and `numbered`, in a fixed order."""
    today = day_of(as_of)
    kinds = {
        "r": f"{today} - last_day AS a, 0 AS b, 0 AS c",
        "f": "purchase_days AS a, 0 AS b, 0 AS c",
        "m": "revenue AS a, 0 AS b, 0 AS c",
        "x": f"purchase_days - 1 AS a, last_day - first_day AS b, {today} - first_day AS c",
        "s": "purchase_days - 1 AS a, repeat_revenue AS b, 0 AS c",
    }
    limits = {"s": " AND purchase_days > 1 AND repeat_revenue > 0 AND unconverted = 0"}
    selects = [
        f"SELECT '{kind}' AS kind, division, a::BIGINT AS a, b::BIGINT AS b, c::BIGINT AS c, count(*)::BIGINT AS n "
        f"FROM (SELECT division, {columns} FROM bought JOIN numbered ON number = k & {NOWHERE} WHERE purchase_days > 0{limits.get(kind, '')}) GROUP BY ALL"
        for kind, columns in kinds.items()
    ]
    return f"SELECT * FROM ({' UNION ALL '.join(selects)}) ORDER BY ALL"


def score_divisions(
    connection: duckdb.DuckDBPyConnection, rules: PopulationRules
) -> dict[str, DivisionScores]:
    """Cut points and value models of all divisions from a relation `summary` of all parts.

    Runs on one thread and over ordered rows, so the same summaries in any number of parts give the same bytes.
    """
    connection.execute("SET threads = 1")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE merged AS "
        "SELECT kind, division, a, b, c, sum(n)::BIGINT AS n FROM summary GROUP BY ALL ORDER BY ALL"
    )
    names = [
        str(row[0])
        for row in connection.execute("SELECT DISTINCT division FROM merged ORDER BY 1").fetchall()
    ]
    scored: dict[str, DivisionScores] = {}
    for name in sorted(names, key=lambda name: (name != CORPORATE, name)):
        scored[name] = _score(connection, name, rules, scored.get(CORPORATE))
    return {name: scored[name] for name in sorted(scored)}


def _score(
    connection: duckdb.DuckDBPyConnection, name: str, rules: PopulationRules, corporate: DivisionScores | None
) -> DivisionScores:
    def of_kind(kind: str) -> str:
        return f"SELECT a AS value, n FROM merged WHERE kind = '{kind}' AND division = '{_text(name)}'"

    def count(condition: str) -> int:
        row = connection.execute(
            f"SELECT coalesce(sum(n), 0)::BIGINT FROM merged WHERE kind = 'x' AND division = ? AND {condition}",
            [name],
        ).fetchone()
        return int(row[0]) if row else 0

    cuts = Cuts(
        r=histogram_cuts(connection, of_kind("r")),
        f=histogram_cuts(connection, of_kind("f")),
        m=histogram_cuts(connection, of_kind("m")),
    )
    repeaters, buyers = count("a > 0"), count("true")
    source, buying, spend = "own", None, None
    if repeaters >= rules.value.least_repeaters:
        buying, spend = _fit(connection, name)
    if buying is None or not buying.converged:
        source, buying, spend = "none", None, None
        if corporate is not None and corporate.buying is not None:
            source, buying, spend = CORPORATE, corporate.buying, corporate.spend
    return DivisionScores(
        buyers=buyers, repeaters=repeaters, cuts=cuts, source=source, buying=buying, spend=spend
    )


def _fit(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[BuyingModel, SpendModel | None]:
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE history AS "
        "SELECT a AS x, b / ?::DOUBLE AS t_x, c / ?::DOUBLE AS t, n FROM merged WHERE kind = 'x' AND division = ? "
        "ORDER BY a, b, c",
        [DAYS_PER_UNIT, DAYS_PER_UNIT, name],
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE spending AS "
        "SELECT a AS x, b::DOUBLE AS s, n FROM merged WHERE kind = 's' AND division = ? ORDER BY a, b",
        [name],
    )
    spend = fit_spend(connection, "spending")
    return fit_buying(connection, "history"), spend if spend is not None and spend.usable else None


def _text(name: str) -> str:
    return name.replace("'", "''")
