"""Months and years as the index tells them, each with the one before.

Owns how a period is written (``2026-11``, ``2026``) and what it is set beside. Promises that a month or year that is
not over is set beside the same days of the one before, never beside all of it. Reads no clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kalkan import formats
from kalkan.errors import InvalidInput

KINDS: Final = ("month", "year")
_WRITTEN: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")
_FIRST, _LAST = 2000, 2199


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """One month or year on the clock of ``zone``, told at ``now``. Times are UTC; ``until`` is not after ``now``.

    ``was_since`` and ``was_until``: the part of the month or year before that this one is set beside.
    """

    year: int
    month: int | None  # None: the whole year
    zone: str
    since: datetime
    until: datetime
    end: datetime  # where the whole of it ends
    was_since: datetime
    was_until: datetime

    @property
    def kind(self) -> str:
        """month or year."""
        return "year" if self.month is None else "month"

    @property
    def running(self) -> bool:
        """Whether it is not over."""
        return self.until < self.end

    @property
    def name(self) -> str:
        """As it stands in an address: 2026-11, 2026."""
        return f"{self.year}" if self.month is None else f"{self.year}-{self.month:02d}"

    @property
    def scale(self) -> float:
        """How much longer this period is than the one it is set beside."""
        return (self.until - self.since) / (self.was_until - self.was_since)

    def title(self, lang: str) -> str:
        """For people: November 2026, Kasım 2026, 2026."""
        if self.month is None:
            return str(self.year)
        return f"{formats.MONTHS[formats.language(lang)].split()[self.month - 1]} {self.year}"


def period(written: str, *, now: datetime, zone: str) -> Period:
    """The month (``2026-11``) or year (``2026``) as it stands at ``now`` (aware).

    :raises InvalidInput: ``index_period_unreadable``, or ``index_period_ahead``: it has not begun.
    """
    match = _WRITTEN.fullmatch(written)
    year, month = (int(match[1]), int(match[2]) if match[2] else None) if match else (0, None)
    if not _FIRST <= year <= _LAST or (month is not None and not 1 <= month <= 12):
        raise InvalidInput("index_period_unreadable", value=written[:40])
    since, end = _start(year, month, zone), _start(*_step(year, month, 1), zone)
    if since >= now:
        raise InvalidInput("index_period_ahead", value=written)
    was_since = _start(*_step(year, month, -1), zone)
    until = min(end, now.astimezone(UTC).replace(microsecond=0))
    whole = until == end
    return Period(
        year=year, month=month, zone=zone, since=since, until=max(until, since + timedelta(seconds=1)), end=end,
        was_since=was_since, was_until=since if whole else min(was_since + (until - since), since),
    )  # fmt: skip


def last(kind: str, *, now: datetime, zone: str) -> Period:
    """The newest month or year that is over at ``now``."""
    here = now.astimezone(ZoneInfo(zone))
    year, month = _step(here.year, here.month if kind == "month" else None, -1)
    return period(_written(year, month), now=now, zone=zone)


def current(kind: str, *, now: datetime, zone: str) -> Period:
    """The month or year that ``now`` lies in."""
    here = now.astimezone(ZoneInfo(zone))
    moment = now if _start(here.year, here.month if kind == "month" else None, zone) < now else now + timedelta(days=1)
    return period(_written(here.year, here.month if kind == "month" else None), now=moment, zone=zone)


def beside(of: Period, by: int, *, now: datetime) -> Period | None:
    """The period ``by`` months or years away; None where that has not begun."""
    try:
        return period(_written(*_step(of.year, of.month, by)), now=now, zone=of.zone)
    except InvalidInput:
        return None


def months(of: Period, *, now: datetime) -> tuple[Period, ...]:
    """The months of a year that have begun; of a month, the six that end with it."""
    if of.month is None:
        names = [f"{of.year}-{month:02d}" for month in range(1, 13)]
    else:
        names = [_written(*_step(of.year, of.month, -back)) for back in range(5, -1, -1)]
    found = []
    for name in names:
        try:
            found.append(period(name, now=now, zone=of.zone))
        except InvalidInput:
            continue
    return tuple(found)


def _step(year: int, month: int | None, by: int) -> tuple[int, int | None]:
    if month is None:
        return year + by, None
    years, rest = divmod(year * 12 + month - 1 + by, 12)
    return years, rest + 1


def _written(year: int, month: int | None) -> str:
    return f"{year:04d}" if month is None else f"{year:04d}-{month:02d}"


def _start(year: int, month: int | None, zone: str) -> datetime:
    return datetime(year, month or 1, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
