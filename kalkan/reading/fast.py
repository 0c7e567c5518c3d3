"""The fast reader: a small network over words and pieces of words, a linear part beside it, all tasks at once.

A word's vector is its own row plus the mean of its pieces' rows plus a row for how it is written; a convolution over
three words is then three look-ups and two additions, because ``W·e`` is worked out once a word and kept. The linear
part is one weight a task for each word, piece and pair of neighbours (hashed), over the root of what they count; what a
word adds to it is kept as well. Promises the same scores in any batch (sums run word by word, in the post's own order).
Never holds more than ``KEPT`` words.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.reading import words as cut
from kalkan.reading.language import Language
from kalkan.reading.weights import Weights

Floats = npt.NDArray[np.float32]

SIZES: Final = (3, 4, 5)  # letters a piece
KEPT: Final = 40960  # words whose products are kept: some 85 MB when full
SLOTS: Final = 1 << 18
AT_ONCE: Final = 2048  # posts
BLOCK: Final = 512  # posts whose sums fit the processor's own memory
_LOWEST: Final = np.float32(-1e4)
WHOLE, EXACT, PAIR = (
    2.0,
    1.0,
    1.5,
)  # linear part: what a word, its very spelling, two neighbours count; a piece counts 1
_TWIN: Final = np.uint64(0x9E3779B97F4A7C15)


class Fast:
    """The reader with its weights and the words it has met. Threads may share it; they take turns."""

    def __init__(self, weights: Weights) -> None:
        self.meta = weights.meta
        self._letters = weights.alphabet
        self._a: Mapping[str, npt.NDArray[Any]] = weights.arrays
        self.language = Language(weights.arrays, weights.meta)
        before, here, after = (weights.arrays[name].astype(np.float32) for name in ("conv_0", "conv_1", "conv_2"))
        self._channels = here.shape[1]
        bag = weights.arrays["bag"].astype(np.float32)
        self._bag = bag.shape[1]
        self._mix: Floats = np.concatenate([before, here, after, bag], axis=1)
        self._line_table, self._line_scale = line_table(weights.arrays)
        self._line_at = self._bag + 1 + self.language.width
        self._sums = self._line_at + len(self._line_scale) + 1
        self._piece = piece_table(weights.arrays)
        self._kept: Kept | None = None
        self._turn = threading.Lock()

    @property
    def tasks(self) -> list[str]:
        """The names of the columns of :meth:`score`'s first answer."""
        return list(self.meta["tasks"])

    def score(self, texts: pa.Array) -> tuple[Floats, Floats]:
        """Scores before calibration, posts × tasks, and the sums that :class:`Language` decides by."""
        posts = len(texts)
        if posts > AT_ONCE:
            return _joined([self.score(texts.slice(begin, AT_ONCE)) for begin in range(0, posts, AT_ONCE)])
        words = cut.split(texts, self._letters)
        if len(words.key) > KEPT and posts > 1:  # there may be more different words than can be kept: in two halves
            return _joined([self.score(texts.slice(0, posts // 2)), self.score(texts.slice(posts // 2))])
        with self._turn:
            rows = self._rows(words)
            peaks, sums = self._gather(rows, words.offsets)
        scores = self._top(peaks, sums, np.diff(words.offsets)) + self._line(words, sums[:, self._line_at :])
        return scores, sums[:, self._bag + 1 : self._line_at]

    def _rows(self, words: cut.Words) -> npt.NDArray[np.int64]:
        """Where each word's products stand; words not met before are worked out now."""
        if self._kept is None:
            self._kept = Kept(self._channels, self._sums)
        kept = self._kept
        rows = kept.find(words.key)
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            fresh, first, which = np.unique(words.key[missing], return_index=True, return_inverse=True)
            if not kept.room(len(fresh)):
                self._kept = None
                return self._rows(words)
            order = np.argsort(-words.length[missing[first]], kind="stable")
            products, sums = self._products(words, missing[first[order]])
            at = np.empty(len(fresh), np.int64)
            at[order] = kept.add(fresh[order], products, sums)
            rows[missing] = at[which]
        return rows

    def _products(self, words: cut.Words, at: cut.Ints) -> tuple[Floats, Floats]:
        start, length = words.start[at], words.length[at]
        vectors = self._vectors(words.letters, start, length, words.flag[at])
        mixed = vectors @ self._mix
        width = 3 * self._channels
        sums = np.empty((len(at), self._sums), np.float32)
        weight = np.exp(np.clip(vectors @ self._a["gate"] + self._a["gate_bias"], -6, 6))
        np.multiply(mixed[:, width:], weight[:, None], out=sums[:, : self._bag])
        sums[:, self._bag] = weight
        sums[:, self._bag + 1 : self._line_at] = self.language.rows(words.letters, start, length, words.kind[at])
        sums[:, self._line_at :] = self._line_rows(words.letters, start, length, words.flag[at])
        return mixed[:, :width], sums

    def _vectors(self, letters: cut.Codes, start: cut.Ints, length: cut.Ints, flag: npt.NDArray[np.uint8]) -> Floats:
        known, buckets, owner = look_up(letters, start, length, self._letters, self._a["word_keys"], len(self._piece))
        vectors = self._a["word"][known].astype(np.float32) * self._a["word_scale"][known].astype(np.float32)[:, None]
        vectors += self._a["flag"][flag]
        total = np.zeros_like(vectors)
        count = np.zeros(len(start), np.int64)
        for bucket, word in zip(buckets, owner, strict=True):
            count += cut.sums(self._piece, bucket, word, total)
        vectors += total / np.maximum(count, 1).astype(np.float32)[:, None]
        return vectors

    def _line_rows(self, letters: cut.Codes, start: cut.Ints, length: cut.Ints, flag: npt.NDArray[np.uint8]) -> Floats:
        """The linear part of each word: its sums by task, and what its pieces count, squared."""
        table = self._line_table
        columns, owner, whole, exact = line_pieces(letters, start, length, flag, self._letters, len(table))
        total: Floats = table.take(whole, axis=0).astype(np.float32) * np.float32(WHOLE)
        total += table.take(exact, axis=0) * np.float32(EXACT)
        count = np.full(len(start), WHOLE * WHOLE + EXACT * EXACT, np.float32)
        for column, word in zip(columns, owner, strict=True):
            count += cut.sums(table, column, word, total)
        return np.concatenate([total * self._line_scale, count[:, None]], axis=1)

    def _line(self, words: cut.Words, sums: Floats) -> Floats:
        """The linear part of each post: its words and its pairs of neighbours, by the root of what they count."""
        table = self._line_table
        pairs, _ = line_pairs(words.key, words.offsets, len(table))
        count = np.maximum(np.diff(words.offsets) - 1, 0)
        total, some = sums[:, :-1].copy(), np.flatnonzero(count)
        if len(some):
            begins = (np.cumsum(count) - count)[some]
            found = np.add.reduceat(table.take(pairs, axis=0), begins, axis=0, dtype=np.int32)
            total[some] += found.astype(np.float32) * (self._line_scale * np.float32(PAIR))
        norm = np.sqrt(np.maximum(sums[:, -1] + (count * (PAIR * PAIR)).astype(np.float32), 1))
        scores: Floats = total / norm[:, None] + self._a["line_bias"]
        return scores

    def _gather(self, rows: npt.NDArray[np.int64], offsets: cut.Ints) -> tuple[Floats, Floats]:
        """The highest of each channel over a post's words, and the sums over them; posts × channels, posts × sums."""
        lengths = np.diff(offsets)
        posts = len(lengths)
        peaks = np.full((posts, self._channels), _LOWEST, np.float32)
        sums = np.zeros((posts, self._sums), np.float32)
        order = np.argsort(-lengths, kind="stable")
        for begin in range(0, posts, BLOCK):
            block = order[begin : begin + BLOCK]
            longest = int(lengths[block[0]])
            if longest == 0:
                break
            peaks[block], sums[block] = self._sweep(
                _grid(rows, offsets[block], lengths[block], longest), lengths[block]
            )
        return peaks, sums

    def _sweep(self, grid: npt.NDArray[np.int64], lengths: cut.Ints) -> tuple[Floats, Floats]:
        assert self._kept is not None
        kept, posts = self._kept, grid.shape[1]
        peak = np.full((posts, self._channels), _LOWEST, np.float32)
        total = np.zeros((posts, self._sums), np.float32)
        here, other = np.empty_like(peak), np.empty_like(peak)
        part = np.empty_like(total)
        for place in range(1, grid.shape[0] - 1):
            alive = int(np.searchsorted(-lengths, -place, "right"))
            a, b = here[:alive], other[:alive]
            kept.before.take(grid[place - 1, :alive], axis=0, out=a, mode="clip")
            kept.here.take(grid[place, :alive], axis=0, out=b, mode="clip")
            a += b
            kept.after.take(grid[place + 1, :alive], axis=0, out=b, mode="clip")
            a += b
            np.maximum(peak[:alive], a, out=peak[:alive])
            kept.sums.take(grid[place, :alive], axis=0, out=part[:alive], mode="clip")
            total[:alive] += part[:alive]
        return peak, total

    def _top(self, peaks: Floats, sums: Floats, lengths: cut.Ints) -> Floats:
        found = np.maximum(peaks + self._a["conv_bias"], 0)
        bag = sums[:, : self._bag] / np.maximum(sums[:, self._bag : self._bag + 1], 1e-3)
        size = np.log1p(lengths.astype(np.float32))[:, None] / 4
        inner = np.concatenate([found, bag, size], axis=1) @ self._a["trunk"] + self._a["trunk_bias"]
        np.maximum(inner, 0, out=inner)
        scores: Floats = inner @ self._a["heads"] + self._a["heads_bias"]
        return scores


def piece_table(arrays: Mapping[str, npt.NDArray[Any]]) -> Floats:
    """The vectors of the pieces, buckets × width: two numbers of four bits a byte, a scale a row."""
    packed = arrays["piece"]
    half = packed.shape[1]
    found = np.empty((len(packed), 2 * half), np.float32)
    found[:, :half], found[:, half:] = packed & 15, packed >> 4
    found -= 8
    found *= arrays["piece_scale"].astype(np.float32)[:, None]
    return found


def line_table(arrays: Mapping[str, npt.NDArray[Any]]) -> tuple[npt.NDArray[np.int8], Floats]:
    """The linear part, buckets × tasks, and its scale by task; it has nothing to say of tasks it does not name."""
    said = arrays["line_tasks"]
    table = np.zeros((len(arrays["line"]), len(arrays["line_bias"])), np.int8)
    scale = np.ones(table.shape[1], np.float32)
    table[:, said], scale[said] = arrays["line"], arrays["line_scale"]
    return table, scale


def _joined(parts: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _grid(rows: npt.NDArray[np.int64], starts: cut.Ints, lengths: cut.Ints, longest: int) -> npt.NDArray[np.int64]:
    """Places × posts, row 0 (all zeros) before and after each post; posts come longest first."""
    grid = np.zeros((longest + 2, len(starts)), np.int64)
    post = np.repeat(np.arange(len(starts)), lengths)
    place = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    grid[place + 1, post] = rows[np.repeat(starts, lengths) + place]
    return grid


class Kept:
    """Products of words already met, found by key. Row 0 is all zeros."""

    def __init__(self, channels: int, sums: int) -> None:
        self._keys = np.zeros(SLOTS, np.uint64)
        self._at = np.full(SLOTS, -1, np.int64)
        self.before, self.here, self.after = (np.zeros((KEPT + 1, channels), np.float32) for _ in range(3))
        self.sums = np.zeros((KEPT + 1, sums), np.float32)
        self._used = 1

    def find(self, keys: cut.Keys) -> npt.NDArray[np.int64]:
        """The row of each key, -1 where it was not met or has lost its slot."""
        slot = (keys & np.uint64(SLOTS - 1)).astype(np.int64)
        return np.where(self._keys[slot] == keys, self._at[slot], -1)

    def room(self, count: int) -> bool:
        """Whether so many more fit."""
        return self._used + count <= KEPT + 1

    def add(self, keys: cut.Keys, products: Floats, sums: Floats) -> npt.NDArray[np.int64]:
        """Keep new rows, and say where they stand. A later word may take an earlier one's slot, never its row."""
        rows = np.arange(self._used, self._used + len(keys))
        width = self.here.shape[1]
        span = slice(self._used, self._used + len(keys))
        self.before[span] = products[:, :width]
        self.here[span] = products[:, width : 2 * width]
        self.after[span] = products[:, 2 * width :]
        self.sums[span] = sums
        slot = (keys & np.uint64(SLOTS - 1)).astype(np.int64)
        self._keys[slot] = keys
        mine = self._keys[slot] == keys  # of two new words with one slot only the last is found again
        self._at[slot[mine]] = rows[mine]
        self._used += len(keys)
        return rows


def look_up(
    letters: cut.Codes, start: cut.Ints, length: cut.Ints, abc: cut.Alphabet, vocabulary: cut.Keys, buckets: int
) -> tuple[npt.NDArray[np.int64], list[npt.NDArray[np.int64]], list[cut.Ints]]:
    """Each word's row in the vocabulary (the last row = not there), and its pieces' buckets with their owners."""
    bare = abc.bare[np.minimum(letters, np.uint32(cut.SPAN - 1))]
    key = cut.whole(bare, start, length)
    at = np.minimum(np.searchsorted(vocabulary, key), len(vocabulary) - 1)
    known = np.where(vocabulary[at] == key, at, len(vocabulary))
    found = cut.grams(bare, start, length, SIZES)
    mask = np.uint64(buckets - 1)
    return known, [(one.hashes & mask).astype(np.int64) for one in found], [one.word for one in found]


def line_pieces(
    letters: cut.Codes, start: cut.Ints, length: cut.Ints, flag: npt.NDArray[np.uint8], abc: cut.Alphabet, buckets: int
) -> tuple[list[npt.NDArray[np.int64]], list[cut.Ints], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The linear part's buckets: of the pieces, with their owners; of each word folded; of each word as it is spelt."""
    bare = abc.bare[np.minimum(letters, np.uint32(cut.SPAN - 1))]
    found = cut.grams(bare, start, length, SIZES)
    exact = cut.whole(letters, start, length) + (flag.astype(np.uint64) + np.uint64(1)) * _TWIN
    return (
        [_bucket(one.hashes, buckets) for one in found],
        [one.word for one in found],
        _bucket(cut.whole(bare, start, length), buckets),
        _bucket(exact, buckets),
    )


def line_pairs(keys: cut.Keys, offsets: cut.Ints, buckets: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The buckets of all neighbours within a post, and the first word of each."""
    last = np.zeros(len(keys) + 1, bool)
    last[offsets[1:] - 1] = True
    first = np.flatnonzero(~last[: len(keys)])
    return _bucket(keys[first] * _TWIN + keys[first + 1], buckets), first


def _bucket(hashes: cut.Keys, buckets: int) -> npt.NDArray[np.int64]:
    mixed = hashes ^ (hashes >> np.uint64(33))
    mixed = mixed * _TWIN
    return (mixed >> np.uint64(40)).astype(np.int64) & (buckets - 1)
