"""Business hours: when a brand answers, and how much of a stretch of time lies inside those hours.

Owns a brand's week, its closed days and what clocks do in its time zone. Promises exact minutes across clock changes,
and the same answer for one stretch and for a million. Never reads a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from kalkan.errors import InvalidInput

Moments = npt.NDArray[np.datetime64]
Span = tuple[str, str]

WEEKDAYS: Final[Mapping[int, tuple[Span, ...]]] = dict.fromkeys(range(5), (("09:00", "18:00"),))
ALWAYS: Final[Mapping[int, tuple[Span, ...]]] = dict.fromkeys(range(7), (("00:00", "24:00"),))
_FAR: Final = 400  # days that are looked ahead for an open hour


@dataclass(frozen=True, kw_only=True)
class Hours:
    """A brand's week: for each day (0 = Monday) its open spans "HH:MM"–"HH:MM" in ``zone``; ``closed`` days have none.

    :raises InvalidInput: a span that ends before it begins or overlaps another, or a zone that does not exist.
    """

    zone: str = "UTC"
    days: Mapping[int, tuple[Span, ...]] = field(default_factory=lambda: WEEKDAYS)
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidInput("hours_zone_unknown", zone=self.zone) from error
        for day, spans in self.days.items():
            edges = [_minutes(edge) for span in spans for edge in span]
            if (
                day not in range(7)
                or edges != sorted(edges)
                or any(a >= b for a, b in zip(edges[::2], edges[1::2], strict=True))
            ):
                raise InvalidInput("hours_wrong", day=day, spans=", ".join("–".join(span) for span in spans))

    def open_on(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The open spans of ``day`` in UTC."""
        if day in self.closed:
            return ()
        return tuple(
            (_utc(day, begin, self.zone), _utc(day, end, self.zone)) for begin, end in self.days.get(day.weekday(), ())
        )


def worked(begin: datetime, end: datetime, *, hours: Hours) -> timedelta:
    """How much of ``begin`` to ``end`` (aware) lies in business hours; zero where ``end`` comes first."""
    minutes = worked_minutes(_moment(begin), _moment(end), hours=hours)
    return timedelta(minutes=float(minutes[0]))


def worked_minutes(begin: Moments, end: Moments, *, hours: Hours) -> npt.NDArray[np.float64]:
    """:func:`worked` for arrays of UTC moments (datetime64), in minutes; NaN where either is NaT."""
    begin, end = begin.astype("datetime64[us]"), end.astype("datetime64[us]")
    known = ~(np.isnat(begin) | np.isnat(end))
    minutes = np.full(len(begin), np.nan)
    if not known.any():
        return minutes
    opens, shuts = _opened(begin[known].min(), np.maximum(end[known], begin[known]).max(), hours)
    lengths = (shuts - opens).astype(np.int64)
    before = np.concatenate([[0], np.cumsum(lengths)])

    def so_far(moments: Moments) -> npt.NDArray[np.int64]:
        """Open microseconds up to each moment."""
        at = np.searchsorted(shuts, moments, "right")
        inside = np.zeros(len(moments), np.int64)
        within = at < len(opens)
        inside[within] = np.maximum((moments[within] - opens[at[within]]).astype(np.int64), 0)
        total: npt.NDArray[np.int64] = before[at] + inside
        return total

    spent = so_far(np.maximum(end[known], begin[known])) - so_far(begin[known])
    minutes[known] = spent / 60e6
    return minutes


def due(at: datetime, *, hours: Hours, goal: timedelta) -> datetime:
    """The moment by which a post of ``at`` (aware) is to be answered: ``goal`` of business time later, in UTC.

    :raises InvalidInput: the brand is never open.
    """
    left = goal
    now = at.astimezone(UTC)
    day = now.astimezone(ZoneInfo(hours.zone)).date()
    for _ in range(_FAR):
        for begin, end in hours.open_on(day):
            start = max(begin, now)
            if start < end and start + left <= end:
                return start + left
            left -= max(end - start, timedelta())
        day += timedelta(days=1)
    raise InvalidInput("hours_never_open", zone=hours.zone)


def _opened(first: np.datetime64, last: np.datetime64, hours: Hours) -> tuple[Moments, Moments]:
    """All open spans that may touch ``first`` to ``last``: their begins and ends, in order."""
    day = (first - np.timedelta64(2, "D")).astype("datetime64[D]").astype(date)
    end = (last + np.timedelta64(2, "D")).astype("datetime64[D]").astype(date)
    spans = []
    while day <= end:
        spans += [(_moment(one)[0], _moment(other)[0]) for one, other in hours.open_on(day)]
        day += timedelta(days=1)
    empty = np.zeros(0, "datetime64[us]")
    if not spans:
        return empty, empty
    return np.array([one for one, _ in spans]), np.array([other for _, other in spans])


def _utc(day: date, clock: str, zone: str) -> datetime:
    minutes = _minutes(clock)
    if minutes == 24 * 60:
        day, minutes = day + timedelta(days=1), 0
    return datetime.combine(day, time(minutes // 60, minutes % 60), ZoneInfo(zone)).astimezone(UTC)


def _minutes(clock: str) -> int:
    hour, sign, minute = clock.partition(":")
    if not (sign and hour.isdigit() and minute.isdigit() and int(minute) < 60 and int(hour) * 60 + int(minute) <= 1440):
        raise InvalidInput("hours_clock_wrong", clock=clock)
    return int(hour) * 60 + int(minute)


def _moment(at: datetime) -> Moments:
    return np.array([at.astimezone(UTC).replace(tzinfo=None)], "datetime64[us]")
