"""Which sentence of a post asks, and the bag of word beginnings by which sentences are compared.

Promises that a sentence is returned as it was written, without handles and links. Words are cut to their first letters,
since Turkish carries its grammar at the end of words: a crude stem that beats heavy analysers on short posts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Final

from kalkan.text import clean, fold, urls

_CUT: Final = re.compile(r"(?<=[.!?…])\s+|\n+")
_UNSEEN: Final = re.compile("[\u200b-\u200f\ufe0e\ufe0f\u2060-\u2064]")
_HANDLE: Final = re.compile(r"(?<!\w)@[\w.\-]+(?:@[\w.\-]+)?:?")
_WORD: Final = re.compile(r"\w+")
_JOINED: Final = re.compile(r"(?<=\w)['’‘](?=\w)")
_PLURAL: Final = re.compile(r"(?<=\w{3})(?:e?s|ed|ing)$")
_CODE: Final = re.compile(r"(?=\w*\d)(?=\w*[^\W\d])\w{5,}")  # serial numbers, versions
_STEM: Final = 6
_LONG: Final = 240


@cache
def stop() -> frozenset[str]:
    """Words that carry no wish of their own, folded."""
    text = resources.files(__package__).joinpath("stop.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return frozenset(fold(word) for line in lines for word in line.split())


OPENLY: Final = (
    r"\b(?:kindly|please|pl[sz]|would like to know|want(?:ed)? to know|let me know|dm me|help me|we (?:want|need)"
    r"|i need|bring back|give us|any (?:news|update|eta|chance|idea)|whats going on|where is|when will|(?:can|could) u"
    r"|(?:can|could) you"
    r"|lutfen|rica ed\w*|ne zaman|geri getir\w*|istiyoruz|bekliyoruz|aciklayin\w*|cozun|duzeltin|yapin artik)\b"
)
"""Words, folded, by which a post openly asks: RE2, for posts in which the reader sees an ask but is not sure."""

_ASKS: Final = re.compile(
    r"\?|\b(?:please|pl[sz]+|pleas+e+|kindly|bring back|give us|let us|let me know|fix|add|stop|needs? to|should"
    r"|(?:can|could|would|will) (?:you|u)|would like to know|want(?:ed)? to know|just wondering"
    r"|any (?:news|eta|update|chance|idea|advice|way)"
    r"|(?:what|where|when|who|how)(?:'?s| is| are| do| can| will)|help me|(?:dm|answer|check|tell) (?:me|my|it)|may i"
    r"|why (?:is|are|do|does|did|cant|can't|don't|won't)|when will|how (?:do|can)|i want|we want|make it|explain"
    r"|lütfen|lutfen|geri getir\w*|geri gelsin|açıkla\w*|yapın|edin|verin|düzelt\w*|ekle\w*|koyun|kaldır\w*"
    r"|yazın|istiyoruz|istiyorum|rica\w*|bekliyoruz|ne zaman|neden|niye|niçin|olsun artık)\b"
    r"|\w(?:sın|sin|sun|sün|sınlar|sinler)\b|\w(?:malı|meli)\w*\b|\w[ıiuü]n artık\b",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """``text`` without links and addressed handles, on one line."""
    found = _without_links(text)
    return " ".join(_HANDLE.sub(" ", found).split())


def asking(text: str) -> str:
    """The sentence of ``text`` that asks for something; the whole of a short post where none stands out."""
    parts = [" ".join(_HANDLE.sub(" ", part).split()) for part in _CUT.split(_without_links(text))]
    parts = [part for part in parts if len(_WORD.findall(part)) >= 2]
    if not parts:
        return plain(text)[:_LONG]
    ranked = sorted(range(len(parts)), key=lambda i: (-weight(parts[i]), i))
    best = ranked[0]
    if weight(parts[best]) == 0:
        return " ".join(parts)[:_LONG]
    # "Is it true? We ask you." — a very short question needs the sentence before it
    if len(_WORD.findall(parts[best])) < 4 and best > 0:
        return f"{parts[best - 1]} {parts[best]}"[:_LONG]
    return parts[best][:_LONG]


def _without_links(text: str) -> str:
    found = _UNSEEN.sub("", clean(text))
    for url in urls(found):
        found = found.replace(url, " ")
    return found


def weight(part: str) -> int:
    """How openly a sentence asks: 0 to 5."""
    return min(3, len(_ASKS.findall(part))) + (2 if part.rstrip(" \"'”’)!").endswith("?") else 0)


def bag(text: str, *, without: frozenset[str] = frozenset()) -> frozenset[str]:
    """The beginnings of the words of ``text`` that carry meaning; pairs of neighbours count as one more word each.

    ``without``: folded words to leave out (the brand's own names: everybody says them). A single letter or a number
    carries meaning only beside a word ("iphone x", "windows 10").
    """
    found = [stem for stem, _start, _end in _carrying(text, without)]
    alone = {stem for stem in found if len(stem) > 1 and not stem.isdigit()}
    return frozenset(alone) | frozenset(
        f"{one} {two}" for one, two in pairwise(found) if one != two and (one in alone or two in alone)
    )


def _carrying(text: str, without: frozenset[str] = frozenset()) -> list[tuple[str, int, int]]:
    """Beginnings of the words that carry meaning, each with where its word stands in ``text`` as it was written."""
    plain_words = stop()
    found = []
    for match in _WORD.finditer(_JOINED.sub("_", text)):
        word = fold(match.group().replace("_", ""))
        stem = (word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word)[:_STEM]
        known = {word, _PLURAL.sub("", word)}
        if not word or _CODE.fullmatch(word) or known & plain_words or {stem, word} & without:
            continue
        found.append((stem, match.start(), match.end()))
    return found


def named(texts: Sequence[str], phrase: str, *, without: frozenset[str] = frozenset()) -> str:
    """``phrase`` (of a :func:`bag` made ``without`` the same) as most of ``texts`` write it."""
    written: Counter[str] = Counter()
    wanted = phrase.split()
    for text in texts:
        shown = _UNSEEN.sub("", text)
        words = _carrying(shown, without)
        stems = [stem for stem, _start, _end in words]
        for i in range(len(words) - len(wanted) + 1):
            if stems[i : i + len(wanted)] == wanted:
                written[" ".join(shown[words[i][1] : words[i + len(wanted) - 1][2]].split())[:40]] += 1
    if not written:
        return phrase
    together: Counter[str] = Counter()
    for form, n in written.items():
        together[fold(form)] += n
    best = max(together, key=lambda form: (together[form], -len(form), form))
    forms = [form for form in written if fold(form) == best]
    return max(forms, key=lambda form: (len(form) < 5 or not form.isupper(), written[form], form))
