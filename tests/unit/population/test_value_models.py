"""The value models against published figures, against integration by hand, and at their edges."""

import random
from collections.abc import Sequence
from math import exp, gamma, lgamma, log
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from courtesy.population.bgnbd import (
    BuyingModel,
    expected_if_alive,
    expected_purchases,
    fit_buying,
    probability_alive,
)
from courtesy.population.descent import minimise
from courtesy.population.gamma_gamma import SpendModel, fit_spend
from courtesy.population.special import digamma, hypergeometric
from courtesy.population.valuation import expected_and_discounted

DATA = Path(__file__).parents[3] / ".." / "shared" / "data" / "clv-cdnow-sample"
CDNOW = BuyingModel(r=0.243, alpha=4.414, a=0.793, b=2.426, log_likelihood=0, customers=2357, repeaters=946)


def expected_from_start(model: BuyingModel, time: float) -> float:
    """E[X(t)]: repeat purchases that a new customer makes in `time` (equation 9 of the paper)."""
    z = time / (model.alpha + time)
    series = hypergeometric(model.a + model.b - 1 - model.r, model.a - 1, model.a + model.b - 1, z)
    return float((model.a + model.b - 1) / (model.a - 1) * (1 - (1 - z) ** (model.a - 1) * series))


def test_expectations_of_the_published_parameters() -> None:
    assert expected_purchases(CDNOW, 2, 30.43, 38.86, 39) == pytest.approx(1.226, abs=5e-4)
    published = {0.1429: 0.0078, 1: 0.0532, 3: 0.1506, 31.8571: 1.0405, 32: 1.0437, 78: 1.8576}
    fitted = BuyingModel(
        r=0.2426, alpha=4.4136, a=0.7929, b=2.4259, log_likelihood=0, customers=0, repeaters=0
    )
    for weeks, expected in published.items():
        assert expected_from_start(fitted, weeks) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize(
    ("r", "alpha", "a", "b", "x", "age"),
    [(0.25, 4.4, 0.8, 2.4, 3, 30.0), (1.2, 70.0, 5.8, 99.0, 7, 200.0), (3.0, 9.0, 1.0, 2.0, 0, 12.0)],
)
def test_the_series_equals_the_integral_over_all_rates_and_dropouts(
    r: float, alpha: float, a: float, b: float, x: int, age: float
) -> None:
    """E of (1 - exp(-rate p t)) / p over gamma(r + x, alpha + T) and beta(a, b + x - 1), by the gamma's transform and Simpson."""
    model = BuyingModel(r=r, alpha=alpha, a=a, b=b, log_likelihood=0, customers=0, repeaters=0)
    time, steps = 52.0, 20_000
    norm = exp(lgamma(a + b + x) - lgamma(a) - lgamma(b + x))
    total = 0.0
    for k in range(1, steps):  # p = u^4 takes the pole at p = 0 away
        u = k / steps
        p = u**4
        value = (1 - ((alpha + age) / (alpha + age + p * time)) ** (r + x)) / p
        weight = 4 if k % 2 else 2
        total += weight * value * p ** (a - 1) * (1 - p) ** (b + x - 1) * 4 * u**3
    assert expected_if_alive(model, x, age, time) == pytest.approx(norm * total / (3 * steps), rel=2e-3)


def test_who_bought_once_is_alive_and_silence_lowers_the_odds() -> None:
    assert probability_alive(CDNOW, 0, 0, 30) == 1.0
    chances = [probability_alive(CDNOW, 5, 10, age) for age in (10, 20, 40, 80)]
    assert chances == sorted(chances, reverse=True)
    assert 0 < chances[-1] < chances[0] < 1


def test_discounted_purchases_against_small_steps() -> None:
    upto, discounted = expected_and_discounted(CDNOW, 2, 38.86, 52.0, 0.10)
    before, total = 0.0, 0.0
    for k in range(1, 2001):
        reached = expected_if_alive(CDNOW, 2, 38.86, 52.0 * k / 2000)
        total += (reached - before) * 1.1 ** (-(52.0 * (k - 0.5) / 2000) * 7 / 365)
        before = reached
    assert upto == pytest.approx(before)
    assert discounted == pytest.approx(total, rel=1e-5)
    assert expected_and_discounted(CDNOW, 2, 38.86, 52.0, 0.0)[1] == upto


def made(r: float, alpha: float, a: float, b: float, customers: int, seed: int) -> duckdb.DuckDBPyConnection:
    """Histories drawn from the model itself, over 40 to 100 weeks."""
    chance, rows = random.Random(seed), []  # noqa: S311 - invented customers
    for _ in range(customers):
        rate, quits, age = (
            chance.gammavariate(r, 1 / alpha),
            chance.betavariate(a, b),
            float(chance.randrange(40, 100)),
        )
        x, last, now = 0, 0.0, 0.0
        while chance.random() >= quits or x == 0:
            now += chance.expovariate(rate) if rate > 1e-12 else 1e9
            if now > age:
                break
            x, last = x + 1, now
        rows.append((x, round(last, 2), age))
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute("CREATE TABLE raw (x BIGINT, t_x DOUBLE, t DOUBLE)")
    connection.executemany("INSERT INTO raw VALUES (?, ?, ?)", rows)
    connection.execute(
        "CREATE TABLE history AS SELECT x, t_x, t, count(*)::BIGINT AS n FROM raw GROUP BY ALL ORDER BY ALL"
    )
    return connection


