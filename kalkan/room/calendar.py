"""Days and hours that people keep: our own list, its movable dates, mourning declared by hand.

Owns those dates. Promises that the calendar only blocks: nothing here is a reason to post or to sell. Public holidays
come from ``holidays``, hijri dates (Umm al-Qura; the Turkish date can differ by a day, so such days last two) from
``hijridate``, Hebrew ones from ``pyluach``. Never reads a clock.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

import regex

from kalkan.room.shapes import Observance
from kalkan.text import fold

_EU: Final = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
_DAYS: Final = {name: at for at, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))}
# The clock by which a market keeps its days; where a country has several, the one most of its people live by.
_ZONES: Final = {
    "TR": "Europe/Istanbul", "GB": "Europe/London", "IE": "Europe/Dublin", "US": "America/New_York",
    "CA": "America/Toronto", "AU": "Australia/Sydney", "NZ": "Pacific/Auckland", "JP": "Asia/Tokyo",
    "CN": "Asia/Shanghai", "IN": "Asia/Kolkata", "IL": "Asia/Jerusalem", "DE": "Europe/Berlin", "AT": "Europe/Vienna",
    "NL": "Europe/Amsterdam",
    "FR": "Europe/Paris", "IT": "Europe/Rome", "ES": "Europe/Madrid", "BE": "Europe/Brussels", "PL": "Europe/Warsaw",
    "NO": "Europe/Oslo", "GR": "Europe/Athens", "UA": "Europe/Kyiv",
}  # fmt: skip
_SOLEMN: Final = regex.compile(r"remembrance|memorial|mourning|martyr|armistice|anzac|heroes|victims", regex.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A line of our list."""

    id: str
    rule: str
    name: str
    name_tr: str
    markets: tuple[str, ...]  # empty: everywhere
    kind: str
    whole: bool
    tone: str
    words: tuple[str, ...]
    hush: tuple[time, str, int] | None


@cache
def kept() -> tuple[Kept, ...]:
    """Our list, line by line."""
    text = resources.files("kalkan.room.words").joinpath("observances.txt").read_text(encoding="utf-8")
    return tuple(_line(line) for line in text.splitlines() if " | " in line and not line.startswith("#"))


def _line(line: str) -> Kept:
    cells = [cell.strip() for cell in line.split("|")]
    markets: list[str] = []
    for one in cells[4].split():
        markets.extend(_EU if one == "EU" else () if one == "*" else (one,))
    hush = None
    if len(cells) > 9 and cells[9]:
        clock, zone, minutes = cells[9].split()
        hush = (time.fromisoformat(clock), zone, int(minutes))
    return Kept(
        id=cells[0], rule=cells[1], name=cells[2], name_tr=cells[3], markets=tuple(dict.fromkeys(markets)),
        kind=cells[5], whole=cells[6] == "whole", tone=cells[7],
        words=tuple(word.strip() for word in cells[8].split(",") if word.strip()), hush=hush,
    )  # fmt: skip


def observances(begins: datetime, until: datetime, *, markets: Sequence[str]) -> tuple[Observance, ...]:
    """What is kept between ``begins`` and ``until`` (aware) in ``markets`` (ISO 3166-1 alpha-2; empty: what is kept
    everywhere), earliest first. Nights begin the evening before."""
    found: dict[str, Observance] = {}
    for year in range(begins.year - 1, until.year + 2):
        for one in _of_year(year, tuple(sorted(markets))):
            if one.begins < until and one.until > begins:
                found[f"{one.id}:{one.begins.date()}"] = one
    return tuple(sorted(found.values(), key=lambda one: (one.begins, one.id)))


def declared(
    name: str, *, begins: datetime, until: datetime, markets: Sequence[str], name_tr: str = "", id: str = ""
) -> Observance:
    """Mourning that somebody declared, put in by hand: no calendar can know it. Blocks like a day of remembrance."""
    return Observance(
        id=id or f"mourning:{begins.date()}:{fold(name)[:40]}",
        name=name, name_tr=name_tr or name, kind="mourning", tone="plain", begins=begins, until=until,
        markets=tuple(markets), words=(fold(name),), weight="whole",
    )  # fmt: skip


@lru_cache(maxsize=64)
def _of_year(year: int, markets: tuple[str, ...]) -> tuple[Observance, ...]:
    out = []
    for one in kept():
        here = tuple(market for market in markets if market in one.markets)
        if one.markets and not here:
            continue
        zone = ZoneInfo(_ZONES.get((here or markets or ("",))[0], "UTC"))
        for first, last in days_of(one.rule, year):
            out.append(_observance(one, first, last, zone, here))
    out.extend(_public(year, markets, {day.begins.date() for day in out if day.weight == "whole"}))
    return tuple(out)


