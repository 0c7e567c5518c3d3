"""Signs in a text that speak for abuse or for a grievance: counted for whole columns, found again with their places.

Owns the patterns made from the lists in ``words`` and how English and Turkish words take endings. Promises that a row's
signs depend on that row alone, and that places are half-open spans of the text as written (indices of a Python string).
Never decides: a sign is evidence that :mod:`kalkan.shield.weigh` weighs together with the readings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from kalkan.shield.words import sections
from kalkan.text import Texts, fold, fold_column

Counts = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Span = tuple[int, int]

NAMES: Final = (
    "insult", "rude", "face", "harsh", "slur", "swearing", "attack", "threat", "direct", "violence", "figure", "sexual",
    "trade", "fault", "plea", "demand", "cause", "group", "thanks", "spam", "doxing", "you", "they",
    "strike", "body", "intent", "due", "wish", "glad", "handle", "give", "tool", "inside", "told",
    "stance", "service", "community",
)  # fmt: skip
"""What is counted. ``you`` and ``they`` address or point at somebody; ``strike`` to ``told`` are words of harm."""

_TURKISH: Final = "[ğışĞŞİ]"  # letters that only Turkish posts have
_SHORT: Final = 2  # letters: where both languages are asked, "it" is an English word and no Turkish dog
_FEW: Final = 24  # rows that are looked at one by one
_MOST: Final = 24_000  # letters of one pattern: RE2 keeps to a memory limit
# Endings over folded text (ı is i, ü is u …): plural, possessive, case, copula, and those that make a word of it.
_ENDING: Final = (
    "(?:l[ae]r|l[iu][kg]|c[ae]s?|c[iu][kg]|s[iu]n|s[iu]n[iu]z|s[iu]|[iu]m|[iu]n|[iu]|n[iu]n|n[iu]|n[ae]|y[iu]m|y[iu]z"
    "|y[iu]|y[ae]|[ae]|d[ae]n?|t[ae]n?|l[ae]|d[iu]r|t[iu]r|d[iu]|t[iu]|m[iu]s|m[iu]|ki|n|m|z)"
)


def count(texts: Texts, langs: Texts) -> dict[str, Counts]:
    """How often each of ``NAMES`` stands in each row, capped at 4. Lists of one language are asked in that language.

    ``langs`` are ISO 639-1 (null = not known: both lists are asked). A null text has no signs.
    """
    folded = fold_column(_one(texts))
    turkish, english = _spoken(_one(texts), _one(langs))
    found = {}
    for name in NAMES:
        total = np.zeros(len(folded), np.float32)
        for heading, asked in ((f"{name} en", english), (f"{name} tr", turkish), (f"{name} any", None)):
            if asked is None or asked.any():
                seen = _counted(folded, heading)
                total += seen if asked is None else np.where(asked, seen, 0)
        found[name] = np.minimum(total, 4).astype(np.float32)
    return found


def _counted(folded: pa.Array, heading: str) -> npt.NDArray[np.int64]:
    """How often the entries of ``heading`` stand in each row: by kernel, or one at a time where rows are few.

    The kernel makes its patterns anew for every call, which a handful of posts would wait for in vain.
    """
    total = np.zeros(len(folded), np.int64)
    if len(folded) <= _FEW:
        texts = folded.to_pylist()
        for compiled in _compiled(heading):
            total += np.array([sum(1 for _ in compiled.finditer(text or "")) for text in texts], np.int64)
        return total
    for pattern in _patterns(heading):
        total += pc.fill_null(pc.count_substring_regex(folded, pattern), 0).to_numpy(zero_copy_only=False)
    return total


def places(text: str, lang: str | None, names: Iterable[str]) -> list[Span]:
    """Where signs of these ``names`` stand in ``text``: merged spans in order. For one post at a time."""
    folded, back = _folded(text)
    turkish, english = _spoken(pa.array([text]), pa.array([lang], pa.string()))
    asked = {"any": True, "en": bool(english[0]), "tr": bool(turkish[0])}
    found = [
        (back[match.start()], back[match.end()])
        for name in names
        for tongue, wanted in asked.items()
        if wanted
        for pattern in _compiled(f"{name} {tongue}")
        for match in pattern.finditer(folded)
        if match.end() - match.start() > (_SHORT if tongue == "tr" and asked["en"] else 0)
    ]
    return merged(found, text)


def merged(spans: Iterable[Span], text: str) -> list[Span]:
    """Spans in order, those that touch or have only white space between them as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or not text[joined[-1][1] : start].strip()):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _folded(text: str) -> tuple[str, list[int]]:
    """``text`` folded letter by letter, and for each place in it (and its end) the place in ``text``."""
    letters = [fold(letter) for letter in text]
    back = [at for at, letter in enumerate(letters) for _ in letter]
    return "".join(letters), [*back, len(text)]


