"""What training promises: rows drawn by the seed, soft labels beside hard ones, metrics as they are stated."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from training import draws, measures, sets
from training.sets import TASKS, Row
from training.soft import BARE, HARD, Soft, measured


def row(source: str, **targets: float) -> Row:
    return Row(text=source, lang="en", targets=targets, weight=1.0, source=source, label="")


ROWS = [row("bounti_sentiment_tr")] * 50 + [row("xed_emotions")] * 4000 + [row("olid_hierarchy")] * 300


def test_a_round_holds_each_set_as_often_as_it_is_drawn() -> None:
    source = np.array([one.source for one in ROWS])[draws.deck(ROWS, seed=1, turn=0)]
    assert (source == "bounti_sentiment_tr").sum() == 150
    assert (source == "olid_hierarchy").sum() == pytest.approx(1.8 * 300, abs=40)
    assert (source == "xed_emotions").sum() == pytest.approx(0.08 * 4000, abs=80)


def test_rows_are_a_function_of_the_seed() -> None:
    one, again, other = (list(islice(draws.chunks(ROWS, seed=seed), 3)) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[0], other[0])
    assert all(len(chunk) == draws.CHUNK for chunk in one)


def test_the_rate_rises_stays_and_falls() -> None:
    rates = [draws.rate(done, 100_000) for done in range(0, 100_000, 1000)]
    assert rates[0] < 0.02 and max(rates) == 1.0 and rates[-1] < 0.03
    top = [at for at, rate in enumerate(rates) if rate == 1.0]
    assert top == list(range(top[0], top[-1] + 1)) and 55 <= top[-1] <= 61
    assert draws.rate(30_000, 100_000) == draws.rate(30_000, 300_000), "a run may be made longer while it is level"


def test_a_later_lap_draws_other_rows_more_from_what_lagged_and_gentler() -> None:
    first, second = draws.laps([9_600, 6_400])
    assert (first.chunks, second.chunks) == (3, 2) and second.highest < first.highest
    assert first.drawn is draws.DRAWN and second.drawn is draws.LAGGED
    decks = [draws.deck(ROWS, seed=1, turn=0, lap=at, drawn=lap.drawn) for at, lap in enumerate((first, second))]
    shares = [np.mean([ROWS[at].source == "bounti_sentiment_tr" for at in deck]) for deck in decks]
    assert shares[1] > shares[0]
    one, again = (next(draws.chunks(ROWS, seed=1, lap=1, drawn=draws.LAGGED)) for _ in range(2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, next(draws.chunks(ROWS, seed=1, lap=2, drawn=draws.LAGGED)))


def test_no_set_that_may_only_be_measured_is_drawn() -> None:
    for drawn in (draws.DRAWN, draws.LAGGED):
        assert not set(drawn) & set(sets.MEASURED_ONLY) and set(drawn) <= set(sets.TRAINED)


def test_soft_labels_fill_what_is_not_known_and_temper_what_is() -> None:
    wanted, counts = np.zeros((4, 19), np.float32), np.zeros((4, 19), np.float32)
    offensive, irony = TASKS.index("offensive"), TASKS.index("irony")
    wanted[1, offensive], counts[1, offensive] = 1.0, 1.0
    shares = np.full((2, 19), 0.25, np.float16)
    soft = Soft(np.array([1, 2]), shares, ["no labels"], np.full((1, 19), 0.75, np.float16))
    soft.blend(wanted, counts)
    assert not counts[0].any(), "a row without soft labels stays as it was"
    assert wanted[1, offensive] == pytest.approx((1 - HARD) + HARD * 0.25) and counts[1, offensive] == 1.0
    assert wanted[1, irony] == 0.25 and counts[1, irony] == np.float32(BARE)
    assert (wanted[3] == 0.75).all() and (counts[3] == np.float32(BARE)).all()
    assert [one.text for one in soft.rows()] == ["no labels"] and not soft.rows()[0].targets


def test_calibration_looks_at_all_rows_of_the_headlines_and_some_of_others() -> None:
    val = [row("xed_emotions")] * 9000 + [row("tweeteval_irony")] * 700
    chosen = measured(val)
    assert (chosen < 9000).sum() == 500 and (chosen >= 9000).sum() == 700


def test_metrics_by_hand() -> None:
    truth, said = np.array([1, 1, 0, 0, 0]), np.array([1, 0, 0, 0, 1])
    assert measures.f1(truth, said, 1) == 0.5
    assert measures.macro_recall(truth, said) == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert measures.macro_f1(truth, said) == pytest.approx((1 / 2 + 2 / 3) / 2)
    shares = np.array([0.95, 0.95, 0.05, 0.05], np.float32)
    assert measures.calibration_error(np.array([True, True, False, False]), shares) == pytest.approx(0.05, abs=1e-6)
    assert measures.calibration_error(np.array([False, False, True, True]), shares) == pytest.approx(0.95, abs=1e-6)


def test_headlines_take_the_official_metric() -> None:
    val = [row("tweeteval_irony", irony=float(at % 2)) for at in range(8)]
    for one in measures.HEADLINES:
        if one.source != "tweeteval_irony":
            val += [row(one.source, **dict.fromkeys(one.tasks, 0.0) | {one.tasks[0]: float(at)}) for at in range(2)]
    shares = np.zeros((len(val), len(TASKS)), np.float32)
    for at, one_row in enumerate(val):
        for task, value in one_row.targets.items():
            shares[at, TASKS.index(task)] = value
    assert measures.headlines(shares, val)["tweeteval_irony"] == 1.0
    shares[:8, TASKS.index("irony")] = 1.0
    assert measures.headlines(shares, val)["tweeteval_irony"] == pytest.approx(2 / 3, abs=1e-4)