def test_the_gradient_vanishes_at_the_fit_and_the_likelihood_falls_around_it() -> None:
    connection = made(0.8, 10.0, 1.2, 4.0, 400, 5)
    fitted = fit_buying(connection, "history")
    assert fitted.converged
    assert fitted.log_likelihood == pytest.approx(
        likelihood(connection, fitted.r, fitted.alpha, fitted.a, fitted.b)
    )
    for name in ("r", "alpha", "a", "b"):
        for factor in (0.97, 1.03):
            moved = {n: getattr(fitted, n) * (factor if n == name else 1) for n in ("r", "alpha", "a", "b")}
            assert likelihood(connection, **moved) < fitted.log_likelihood


def likelihood(connection: duckdb.DuckDBPyConnection, r: float, alpha: float, a: float, b: float) -> float:
    """Equation 6 of the paper as it stands there, row by row."""
    total = 0.0
    for x, last, age, n in connection.execute("SELECT x, t_x, t, n FROM history").fetchall():
        beta = exp(lgamma(a) + lgamma(b + x) - lgamma(a + b + x) - lgamma(a) - lgamma(b) + lgamma(a + b))
        term = beta * gamma(r + x) * alpha**r / (gamma(r) * (alpha + age) ** (r + x))
        if x:
            other = exp(
                lgamma(a + 1) + lgamma(b + x - 1) - lgamma(a + b + x) - lgamma(a) - lgamma(b) + lgamma(a + b)
            )
            term += other * gamma(r + x) * alpha**r / (gamma(r) * (alpha + last) ** (r + x))
        total += n * log(term)
    return total


def test_customers_who_do_not_differ_end_at_the_cap_and_not_nowhere() -> None:
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute("CREATE TABLE history AS SELECT 3 AS x, 30.0 AS t_x, 40.0 AS t, 500 AS n")
    fitted = fit_buying(connection, "history")
    assert fitted.errors == ()
    assert fitted.r <= 30
    assert 0 < expected_purchases(fitted, 3, 30, 40, 40) < 10


def test_collapsed_and_single_rows_fit_alike() -> None:
    connection = made(0.5, 8.0, 1.0, 3.0, 300, 2)
    collapsed = fit_buying(connection, "history")
    single = fit_buying(connection, "(SELECT x, t_x, t, 1 AS n FROM raw ORDER BY ALL)")
    assert single.r == pytest.approx(collapsed.r, rel=1e-4)
    assert single.log_likelihood == pytest.approx(collapsed.log_likelihood, rel=1e-9)


@pytest.mark.skipif(not DATA.is_dir(), reason="the CDNOW sample is not beside the checkout")
def test_cdnow_as_published() -> None:
    connection = duckdb.connect(config={"threads": "1"})
    file = DATA / "cdnow_customers_summary_with_transactions.csv"
    connection.execute(
        "CREATE TABLE history AS SELECT x, t_x, T AS t, count(*)::BIGINT AS n FROM "
        f"read_csv('{file}') GROUP BY ALL ORDER BY ALL"
    )
    fitted = fit_buying(connection, "history")
    assert [round(value, 3) for value in (fitted.r, fitted.alpha, fitted.a, fitted.b)] == [
        0.243,
        4.414,
        0.793,
        2.426,
    ]
    assert round(fitted.log_likelihood, 1) == -9582.4
    assert (fitted.customers, fitted.repeaters) == (2357, 946)
    assert len(fitted.errors) == 4


def test_spend_is_recovered() -> None:
    chance, rows = random.Random(3), []  # noqa: S311 - invented customers
    for _ in range(3000):
        x, nu = chance.randrange(1, 9), chance.gammavariate(4.0, 1 / 20.0)
        rows.append((x, sum(chance.gammavariate(6.0, 1 / nu) for _ in range(x))))
    connection = duckdb.connect(config={"threads": "1"})
    connection.execute("CREATE TABLE spending (x BIGINT, s DOUBLE)")
    connection.executemany("INSERT INTO spending VALUES (?, ?)", rows)
    fitted = fit_spend(connection, "(SELECT x, s, 1 AS n FROM spending ORDER BY ALL)")
    assert fitted is not None
    assert fitted.usable
    assert fitted.q == pytest.approx(4.0, rel=0.15)
    assert fitted.p == pytest.approx(6.0, rel=0.2)
    assert fit_spend(connection, "(SELECT x, s, 1 AS n FROM spending WHERE false)") is None


def test_a_spread_without_a_mean_is_not_usable() -> None:
    assert not SpendModel(p=1, q=0.9, v=1, log_likelihood=0, customers=1).usable


@given(st.floats(0.05, 80))
def test_digamma_is_the_slope_of_the_logarithm_of_gamma(x: float) -> None:
    step = 1e-5 * max(x, 0.1)
    assert digamma(x) == pytest.approx((lgamma(x + step) - lgamma(x - step)) / (2 * step), rel=1e-5, abs=1e-6)


def test_hypergeometric_in_closed_form() -> None:
    assert hypergeometric(1, 1, 2, 0.5) == pytest.approx(-log(0.5) / 0.5)
    assert hypergeometric(0.7, 3, 3, 0.9) == pytest.approx(0.1**-0.7)
    assert hypergeometric(2, 3, 4, 0) == 1


def test_the_descent_finds_a_valley_and_its_curvature() -> None:
    def valley(at: Sequence[float]) -> tuple[float, list[float]]:
        x, y = at
        return (x - 3) ** 2 / 2 + (y - 5) ** 2 / 8, [x - 3, (y - 5) / 4]

    found = minimise(valley, [1, 1], scale=1)
    assert found.at == pytest.approx((3, 5), rel=1e-5)
    assert found.errors == pytest.approx((1, 2), rel=1e-3)
