"""How sure a count is: intervals for a share, for the difference of two shares, and for the ratio of two counts.

Promises the published formulas and nothing tuned. Never draws a random number: all three have closed forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import inf, sqrt
from statistics import NormalDist
from typing import Final

LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """From ``low`` to ``high``, both included."""

    low: float
    high: float

    def touches(self, value: float) -> bool:
        """Whether ``value`` lies in it; an end counts."""
        return self.low <= value <= self.high


@cache
def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)


def share(count: float, n: float, *, level: float = LEVEL) -> Interval:
    """Wilson's score interval for ``count`` of ``n`` (0–1); all of 0–1 when ``n`` is 0. Weighted counts may be parts.

    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209–212.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    z, p = _z(level), count / n
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # At the ends the formula is exactly 0 or 1; floating point is not.
    return Interval(
        0.0 if count == 0 else (middle - half) / scale,
        1.0 if count == n else (middle + half) / scale,
    )


def count(n: int, *, level: float = LEVEL) -> Interval:
    """Interval for the mean of a Poisson count of ``n``: how many there would be if chance fell otherwise.

    Byar's approximation to the exact limits (Breslow, N. E. & Day, N. E. (1987), Statistical Methods in Cancer
    Research II, 69); right within 0.1 from 5 on.
    """
    z = _z(level)

    def limit(of: int, sign: int) -> float:
        return float(of * (1 - 1 / (9 * of) + sign * z / (3 * sqrt(of))) ** 3)

    return Interval(limit(n, -1) if n else 0.0, limit(n + 1, 1))


def difference(count: int, n: int, count_before: int, n_before: int, *, level: float = LEVEL) -> Interval:
    """Newcombe's hybrid score interval for ``count/n − count_before/n_before`` (−1 to 1).

    Method 10 of Newcombe, R. G. (1998), Statistics in Medicine 17, 873–890. It takes the two groups as independent.
    People who speak in both periods make the true spread smaller, so that the interval errs to the side of caution.
    """
    now, was = share(count, n, level=level), share(count_before, n_before, level=level)
    if n == 0 or n_before == 0:
        return Interval(-1.0, 1.0)
    p, q = count / n, count_before / n_before
    return Interval(
        p - q - sqrt((p - now.low) ** 2 + (was.high - q) ** 2),
        p - q + sqrt((now.high - p) ** 2 + (q - was.low) ** 2),
    )


def ratio(count: int, count_before: int, *, level: float = LEVEL) -> Interval:
    """Interval for the ratio of two counts over periods of one length (0 to infinity).

    Given their sum, the first of two Poisson counts is binomial with p = r / (1 + r) (Przyborowski, J. & Wilenski, H.
    (1940), Biometrika 31, 313–323); Wilson's interval for p is carried over to r.
    """
    p = share(count, count + count_before, level=level)
    return Interval(p.low / (1 - p.low) if p.low < 1 else inf, p.high / (1 - p.high) if p.high < 1 else inf)
