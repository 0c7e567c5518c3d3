"""Posts cut into words, a whole batch at a time, as flat arrays.

Owns what a word is to the readers: lower-cased, links and handles each made one sign, every emoji a word of its own,
runs of punctuation kept, "sooo" shortened to "soo" and marked, capitals marked. Promises that a post's words depend on
that post alone. Never keeps a string: a word is a 64-bit key and its letters; never decides what a word means.

The tables of letters travel with the weights, so that a reading does not change with Python's Unicode version.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan import text as texts

SPAN: Final = 0x20000  # letters at and above share one entry
LINK, HANDLE, BEYOND = 0xE000, 0xE001, 0xE002  # signs that stand for a link, a handle, a rare letter
MOST_WORDS: Final = 400  # words of one post that are read; what follows is not
MOST_LETTERS: Final = 6000
MOST_PIECED: Final = 48  # letters of one word that are cut into pieces
FLAGS: Final = 6  # (small, Capital, CAPITALS) × (as usual, drawn out)

DROP, SPACE, LETTER, DIGIT, MARK, SINGLE, APOSTROPHE = range(7)
_UPPER: Final = 0x80
_PRIME: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX: Final = np.uint64(0xFF51AFD7ED558CCD)
_ROOT: Final = np.uint64(0x100000001B3)

Codes = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]


def _powers(count: int) -> Keys:
    return np.cumprod(np.full(count, _ROOT, np.uint64), dtype=np.uint64)


_POWERS: Final = _powers(256)
_SALTS: Final = np.arange(9, dtype=np.uint64) * _PRIME


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What every letter counts as: ``lower`` keeps accents, ``bare`` is folded, ``kind`` is one of the kinds above."""

    lower: Codes
    bare: Codes
    kind: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a batch, post after post.

    ``offsets[i]:offsets[i + 1]`` are the words of post ``i``. Word ``j`` has the letters
    ``letters[start[j]:start[j] + length[j]]``, ``flag[j]`` (see FLAGS), ``kind[j]``, and a ``key`` of all of these.
    """

    offsets: Ints
    start: Ints
    length: Ints
    flag: npt.NDArray[np.uint8]
    kind: npt.NDArray[np.uint8]
    key: Keys
    letters: Codes


def alphabet() -> Alphabet:
    """The tables as this Python's Unicode has them. Made in training; a reader takes them from its weights."""
    lower, bare = np.zeros(SPAN, np.uint32), np.zeros(SPAN, np.uint32)
    kind = np.zeros(SPAN, np.uint8)
    for code in range(SPAN):
        sign = chr(code)
        if 0xD800 <= code < 0xF900:  # surrogates never come; private letters must not pass for our own signs
            lower[code] = bare[code] = 0xFFFD
            kind[code] = MARK
            continue
        plain = unicodedata.normalize("NFKC", sign)
        small = "i" if sign == "İ" else (plain if len(plain) == 1 else sign).lower()
        lower[code] = ord(small) if len(small) == 1 else code
        folded = texts.fold(sign)
        bare[code] = ord(folded) if len(folded) == 1 else lower[code]
        kind[code] = _kind(sign) | (_UPPER if sign.isupper() else 0)
        if kind[code] & 0x7F == DIGIT:
            lower[code] = bare[code] = ord("0")
    for sign in "'’ʼ‘`´":
        lower[ord(sign)] = bare[ord(sign)] = ord("'")
        kind[ord(sign)] = APOSTROPHE
    lower[SPAN - 1] = bare[SPAN - 1] = BEYOND
    kind[SPAN - 1] = SINGLE
    return Alphabet(lower, bare, kind)


_MARKS_DROPPED: Final = ((0x300, 0x36F), (0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED))
_UNSPACED: Final = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO ", "KHMER", "MYANMAR")


def _kind(sign: str) -> int:
    code, category = ord(sign), unicodedata.category(sign)
    if any(low <= code <= high for low, high in _MARKS_DROPPED) or 0x1F3FB <= code <= 0x1F3FF or code == 0x640:
        return DROP
    if 0xFE00 <= code <= 0xFE0F or category == "Cf":
        return DROP
    if category[0] == "Z" or category == "Cc":
        return SPACE
    if category == "Nd":
        return DIGIT
    if category[0] in "LM":
        return SINGLE if unicodedata.name(sign, "").startswith(_UNSPACED) else LETTER
    if category in ("So", "Sk") or sign == "#":
        return SINGLE
    return MARK


