"""Figures and posts as templates show them: links, bars as numbers, words that are safe to print.

Owns the geometry of interval bars and of the volume chart, and what of a hostile post is shown at all. Promises that
every number comes with the link to the posts behind it. Never counts and never makes HTML: templates escape everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Final
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kalkan import text
from kalkan.desk import formats, telling
from kalkan.desk.heard import title_of
from kalkan.figures import Ask, Figure, Figures, Row, moment
from kalkan.formats import SHORT_DAYS

WIDTH: Final = 168  # of an interval bar, in its own units
_SHORT: Final = 360  # signs of a post on the first page
_SCALES: Final = (4, 8, 12, 16, 20, 24, 32, 40, 48, 60, 80, 100)


def link(ask: Ask) -> str:
    """Where the posts that ``ask`` counts are listed."""
    return f"{reverse('posts')}?{ask.to_query()}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """An interval bar on 0 to WIDTH: the band and tick of now, the thin line and tick of before."""

    x: str
    width: str
    point: str
    was_x: str = ""
    was_width: str = ""
    was_point: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """One row of a table of shares."""

    name: str
    url: str
    value: str
    band: str
    count: str
    change: str  # up, down, same, none
    words: str
    spoken: str
    bar: Bar


@dataclass(frozen=True, kw_only=True, slots=True)
class Shares:
    """A table of shares on one scale, which ends at ``top`` (words, such as 24 %)."""

    rows: tuple[Share, ...]
    top: str


def shares(found: Figures, measures: Sequence[str], *, sort: bool = False) -> Shares:
    """A table of the shares of ``measures``; with ``sort`` the clear changes first, then the largest."""
    figures = [found.one(measure) for measure in measures]
    if sort:
        figures.sort(key=lambda each: (telling.change(each) not in ("up", "down"), -each.value))
    ends = [each.interval.high for each in figures if each.interval]
    ends += [each.before.interval.high for each in figures if _was_shown(each) and each.before and each.before.interval]
    top = next((scale for scale in _SCALES if scale >= ceil(100 * max(ends, default=0.0))), 100)
    return Shares(rows=tuple(_share(each, found, top / 100) for each in figures), top=formats.share(top / 100))


def _was_shown(figure: Figure) -> bool:
    return telling.change(figure) != "none"


def _share(figure: Figure, found: Figures, top: float) -> Share:
    return Share(
        name=str(telling.NAMES[figure.measure]),
        url=link(found.ask.behind(figure.measure)),
        value=formats.share(figure.value),
        band=telling.band(figure.interval),
        count=formats.number(figure.count),
        change=telling.change(figure),
        words=telling.change_words(figure),
        spoken=telling.spoken(figure),
        bar=_bar(figure, top),
    )


def _bar(figure: Figure, top: float) -> Bar:
    def at(value: float) -> float:
        return min(value, top) / top * WIDTH

    assert figure.interval is not None
    low, high = figure.interval.low, figure.interval.high
    now = {"x": f"{at(low):.1f}", "width": f"{at(high) - at(low):.1f}", "point": f"{at(figure.value) - 1:.1f}"}
    if figure.before is None or figure.before.interval is None or not _was_shown(figure):
        return Bar(**now)
    was = figure.before.interval
    return Bar(
        **now,
        was_x=f"{at(was.low):.1f}",
        was_width=f"{at(was.high) - at(was.low):.1f}",
        was_point=f"{at(figure.before.value) - 0.75:.1f}",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """An hour or a day in the volume chart: numbers for the drawing, words for its twin in text."""

    x: str
    y: str
    width: str
    height: str
    was_y: str
    whole: bool  # False where the period cuts it short
    label: str  # under the drawing; empty where there is no room
    label_x: str
    name: str
    url: str
    count: str
    was: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """The volume chart. ``top`` is the number at its upper line."""

    width: int
    height: int
    columns: tuple[Column, ...]
    top: str
    compared: bool


def columns(found: Figures, *, width: int, height: int = 72, labels: int = 8) -> Columns:
    """Authors by hour or day, with the same hour or day of the period before as a tick."""
    rows = found.of("authors")
    compared = found.coverage.before_heard and any(row.before is not None for row in rows)
    counts = [row.count for row in rows] + [row.before.count for row in rows if compared and row.before]
    top = _round_up(max(counts, default=0))
    step, gap = width / max(len(rows), 1), 0.25
    every = ceil(len(rows) / labels) if rows else 1
    starts = [moment(row.key) for row in rows]
    drawn = []
    for i, (row, start) in enumerate(zip(rows, starts, strict=True)):
        until = starts[i + 1] if i + 1 < len(starts) else found.ask.until
        since, until = max(start, found.ask.since), min(until, found.ask.until)
        whole = 0 < i < len(rows) - 1
        drawn.append(
            Column(
                x=f"{i * step + step * gap / 2:.1f}",
                y=f"{height - row.count / top * height:.1f}",
                width=f"{step * (1 - gap):.1f}",
                height=f"{row.count / top * height:.1f}",
                was_y=f"{height - row.before.count / top * height:.1f}" if compared and row.before else "",
                whole=whole,
                label=_bucket(start, found.ask.by) if (len(rows) - 1 - i) % every == 0 else "",
                label_x=f"{i * step + step / 2:.1f}",
                name=_bucket(start, found.ask.by) + ("" if whole else _partly(found, since, until, first=i == 0)),
                url=link(found.ask.behind(since=since, until=until)) if since < until else "",
                count=formats.number(row.count),
                was=formats.number(row.before.count) if compared and row.before else "",
            )
        )
    return Columns(width=width, height=height, columns=tuple(drawn), top=formats.number(top), compared=compared)


def _round_up(n: int) -> int:
    scale = 1
    while True:
        for step in (1, 2, 5):
            if n <= step * scale * 4:
                return max(4, -(-n // (step * scale)) * step * scale)
        scale *= 10


def _bucket(start: datetime, by: str | None) -> str:
    if by == "hour":
        return formats.clock(start)
    here = formats.local(start)
    return f"{SHORT_DAYS[formats.language()].split()[here.weekday()]} {here.day}"


def _partly(found: Figures, since: datetime, until: datetime, *, first: bool) -> str:
    if first:
        return ", " + _("from %(time)s") % {"time": formats.clock(since)} if since == found.ask.since else ""
    return ", " + _("so far")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """A link out of the desk, shown with the host it really reaches."""

    url: str
    host: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One post as a page shows it: text without controls, links with their hosts, nothing that loads by itself."""

    id: str
    text: str
    lang: str
    at: datetime
    network: str
    handle: str
    url: str
    host: str
    warning: str
    links: tuple[Outside, ...]
    media: str
    alts: tuple[str, ...]
    tags: tuple[str, ...]
    abuse: str  # what to show in the place of an abusive text; empty: it is none


