"""What the room speaks of: grave stories found in its posts, those that were given, and which posts belong to each.

Owns that gathering, from words that come with harm. Promises that no story rests on fewer than ``policy.voices``
people, and the same stories for the same posts. Says nothing about drafts. Where an archive follows stories, those are
given and come first; what is found here is for rooms that are only a file, and for what no alarm has told yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.room.index import Index, Ints, Mask, index
from kalkan.room.knots import bursts, first_said, knots
from kalkan.room.rules import DEFAULT, Policy
from kalkan.room.shapes import Observance, Room, Story, digest_of
from kalkan.room.vocabulary import HARMS
from kalkan.text import fold

ACUTE = frozenset(("disaster", "violence", "death", "hurt", "abuse", "hate", "conflict", "mourning"))
SUDDEN = frozenset(("disaster", "violence", "abuse", "hate", "conflict"))
_MOST = 8  # stories looked for in a file
_TERMS = 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A story with its posts in the room's index."""

    story: Story
    rows: Mask
    harm_rows: Mask
    terms: frozenset[str]  # folded; hashtags keep their sign
    kept: bool = False  # grave and once large, remembered from before: few need speak of it now

    @property
    def acute(self) -> bool:
        """People are dead, hurt or threatened now: not an epidemic that has become everyday."""
        return self.story.gravity >= 2 and not self.chronic

    @property
    def chronic(self) -> bool:
        """An epidemic and its deaths, and nothing sudden."""
        return "illness" in self.story.harms and not SUDDEN & set(self.story.harms)


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """The room made ready for any number of drafts."""

    index: Index
    stories: tuple[Told, ...]


def room_from_posts(
    posts: pa.Table,
    *,
    at: datetime,
    hours: float = 24 * 8,
    stories: Sequence[Story] = (),
    observances: tuple[Observance, ...] | None = None,
    mournings: tuple[Observance, ...] = (),
    coverage: str = "",
) -> Room:
    """The room of ``posts`` as it stood at ``at``: later ones are not looked at, nor those older than ``hours``.

    ``posts``: text, and where known id, at, author_id, lang; rows without a time stay. ``stories``: those known
    otherwise.
    """
    if "at" in posts.column_names:
        moment = pc.cast(posts["at"], pa.timestamp("us", tz="UTC"), safe=False)
        posts = posts.set_column(posts.column_names.index("at"), "at", moment)
        inside = pc.and_(pc.less_equal(moment, at), pc.greater(moment, at - timedelta(hours=hours)))
        posts = posts.filter(pc.fill_null(inside, True))
        found = pc.min_max(posts["at"]).as_py()
        begins, until = found["min"], found["max"]
    else:
        begins = until = None
    return Room(
        posts=posts, stories=tuple(stories), observances=observances, mournings=mournings, begins=begins, until=until,
        coverage=coverage,
    )  # fmt: skip


def heard(room: Room, *, at: datetime, policy: Policy = DEFAULT) -> Heard:
    """``room`` made ready; done once a room and policy, then kept with it."""
    key = ("heard", policy)
    if key not in room._seen:
        ready = _index(room, at, policy)
        given = tuple(_given(story, ready, policy, room.until or at) for story in room.stories)
        found = _found(ready, policy, now=room.until or at)
        room._seen[key] = Heard(index=ready, stories=_joined(given, found))
    made: Heard = room._seen[key]
    return made


def _index(room: Room, at: datetime, policy: Policy) -> Index:
    key = ("index", policy.most_posts)
    if key not in room._seen:
        room._seen[key] = index(room.posts, at=room.until or at, most=policy.most_posts)
    made: Index = room._seen[key]
    return made


def _joined(given: Sequence[Told], found: Sequence[Told]) -> tuple[Told, ...]:
    """Stories known otherwise and stories found here, each once: one that is both keeps the id it is known by, and the
    graver of what both say of it."""
    out, left = [], list(found)
    for told in given:
        mine = [one for one in left if _same(told, one)]
        left = [one for one in left if not any(one is other for other in mine)]
        for one in mine:
            told = _graver(told, one)
        out.append(told)
    return (*out, *left)


