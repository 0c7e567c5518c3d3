"""Intervals against the figures that were published with the formulas."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalkan.figures import intervals


@pytest.mark.parametrize(
    ("count", "n", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, 857–872, table I, method 3 (Wilson)
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_as_published(count: int, n: int, low: float, high: float) -> None:
    found = intervals.share(count, n)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("now", "was", "low", "high"),
    [  # Newcombe (1998), Statistics in Medicine 17, 873–890, table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_as_published(now: tuple[int, int], was: tuple[int, int], low: float, high: float) -> None:
    found = intervals.difference(*now, *was)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_nothing_counted_says_nothing() -> None:
    assert intervals.share(0, 0) == intervals.Interval(0.0, 1.0)
    assert intervals.difference(0, 0, 3, 10).touches(0.0)
    assert intervals.ratio(0, 0).touches(1.0)


def test_ratio_of_counts() -> None:
    doubled = intervals.ratio(200, 100)
    assert doubled.low == pytest.approx(1.574, abs=2e-3)
    assert doubled.high == pytest.approx(2.541, abs=2e-3)
    assert intervals.ratio(105, 100).touches(1.0)
    assert intervals.ratio(7, 0).low > 1


_pairs = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(_pairs, _pairs)
def test_intervals_hold_their_point_and_mirror(now: tuple[int, int], was: tuple[int, int]) -> None:
    share = intervals.share(*now)
    assert 0.0 <= share.low <= now[0] / now[1] <= share.high <= 1.0
    there, back = intervals.difference(*now, *was), intervals.difference(*was, *now)
    assert there.low <= now[0] / now[1] - was[0] / was[1] <= there.high
    assert there.low == pytest.approx(-back.high) and there.high == pytest.approx(-back.low)
    wider = intervals.difference(*now, *was, level=0.999)
    assert wider.low <= there.low and wider.high >= there.high
