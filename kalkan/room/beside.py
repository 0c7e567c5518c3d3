"""Small detectors beside the seven: a sweeping word, an open call, a court, a word that comes late, and silence.

Owns those five. Promises evidence as :mod:`kalkan.room.detectors` does, and that silence is only ever questioned where
people ask, peers have spoken (as far as that is known) and the market is the brand's.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from kalkan.room.asked import Asked, Found, brand_names, concerns, date_evidence, story_evidence, story_params
from kalkan.room.contact import draft_words
from kalkan.room.detectors import named_in
from kalkan.room.gather import Told
from kalkan.room.index import Mask
from kalkan.room.kinds import ready_same_length
from kalkan.room.shapes import Evidence
from kalkan.room.vocabulary import in_text, pattern_of


def sweeping(asked: Asked) -> Iterator[Found]:
    """A sweeping word on a group of people."""
    own = ready_same_length(asked.draft.text)
    group = in_text("drafts", "group any").search(own)
    said = in_text("drafts", "sweeping en", "sweeping tr").search(own)
    if group is None or said is None or not 0 <= said.start() - group.end() <= 40:
        return
    words = (group.group(), said.group())
    days = tuple(date_evidence(day) for day in asked.days if named_in(day, own, ()) and day.until > asked.at)
    yield Found(
        table="sweeping", code="offensive", why="room_sweeping", params={"words": " … ".join(words)},
        evidence=(*days, Evidence(kind="words", id="draft", words=words)), marks=(group.span(), said.span()),
        weight=0.9,
    )  # fmt: skip


def open_call(asked: Asked) -> Iterator[Found]:
    """An open call by a brand that many are cross with."""
    if "question" not in asked.kinds.kinds or not asked.kinds.marks.get("question"):
        return
    index = asked.heard.index
    named = index.like(brand_names(asked))
    people = index.voices(named)
    cross = named & index.harm.any(axis=1)
    hurt = index.voices(cross)
    if hurt < asked.policy.voices or hurt < asked.policy.hostile * people:
        return
    at = np.flatnonzero(cross)[:3]
    evidence = Evidence(
        kind="post", id=str(index.ids[int(at[0])]), posts=tuple(str(index.ids[int(one)]) for one in at),
        n=int(cross.sum()), authors=hurt,
    )  # fmt: skip
    yield Found(
        table="open_call", code="invites_hijack", why="room_open_call", params={"authors": hurt, "of": people},
        evidence=(evidence,), marks=asked.kinds.marks["question"], weight=0.4,
    )  # fmt: skip


_COURT = pattern_of(
    ("court", "courts", "lawsuit*", "sues", "suing", "sued", "trademark*", "dava*", "mahkeme*", "telif*")
)


def in_court(asked: Asked) -> Iterator[Found]:
    """What the draft plays on is before a court: shared words of which many posts speak of a court."""
    index = asked.heard.index
    court = index.like(_COURT)
    if index.voices(court) < asked.policy.voices:
        return
    for word, span in draft_words(asked.draft.text):
        if not word.startswith("#") and word not in index.number:
            continue
        numbers = [index.number[one] for one in (word, word.strip("#")) if one in index.number]
        rows = index.having(numbers) & court if numbers else np.zeros(index.n, np.bool_)
        whole = int(index.often[numbers].sum()) if numbers else 0
        if index.voices(rows) >= asked.policy.voices and rows.sum() >= 0.12 * max(1, whole):
            at = np.flatnonzero(rows)[:3]
            posts = tuple(str(index.ids[int(one)]) for one in at)
            yield Found(
                table="in_court", code="legal_risk", why="room_in_court", params={"words": word},
                evidence=(Evidence(kind="post", id=posts[0], posts=posts, n=int(rows.sum()), words=(word,)),),
                marks=(span,), weight=0.2,
            )  # fmt: skip
            return


def late_word(asked: Asked) -> Iterator[Found]:
    """Comfort or help that comes after people have asked the brand for days."""
    if not any(kind in asked.kinds.kinds for kind in ("condolence", "help", "stand")):
        return
    for told, rows, people in _asked_for(asked):
        began = told.story.began
        if began is None or asked.at - began < timedelta(hours=asked.policy.late_hours):
            continue
        days = max(1, round((asked.at - began).total_seconds() / 86_400))
        yield Found(
            table="late_word", code="too_late", why="room_too_late", params={**story_params(told), "days": days},
            evidence=(story_evidence(told, asked, rows),), weight=0.4 + min(0.3, people / 100), told=told,
        )  # fmt: skip


def silence(asked: Asked) -> Iterator[Found]:
    """Saying nothing is noticed: people name the brand among those that have not spoken of a grave story, peers have
    spoken, and the market is the brand's. Where it is not known which peers spoke, twice as many must ask. Where nobody
    names the brand yet, but a fifth of those who speak of the story ask who is silent, that is said."""
    spoke = asked.brand.peers_spoke
    if spoke is not None and len(spoke) < asked.policy.peers:
        return
    named = False
    for told, rows, people in _asked_for(asked):
        needed = asked.policy.asked * (1 if spoke is not None else 2)
        if people < needed or told.story.gravity < 2 or not concerns(told, asked):
            continue
        named = True
        yield Found(
            table="silence", code="silence_questioned", why="room_silence",
            params={**story_params(told), "asking": people, "peers": ", ".join(spoke or ())},
            evidence=(story_evidence(told, asked, rows),), weight=0.5, told=told, kinds=("silence",),
        )  # fmt: skip
    if not named:
        yield from _silence_of_many(asked)


def _silence_of_many(asked: Asked) -> Iterator[Found]:
    index = asked.heard.index
    asking = index.like(_who_not())
    for told in asked.heard.stories:
        rows = asking & told.rows
        people, everyone = index.voices(rows), index.voices(told.rows)
        enough = people >= 2 * asked.policy.asked and people >= asked.policy.silence_share * everyone
        if enough and told.story.gravity >= 2 and concerns(told, asked):
            yield Found(
                table="silence", code="silence_questioned", why="room_silence_many",
                params={**story_params(told), "asking": people, "of": everyone},
                evidence=(story_evidence(told, asked, rows),), weight=0.3, told=told, kinds=("silence",),
            )  # fmt: skip
            return


def _who_not() -> str:
    return rf"{in_text('drafts', 'who_not en', 'who_not tr').pattern}|boykot|boycott"


def _asked_for(asked: Asked) -> Iterator[tuple[Told, Mask, int]]:
    """Grave stories whose posts name the brand in "who has not spoken", with those posts and how many people."""
    index = asked.heard.index
    named = index.like(loose_names(asked)) & index.like(_who_not())
    if not named.any():
        return
    for told in asked.heard.stories:
        rows = named & told.rows
        people = index.voices(rows)
        if people >= asked.policy.asked:
            yield told, rows, people


def loose_names(asked: Asked) -> str:
    """As :func:`brand_names`, and inside hashtags (#NameBoycott)."""
    return brand_names(asked).replace(r"\b(?:", r"(?:\b|#)(?:", 1)


BESIDE = (sweeping, open_call, in_court, late_word)
