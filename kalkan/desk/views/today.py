"""Today: what people say now against the time before, in one sentence and the figures it was made from.

Asks the archive in a handful of queries whatever its size. Every number on the page is a link to the posts behind it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_htmx.http import HttpResponseClientRefresh

from kalkan import figures
from kalkan.desk import (
    access,
    alarms,
    drafts_list,
    formats,
    inbox,
    labelling,
    rereading,
    shelf,
    showing,
    stories_showing,
    telling,
)
from kalkan.desk.heard import Heard, heard
from kalkan.desk.listening import statuses
from kalkan.desk.views import cases
from kalkan.errors import InvalidInput
from kalkan.figures import Ask, Where
from kalkan.posts import ABOUT, BESIDE, FEELINGS

PERIODS: Final = {
    "24h": (timedelta(hours=24), "hour", _("24 h")),
    "7d": (timedelta(days=7), "day", _("7 days")),
    "28d": (timedelta(days=28), "day", _("28 days")),
}
FIRST: Final = "7d"
SAY: Final = ("negative", "neutral", "positive")
WANT: Final = ("question", "ask", "complaint", "praise")
MEASURES: Final = (
    *figures.COUNTED,
    *FEELINGS,
    *SAY,
    *WANT,
    "no_feeling",
    "feeling_not_sure",
    "sentiment_not_sure",
    "offensive",
    "question_or_ask",
)
_NEWEST: Final = 8
_ASKED: Final = 5


def today(request: HttpRequest) -> HttpResponse:
    """The page; with ``?newer=TIME`` only the part that says how much is newer."""
    period = request.GET.get("period", FIRST)
    if period not in PERIODS:
        period = FIRST
    now = timezone.now().replace(microsecond=0)
    brand = access.current_brand(request)
    length, by, _name = PERIODS[period]
    ask = Ask(
        since=now - length,
        until=now,
        measures=MEASURES,
        where=Where(brand=brand.slug, kinds=ABOUT),
        compare="before",
        zone=_zone(),
        reading=rereading.preferred(settings.CONFIG, brand.slug),
    )
    if "newer" in request.GET:
        return _newer(request, ask, period)
    return render(request, "desk/today.html", _page(request, ask, by, period))


def _page(request: HttpRequest, ask: Ask, by: str, period: str) -> dict[str, Any]:
    archive = shelf.opened()
    found = figures.answer(ask, archive, asked_at=ask.until)
    volume = figures.answer(replace(ask, measures=figures.COUNTED, by=by), archive, beside=found)
    calm = ask.behind("not_offensive")
    people = found.one("authors")
    listened = _listened(request, ask.until)
    began = min((row.since for row in listened if row.since and row.state != "off"), default=None)
    return {
        "found": found,
        "now": ask.until,
        "period": period,
        "periods": [(name, title) for name, (_length, _by, title) in PERIODS.items()],
        "length": telling.period(ask.length),
        "earlier": telling.earlier(ask.length),
        "headline": telling.headline(found, listening_since=began),
        "posts": found.one("posts"),
        "people": people,
        "wanting": found.one("question_or_ask"),
        "links": {name: showing.link(ask.behind(name)) for name in ("posts", "question_or_ask", "offensive")},
        "before_link": showing.link(ask.before.behind()),
        "enough": people.count >= figures.ENOUGH,
        "feelings": showing.shares(found, FEELINGS, sort=True),
        "unfelt": showing.shares(found, ("no_feeling", "feeling_not_sure")).rows,
        "sayings": showing.shares(found, (*SAY, *WANT)),
        "unsaid": showing.shares(found, ("sentiment_not_sure",)).rows,
        "recipes": [telling.recipe(name) for name in found.recipes],
        "honest": _honest(request, ask, archive),
        "charts": [
            ("wide", showing.columns(volume, width=800, labels=13 if by == "hour" else 8)),
            ("narrow", showing.columns(volume, width=328, labels=6)),
        ],
        "by": by,
        "csv": f"{reverse('figures_csv')}?{volume.ask.to_query()}",
        "csv_feelings": f"{reverse('figures_csv')}?{ask.to_query()}",
        "newest": [showing.said(row, short=True) for row in figures.newest(calm, archive, limit=_NEWEST)],
        "left_out": found.one("offensive").posts,
        "asked": [showing.said(row, short=True) for row in _asked(ask, archive)],
        "beside": _beside(ask, archive),
        "rising": stories_showing.risen(access.current_brand(request), now=ask.until),
        "unread_alarms": alarms.unread(access.person_of(request), access.current_brand(request), now=ask.until),
        "waiting": inbox.waiting(access.current_brand(request), now=ask.until),
        "acts": cases.lately(request, archive, since=ask.since, now=ask.until),
        "mark": (found.heard_until or ask.since).isoformat(),
        "empty": "" if people.count else "1",
        **drafts_list.today(access.person_of(request), access.current_brand(request)),
        **_foot(listened, ask.until),
    }


def _beside(ask: Ask, archive: figures.Archive) -> list[tuple[Any, figures.Figure, str]]:
    """Talk about the brand's topics and peers: how many authors of each, and the link to what they say."""
    wide = replace(ask, measures=("authors",), by="kind", compare=None, where=replace(ask.where, kinds=BESIDE))
    found = {row.key: row for row in figures.answer(wide, archive, asked_at=ask.until).of("authors")}
    return [
        (telling.KINDS[kind], found[kind], showing.link(ask.behind(kinds=(kind,))))
        for kind in BESIDE
        if kind in found and found[kind].count
    ]


