"""Stories: terms that rise together, followed from the alarm until nobody speaks of them.

Owns which terms and posts are a story's, its state (rising, steady, fading, closed) and its history. Promises that
nothing is told on fewer than five people, nor on one text, nor twice; that the same posts give the same stories however
they were handed in. Never ranks people and never reads a clock: time is the stream's own.

Terms that rise inside the posts of a running story join it without a new alarm for six hours, unless they make it
graver; afterwards they are told as a turn of that story.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.stories import bilingual
from kalkan.stories.detect import Detector, Rising
from kalkan.stories.gather import TOGETHER, grouped, linked, neighbours, says_enough, sound
from kalkan.stories.gravity import weigh
from kalkan.stories.letters import Rows
from kalkan.stories.recent import Recent
from kalkan.stories.story import Story, Told, Turn
from kalkan.stories.terms import Terms, among
from kalkan.stories.title import name_terms, seems_turkish, spread, typical, unlike, write_title

_TURN: Final = 360  # minutes after which new terms of a story are news again
_CHECK: Final = 10  # minutes between looks at states, merges and splits
_HALF_HOUR: Final = 30
_YOUNG: Final = 60  # minutes in which a story's words and gravity are looked at again and again
_WITHIN: Final = 0.2  # of the posts of new terms: so many are enough while a story has just been told
_OVER: Final = 0.15  # of the busiest half hour
_SILENCE: Final = 180  # without a handful of voices: closed
_KIN: Final = 5.0  # how far above usual a word must be to be a story's own
_MOST_AT_ONCE: Final = 256
_MOST_TERMS: Final = 64
_MOST_AUTHORS: Final = 50_000


class Follower:
    """All stories of one stream."""

    def __init__(self, *, takes_keys: bool = False, mark: str = "", shown: bool = True) -> None:
        self.takes_keys = takes_keys  # somebody comes for the keys of posts
        self.shown = shown  # somebody looks at stories between alarms; if not, only alarms get words
        self.mark = mark  # ends the ids of stories: in two scopes the same words may rise in the same minute
        self.stories: list[Story] = []  # open ones, oldest first
        self.closed: list[Story] = []  # the last few hundred
        self.checked = 0
        self.made = 0

    def hear(
        self, minute: int, rising: Rising, detector: Detector, recent: Recent, now: Terms, posts: pa.Table
    ) -> list[Told]:
        """Follow one whole minute: ``now`` and ``posts`` are its terms and rows, which ``recent`` already holds."""
        for story in self.stories:
            self._take(story, minute, now, posts)
        told: list[Told] = []
        if len(rising.term):
            told = self._gather(minute, rising, detector, recent)
        if minute // _CHECK != self.checked:
            self.checked = minute // _CHECK
            told += self._look_over(minute, recent, detector)
        return told

    def pass_time(self, minute: int, recent: Recent, detector: Detector) -> list[Told]:
        """Nobody posted for a while: stories fade and close by the stream's time all the same."""
        if minute // _CHECK == self.checked:
            return []
        self.checked = minute // _CHECK
        return self._look_over(minute, recent, detector)

    def _take(self, story: Story, minute: int, now: Terms, posts: pa.Table) -> None:
        hit = story.matches(now)
        if not hit.any():
            return
        authors = np.unique(now.author[hit])
        rows = np.flatnonzero(hit)
        self._spread(story, np.full(len(rows), minute), now.take(rows), posts.take(rows))
        story.n += int(hit.sum())
        story.curve.append((minute, len(authors)))
        if len(story.authors) < _MOST_AUTHORS:
            story.authors = np.union1d(story.authors, authors)

    def take_late(self, minute: Rows, now: Terms, posts: pa.Table) -> None:
        """Posts that came after their minute was over: they belong to their stories, but make nothing rise."""
        for story in self.stories:
            rows = np.flatnonzero(story.matches(now))
            if not len(rows):
                continue
            part = now.take(rows)
            counts = dict(story.curve)
            self._spread(story, minute[rows], part, posts.take(rows), counts)
            story.n += len(rows)
            story.authors = np.union1d(story.authors, part.author)[:_MOST_AUTHORS]
            for at in np.unique(minute[rows]).tolist():
                counts[at] = counts.get(at, 0) + len(np.unique(part.author[minute[rows] == at]))
            story.curve = sorted(counts.items())

    def _spread(
        self, story: Story, minutes: Rows, found: Terms, posts: pa.Table, known: dict[int, int] | None = None
    ) -> None:
        """Count posts of a story; ``known``: voices of those minutes that were counted before."""
        story.changed = True
        story.spread.take(minutes, found, posts, shown=self.shown)
        if not self.takes_keys:
            return
        keys = pc.fill_null(posts["key"], 0).to_numpy()
        edges = [0, *(np.flatnonzero(np.diff(minutes)) + 1).tolist(), len(minutes)]
        for start, end in pairwise(edges):
            if end > start:
                minute = int(minutes[start])
                story.new_keys.append((minute, keys[start:end]))
                story.minutes[minute] = story.minutes.get(minute, 0) + end - start
                voices = len(np.unique(found.author[start:end])) + (known or {}).get(minute, 0)
                story.new_counts.append((minute, story.minutes[minute], voices))

    # — gathering —

    def _gather(self, minute: int, rising: Rising, detector: Detector, recent: Recent) -> list[Told]:
        order = np.argsort(-rising.score, kind="stable")[:_MOST_AT_ONCE]
        order = order[np.argsort(rising.term[order])]
        term, began = rising.term[order], rising.began[order]
        row, which = recent.having(term)
        keep = recent.minute[row] >= began[which]
        row, which = row[keep], which[keep]
        fit = np.array([sound(recent.terms, row[which == at], detector) for at in range(len(term))], dtype=np.bool_)
        told: list[Told] = []
        if not fit.any():
            return told
        groups = grouped(row, which, fit, len(term), recent)
        for first in sorted(set(groups[fit].tolist()), key=lambda one: (began[groups == one].min(), one)):
            members = np.flatnonzero((groups == first) & fit)
            picked = order[members]
            rows = np.unique(row[np.isin(which, members)])
            if not says_enough(rising, picked, len(np.unique(recent.terms.author[rows])), detector):
                continue
            found = self._settle(minute, rising, picked, rows, recent, detector)
            detector.mute(rising.term[picked], until=minute + detector.rules.mute)
            if found is not None:
                told.append(found)
        return told

    def _settle(
        self, minute: int, rising: Rising, picked: Rows, rows: Rows, recent: Recent, detector: Detector
    ) -> Told | None:
        """Put a group of rising terms where it belongs; an alarm if that is news."""
        part = recent.terms.take(rows)
        home, share = self._home(part, minute, recent, detector)
        score = float(rising.score[picked].max())
        if home is not None and share >= (_WITHIN if minute - home.told < _TURN else TOGETHER):
            _join(home, rising, picked)
            home.stale = True
            level = weigh(recent.posts["text"].take(rows).to_pylist(), part.author).level
            graver = _graver(home, level, minute)
            if not graver and (minute - home.told < _TURN or home.state == "rising"):
                home.turns.append(Turn(minute, "joined"))
                return None
            home.told, home.score = minute, score
            home.turns.append(Turn(minute, "turned"))
            self._refresh(home, recent, rows)
            home.gravest = max(home.gravest, level)
            return _told(home, minute, "turned", rows, recent)
        self.made += 1
        top = picked[np.argmax(rising.score[picked])]
        story = Story(
            id=f"{int(rising.term[top]):016x}-{minute}-{self.made}{self.mark}",
            began=int(rising.began[picked].min()),
            told=minute,
            score=score,
            term=np.zeros(0, dtype=np.uint64),
            weight=np.zeros(0),
            usual=float(rising.usual[top]),
        )
        _join(story, rising, picked)
        hit = np.zeros(recent.terms.n, dtype=np.bool_)
        hit[rows] = True
        story.n = int(hit.sum())
        story.authors = np.unique(recent.terms.author[hit])
        for at in np.unique(recent.minute[hit]).tolist():
            story.curve.append((at, len(np.unique(recent.terms.author[hit & (recent.minute == at)]))))
        self._spread(story, recent.minute[hit], recent.terms.take(rows), recent.posts.take(rows))
        story.turns.append(Turn(minute, "born"))
        self.stories.append(story)
        self._refresh(story, recent, rows)
        story.gravest = story.gravity.level
        return _told(story, minute, "born", rows, recent)

    def _home(self, part: Terms, minute: int, recent: Recent, detector: Detector) -> tuple[Story | None, float]:
        """The running story that these posts are most of, and what share of them is."""
        home, share = None, 0.0
        for story in self.stories:
            overlap = max(float(story.matches(part).mean()), self._kin(story, part, minute, recent, detector))
            if overlap > share:
                home, share = story, overlap
        return home, share

    def _kin(self, story: Story, part: Terms, minute: int, recent: Recent, detector: Detector) -> float:
        """What share of these posts speak in a young story's own words: those that its posts have far above usual."""
        if minute - story.told > _TURN or part.n == 0:
            return 0.0
        rows = np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began))
        if len(rows) < detector.rules.authors:
            return 0.0
        told = recent.terms.take(rows)
        term, n = np.unique(told.term, return_counts=True)
        often = n >= max(3, 0.1 * len(rows))
        term, n = term[often], n[often]
        span = max(1, minute - story.began + 1)
        own = n / span >= _KIN * detector.usual(term)
        hit = among(part.term, term[own])
        return float(len(np.unique(part.row[hit]))) / part.n

    def _refresh(self, story: Story, recent: Recent, rows: Rows | None = None) -> None:
        """Write title, terms, examples and gravity again from the posts of the last hours."""
        if rows is None:
            rows = np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began))
        story.stale, story.changed = False, True
        if len(rows):
            self._write(story, recent, rows)
            self._weigh(story, recent, rows)

    def _write(self, story: Story, recent: Recent, rows: Rows) -> None:
        """Its title, terms and examples."""
        _, first = np.unique(recent.terms.text_key[rows], return_index=True)
        own = spread(rows[np.sort(first)], 200)
        texts = [str(text) for text in recent.posts["text"].take(own).to_pylist()]
        langs = recent.posts["lang"].take(own).to_pylist()
        turkish = langs.count("tr") * 2 > len(langs) if any(langs) else seems_turkish(texts)
        names = name_terms(story.term, texts)
        order = np.argsort(-story.weight, kind="stable")
        story.names = unlike([names[int(key)] for key in story.term[order] if int(key) in names])[:12]
        story.title = write_title(_of_most(texts, langs), turkish=turkish) or (story.names[0] if story.names else "")
        story.examples = [
            {name: post[name] for name in ("text", "at", "id", "network", "lang")}
            for post in recent.posts.take(typical(recent.terms, rows)).to_pylist()
        ]

    def _weigh(self, story: Story, recent: Recent, rows: Rows) -> None:
        """Its gravity."""
        every = spread(rows, 400)  # here copies count: each by another person
        found = weigh(recent.posts["text"].take(every).to_pylist(), recent.terms.author[every])
        if found.level < story.gravity.level:  # people soon speak of other sides of it; that makes no harm undone
            return
        story.gravity = found
        ids = recent.posts["id"].take(every).to_pylist()
        story.harm_posts = {harm.kind: tuple(ids[at] for at in harm.posts if ids[at]) for harm in found.harms}

    # — the day's course —

    def _look_over(self, minute: int, recent: Recent, detector: Detector) -> list[Told]:
        told = []
        for story in list(self.stories):
            state = _state(story, minute)
            if state != story.state:
                story.state, story.changed = state, True
                story.turns.append(Turn(minute, state))
            if state == "closed":
                self._close(story)
            elif story.stale or minute - story.told <= _YOUNG:
                rows = np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began))
                story.stale, story.changed = False, True
                if len(rows):
                    self._weigh(story, recent, rows)
                graver = _graver(story, story.gravity.level, minute)
                if len(rows) and (self.shown or graver):
                    self._write(story, recent, rows)
                if graver:
                    story.gravest, story.told = story.gravity.level, minute
                    story.turns.append(Turn(minute, "turned"))
                    told.append(_told(story, minute, "turned", rows, recent))
            del story.curve[: max(0, len(story.curve) - 3 * 1440)]
            story.minutes = {at: n for at, n in story.minutes.items() if at > minute - 4 * 60}
        self._merge(minute, recent)
        self._merge_across(minute, recent, detector)
        self._split(minute, recent)
        return told

    def _close(self, story: Story) -> None:
        self.stories.remove(story)
        self.closed.append(story)
        del self.closed[:-300]

    def _merge(self, minute: int, recent: Recent) -> None:
        """One story of two whose posts are the same: at least half of the smaller's in the last three hours."""
        lately = recent.terms.take(np.flatnonzero(recent.minute > minute - _SILENCE))
        hits = [story.matches(lately) for story in self.stories]
        for later in range(len(self.stories) - 1, 0, -1):
            for earlier in range(later):
                least = min(int(hits[later].sum()), int(hits[earlier].sum()))
                if least >= 5 and int((hits[later] & hits[earlier]).sum()) >= TOGETHER * least:
                    one, other = self.stories[earlier], self.stories[later]
                    _absorb(
                        one,
                        other,
                        minute,
                        new=1 - int((hits[later] & hits[earlier]).sum()) / max(1, int(hits[later].sum())),
                    )
                    self.closed.append(other)
                    hits[earlier] = hits[earlier] | hits[later]
                    del self.stories[later], hits[later]
                    self._refresh(one, recent)
                    break

    def _merge_across(self, minute: int, recent: Recent, detector: Detector) -> None:
        """One story of two that tell the same in English and in Turkish."""
        young = [one for one in self.stories if minute - one.told < _TURN]
        by_lang = {lang: [one for one in young if one.spread.language() == lang] for lang in bilingual.LANGUAGES}
        if not all(by_lang.values()):
            return
        tells = {story.id: self._tells(story, minute, recent, detector) for some in by_lang.values() for story in some}
        for one in by_lang["en"]:
            for other in by_lang["tr"]:
                if "closed" not in (one.state, other.state) and bilingual.same(tells[one.id], tells[other.id]):
                    home, guest = (one, other) if one.began <= other.began else (other, one)
                    _absorb(home, guest, minute, new=1.0)
                    home.across = True
                    self.stories.remove(guest)
                    self.closed.append(guest)
                    self._refresh(home, recent)

    def _tells(self, story: Story, minute: int, recent: Recent, detector: Detector) -> bilingual.Told:
        since = max(story.began, minute - _SILENCE)
        rows = np.flatnonzero(story.matches(recent.terms) & (recent.minute >= since))
        answers = {name for name, tally in story.spread.tallies["to"].items() if len(tally.authors) >= 2}
        part, span = recent.terms.take(rows), minute - since + 1
        return bilingual.tell(part, detector, minutes=span, answers=answers, gravity=story.gravity)

    def _split(self, minute: int, recent: Recent) -> None:
        """Two stories of one whose terms no longer meet in any post of the last three hours."""
        for story in list(self.stories):
            if story.across or len(story.term) < 4 or minute - story.told < _SILENCE:
                continue
            row, which = recent.having(story.term)
            late = recent.minute[row] > minute - _SILENCE
            row, which = row[late], which[late]
            groups = linked(len(story.term), *neighbours(row, which))
            voices = {
                int(group): len(np.unique(recent.terms.author[row[groups[which] == group]]))
                for group in np.unique(groups[which])
            }
            strong = sorted((group for group, n in voices.items() if n >= 5), key=lambda one: (-voices[one], one))
            if len(strong) > 1:
                self._part(story, groups == strong[1], minute, recent)

    def _part(self, story: Story, apart: npt.NDArray[np.bool_], minute: int, recent: Recent) -> None:
        if not (story.weight[apart] >= 1).any():
            return
        self.made += 1
        new = Story(
            id=f"{int(story.term[apart][0]):016x}-{minute}-{self.made}{self.mark}",
            began=minute - _SILENCE,
            told=minute,
            score=story.score,
            term=story.term[apart],
            weight=story.weight[apart],
            usual=story.usual,
            state=story.state,
        )
        story.term, story.weight = story.term[~apart], story.weight[~apart]
        story.turns.append(Turn(minute, "split", new.id))
        new.turns.append(Turn(minute, "born", story.id))
        rows = np.flatnonzero(new.matches(recent.terms) & (recent.minute >= new.began))
        new.n, new.authors = len(rows), np.unique(recent.terms.author[rows])
        for at in np.unique(recent.minute[rows]).tolist():
            new.curve.append((at, len(np.unique(recent.terms.author[rows[recent.minute[rows] == at]]))))
        self._spread(new, recent.minute[rows], recent.terms.take(rows), recent.posts.take(rows))
        self.stories.append(new)
        self._refresh(new, recent)
        self._refresh(story, recent)