def _observance(one: Kept, first: date, last: date, zone: ZoneInfo, here: tuple[str, ...]) -> Observance:
    begins = datetime.combine(first, time(), zone)
    if one.rule.startswith(("hijri", "hebrew")):
        begins -= timedelta(hours=7)  # the evening before
    if one.rule.startswith("hijri"):
        last += timedelta(days=1)
    hush = None
    if one.hush is not None:
        clock, name, minutes = one.hush
        start = datetime.combine(first, clock, ZoneInfo(name))
        hush = (start.astimezone(UTC), (start + timedelta(minutes=minutes)).astimezone(UTC))
    return Observance(
        id=one.id, name=one.name, name_tr=one.name_tr, kind=one.kind, tone=one.tone,
        begins=begins.astimezone(UTC), until=datetime.combine(last + timedelta(days=1), time(), zone).astimezone(UTC),
        markets=here, words=one.words, divisive=one.tone == "divisive", hush=hush,
        weight="whole" if one.whole else "part",
    )  # fmt: skip


def _public(year: int, markets: Iterable[str], taken: set[date]) -> Iterator[Observance]:
    """Public holidays that are days of mourning by their name; feasts are no reason to stop."""
    import holidays

    for market in markets:
        try:
            days = holidays.country_holidays(market, years=year, language="en_US")
        except (NotImplementedError, KeyError):
            continue
        zone = ZoneInfo(_ZONES.get(market, "UTC"))
        for day, name in sorted(days.items()):
            if _SOLEMN.search(name) and day not in taken:
                begins = datetime.combine(day, time(), zone)
                yield Observance(
                    id=f"holiday:{market}:{fold(name).replace(' ', '-')[:40]}", name=name, name_tr=name,
                    kind="remembrance", tone="plain", begins=begins.astimezone(UTC),
                    until=(begins + timedelta(days=1)).astimezone(UTC), markets=(market,), words=(fold(name),),
                    weight="part",
                )  # fmt: skip


def days_of(rule: str, year: int) -> list[tuple[date, date]]:
    """First and last days of a rule in a year. The grammar stands at the head of ``words/observances.txt``.

    :raises ValueError: no such rule.
    """
    if found := regex.fullmatch(r"(\d\d)-(\d\d)(?:\.\.(\d\d)-(\d\d))?", rule):
        first = date(year, int(found[1]), int(found[2]))
        return [(first, date(year, int(found[3]), int(found[4])) if found[3] else first)]
    if found := regex.fullmatch(r"nth:(\d\d):(\w{3}):(\d|last)(?:\+(\d))?", rule):
        month = int(found[1])
        many = calendar.monthrange(year, month)[1]
        fit = [date(year, month, day) for day in range(1, many + 1)]
        fit = [day for day in fit if day.weekday() == _DAYS[found[2]]]
        day = (fit[-1] if found[3] == "last" else fit[int(found[3]) - 1]) + timedelta(int(found[4] or 0))
        return [(day, day)]
    if found := regex.fullmatch(r"(easter|orthodox|advent)([+-]\d+)", rule):
        day = _anchor(found[1], year) + timedelta(int(found[2]))
        return [(day, day)]
    if rule.startswith("hijri:"):
        return [(day, day) for day in _hijri(rule.removeprefix("hijri:"), year)]
    if rule.startswith("hebrew:"):
        return [(day, day) for day in _hebrew(rule.removeprefix("hebrew:"), year)]
    raise ValueError(f"no such rule: {rule}")


def _anchor(name: str, year: int) -> date:
    from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter  # type: ignore[import-untyped]

    if name == "advent":
        before = date(year, 12, 25) - timedelta(date(year, 12, 25).isoweekday() % 7 or 7)
        return before - timedelta(21)
    found: date = easter(year, EASTER_WESTERN if name == "easter" else EASTER_ORTHODOX)
    return found


def _hijri(rule: str, year: int) -> list[date]:
    from hijridate import Gregorian, Hijri

    first = Gregorian(year, 1, 1).to_hijri().year
    out = []
    for lunar in (first, first + 1):
        if rule == "07:first-Fri-1":
            day = _day(Hijri(lunar, 7, 1).to_gregorian())
            day += timedelta((4 - day.weekday()) % 7) - timedelta(1)
        else:
            month, at = rule.split("-")
            day = _day(Hijri(lunar, int(month), int(at)).to_gregorian())
        if day.year == year:
            out.append(day)
    return out


def _day(any_date: date) -> date:
    return date(any_date.year, any_date.month, any_date.day)


def _hebrew(rule: str, year: int) -> list[date]:
    from pyluach.dates import HebrewDate  # type: ignore[import-untyped]

    month, at = (int(part) for part in rule.split("-"))
    days = [HebrewDate(lunar, month, at).to_pydate() for lunar in (year + 3760, year + 3761)]
    return [day for day in days if day.year == year]
