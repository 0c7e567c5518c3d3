"""Times as files write them. Owns the common forms; promises aware UTC datetimes or ``None``; never guesses a zone."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Final

import regex

from kalkan.text import fold

_NUMBER: Final = regex.compile(r"[+-]?\d+(?:\.\d+)?")
_CLOCK: Final = (
    r"(?:[,T\s]+(?:(?:at|saat)\s+)?(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?)?"
    r"\s*(?P<utc>utc|gmt|z|[+-]\d{2}:?\d{2})?"
)
_DIGITS: Final = regex.compile(r"(?P<a>\d{1,4})[./\-](?P<b>\d{1,2})[./\-](?P<c>\d{1,4})" + _CLOCK)
_NAMED: Final = regex.compile(
    r"(?:[a-z]{3,9},?\s+)?(?:(?P<d>\d{1,2})\.?\s+(?P<mon>[a-z]{3,9})\.?|(?P<mon2>[a-z]{3,9})\.?\s+(?P<d2>\d{1,2})),?\s+(?P<y>\d{4})"
    + _CLOCK
)
_TWITTER: Final = regex.compile(
    r"[a-z]{3} (?P<mon>[a-z]{3}) (?P<d>\d{1,2}) (?P<h>\d{2}):(?P<m>\d{2}):(?P<s>\d{2}) (?P<utc>[+-]\d{4}) (?P<y>\d{4})"
)
_MONTHS: Final = {
    name[:3]: number
    for names in (
        "january february march april may june july august september october november december",
        "ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik",
    )
    for number, name in enumerate(names.split(), 1)
}
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def moment(value: object, *, zone: tzinfo = UTC, day_first: bool = True) -> datetime | None:
    """``value`` as a moment in UTC; None where it is none, or lies outside 1990 to 2100.

    Takes datetimes, ISO 8601, RFC 2822, Twitter's form, day and month in figures or in English or Turkish words, and
    seconds to nanoseconds since 1970. What names no zone is in ``zone``; 03/04/2024 is read by ``day_first``.
    """
    try:
        found = _any(value, zone, day_first)
        if found is None:
            return None
        found = found.replace(tzinfo=zone) if found.tzinfo is None else found
        found = found.astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return found if _EARLIEST <= found < _LATEST else None


def _any(value: object, zone: tzinfo, day_first: bool) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        return _epoch(float(value))
    text = str(value).strip()[:80]
    if not text:
        return None
    if _NUMBER.fullmatch(text) and len(text.partition(".")[0]) != 8:
        return _epoch(float(text))
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _worded(fold(text), text, day_first)


def _epoch(number: float) -> datetime | None:
    if not math.isfinite(number) or number <= 0:
        return None
    # Seconds until the year 5138 are below 1e11; anything larger is in a finer unit.
    while number >= 1e11:
        number /= 1000
    return datetime.fromtimestamp(number, UTC)


def _worded(text: str, written: str, day_first: bool) -> datetime | None:
    if match := _TWITTER.fullmatch(text):
        return _build(match.groupdict(), int(match["y"]), _MONTHS.get(match["mon"], 0), int(match["d"]))
    if match := _DIGITS.fullmatch(text):
        a, b, c = int(match["a"]), int(match["b"]), int(match["c"])
        if len(match["a"]) == 4:
            return _build(match.groupdict(), a, b, c)
        year = c + 2000 if len(match["c"]) == 2 else c
        day, month = (a, b) if a > 12 or (b <= 12 and (day_first or "." in text[:3])) else (b, a)
        return _build(match.groupdict(), year, month, day)
    if match := _NAMED.fullmatch(text):
        month = _MONTHS.get((match["mon"] or match["mon2"])[:3], 0)
        return _build(match.groupdict(), int(match["y"]), month, int(match["d"] or match["d2"]))
    return parsedate_to_datetime(written)


def _build(parts: dict[str, str | None], year: int, month: int, day: int) -> datetime:
    hour = int(parts["h"] or 0)
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    found = datetime(year, month, day, hour, int(parts["m"] or 0), int(parts["s"] or 0))  # noqa: DTZ001 - zone follows
    if utc := parts["utc"]:
        offset = "+00:00" if utc[0] not in "+-" else f"{utc[:3]}:{utc[-2:]}"
        return datetime.fromisoformat(found.isoformat() + offset)
    return found


def day_comes_first(values: list[str]) -> bool:
    """Whether dates such as 03/04/2024 in a column have the day first: what its unmistakable ones show, else yes."""
    for value in values:
        match = _DIGITS.match(fold(value.strip()[:80]))
        if match and len(match["a"]) <= 2:
            if int(match["a"]) > 12:
                return True
            if int(match["b"]) > 12:
                return False
    return True