def split(column: pa.Array, letters: Alphabet) -> Words:
    """The words of a column of strings. Nulls count as empty; bytes that are no UTF-8 are replaced."""
    codes, begins = _codes(column)
    posts = len(begins) - 1
    codes = np.minimum(codes, np.uint32(SPAN - 1))
    raw = letters.kind[codes]
    kind = raw & np.uint8(0x7F)
    upper = raw >= _UPPER
    low = letters.lower[codes]
    first = np.zeros(len(low) + 1, bool)
    first[begins] = True
    first = first[:-1]
    _hide_links(low, kind, first)
    _hide_handles(low, kind, first)
    low, kind, upper, begins = _keep(kind != DROP, low, kind, upper, begins)
    low, kind, upper, begins, drawn = _shorten(low, kind, upper, begins)
    _join_apostrophes(low, kind, begins)
    return _cut(low, kind, upper, drawn, begins, posts)


def _codes(column: pa.Array) -> tuple[Codes, Ints]:
    """Letters as numbers, and where each post begins (one more than there are posts)."""
    offsets, data = _buffers(column)
    raw = np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data is not None else np.zeros(0, np.uint8)
    starts = offsets - offsets[0]
    try:
        joined = raw.tobytes().decode("utf-8")
    except UnicodeDecodeError:
        mended = [raw[a:b].tobytes().decode("utf-8", "replace") for a, b in pairwise(starts.tolist())]
        joined = "".join(mended)
        begins = np.concatenate([[0], np.cumsum([len(one) for one in mended], dtype=np.int64)]).astype(np.int64)
    else:
        heads = np.zeros(len(raw) + 1, np.int64)
        np.cumsum((raw & 0xC0) != 0x80, out=heads[1:])
        begins = heads[starts]
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
    long = np.diff(begins) > MOST_LETTERS
    if long.any():
        ends = np.where(long, begins[:-1] + MOST_LETTERS, begins[1:])
        codes = codes[_ranges(begins[:-1], ends)]
        begins = np.concatenate([[0], np.cumsum(ends - begins[:-1])])
    return codes, begins


def _buffers(column: pa.Array) -> tuple[Ints, pa.Buffer | None]:
    if column.null_count:
        column = column.fill_null("")
    wide = pa.types.is_large_string(column.type)
    if not wide and not pa.types.is_string(column.type):
        column = column.cast(pa.large_string())
        wide = True
    _, offsets, data = column.buffers()
    if len(column) == 0 or offsets is None:
        return np.zeros(1, np.int64), None
    numbers = np.frombuffer(offsets, np.int64 if wide else np.int32)
    return numbers[column.offset : column.offset + len(column) + 1].astype(np.int64), data


def _ranges(starts: Ints, ends: Ints) -> Ints:
    """All whole numbers of all half-open ranges, one after the other."""
    lengths = np.maximum(ends - starts, 0)
    total = int(lengths.sum())
    shift = np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
    every: Ints = np.arange(total, dtype=np.int64) + shift
    return every


def _hide_links(low: Codes, kind: npt.NDArray[np.uint8], first: npt.NDArray[np.bool_]) -> None:
    """Make what begins like a link, up to the next space, one sign."""
    found = []
    for head in ("http", "www."):
        at = np.flatnonzero(low[: max(len(low) - 3, 0)] == ord(head[0]))
        for step in (1, 2, 3):
            at = at[(low[at + step] == ord(head[step])) & ~first[at + step]]
        if len(at):
            found.append(at[first[at] | (kind[at - 1] != LETTER)])
    at = np.sort(np.concatenate(found)) if found else np.zeros(0, np.int64)
    if not len(at):
        return
    spaces = np.flatnonzero((kind == SPACE) | first)
    _hide(low, kind, at, _next(spaces, at, len(low)), LINK)


def _hide_handles(low: Codes, kind: npt.NDArray[np.uint8], first: npt.NDArray[np.bool_]) -> None:
    """Make "@" and the name after it one sign, also with a domain; an e-mail address is none."""
    at = np.flatnonzero((low == ord("@")) & (kind != DROP))
    if not len(at):
        return
    named = (kind == LETTER) | (kind == DIGIT) | (low == ord("_"))
    after = np.minimum(at + 1, len(low) - 1)
    at = at[named[after] & ~first[after] & (after > at) & (first[at] | ~named[at - 1])]
    stops = np.flatnonzero(~(named | (low == ord(".")) | (low == ord("-")) | (low == ord("@"))) | first)
    _hide(low, kind, at, _next(stops, at, len(low)), HANDLE)


