"""BG/NBD: how often customers buy and when they silently leave (Fader, Hardie, Lee 2005, Marketing Science 24(2)).

x repeat purchases, the last of them at t_x, in a time T since the first purchase; purchases are Poisson with a rate that is
gamma(r, alpha) over customers; after each purchase a customer leaves with a probability that is beta(a, b) over customers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log

import duckdb
import msgspec

from courtesy.population.descent import Minimum, minimise
from courtesy.population.special import digamma, hypergeometric

CAPS = (30.0, inf, 100.0, 100.0)
"""What r, alpha, a and b stay below. Beyond, customers differ so little that predictions no longer change."""


class BuyingModel(msgspec.Struct, frozen=True, kw_only=True):
    """Fitted parameters. `errors`: standard errors in the order r, alpha, a, b; empty where the data give none."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float
    customers: int
    repeaters: int
    converged: bool = True
    errors: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Counts:
    """Customers per number of repeat purchases."""

    by_x: tuple[tuple[int, int], ...]

    @property
    def customers(self) -> int:
        return sum(n for _, n in self.by_x)


def fit_buying(connection: duckdb.DuckDBPyConnection, relation: str) -> BuyingModel:
    """Maximum likelihood over a relation with columns x, t_x, t (DOUBLE, one unit of time) and n (customers alike).

    The relation's order decides the last bits of the sums: give it ordered, and run on one thread, for equal bytes.
    """
    counts = _Counts(
        tuple(
            connection.execute(
                f"SELECT x::BIGINT, sum(n)::BIGINT FROM {relation} GROUP BY x ORDER BY x"
            ).fetchall()
        )
    )
    longest = connection.execute(f"SELECT sum(t * n) / sum(n) FROM {relation}").fetchone()
    mean = float(longest[0]) if longest and longest[0] else 1.0
    found: Minimum = minimise(
        lambda at: _negative(connection, relation, counts, at),
        [1.0, max(mean / 4, 0.01), 1.0, 2.0],
        scale=counts.customers,
        caps=CAPS,
    )
    r, alpha, a, b = found.at
    return BuyingModel(
        r=r, alpha=alpha, a=a, b=b, log_likelihood=-found.value, customers=counts.customers,
        repeaters=sum(n for x, n in counts.by_x if x), converged=found.converged, errors=found.errors,
    )  # fmt: skip


def _negative(
    connection: duckdb.DuckDBPyConnection, relation: str, counts: _Counts, at: Sequence[float]
) -> tuple[float, list[float]]:
    """Negative log-likelihood and gradient: what depends on x alone is summed here, the rest by DuckDB over the rows."""
    r, alpha, a, b = at
    row = connection.execute(
        f"""
        WITH given AS (SELECT $1::DOUBLE AS r, $2::DOUBLE AS alpha, $3::DOUBLE AS a, $4::DOUBLE AS b),
        term AS (
            SELECT n, x, ln(alpha + t) AS at_end, 1 / (alpha + t) AS per_end, 1 / (alpha + t_x) AS per_last,
                   ln(alpha + t) - ln(alpha + t_x) AS since, r + x AS shape, a, b
            FROM {relation}, given),
        odds AS (SELECT *, CASE WHEN x > 0 THEN ln(a) - ln(b + x - 1) + shape * since END AS u FROM term),
        part AS (SELECT *, CASE WHEN x > 0 THEN 1 / (1 + exp(-u)) ELSE 0 END AS w,
                        CASE WHEN x = 0 THEN 0 WHEN u > 30 THEN u ELSE ln(1 + exp(u)) END AS soft FROM odds)
        SELECT sum(n * (soft - shape * at_end)), sum(n * (w * since - at_end)),
               sum(n * shape * (w * (per_end - per_last) - per_end)), sum(n * w), sum(n * w / (b + x - 1)) FILTER (x > 0)
        FROM part""",
        [r, alpha, a, b],
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    total, by_r, by_alpha, weight, by_b = (float(value or 0.0) for value in row)
    by_a, by_b = weight / a, -by_b
    for x, n in counts.by_x:
        total += n * (
            lgamma(r + x) - lgamma(r) + r * log(alpha)
            + lgamma(a + b) + lgamma(b + x) - lgamma(b) - lgamma(a + b + x)
        )  # fmt: skip
        ends = digamma(a + b) - digamma(a + b + x)
        by_r += n * (digamma(r + x) - digamma(r) + log(alpha))
        by_alpha += n * r / alpha
        by_a += n * ends
        by_b += n * (ends + digamma(b + x) - digamma(b))
    return -total, [-by_r, -by_alpha, -by_a, -by_b]


def expected_if_alive(model: BuyingModel, x: int, age: float, time: float) -> float:
    """The numerator of E[Y(t) | x, t_x, T] (equation 10): it depends on x and T alone; times P(alive) it is the expectation.

    Euler's transformation of 2F1 leaves parameters that do not grow with x, so the series stays short.
    """
    r, alpha, a, b = model.r, model.alpha, _not_one(model.a), model.b
    z = time / (alpha + age + time)
    series = hypergeometric(a + b - 1 - r, a - 1, a + b + x - 1, z)
    return float((a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (a - 1) * series))


def probability_alive(model: BuyingModel, x: int, last: float, age: float) -> float:
    """P(alive | x, t_x, T); 1 for those who bought once, as the model has it."""
    if x == 0:
        return 1.0
    odds = (
        log(model.a) - log(model.b + x - 1) + (model.r + x) * log((model.alpha + age) / (model.alpha + last))
    )
    return 1 / (1 + exp(min(odds, 700.0)))


def expected_purchases(model: BuyingModel, x: int, last: float, age: float, time: float) -> float:
    """E[Y(t) | x, t_x, T]: purchases in the coming `time` of a customer with that history."""
    return expected_if_alive(model, x, age, time) * probability_alive(model, x, last, age)


def _not_one(a: float) -> float:
    """The formulas have a removable singularity at a = 1."""
    return a if abs(a - 1) > 1e-6 else 1 + 1e-6
