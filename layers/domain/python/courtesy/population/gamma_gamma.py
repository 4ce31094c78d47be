"""Gamma-Gamma: what a purchase is worth (Fader, Hardie 2013, note 025).

A customer's purchases have mean value z; p is the shape of single values, and the scale is gamma(q, v) over customers.
"""

from collections.abc import Sequence
from math import inf, lgamma, log

import duckdb
import msgspec

from courtesy.population.descent import minimise
from courtesy.population.special import digamma

CAPS = (100.0, 100.0, inf)
"""What p, q and v (in mean values of a purchase) stay below; beyond, nobody differs."""


class SpendModel(msgspec.Struct, frozen=True, kw_only=True):
    """Fitted parameters; `errors` in the order p, q, v, empty where the data give none. v is in the unit of money given."""

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    converged: bool = True
    errors: tuple[float, ...] = ()

    @property
    def usable(self) -> bool:
        """With q <= 1 the mean over customers is infinite and predictions mean nothing."""
        return self.converged and self.q > 1


def fit_spend(connection: duckdb.DuckDBPyConnection, relation: str) -> SpendModel | None:
    """Maximum likelihood over a relation with columns x (repeat purchases), s (their money together, above 0), n.

    None where there is nobody. Give the relation ordered, and run on one thread, for equal bytes.
    """
    constants = connection.execute(
        f"SELECT x::BIGINT, sum(n)::BIGINT, sum(n * ln(s / x)) FROM {relation} GROUP BY x ORDER BY x"
    ).fetchall()
    customers = sum(n for _, n, _ in constants)
    if not customers:
        return None
    mean = connection.execute(f"SELECT sum(n * s / x) / sum(n) FROM {relation}").fetchone()
    unit = float(mean[0]) if mean else 1.0

    def negative(at: Sequence[float]) -> tuple[float, list[float]]:
        """`v` is counted in means of z here, so that all three parameters are of like size."""
        p, q, share = at
        v = share * unit
        rows = connection.execute(
            f"SELECT x::BIGINT, sum(n * ln(s + $1)), sum(n / (s + $1)) FROM {relation} GROUP BY x ORDER BY x",
            [v],
        ).fetchall()
        total = by_p = by_q = by_v = 0.0
        for (x, n, log_z), (_, log_sum, per_sum) in zip(constants, rows, strict=True):
            shape = p * x
            total += (
                n * (lgamma(shape + q) - lgamma(shape) - lgamma(q) + q * log(v) + shape * log(x))
                + (shape - 1) * log_z - (shape + q) * log_sum
            )  # fmt: skip
            by_p += x * (n * (digamma(shape + q) - digamma(shape) + log(x)) + log_z - log_sum)
            by_q += n * (digamma(shape + q) - digamma(q) + log(v)) - log_sum
            by_v += n * q / v - (shape + q) * per_sum
        return -total, [-by_p, -by_q, -by_v * unit]

    found = minimise(negative, [1.0, 2.0, 1.0], scale=customers, caps=CAPS)
    p, q, share = found.at
    errors = (*found.errors[:2], found.errors[2] * unit) if found.errors else ()
    return SpendModel(
        p=p, q=q, v=share * unit, log_likelihood=-found.value, customers=customers,
        converged=found.converged, errors=errors,
    )  # fmt: skip
