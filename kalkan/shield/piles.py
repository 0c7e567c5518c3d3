"""A pile-on as one card: posts that say the same, or throw abuse at the same post, within a day of each other.

Owns what counts as saying the same (:func:`near`) and which posts a card gathers (:func:`piles`). Promises that an
ordinary crowd is no pile-on: short posts must be equal, longer ones share four fifths of their letters' runs; and that
whoever asks or complains stays in the list, once for each wording. Says "acts in step" by its figures, never "bot" or
"fake", and hides nothing: a card is a place to decide once.

Near-duplicates by MinHash over runs of five letters (Broder 1997), banded, every pair checked against the exact Jaccard
share. The permutations are fixed, so that the same posts give the same groups anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.shield.deciding import GRIEVANCES, PLACES
from kalkan.text import Texts, fold_column

LEAST: Final = 12  # posts that a card needs
WITHIN: Final = timedelta(hours=24)  # a longer silence than this begins another card
ALIKE: Final = 0.8  # share of common runs from which two texts say the same
RUN: Final = 5  # letters
FEWEST_WORDS: Final = 6  # with fewer words only equal texts say the same: "başın sağ olsun" is no campaign
BANDS: Final = 20
ROWS: Final = 6
_CHUNK: Final = 4096

CARDS: Final = pa.schema(
    [
        pa.field("card", pa.string(), nullable=False),  # the key of its first post: lasting while the pile grows
        pa.field("rows", pa.list_(pa.int32()), nullable=False),  # places in the table, in time order
        pa.field("post_ids", pa.list_(pa.string()), nullable=False),
        pa.field("kept", pa.list_(pa.int32()), nullable=False),  # rows that stay in the list as well
        pa.field("n", pa.int32(), nullable=False),
        pa.field("authors", pa.int32()),  # how many; null where the posts do not say
        pa.field("began", pa.timestamp("us", tz="UTC")),
        pa.field("until", pa.timestamp("us", tz="UTC")),
        pa.field("origin", pa.string()),  # the post that is quoted or answered, else the first
        pa.field("same", pa.float32(), nullable=False),  # share of posts in the largest group that says the same
        pa.field("places", pa.struct([pa.field(name, pa.int32()) for name in PLACES]), nullable=False),
    ]
)
"""One row a card."""

Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


def near(texts: Texts) -> Ints:
    """A group number a row: rows of one group say the same. Empty and null texts stand alone."""
    plain = _plain(_one(texts))
    codes = pc.dictionary_encode(plain)
    which = codes.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    unique = codes.dictionary
    long = pc.greater_equal(pc.list_value_length(pc.split_pattern(unique, " ")), FEWEST_WORDS)
    parent = np.arange(len(unique), dtype=np.int64)
    for one, other in _alike(unique, np.flatnonzero(long.to_numpy(zero_copy_only=False))):
        _join(parent, one, other)
    roots = np.array([_root(parent, at) for at in range(len(unique))], np.int64)
    groups = roots[which]
    blank = pc.equal(plain, "").to_numpy(zero_copy_only=False)
    groups[blank] = len(unique) + np.flatnonzero(blank)
    numbered: Ints = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    return numbered


def piles(posts: pa.Table, triaged: pa.Table, *, least: int = LEAST, within: timedelta = WITHIN) -> pa.Table:
    """The pile-ons among ``posts`` as a table of :data:`CARDS`, largest first.

    ``posts`` has ``text`` and, where known, ``id``, ``at`` (or ``created_at``), ``author_id``, ``quote_of``,
    ``reply_to``, ``root``. ``triaged`` is what :func:`kalkan.shield.triage` said of the same rows.
    """
    if not posts.num_rows:
        return CARDS.empty_table()
    same = near(posts["text"])
    size = np.bincount(same)[same]
    kind = triaged["kind"].to_numpy(False)
    joins = (size >= 3) | np.isin(kind, ("abuse", "threat"))
    thread = _threads(posts)
    parent = np.arange(int(same.max()) + 1, dtype=np.int64)
    first: dict[str, int] = {}
    for row in np.flatnonzero(joins & (thread != "")).tolist():
        _join(parent, first.setdefault(thread[row], int(same[row])), int(same[row]))
    group = np.array([_root(parent, at) for at in same.tolist()], np.int64)
    at = _times(posts)
    cards = []
    order = np.lexsort((at, group))
    order = order[joins[order]]
    cuts = np.flatnonzero((np.diff(group[order]) != 0) | (np.diff(at[order]) > int(within.total_seconds() * 1e6))) + 1
    for rows in np.split(order, cuts):
        if len(rows) >= least:
            cards.append(_card(rows, posts, triaged, same, thread, at))
    cards.sort(key=lambda card: -card["n"])
    return pa.Table.from_pylist(cards, schema=CARDS)


def _card(
    rows: Ints, posts: pa.Table, triaged: pa.Table, same: Ints, thread: npt.NDArray[Any], at: Ints
) -> dict[str, Any]:
    take = pa.array(rows)
    ids = posts["id"].take(take).to_pylist() if "id" in posts.column_names else [str(row) for row in rows]
    places = triaged["place"].take(take).to_pylist()
    kinds = np.array(triaged["kind"].take(take).to_pylist(), object)
    authors = None
    if "author_id" in posts.column_names:
        authors = int(pc.count_distinct(posts["author_id"].take(take)).as_py())
    told = [name for name in thread[rows] if name]
    origin = max(sorted(set(told)), key=told.count) if told else ids[0]
    timed = _timed(posts)
    return {
        "card": f"pile:{ids[0]}",
        "rows": rows.tolist(),
        "post_ids": ids,
        "kept": _kept(rows, kinds, same),
        "n": len(rows),
        "authors": authors,
        "began": int(at[rows[0]]) if timed else None,
        "until": int(at[rows[-1]]) if timed else None,
        "origin": origin,
        "same": float(np.bincount(same[rows]).max() / len(rows)),
        "places": {name: places.count(name) for name in PLACES},
    }


def _kept(rows: Ints, kinds: npt.NDArray[Any], same: Ints) -> list[int]:
    """Grievances that stay in the list: the first of each wording, so that none is only found inside the card."""
    asked = rows[np.isin(kinds, GRIEVANCES)]
    first = np.unique(same[asked], return_index=True)[1]
    kept: list[int] = asked[np.sort(first)].tolist()
    return kept


def _threads(posts: pa.Table) -> npt.NDArray[Any]:
    """What each post is about on its network: the post it quotes, else the conversation it stands in."""
    found = np.full(posts.num_rows, "", object)
    for name in ("reply_to", "root", "quote_of"):
        if name in posts.column_names:
            given = pc.fill_null(pc.cast(_one(posts[name]), pa.string()), "").to_numpy(zero_copy_only=False)
            found = np.where(given != "", given, found)
    return found


def _timed(posts: pa.Table) -> str | None:
    names = (name for name in ("at", "created_at", "seen_at") if name in posts.column_names)
    return next((name for name in names if pa.types.is_timestamp(posts[name].type)), None)


def _times(posts: pa.Table) -> Ints:
    name = _timed(posts)
    if name is None:
        return np.zeros(posts.num_rows, np.int64)
    column = pc.fill_null(pc.cast(_one(posts[name]), pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64()), 0)
    times: Ints = column.to_numpy(zero_copy_only=False)
    return times


# ---------------------------------------------------------------------------------------------- saying the same

_LINKS: Final = r"https?://\S+|www\.\S+|@[\w.\-]+(?:@[\w.\-]+)?"


def _plain(texts: pa.Array) -> pa.Array:
    """What is compared: folded letters, without links, handles, digits, signs and the retweet's prefix."""
    folded = fold_column(pc.fill_null(texts, ""))
    bare = pc.replace_substring_regex(folded, r"^rt\s+@\S+", " ")
    bare = pc.replace_substring_regex(pc.replace_substring_regex(bare, _LINKS, " "), r"[^\pL]+", " ")
    return pc.utf8_trim_whitespace(bare)