def _same(told: Told, other: Told) -> bool:
    both = float((told.rows & other.rows).sum())
    fewer = min(float(told.rows.sum()), float(other.rows.sum()))
    return both >= 3 and both >= 0.3 * fewer


def _graver(told: Told, found: Told) -> Told:
    story, other = told.story, found.story
    harms = tuple(dict.fromkeys((*other.harms, *story.harms)))
    joined = replace(
        story, gravity=max(story.gravity, other.gravity), harms=harms, share=max(story.share, other.share),
        height=max(story.height, other.height), examples=story.examples or other.examples,
        per_hour=story.per_hour or other.per_hour, rising=story.rising or other.rising,
        terms=tuple(dict.fromkeys((*story.terms, *other.terms))),
    )  # fmt: skip
    return Told(
        story=joined, rows=told.rows | found.rows, harm_rows=told.harm_rows | found.harm_rows,
        terms=told.terms | found.terms, kept=told.kept,
    )  # fmt: skip


def _given(story: Story, ready: Index, policy: Policy, now: datetime) -> Told:
    """The posts of a story known otherwise: those that name two of its terms, or one of its tags."""
    terms = frozenset(fold(term) for term in story.terms)
    single = {part for term in terms for part in term.split() if len(part) >= 3} | {
        term for term in terms if term.startswith("#")
    }
    numbers = [ready.number[one] for one in single if one in ready.number]
    hits = np.bincount(ready.row[np.isin(ready.word, numbers)], minlength=ready.n) if numbers else np.zeros(ready.n)
    rows: Mask = hits >= min(2, max(1, len(single)))
    if story.share == 0 and rows.any():
        share, per_hour = _share(rows, ready, policy, now)
        story = replace(story, share=share, per_hour=story.per_hour or per_hour)
    kept = story.gravity >= 2 and story.height >= policy.care_share
    return Told(story=story, rows=rows, harm_rows=rows & ready.harm.any(axis=1), terms=frozenset(single), kept=kept)


def _found(ready: Index, policy: Policy, *, now: datetime) -> tuple[Told, ...]:
    """Grave stories of the posts themselves, largest first."""
    until = int(now.timestamp() * 1e6)
    some = [_Some(rows=rows, terms=terms, knotted=False) for rows, terms in _frequent(ready, policy)]
    for rows, words in (*knots(ready, policy), *bursts(ready, policy, now=until)):
        some = _added(some, _Some(rows=rows, terms=words, knotted=True), ready)
    first = first_said(ready)
    out = [_told(one, ready, policy, now, first=first) for one in some]
    return tuple(sorted((one for one in out if one), key=lambda one: (-one.story.gravity, -one.story.posts)))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Some:
    """Posts that may be a story, and its words, strongest first. ``knotted``: by several words, not by one."""

    rows: Mask
    terms: Ints
    knotted: bool


def _frequent(ready: Index, policy: Policy) -> Iterator[tuple[Mask, Ints]]:
    """Posts around words that several people use where harm is told."""
    harmed: Mask = np.any(ready.harm, axis=1)
    size = len(ready.words)
    in_harm = np.bincount(ready.word[harmed[ready.row]], minlength=size)
    pure: Mask = in_harm / np.maximum(ready.often, 1) >= policy.purity
    term: Mask = np.logical_and(pure, in_harm >= policy.voices)
    left = harmed.copy()
    for _ in range(_MOST):
        here = left[ready.row] & term[ready.word]
        counts = np.bincount(ready.word[here], minlength=size)
        seed = int(counts.argmax()) if size else 0
        if size == 0 or counts[seed] < policy.voices:
            break
        mine, terms = _around(seed, ready, left, policy)
        left &= ~mine
        yield mine, terms


