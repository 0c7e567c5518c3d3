"""What a detector may look at, and the shape of what it finds, with the evidence that both rest on.

Owns those shapes and how a story, a day and a brand fact become evidence. Promises three posts at most, those that
touch the draft first. Looks for nothing itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import regex

from kalkan.room.contact import Touch
from kalkan.room.gather import Heard, Told
from kalkan.room.index import Mask
from kalkan.room.kinds import Kinds, Span
from kalkan.room.rules import Policy
from kalkan.room.shapes import BrandFacts, Draft, Evidence, Fact, Observance
from kalkan.room.vocabulary import common, pattern_of, ready


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Everything a detector may look at."""

    draft: Draft
    kinds: Kinds
    brand: BrandFacts
    heard: Heard
    days: tuple[Observance, ...]
    at: datetime
    until: datetime  # the post is out of view
    policy: Policy


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a detector found. ``table``: the line of :data:`kalkan.room.rules.ALONE` that weighs it."""

    table: str
    code: str
    why: str
    params: dict[str, Any]
    evidence: tuple[Evidence, ...]
    marks: tuple[Span, ...] = ()
    weight: float = 0.0  # 0–1: how much of the room it is, for ordering
    told: Told | None = None
    kinds: tuple[str, ...] | None = None  # weigh it for these kinds instead of the draft's
    touch: Touch | None = field(default=None, compare=False)


def story_evidence(told: Told, asked: Asked, rows: Mask | None = None, words: tuple[str, ...] = ()) -> Evidence:
    """A story, with three of its posts: those that touch the draft first, latest first."""
    index = asked.heard.index
    posts: list[str] = []
    for mask in (rows, told.harm_rows, told.rows):
        if mask is None or len(posts) >= 3:
            continue
        at = np.flatnonzero(mask)
        for row in at[np.argsort(-index.at[at], kind="stable")][:12]:
            one = str(index.ids[int(row)])
            if one not in posts and len(posts) < 3:
                posts.append(one)
    for one in told.story.examples:
        if len(posts) < 3 and one not in posts:
            posts.append(one)
    story = told.story
    return Evidence(
        kind="story", id=story.id, title=story.title, at=story.began, posts=tuple(posts), n=story.posts,
        authors=story.authors, per_hour=story.per_hour, words=words,
    )  # fmt: skip


def date_evidence(day: Observance) -> Evidence:
    """A day, by name."""
    return Evidence(kind="date", id=day.id, title=day.name, at=day.begins, until=day.until)


def fact_evidence(fact: Fact) -> Evidence:
    """A brand fact."""
    return Evidence(kind="fact", id=fact.id, title=fact.text, at=fact.at)


def weight_of(told: Told) -> float:
    return min(1.0, told.story.share * 4)


def concerns(told: Told, asked: Asked) -> bool:
    """The story is of the draft's language, or of a market of the brand."""
    langs = {asked.draft.lang} if asked.draft.lang else set(asked.brand.langs)
    if told.story.markets and set(told.story.markets) & set(asked.brand.markets):
        return True
    if told.story.markets and asked.brand.markets:
        return False
    return not told.story.langs or not langs or bool(langs & set(told.story.langs))


def brand_names(asked: Asked) -> str:
    """A column pattern for the brand's names: as written, joined, and by their first word where that is a name."""
    out: set[str] = set()
    for name in (asked.brand.name, *asked.brand.names):
        plain = regex.sub(r"[^\w\s&]", "", regex.sub(r"'s\b", "", ready(name))).strip()
        if len(plain) < 3:
            continue
        out.update((regex.escape(plain), regex.escape(plain.replace(" ", ""))))
        first = plain.split()[0]
        if len(first) >= 4 and first not in common() and first not in _PLACEHOLDERS:
            out.add(regex.escape(first))
    entries = tuple(f"{one}*" if one[-1].isalnum() else one for one in sorted(out))
    return pattern_of(entries) if entries else r"\b\B"


_PLACEHOLDERS = frozenset(("example", "ornek", "the", "turkish", "american", "british", "royal", "united", "grand"))


def story_params(told: Told, words: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"story": told.story.title, "n": told.story.posts, "authors": told.story.authors, "words": ", ".join(words)}
