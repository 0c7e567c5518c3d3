"""What the people of the made-up town say, and how each of them writes.

Owns the hand-written lines (TOML files beside this one), the small parts that vary inside them, and the habits of
writing (lower case, missing dots, Turkish letters left out, emoji). Promises that the same line, person and random
stream give the same text, and that nothing added to a line changes what is true of it. Never reads a clock.

A line is ordinary text with two signs: ``[a|b|]`` is a choice between wordings, ``{place}`` a part from
``parts.toml``, ``{@findik}`` the brand's account on the writer's own network.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from random import Random
from typing import Any, Final

import regex

from kalkan.text import lower_tr

_CHOICE: Final = regex.compile(r"\[([^\[\]]*)\]")
_PART: Final = regex.compile(r"\{([@\w-]+)\}")
_TAG: Final = regex.compile(r"#(\w+)")
_LINK: Final = regex.compile(r"https?://[^\s)]+")
_ADDRESSED: Final = regex.compile(r"@[\w.-]*\w")
_KEPT: Final = regex.compile(r"https?://\S+|@\S+")
_LETTERS_LEFT_OUT: Final = str.maketrans("ıİşŞğĞçÇöÖüÜâ", "iIsSgGcCoOuUa")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One hand-written line and what is true of it.

    ``by`` is a person's key where only that person says it; a ``rare`` line is said once and not again; a ``grave``
    one takes no emoji and no small talk before it.
    """

    text: str
    lang: str
    sentiment: str
    feeling: str
    kind: str
    brands: tuple[str, ...] = ()
    by: str | None = None
    rare: bool = False
    grave: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Habits:
    """How somebody writes. ``plain`` people write as the line stands (brands, the press)."""

    plain: bool = False
    lower: bool = False
    proper: bool = False
    letters_left_out: bool = False
    emoji: float = 0.25
    opens: float = 0.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Voices:
    """All lines by pool (``"smaller-jar.tr"``), parts by name, scripted posts in the order of their file."""

    pools: Mapping[str, tuple[Line, ...]]
    parts: Mapping[str, tuple[str, ...]]
    script: tuple[Mapping[str, Any], ...]


@cache
def voices() -> Voices:
    """Every line of the town, read once from the package."""
    pools: dict[str, list[Line]] = {}
    parts: dict[str, tuple[str, ...]] = {}
    script: list[Mapping[str, Any]] = []
    files = [entry for entry in resources.files(__name__).iterdir() if entry.name.endswith(".toml")]
    for file in sorted(files, key=lambda entry: entry.name):
        found = tomllib.loads(file.read_text(encoding="utf-8"))
        parts.update({name: tuple(values) for name, values in found.get("parts", {}).items()})
        script.extend(found.get("script", []))
        for group in found.get("group", []):
            _gather(group, pools)
    return Voices(pools={name: tuple(lines) for name, lines in pools.items()}, parts=parts, script=tuple(script))


def _gather(group: Mapping[str, Any], pools: dict[str, list[Line]]) -> None:
    lang = str(group["lang"])
    pool = pools.setdefault(f"{group['pool']}.{lang}", [])
    for text in str(group["lines"]).strip().splitlines():
        if text.strip():
            pool.append(
                Line(
                    text=text.strip(),
                    lang=lang,
                    sentiment=str(group["sentiment"]),
                    feeling=str(group.get("feeling", "none")),
                    kind=str(group.get("kind", "other")),
                    brands=tuple(group.get("brands", ())),
                    by=group.get("by"),
                    rare=bool(group.get("rare", "by" in group)),
                    grave=bool(group.get("grave", False)),
                )
            )


def fill(text: str, *, random: Random, given: Mapping[str, str]) -> str:
    """``text`` with its choices made and its parts filled in; ``given`` goes before the parts of the package."""
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda found: random.choice(found.group(1).split("|")), text)
    parts = voices().parts
    for _ in range(2):  # a part may itself hold a part, once
        text = _PART.sub(lambda found: given.get(found.group(1)) or random.choice(parts[found.group(1)]), text)
    return " ".join(text.split())


def say(line: Line, *, habits: Habits, random: Random, given: Mapping[str, str]) -> str:
    """``line`` as somebody with these ``habits`` would write it this time."""
    text = fill(line.text, random=random, given=given)
    if habits.plain:
        return text
    parts = voices().parts
    if text[0].islower() and not line.grave and random.random() < habits.opens:
        text = f"{random.choice(parts[f'opener_{line.lang}'])} {text}"
    text = _as_written(text, line=line, habits=habits)
    if not line.grave and random.random() < habits.emoji:
        mood = line.feeling if f"emoji_{line.feeling}" in parts else line.sentiment
        text = f"{text} {random.choice(parts[f'emoji_{mood}'])}"
    return text


def _as_written(text: str, *, line: Line, habits: Habits) -> str:
    kept = _KEPT.findall(text)  # handles and links are not spelled by habit
    text = _KEPT.sub("\0", text)
    if habits.lower:
        text = lower_tr(text) if line.lang == "tr" else text.lower()
        text = text.removesuffix(".")
    elif habits.proper:
        first = "İ" if line.lang == "tr" and text[0] == "i" else text[0].upper()
        text = first + text[1:]
        if text[-1].isalpha() and line.kind != "question" and not text.rsplit(" ", 1)[-1].startswith(("#", "\0")):
            text += "."
    if habits.letters_left_out and line.lang == "tr":
        text = text.translate(_LETTERS_LEFT_OUT)
    for one in kept:
        text = text.replace("\0", one, 1)
    return text


def tags_in(text: str) -> tuple[str, ...]:
    """Hashtags of ``text`` without the sign, in order, each once."""
    return tuple(dict.fromkeys(_TAG.findall(text)))


def links_in(text: str) -> tuple[str, ...]:
    """Addresses in ``text``, in order, each once, without the dot that ends a sentence."""
    return tuple(dict.fromkeys(link.rstrip(".,!?") for link in _LINK.findall(text)))


def addressed_in(text: str) -> tuple[str, ...]:
    """Handles addressed in ``text``, without the sign."""
    return tuple(dict.fromkeys(found[1:] for found in _ADDRESSED.findall(text)))
