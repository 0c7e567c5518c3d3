"""The room's posts made ready: folded once, their words numbered, their kinds of harm marked.

Owns that form, column by column; memory is a few hundred bytes a post. Promises the same for the same posts. Tells no
story: that is :mod:`kalkan.room.gather`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.room.vocabulary import HARMS, LANGS, any_harm, common, in_texts, of_harm
from kalkan.text import fold_column

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
_TURKISH = r"[ğĞşŞıİ]|(?i:\b(?:ve|bir|için|icin|çok|cok|bu|ne|ile|değil|degil|var|yok|gibi|ama|kadar|daha)\b)"
_US = pa.timestamp("us", tz="UTC")


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """``row`` and ``word`` name, sorted by row, each word of each post once; ``words`` are the words, folded."""

    n: int
    ids: pa.Array
    folded: pa.Array
    at: Ints  # microseconds since 1970; the moment of the check where a post has no time
    author: Ints
    lang: npt.NDArray[np.object_]
    row: Ints
    word: Ints
    words: pa.Array
    number: dict[str, int]
    often: Ints  # posts a word stands in
    since: Ints  # when a word began to be used here: a tenth of its posts are older (microseconds, as ``at``)
    harm: npt.NDArray[np.bool_]  # n × kinds
    every: float  # how many posts each one stands for, where they were thinned out

    def having(self, words: Ints | list[int]) -> Mask:
        """The posts that have one of these words."""
        mask, mine = np.zeros(self.n, dtype=np.bool_), np.zeros(len(self.words), dtype=np.bool_)
        mine[np.asarray(words, dtype=np.int64)] = True
        mask[self.row[mine[self.word]]] = True
        return mask

    def voices(self, mask: Mask) -> int:
        """How many different people wrote these posts."""
        return len(distinct(self.author[mask]))

    def like(self, pattern: str) -> Mask:
        """The posts a column pattern finds."""
        return np.asarray(pc.match_substring_regex(self.folded, pattern).to_numpy(zero_copy_only=False), dtype=np.bool_)


def distinct(numbers: Ints) -> Ints:
    """Each number once, sorted: by sorting, which is several times as fast as NumPy's table for many numbers."""
    found = np.sort(numbers)
    return found[np.concatenate(([True], found[1:] != found[:-1]))] if len(found) else found


def index(posts: pa.Table, *, at: datetime, most: int) -> Index:
    """Make ``posts`` ready (columns: text; id, at, author_id, lang where they are there)."""
    if "at" in posts.column_names:
        # One order for the same posts, however they came.
        keys = [(name, "ascending") for name in ("at", "id", "text") if name in posts.column_names]
        posts = posts.take(pc.sort_indices(posts, sort_keys=keys))
    posts = posts.combine_chunks()
    every = max(1.0, posts.num_rows / most)
    if every > 1:
        posts = posts.take(pa.array(np.unique((np.arange(most) * every).astype(np.int64))))
    n = posts.num_rows
    folded = _plain(_column(posts, "text", pa.string()))
    lang = _langs(posts)
    row, word, words = _words(folded)
    often = np.bincount(word, minlength=len(words)).astype(np.int64)
    times = _times(posts, at)
    return Index(
        n=n,
        ids=_ids(posts),
        folded=folded,
        at=times,
        author=_authors(posts),
        lang=lang,
        row=row,
        word=word,
        words=words,
        number={text: at_ for at_, text in enumerate(words.to_pylist())},
        often=often,
        since=_since(row, word, times, often),
        harm=_harm(folded, lang),
        every=every,
    )


def _column(posts: pa.Table, name: str, kind: pa.DataType) -> pa.Array:
    if name not in posts.column_names:
        return pa.nulls(posts.num_rows, kind)
    column = posts[name]
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(column, pa.ChunkedArray):
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.nulls(0, column.type)
    return column.cast(kind)


def _ids(posts: pa.Table) -> pa.Array:
    given = _column(posts, "id", pa.string())
    rows = pa.array([f"row:{at}" for at in range(posts.num_rows)], pa.string())
    return pc.if_else(pc.is_valid(given), given, rows)


def _times(posts: pa.Table, at: datetime) -> Ints:
    given = _column(posts, "at", _US) if "at" in posts.column_names else pa.nulls(posts.num_rows, _US)
    now = int(at.timestamp() * 1e6)
    return np.asarray(pc.fill_null(given.cast(pa.int64()), now).to_numpy(zero_copy_only=False), dtype=np.int64)


