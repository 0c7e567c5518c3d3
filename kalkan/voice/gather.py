"""What a set of posts is about: phrases that bring many of them together, each post with one phrase.

Owns the choice. A phrase counts for the authors who use it and for how rarely it is used otherwise in the same talk, so
that "iphone x" comes before "song" where everybody speaks of songs. The phrase that counts most takes its posts, then
the next of what is left (greedy cover). Promises the same groups for the same posts, and that a group is what it says:
posts that hold the phrase. A text passed on unchanged, however often, counts as said little more than once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from kalkan.text import fold

_COMMON: Final = 0.035  # a single word in more than this part of the talk is no phrase of its own
_OWN: Final = 4  # … unless it is so many times as frequent here
_PASSED_ON: Final = re.compile(r"^(?:\s*(?:RT|MT)\b[:\s]*(?:@?\w+:)?\s*)+", re.IGNORECASE)
_LETTERS: Final = re.compile(r"[^\w]+|\d+")


@dataclass(frozen=True, slots=True)
class Group:
    """Posts (positions in what was handed in, in order) that hold ``phrase``, with how many authors and texts."""

    phrase: str
    members: tuple[int, ...]
    authors: int
    texts: int


def groups(
    bags: Sequence[frozenset[str]],
    authors: Sequence[str],
    keys: Sequence[str],
    *,
    talk: Sequence[frozenset[str]] = (),
    least: int = 2,
    most: int = 48,
) -> list[Group]:
    """Groups of at least ``least`` authors, the one that counts most first.

    ``bags``: of each post its words and pairs (:func:`kalkan.voice.sentences.bag`). ``keys``: equal where texts are.
    ``talk``: bags of the talk around, by which it is known what is usual; without it, ``bags``.
    """
    usual = _usual(talk or bags)
    held: dict[str, set[int]] = defaultdict(set)
    for i, each in enumerate(bags):
        for phrase in each:
            held[phrase].add(i)
    few = len(talk or bags) < 200
    held = {
        phrase: rows
        for phrase, rows in held.items()
        if len(rows) > 1
        and (
            few
            or " " in phrase
            or usual.get(phrase, 0) < _COMMON
            or len(rows) >= _OWN * usual.get(phrase, 0) * len(bags)
        )
    }
    found: list[Group] = []
    free = set(range(len(bags)))
    worth = {phrase: _worth(phrase, rows, authors, keys, usual) for phrase, rows in held.items()}
    while worth and len(found) < most:
        best = max(worth, key=lambda phrase: (worth[phrase], " " not in phrase, len(phrase), phrase))
        rows = held[best] & free
        people = {authors[i] for i in rows}
        if worth[best] <= 0:
            break
        worth.pop(best)
        if len(people) < least:
            continue
        members = tuple(sorted(rows))
        found.append(Group(best, members, len(people), len({keys[i] for i in members})))
        free -= rows
        for phrase in {phrase for i in members for phrase in bags[i]} & worth.keys():
            worth[phrase] = _worth(phrase, held[phrase] & free, authors, keys, usual)
    return found


def _usual(talk: Sequence[frozenset[str]]) -> dict[str, float]:
    """The part of the talk that holds each phrase."""
    counts: dict[str, int] = defaultdict(int)
    for each in talk:
        for phrase in each:
            counts[phrase] += 1
    n = max(1, len(talk))
    return {phrase: count / n for phrase, count in counts.items()}


def _worth(phrase: str, rows: set[int], authors: Sequence[str], keys: Sequence[str], usual: dict[str, float]) -> float:
    """Different people and texts, times the cube of how telling the phrase is."""
    people = len({authors[i] for i in rows})
    texts = len({keys[i] for i in rows})
    if people < 2:
        return 0.0
    telling = log(1 / max(usual.get(phrase, 0.0), 1e-4))
    return min(people, 2 * texts) * telling**3


def key_of(text: str) -> str:
    """The same for texts that differ in case, digits, signs and "RT" alone: near-copies."""
    return _LETTERS.sub(" ", fold(passed_on(text))).strip()[:80]


def passed_on(text: str) -> str:
    """``text`` without the "RT" that says that it is somebody else's."""
    return _PASSED_ON.sub("", text)
