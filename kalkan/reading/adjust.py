"""A brand's own adjustment of a recipe: one shift a class on the calibrated logit, learned from its team's corrections.

Owns the fitting and the measuring. Promises that a gain is measured on posts the fit did not see (ten folds) and given
with its 95 % interval, and that an adjusted reading names both the recipe and the adjustment. Corrections are not drawn
at random: neither the gain nor any share of them speaks for all posts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.posts import FEELINGS, SENTIMENTS, key_of
from kalkan.reading.decide import decide

Floats = npt.NDArray[np.float64]

CORRECTED: Final = ("sentiment", "feeling", "offensive", "ask", "question", "complaint", "praise", "irony")
"""The tasks that can be adjusted; a corrected language is kept, but shifts nothing."""
ENOUGH: Final = 40  # labelled posts of a task
ENOUGH_EACH: Final = 10  # of them, read right and read wrong
_FOLDS: Final = 10
_RIDGE: Final = 1.0  # a shift is taken to lie within about ±1 unless the labels say otherwise
_STEPS: Final = 60
_SLOW: Final = 0.5  # of a full Newton step: certain to converge for so few numbers
_EDGE: Final = 0.0005  # probabilities are stored in thousandths
_Z: Final = 1.959964
_HALF: Final = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """What a person said of one post and task: ``became`` is the right verdict, ``shares`` the recipe's by name."""

    post: str
    task: str
    became: str  # a sentiment, a feeling or none, yes or no
    shares: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What an adjustment of one task would do, on posts the fit did not see.

    ``right`` of ``n`` verdicts were right without it, ``adjusted`` with it; ``low`` to ``high`` is the 95 % interval of
    the difference of the two shares (paired; Agresti & Min 2005, half a post added to each cell).
    """

    task: str
    n: int
    right: int
    adjusted: int
    low: float
    high: float

    @property
    def better(self) -> bool:
        """Whether it is certain enough to be switched on."""
        return self.low > 0


def classes(task: str) -> tuple[str, ...]:
    """The names whose probabilities a task decides between."""
    return {"sentiment": SENTIMENTS, "feeling": FEELINGS}.get(task, (task,))


def enough(n: int, right: int) -> bool:
    """Whether ``n`` labels of a task, ``right`` of them on right readings, are enough to measure it by."""
    return n >= ENOUGH and min(right, n - right) >= ENOUGH_EACH


def right(labels: Sequence[Label], *, feeling_from: float = _HALF) -> int:
    """How many of the labels are on right readings; ``feeling_from`` is the probability a feeling begins at."""
    return sum(_verdict(one.task, _shares([one])[0], feeling_from) == one.became for one in labels)


def fit(labels: Sequence[Label]) -> tuple[float, ...]:
    """The shifts of one task's classes that make its labels most probable, held towards none (ridge)."""
    task = labels[0].task
    logits, truth = _logits(task, _shares(labels)), _truth(labels)
    shift = np.zeros(logits.shape[1])
    for _ in range(_STEPS):
        now = _probable(task, logits + shift)
        slope = (now - truth).sum(0) + _RIDGE * shift
        steep = (now * (1 - now)).sum(0) + _RIDGE
        shift = shift - _SLOW * slope / steep
    return tuple(round(float(one), 4) for one in shift)


def measure(labels: Sequence[Label], *, feeling_from: float = _HALF) -> Measured:
    """How often verdicts are right without and with the shifts that the other nine tenths of the posts would give."""
    task = labels[0].task
    folds = np.array([key_of(label.post) % _FOLDS for label in labels])
    shares = _shares(labels)
    said = [_verdict(task, row, feeling_from) for row in shares]
    before = np.array([verdict == label.became for verdict, label in zip(said, labels, strict=True)])
    after = before.copy()
    for fold in np.unique(folds):
        rest = [label for label, place in zip(labels, folds, strict=True) if place != fold]
        if not rest:
            continue
        shift = np.array(fit(rest))
        for at in np.flatnonzero(folds == fold).tolist():
            moved = _probable(task, _logits(task, shares[at : at + 1]) + shift)[0]
            after[at] = _verdict(task, moved, feeling_from) == labels[at].became
    low, high = _difference(int((after & ~before).sum()), int((before & ~after).sum()), len(labels))
    return Measured(task=task, n=len(labels), right=int(before.sum()), adjusted=int(after.sum()), low=low, high=high)


def name(base: str, shifts: Mapping[str, Sequence[float]]) -> str:
    """What the column ``recipe`` says of an adjusted reading: the recipe, ``~`` and eight signs over the shifts."""
    said = json.dumps([base, {task: list(shift) for task, shift in sorted(shifts.items())}])
    return f"{base}~{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def adjust(
    found: pa.Table, shifts: Mapping[str, Sequence[float]], limits: Mapping[str, Any], *, recipe: str
) -> pa.Table:
    """Readings (with the columns of ``READINGS``) by one recipe, as the adjustment called ``recipe`` has them."""
    shares: dict[str, Floats] = {}
    for task, shift in shifts.items():
        held = np.stack([np.asarray(found[f"p_{one}"], np.float64) for one in classes(task)], axis=1)
        moved = _probable(task, _logits(task, held) + np.array(shift))
        shares |= {one: moved[:, at] for at, one in enumerate(classes(task))}
    return decide(found, shares, limits, recipe=recipe)


def _shares(labels: Sequence[Label]) -> Floats:
    return np.array([[label.shares[one] for one in classes(label.task)] for label in labels], np.float64)


def _truth(labels: Sequence[Label]) -> Floats:
    names = classes(labels[0].task)
    if len(names) == 1:
        return np.array([[float(label.became == "yes")] for label in labels])
    return np.array([[float(label.became == one) for one in names] for label in labels])


def _logits(task: str, shares: Floats) -> Floats:
    held = np.clip(shares, _EDGE, 1 - _EDGE)
    return np.log(held) if task == "sentiment" else np.log(held / (1 - held))


def _probable(task: str, logits: Floats) -> Floats:
    if task == "sentiment":
        grown = np.exp(logits - logits.max(1, keepdims=True))
        return np.asarray(grown / grown.sum(1, keepdims=True))
    return np.asarray(1 / (1 + np.exp(-logits)))


def _verdict(task: str, shares: Floats, feeling_from: float) -> str:
    """What it would say if it may not abstain."""
    if task == "sentiment":
        return SENTIMENTS[int(np.argmax(shares))]
    if task == "feeling":
        return FEELINGS[int(np.argmax(shares))] if shares.max() >= feeling_from else "none"
    return "yes" if shares[0] >= _HALF else "no"


def _difference(gained: int, lost: int, n: int) -> tuple[float, float]:
    total = n + 2
    difference = (gained - lost) / total
    spread = _Z * sqrt(max(gained + lost + 1 - (gained - lost) ** 2 / total, 0.0)) / total
    return difference - spread, difference + spread