def _authors(posts: pa.Table) -> Ints:
    given = _column(posts, "author_id", pa.string())
    codes = given.dictionary_encode().indices.cast(pa.int64())
    alone = pa.array(-1 - np.arange(posts.num_rows))
    return np.asarray(pc.coalesce(codes, alone).to_numpy(zero_copy_only=False), dtype=np.int64)


def _langs(posts: pa.Table) -> npt.NDArray[np.object_]:
    given = pc.utf8_slice_codeunits(pc.utf8_lower(_column(posts, "lang", pa.string())), 0, 2)
    # Where a file does not say: Turkish letters or little Turkish words; the others are looked at in both languages.
    turkish = pc.match_substring_regex(pc.fill_null(_column(posts, "text", pa.string()), ""), _TURKISH)
    given = pc.if_else(pc.and_(pc.is_null(given), turkish), "tr", given)
    return np.asarray(pc.fill_null(given, "").to_numpy(zero_copy_only=False), dtype=object)


def _plain(texts: pa.Array) -> pa.Array:
    plain = fold_column(pc.fill_null(texts, ""))
    plain = pc.replace_substring(pc.replace_substring(plain, "’", "'"), "ʼ", "'")
    return pc.replace_substring_regex(plain, r"(?:https?://|www\.)\S+", " ")


def _words(folded: pa.Array) -> tuple[Ints, Ints, pa.Array]:
    """Each word of each post once; endings after an apostrophe are cut, accounts left out, hashtags keep their sign."""
    bare = pc.replace_substring_regex(folded, r"@\S+|'\w+", " ")
    bare = pc.utf8_trim_whitespace(pc.replace_substring_regex(bare, r"[^\p{L}\p{N}#_]+", " "))
    lists = pc.split_pattern(bare, " ")
    flat = pc.list_flatten(lists).dictionary_encode()
    parents = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    codes = flat.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    texts = flat.dictionary.to_pylist()
    stop = common()
    keep = np.array([_counts(text, stop) for text in texts], dtype=np.bool_) if texts else np.zeros(0, np.bool_)
    kept = keep[codes] if len(codes) else np.zeros(0, np.bool_)
    size = max(1, len(texts))
    pairs = distinct(parents[kept] * size + codes[kept])
    return pairs // size, pairs % size, flat.dictionary


def _since(row: Ints, word: Ints, times: Ints, often: Ints) -> Ints:
    order = np.lexsort((times[row], word)) if len(row) else np.zeros(0, np.int64)
    first = np.concatenate(([0], np.cumsum(often)[:-1])).astype(np.int64) if len(often) else often
    sorted_times = times[row[order]]
    out = np.zeros(len(often), dtype=np.int64)
    used = often > 0
    out[used] = sorted_times[(first + often // 10)[used]] if len(sorted_times) else 0
    return out


def _counts(text: str, stop: frozenset[str]) -> bool:
    bare = text.strip("#_")
    return len(bare) >= 3 and not bare.isdigit() and bare not in stop


def _harm(folded: pa.Array, lang: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Which kinds of harm each post tells of: by its own language's words, by both where it has none we know.

    Posts in which anything is found are looked at again, kind by kind and without figures of speech.
    """
    out = np.zeros((len(folded), len(HARMS)), dtype=np.bool_)
    some = np.zeros(len(folded), dtype=np.bool_)
    for one, mine in _groups(lang):
        texts = folded.filter(pa.array(mine))
        some[mine] = pc.match_substring_regex(texts, any_harm(one)).to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(some)
    if len(rows):
        plain = pc.replace_substring_regex(folded.take(pa.array(rows)), in_texts("harm", "figurative any"), " ")
        for one, mine in _groups(lang[rows]):
            texts = plain.filter(pa.array(mine))
            for at, kind in enumerate(HARMS):
                hits = pc.match_substring_regex(texts, of_harm(kind, one)).to_numpy(zero_copy_only=False)
                out[rows[mine], at] = hits
    return out


def _groups(lang: npt.NDArray[np.object_]) -> Iterator[tuple[str | None, Mask]]:
    """The posts of each language whose words for harm we have, and those whose language is not known."""
    for one, name in ((None, ""), *((one, one) for one in LANGS)):
        mine = np.asarray(lang == name, dtype=np.bool_)
        if mine.any():
            yield one, mine
