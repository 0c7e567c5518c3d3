"""Watched curves: planted rises are found, calm weeks are not, and state is taken up exactly."""

from __future__ import annotations

import numpy as np

from kalkan.stories.curves import CurveRules, Curves
from kalkan.stories.detect import DAY
from kalkan.stories.keeping import pack, unpack


def season(minutes: int) -> np.ndarray:
    at = np.arange(minutes)
    return np.exp(0.8 * np.sin(2 * np.pi * (at / 60 % 24 - 9) / 24))


def test_a_rise_to_ten_times_is_found_in_minutes_and_calm_days_are_not() -> None:
    rng = np.random.default_rng(4)
    days, k = 17, 12
    mean = np.tile(2.0 * season(days * DAY), (k, 1))
    counts = rng.poisson(mean).astype(float)
    onset = 15 * DAY + 700
    counts[: k // 2, onset : onset + 120] += rng.poisson(mean[: k // 2, onset : onset + 120] * 9)
    curves = Curves(k)
    first = np.full(k, -1)
    for minute in range(counts.shape[1]):
        for which in curves.hear(minute, counts[:, minute]).curve.tolist():
            if minute > 2 * DAY and first[which] < 0:
                first[which] = minute
    assert (first[k // 2 :] < 0).sum() >= k // 2 - 1
    delay = first[: k // 2] - onset
    assert (delay >= 0).all() and np.median(delay) <= 12


def test_a_curve_with_a_day_of_history_is_not_fooled_by_one_minute() -> None:
    curves = Curves(1)
    for minute in range(0, DAY, 15):
        curves.hear(minute, np.array([1.0]))
    assert len(curves.hear(DAY + 1, np.array([40.0])).curve) == 0


def test_fewer_than_five_people_in_an_hour_are_never_told() -> None:
    curves = Curves(1, rules=CurveRules(bar=0.5))
    for minute in range(0, 3 * DAY, 30):
        assert len(curves.hear(minute, np.array([2.0])).curve) == 0


def test_what_was_told_is_not_told_again_at_once() -> None:
    curves, told = Curves(1), []
    for minute in range(DAY, DAY + 3 * DAY):
        busy = DAY + 2 * DAY <= minute < DAY + 2 * DAY + 60
        if len(curves.hear(minute, np.array([30.0 if busy else float(minute % 10 == 0)])).curve):
            told.append(minute)
    assert len(told) == 1


def test_state_is_taken_up_exactly() -> None:
    rng = np.random.default_rng(1)
    straight, broken = Curves(3), Curves(3)
    for minute in range(0, 2 * DAY, 3):
        counts = rng.poisson(1.0, 3).astype(float) * (1 + 20 * (minute > 1.5 * DAY))
        one, other = straight.hear(minute, counts), broken.hear(minute, counts)
        assert np.array_equal(one.score, other.score)
        if minute % 500 < 3:
            broken = Curves.resume(unpack(pack(broken.state())))