def _added(some: Sequence[_Some], new: _Some, ready: Index) -> list[_Some]:
    """``some`` with ``new``: one with those that have a third of the posts of the smaller in common."""
    out = []
    for one in some:
        both = int((one.rows & new.rows).sum())
        if both >= 3 and both >= 0.3 * min(int(one.rows.sum()), int(new.rows.sum())):
            new = _Some(rows=one.rows | new.rows, terms=np.union1d(one.terms, new.terms), knotted=True)
        else:
            out.append(one)
    inside = np.bincount(ready.word[new.rows[ready.row]], minlength=len(ready.words))[new.terms]
    return [*out, replace(new, terms=new.terms[np.argsort(-inside, kind="stable")][:_TERMS])]


def _around(seed: int, ready: Index, left: Mask, policy: Policy) -> tuple[Mask, Ints]:
    """The posts of the story that ``seed`` belongs to, and its words, strongest first.

    Twice: the words that stand with the seed far more often than by chance, then those that stand with all of them. So
    a place and a harm that different posts name are one story where a tag or a word holds them together.
    """
    size = len(ready.words)
    rows = ready.having([seed]) & left
    near = np.array([seed], dtype=np.int64)
    start, end = int(ready.at.min()), int(ready.at.max())
    began = int(ready.since[seed])
    rising = began - start > 0.6 * (end - start)
    new = ready.since >= began - (end - began) // 2
    for least in policy.together:
        p = float(rows.mean())
        together = np.bincount(ready.word[rows[ready.row]], minlength=size).astype(np.float64)
        share = together / np.maximum(ready.often, 1)
        odds = (share + 1e-9) / (1 - share + 1e-3) * (1 - p) / p
        surprise = 2 * together * np.log(np.maximum(share / p, 1e-9))
        # The larger the story already is, the less can a word be above chance.
        least_odds = max(1.5, min(policy.odds, 0.25 / p))
        fit = (together >= 3) & (share >= least) & (odds >= least_odds) & (surprise >= policy.surprise)
        if rising:
            # What came up with it, in the same hours, needs less to be of it.
            fit |= (
                new
                & (together >= 2)
                & (share >= least / 2)
                & (odds >= least_odds / 2)
                & (surprise >= policy.surprise / 3)
            )
        if p > 0.8:  # the whole room is the story
            fit = (together >= 3) & (share >= least)
        fit[seed] = True
        near = np.flatnonzero(fit)
        near = near[np.argsort(-together[near], kind="stable")][:_TERMS].astype(np.int64)
        rows = ready.having(near)
    return rows, near


