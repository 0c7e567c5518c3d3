"""How a brand's public act was received: praised, called out, mixed, ignored, silent, or too few to say.

Owns the rules, by interval and never by point. Promises that authors count once, that jokes are not call-outs, that
silence is told only together with what was seen, and that a reason is named only where enough people gave one.
Never finds acts, never reads posts: it is handed what each author's stance was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

STANCES: Final = ("praise", "call_out", "joke", "ask", "none")
WHYS: Final = ("performative", "tone_deaf", "opportunistic", "hypocritical", "too_late")
FEWEST: Final = 30
WIDEST: Final = 0.30
PRAISED: Final = 0.60
CALLED_OUT: Final = 0.40
FEWEST_WHYS: Final = 15
SIDES: Final = 0.05
"""Fewer authors than this share taking a side, at the brand's usual volume: ignored."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reception:
    """``verdict`` is praised, called_out, mixed, ignored, silent or too_few. ``share`` of praise among ``sides``
    authors who praise or call out, with its 95 % interval; ``whys`` the two reasons given most, with their counts."""

    verdict: str
    authors: int
    sides: int
    share: float | None
    low: float
    high: float
    whys: tuple[tuple[str, int], ...] = ()


def received(
    stances: Mapping[str, int], *, acted: bool = True, usual: int | None = None, whys: Sequence[str] = ()
) -> Reception:
    """The reception of an act in the 48 h after it.

    ``stances``: how many distinct authors took each of :data:`STANCES`. ``usual``: how many distinct authors speak of
    the brand in such a time; without it "ignored" is never said. ``acted`` False: no act was found in the brand's own
    feed, and the feed was seen. ``whys``: one reason a call-out author, where it was told.

    Rules: fewer than 30 authors, or an interval wider than 30 points → too few to say; praised where the lower end of
    praise / (praise + call-out) is above .6; called out where the upper end is below .4; mixed otherwise; ignored only
    where the usual volume was reached and under 5 % take a side. Wilson's interval.
    """
    if not acted:
        return Reception(verdict="silent", authors=0, sides=0, share=None, low=0.0, high=1.0)
    authors = sum(stances.get(name, 0) for name in STANCES)
    praise, against = stances.get("praise", 0), stances.get("call_out", 0)
    sides = praise + against
    low, high = _wilson(praise, sides)
    share = praise / sides if sides else None
    told = Counter(why for why in whys if why in WHYS)
    named = tuple(told.most_common(2)) if sum(told.values()) >= FEWEST_WHYS else ()
    if usual is not None and authors >= max(usual, FEWEST) and sides < SIDES * authors:
        verdict = "ignored"
    elif authors < FEWEST or high - low > WIDEST:
        verdict = "too_few"
    elif low > PRAISED:
        verdict = "praised"
    elif high < CALLED_OUT:
        verdict = "called_out"
    else:
        verdict = "mixed"
    return Reception(verdict=verdict, authors=authors, sides=sides, share=share, low=low, high=high, whys=named)


def stances(voices: pa.Table, *, threshold: float = 0.5) -> dict[str, int]:
    """Distinct authors by stance, from readings (columns author_id, p_praise, p_complaint, p_negative, p_irony, p_ask).

    An author who both praises and calls out is counted where more of their posts stand, and as "none" at a tie: one
    author, one stance. A post of irony is a joke, whatever else it reads as.
    """
    if voices.num_rows == 0:
        return dict.fromkeys(STANCES, 0)
    column = {name: np.asarray(voices[name].combine_chunks().fill_null(0), np.float32) for name in (
        "p_praise", "p_complaint", "p_negative", "p_irony", "p_ask")}  # fmt: skip
    joke = column["p_irony"] >= threshold
    praise = ~joke & (column["p_praise"] >= threshold)
    against = ~joke & ~praise & ((column["p_complaint"] >= threshold) | (column["p_negative"] >= threshold))
    ask = ~joke & ~praise & ~against & (column["p_ask"] >= threshold)
    who = pc.dictionary_encode(voices["author_id"].combine_chunks()).indices.to_numpy(zero_copy_only=False)
    size = int(who.max()) + 1

    def of(rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.bincount(who[rows], minlength=size)

    for_it, against_it, jokes, asks = of(praise), of(against), of(joke), of(ask)
    takes_praise, takes_against = for_it > against_it, against_it > for_it
    rest = ~takes_praise & ~takes_against & (for_it == 0)
    jokers = rest & (jokes > 0)
    askers = rest & ~jokers & (asks > 0)
    counted = {"praise": takes_praise, "call_out": takes_against, "joke": jokers, "ask": askers}
    found = {name: int(np.count_nonzero(rows)) for name, rows in counted.items()}
    return {**found, "none": size - sum(found.values())}


def _wilson(count: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval (Wilson 1927); figures stand above this module, so it has its own."""
    if n == 0:
        return 0.0, 1.0
    z, p = NormalDist().inv_cdf((1 + level) / 2), count / n
    middle, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
