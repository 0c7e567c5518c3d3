"""Numbers, dates and spans in the active language and on the reader's clock.

Owns how a figure looks on the desk; never what it is. Every function takes the language, or the active one.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from django.utils import timezone
from django.utils.translation import get_language, ngettext

from kalkan import formats

DAYS, MONTHS = formats.DAYS, formats.MONTHS


def language(lang: str | None = None) -> str:
    """``lang``, else the active language; English where it is none of ours."""
    return formats.language(lang or get_language() or "en")


def number(value: float, places: int = 0, *, lang: str | None = None) -> str:
    """As :func:`kalkan.formats.number`, in the active language."""
    return formats.number(value, places, lang=language(lang))


def share(value: float, *, lang: str | None = None) -> str:
    """As :func:`kalkan.formats.share`, in the active language."""
    return formats.share(value, lang=language(lang))


def local(at: datetime, zone: tzinfo | None = None) -> datetime:
    """``at`` on the reader's clock."""
    return at.astimezone(zone or timezone.get_current_timezone())


def clock(at: datetime, *, lang: str | None = None, zone: tzinfo | None = None) -> str:
    """As :func:`kalkan.formats.clock`, in the active language and on the reader's clock."""
    return formats.clock(at, lang=language(lang), zone=zone or timezone.get_current_timezone())


def day(at: datetime, *, lang: str | None = None, zone: tzinfo | None = None) -> str:
    """As :func:`kalkan.formats.day`, in the active language and on the reader's clock."""
    return formats.day(at, lang=language(lang), zone=zone or timezone.get_current_timezone())


def moment(at: datetime, *, lang: str | None = None, zone: tzinfo | None = None) -> str:
    """As :func:`kalkan.formats.moment`, in the active language and on the reader's clock."""
    return formats.moment(at, lang=language(lang), zone=zone or timezone.get_current_timezone())


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
