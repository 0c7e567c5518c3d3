"""Near-copies counted once, beside the raw count: what a number would be if every wording had one voice.

Owns the de-weighting. Posts that say the same (five-letter runs, Jaccard from .8 on; short posts only where they are
equal) are one post; an author all of whose posts are copies shares one voice with everybody who posted them. Promises
that the raw count stays as it is: a campaign of many hands is still many people. Never says "bot", never hides a post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.errors import InvalidInput
from kalkan.figures import intervals
from kalkan.figures.ask import COUNTED, Ask
from kalkan.figures.intervals import Interval
from kalkan.figures.select import READ_SQL, Archive, condition, group, source
from kalkan.shield.piles import near

MOST: Final = 100_000
"""Posts of one question that are compared with each other."""
_PLACES: Final = 6  # sums of fractions are rounded here, so that the order of adding cannot show

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Once:
    """A figure with near-copies counted once: ``count`` of ``n`` voices (of posts: how many different ones).

    The interval of a share is Wilson's at ``n`` voices; their effective number (Σw)²/Σw² is never smaller.
    """

    count: float
    n: float
    value: float
    interval: Interval | None = None


def once(ask: Ask, archive: Archive) -> dict[tuple[str, str], Once]:
    """For each group (as the query names it; "" without groups) and measure of ``ask``, in its period.

    :raises InvalidInput: ``ask_copies_too_many``.
    """
    posts = _posts(ask, archive)
    if not posts.num_rows:
        return {}
    groups = posts["k"].combine_chunks().dictionary_encode()
    where = groups.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    who = posts["who"].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    mask = posts["mask"].to_numpy()
    same = near(posts["text"])
    wide = np.int64(max(int(same.max()), int(who.max())) + 1)
    wordings, wording = np.unique(where * wide + same, return_inverse=True)
    voices, voice = np.unique(where * wide + who, return_inverse=True)
    pairs = np.unique(wording.astype(np.int64) * len(voices) + voice)
    hands = np.bincount(pairs // len(voices), minlength=len(wordings))  # authors of each wording
    weight = np.zeros(len(voices))
    np.maximum.at(weight, voice, 1 / hands[wording])
    reads = [name for name in ask.measures if name not in COUNTED]
    said = np.zeros(len(voices), np.int64)
    np.bitwise_or.at(said, voice, mask)
    found: dict[tuple[str, str], Once] = {}
    for place, name in enumerate(groups.dictionary.to_pylist()):
        here = voices // wide == place
        n = _sum(weight[here])
        different = int(np.count_nonzero(wordings // wide == place))
        for measure in ask.measures:
            if measure == "posts":
                found[name, measure] = Once(count=different, n=n, value=different)
            elif measure == "authors":
                found[name, measure] = Once(count=n, n=n, value=n)
            else:
                count = _sum(weight[here & ((said >> reads.index(measure)) & 1 == 1)])
                value = round(count / n, _PLACES)
                found[name, measure] = Once(count=count, n=n, value=value, interval=intervals.share(count, n))
    return found


def _sum(weights: Floats) -> float:
    return round(float(np.sort(weights).sum()), _PLACES)


def _posts(ask: Ask, archive: Archive) -> pa.Table:
    """The posts that are compared: group, author, what they read as (one bit each) and text."""
    where, params = condition(ask.where, ask.since, ask.until)
    of = source(ask)
    key, _now, _was = group(ask.alone())
    reads = [name for name in ask.measures if name not in COUNTED]
    bits = [f"CASE WHEN {READ_SQL[name]} THEN {1 << i}::BIGINT ELSE 0::BIGINT END" for i, name in enumerate(reads)]
    sql = (
        f"SELECT CAST({key} AS VARCHAR) AS k, hash(author_id) AS who, {' | '.join(bits) or '0::BIGINT'} AS mask, text"
        f" FROM {of.sql} WHERE {where} ORDER BY id LIMIT {MOST + 1}"
    )
    found = archive.query(sql, [*of.params, *params], since=ask.since, until=ask.until, tables=of.tables)
    if found.num_rows > MOST:
        raise InvalidInput("ask_copies_too_many", most=f"{MOST:,}")
    return found.set_column(3, "text", pc.fill_null(found["text"], ""))
