"""What rises: the state of every live term, minute by minute, and which of them are far above their usual.

Owns the term table. Promises that its answers depend on the minutes and their posts only (not on how they were handed
in), that work grows with the terms of a minute and not with those known, that memory is bounded, and that its state can
be kept and taken up exactly. Never looks at a text and never says why something rises.

How: each term has a decayed mean rate (SigniTrend, Schubert et al. 2014) with a floor that stands for the terms never
seen before, a share for the hour of the day and for the day of the week once there is history, and a CUSUM (Page 1954)
of the Poisson log-likelihood ratio of "thrice the usual, and ten an hour at least" against "as usual":

    S = max(0, S + n·ln(m1/m0) - (m1 - m0))      n: authors of this minute not among the last eight of this rise

drained in one step for the minutes in which nobody used the term. A term rises when S passes a bar and five different
authors took part. The bar is the logarithm of how many term-minutes a week brings, plus a margin: so the number of
false alarms a week hardly depends on how much is listened to. As the usual is itself told from few posts at first, the
rise as a whole must pass the same bar against what is known of it. One minute can bring no more than half the bar.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kalkan.stories.flow import Flow
from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.terms import Terms, among

Floats = npt.NDArray[np.float64]

DAY: Final = 1440
WEEK: Final = 7 * DAY
RING: Final = 8
_PARTS_OF_DAY: Final = 8
_NEVER: Final = -(2**30)
_FULL: Final = 0.6


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What counts as rising. Times in minutes, rates in authors a minute."""

    authors: int = 5  # different people before anything is said
    times: float = 3.0  # the rise that is looked for, against the usual
    least: float = 10 / 60  # and at least this much more than usual
    floor: float = 2.0  # authors that a term is thought to have had though none was heard
    head_start: float = 60.0  # minutes that are thought to have been heard before the first
    warm_up: int = 60  # minutes in which nothing rises and all is usual
    margin: float = 0.0  # of the bar, in nats
    half_life: float = 7.0 * DAY
    longest_rise: int = 180  # what has gone on for so long is usual
    mute: int = DAY  # a term that was told is not told again for so long
    longest_silence: int = DAY  # of the whole stream; beyond it nobody was listening
    most_terms: int = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rising:
    """Terms above the bar at the end of a minute, as columns. ``began``: the minute their rise set in."""

    term: Hashes
    score: Floats
    began: Rows
    usual: Floats  # authors a minute
    n: Floats  # authors' minutes since it began


