"""``kalkan brief``: the brief as a file, and whether one still holds."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
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
    from kalkan.stories.book import Book
    from kalkan.stories.record import StoryRow

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
    zone = machine_zone()
    now = datetime.now(UTC)
    since, until = period(parsed.last, now=now, zone=zone)
    book = _book(config)
    row = _story(book, parsed.story) if parsed.story else None
    from kalkan import brief as briefs

    archive = archives.open(config.archive, create=False)
    brand = _brand(config, archive, parsed.brand)
    one = None
    stories: Sequence[briefs.Told] = ()
    afterwards = False
    if row is not None and book is not None:
        one = briefs.told(row, book, archive, brand=brand, most=1_000, part=True)
        since, until = row.began - timedelta(minutes=1), row.last + timedelta(minutes=1)
    else:
        stories, afterwards = briefs.stories_of(archive, brand, since=since, until=until, book=book)
    made = briefs.compose(
        archive,
        brand=brand,
        stories=stories,
        afterwards=afterwards,
        story=one,
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


def machine_zone() -> ZoneInfo:
    """The machine's zone by name where it says one (TZ or /etc/localtime), else UTC."""
    name = os.environ.get("TZ", "").lstrip(":")
    if not name:
        place = Path("/etc/localtime")
        name = str(place.resolve()).partition("zoneinfo/")[2] if place.is_symlink() else ""
    return ZoneInfo(name if name in available_timezones() else "UTC")


def _book(config: Config) -> Book | None:
    """The book of stories, where there is one."""
    from kalkan.stories import book

    return book.open(config.stories) if (config.stories / book.FILE).is_file() else None


def _story(book: Book | None, wanted: str) -> StoryRow:
    """The story of that id or title.

    :raises InvalidInput: ``brief_story_unknown``, with the latest there are.
    """
    found = book.story(wanted) if book is not None else None
    listed = book.stories(limit=200) if book is not None else ()
    found = found or next((row for row in listed if fold(row.title) == fold(wanted)), None)
    if found is None:
        names = ", ".join(f"{row.id} ({row.title})" for row in listed[:5]) or "–"
        raise InvalidInput("brief_story_unknown", story=wanted[:60], known=names)
    return found


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
    slug = "-".join(fold(wanted).split())
    if slug in found:
        from kalkan.brands import Brand

        return Brand(slug=slug, name=wanted, watches=())
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
