"""A minimiser small enough to read: BFGS on the logarithms of positive parameters, with an analytic gradient.

The value models have three or four parameters, so the algebra is on short lists; the work is in the objective, which DuckDB
evaluates over columns. This keeps numpy and scipy (over 100 MB) out of the functions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, inf, isfinite, log, sqrt

Objective = Callable[[Sequence[float]], tuple[float, list[float]]]
"""(value, gradient with respect to the parameters themselves) at positive parameters."""

MOST = 400
"""Evaluations after which a descent is given up: data that need more determine nothing; others need thirty to sixty."""

TOLERANCE = 1e-7
"""Largest component of the scaled gradient, by the parameters' logarithms, at which a minimum is found."""

_FARTHEST = 14.0
"""The logarithm of a parameter stays within +-14: beyond that the data do not determine it."""


@dataclass(frozen=True)
class Minimum:
    """Where the descent ended.

    errors: standard errors if the objective is a negative log-likelihood; empty where the curvature gives none or a parameter
            ended at its cap
    """

    at: tuple[float, ...]
    value: float
    converged: bool
    evaluations: int
    errors: tuple[float, ...]


def minimise(
    objective: Objective,
    start: Sequence[float],
    *,
    scale: float,
    caps: Sequence[float] = (),
) -> Minimum:
    """Minimum of `objective` over positive parameters, from `start`.

    caps:      what each parameter stays below (inf: nothing). Where the data show no difference between customers the
               likelihood has its maximum at infinity; a cap ends the way there where it no longer matters
    scale:     what the objective is divided by (the number of customers), so that TOLERANCE means the same for any size
    """
    evaluations = 0
    limits = tuple(caps) or (inf,) * len(start)

    def at(y: Sequence[float]) -> tuple[float, list[float]]:
        nonlocal evaluations
        evaluations += 1
        parameters = [_parameter(value, cap) for value, cap in zip(y, limits, strict=True)]
        try:
            value, gradient = objective(parameters)
        except (ValueError, OverflowError):
            return inf, [0.0] * len(y)
        slopes = [p * (1 - p / cap) for p, cap in zip(parameters, limits, strict=True)]
        return value / scale, [g * slope / scale for g, slope in zip(gradient, slopes, strict=True)]

    size = len(start)
    y = [log(value / (1 - value / cap)) for value, cap in zip(start, limits, strict=True)]
    value, gradient = at(y)
    inverse, fresh = _identity(size), True
    for _ in range(200):
        if max(map(abs, gradient)) < TOLERANCE or evaluations >= MOST:
            break
        step = [-_dot(row, gradient) for row in inverse]
        slope = _dot(step, gradient)
        longest = max(map(abs, step))
        length = min(1.0, 2.0 / longest) if longest else 1.0
        for _ in range(20):
            tried = [a + length * b for a, b in zip(y, step, strict=True)]
            new_value, new_gradient = at(tried)
            if isfinite(new_value) and new_value <= value + 1e-4 * length * slope:
                break
            length /= 2
        else:
            if fresh or max(map(abs, gradient)) < 1e-5:
                break
            inverse, fresh = _identity(size), True
            continue
        moved = [a - b for a, b in zip(tried, y, strict=True)]
        turned = [a - b for a, b in zip(new_gradient, gradient, strict=True)]
        y, value, gradient = tried, new_value, new_gradient
        inverse, fresh = _updated(inverse, moved, turned), False
    parameters = tuple(_parameter(value, cap) for value, cap in zip(y, limits, strict=True))
    inside = all(item < _FARTHEST or cap < inf for item, cap in zip(y, limits, strict=True))
    converged = inside and max(map(abs, gradient)) < 1e-4
    free = all(p < 0.99 * cap for p, cap in zip(parameters, limits, strict=True))
    slopes = [p * (1 - p / cap) for p, cap in zip(parameters, limits, strict=True)]
    errors = _errors(at, y, gradient, slopes, scale) if converged and free else ()
    return Minimum(parameters, value * scale, converged, evaluations, errors)


def _parameter(y: float, cap: float) -> float:
    """The parameter of its logarithm, or below a cap of the logarithm of its odds."""
    value = exp(max(-_FARTHEST, min(_FARTHEST, y)))
    return value / (1 + value / cap)


def _errors(
    at: Callable[[Sequence[float]], tuple[float, list[float]]],
    y: Sequence[float],
    gradient: Sequence[float],
    slopes: Sequence[float],
    scale: float,
) -> tuple[float, ...]:
    """Standard errors: the observed information by differences of the gradient, inverted (delta method)."""
    step, size = 1e-5, len(y)
    rows = []
    for i in range(size):
        up = at([v + step * (i == j) for j, v in enumerate(y)])[1]
        rows.append([(a - b) / step * scale for a, b in zip(up, gradient, strict=True)])
    covariance = _inverted([[(rows[i][j] + rows[j][i]) / 2 for j in range(size)] for i in range(size)])
    if not covariance or any(covariance[i][i] <= 0 for i in range(size)):
        return ()
    return tuple(slopes[i] * sqrt(covariance[i][i]) for i in range(size))


def _updated(inverse: list[list[float]], moved: list[float], turned: list[float]) -> list[list[float]]:
    """The BFGS update of the inverse Hessian."""
    curvature = _dot(moved, turned)
    if curvature <= 1e-18:
        return inverse
    size, rho = len(moved), 1 / curvature
    carried = [_dot(row, turned) for row in inverse]
    factor = (1 + rho * _dot(turned, carried)) * rho
    return [
        [
            inverse[i][j]
            + factor * moved[i] * moved[j]
            - rho * (carried[i] * moved[j] + moved[i] * carried[j])
            for j in range(size)
        ]
        for i in range(size)
    ]


def _inverted(matrix: list[list[float]]) -> list[list[float]]:
    """Gauss-Jordan with pivoting; empty where the matrix is singular."""
    size = len(matrix)
    work = [[*row, *identity] for row, identity in zip(matrix, _identity(size), strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(work[row][column]))
        if abs(work[pivot][column]) < 1e-12:
            return []
        work[column], work[pivot] = work[pivot], work[column]
        head = work[column][column]
        work[column] = [value / head for value in work[column]]
        for row in range(size):
            if row != column and work[row][column]:
                times = work[row][column]
                work[row] = [a - times * b for a, b in zip(work[row], work[column], strict=True)]
    return [row[size:] for row in work]


def _identity(size: int) -> list[list[float]]:
    return [[1.0 if i == j else 0.0 for j in range(size)] for i in range(size)]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))
