"""Text as the careful reader's pieces: a unigram vocabulary, each word cut where its pieces are likeliest.

Owns what a text looks like to that reader: links and handles become one sign each (who is meant never shapes a
reading), marks that are not seen go, letters repeated on and on are three. Promises the same numbers for the same text
whatever else is read, and any text taken. Never keeps more than ``KEPT`` words.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import regex

BEGIN, PAD, END, UNKNOWN = range(4)
SPECIAL: Final = 4
LONGEST: Final = 96  # pieces a post, its begin and end among them; what comes after is not read
KEPT: Final = 100_000  # words
_SPACE: Final = "\u2581"
_WORD_MOST: Final = 48  # letters of one word that are cut together; longer ones in parts
_LETTERS_MOST: Final = 2000  # of a post: more cannot matter
_UNLIKELY: Final = 10.0  # how much less likely than the rarest piece an unknown letter is

_MASKS: Final = (
    (regex.compile(r"(?i)(?<![\w@])(?:https?://|www\.)\S+"), " http "),
    (regex.compile(r"(?<![\w/.])@[\w][\w.\-]*(?:@[\w.\-]+)?"), " @user "),
    (regex.compile(r"[\p{Cf}\p{Co}\p{Cn}\p{Cs}\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]+"), ""),
    (regex.compile(r"[\p{Cc}\p{Z}]+"), " "),
    (regex.compile(r"(.)\1{3,}"), r"\1\1\1"),
)


def tidy(text: str) -> list[str]:
    """The words of ``text`` as they are cut: composed and compatible (NFKC), masked, split where there is room."""
    text = text[:_LETTERS_MOST]
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return unicodedata.normalize("NFKC", text).split()


class Pieces:
    """The vocabulary and the words it has cut. ``pieces`` in the order of their numbers, from ``SPECIAL`` on."""

    def __init__(self, pieces: Sequence[str], scores: npt.NDArray[np.float32]) -> None:
        values = [float(one) for one in scores]
        self._number: dict[str, int] = {piece: at + SPECIAL for at, piece in enumerate(pieces)}
        self._value: dict[str, float] = dict(zip(pieces, values, strict=True))
        self._longest = max(map(len, pieces))
        self._floor = min(values) - _UNLIKELY
        self._words: dict[str, tuple[int, ...]] = {}

    def numbers(self, text: str) -> list[int]:
        """The pieces of ``text``: begin, at most ``LONGEST - 2`` pieces, end."""
        found = [BEGIN]
        for word in tidy(text):
            found.extend(self._cut(word))
            if len(found) >= LONGEST:
                break
        return [*found[: LONGEST - 1], END]

    def _cut(self, word: str) -> tuple[int, ...]:
        known = self._words.get(word)
        if known is None:
            marked = _SPACE + word
            parts = [marked[at : at + _WORD_MOST] for at in range(0, len(marked), _WORD_MOST)]
            known = tuple(number for part in parts for number in self._best(part))
            if len(self._words) >= KEPT:
                self._words.clear()
            self._words[word] = known
        return known

    def _best(self, word: str) -> list[int]:
        """The likeliest way to cut ``word`` (Viterbi over a unigram model); unknown letters in a row are one."""
        whole = self._number.get(word)
        if whole is not None:
            return [whole]
        size, values = len(word), self._value
        best, begins = [0.0] + [-1e30] * size, [0] * (size + 1)
        for end in range(1, size + 1):
            for begin in range(max(0, end - self._longest), end):
                value = values.get(word[begin:end])
                if value is None:
                    if end - begin > 1:
                        continue
                    value = self._floor
                if best[begin] + value > best[end]:
                    best[end], begins[end] = best[begin] + value, begin
        found: list[int] = []
        end = size
        while end:
            number = self._number.get(word[begins[end] : end], UNKNOWN)
            if number != UNKNOWN or not found or found[-1] != UNKNOWN:
                found.append(number)
            end = begins[end]
        return found[::-1]


def pack(pieces: Sequence[str], scores: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[Any]]:
    """The vocabulary as arrays that :func:`unpack` takes."""
    return {
        "pieces": np.frombuffer("\n".join(pieces).encode("utf-8"), np.uint8),
        "piece_scores": np.asarray(scores, np.float32),
    }


def unpack(arrays: Mapping[str, npt.NDArray[Any]]) -> Pieces:
    """The vocabulary that :func:`pack` put away."""
    return Pieces(arrays["pieces"].tobytes().decode("utf-8").split("\n"), arrays["piece_scores"])
