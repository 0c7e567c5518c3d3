"""Was the shield right? Random samples of what it folded and of what it left open, judged by people.

Owns the draw and the three figures: precision of folding, misses among what was left open, and criticism wrongly
folded. Promises that the draw depends on the seed and the ids alone, and that each figure carries its counts and an
interval. Never judges by itself, and never says whose posts they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from kalkan.errors import InvalidInput


class Between(Protocol):
    """An interval: from ``low`` to ``high``."""

    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """Ids to be judged, in the order they are shown: folded and untouched mixed, so that none gives itself away."""

    ids: tuple[str, ...]
    folded: frozenset[str]
    folded_of: int  # how many there were to draw from
    untouched_of: int


def sample(triaged: pa.Table, *, n: int, seed: int) -> Sample:
    """``n`` folded or held posts and ``n`` untouched ones, or all there are, drawn alike.

    :raises InvalidInput: the posts have no ids.
    """
    ids = np.array(triaged["id"].to_pylist(), object)
    if any(one is None for one in ids):
        raise InvalidInput("shield_audit_no_ids")
    touched = triaged["place"].to_numpy(False) != "show"
    random = np.random.default_rng(seed)
    drawn: list[Any] = []
    for mask in (touched, ~touched):
        some = np.sort(ids[mask].astype(str))
        drawn.append(random.choice(some, min(n, len(some)), replace=False) if len(some) else some)
    mixed = random.permutation(np.concatenate(drawn))
    return Sample(
        ids=tuple(str(one) for one in mixed),
        folded=frozenset(str(one) for one in drawn[0]),
        folded_of=int(touched.sum()),
        untouched_of=int((~touched).sum()),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What a person said of one sampled post. ``whole`` is whether the whole text was folded or held."""

    folded: bool
    whole: bool
    abuse: bool
    criticism: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """``count`` of ``n`` and where the true share may lie."""

    count: int
    n: int
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """The three figures of an audit.

    ``precision``: abuse among what was folded. ``missed``: abuse among what was left open. ``criticism_folded``:
    criticism among what was folded as a whole, the fault that matters most.
    """

    precision: Share
    missed: Share
    criticism_folded: Share


def measure(marks: Iterable[Mark], *, interval: Callable[[int, int], Between]) -> Measured:
    """The figures of the marked posts; ``interval`` bounds a share, as ``kalkan.figures.intervals.share`` does."""
    every = tuple(marks)
    folded, untouched = [one for one in every if one.folded], [one for one in every if not one.folded]
    whole = [one for one in folded if one.whole]

    def share(of: Sequence[Mark], is_one: Callable[[Mark], bool]) -> Share:
        count = sum(map(is_one, of))
        bounds = interval(count, len(of))
        return Share(count=count, n=len(of), low=bounds.low, high=bounds.high)

    return Measured(
        precision=share(folded, lambda one: one.abuse),
        missed=share(untouched, lambda one: one.abuse),
        criticism_folded=share(whole, lambda one: one.criticism),
    )
