"""A brand's adjustment: what it learns, how it is measured, and what a reading says of it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from kalkan import reading
from kalkan.posts import PROBABILITIES, READINGS
from kalkan.reading import adjust
from kalkan.reading.adjust import Label
from kalkan.reading.decide import decide, limits_of

TEXTS = ["Love it!", "Berbat, iade istiyorum", "when do you open?", "meh", "", "😡😡", "Teşekkürler, harika olmuş"]


def asks(n: int, *, bias: float, seed: int = 3) -> list[Label]:
    """Posts of a brand whose asks the reader sees too rarely: the truth is the reader's logit and ``bias``."""
    luck = np.random.default_rng(seed)
    logit = luck.normal(0, 1.5, n)
    truth = luck.random(n) < 1 / (1 + np.exp(-(logit + bias)))
    share = 1 / (1 + np.exp(-logit))
    return [
        Label(post=f"p{at}", task="ask", became="yes" if truth[at] else "no", shares={"ask": float(share[at])})
        for at in range(n)
    ]


def read() -> pa.Table:
    return pa.Table.from_batches(list(reading.read([pa.RecordBatch.from_pydict({"text": TEXTS})])))


def test_the_shift_that_made_the_labels_is_found() -> None:
    (shift,) = adjust.fit(asks(4000, bias=1.2))
    assert shift == pytest.approx(1.2, abs=0.12)


def test_a_shift_is_where_the_slope_of_likelihood_and_ridge_is_nothing() -> None:
    labels = asks(60, bias=0.8)
    (shift,) = adjust.fit(labels)
    share = np.array([label.shares["ask"] for label in labels])
    share = np.clip(share, 0.0005, 0.9995)
    now = 1 / (1 + np.exp(-(np.log(share / (1 - share)) + shift)))
    truth = np.array([label.became == "yes" for label in labels])
    assert (now - truth).sum() + shift == pytest.approx(0, abs=0.01)


def test_few_labels_move_little() -> None:
    (shift,) = adjust.fit([Label(post="p", task="ask", became="yes", shares={"ask": 0.4})])
    assert 0 < shift < 0.6


def test_a_true_bias_is_measured_as_better_and_none_is_not() -> None:
    found = adjust.measure(asks(600, bias=2.0))
    assert (found.n, found.better) == (600, True)
    assert found.low < (found.adjusted - found.right) / found.n < found.high
    assert not adjust.measure(asks(600, bias=0.0)).better


def test_only_errors_are_not_enough() -> None:
    wrong = [label for label in asks(900, bias=2.0) if (label.shares["ask"] >= 0.5) != (label.became == "yes")]
    assert len(wrong) > adjust.ENOUGH
    assert not adjust.enough(len(wrong), adjust.right(wrong))
    everything = asks(900, bias=2.0)
    assert adjust.enough(900, adjust.right(everything))
    assert not adjust.enough(20, 10)


def test_a_feeling_begins_where_its_recipe_says() -> None:
    shares = {**dict.fromkeys(adjust.classes("feeling"), 0.1), "joy": 0.45}
    labels = [Label(post="p", task="feeling", became="joy", shares=shares)]
    assert adjust.right(labels) == 0
    assert adjust.right(labels, feeling_from=0.41) == 1


def test_the_interval_covers_what_was_measured_by_hand() -> None:
    low, high = adjust._difference(12, 3, 60)  # Agresti & Min: 9 / 62, se = sqrt(16 − 81/62) / 62
    assert low == pytest.approx(9 / 62 - 1.96 * np.sqrt(16 - 81 / 62) / 62, abs=1e-4)
    assert high == pytest.approx(9 / 62 + 1.96 * np.sqrt(16 - 81 / 62) / 62, abs=1e-4)


def test_an_adjusted_reading_moves_its_task_alone_and_names_both() -> None:
    before, recipe = read(), reading.current()
    shifts = {"ask": (30.0,), "sentiment": (0.0, 0.0, 30.0)}
    name = adjust.name(recipe.id, shifts)
    after = adjust.adjust(before, shifts, limits_of(recipe), recipe=name)
    assert name.startswith(f"{recipe.id}~")
    assert set(after["recipe"].to_pylist()) == {name}
    assert min(after["p_ask"].to_pylist()) > 0.99
    assert set(after["sentiment"].to_pylist()) == {"positive"}
    moved = {"p_ask", "p_negative", "p_neutral", "p_positive", "sentiment", "abstained", "recipe"}
    for name in READINGS.names:
        if name not in moved:
            assert after[name].to_pylist() == before[name].to_pylist(), name
    assert adjust.name(recipe.id, {"ask": (0.2,)}) != adjust.name(recipe.id, {"ask": (0.3,)})
    assert adjust.adjust(before.slice(0, 0), shifts, limits_of(recipe), recipe="x").num_rows == 0


def test_probabilities_left_as_they_are_give_the_verdicts_of_the_kernel() -> None:
    before, recipe = read(), reading.current()
    same = {name.removeprefix("p_"): np.asarray(before[name], np.float64) for name in PROBABILITIES}
    again = decide(before, same, limits_of(recipe), recipe=recipe.id)
    for name in READINGS.names:
        if name not in ("abstained", "sentiment", "feeling"):  # a margin met to the thousandth may fall either way
            assert again[name].to_pylist() == before[name].to_pylist(), name
    for name in ("sentiment", "feeling"):
        both = zip(again[name].to_pylist(), before[name].to_pylist(), strict=True)
        assert all(one == other or None in (one, other) for one, other in both), name


def test_feelings_are_shifted_one_by_one() -> None:
    labels = [
        Label(post=f"p{n}", task="feeling", became="joy", shares=dict.fromkeys(adjust.classes("feeling"), 0.3))
        for n in range(40)
    ]
    shifts = dict(zip(adjust.classes("feeling"), adjust.fit(labels), strict=True))
    assert shifts["joy"] > 1 > 0 > shifts["anger"]