def _alike(texts: pa.Array, long: Ints) -> Iterable[tuple[int, int]]:
    """Pairs of ``texts`` (by place, among ``long``) that share at least ``ALIKE`` of their runs."""
    buckets: dict[tuple[int, int], list[int]] = {}
    runs: dict[int, Keys] = {}
    for begin in range(0, len(long), _CHUNK):
        some = long[begin : begin + _CHUNK]
        for place, (signature, own) in zip(some.tolist(), _signatures(texts.take(pa.array(some))), strict=True):
            runs[place] = own
            for band, key in enumerate(signature.tolist()):
                heads = buckets.setdefault((band, key), [])
                for head in heads:
                    if _share(runs[head], own) >= ALIKE:
                        yield head, place
                        break
                else:
                    if len(heads) < 8:  # a few that differ, so that no bucket grows into a comparison of all
                        heads.append(place)


def _signatures(texts: pa.Array) -> Iterable[tuple[Keys, Keys]]:
    """For each text the key of each band, and its distinct runs as hashes."""
    flat = np.frombuffer("".join(texts.to_pylist()).encode("utf-32-le"), np.uint32).astype(np.uint64)
    length = pc.utf8_length(texts).to_numpy().astype(np.int64)
    rolled = np.zeros(max(len(flat) - RUN + 1, 0), np.uint64)
    for step in range(RUN):
        rolled = rolled * _ODD + (flat[step : len(flat) - RUN + 1 + step] + np.uint64(1)) * _MIX
    rolled ^= rolled >> np.uint64(31)
    start = np.cumsum(length) - length
    multiply, add = _permutations()
    for begin, size in zip(start.tolist(), length.tolist(), strict=True):
        own = np.unique(rolled[begin : begin + max(size - RUN + 1, 1)])
        least = (own[:, None] * multiply + add).min(0)
        bands = least.reshape(BANDS, ROWS)
        yield (bands * _POWERS).sum(1, dtype=np.uint64), own


_ODD: Final = np.uint64(0x100000001B3)
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_POWERS: Final = np.cumprod(np.full(ROWS, _ODD, np.uint64), dtype=np.uint64)


@cache
def _permutations() -> tuple[Keys, Keys]:
    random = np.random.default_rng(20)
    multiply, add = random.integers(1, 2**63, (2, BANDS * ROWS), dtype=np.uint64)
    return multiply | np.uint64(1), add


def _share(one: Keys, other: Keys) -> float:
    """The Jaccard share of two sets given as sorted arrays."""
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def _root(parent: Ints, at: int) -> int:
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = int(parent[at])
    return at


def _join(parent: Ints, one: int, other: int) -> None:
    one, other = _root(parent, one), _root(parent, other)
    parent[max(one, other)] = min(one, other)


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