def _spoken(texts: pa.Array, langs: pa.Array) -> tuple[Flags, Flags]:
    """Where the Turkish lists are asked, and where the English ones: at least one of them in every row."""
    tongue = pc.fill_null(langs, "")
    unknown = _flags(pc.equal(tongue, ""))
    turkish = _flags(pc.equal(tongue, "tr")) | unknown | _flags(pc.match_substring_regex(texts, _TURKISH))
    return turkish, ~_flags(pc.equal(tongue, "tr"))


def _flags(mask: pa.Array) -> Flags:
    flags: Flags = pc.fill_null(mask, False).to_numpy(zero_copy_only=False)
    return flags


@cache
def _patterns(heading: str) -> tuple[str, ...]:
    """The entries under a heading as few patterns as RE2 takes."""
    entries = [_entry(one, heading) for one in _entries(heading)]
    sizes = np.cumsum([len(one) for one in entries]) // _MOST if entries else np.zeros(0, np.int64)
    cuts = [0, *(np.flatnonzero(np.diff(sizes)) + 1).tolist(), len(entries)]
    return tuple(rf"\b(?:{'|'.join(entries[start:end])})" for start, end in pairwise(cuts) if end > start)


@cache
def _compiled(heading: str) -> tuple[regex.Pattern[str], ...]:
    return tuple(regex.compile(pattern, regex.ASCII) for pattern in _patterns(heading))  # as RE2 takes words


def _entries(heading: str) -> Sequence[str]:
    return {**sections(), **_POINTING}.get(heading, ())


_POINTING: Final[dict[str, tuple[str, ...]]] = {
    "you en": ("you", "your", "youre", "you're", "u", "ur", "yours", "yourself", "ya"),
    "you tr": ("sen.", "seni.", "sana.", "senin.", "sende.", "senden.", "siz.", "sizi.", "size.", "sizin.", "sizde.",
               "sizden.", "sizler", r"\w+s[iu]n[iu]z", r"\w+yors[iu]n"),
    "they en": ("he", "she", "him", "his", "her", "hers", "they", "them", "their", "these", "those", "he's", "she's",
                "they're", "who"),
    "they tr": ("bu.", "bunlar", "onlar", "o.", "onu.", "ona.", "onun.", "bunu.", "bunun.", "bun[ae]", "adam", "kadin",
                "kari.", "herif"),
}  # fmt: skip


def _entry(entry: str, heading: str) -> str:
    """One entry of the list as a pattern that ends where a word ends."""
    if not heading.endswith(" tr"):
        return regex.sub(r"(?<!\\[a-z])(?<=[a-z])\*", "[a-z]*", entry) + r"(?:\b|$)"
    if regex.search(r"[\\(|]", entry):
        return entry + r"(?:\b|$)"
    if entry.endswith("."):
        return entry[:-1] + r"\b"
    if heading in _LOOSE:
        return entry + r"\w*"
    return rf"{entry}{_ENDING}{{0,5}}\b"


_LOOSE: Final = ("trade tr", "fault tr", "plea tr")  # any ending: a word too many costs nothing there


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
