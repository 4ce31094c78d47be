"""The special functions that the value models need beyond `math`."""

from math import log


def digamma(x: float) -> float:
    """The derivative of ln(gamma) for x > 0, to about 1e-12: recurrence up to 10, then the asymptotic series."""
    shift = 0.0
    while x < 10:
        shift -= 1 / x
        x += 1
    square = 1 / (x * x)
    series = square * (
        1 / 12
        - square
        * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square * (1 / 132 - square * 691 / 32760))))
    )
    return shift + log(x) - 0.5 / x - series


def hypergeometric(a: float, b: float, c: float, z: float) -> float:
    """Gauss's 2F1(a, b; c; z) for 0 <= z < 1 and c > 0, by its series until a term no longer counts.

    To 1e-12 up to z = 0.999; the series is ended after 100,000 terms, which leaves a relative 1e-5 at z = 0.9999.
    """
    term = total = 1.0
    for k in range(100_000):
        term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
        total += term
        if abs(term) * z < (1 - z) * 1e-14 * abs(total):
            break
    return total
