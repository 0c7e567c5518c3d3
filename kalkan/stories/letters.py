"""Words of many posts at once: letters as numbers, runs of letters as tokens, tokens as hashes.

Owns the one pass from a column of texts to a column of tokens. Promises that a token's hash is that of its folded form
(:func:`kalkan.text.fold`, letter by letter), the same in any batch, on any machine; that any text is taken, hostile
ones too. Keeps no text: what a token looked like is read from the posts again when a person asks.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.text import fold

Hashes: TypeAlias = npt.NDArray[np.uint64]
Rows: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

LONGEST: Final = 600  # letters of a post that are looked at: what a post is about stands at its beginning
PIECE: Final = 20_000  # rows taken at once, so that the work fits the caches

_BREAK, _WORD, _INSIDE, _HASH, _APOSTROPHE, _STOP = range(6)
_SPREAD: Final = 3  # letters that one letter may fold to (ß → ss, ﬃ → ffi)
_CODES: Final = 0x110000
_BASE: Final = 0x9E3779B97F4A7C15 | 1
_SHINGLE: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Tokens of ``n`` texts in order, as columns of equal length; ``row`` never falls.

    ``tag``: stood behind a #. ``capital``: began with a capital. ``opens``: the first of its sentence. ``size``: folded
    letters. ``digits``: nothing but digits.
    """

    n: int
    row: Rows
    hash: Hashes
    size: Rows
    tag: Flags
    capital: Flags
    opens: Flags
    digits: Flags
    shingle: Hashes  # every five letters of a text, words run together
    shingle_row: Rows
    codes: npt.NDArray[np.uint32]  # all letters of all texts, as written
    start: Rows  # where a token stands in ``codes``
    end: Rows

    def written(self, first: int, last: int) -> str:
        """The words from token ``first`` to token ``last`` with what stands between them."""
        return self.codes[self.start[first] : self.end[last]].tobytes().decode("utf-32-le", "replace")


class _Alphabet:
    """What every letter is and folds to; learnt 256 letters at a time, as they turn up."""

    def __init__(self) -> None:
        self.known = np.zeros(_CODES >> 8, dtype=np.bool_)
        self.kind = np.zeros(_CODES, dtype=np.uint8)
        self.upper = np.zeros(_CODES, dtype=np.bool_)
        self.digit = np.zeros(_CODES, dtype=np.bool_)
        self.spread = np.zeros(_CODES, dtype=np.uint8)
        self.folded = np.zeros((_CODES, _SPREAD), dtype=np.uint32)

    def learn(self, codes: npt.NDArray[np.uint32]) -> None:
        blocks = np.unique(codes >> 8)
        for block in blocks[~self.known[blocks]].tolist():
            for code in range(block << 8, (block << 8) + 256):
                self._learn(code)
            self.known[block] = True

    def _learn(self, code: int) -> None:
        letter = chr(code)
        category = unicodedata.category(letter)
        if category[0] in "LN" or category == "Mc" or letter == "_":
            kind = _WORD
        elif category in ("Mn", "Me", "Cf"):
            kind = _INSIDE
        else:
            kind = _HASH if letter in "#＃" else _APOSTROPHE if letter in "'’‘ʼ`´" else _BREAK
            kind = _STOP if letter in ".!?…:;\n\r" else kind
        self.kind[code] = kind
        self.upper[code] = category in ("Lu", "Lt")
        self.digit[code] = category == "Nd"
        if kind == _WORD:
            into = [ord(one) for one in fold(letter)][:_SPREAD]
            self.spread[code] = len(into)
            self.folded[code, : len(into)] = into


_alphabet: Final = _Alphabet()


class _Powers:
    """Powers of an odd base and of its inverse, modulo 2^64, as many as were needed so far."""

    def __init__(self) -> None:
        self.up: Hashes = np.ones(1, dtype=np.uint64)
        self.down: Hashes = np.ones(1, dtype=np.uint64)

    def reach(self, n: int) -> tuple[Hashes, Hashes]:
        if len(self.up) < n:
            many = 1 << (n - 1).bit_length()
            base, inverse = np.full(many, _BASE, np.uint64), np.full(many, pow(_BASE, -1, 1 << 64), np.uint64)
            base[0] = inverse[0] = 1
            self.up, self.down = np.cumprod(base, dtype=np.uint64), np.cumprod(inverse, dtype=np.uint64)
        return self.up, self.down


_powers: Final = _Powers()


def mix(values: Hashes) -> Hashes:
    """Spread the bits of hashes (the finaliser of SplitMix64, Steele et al. 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def pair(left: Hashes, right: Hashes) -> Hashes:
    """One hash for two in order."""
    return mix(left * np.uint64(0xD1B54A32D192ED03) + (right ^ (right >> np.uint64(32))))


def _runs(values: npt.NDArray[np.uint32], start: Rows, end: Rows) -> Hashes:
    """A hash for each ``values[start:end]``: its polynomial in an odd base modulo 2^64, told from running sums."""
    up, down = _powers.reach(len(values) + 1)
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum((values.astype(np.uint64) + np.uint64(1)) * up[: len(values)], out=sums[1:])
    return mix((sums[end] - sums[start]) * down[start] + (end - start).astype(np.uint64))


def hash_strings(values: pa.Array) -> Hashes:
    """A 64-bit hash of each string's bytes; null counts as empty."""
    values = pc.fill_null(pc.cast(values, pa.large_string()), "")
    if len(values) == 0:
        return np.zeros(0, dtype=np.uint64)
    offsets = np.frombuffer(values.buffers()[1], dtype=np.int64)[values.offset : values.offset + len(values) + 1]
    data = values.buffers()[2]
    raw = np.frombuffer(data, dtype=np.uint8) if data is not None else np.zeros(0, np.uint8)
    octets = raw[offsets[0] : offsets[-1]].astype(np.uint32)
    return _runs(octets, offsets[:-1] - offsets[0], offsets[1:] - offsets[0])


