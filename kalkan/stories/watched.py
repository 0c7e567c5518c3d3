"""Watched curves over a stream: brands, peers, topics and markets, and the surges told of them.

Owns which curves there are and the stories that a surge makes. Promises that a curve that is new is not held against a
past it did not have, and that a surge is told once. Never looks at a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.stories.bands import band
from kalkan.stories.curves import BIN, CurveRules, Curves
from kalkan.stories.letters import Hashes, Rows, hash_strings

Floats = npt.NDArray[np.float64]
Bin = tuple[str, int, float, float, float, float]
_LATE: Final = 180


@dataclass(frozen=True, slots=True)
class Jumped:
    """A watched curve above its bar: authors in the last hour, and how many are usual in one."""

    minute: int
    scope: str
    score: float
    n: float
    usual: float


@dataclass(slots=True)
class _Cohort:
    """Curves that were begun together, for they share what was heard."""

    scopes: list[str]
    curves: Curves


@dataclass(slots=True)
class Watched:
    """The curves of a stream. Fed with every post's minute, author and scopes; not safe to share between threads."""

    rules: CurveRules = field(default_factory=lambda: CurveRules(warm_up=360))
    cohorts: list[_Cohort] = field(default_factory=list)
    open: int = -1  # minute
    waiting: list[tuple[str, Hashes]] = field(default_factory=list)  # of the open minute
    bins: list[Bin] = field(default_factory=list)  # ended, not yet taken away

    def follow(self, scopes: Sequence[str]) -> None:
        """Watch exactly these."""
        wanted = dict.fromkeys(scopes)
        for cohort in self.cohorts:
            cohort.scopes = [scope if scope in wanted else "" for scope in cohort.scopes]
            for scope in cohort.scopes:
                wanted.pop(scope, None)
        self.cohorts = [cohort for cohort in self.cohorts if any(cohort.scopes)]
        if wanted:
            self.cohorts.append(_Cohort(list(wanted), Curves(len(wanted), rules=self.rules)))

    def hear(self, minute: Rows, author: pa.ChunkedArray, scopes: pa.ChunkedArray) -> list[Jumped]:
        """Take posts: ``minute`` never falls; ``scopes`` is a list a post. The surges of minutes that ended."""
        flat = scopes.combine_chunks() if isinstance(scopes, pa.ChunkedArray) else scopes
        row = pc.list_parent_indices(flat).to_numpy().astype(np.int64)
        coded = pc.dictionary_encode(pc.list_flatten(flat))
        names, which = coded.dictionary.to_pylist(), coded.indices.to_numpy()
        who = hash_strings(author.combine_chunks())
        found: list[Jumped] = []
        edges = np.flatnonzero(np.diff(minute)) + 1
        for start, end in zip([0, *edges.tolist()], [*edges.tolist(), len(minute)], strict=True):
            if start == end:
                continue
            found += self.until(int(minute[start]))
            self.open = int(minute[start])
            low, high = np.searchsorted(row, [start, end])
            for place in np.unique(which[low:high]).tolist():
                some = row[low:high][which[low:high] == place]
                self.waiting.append((names[place], np.unique(who[some])))
        return found

    def until(self, minute: int) -> list[Jumped]:
        """Let the stream's time reach ``minute``: the open one ends."""
        if self.open < 0 or minute <= self.open:
            return []
        authors: dict[str, list[Hashes]] = {}
        for scope, some in self.waiting:
            authors.setdefault(scope, []).append(some)
        counts = {scope: len(np.unique(np.concatenate(some))) for scope, some in authors.items()}
        self.waiting = []
        found = []
        for cohort in self.cohorts:
            found += self._end(cohort, counts)
        self.open = minute
        return found

    def _end(self, cohort: _Cohort, counts: dict[str, int]) -> list[Jumped]:
        curves, at = cohort.curves, self.open
        before, seen, expected = curves.minute // BIN, curves.x.copy(), curves.expected.copy()
        surge = curves.hear(at, np.array([counts.get(scope, 0) for scope in cohort.scopes], dtype=np.float64))
        if before >= 0 and at // BIN > before:
            low, high = band(expected)
            self.bins += [
                (scope, before * BIN, float(seen[k]), float(expected[k]), float(low[k]), float(high[k]))
                for k, scope in enumerate(cohort.scopes)
                if scope
            ]
        rows = zip(surge.curve.tolist(), surge.score, surge.n, surge.usual, strict=True)
        return [
            Jumped(at, cohort.scopes[k], float(score), float(n), float(usual))
            for k, score, n, usual in rows
            if cohort.scopes[k]
        ]

    def level(self, scope: str) -> tuple[float, float]:
        """Authors of the last hour and the usual ones of an hour; nothing where it is not watched."""
        for cohort in self.cohorts:
            if scope in cohort.scopes:
                at = cohort.scopes.index(scope)
                curves = cohort.curves
                return float(curves.last_hour[at].sum() + curves.x[at]), float(curves.usual()[at])
        return 0.0, 0.0

    def quieten(self, bars: dict[str, float]) -> None:
        """Margins, in nats, on top of the bar: the highest of a cohort's scopes holds for all of it."""
        for cohort in self.cohorts:
            margin = max((bars.get(scope, 0.0) for scope in cohort.scopes if scope), default=0.0)
            cohort.curves.rules = replace(cohort.curves.rules, bar=self.rules.bar + margin)

    def state(self) -> dict[str, Any]:
        """Everything, for a checkpoint."""
        return {
            "open": self.open,
            "waiting": {str(at): {"scope": scope, "who": who} for at, (scope, who) in enumerate(self.waiting)},
            "cohorts": {
                str(at): {"scopes": cohort.scopes, "curves": cohort.curves.state()}
                for at, cohort in enumerate(self.cohorts)
            },
        }

    @classmethod
    def resume(cls, kept: dict[str, Any]) -> Watched:
        """Curves that go on exactly as those whose :meth:`state` this is."""
        one = cls(open=int(kept["open"]))
        one.waiting = [(part["scope"], part["who"]) for part in kept["waiting"].values()]
        one.cohorts = [
            _Cohort(list(part["scopes"]), Curves.resume(part["curves"])) for part in kept["cohorts"].values()
        ]
        return one
