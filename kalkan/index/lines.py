"""One figure of the index as a line: its value, what it is of, how sure it is, what it was before, what is behind it.

Owns the arithmetic of lines. Promises a share never without its denominator and interval, "too few to say" below
thirty, and that a change is called clear only where the interval of the difference leaves out no change, at a level
that allows for all the comparisons of an index at once. Counts what
it is handed; never asks and never words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil, exp, floor, lgamma, log, sqrt
from statistics import NormalDist
from typing import Final

from kalkan.figures import ENOUGH, Ask, Interval
from kalkan.figures.intervals import difference, ratio, share
from kalkan.index.definitions import DEFINITIONS, Definition

WIDEST: Final = 0.3  # an interval wider than thirty points says nothing of a mix's reception
_EXACT: Final = 1000
SURE: Final = 1 - 0.05 / 25
"""At which level a change is called: an index makes some twenty-five comparisons, and one index in twenty at most may
call chance a change (Bonferroni)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Was:
    """The same figure for the period before."""

    value: float | None
    count: int
    n: int
    interval: Interval | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One figure. ``count`` of ``n`` for a share; ``count`` for a count; ``value`` in minutes or money.

    ``of``: whose or of what ("" = the brand's own; a peer, a pillar, a verdict, a currency). ``few``: too few to say
    more than the count. ``clear``: the change against ``was`` is sure; None where nothing can be compared. ``ask``: the
    question whose posts stand behind it; without one its rows are the desk's own. ``how``: uncorrected, corrected or
    labels, where a reader was counted; "" elsewhere. ``verdict``: of a reception.
    """

    figure: str
    of: str = ""
    value: float | None = None
    count: int = 0
    n: int = 0
    interval: Interval | None = None
    money: Decimal | None = None
    few: bool = False
    was: Was | None = None
    clear: bool | None = None
    ask: Ask | None = None
    how: str = ""
    counted: float | None = None
    labels: int = 0
    verdict: str = ""

    @property
    def definition(self) -> Definition:
        """What it is."""
        return DEFINITIONS[self.figure]

    @property
    def direction(self) -> str:
        """up or down where the change is clear, same where it is not, none where nothing can be compared."""
        if self.was is None or self.clear is None or self.value is None or self.was.value is None:
            return "none"
        return ("up" if self.value > self.was.value else "down") if self.clear else "same"


def part(
    figure: str, count: int, n: int, *, was: tuple[int, int] | None = None, few: int = ENOUGH, **more: object
) -> Line:
    """A share: ``count`` of ``n``, beside ``was`` (count, n) where that may be compared."""
    line = Line(
        figure=figure, count=count, n=n, value=count / n if n else None, interval=share(count, n) if n else None,
        few=n < few,
    )  # fmt: skip
    if was is not None:
        before, of = was
        known = of > 0
        line = replace(
            line,
            was=Was(value=before / of if known else None, count=before, n=of,
                    interval=share(before, of) if known else None),
            clear=None if min(n, of) < max(few, 1) else not difference(count, n, before, of, level=SURE).touches(0.0),
        )  # fmt: skip
    return replace(line, **more)  # type: ignore[arg-type]


def number(
    figure: str, count: int, *, was: int | None = None, scale: float = 1.0, apart: bool = True, **more: object
) -> Line:
    """A count, beside ``was`` of a period ``1 / scale`` as long. ``apart``: of things that happen one by one, so that a
    change can be told from chance (their ratio, :func:`kalkan.figures.intervals.ratio`); else it never is."""
    line = Line(figure=figure, count=count, n=count, value=float(count))
    if was is not None:
        clear = None
        if apart and count + was:
            found = ratio(count, was, level=SURE)
            clear = not Interval(found.low / scale, found.high / scale).touches(1.0)
        line = replace(line, was=Was(value=was * scale, count=was, n=was), clear=clear)
    return replace(line, **more)  # type: ignore[arg-type]


def minutes(
    figure: str, spent: Sequence[float], *, q: float, was: Sequence[float] | None = None, few: int = 10
) -> Line:
    """The ``q`` quantile of times in minutes by the nearest-rank rule, with its interval; both sorted ascending.

    Two are told apart where their intervals do not touch, which errs to the side of caution.
    """
    now = _quantile(spent, q)
    line = Line(
        figure=figure, value=now.value, count=now.count, n=now.n, interval=now.interval, few=len(spent) < few
    )  # fmt: skip
    if was is None or not len(was):
        return line
    then = _quantile(was, q)
    clear = None
    if now.interval is not None and then.interval is not None and min(now.n, then.n) >= few:
        clear = now.interval.low > then.interval.high or now.interval.high < then.interval.low
    return replace(line, was=then, clear=clear)


def _quantile(spent: Sequence[float], q: float) -> Was:
    """Value and distribution-free 95 % interval of a quantile; none where there are too few to have both ends."""
    n = len(spent)
    if not n:
        return Was(value=None, count=0, n=0)
    low, high = ranks(n, q)
    interval = Interval(float(spent[low - 1]), float(spent[high - 1])) if low >= 1 and high <= n else None
    return Was(value=float(spent[max(ceil(q * n), 1) - 1]), count=n, n=n, interval=interval)


def ranks(n: int, q: float) -> tuple[int, int]:
    """Which of ``n`` values in order (from 1) hold the ``q`` quantile between them with at least 95 %; 0 or n + 1 where
    none does.

    How many values lie below the quantile is binomial (n, q): exact up to a thousand, by its normal approximation from
    there (Conover, W. J. (1999), Practical Nonparametric Statistics, 3.2).
    """
    if n > _EXACT:
        half = NormalDist().inv_cdf(0.975) * sqrt(n * q * (1 - q))
        return floor(n * q - half), ceil(n * q + half) + 1
    below, low, high = 0.0, 0, n + 1
    for k in range(n + 1):
        below += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(q) + (n - k) * log(1 - q))
        if below <= 0.025:
            low = k + 1
        if 1 - below <= 0.025:
            high = k + 1
            break
    return low, high
