"""Does a draft touch a story? Shared tags, shared words, and words whose second sense is live in it.

Owns that comparison. Promises that every touch names the words, their places in the draft and posts that have them.
Inflection is met by prefixes (five letters and more), which explains itself; nothing is learned here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import regex

from kalkan.room.gather import Heard, Told
from kalkan.room.index import Index, Mask
from kalkan.room.kinds import Span, ready_same_length
from kalkan.room.rules import Policy
from kalkan.room.vocabulary import common, fields, in_text, in_texts

_WORD = regex.compile(r"#?[\p{L}\p{N}_]{3,}")
_ASIDE = regex.compile(r"\[[^\[\]]{1,400}\]|@\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Touch:
    """What of a draft is also in a story: the draft's words and tags, where they stand, the room's posts with both."""

    words: tuple[str, ...]
    tags: tuple[str, ...]
    marks: tuple[Span, ...]
    rows: Mask


@lru_cache(maxsize=256)
def draft_words(text: str) -> tuple[tuple[str, Span], ...]:
    """The words of a draft that could tie it to a story, folded, with their places; hashtags keep their sign.

    Descriptions in square brackets and accounts are left out.
    """
    own = _ASIDE.sub(lambda one: " " * len(one.group()), ready_same_length(text))
    own = regex.sub(r"'(\w+)", lambda one: " " * len(one.group()), own)
    stop = common()
    found = [(one.group(), one.span()) for one in _WORD.finditer(own)]
    return tuple((word, span) for word, span in found if word.strip("#_") not in stop and not word.strip("#").isdigit())


def touches(text: str, tags: tuple[str, ...], told: Told, heard: Heard, policy: Policy) -> Touch | None:
    """What ``text`` shares with a story, by words that mostly its posts have; None where it is nothing."""
    index = heard.index
    words: list[str] = []
    shared_tags: list[str] = []
    marks: list[Span] = []
    numbers: list[int] = []
    mine = _own_words(told, index, policy)
    given = (*draft_words(text), *((f"#{tag.lstrip('#').lower()}", (0, 0)) for tag in tags))
    for word, span in given:
        hits = [term for term in mine if same(word, term)]
        if not hits:
            continue
        (shared_tags if word.startswith("#") else words).append(word)
        if span[1]:
            marks.append(span)
        numbers.extend(mine[term] for term in hits if mine[term] >= 0)
    if not words and not shared_tags:
        return None
    rows = index.having(numbers) & told.rows if numbers else np.zeros(index.n, np.bool_)
    if numbers and index.voices(rows) < policy.contact_voices and not (told.kept and told.story.examples):
        return None
    if not numbers and not told.story.examples:
        return None
    return Touch(
        words=tuple(dict.fromkeys(words)), tags=tuple(dict.fromkeys(shared_tags)), marks=tuple(marks), rows=rows
    )


def _own_words(told: Told, index: Index, policy: Policy) -> dict[str, int]:
    """The words that mostly this story's posts have, with their numbers; -1 for terms it came with that no post has."""
    inside = np.bincount(index.word[told.rows[index.row]], minlength=len(index.words))
    own = (inside >= policy.contact_voices) & (inside / np.maximum(index.often, 1) >= policy.purity)
    found = {str(index.words[int(at)]): int(at) for at in np.flatnonzero(own)}
    stop = common()
    for term in told.terms:
        if term.strip("#") not in stop:
            found.setdefault(term, index.number.get(term, -1))
    return found


def same(word: str, term: str) -> bool:
    """One word in two forms, or a tag made of the other: ``deprem`` and ``depremzedelere``, ``#staystrong``."""
    one, other = word.strip("#_"), term.strip("#_")
    if one == other:
        return True
    short, long = (one, other) if len(one) < len(other) else (other, one)
    if word.startswith("#") or term.startswith("#"):
        return len(short) >= 6 and (long.startswith(short) or long.endswith(short))
    if len(short) >= 5 and long.startswith(short):
        return True
    return len(short) >= 4 and long in (f"{short}s", f"{short}es", f"{short}ing", f"{short}ed")


_HOUR: Final = 3_600_000_000


def lifted(tag: str, told: Told, index: Index, policy: Policy) -> bool:
    """Whether a tag is used more than ``policy.tag_lift`` times as often since the story began as before it.

    True where nothing is known of before: the room begins with the story, or nobody used the tag.
    """
    number = index.number.get(tag)
    if number is None or told.story.began is None or index.n == 0:
        return True
    began = int(told.story.began.timestamp() * 1e6)
    before, since = began - int(index.at.min()), int(index.at.max()) - began
    if before < _HOUR or since <= 0:
        return True
    at = index.at[index.having([number])]
    earlier, later = np.count_nonzero(at < began), np.count_nonzero(at >= began)
    return bool(later * before > policy.tag_lift * earlier * max(since, _HOUR))


def second_senses(text: str, told: Told, heard: Heard) -> Touch | None:
    """Words of ``text`` with a second sense in a field of meaning that the story is of."""
    index = heard.index
    everyone = max(1, index.voices(told.rows))
    own = _ASIDE.sub(lambda one: " " * len(one.group()), ready_same_length(text))
    words: list[str] = []
    marks: list[Span] = []
    rows = np.zeros(index.n, np.bool_)
    terms = " ".join(told.terms).replace("#", " ")
    for field in fields():
        found = list(in_text("senses", f"{field}.second").finditer(own))
        if not found:
            continue
        of_story = index.like(in_texts("senses", f"{field}.story")) & told.rows if told.rows.any() else told.rows
        lives = index.voices(of_story) >= max(3, 0.12 * everyone)
        if lives or in_text("senses", f"{field}.story").search(terms):
            words.extend(one.group().strip() for one in found)
            marks.extend(one.span() for one in found)
            rows |= of_story
    if not words:
        return None
    return Touch(words=tuple(dict.fromkeys(words)), tags=(), marks=tuple(marks), rows=rows)
