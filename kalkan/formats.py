"""Numbers, dates and times as English and Turkish write them.

Owns how a figure looks; never what it is. Every function takes the language; what is neither is written as English.
"""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Final

MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
}
DAYS: Final = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "tr": "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
}
SHORT_DAYS: Final = {"en": "Mon Tue Wed Thu Fri Sat Sun", "tr": "Pzt Sal Çar Per Cum Cmt Paz"}


def language(lang: str) -> str:
    """``lang`` if it is one of ours, else English."""
    return lang[:2] if lang[:2] in MONTHS else "en"


def number(value: float, places: int = 0, *, lang: str) -> str:
    """``value`` grouped by thousands with ``places`` decimals: 2,963.5 or 2.963,5."""
    text = f"{value:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if language(lang) == "tr" else text


def share(value: float, *, lang: str) -> str:
    """A share from 0 to 1 in whole per cent: 18 % or %18."""
    whole = number(round(value * 100), lang=lang)
    return f"%{whole}" if language(lang) == "tr" else f"{whole}\u00a0%"


def clock(at: datetime, *, lang: str, zone: tzinfo) -> str:
    """The time of day: 09:10 or 09.10."""
    return at.astimezone(zone).strftime("%H.%M" if language(lang) == "tr" else "%H:%M")


def day(at: datetime, *, lang: str, zone: tzinfo) -> str:
    """The day and month: 23 November or 23 Kasım."""
    here = at.astimezone(zone)
    return f"{here.day} {MONTHS[language(lang)].split()[here.month - 1]}"


def moment(at: datetime, *, lang: str, zone: tzinfo) -> str:
    """The whole of it: Monday 23 November 2026, 09:10 or 23 Kasım 2026 Pazartesi, 09.10."""
    here, own = at.astimezone(zone), language(lang)
    weekday = DAYS[own].split()[here.weekday()]
    hour, date = clock(at, lang=own, zone=zone), f"{day(at, lang=own, zone=zone)} {here.year}"
    return f"{date} {weekday}, {hour}" if own == "tr" else f"{weekday} {date}, {hour}"


def period(since: datetime, until: datetime, *, lang: str, zone: tzinfo) -> str:
    """From the day of ``since`` to the last day before ``until``: 16–22 November 2026, 28 Aralık 2026–3 Ocak 2027."""
    first, last = since.astimezone(zone), (until - timedelta(microseconds=1)).astimezone(zone)
    end = f"{day(last, lang=lang, zone=zone)} {last.year}"
    if first.date() == last.date():
        return end
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{end}"
    start = day(first, lang=lang, zone=zone) + (f" {first.year}" if first.year != last.year else "")
    return f"{start}–{end}"
