"""Which sentence of a post asks, and the bag of word beginnings by which sentences are compared.

Promises that a sentence is returned as it was written, without handles and links. Words are cut to their first letters,
since Turkish carries its grammar at the end of words: a crude stem that beats heavy analysers on short posts.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Final

from kalkan.text import clean, fold, urls

_CUT: Final = re.compile(r"(?<=[.!?…])\s+|\n+")
_HANDLE: Final = re.compile(r"(?<!\w)@[\w.\-]+(?:@[\w.\-]+)?:?")
_WORD: Final = re.compile(r"\w+")
_STEM: Final = 6
_LONG: Final = 240


@cache
def stop() -> frozenset[str]:
    """Words that carry no wish of their own, folded."""
    text = resources.files(__package__).joinpath("stop.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(fold(word) for line in lines for word in line.split())


_ASKS: Final = re.compile(
    r"\?|\b(?:please|pls|plz|bring back|give us|let us|fix|add|stop|needs? to|should|(?:can|could|would|will) you"
    r"|why (?:is|are|do|does|did|cant|can't|don't|won't)|when will|how (?:do|can)|i want|we want|make it|explain"
    r"|lütfen|lutfen|geri getir\w*|geri gelsin|açıkla\w*|yapın|edin|verin|düzelt\w*|ekle\w*|koyun|kaldır\w*"
    r"|yazın|istiyoruz|istiyorum|rica\w*|bekliyoruz|ne zaman|neden|niye|niçin|olsun artık)\b"
    r"|\w(?:sın|sin|sun|sün|sınlar|sinler)\b|\w(?:malı|meli)\w*\b|\w[ıiuü]n artık\b",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """``text`` without links and addressed handles, on one line."""
    found = clean(text)
    for url in urls(found):
        found = found.replace(url, " ")
    return " ".join(_HANDLE.sub(" ", found).split())


def asking(text: str) -> str:
    """The sentence of ``text`` that asks for something; the whole of a short post where none stands out."""
    parts = [" ".join(_HANDLE.sub(" ", part).split()) for part in _CUT.split(_without_links(text))]
    parts = [part for part in parts if len(_WORD.findall(part)) >= 2]
    if not parts:
        return plain(text)[:_LONG]
    ranked = sorted(range(len(parts)), key=lambda i: (-_weight(parts[i]), i))
    best = ranked[0]
    if _weight(parts[best]) == 0:
        return " ".join(parts)[:_LONG]
    # "Is it true? We ask you." — a very short question needs the sentence before it
    if len(bag(parts[best])) < 2 and best > 0:
        return f"{parts[best - 1]} {parts[best]}"[:_LONG]
    return parts[best][:_LONG]


def _without_links(text: str) -> str:
    found = clean(text)
    for url in urls(found):
        found = found.replace(url, " ")
    return found


def _weight(part: str) -> int:
    return min(3, len(_ASKS.findall(part))) + (2 if part.rstrip(" \"'”’)!").endswith("?") else 0)


def bag(text: str, *, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """The beginnings of the words of ``text`` that carry meaning; pairs of neighbours count as one more word each.

    ``without``: folded words to leave out (the brand's own names: everybody says them).
    """
    plain_words = stop()
    found = [
        word[:_STEM]
        for word in _WORD.findall(fold(text).replace("'", " ").replace("’", " "))
        if word not in plain_words and word not in without and (len(word) > 1 or word.isdigit())
    ]
    return frozenset(found) | frozenset(f"{one} {two}" for one, two in pairwise(found))
