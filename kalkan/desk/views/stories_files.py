"""Stories as files: each chart and list as CSV, in UTC, made from the same rows as the drawing."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from kalkan import figures
from kalkan.desk import access, shelf, stories, stories_showing
from kalkan.desk.views.stories import STATES, TALK_STEP, reading_of, row_of, wished
from kalkan.posts import FEELINGS

_SAFE: Final = "-_.:"


def listing(request: HttpRequest) -> HttpResponse:
    """The list as it is narrowed, each story with its last day in half hours."""
    brand, now = access.current_brand(request), timezone.now()
    state, scope, lang, gravity = wished(request, brand)
    found = stories.listed(brand, now=now, states=STATES[state][1], scope=scope, lang=lang, gravity=gravity)
    drawn = stories.opened().sparklines(
        [row.id for row in found], until=now, hours=stories_showing.HOURS, bins=stories_showing.BINS
    )
    names = [f"posts_{at * 30 - stories_showing.HOURS * 60}_min" for at in range(stories_showing.BINS)]
    head = ["story", "title", "scope", "state", "gravity", "began", "last", "posts", "authors", "usual_per_hour"]
    rows = (
        [
            row.id, _plain(row.title), row.scope, row.state, row.gravity.level, row.began.isoformat(),
            row.last.isoformat(), row.n, row.authors, round(row.usual_per_hour, 3), *drawn[row.id],
        ]
        for row in found
    )  # fmt: skip
    return _file("stories", [*head, *names], rows)


def curve(request: HttpRequest, id: str) -> HttpResponse:
    """The curve of a story: at, posts, authors, usual, low, high."""
    row, _brand = row_of(request, id)
    table = stories.opened().curve(row.id, step=stories_showing.step_of(row, timezone.now()))
    return _file(f"story-{row.id}", table.column_names, _rows(table))


def talk(request: HttpRequest) -> HttpResponse:
    """The last day of a watched curve: at, authors, usual, low, high.

    :raises Http404: it is not watched for the brand looked at.
    """
    brand, now = access.current_brand(request), timezone.now()
    scope = request.GET.get("scope", "")
    if scope not in dict(stories_showing.choices(brand)):
        raise Http404
    table = stories.opened().scope_curve(scope, since=now - stories_showing.TALK, until=now, step=TALK_STEP)
    table = table.drop_columns(["posts"])
    return _file(f"talk-{scope}", table.column_names, _rows(table))


def feelings(request: HttpRequest, id: str) -> HttpResponse:
    """What people feel in a story, hour by hour (or day by day): share of authors with its 95 % interval."""
    row, brand = row_of(request, id)
    kept = stories.members(row, shelf.opened(), reading=reading_of(brand))
    by = "hour" if kept.until - kept.since <= timedelta(hours=48) else "day"
    found = figures.answer(
        kept.ask(*FEELINGS, by=by, zone=timezone.get_current_timezone_name()), kept.archive, asked_at=timezone.now()
    )
    rows = (
        [one.key, name, one.count, one.n, round(one.value, 4), *_ends(one)]
        for name in FEELINGS
        for one in found.of(name)
        if one.n
    )
    return _file(f"feelings-{row.id}", ["at", "feeling", "authors", "of", "share", "low", "high"], rows)


def _ends(one: figures.Figure) -> tuple[Any, Any]:
    return (round(one.interval.low, 4), round(one.interval.high, 4)) if one.interval else ("", "")


def _rows(table: pa.Table) -> Iterable[list[Any]]:
    for each in table.to_pylist():
        yield [value.isoformat() if isinstance(value, datetime) else value for value in each.values()]


def _plain(words: str) -> str:
    """A stranger's words that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words


def _file(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    safe = "".join(sign if sign.isascii() and (sign.isalnum() or sign in _SAFE) else "-" for sign in name)[:60]
    answer["Content-Disposition"] = f'attachment; filename="{safe}.csv"'
    writer = csv.writer(answer)
    writer.writerow(head)
    writer.writerows(rows)
    return answer
