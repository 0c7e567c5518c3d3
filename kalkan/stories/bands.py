"""Curves as tables: how much was said in each bin, what is usual there, and where most usual bins lie.

Owns that form and the band. Decides nothing.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.posts import UTC_US

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_Z: Final = 0.98  # half of 1.96: on the scale of square roots


def band(usual: Floats, *, size: float = 4.0) -> tuple[Floats, Floats]:
    """Where 95 % of bins lie when ``usual`` is expected: a normal fit to square roots of negative binomial counts.

    ``size``: of the negative binomial, variance usual + usual²/size.
    """
    spread = np.sqrt(usual + usual**2 / size)
    low = np.maximum(np.sqrt(np.maximum(usual, 0.0)) - _Z * spread / np.sqrt(np.maximum(usual, 0.25)), 0.0) ** 2
    high = (np.sqrt(np.maximum(usual, 0.0)) + _Z * spread / np.sqrt(np.maximum(usual, 0.25))) ** 2
    return np.floor(low), np.ceil(high)


def curve_table(minutes: Ints, counts: Floats, lines: Floats) -> pa.Table:
    """``at``, ``posts``, ``authors``, ``usual``, ``low``, ``high``; counts of NaN become null posts."""
    posts = pa.array(np.nan_to_num(counts[0]).astype(np.int64), pa.int64(), mask=np.isnan(counts[0]))
    return pa.table(
        {
            "at": pa.array(minutes * 60_000_000).cast(UTC_US),
            "posts": posts,
            "authors": pa.array(counts[1].astype(np.int64)),
            **{name: pa.array(line) for name, line in zip(("usual", "low", "high"), lines, strict=True)},
        }
    )