def said(row: Row, *, short: bool = False) -> Said:
    """``row`` of :func:`kalkan.figures.behind`, ready for a template; ``short`` cuts long texts."""
    whole = _calm(text.clean(row["text"]))
    media = row["media"] or 0
    words = len(text.words(whole))
    fold = ngettext("abuse folded, %(n)s word", "abuse folded, %(n)s words", words) % {"n": formats.number(words)}
    url = _web(row["url"])
    return Said(
        id=row["id"],
        text=text.cut(whole, _SHORT) if short else whole,
        lang=_tag(row["lang"]),
        at=row["at"],
        network=title_of(row["network"]),
        handle=text.cut(_line(row["author_handle"] or ""), 60),
        url=url,
        host=text.display_host(url) if url else "",
        warning=text.cut(_line(row["warning"] or ""), 120),
        links=_links(row["links"] or ()),
        media=ngettext("%(n)s picture or film", "%(n)s pictures or films", media) % {"n": media} if media else "",
        alts=tuple(text.cut(_line(alt), 200) for alt in (row["media_alts"] or ())[:4] if alt.strip()),
        tags=_tags(row),
        abuse=fold if row["is_offensive"] else "",
    )


def _tags(row: Row) -> tuple[str, ...]:
    singular = {"question": _("question"), "ask": _("ask"), "complaint": _("complaint"), "praise": _("praise")}
    tags = [word for name, word in singular.items() if row[f"is_{name}"]]
    feeling = row["feeling"]
    if feeling and feeling != "none":
        tags.append(str(telling.NAMES.get(feeling, feeling)).lower() if formats.language() == "en" else
                    text.lower_tr(str(telling.NAMES.get(feeling, feeling))))  # fmt: skip
    return tuple(tags)


def _links(urls: Sequence[str]) -> tuple[Outside, ...]:
    found = {url: text.display_host(url) for raw in urls[:8] if (url := _web(raw))}
    return tuple(Outside(url=url, host=host) for url, host in found.items() if host)[:4]


def _web(url: str | None) -> str:
    """``url`` if it leads to the web, else nothing: no other scheme is ever made clickable."""
    try:
        parts = urlsplit((url or "").strip())
        return parts.geturl() if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def _tag(lang: str | None) -> str:
    return lang if lang and lang.isascii() and lang.replace("-", "").isalnum() and len(lang) <= 12 else ""


def _line(words: str) -> str:
    return " ".join(text.clean(words).split())


def _calm(words: str) -> str:
    """At most one empty line in a row: nobody should scroll through a stranger's line breaks."""
    lines: list[str] = []
    for line in words.strip().split("\n"):
        if line.strip() or (lines and lines[-1].strip()):
            lines.append(line.rstrip())
    return "\n".join(lines)
