"""``kalkan brief``: the brief as a file, and whether one still holds."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from kalkan import brand_files
from kalkan import config as settings
from kalkan.errors import InvalidInput
from kalkan.sentences import say
from kalkan.text import fold

if TYPE_CHECKING:
    from kalkan.archive import Archive
    from kalkan.brands import Brand
    from kalkan.config import Config

_DAYS: Final = {"day": 1, "week": 7, "month": 28}


def brief(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan brief``: written to a file, or an earlier one verified."""
    config = settings.load(os.environ, data=parsed.data)
    from kalkan import archive as archives

    if parsed.verify:
        return _verify(Path(parsed.verify), archives.open(config.archive, create=False), lang)
    if not parsed.brand or not parsed.out:
        raise InvalidInput("brief_needs", missing="--brand" if not parsed.brand else "-o")
    target = Path(parsed.out)
    if target.suffix.lower() not in (".html", ".pdf", ".json"):
        raise InvalidInput("brief_suffix", path=target.name)
    zone = _zone()
    now = datetime.now(UTC)
    since, until = period(parsed.last, now=now, zone=zone)
    from kalkan import brief as briefs

    archive = archives.open(config.archive, create=False)
    made = briefs.compose(
        archive,
        brand=_brand(config, archive, parsed.brand),
        since=since,
        until=until,
        made_at=now,
        zone=zone.key,
        lang=parsed.lang or lang,
        sort=parsed.sort,
    )
    links = {}
    if config.public_url:
        links = briefs.links(made, config.public_url)
    if target.suffix.lower() == ".pdf":
        target.write_bytes(briefs.pdf(made, links=links))
    else:
        target.write_text(
            made.to_json() if target.suffix.lower() == ".json" else briefs.html(made, links=links), encoding="utf-8"
        )
    print(say("brief_done", {"path": str(target), "numbers": len(made.asks)}, lang=lang), file=sys.stderr)
    return 0


def period(text: str, *, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The days meant by ``day``, ``week``, ``month`` (whole days of ``zone`` before today) or ``FROM..TO`` (both in).

    :raises InvalidInput: ``brief_period_unreadable``.
    """
    if text in _DAYS:
        today = datetime.combine(now.astimezone(zone).date(), time(), zone)
        return today - timedelta(days=_DAYS[text]), today
    first, dots, last = text.partition("..")
    try:
        if not dots:
            raise ValueError
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        if start > end:
            raise ValueError
    except ValueError as error:
        raise InvalidInput("brief_period_unreadable", value=text[:60]) from error
    return datetime.combine(start, time(), zone), datetime.combine(end + timedelta(days=1), time(), zone)


def _zone() -> ZoneInfo:
    """The machine's zone by name where it says one (TZ or /etc/localtime), else UTC."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        place = Path("/etc/localtime")
        name = str(place.resolve()).partition("zoneinfo/")[2] if place.is_symlink() else ""
    return ZoneInfo(name if name in available_timezones() else "UTC")


def _brand(config: Config, archive: Archive, wanted: str) -> Brand:
    """The brand of that name or short name.

    :raises InvalidInput: ``brand_unknown``, with those that there are.
    """
    path = config.data / "brands.json"
    known = brand_files.read(path) if path.exists() else ()
    for one in known:
        if fold(wanted) in (fold(one.name), fold(one.slug)):
            return one
    found = archive.query("SELECT DISTINCT brand FROM mentions ORDER BY brand", tables=("mentions",))[
        "brand"
    ].to_pylist()
    if wanted in found:
        from kalkan.brands import Brand

        return Brand(slug=wanted, name=wanted, watches=())
    names = ", ".join(sorted({*(one.name for one in known), *found})) or "–"
    raise InvalidInput("brand_unknown", name=wanted[:60], known=names)


def _verify(path: Path, archive: Archive, lang: str) -> int:
    from kalkan import brief as briefs

    found = briefs.verify(briefs.opened(path), archive)
    if not found.whole:
        print(say("brief_changed", {"path": path.name}, lang=lang))
    for name, was, now in found.differ:
        print(say("brief_differs", {"name": name, "was": was, "is": now}, lang=lang))
    if found.whole and not found.differ:
        print(say("brief_holds", {"numbers": found.asked}, lang=lang))
        return 0
    return 1
