"""How much more is to come: the next hour and the next six, with an interval and how often such intervals held.

Owns that forecast and its own past errors. Promises an interval with every number, widened on the side where past ones
failed until they hold as often as they claim (conformalized quantile regression, Romano, Patterson, Candès 2019), and
that nothing is said of a story younger than half an hour or too small. Never looks at a text.

How: a story is compared with others as they were when they looked like it: how much was said in the last half hour, how
that compares to the half hour before, how old it is. What followed there, as a ratio to "it goes on as it does now",
gives the quantiles. The first analogues are shipped (curves of real crises, numbers only); one's own stories join them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kalkan.stories.record import Forecast
from kalkan.stories.story import Story
from kalkan.stories.times import moment_of

Floats = npt.NDArray[np.float64]

HOURS: Final = (1, 6)
LEVEL: Final = 0.8
_EVERY: Final = 10  # minutes
_JUDGED_EVERY: Final = 60  # minutes between forecasts of one story that are judged later
_NEAREST: Final = 60
_SCALE: Final = np.array([1.0, 0.7, 0.8])
_FEWEST: Final = 5  # authors in the last half hour
_YOUNGEST: Final = 30
_MOST_OWN: Final = 2_000
_SCORES: Final = 300
_CALIBRATED: Final = 20


def features(last: float, before: float, age: float) -> Floats:
    """What stories are compared by: voices of the last half hour, of the one before, and age in minutes."""
    trend = np.clip(np.log((last + 1) / (before + 1)), -3, 3)
    return np.array([np.log1p(last), trend, np.log(max(age, 30.0) / 60)])


def ratio(after: float, last: float, hours: int) -> float:
    """What followed against "it goes on as in the last half hour", as a logarithm."""
    return float(np.log((after + 1) / (2 * hours * last + 1)))


@cache
def analogues() -> Floats:
    """The shipped analogues, float64 (n, 5): three features and what followed in one hour and in six."""
    text = resources.files("kalkan.stories").joinpath("analogues.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return np.array(rows, dtype=np.float64).reshape(-1, 5)


@dataclass(slots=True)
class _Made:
    """One forecast that will be judged."""

    story: str
    minute: int
    like: list[float]
    last: float
    ends: list[tuple[float, float]]  # the interval of the ratio, for each of HOURS, before it was widened
    wide: list[tuple[float, float]]  # and as it was said
    after: list[float] = field(default_factory=list)  # ratios that are known by now, in the order of HOURS


class Forecasts:
    """Forecasts of a stream's stories, and what became of them."""

    def __init__(self, *, bank: Floats | None = None) -> None:
        self.bank = analogues() if bank is None else bank
        self.own: deque[list[float]] = deque(maxlen=_MOST_OWN)
        self.made: list[_Made] = []
        self.scores: list[deque[tuple[float, float]]] = [deque(maxlen=_SCORES) for _ in HOURS]  # below, above
        self.held = [0, 0]
        self.of = [0, 0]
        self.now: dict[str, tuple[Forecast, ...]] = {}
        self._judged_at: dict[str, int] = {}
        self.looked = -1

    def look(self, minute: int, stories: Iterable[Story]) -> None:
        """Every ten minutes: judge what was forecast, forecast anew. ``minute`` has just ended."""
        if minute // _EVERY == self.looked:
            return
        self.looked = minute // _EVERY
        there = {story.id: story for story in stories}
        self._judge(minute, there)
        self.now = {}
        for story in there.values():
            if story.state != "closed" and not story.into:
                self._forecast(minute, story)
        self._judged_at = {id: at for id, at in self._judged_at.items() if id in there}

    def _forecast(self, minute: int, story: Story) -> None:
        last, before = story.heard(minute - 29, minute + 1), story.heard(minute - 59, minute - 29)
        age = minute - story.began + 1
        if age < _YOUNGEST or last < _FEWEST:
            return
        like = features(last, before, age)
        near = self.nearest(like)
        posts = story.n / max(1, sum(count for _, count in story.curve))  # posts a voice
        ends, wide, rows = [], [], []
        for which, hours in enumerate(HOURS):
            low, middle, high = (float(one) for one in np.quantile(near[:, 3 + which], [0.1, 0.5, 0.9]))
            below, above = self._widening(which)
            said = low - below, high + above
            ends.append((low, high))
            wide.append(said)
            least, most = (max(0.0, (np.exp(one) * (2 * hours * last + 1) - 1)) * posts for one in said)
            rows.append(
                Forecast(
                    hours=hours, made=moment_of(minute + 1), level=LEVEL, like=len(near),
                    posts=round(max(0.0, float(np.exp(middle) * (2 * hours * last + 1) - 1)) * posts, 1),
                    low=float(np.floor(least)), high=float(np.ceil(most)), held=self.held[which], of=self.of[which],
                )
            )  # fmt: skip
        self.now[story.id] = tuple(rows)
        if minute - self._judged_at.get(story.id, -_JUDGED_EVERY) >= _JUDGED_EVERY:
            self._judged_at[story.id] = minute
            self.made.append(_Made(story.id, minute, like.tolist(), float(last), ends, wide))

    def nearest(self, like: Floats) -> Floats:
        """The analogues most like this, (k, 5)."""
        bank = np.concatenate([self.bank, np.array(self.own).reshape(-1, 5)])
        apart = (((bank[:, :3] - like) / _SCALE) ** 2).sum(axis=1)
        return bank[np.argsort(apart, kind="stable")[:_NEAREST]]

    def _widening(self, which: int) -> tuple[float, float]:
        """How much wider below and above, as logarithms, so that past intervals would have held as they claim to."""
        scores = np.array(self.scores[which]).reshape(-1, 2)
        if len(scores) < _CALIBRATED:
            return 0.1, 0.1
        rank = min(1.0, (1 + LEVEL) / 2 * (1 + 1 / len(scores)))
        below, above = np.maximum(np.quantile(scores, rank, axis=0), 0.0)
        return float(below), float(above)

    def _judge(self, minute: int, there: Mapping[str, Story]) -> None:
        still = []
        for made in self.made:
            story = there.get(made.story)
            if story is None or story.into:
                continue  # merged or long gone: nothing can be said of it alone
            while len(made.after) < len(HOURS) and minute >= made.minute + 60 * HOURS[len(made.after)]:
                which = len(made.after)
                after = story.heard(made.minute + 1, made.minute + 1 + 60 * HOURS[which])
                truth = ratio(after, made.last, HOURS[which])
                made.after.append(truth)
                low, high = made.ends[which]
                self.scores[which].append((low - truth, truth - high))
                self.of[which] += 1
                self.held[which] += made.wide[which][0] <= truth <= made.wide[which][1]
            if len(made.after) < len(HOURS):
                still.append(made)
            else:
                self.own.append([*made.like, *made.after])
        self.made = still[-5_000:]

    def state(self) -> dict[str, Any]:
        """What is learnt and what is waiting to be judged, for a checkpoint."""
        return {
            "own": [list(one) for one in self.own],
            "made": [
                [one.story, one.minute, one.like, one.last, one.ends, one.wide, list(one.after)] for one in self.made
            ],
            "scores": [[list(pair) for pair in one] for one in self.scores],
            "held": list(self.held), "of": list(self.of), "looked": self.looked, "judged_at": dict(self._judged_at),
        }  # fmt: skip

    @classmethod
    def resume(cls, kept: Mapping[str, Any]) -> Forecasts:
        """Forecasts that go on as those whose :meth:`state` this is; the present ones are made at the next look."""
        one = cls()
        one.own.extend(kept["own"])
        for story, minute, like, last, ends, wide, after in kept["made"]:
            pairs = [[(low, high) for low, high in part] for part in (ends, wide)]
            one.made.append(_Made(story, minute, like, last, pairs[0], pairs[1], list(after)))
        one.scores = [deque(((low, high) for low, high in part), maxlen=_SCORES) for part in kept["scores"]]
        one.held, one.of, one.looked = list(kept["held"]), list(kept["of"]), int(kept["looked"])
        one._judged_at = dict(kept["judged_at"])
        return one
