"""The random order of units to label, and how far people agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalkan.figures.sampling import agreement, draw, place

NAMES = [f"post-{i}" for i in range(4_000)]


def test_the_order_can_be_drawn_again_and_goes_on() -> None:
    first = draw(NAMES, 40, seed=7)
    assert draw(list(reversed(NAMES)), 40, seed=7) == first
    assert draw(NAMES, 80, seed=7) == first + draw(NAMES, 40, seed=7, without=first)
    assert draw(NAMES, 40, seed=8) != first


def test_every_unit_has_the_same_chance() -> None:
    taken = np.zeros(200)
    for seed in range(2_000):
        for name in draw(NAMES[:200], 20, seed=seed):
            taken[NAMES.index(name)] += 1
    expected = 2_000 * 20 / 200
    assert float(((taken - expected) ** 2 / expected).sum()) < 270  # chi-square, 199 degrees: 1 in 2,000 above


@given(st.text(), st.integers(0, 2**63))
def test_places_lie_between_0_and_1(name: str, seed: int) -> None:
    assert 0 <= place(name, seed) < 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=60))
def test_alpha_as_another_implementation_has_it(pairs: list[tuple[bool, bool]]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    ours = agreement(one, other)
    if ours.alpha is None:
        assert ours.same == ours.n
        return
    theirs = krippendorff.alpha(np.array([one, other], dtype=float), level_of_measurement="nominal")
    assert ours.alpha == pytest.approx(theirs)