def _next(stops: Ints, at: Ints, end: int) -> Ints:
    """For each of ``at`` the first stop after it."""
    found = np.searchsorted(stops, at, "right")
    after: Ints = np.append(stops, end)[found]
    return after


def _hide(low: Codes, kind: npt.NDArray[np.uint8], at: Ints, ends: Ints, sign: int) -> None:
    kind[_ranges(at + 1, ends)] = DROP
    shown = kind[at] != DROP  # one that began inside another is gone with it
    low[at[shown]] = sign
    kind[at[shown]] = SINGLE


def _keep(
    kept: npt.NDArray[np.bool_], low: Codes, kind: npt.NDArray[np.uint8], upper: npt.NDArray[np.bool_], begins: Ints
) -> tuple[Codes, npt.NDArray[np.uint8], npt.NDArray[np.bool_], Ints]:
    if kept.all():
        return low, kind, upper, begins
    count = np.zeros(len(kept) + 1, np.int64)
    np.cumsum(kept, out=count[1:])
    return low[kept], kind[kept], upper[kept], count[begins]


def _shorten(
    low: Codes, kind: npt.NDArray[np.uint8], upper: npt.NDArray[np.bool_], begins: Ints
) -> tuple[Codes, npt.NDArray[np.uint8], npt.NDArray[np.bool_], Ints, npt.NDArray[np.bool_]]:
    """Cut runs of one sign to two; mark the second where something was cut (numbers are cut, not marked)."""
    again = np.zeros(len(low), bool)
    if len(low) > 1:
        again[1:] = low[1:] == low[:-1]
        again[begins[:-1][begins[:-1] < len(low)]] = False
    third = again.copy()
    third[1:] &= again[:-1]
    drawn = np.zeros(len(low), bool)
    drawn[:-1] = third[1:]
    drawn &= ~third & (kind != DIGIT)
    kept = ~third
    shown = drawn[kept]
    return *_keep(kept, low, kind, upper, begins), shown


def _join_apostrophes(low: Codes, kind: npt.NDArray[np.uint8], begins: Ints) -> None:
    """An apostrophe between letters belongs to the word (don't, Kalkan'ın); any other is a mark."""
    at = np.flatnonzero(kind == APOSTROPHE)
    kind[at] = MARK
    inner = at[(at > 0) & (at < len(low) - 1)]
    edge = np.zeros(len(low) + 1, bool)
    edge[begins] = True
    inner = inner[(kind[inner - 1] == LETTER) & (kind[inner + 1] == LETTER) & ~edge[inner] & ~edge[inner + 1]]
    kind[inner] = LETTER


def _cut(
    low: Codes,
    kind: npt.NDArray[np.uint8],
    upper: npt.NDArray[np.bool_],
    drawn: npt.NDArray[np.bool_],
    begins: Ints,
    posts: int,
) -> Words:
    if not len(low):
        none = np.zeros(0, np.int64)
        small = np.zeros(0, np.uint8)
        return Words(np.zeros(posts + 1, np.int64), none, none, small, small, np.zeros(0, np.uint64), low)
    new = np.ones(len(low), bool)
    new[1:] = (kind[1:] != kind[:-1]) | (kind[1:] == SINGLE)
    new[begins[:-1][begins[:-1] < len(low)]] = True
    heads = np.flatnonzero(new)
    length = np.diff(np.append(heads, len(low)))
    count = _sums(upper, heads)
    flag = np.where((count == length) & (length > 1), 2, np.where(upper[heads], 1, 0)).astype(np.uint8)
    flag += np.uint8(3) * (_sums(drawn, heads) > 0)
    where = np.arange(len(low), dtype=np.int64) - np.repeat(heads, length)
    terms = (low.astype(np.uint64) + np.uint64(1)) * _MIX
    terms ^= terms >> np.uint64(29)
    terms *= _POWERS[np.minimum(where, 255)]
    key = np.add.reduceat(terms, heads) + flag.astype(np.uint64) * _PRIME
    key ^= key >> np.uint64(32)
    key *= _MIX
    key ^= key >> np.uint64(29)
    shown = kind[heads] != SPACE
    before = np.zeros(len(heads) + 1, np.int64)
    np.cumsum(shown, out=before[1:])
    offsets = before[np.searchsorted(heads, begins)]
    words = Words(offsets, heads[shown], length[shown], flag[shown], kind[heads][shown], key[shown], low)
    return _limit(words)


