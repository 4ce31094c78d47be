"""Scores and value of each customer: quantile scores, probability of being alive, expected purchases and value.

What takes a series (2F1) depends on x and T alone, so it is worked out once per distinct pair; the rest is one expression over
columns. Values are rounded to six digits, so that the last bits of a processor's logarithm do not show.
"""

from math import exp, log1p, sqrt

import duckdb

from courtesy.population.bgnbd import BuyingModel, expected_if_alive
from courtesy.population.rules import PopulationRules
from courtesy.population.scores import PARTS, Scores
from courtesy.population.summaries import DAYS_PER_UNIT

_NODES = ((-sqrt(0.6), 5 / 9), (0.0, 8 / 9), (sqrt(0.6), 5 / 9))
"""Gauss-Legendre over [-1, 1] with three points: exact for polynomials of degree five, and E(t) is smoother than that."""


def expected_and_discounted(
    model: BuyingModel, x: int, age: float, horizon: float, yearly: float
) -> tuple[float, float]:
    """Purchases within `horizon` of somebody alive, and the same discounted continuously at a yearly rate.

    Discounted: the integral of exp(-d t) E'(t), by parts exp(-d H) E(H) + d times the integral of exp(-d t) E(t).
    """
    rate = log1p(yearly) * DAYS_PER_UNIT / 365
    upto = expected_if_alive(model, x, age, horizon)
    if rate == 0.0:
        return upto, upto
    half = horizon / 2
    area = half * sum(
        weight * exp(-rate * at) * expected_if_alive(model, x, age, at)
        for at, weight in ((half * (1 + node), weight) for node, weight in _NODES)
    )
    return upto, exp(-rate * horizon) * upto + rate * area


def make_valued(connection: duckdb.DuckDBPyConnection, scores: Scores, rules: PopulationRules) -> None:
    """From `feature` to `valued`: scores, model, contribution."""
    divisions = [
        str(row[0])
        for row in connection.execute("SELECT DISTINCT division FROM feature ORDER BY 1").fetchall()
    ]
    _model_table(connection, scores, rules, divisions)
    _ahead_table(connection, scores, rules, divisions)
    cost = rules.costs
    connection.execute(f"""
CREATE OR REPLACE TEMP TABLE valued AS
    WITH joined AS (
        SELECT f.*, m.source AS value_model, m.margin, f.purchase_days - 1 AS x,
            {_scored("f.days_since_purchase", "r")} AS behind, {_scored("f.purchase_days", "f")} AS f_score,
            {_scored("f.revenue", "m")} AS m_score,
            CASE WHEN f.purchase_days = 0 OR m.r IS NULL THEN NULL WHEN f.purchase_days = 1 THEN 1.0
                 ELSE 1 / (1 + exp(least(700, ln(m.a) - ln(m.b + f.purchase_days - 2) + (m.r + f.purchase_days - 1)
                      * (ln(m.alpha + f.tenure_days / {DAYS_PER_UNIT})
                         - ln(m.alpha + (f.last_day - f.first_day) / {DAYS_PER_UNIT}))))) END AS alive,
            h.expected, h.discounted,
            CASE WHEN f.purchase_days = 0 THEN NULL WHEN m.p IS NULL THEN f.average_order::DOUBLE
                 WHEN f.purchase_days = 1 OR f.repeat_revenue <= 0 OR f.unconverted_purchases > 0 THEN m.p * m.v / (m.q - 1)
                 ELSE m.p * (m.v + f.repeat_revenue) / (m.p * (f.purchase_days - 1) + m.q - 1) END AS "order"
        FROM feature f JOIN model m USING (division)
        LEFT JOIN ahead h ON h.owner = m.owner AND h.x = f.purchase_days - 1 AND h.age = f.tenure_days)
    SELECT * EXCLUDE (behind, alive, expected, discounted, "order"),
        {PARTS + 1} - behind AS r_score,
        CASE WHEN behind IS NULL THEN '' ELSE concat({PARTS + 1} - behind, f_score, m_score) END AS scores,
        round(alive, 6) AS probability_alive, round(alive * expected, 6) AS expected_purchases,
        round("order")::BIGINT AS expected_order,
        round(alive * discounted * "order" * margin)::BIGINT AS expected_value,
        (round(revenue_12m * margin::DECIMAL(9, 6)) - contact_cost - cases_12m * {cost.case}
            - interactions_12m * {cost.interaction})::BIGINT AS contribution
    FROM joined
""")


def _scored(value: str, kind: str) -> str:
    reached = " + ".join(f"({PARTS}::BIGINT * {value} >= m.{kind}{k})::INTEGER" for k in range(1, PARTS))
    return f"CASE WHEN f.purchase_days > 0 THEN 1 + {reached} END"


def _model_table(
    connection: duckdb.DuckDBPyConnection, scores: Scores, rules: PopulationRules, divisions: list[str]
) -> None:
    cuts = ", ".join(f"{kind}{k} BIGINT" for kind in "rfm" for k in range(1, PARTS))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE model (division VARCHAR, owner VARCHAR, source VARCHAR, margin DOUBLE, r DOUBLE, "
        f"alpha DOUBLE, a DOUBLE, b DOUBLE, p DOUBLE, q DOUBLE, v DOUBLE, {cuts})"
    )
    for name in divisions:
        given = scores.division(name)
        margin = float(rules.value.margin.get(name, rules.value.margin_otherwise))
        buying, spend = given.buying, given.spend
        bought = [buying.r, buying.alpha, buying.a, buying.b] if buying else [None] * 4
        spent = [spend.p, spend.q, spend.v] if spend else [None] * 3
        cut = [
            c for cuts in (given.cuts.r, given.cuts.f, given.cuts.m) for c in (cuts or (None,) * (PARTS - 1))
        ]
        owner = name if given.source == "own" else given.source
        row = [name, owner, given.source, margin, *bought, *spent, *cut]
        connection.execute(f"INSERT INTO model VALUES ({', '.join('?' * len(row))})", row)


def _ahead_table(
    connection: duckdb.DuckDBPyConnection, scores: Scores, rules: PopulationRules, divisions: list[str]
) -> None:
    """Expected and discounted purchases of somebody alive, per model, x and age; see `bgnbd.expected_if_alive`."""
    models = {}
    for name in divisions:
        given = scores.division(name)
        if given.buying is not None:
            models[name if given.source == "own" else given.source] = given.buying
    pairs = connection.execute(
        "SELECT DISTINCT m.owner, (f.purchase_days - 1)::BIGINT, f.tenure_days::BIGINT FROM feature f JOIN model m USING (division) "
        "WHERE f.purchase_days > 0 AND m.r IS NOT NULL ORDER BY ALL"
    ).fetchall()
    horizon, yearly = rules.value.horizon_days / DAYS_PER_UNIT, float(rules.value.discount_rate)
    owners, xs, ages, expected, discounted = [], [], [], [], []
    for owner, x, age in pairs:
        upto, value = expected_and_discounted(models[owner], x, age / DAYS_PER_UNIT, horizon, yearly)
        owners.append(owner)
        xs.append(x)
        ages.append(age)
        expected.append(upto)
        discounted.append(value)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE ahead AS SELECT unnest($1::VARCHAR[]) AS owner, unnest($2::BIGINT[]) AS x, "
        "unnest($3::BIGINT[]) AS age, unnest($4::DOUBLE[]) AS expected, unnest($5::DOUBLE[]) AS discounted",
        [owners, xs, ages, expected, discounted],
    )
