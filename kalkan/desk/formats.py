"""Numbers, dates and spans as English and Turkish write them.

Owns how a figure looks on the desk; never what it is. Every function takes the language, or the active one.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

from django.utils import timezone
from django.utils.translation import get_language, ngettext

MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "tr": "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
}
DAYS: Final = {
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "tr": "Pazartesi Salı Çarşamba Perşembe Cuma Cumartesi Pazar",
}


def language(lang: str | None = None) -> str:
    """``lang``, else the active language; English where it is none of ours."""
    found = (lang or get_language() or "en")[:2]
    return found if found in MONTHS else "en"


def number(value: float, places: int = 0, *, lang: str | None = None) -> str:
    """``value`` grouped by thousands with ``places`` decimals: 2,963.5 or 2.963,5."""
    text = f"{value:,.{places}f}"
    return text.translate(str.maketrans(",.", ".,")) if language(lang) == "tr" else text


def share(value: float, *, lang: str | None = None) -> str:
    """A share from 0 to 1 in whole per cent: 18 % or %18."""
    whole = number(round(value * 100), lang=lang)
    return f"%{whole}" if language(lang) == "tr" else f"{whole}\u00a0%"


def local(at: datetime, zone: tzinfo | None = None) -> datetime:
    """``at`` on the reader's clock."""
    return at.astimezone(zone or timezone.get_current_timezone())


def clock(at: datetime, *, lang: str | None = None, zone: tzinfo | None = None) -> str:
    """The time of day: 09:10 or 09.10."""
    return local(at, zone).strftime("%H.%M" if language(lang) == "tr" else "%H:%M")


def day(at: datetime, *, lang: str | None = None, zone: tzinfo | None = None) -> str:
    """The day and month: 23 November or 23 Kasım."""
    here = local(at, zone)
    return f"{here.day} {MONTHS[language(lang)].split()[here.month - 1]}"


def moment(at: datetime, *, lang: str | None = None, zone: tzinfo | None = None) -> str:
    """The whole of it: Monday 23 November 2026, 09:10 or 23 Kasım 2026 Pazartesi, 09.10."""
    here, lang = local(at, zone), language(lang)
    month, weekday = MONTHS[lang].split()[here.month - 1], DAYS[lang].split()[here.weekday()]
    hour = clock(at, lang=lang, zone=zone)
    if lang == "tr":
        return f"{here.day} {month} {here.year} {weekday}, {hour}"
    return f"{weekday} {here.day} {month} {here.year}, {hour}"


def when(at: datetime, *, now: datetime, lang: str | None = None, zone: tzinfo | None = None) -> str:
    """The time of day if it is today, with the day before it otherwise."""
    hour = clock(at, lang=lang, zone=zone)
    return hour if local(at, zone).date() == local(now, zone).date() else f"{day(at, lang=lang, zone=zone)} {hour}"


def span(seconds: float) -> str:
    """How long, in the largest unit that says it: 2 s, 3 min, 5 h, 2 days."""
    whole = max(0, round(seconds))
    if whole < 90:
        return ngettext("%(n)d s", "%(n)d s", whole) % {"n": whole}
    if whole < 90 * 60:
        return ngettext("%(n)d min", "%(n)d min", whole // 60) % {"n": round(whole / 60)}
    if whole < 48 * 3600:
        return ngettext("%(n)d h", "%(n)d h", whole // 3600) % {"n": round(whole / 3600)}
    return ngettext("%(n)d day", "%(n)d days", whole // 86400) % {"n": round(whole / 86400)}


def size(n: int) -> str:
    """Bytes in the unit that says it."""
    value, unit = float(n), "B"
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{number(value, 0 if value >= 10 or unit == 'B' else 1)} {unit}"
