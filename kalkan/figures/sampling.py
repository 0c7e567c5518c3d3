"""Which units people label: a random order that anybody can draw again, and how far two people agree.

Promises that the order depends on the units' names and the seed alone, so that "40 more" goes on where the last draw
ended and units that came meanwhile have their fair place. Never looks at a reader's verdict: the most certain posts are
not a sample of anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

from kalkan.figures import intervals
from kalkan.figures.intervals import Interval

MORE: Final = 40


def place(name: str, seed: int) -> float:
    """Where a unit stands in the random order of ``seed``: 0–1, uniform (xxHash3 of both)."""
    return xxhash.xxh3_64_intdigest(name.encode(), seed=seed & (2**64 - 1)) / 2**64


def draw(names: Sequence[str], n: int, *, seed: int, without: Iterable[str] = ()) -> list[str]:
    """The first ``n`` of ``names`` in the random order, leaving out those in ``without`` (labelled already).

    Each unit has the same chance: this is simple random sampling without replacement, taken up where it was left.
    """
    held = set(without)
    left = [name for name in dict.fromkeys(names) if name not in held]
    return sorted(left, key=lambda name: (place(name, seed), name))[:n]


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How two people's labels of the same ``n`` units go together.

    ``alpha``: Krippendorff's, 1 = always, 0 = as chance would have it; None where all labels are the same.
    """

    n: int
    same: int
    interval: Interval
    alpha: float | None


def agreement(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> Agreement:
    """Agreement of two people on units that both labelled.

    Krippendorff's alpha for nominal data, two coders and no missing values: 1 − (2n − 1)·d / (n₁·n₀), with d units on
    which they differ and n₁, n₀ labels of each kind (Krippendorff, K. (2011), Computing Krippendorff's
    Alpha-Reliability).
    """
    n = int(one.size)
    same = int(np.count_nonzero(one == other))
    yes = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    no = 2 * n - yes
    alpha = 1 - (2 * n - 1) * (n - same) / (yes * no) if yes and no else None
    return Agreement(n=n, same=same, interval=intervals.share(same, n), alpha=alpha)