def _honest(request: HttpRequest, ask: Ask, archive: figures.Archive) -> list[dict[str, Any]]:
    """Shares of this page that people's labels of a random sample correct, where there is such a sample."""
    found = labelling.fitting(access.current_brand(request), ask, archive, now=ask.until)
    return [
        {
            "name": telling.NAMES[name],
            "share": formats.share(told.value),
            "band": telling.band(told.interval),
            "corrected": told.how == "corrected",
            "labels": told.labels,
        }
        for name, told in found.items()
    ]


def _asked(ask: Ask, archive: figures.Archive) -> tuple[figures.Row, ...]:
    wanted = replace(ask, where=replace(ask.where, reads=("question_or_ask", "not_offensive")))
    return figures.newest(wanted, archive, limit=_ASKED, distinct=True)


def _newer(request: HttpRequest, ask: Ask, period: str) -> HttpResponse:
    """How many posts came since the page was made, and how the listeners are. A page still empty is made anew."""
    try:
        than = figures.moment(request.GET["newer"])
    except InvalidInput:
        than = ask.until
    n = figures.newer(ask.behind("not_offensive"), shelf.opened(), than=than)
    if n and request.GET.get("empty"):
        return HttpResponseClientRefresh()
    shown = {"newer": n, "mark": than.isoformat(), "period": period, "empty": request.GET.get("empty", "")}
    return render(
        request, "desk/parts/newer.html", {**shown, **_foot(_listened(request, ask.until), ask.until), "again": True}
    )


def _listened(request: HttpRequest, now: datetime) -> tuple[Heard, ...]:
    return heard(access.sources_for(access.person_of(request)), statuses(), now=now)


def _foot(rows: tuple[Heard, ...], now: datetime) -> dict[str, Any]:
    """Seen and Well: what the page speaks for, and how the listeners are."""
    live = [row for row in rows if row.state == "listening"]
    midnight = formats.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "seen": telling.seen(rows),
        "unseen": telling.unseen(rows),
        "gaps": sorted(
            ((row.title, gap) for row in rows for gap in row.gaps if gap.until >= now - timedelta(days=1)),
            key=lambda pair: pair[1].since,
        )[-3:],
        "troubled": [row for row in rows if row.shape == "hold"],
        "live": len(live),
        "behind": max((row.behind for row in live if row.behind is not None), default=None),
        "rate": sum(row.rate for row in live),
        "kept_out": sum(each.n for row in rows for each in row.rejects if each.last and each.last >= midnight),
    }


def foot(request: HttpRequest, now: datetime) -> dict[str, Any]:
    """What every page about people closes with, for ``parts/foot.html``."""
    return _foot(_listened(request, now), now)


def _zone() -> str:
    return timezone.get_current_timezone_name()