def sound(texts: pa.Array | pa.ChunkedArray) -> pa.Array:
    """One array of strings that are UTF-8 throughout; null becomes empty, bytes that are no text a sign for it."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.chunk(0) if texts.num_chunks == 1 else texts.combine_chunks()
    texts = pc.cast(texts, pa.string())
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        texts = pa.array([None if row is None else row.decode("utf-8", "replace") for row in _raw(texts)], pa.string())
    return pc.fill_null(texts, "")


def _raw(texts: pa.Array) -> list[bytes | None]:
    rows: list[bytes | None] = texts.view(pa.binary()).to_pylist()
    return rows


def hash_words(words: list[str]) -> Hashes:
    """The hashes that these single words have as tokens."""
    found = tokens(pa.array(words, pa.string()))
    assert len(found.hash) == len(words), "one token a word"
    return found.hash


def tokens(texts: pa.Array) -> Tokens:
    """The tokens of a column of strings. A Turkish ending or an English one after an apostrophe is left off."""
    codes, bounds = _codes(texts)
    _alphabet.learn(codes)
    if len(codes):
        kind = _alphabet.kind[codes]
        row = np.repeat(np.arange(len(texts)), np.diff(bounds))
        codes, row = codes[kind != _INSIDE], row[kind != _INSIDE]
    else:
        row = np.zeros(0, dtype=np.int64)
    kind = _alphabet.kind[codes]
    word = np.concatenate([[False], kind == _WORD, [False]])
    start = np.flatnonzero(word[1:] & ~word[:-1]).astype(np.int64)
    end = np.flatnonzero(word[:-1] & ~word[1:]).astype(np.int64)
    before = np.where(start > 0, kind[np.maximum(start - 1, 0)], _BREAK)
    capital = _alphabet.upper[codes[start]] if len(start) else np.zeros(0, np.bool_)
    ending = (before == _APOSTROPHE) & (start > 1) & (kind[np.maximum(start - 2, 0)] == _WORD) & ~capital
    stops = np.cumsum(kind == _STOP)
    sentence = stops[start] if len(start) else np.zeros(0, np.int64)
    token_row = row[start] if len(start) else np.zeros(0, np.int64)
    changed = (np.diff(sentence, prepend=-1) != 0) | (np.diff(token_row, prepend=-1) != 0)
    digit_sum = np.concatenate([[0], np.cumsum(_alphabet.digit[codes])])
    digits = digit_sum[end] - digit_sum[start] == end - start
    hashes, size, shingle, shingle_row = _hashes(codes, kind, row, start, end)
    keep = ~ending
    return Tokens(
        n=len(texts),
        row=token_row[keep],
        hash=hashes[keep],
        size=size[keep],
        tag=(before == _HASH)[keep],
        capital=capital[keep],
        opens=changed[keep],
        digits=digits[keep],
        shingle=shingle,
        shingle_row=shingle_row,
        codes=codes,
        start=start[keep],
        end=end[keep],
    )


def _codes(texts: pa.Array) -> tuple[npt.NDArray[np.uint32], Rows]:
    """All letters of all texts as code points, and where each text begins (one more for the end)."""
    texts = pc.utf8_slice_codeunits(sound(texts), 0, LONGEST)
    lines = pc.binary_join_element_wise(texts, "", "\n") if len(texts) else texts
    lengths = pc.utf8_length(lines).to_numpy(zero_copy_only=False).astype(np.int64)
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    if len(texts) == 0:
        return np.zeros(0, dtype=np.uint32), bounds
    joined = pc.binary_join(pa.ListArray.from_arrays([0, len(lines)], lines), "")[0].as_buffer().to_pybytes()
    codes = np.frombuffer(joined.decode("utf-8").encode("utf-32-le"), dtype=np.uint32)
    return codes, bounds


def _hashes(
    codes: npt.NDArray[np.uint32], kind: npt.NDArray[np.uint8], row: Rows, start: Rows, end: Rows
) -> tuple[Hashes, Rows, Hashes, Rows]:
    """Hash and folded size of each token, and the shingles of the folded letters, words run together."""
    is_word = kind == _WORD
    letters = codes[is_word]
    spread = _alphabet.spread[letters].astype(np.int64)
    letter_row = row[is_word]
    if len(letters) and (spread != 1).any():
        first = np.repeat(np.cumsum(spread) - spread, spread)
        within = np.arange(int(spread.sum())) - first
        folded = _alphabet.folded[np.repeat(letters, spread), within]
        letter_row = np.repeat(letter_row, spread)
    else:
        folded = _alphabet.folded[letters, 0]
    # Where a token's letters stand among the folded ones.
    place = np.concatenate([[0], np.cumsum(np.bincount(np.flatnonzero(is_word), spread, len(codes)))]).astype(np.int64)
    begin, stop = place[start], place[end]
    hashes = _runs(folded, begin, stop)
    n = len(folded) - _SHINGLE + 1
    if n <= 0:
        return hashes, stop - begin, np.zeros(0, np.uint64), np.zeros(0, np.int64)
    whole = letter_row[:n] == letter_row[_SHINGLE - 1 :]
    at = np.flatnonzero(whole).astype(np.int64)
    return hashes, stop - begin, _runs(folded, at, at + _SHINGLE), letter_row[at]
