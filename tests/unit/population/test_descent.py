"""The minimiser at its edges: no curvature, objectives that fail, starts that overshoot; the digamma's recurrence."""

from collections.abc import Sequence
from math import exp, inf, log

import pytest

from courtesy.population.descent import minimise
from courtesy.population.special import digamma


def test_an_objective_that_fails_far_out_is_walked_around() -> None:
    def bowl(at: Sequence[float]) -> tuple[float, list[float]]:
        if at[0] > 20:
            raise OverflowError
        y = log(at[0])
        return exp(-y) + y * y, [(-exp(-y) + 2 * y) / at[0]]

    found = minimise(bowl, [0.01], scale=1)
    assert found.converged
    assert 2 * log(found.at[0]) == pytest.approx(1 / found.at[0], abs=1e-6)


def test_a_flat_objective_ends_where_it_began_without_errors() -> None:
    found = minimise(lambda at: (1.0, [0.0 for _ in at]), [2.0, 3.0], scale=1)
    assert found.at == pytest.approx((2.0, 3.0))
    assert found.errors == ()


def test_an_objective_that_never_can_be_computed_does_not_hang() -> None:
    def never(at: Sequence[float]) -> tuple[float, list[float]]:
        raise ValueError(at)

    found = minimise(never, [1.0], scale=1)
    assert found.value == inf
    assert found.evaluations < 10


def test_a_slope_that_lies_ends_without_convergence() -> None:
    found = minimise(lambda at: (at[0], [-1.0]), [1.0], scale=1)
    assert not found.converged
    assert found.errors == ()


def test_a_ridge_has_no_standard_errors() -> None:
    def ridge(at: Sequence[float]) -> tuple[float, list[float]]:
        total = log(at[0]) + log(at[1])
        return total * total, [2 * total / at[0], 2 * total / at[1]]

    found = minimise(ridge, [2.0, 3.0], scale=1)
    assert found.converged
    assert log(found.at[0]) + log(found.at[1]) == pytest.approx(0, abs=1e-5)
    assert found.errors == () or max(found.errors) > 100


def test_a_parameter_at_its_cap_has_no_errors() -> None:
    found = minimise(lambda at: (1 / at[0], [-1 / at[0] ** 2]), [1.0], scale=1, caps=[30.0])
    assert found.at[0] == pytest.approx(30, rel=0.02)
    assert found.errors == ()


@pytest.mark.parametrize("x", [0.1, 1.0, 5.5, 9.0, 40.0])
def test_digamma_steps_by_one_over_x(x: float) -> None:
    assert digamma(x + 1) - digamma(x) == pytest.approx(1 / x, rel=1e-10)
