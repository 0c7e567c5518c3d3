"""Watched curves: how much is said of a brand, a peer, a topic, a market, and when that is out of the ordinary.

Owns the state of a fixed set of curves, in bins of five minutes looked at every minute. Promises the same hour of the
week as baseline once there are two weeks of history and, before that, the highest of a day's mean, the same hour
yesterday and the last hours; bursts do not poison the baseline they are held against. Never looks at a text.

How: counts are taken as negative binomial about the baseline, with a size told from the curve's own past (variance
m + m²/size), and three CUSUMs (Page 1954) of the log-likelihood ratio run side by side, for rises to 2, 4 and 10 times:

    x·ln(k) - (x + size)·ln((size + k·m) / (size + m))

A bin that is still open counts with the part of it that has passed. No bin brings more than seven tenths of the bar.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from kalkan.stories.detect import DAY, WEEK, Floats
from kalkan.stories.letters import Rows

BIN: Final = 5
_HOURS: Final = 168
_TIMES: Final = np.array([2.0, 4.0, 10.0])
_LAG: Final = 6  # bins by which the last hours are seen late, so that a ramp does not hide itself
_SHORT: Final = 3 * 60 // BIN


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveRules:
    """What counts as out of the ordinary. Times in minutes."""

    bar: float = 8.3  # nats
    most_a_bin: float = 0.7  # of the bar
    authors: float = 5.0  # in the last hour at least
    mute: int = 180
    history: int = 2 * WEEK  # until then there is no hour of the week
    warm_up: int = 60
    longest_silence: int = DAY
    weeks_fade: float = 0.75  # what a week ago counts against now
    floor: float = 1.0  # authors thought to have been heard in the hour before the first


@dataclass(frozen=True, slots=True, eq=False)
class Surge:
    """Curves above the bar at the end of a minute, as columns; ``n`` in the last hour, ``usual`` an hour."""

    curve: Rows
    score: Floats
    n: Floats
    usual: Floats


class Curves:
    """The state of ``k`` watched curves."""

    _KEPT: Final = (
        "x", "s", "muted", "hours", "hours_heard", "mean", "day", "lately", "spread_seen", "spread_due", "last_hour",
        "expected", "size",
    )  # fmt: skip

    def __init__(self, k: int, *, rules: CurveRules | None = None) -> None:
        self.rules = rules or CurveRules()
        self.k = k
        self.minute = -1
        self.heard = 0  # minutes
        self.mean_heard = 0.0
        self.x = np.zeros(k)  # of the open bin
        self.s = np.zeros((k, len(_TIMES)))
        self.muted = np.full(k, -1, dtype=np.int64)
        self.hours = np.zeros((k, _HOURS))  # counts by hour of the week, faded week by week
        self.hours_heard = np.zeros(_HOURS)  # minutes of it
        self.mean = np.zeros(k)  # counts, faded with a half-life of a day
        self.day = np.zeros((k, DAY // BIN))  # the last day, bin by bin
        self.lately = np.zeros((k, _SHORT + _LAG))
        self.spread_seen = np.zeros(k)
        self.spread_due = np.zeros(k)
        self.last_hour = np.zeros((k, 60 // BIN))
        self.expected = np.zeros(k)  # of the open bin
        self.size = np.full(k, 2.0)

    def hear(self, minute: int, counts: Floats) -> Surge:
        """Take one minute's counts of different authors, (k,), later than the last; minutes left out had none."""
        counts = np.asarray(counts, dtype=np.float64)
        if self.minute < 0 or minute - self.minute > self.rules.longest_silence:
            self.s[:] = 0.0
            self._begin(minute)
        else:
            assert minute > self.minute, "minutes come in order"
            for end in range((self.minute // BIN + 1) * BIN, minute + 1, BIN):
                self._end(end - BIN)
                self._begin(end)
            self.heard += minute - self.minute
        self.minute = minute
        self.x += counts
        return self._above(minute)

    def usual(self) -> Floats:
        """Authors an hour that are usual now, (k,)."""
        usual: Floats = self.expected * 60 / BIN
        return usual

    def _above(self, minute: int) -> Surge:
        part = (minute % BIN + 1) / BIN
        s = np.maximum(self.s + self._evidence(part), 0.0)
        score = s.max(axis=1)
        n = self.last_hour.sum(axis=1) + self.x
        up = (score >= self.rules.bar) & (n >= self.rules.authors) & (self.muted <= minute)
        up &= self.heard >= self.rules.warm_up
        which = np.flatnonzero(up)
        if len(which):
            self.muted[which] = minute + self.rules.mute
            self.s[which] = -self._evidence(part)[which]  # what is told does not count again
        return Surge(which, score[which], n[which], self.usual()[which])

    def _evidence(self, part: float) -> Floats:
        mean, size, x = self.expected[:, None] * part, self.size[:, None], self.x[:, None]
        ratio = x * np.log(_TIMES) - (x + size) * np.log((size + _TIMES * mean) / (size + mean))
        evidence: Floats = np.minimum(ratio, self.rules.most_a_bin * self.rules.bar)
        return evidence

    def _begin(self, minute: int) -> None:
        """Open the bin at ``minute``: what to expect of it, and how unevenly."""
        self.x = np.zeros(self.k)
        self.expected = self._usual(minute // BIN * BIN) * BIN
        rate = np.maximum(self.expected, 0.05)
        due = self.spread_due + 60 * rate**2
        self.size = np.clip(due / np.maximum(self.spread_seen + 60 * rate**2 / 2.0, 1e-9), 0.3, 1e4)

    def _usual(self, minute: int) -> Floats:
        """Authors a minute, (k,)."""
        rules = self.rules
        prior = rules.floor / (60 + self.mean_heard)
        if self.heard >= rules.history:
            by_hour: Floats = np.maximum(self._by_hour(minute), prior)
            return by_hour
        mean = (self.mean + rules.floor) / (self.mean_heard + 60)
        short = self.lately[:, :_SHORT].sum(axis=1) / (_SHORT * BIN)
        if self.heard >= DAY:
            at = minute // BIN % (DAY // BIN)
            near = [(at + step) % (DAY // BIN) for step in range(-6, 7)]
            short = np.maximum(short, self.day[:, near].sum(axis=1) / (len(near) * BIN))
        highest: Floats = np.maximum(mean, short)
        return highest

    def _by_hour(self, minute: int) -> Floats:
        """The mean of this hour of the week, smoothed over its neighbours, as a line through hours' middles."""
        place = (minute % WEEK + BIN / 2) / 60 - 0.5
        low = int(np.floor(place))
        share = place - low

        def smooth(hour: int) -> Floats:
            near = np.array([hour - 1, hour, hour + 1]) % _HOURS
            weight = np.array([0.25, 0.5, 0.25])
            heard = float((self.hours_heard[near] * weight).sum())
            counts: Floats = (self.hours[:, near] * weight).sum(axis=1)
            return counts / max(heard, 1.0)

        return (1 - share) * smooth(low) + share * smooth(low + 1)

    def _end(self, begun: int) -> None:
        """Close the bin that began at ``begun``."""
        self.s = np.maximum(self.s + self._evidence(1.0), 0.0)
        np.minimum(self.s, 3 * self.rules.bar, out=self.s)
        if self.heard < self.rules.warm_up:
            self.s[:] = 0.0
        self.s[self.muted > begun] = 0.0  # told: only what goes on after the pause is news again
        mean = self.expected
        spread = np.sqrt(mean + mean**2 / self.size)
        tame = np.minimum(self.x, mean + 4 * spread + 3) if self.heard >= DAY else self.x
        hour = begun % WEEK // 60
        if begun % 60 == 0 or self.hours_heard[hour] == 0:
            self.hours[:, hour] *= self.rules.weeks_fade
            self.hours_heard[hour] *= self.rules.weeks_fade
        self.hours[:, hour] += tame
        self.hours_heard[hour] += BIN
        fade = 0.5 ** (BIN / DAY)
        self.mean = self.mean * fade + tame
        self.mean_heard = self.mean_heard * fade + BIN
        self.day[:, begun // BIN % (DAY // BIN)] = tame
        self.lately = np.concatenate([self.lately[:, 1:], tame[:, None]], axis=1)
        self.last_hour = np.concatenate([self.last_hour[:, 1:], self.x[:, None]], axis=1)
        slow = 0.5 ** (BIN / (2 * WEEK))
        self.spread_seen = np.maximum(self.spread_seen * slow + (tame - mean) ** 2 - mean, 0.0)
        self.spread_due = self.spread_due * slow + mean**2

    def state(self) -> dict[str, Any]:
        """Everything, as arrays and numbers: what :meth:`resume` takes."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in self._KEPT}
        kept |= {name: getattr(self, name) for name in ("k", "minute", "heard", "mean_heard")}
        return kept | {"rules": {field.name: getattr(self.rules, field.name) for field in fields(self.rules)}}

    @classmethod
    def resume(cls, kept: dict[str, Any]) -> Curves:
        """Curves that go on exactly as those whose :meth:`state` this is."""
        one = cls(int(kept["k"]), rules=CurveRules(**kept["rules"]))
        for name in cls._KEPT:
            setattr(one, name, kept[name].copy())
        one.minute, one.heard, one.mean_heard = int(kept["minute"]), int(kept["heard"]), float(kept["mean_heard"])
        return one