def _of_most(texts: list[str], langs: list[str | None]) -> list[str]:
    """The texts of the language that most are in: a phrase of two languages is one of neither."""
    most = max(set(langs), key=lambda lang: (langs.count(lang), lang or ""))
    some = [text for text, lang in zip(texts, langs, strict=True) if lang == most]
    return some if most is not None and len(some) >= 5 else texts


def _graver(story: Story, level: int, minute: int) -> bool:
    """Whether it is news that people now tell of ``level``: soon after an alarm only when it is the highest."""
    return level >= 2 and level > story.gravest and (level == 3 or minute - story.told >= _HALF_HOUR)


def _join(story: Story, rising: Rising, picked: Rows) -> None:
    lift = rising.n[picked] / np.maximum(rising.usual[picked] * 60, 1e-9)
    weight = np.where(lift >= 10, 1.0, 0.5)
    if len(story.weight) == 0:
        weight[np.argmax(rising.score[picked])] = 1.0
    term = np.concatenate([story.term, rising.term[picked]])
    both = np.concatenate([story.weight, weight])
    term, first = np.unique(term, return_index=True)
    story.term, story.weight = term[:_MOST_TERMS], both[first][:_MOST_TERMS]


def _absorb(one: Story, other: Story, minute: int, *, new: float) -> None:
    """Put ``other`` into ``one``; a share of ``new`` of its posts was not in it yet."""
    term = np.concatenate([one.term, other.term])
    weight = np.concatenate([one.weight, other.weight])
    term, first = np.unique(term, return_index=True)
    one.term, one.weight = term[:_MOST_TERMS], weight[first][:_MOST_TERMS]
    one.began = min(one.began, other.began)
    one.told = max(one.told, other.told)
    one.authors = np.union1d(one.authors, other.authors)
    counts = dict(other.curve)
    for at, n in one.curve:
        counts[at] = max(counts.get(at, 0), n)
    one.curve = sorted(counts.items())
    one.n += round(new * other.n)
    one.spread.absorb(other.spread, new=new)
    one.across = one.across or other.across
    one.stale = True
    one.new_keys += other.new_keys
    one.new_counts += other.new_counts
    other.new_keys, other.new_counts = [], []
    other.state, other.into = "closed", one.id
    one.changed = other.changed = True
    one.turns.append(Turn(minute, "merged", other.id))
    other.turns.append(Turn(minute, "merged", one.id))


