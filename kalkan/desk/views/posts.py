"""The posts behind a number: what was asked in words, how many there are, and the posts themselves, newest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from kalkan import figures
from kalkan.brief import from_json
from kalkan.desk import access, rereading, shelf, showing, telling
from kalkan.figures import Ask

_PAGE = 40
_COMPARED = 2_000  # posts; comparing more with each other would keep a reader waiting
_HIDDEN = ("kind", "network", "lang", "reads", "recipe", "reading", "answers", "watch", "since", "until", "zone")


def posts(request: HttpRequest) -> HttpResponse:
    """The list for the question in the address; without a period, of the last 7 days.

    A question names its brand; whoever is not on that brand's team is told that there is nothing.
    """
    ask = _ask(request)
    archive = shelf.opened()
    found = figures.answer(ask, archive, asked_at=timezone.now())
    alike = 1 < found.one("posts").count <= _COMPARED and not request.GET.get("after")
    once = figures.answer(replace(ask, copies="once"), archive, beside=found) if alike else None
    page = figures.behind(ask, archive, after=request.GET.get("after"), limit=_PAGE)
    query = request.GET.urlencode() if "brief" in request.GET else ask.to_query()
    shown: dict[str, Any] = {
        "found": found,
        "people": found.one("authors"),
        "posts": found.one("posts"),
        "once": _fewer(once) if once else None,
        "gone": found.coverage.gone,
        "filters": telling.filters(ask.where),
        "span": telling.span(ask),
        "says": ask.where.says,
        "hidden": [(name, value) for name in _HIDDEN for value in request.GET.getlist(name)],
        "asked_brand": ask.where.brand,
        "list": [showing.said(row) for row in page.posts],
        "recipes": [telling.recipe(name) for name in found.recipes],
        "older": f"{reverse('posts')}?{_without_after(query)}&{urlencode({'after': page.next})}" if page.next else "",
        "first": f"{reverse('posts')}?{_without_after(query)}" if request.GET.get("after") else "",
        "all": showing.link(replace(ask, where=figures.Where(brand=ask.where.brand))) if ask.where.reads else "",
        "now": timezone.now(),
    }
    return render(request, "desk/posts.html", shown)


def figures_csv(request: HttpRequest) -> HttpResponse:
    """The figures of the question in the address as CSV: what a chart was drawn from."""
    ask = _asked(request)
    told = HttpResponse(figures.as_csv(figures.answer(ask, shelf.opened())), content_type="text/csv; charset=utf-8")
    told["Content-Disposition"] = f'attachment; filename="kalkan-{ask.until:%Y-%m-%d}.csv"'
    return told


def _ask(request: HttpRequest) -> Ask:
    """The question in the address about posts alone: how many, by how many, without groups or a period before."""
    if "brief" in request.GET:
        return _of_brief(request)
    return replace(_asked(request), measures=figures.COUNTED, by=None, compare=None, copies=None)


def _asked(request: HttpRequest) -> Ask:
    """The question in the address, about a brand that this person may see.

    :raises KalkanError: the address holds no question, or one that Kalkan does not answer.
    """
    given = {name: request.GET.getlist(name) for name in request.GET}
    plain = not given.get("since") and not given.get("until")
    if plain:
        now = timezone.now().replace(microsecond=0)
        given |= {"since": [(now - timedelta(days=7)).isoformat()], "until": [now.isoformat()]}
    ask = figures.from_query(given)
    named = ask.where.brand
    brand = access.brand_for(access.person_of(request), named) if named else access.current_brand(request)
    if plain and not ask.reading:  # a number's link says whose reading it counts; no number leads here
        ask = replace(ask, reading=rereading.preferred(settings.CONFIG, brand.slug))
    if named is None and ask.where.answers and access.sent_here(access.person_of(request), ask.where.answers):
        return ask  # answers to posts of ours, mention or not
    return replace(ask, where=replace(ask.where, brand=brand.slug))


def _of_brief(request: HttpRequest) -> Ask:
    """A question too long for an address: a number of a kept brief."""
    pk = request.GET["brief"]
    row = access.brief_for(access.person_of(request), access.current_brand(request), int(pk) if pk.isdecimal() else 0)
    kept = from_json(row.data)["asks"].get(request.GET.get("number", ""))
    if kept is None:
        raise Http404
    return figures.from_dict(kept["ask"]).behind(kept["says"]["measure"])


def _fewer(found: figures.Figures) -> dict[str, int] | None:
    """How many posts and voices there are when near-copies count once; None where that is nothing to speak of."""
    posts, people = found.one("posts"), found.one("authors")
    if not posts.once or not people.once or posts.once.count > 0.9 * posts.count:
        return None
    return {"posts": round(posts.once.count), "voices": max(1, round(people.once.count))}


def _without_after(query: str) -> str:
    return urlencode([pair for pair in parse_qsl(query) if pair[0] != "after"])