def _sums(marks: npt.NDArray[np.bool_], heads: Ints) -> Ints:
    count = np.zeros(len(marks) + 1, np.int64)
    np.cumsum(marks, out=count[1:])
    return np.diff(np.append(count[heads], count[-1]))


def _limit(words: Words) -> Words:
    lengths = np.diff(words.offsets)
    if not (lengths > MOST_WORDS).any():
        return words
    starts = words.offsets[:-1]
    ends = starts + np.minimum(lengths, MOST_WORDS)
    kept = _ranges(starts, ends)
    offsets = np.concatenate([[0], np.cumsum(ends - starts)])
    return Words(
        offsets,
        words.start[kept],
        words.length[kept],
        words.flag[kept],
        words.kind[kept],
        words.key[kept],
        words.letters,
    )


@dataclass(frozen=True, slots=True)
class Grams:
    """Pieces of words: piece ``i`` has the hash ``hashes[i]`` and is of word ``word[i]``; in order of the words."""

    hashes: Keys
    word: Ints


def grams(letters: Codes, start: Ints, length: Ints, sizes: tuple[int, ...]) -> tuple[Grams, ...]:
    """For each of ``sizes`` all runs of that many letters of each word, its edges counted as a letter each."""
    length = np.minimum(length, MOST_PIECED)
    padded = np.ones(int((length + 2).sum()), np.uint32)  # 1 = edge
    begin = np.concatenate([[0], np.cumsum(length + 2)[:-1]]).astype(np.int64)
    padded[_ranges(begin + 1, begin + 1 + length)] = letters[_ranges(start, start + length)]
    owner = np.repeat(np.arange(len(start), dtype=np.int64), length + 2)
    mixed = (padded.astype(np.uint64) + np.uint64(7)) * _MIX
    mixed ^= mixed >> np.uint64(31)
    rolled = mixed.copy()
    found: dict[int, Grams] = {}
    for size in range(1, max(sizes) + 1):
        if size > 1:
            rolled = rolled[:-1] * _ROOT + mixed[size - 1 :]
        if size in sizes:
            inside = owner[: len(rolled)] == owner[size - 1 :]
            if size == 1:
                inside &= padded != 1
            hashed = rolled[inside] + _SALTS[size]
            hashed ^= hashed >> np.uint64(32)
            hashed *= _MIX
            hashed ^= hashed >> np.uint64(29)
            found[size] = Grams(hashed, owner[: len(rolled)][inside])
    return tuple(found[size] for size in sizes)


def sums(table: npt.NDArray[Any], buckets: Ints, owner: Ints, out: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Add to each word's row of ``out`` the rows of ``table`` that its pieces point to; how many pieces each has.

    Words must come with the most pieces first: the sum then runs over first pieces, second pieces, …, many words at a
    time, and is the same for a word whatever stands beside it.
    """
    counts = np.bincount(owner, minlength=len(out))
    heads = np.cumsum(counts) - counts
    for at in range(int(counts.max(initial=0))):
        alive = int(np.searchsorted(-counts, -at, "left"))
        out[:alive] += table.take(buckets[heads[:alive] + at], axis=0)
    return counts


def whole(letters: Codes, start: Ints, length: Ints) -> Keys:
    """A hash of each word's letters alone, flags left out."""
    if not len(start):
        return np.zeros(0, np.uint64)
    flat = letters[_ranges(start, start + length)]
    heads = np.concatenate([[0], np.cumsum(length)[:-1]]).astype(np.int64)
    where = np.arange(len(flat), dtype=np.int64) - np.repeat(heads, length)
    terms = (flat.astype(np.uint64) + np.uint64(1)) * _MIX
    terms ^= terms >> np.uint64(29)
    terms *= _POWERS[np.minimum(where, 255)]
    hashed = np.add.reduceat(terms, heads)
    hashed ^= hashed >> np.uint64(32)
    hashed *= _MIX
    hashed ^= hashed >> np.uint64(29)
    return hashed