def _told(some: _Some, ready: Index, policy: Policy, now: datetime, *, first: Mask) -> Told | None:
    mine = some.rows
    harm_rows = mine & ready.harm.any(axis=1)
    voices = ready.voices(mine)
    share, per_hour = _share(mine, ready, policy, now)
    times = np.sort(ready.at[mine])
    start, end = int(ready.at.min()), int(ready.at.max())
    rising = len(times) > 0 and int(times[len(times) // 10]) - start > 0.5 * (end - start)
    height = _height(mine, ready, policy, now, rising=rising)
    # A line that many copy is news where it just came up or is large; where it is as usual it is one voice.
    news = rising or height or share >= policy.care_share
    telling = ready.voices(harm_rows if news else harm_rows & first)
    least = 3 if some.knotted else policy.voices
    if (
        voices < policy.voices
        or max(share, height) < policy.story_share
        or telling < max(least, policy.telling * voices)
    ):
        return None
    harms = _harms(harm_rows, ready)
    if not harms or (len(some.terms) < 2 and not rising):
        return None  # a single grave word, said now and then all day, is how people talk
    names = tuple(str(ready.words[int(at)]) for at in some.terms)
    began = datetime.fromtimestamp(float(times[min(len(times) - 1, 2)]) / 1e6, tz=UTC)
    rows = np.flatnonzero(harm_rows)
    examples = tuple(str(ready.ids[int(at)]) for at in rows[np.argsort(-ready.at[rows], kind="stable")][:3])
    langs = tuple(str(one) for one in dict.fromkeys(ready.lang[harm_rows].tolist()) if one)
    story = Story(
        id="room:" + digest_of(sorted(names))[:16],
        title=" · ".join(names[:3]),
        terms=names,
        gravity=_gravity(harms),
        harms=harms,
        began=began,
        posts=round(float(mine.sum()) * ready.every),
        authors=voices,
        share=share,
        height=height,
        langs=_most(ready.lang[harm_rows]) or langs,
        per_hour=per_hour,
        rising=rising,
        examples=examples,
    )
    return Told(story=story, rows=mine, harm_rows=harm_rows, terms=frozenset(names))


def _height(mine: Mask, ready: Index, policy: Policy, now: datetime, *, rising: bool) -> float:
    """The share at its height, at least (lower end of Wilson's 95 %): of the posts since it began, where it is rising,
    or of a day on which it had three times what it has on the other days; 0 where neither. So ten people in five
    minutes count for more than ten in a day, what filled last week is not forgotten, and what is as large every day is
    news on none.
    """
    until, day = int(now.timestamp() * 1e6), int(policy.hours * 3.6e9)
    ages = np.clip((until - ready.at) // day, 0, 30)
    every = np.bincount(ages, minlength=31).astype(np.float64)
    own = np.bincount(ages[mine], minlength=31).astype(np.float64)
    other = (own.sum() - own + 1) / np.maximum(every.sum() - every, 1)
    news = (own >= policy.voices) & (own >= 3 * other * every)
    own, every = own[news], every[news]
    if rising:
        since = ready.at >= np.sort(ready.at[mine])[int(mine.sum()) // 10]
        own, every = np.append(own, float((mine & since).sum())), np.append(every, float(since.sum()))
    p, z2 = own / every, 1.96**2
    low = (p + z2 / (2 * every) - np.sqrt(z2 * (p * (1 - p) + z2 / (4 * every)) / every)) / (1 + z2 / every)
    return float(low.max(initial=0.0))


def _most(langs: npt.NDArray[np.object_]) -> tuple[str, ...]:
    """The languages of a fifth of these posts or more."""
    known = [str(one) for one in langs.tolist() if one]
    return tuple(sorted({one for one in known if known.count(one) >= 0.2 * len(known)})) if known else ()


def _share(mine: Mask, ready: Index, policy: Policy, now: datetime) -> tuple[float, float]:
    """The story's share of the last hours, and its posts an hour in them."""
    until = int(now.timestamp() * 1e6)
    late = ready.at > until - int(policy.hours * 3.6e9)
    if not late.any():
        late = np.ones(ready.n, dtype=np.bool_)
    span = max(1.0, (until - int(ready.at[late].min())) / 3.6e9)
    n = float((mine & late).sum())
    return n / max(1.0, float(late.sum())), round(n * ready.every / span, 1)


def _harms(rows: Mask, ready: Index) -> tuple[str, ...]:
    """Kinds of harm that three people and a tenth of the story tell, most told first."""
    everyone = max(1, ready.voices(rows))
    found = []
    for at, kind in enumerate(HARMS):
        people = ready.voices(rows & ready.harm[:, at])
        if people >= 3 and people >= 0.1 * everyone:
            found.append((people, kind))
    found.sort(key=lambda one: (-one[0], HARMS.index(one[1])))
    kinds = [kind for _, kind in found]
    if "illness" in kinds and not SUDDEN & set(kinds):
        kinds.remove("illness")
        kinds.insert(0, "illness")
    return tuple(kinds)


def _gravity(harms: tuple[str, ...]) -> int:
    kinds = set(harms)
    if "death" in kinds and kinds & {"disaster", "violence"}:
        return 3
    if kinds & (ACUTE - {"mourning"}) or {"mourning", "death"} <= kinds:
        return 2
    return 2 if "mourning" in kinds else 1
