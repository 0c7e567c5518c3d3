"""What the made-up town talks about, how much of it, and when: everyday talk and stories with a known beginning.

Owns the rhythm of the day and the shape of each story. Promises a rate for every moment, before and after ``now``;
nothing here is random and nothing reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

ZONES: Final = {"tr": ZoneInfo("Europe/Istanbul"), "en": ZoneInfo("Europe/London")}

# How busy each hour of the local day is; a day's mean is 1.
_WORKDAY: Final = (
    0.45, 0.25, 0.15, 0.12, 0.12, 0.2, 0.45, 0.9, 1.25, 1.2, 1.15, 1.15,
    1.4, 1.4, 1.15, 1.1, 1.1, 1.25, 1.4, 1.5, 1.7, 1.75, 1.45, 0.95,
)  # fmt: skip
_WEEKEND: Final = (
    0.7, 0.45, 0.3, 0.2, 0.12, 0.12, 0.2, 0.4, 0.75, 1.1, 1.35, 1.45,
    1.45, 1.4, 1.3, 1.25, 1.25, 1.25, 1.3, 1.45, 1.6, 1.6, 1.4, 0.96,
)  # fmt: skip
_NIGHT: Final = tuple(_WORKDAY[(hour + 11) % 24] for hour in range(24))
_WEEKEND_LEVEL: Final = 0.88


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """One stream of talk. ``daily`` is posts a day at full height, by language.

    A story begins at ``since`` (before ``now``), grows for ``rise``, stays for ``hold`` and then halves every
    ``half_life``; ``every`` lets it come back. Steady talk has no ``since``. ``live`` multiplies steady talk from
    ``now`` on: of the past only a part is kept, as with any network that forgets.
    """

    name: str
    daily: Mapping[str, float]
    since: timedelta | None = None
    rise: timedelta = timedelta(0)
    hold: timedelta = timedelta(0)
    half_life: timedelta = timedelta(hours=6)
    every: timedelta | None = None
    at_hour: int | None = None  # the local hour a story begins at, where it has one (a match)
    urgent: bool = False  # people talk about it at any hour
    live: float = 1.0
    night: bool = False
    by: str | None = None  # only this person
    in_step: bool = False  # the accounts of the pile-on
    target: str | None = None  # a scripted post that is answered and quoted
    replies: float = 0.0
    quotes: float = 0.0
    story: bool = False

    def begins(self, *, now: datetime, lang: str) -> datetime | None:
        """When it first begins; ``None`` for steady talk."""
        if self.since is None:
            return None
        begin = now - self.since
        if self.at_hour is None:
            return begin
        local = begin.astimezone(ZONES[lang]).replace(hour=self.at_hour, minute=0, second=0, microsecond=0)
        return local.astimezone(begin.tzinfo)

    def rate(self, at: datetime, *, now: datetime, lang: str) -> float:
        """Posts an hour in ``lang`` at the moment ``at``."""
        full = self.daily.get(lang, 0.0) / 24
        begin = self.begins(now=now, lang=lang)
        if begin is None:
            return full * rhythm(at, lang=lang, night=self.night) * self._growth(at, now)
        age = at - begin
        if self.every is not None and age > timedelta(0):
            age %= self.every
        tempo = 1.0 if self.urgent else 0.25 + 0.75 * rhythm(at, lang=lang)
        return full * tempo * self._height(age)

    def _growth(self, at: datetime, now: datetime) -> float:
        share = (at - now + timedelta(hours=2)) / timedelta(hours=2)
        return 1.0 + (self.live - 1.0) * min(max(share, 0.0), 1.0)

    def _height(self, age: timedelta) -> float:
        if age < timedelta(0):
            return 0.0
        if age < self.rise:
            return age / self.rise
        late = (age - self.rise - self.hold) / self.half_life
        height: float = 0.5 ** max(late, 0.0)
        return height if height > 0.01 else 0.0


@lru_cache(maxsize=16_384)  # every current of a language asks for the same moments
def rhythm(at: datetime, *, lang: str, night: bool = False) -> float:
    """How busy people who write in ``lang`` are at ``at``, around 1, by their own clock and weekday."""
    local = at.astimezone(ZONES[lang])
    weekend = local.weekday() >= 5
    table = _NIGHT if night else _WEEKEND if weekend else _WORKDAY
    share = local.minute / 60
    here, following = table[local.hour], table[(local.hour + 1) % 24]
    return (here + (following - here) * share) * (_WEEKEND_LEVEL if weekend else 1.0)


def _hours(hours: float) -> timedelta:
    return timedelta(hours=hours)


EVERYDAY: Final = Current(name="everyday", daily={"tr": 410, "en": 410}, live=22.0)

STEADY: Final = (
    EVERYDAY,
    Current(name="findik", daily={"tr": 36, "en": 38}),
    Current(name="kiyi", daily={"tr": 31, "en": 17}),
    Current(name="peers", daily={"tr": 26, "en": 28}),
    Current(name="spam", daily={"tr": 5, "en": 5}),
)

STORIES: Final = (
    Current(
        name="kindness", daily={"tr": 190, "en": 45}, since=_hours(6 * 24), rise=_hours(2), hold=_hours(8),
        half_life=_hours(8), target="kindness-told", replies=0.10, quotes=0.10, story=True,
    ),
    Current(
        name="breakfast", daily={"tr": 80, "en": 16}, since=_hours(5 * 24 + 3), rise=_hours(2), hold=_hours(6),
        half_life=_hours(20), target="breakfast-told", replies=0.15, quotes=0.05, story=True,
    ),
    Current(
        name="smaller-jar", daily={"tr": 230, "en": 110}, since=_hours(4 * 24), rise=_hours(3), hold=_hours(10),
        half_life=_hours(34), target="jar-told", replies=0.22, quotes=0.05, story=True,
    ),
    Current(
        name="football-night", daily={"tr": 1300}, since=_hours(3 * 24), at_hour=20, hold=_hours(2.2),
        half_life=_hours(0.5), every=timedelta(days=7), urgent=True, story=True,
    ),
    Current(
        name="palm-oil", daily={"en": 70, "tr": 6}, since=_hours(2 * 24 + 5), rise=_hours(10), hold=_hours(24),
        half_life=_hours(48), target="palm-told", replies=0.10, quotes=0.08, story=True,
    ),
    Current(
        name="pile-on", daily={"tr": 2200}, since=_hours(2 * 24), rise=_hours(0.5), hold=_hours(2.5),
        half_life=_hours(0.6), urgent=True, in_step=True, target="pile-on-told", quotes=0.8, story=True,
    ),
    Current(
        name="teachers", daily={"tr": 220, "en": 24}, since=_hours(26), rise=_hours(6), hold=_hours(48),
        half_life=_hours(24), story=True,
    ),
    Current(
        name="ordu-gas-leak", daily={"tr": 2100, "en": 480}, since=_hours(1.1), rise=_hours(0.75), hold=_hours(6),
        half_life=_hours(9), urgent=True, target="ordu-told", replies=0.06, quotes=0.06, story=True,
    ),
)  # fmt: skip
"""Stories in the order they begin; the last goes on while people watch."""


def of_people(langs: Mapping[str, str], *, nights: frozenset[str]) -> tuple[Current, ...]:
    """A small current of their own for everyone with a character: key → language."""
    return tuple(
        Current(name=f"by-{key}", daily={lang: 3.0}, by=key, night=key in nights) for key, lang in langs.items()
    )