def _state(story: Story, minute: int) -> str:
    """By authors' minutes of the last half hour against the one before and the busiest."""
    last = story.heard(minute - _HALF_HOUR, minute + 1)
    before = story.heard(minute - 2 * _HALF_HOUR, minute - _HALF_HOUR)
    story.peak = max(story.peak, last)
    lately = story.heard(minute - _SILENCE, minute + 1)
    if lately < 3 and minute - story.told > _SILENCE:
        return "closed"
    # What its words still bring then is what they always bring: whoever comes back to it makes it a new story.
    if lately * _HALF_HOUR / _SILENCE < _OVER * story.peak and minute - story.told > _TURN:
        return "closed"
    if last > 1.3 * before + 2 * np.sqrt(before + 1):
        return "rising"
    return "fading" if last < 0.5 * story.peak else "steady"


def _told(story: Story, minute: int, what: str, rows: Rows, recent: Recent) -> Told:
    return Told(
        at=minute,
        story=story.id,
        what=what,
        title=story.title,
        terms=tuple(story.names),
        began=story.began if what == "born" else int(recent.minute[rows].min()),
        n=len(rows),
        authors=len(np.unique(recent.terms.author[rows])),
        score=story.score,
        usual=story.usual,
        gravity=story.gravity,
        examples=tuple(story.examples),
    )
