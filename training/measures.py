"""What is measured of a reader: the official metric of each labelled set, and how true its probabilities are.

Pure functions of labels and probabilities; used by the runs (for the card) and by the benchmark (for the page).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.sets import TASKS, Row

Labels = npt.NDArray[Any]
Floats = npt.NDArray[np.float32]
MOODS = ("negative", "neutral", "positive")
FEELINGS4 = ("anger", "joy", "optimism", "sadness")


def f1(truth: Labels, said: Labels, label: Any) -> float:
    """F1 of one label."""
    hit = int(((truth == label) & (said == label)).sum())
    both = int((truth == label).sum() + (said == label).sum())
    return 2 * hit / both if both else 0.0


def macro_f1(truth: Labels, said: Labels) -> float:
    """Mean of the labels' F1."""
    return float(np.mean([f1(truth, said, label) for label in np.unique(truth)]))


def macro_recall(truth: Labels, said: Labels) -> float:
    """Mean of the labels' recall."""
    return float(np.mean([(said[truth == label] == label).mean() for label in np.unique(truth)]))


def f1_of(label: Any) -> Callable[[Labels, Labels], float]:
    """F1 of one label, as a metric."""
    return lambda truth, said: f1(truth, said, label)


def calibration_error(truth: npt.NDArray[np.bool_], shares: Floats, *, bins: int = 10) -> float:
    """Expected calibration error: mean gap between what was said and what was so, over ``bins`` equal bins."""
    place = np.minimum((shares * bins).astype(int), bins - 1)
    return float(
        sum(
            abs(truth[place == b].mean() - shares[place == b].mean()) * (place == b).mean()
            for b in range(bins)
            if (place == b).any()
        )
    )


def interval(
    truth: Labels, said: Labels, metric: Callable[[Labels, Labels], float], *, rounds: int = 200
) -> tuple[float, float]:
    """Bootstrap interval of 95 %."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(rounds):
        rows = random.integers(0, len(truth), len(truth))
        found.append(metric(truth[rows], said[rows]))
    low, high = np.percentile(found, [2.5, 97.5])
    return float(low), float(high)


@dataclass(frozen=True)
class Headline:
    """A set and its official metric: over the highest of ``tasks``, or over one task at one half."""

    source: str
    metric: str
    tasks: tuple[str, ...]
    of: Callable[[Labels, Labels], float]


HEADLINES: tuple[Headline, ...] = (
    Headline("tweeteval_sentiment", "macro recall", MOODS, macro_recall),
    Headline("bounti_sentiment_tr", "macro F1", MOODS, macro_f1),
    Headline("umsab_sentiment", "macro F1, mean of languages", MOODS, macro_f1),
    Headline("tweeteval_emotion", "macro F1", FEELINGS4, macro_f1),
    Headline("olid_hierarchy", "macro F1", ("offensive",), macro_f1),
    Headline("offenseval2020_tr", "macro F1", ("offensive",), macro_f1),
    Headline("tweeteval_irony", "F1 irony", ("irony",), f1_of(True)),
)


def headlines(shares: Floats, val: Sequence[Row]) -> dict[str, float]:
    """Each headline's value on val rows, from their probabilities (rows × tasks)."""
    source = np.array([row.source for row in val])
    lang = np.array([row.lang for row in val])
    found = {}
    for one in HEADLINES:
        rows = np.flatnonzero(source == one.source)
        truth, said = answers(shares, val, rows, one.tasks)
        if one.source == "umsab_sentiment":
            mine = lang[rows]
            value = float(np.mean([one.of(truth[mine == each], said[mine == each]) for each in np.unique(mine)]))
        else:
            value = one.of(truth, said)
        found[one.source] = round(value, 4)
    return found


def answers(
    shares: Floats, val: Sequence[Row], rows: npt.NDArray[np.int64], tasks: tuple[str, ...]
) -> tuple[Labels, Labels]:
    """What is so of ``rows`` and what was said: places in ``tasks``, or for one task whether it holds."""
    at = [TASKS.index(task) for task in tasks]
    wanted = np.array([[val[row].targets.get(task, 0.0) for task in tasks] for row in rows])
    if len(tasks) == 1:
        return wanted[:, 0] >= 0.5, shares[rows, at[0]] >= 0.5
    return wanted.argmax(1), shares[np.ix_(rows, at)].argmax(1)
