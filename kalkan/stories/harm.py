"""Kinds of harm and the patterns that find them, in English and Turkish, made from ``words/harm.txt``.

Owns those patterns, over folded text (:func:`kalkan.text.fold`). Promises that each kind has both languages. Says
nothing about how grave a story is: that is :mod:`kalkan.stories.gravity`.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import regex

from kalkan.stories.words import lines

DEATH: Final = "death"
HURT: Final = "hurt"
DISASTER: Final = "disaster"
VIOLENCE: Final = "violence"
ABUSE: Final = "abuse"
HATE: Final = "hate"
ILLNESS: Final = "illness"
MOURNING: Final = "mourning"
MISSING: Final = "missing"
PROTEST: Final = "protest"
JOBS: Final = "job_loss"
PRODUCT: Final = "unsafe_product"
KINDS: Final = (DEATH, HURT, DISASTER, VIOLENCE, ABUSE, HATE, MISSING, ILLNESS, MOURNING, PROTEST, JOBS, PRODUCT)
PEOPLE: Final = (
    "children",
    "women",
    "workers",
    "students",
    "passengers",
    "residents",
    "customers",
    "responders",
    "a_group",
    "animals",
)


@cache
def of_harm() -> dict[str, regex.Pattern[str]]:
    """What finds each kind of harm."""
    words = lines("harm")
    return {kind: _either(words[f"{kind} en"], words[f"{kind} tr"]) for kind in KINDS}


@cache
def of_people() -> dict[str, regex.Pattern[str]]:
    """What finds those whom harm befalls."""
    words = lines("harm")
    return {who: _either(words[f"{who} people en"], words[f"{who} people tr"]) for who in PEOPLE}


@cache
def figurative() -> regex.Pattern[str]:
    """Figures of speech and denials."""
    return regex.compile("|".join(f"(?:{one})" for one in lines("harm")["figurative any"]))


@cache
def fiction() -> regex.Pattern[str]:
    """Talk of films, games and books."""
    return regex.compile(rf"\b(?:{'|'.join(lines('harm')['fiction any'])})\b")


def _either(english: tuple[str, ...], turkish: tuple[str, ...]) -> regex.Pattern[str]:
    whole = "|".join(entry.replace("*", r"\w*") for entry in english)
    stems = "|".join(entry[:-1] + r"\b" if entry.endswith(".") else entry + r"\w*" for entry in turkish)
    return regex.compile(rf"\b(?:{whole})\b|\b(?:{stems})")
