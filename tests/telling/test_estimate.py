"""Corrected shares: against another implementation, against the truth, and at the edges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalkan.figures import intervals
from kalkan.figures.estimate import Stratum, drifted, rates, share


def stream(rng: np.random.Generator, p: float, se: float, sp: float, n: int, labelled: int) -> tuple[Stratum, float]:
    """``n`` units with the truth known, of which the first ``labelled`` are labelled (units are exchangeable)."""
    truth = rng.random(n) < p
    said = np.where(truth, rng.random(n) < se, rng.random(n) < 1 - sp)
    one = Stratum(n=n, said=int(said.sum()), verdicts=said[:labelled], labels=truth[:labelled])
    return one, p


def test_agrees_with_another_implementation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # compiling takes longer than all other tests here
    ppi = pytest.importorskip("ppi_py")
    rng = np.random.default_rng(5)
    for p, se, sp in ((0.3, 0.8, 0.9), (0.12, 0.62, 0.9), (0.5, 0.55, 0.6)):
        one, _ = stream(rng, p, se, sp, 6_000, 400)
        rest = np.zeros(one.n - 400)
        rest[: one.said - int(one.verdicts.sum())] = 1.0
        y, f = one.labels.astype(float), one.verdicts.astype(float)
        value = float(ppi.ppi_mean_pointestimate(y, f, rest)[0])
        low, high = (float(end[0]) for end in ppi.ppi_mean_ci(y, f, rest, alpha=0.05))
        ours = share([one])
        assert ours.how == "corrected"
        assert ours.value == pytest.approx(value, abs=5e-4)
        # theirs is the plain interval; ours the score form of the same variance: alike away from 0 and 1
        assert ours.interval.high - ours.interval.low == pytest.approx(high - low, rel=0.03)
        assert ours.interval.low == pytest.approx(low, abs=0.006)


@pytest.mark.parametrize(("p", "se", "sp"), [(0.03, 0.62, 0.90), (0.12, 0.78, 0.94), (0.30, 0.62, 0.90)])
def test_the_interval_holds_the_truth_where_the_bare_count_does_not(p: float, se: float, sp: float) -> None:
    rng = np.random.default_rng(11)
    held = bare = 0
    for _ in range(400):
        one, truth = stream(rng, p, se, sp, 2_000, 200)
        held += share([one]).interval.touches(truth)
        bare += intervals.share(one.said, one.n).touches(truth)
    assert held >= 0.92 * 400  # five standard errors below 0.95 would be 0.895: this test may not fail by chance
    assert bare < 0.5 * 400


def test_without_labels_it_says_so() -> None:
    none = np.zeros(0, dtype=bool)
    told = share([Stratum(n=100, said=38, verdicts=none, labels=none)])
    assert (told.how, told.value, told.labels) == ("uncorrected", 0.38, 0)


def test_few_labels_speak_for_themselves() -> None:
    labels = np.arange(60) < 12
    told = share([Stratum(n=5_000, said=2_000, verdicts=~labels, labels=labels)])
    assert (told.how, told.value) == ("labels", 0.2)
    assert told.interval == intervals.share(12, 60)
    assert told.counted == 0.4


def test_too_few_positives_speak_for_themselves() -> None:
    labels = np.arange(300) < 9
    assert share([Stratum(n=5_000, said=200, verdicts=labels, labels=labels)]).how == "labels"


def test_a_reader_that_knows_nothing_is_not_used() -> None:
    rng = np.random.default_rng(3)
    labels, verdicts = np.arange(400) < 120, rng.random(400) < 0.5
    told = share([Stratum(n=10_000, said=5_000, verdicts=verdicts, labels=labels)])
    assert told.weight < 0.15
    assert told.value == pytest.approx(0.3, abs=0.02)


def test_a_reader_that_is_never_wrong_makes_it_narrow() -> None:
    labels = np.arange(400) < 120
    told = share([Stratum(n=100_000, said=30_500, verdicts=labels, labels=labels)])
    alone = intervals.share(120, 400)
    assert told.interval.high - told.interval.low < 0.5 * (alone.high - alone.low)


def test_strata_weigh_by_their_size() -> None:
    big, small = np.arange(200) < 40, np.arange(200) < 160
    told = share(
        [
            Stratum(n=9_000, said=1_800, verdicts=big, labels=big),
            Stratum(n=1_000, said=800, verdicts=small, labels=small),
        ]
    )
    assert told.value == pytest.approx(0.9 * 0.2 + 0.1 * 0.8, abs=0.01)


@given(
    n=st.integers(1, 400),
    yes=st.integers(0, 400),
    said=st.integers(0, 400),
    hit=st.floats(0, 1),
    more=st.integers(0, 5_000),
    rate=st.floats(0, 1),
)
def test_any_sample_gives_a_share_inside_its_interval(
    n: int, yes: int, said: int, hit: float, more: int, rate: float
) -> None:
    labels = np.arange(n) < min(yes, n)
    verdicts = np.roll(np.arange(n) < min(said, n), int(hit * n))
    told = share([Stratum(n=n + more, said=int(verdicts.sum()) + int(rate * more), verdicts=verdicts, labels=labels)])
    assert 0 <= told.interval.low <= told.interval.high <= 1
    assert told.interval.low - 0.01 <= told.value <= told.interval.high + 0.01
    assert 0 <= told.weight <= 1


def test_drift_is_told_when_wording_changes_and_not_by_chance() -> None:
    rng = np.random.default_rng(2)
    old, _ = stream(rng, 0.3, 0.78, 0.94, 2_000, 600)
    same, _ = stream(rng, 0.3, 0.78, 0.94, 2_000, 300)
    new, _ = stream(rng, 0.3, 0.45, 0.94, 2_000, 300)
    before = rates(old.verdicts, old.labels)
    assert drifted(before, same.verdicts, same.labels) == ()
    assert drifted(before, new.verdicts, new.labels) == ("sensitivity",)