class Detector:
    """The state of all terms of one stream."""

    def __init__(self, *, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.minute: int = _NEVER
        self.heard = 0.0  # minutes listened to, decayed
        self.tests = 0.0  # term-minutes, decayed
        self.all = Flow()  # the whole stream
        self.calm = Flow()  # but for what rises more than all of it
        self.since_start = 0
        self.by_day_part = np.zeros(_PARTS_OF_DAY)
        self.by_weekday = np.zeros(7)
        self.live = 0
        self._door = np.zeros(0, dtype=np.bool_)  # made when it is crowded
        self._door_opened = 0
        self._columns(1 << 12)

    # — the table: open addressing by term, columns at the same place —

    def _columns(self, size: int) -> None:
        self.key = np.zeros(size, dtype=np.uint64)
        self.n = np.zeros(size, dtype=np.float32)
        self.touched = np.zeros(size, dtype=np.int32)
        self.s = np.zeros(size, dtype=np.float32)
        self.began = np.zeros(size, dtype=np.int32)
        self.since = np.zeros(size, dtype=np.float32)
        self.muted = np.full(size, _NEVER, dtype=np.int32)
        self.voices = np.zeros((size, RING), dtype=np.uint32)
        self.n_voices = np.zeros(size, dtype=np.int32)
        self.day_part = np.zeros((size, _PARTS_OF_DAY), dtype=np.float32)
        self.weekday = np.zeros((size, 7), dtype=np.float32)

    _TABLE: Final = (
        "key", "n", "touched", "s", "began", "since", "muted", "voices", "n_voices", "day_part", "weekday",
    )  # fmt: skip
    _STREAM: Final = ("minute", "heard", "tests", "since_start", "live", "_door_opened")

    def find(self, term: Hashes) -> Rows:
        """Where each term stands in the table, -1 where it does not."""
        place = (term % np.uint64(len(self.key))).astype(np.int64)
        found = np.full(len(term), -1, dtype=np.int64)
        open_ = np.arange(len(term))
        while len(open_):
            keys = self.key[place]
            hit = keys == term[open_]
            found[open_[hit]] = place[hit]
            on = ~hit & (keys != 0)
            open_, place = open_[on], (place[on] + 1) % len(self.key)
        return found

    def _insert(self, term: Hashes) -> Rows:
        """Places for terms that are not in the table, each given once."""
        place = (term % np.uint64(len(self.key))).astype(np.int64)
        found = np.full(len(term), -1, dtype=np.int64)
        open_ = np.arange(len(term))
        while len(open_):
            free = self.key[place] == 0
            # Of several that want one place the first gets it.
            takers, first = np.unique(place[free], return_index=True)
            winners = open_[free][first]
            self.key[takers] = term[winners]
            found[winners] = takers
            lost = found[open_] < 0
            open_, place = open_[lost], (place[lost] + 1) % len(self.key)
        self.live += len(term)
        return found

    def _rebuild(self, keep: Rows, size: int) -> None:
        old = {name: getattr(self, name)[keep] for name in self._TABLE}
        self._columns(size)
        self.live = 0
        place = self._insert(old["key"])
        for name, values in old.items():
            getattr(self, name)[place] = values

    def _make_room(self, more: int, minute: int) -> None:
        used = np.flatnonzero(self.key)
        if self.live + more > self.rules.most_terms:
            room = max(0, int(self.rules.most_terms * 0.8) - more)
            age = (minute - self.touched[used]).astype(np.float64)
            worth = self.n[used] * 0.5 ** (age / self.rules.half_life) + self.s[used] * (age < 60)
            worth += 1e9 * (self.muted[used] > minute)
            used = np.sort(used[np.argsort(-worth, kind="stable")[:room]])
            self._rebuild(used, len(self.key))
        if self.live + more > _FULL * len(self.key):
            size = len(self.key)
            while self.live + more > _FULL * size:
                size *= 2
            most = int(self.rules.most_terms / _FULL) + 1
            self._rebuild(np.flatnonzero(self.key), max(min(size, most), len(self.key)))

    # — a minute —

    def hear(self, minute: int, found: Terms) -> Rising:
        """Take one whole minute of posts, later than the last; what stands above the bar at its end.

        Work: the pairs of term and author of this minute.
        """
        pairs, authors, counts = _by_author(found)
        self._advance(minute, found, pairs)
        self.tests += len(pairs)
        if len(pairs) == 0:
            return _nothing()
        at, pick = self._places(pairs, counts, minute)
        starts = np.concatenate([[0], np.cumsum(counts)])
        n = counts[pick].astype(np.float64)
        usual, above = self._decay(at, minute)
        fresh = self._fresh(at, pick, authors, starts, counts)
        self._count(at, n, minute)
        gain = fresh * np.log(above / usual) - (above - usual)
        bar = self.bar()
        if self.since_start < self.rules.warm_up:  # everything is new: it is all usual
            gain[:] = 0.0
            self.s[at] = 0.0
            self.since[at] = 0.0
        self.s[at] = np.clip(self.s[at] + np.minimum(gain, bar / 2), 0.0, 2 * bar + 10)
        up = (self.s[at] >= bar) & (self.n_voices[at] >= self.rules.authors) & (self.muted[at] <= minute)
        up &= self.since_start >= self.rules.warm_up
        up[up] = self._surely(at[up], usual[up], minute) >= bar
        some = at[up]
        return Rising(
            self.key[some],
            self.s[some].astype(np.float64),
            self.began[some].astype(np.int64),
            usual[up],
            self.since[some].astype(np.float64),
        )

    def begin(self, minute: int) -> None:
        """From ``minute`` on somebody listens, though there is nothing to hear yet; once, before the first post."""
        if self.minute == _NEVER:
            self.minute = minute

    def bar(self) -> float:
        """How far a term's sum must rise: nats."""
        a_week = self.tests / max(self.heard, 1.0) * WEEK
        return float(np.log(a_week + 1000.0) + self.rules.margin)

    def _surely(self, at: Rows, usual: Floats, minute: int) -> Floats:
        """The rise against what is known of the usual, which may be little: log-likelihood ratio of two rates to one.

        n·ln(n/d) + a·ln(a/t) - (n + a)·ln((n + a)/(d + t)) for n authors in the d minutes of the rise and a before.
        """
        before = np.maximum(self.n[at].astype(np.float64) - self.since[at], 0.0) + self.rules.floor
        span = before / usual
        n, lasted = self.n_voices[at].astype(np.float64), (minute - self.began[at] + 1).astype(np.float64)
        apart = n * np.log(n / lasted) + before * np.log(before / span)
        ratio: Floats = apart - (n + before) * np.log((n + before) / (lasted + span))
        return np.where(n / lasted > usual, ratio, 0.0)

    def usual(self, term: Hashes) -> Floats:
        """Authors a minute that each term usually has, before its present rise; the floor for terms not known."""
        at = self.find(term)
        known = at >= 0
        mean = np.full(len(term), self.rules.floor / (self.heard + self.rules.head_start))
        mean[known] = self._usual(at[known], self.minute)
        return mean

    def mute(self, term: Hashes, *, until: int) -> None:
        """These were told: let them be until the minute ``until``, and let their rise count as usual from now on."""
        at = self.find(term)
        at = at[at >= 0]
        self.muted[at] = until
        self.s[at] = 0.0
        self.since[at] = 0.0

    def _hot(self, minute: int, pairs: Hashes) -> Hashes:
        """Those of ``pairs`` (ascending) that rise far more than the stream as a whole: posts that have one may be a
        story's, and are no measure of how busy the rest is."""
        at = self.find(pairs)
        pairs, at = pairs[at >= 0], at[at >= 0]
        age = (minute - self.touched[at]).astype(np.float64)
        half = self.s[at] - self.rules.least * age > self.bar() / 2
        pairs, at = pairs[half], at[half]
        usual = self._usual(at, minute, busier=self.all.times(self.heard))
        rate = self.n_voices[at] / np.maximum(minute - self.began[at] + 1, 1)
        return pairs[rate > self.rules.times * usual]

    def _advance(self, minute: int, found: Terms, pairs: Hashes) -> None:
        passed = 1 if self.minute == _NEVER else minute - self.minute
        assert passed > 0, "minutes come in order"
        fade = 0.5 ** (passed / self.rules.half_life)
        listened = min(passed, self.rules.longest_silence)
        self.heard = self.heard * fade + listened
        self.since_start += listened
        self.tests *= fade
        self.by_day_part *= fade
        self.by_weekday *= fade
        left = listened
        while left > 0:  # back through the parts of the day just gone by
            then = minute - (listened - left)
            step = min(left, then % 180 + 1)
            self.by_day_part[_part_of_day(then)] += step
            self.by_weekday[_weekday(then)] += step
            left -= step
        calm = np.ones(found.n, dtype=np.bool_)
        self.all.add(len(np.unique(found.author)), minute=minute, passed=passed, fade=fade)
        calm[found.row[among(found.term, self._hot(minute, pairs))]] = False
        self.calm.add(len(np.unique(found.author[calm])), minute=minute, passed=passed, fade=fade)
        self.minute = minute

    def _places(self, pairs: Hashes, counts: Rows, minute: int) -> tuple[Rows, Rows]:
        """Places in the table and which of ``pairs`` they are of; new terms are let in, singles last."""
        at = self.find(pairs)
        new = np.flatnonzero(at < 0)
        if self.live + len(new) > self.rules.most_terms // 2:
            # Crowded: a term used by one person comes in when it is seen a second time within the hour.
            if minute - self._door_opened > 60 or not len(self._door):
                size = len(self._door) or 1 << (4 * self.rules.most_terms).bit_length()
                self._door = np.zeros(size, dtype=np.bool_)
                self._door_opened = minute
            slot = (pairs[new] >> np.uint64(65 - len(self._door).bit_length())).astype(np.int64)
            let_in = self._door[slot] | (counts[new] > 1)
            self._door[slot] = True
            new = new[let_in][: self.rules.most_terms // 2]
        if len(new):
            if self.live + len(new) > min(_FULL * len(self.key), self.rules.most_terms):
                self._make_room(len(new), minute)
                at = self.find(pairs)
            place = self._insert(pairs[new])
            self.touched[place] = minute
            self.began[place] = minute
            at[new] = place
        pick = np.flatnonzero(at >= 0)
        return at[pick], pick

    def _decay(self, at: Rows, minute: int) -> tuple[Floats, Floats]:
        """Bring these terms to ``minute``: means faded, sums drained; the usual rate and the one looked for."""
        rules = self.rules
        age = (minute - self.touched[at]).astype(np.float64)
        fade = (0.5 ** (age / rules.half_life)).astype(np.float32)
        self.n[at] *= fade
        self.day_part[at] *= fade[:, None]
        self.weekday[at] *= fade[:, None]
        usual = self._usual(at, minute)
        above = np.maximum(usual * rules.times, usual + rules.least)
        s = self.s[at] - (above - usual) * np.maximum(age - 1, 0)
        over = (s <= 0) | (minute - self.began[at] > rules.longest_rise)
        self.s[at] = np.where(over, 0.0, s)
        gone = at[over]
        self.began[gone] = minute
        self.since[gone] = 0.0
        self.n_voices[gone] = 0
        if over.any():  # what had counted as a rise is usual now
            usual = self._usual(at, minute)
            above = np.maximum(usual * rules.times, usual + rules.least)
        return usual, above

    def _usual(self, at: Rows, minute: int, *, busier: float | None = None) -> Floats:
        rules = self.rules
        before = np.maximum(self.n[at].astype(np.float64) - self.since[at], 0.0)
        lasted = np.where(self.since[at] > 0, minute - self.began[at], 0)  # the rise is in neither
        mean = (before + rules.floor) / (np.maximum(self.heard - lasted, 0.0) + rules.head_start)
        part, weekday = _part_of_day(minute), _weekday(minute)
        times = np.full(len(at), self.calm.times(self.heard) if busier is None else busier)
        if self.since_start >= 2 * DAY:
            expected = before * self.by_day_part[part] / self.heard
            season = (self.day_part[at, part] + 2.0) / (expected + 2.0)
            times = np.maximum(times, np.minimum(season, _PARTS_OF_DAY))
        if self.since_start >= 2 * WEEK:
            expected = before * self.by_weekday[weekday] / self.heard
            times = times * np.clip((self.weekday[at, weekday] + 2.0) / (expected + 2.0), 1.0, 7.0)
        usual: Floats = mean * times
        return usual

    def _count(self, at: Rows, n: Floats, minute: int) -> None:
        self.n[at] += n.astype(np.float32)
        self.since[at] += n.astype(np.float32)
        self.day_part[at, _part_of_day(minute)] += n.astype(np.float32)
        self.weekday[at, _weekday(minute)] += n.astype(np.float32)
        self.touched[at] = minute

    def _fresh(self, at: Rows, pick: Rows, authors: npt.NDArray[np.uint32], starts: Rows, counts: Rows) -> Floats:
        """How many authors of each term are not among the last of its rise; they take their places in the ring."""
        n = counts[pick]
        owner = np.repeat(np.arange(len(pick)), n)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(n) - n, n)
        author = authors[starts[pick][owner] + within]
        place = at[owner]
        filled = np.arange(RING)[None, :] < np.minimum(self.n_voices[place], RING)[:, None]
        known = ((self.voices[place] == author[:, None]) & filled).any(axis=1)
        owner, author = owner[~known], author[~known]
        fresh = np.bincount(owner, minlength=len(pick))
        rank = np.arange(len(owner)) - np.repeat(np.cumsum(fresh) - fresh, fresh)
        keep = rank < RING
        owner, author, rank = owner[keep], author[keep], rank[keep]
        self.voices[at[owner], (self.n_voices[at[owner]] + rank) % RING] = author
        self.n_voices[at] = np.minimum(self.n_voices[at] + fresh, 1 << 30)
        return fresh.astype(np.float64)

    # — kept and taken up —

    def state(self) -> dict[str, Any]:
        """Everything, as arrays and numbers: what :meth:`resume` takes."""
        used = np.flatnonzero(self.key)
        kept: dict[str, Any] = {name: getattr(self, name)[used] for name in self._TABLE}
        kept |= {name: getattr(self, name) for name in self._STREAM}
        return kept | {
            "size": len(self.key),
            "place": used,
            "by_day_part": self.by_day_part,
            "by_weekday": self.by_weekday,
            "all": self.all.state(),
            "calm": self.calm.state(),
            "door": np.packbits(self._door),
            "rules": {field.name: getattr(self.rules, field.name) for field in fields(self.rules)},
        }

    @classmethod
    def resume(cls, kept: dict[str, Any]) -> Detector:
        """A detector that goes on exactly as the one whose :meth:`state` this is."""
        one = cls(rules=Rules(**kept["rules"]))
        one._columns(int(kept["size"]))
        for name in cls._TABLE:
            getattr(one, name)[kept["place"]] = kept[name]
        for name in cls._STREAM:
            setattr(one, name, kept[name])
        one.by_day_part, one.by_weekday = kept["by_day_part"].copy(), kept["by_weekday"].copy()
        one.all, one.calm = Flow.resume(kept["all"]), Flow.resume(kept["calm"])
        one._door = np.unpackbits(kept["door"]).astype(np.bool_)
        return one


def _nothing() -> Rising:
    none = np.zeros(0)
    return Rising(none.astype(np.uint64), none, none.astype(np.int64), none, none)


def _part_of_day(minute: int) -> int:
    return minute % DAY * _PARTS_OF_DAY // DAY


def _weekday(minute: int) -> int:
    return minute // DAY % 7


def _by_author(found: Terms) -> tuple[Hashes, npt.NDArray[np.uint32], Rows]:
    """Terms in ascending order, the authors of each (once), and how many: (k,), (pairs,), (k,)."""
    author = found.author[found.row]
    order = np.lexsort((author, found.term))
    term, author = found.term[order], author[order]
    new = np.ones(len(term), dtype=np.bool_)
    new[1:] = (term[1:] != term[:-1]) | (author[1:] != author[:-1])
    term, author = term[new], author[new]
    first = np.ones(len(term), dtype=np.bool_)
    first[1:] = term[1:] != term[:-1]
    starts = np.flatnonzero(first)
    counts = np.diff(np.concatenate([starts, [len(term)]]))
    return term[first], (author >> np.uint64(32)).astype(np.uint32), counts
