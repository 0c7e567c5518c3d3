"""Word lists as patterns over folded text, for one text (``regex``) and for columns of them (RE2).

Owns how an entry becomes a pattern, and how a text is made ready for them. Promises that a pattern finds whole words,
in English and Turkish, and never depends on a brand or an event. Judges nothing.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import regex

from kalkan.room.words import lists
from kalkan.text import fold

LANGS: Final = ("en", "tr")
HARMS: Final = (
    "disaster", "violence", "death", "hurt", "abuse", "hate", "conflict", "mourning", "illness", "protest", "jobs",
    "product",
)  # fmt: skip
"""Kinds of harm, gravest first."""

_URL: Final = regex.compile(r"(?:https?://|www\.)\S+")


def ready(text: str) -> str:
    """``text`` folded, with straight apostrophes and without addresses: what every pattern here is made for."""
    return _URL.sub(" ", fold(text).replace("’", "'").replace("ʼ", "'"))


def pattern_of(entries: tuple[str, ...]) -> str:
    """One pattern for ``entries``, for both engines. ``*`` after a letter is any ending; a space is any white space."""
    words, signs = [], []
    for entry in sorted(entries, key=lambda one: (-len(one), one)):
        body = regex.sub(r"(?<=[a-z0-9])(?<!\\[a-z])\*", r"\\w*", entry)
        body = regex.sub(r" (?!\?)", r"\\s+", body)
        if entry[0].isalnum() or entry.startswith(("(", "\\d", "\\w")):
            words.append(body)
        else:
            signs.append(body)
    parts = [rf"\b(?:{'|'.join(words)})(?:\b|$)"] if words else []
    return "|".join(parts + signs) if parts or signs else r"\b\B"


@cache
def in_texts(name: str, *headings: str) -> str:
    """The pattern of some sections of a list, for columns of folded text."""
    found = lists(name)
    return pattern_of(tuple(entry for head in headings for entry in found.get(head, ())))


@cache
def in_text(name: str, *headings: str) -> regex.Pattern[str]:
    """The pattern of some sections of a list, for one text made by :func:`ready`."""
    return regex.compile(in_texts(name, *headings))


def of_kind(kind: str, langs: tuple[str, ...] = LANGS) -> regex.Pattern[str]:
    """What tells a kind of draft, or one of its properties (branding, sum, recipient …), in ``langs``."""
    return in_text("drafts", *(f"{kind} {lang}" for lang in langs), f"{kind} any")


@cache
def of_harm(kind: str, lang: str | None) -> str:
    """The column pattern of a kind of harm in one language; in both where ``lang`` is None."""
    return in_texts("harm", *(f"{kind} {one}" for one in ((lang,) if lang else LANGS)))


@cache
def any_harm(lang: str | None) -> str:
    """The column pattern of any kind of harm."""
    return "|".join(f"(?:{of_harm(kind, lang)})" for kind in HARMS)


@cache
def fields() -> tuple[str, ...]:
    """The fields of meaning in which words have a second reading."""
    return tuple(head.removesuffix(".story") for head in lists("senses") if head.endswith(".story"))


@cache
def common() -> frozenset[str]:
    """Words too common to tie a draft to a story."""
    return frozenset(word for entries in lists("common").values() for entry in entries for word in entry.split())
