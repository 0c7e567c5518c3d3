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
_HIDDEN = ("kind", "network", "lang", "reads", "recipe", "reading", "answers", "since", "until", "zone")


def posts(request: HttpRequest) -> HttpResponse:
    """The list for the question in the address; without a period, of the last 7 days.

    A question names its brand; whoever is not on that brand's team is told that there is nothing.
    """
    ask = _ask(request)
    archive = shelf.opened()
    found = figures.answer(ask, archive, asked_at=timezone.now())
    page = figures.behind(ask, archive, after=request.GET.get("after"), limit=_PAGE)
    query = request.GET.urlencode() if "brief" in request.GET else ask.to_query()
    shown: dict[str, Any] = {
        "found": found,
        "people": found.one("authors"),
        "posts": found.one("posts"),
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


def _ask(request: HttpRequest) -> Ask:
    """The question in the address, about a brand that this person may see.

    :raises KalkanError: the address holds no question, or one that Kalkan does not answer.
    """
    if "brief" in request.GET:
        return _of_brief(request)
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
        return replace(ask, measures=figures.COUNTED, by=None, compare=None)  # answers to posts of ours, mention or not
    return replace(ask, measures=figures.COUNTED, by=None, compare=None, where=replace(ask.where, brand=brand.slug))


def _of_brief(request: HttpRequest) -> Ask:
    """A question too long for an address: a number of a kept brief."""
    pk = request.GET["brief"]
    row = access.brief_for(access.person_of(request), access.current_brand(request), int(pk) if pk.isdecimal() else 0)
    kept = from_json(row.data)["asks"].get(request.GET.get("number", ""))
    if kept is None:
        raise Http404
    return figures.from_dict(kept["ask"]).behind(kept["says"]["measure"])


def _without_after(query: str) -> str:
    return urlencode([pair for pair in parse_qsl(query) if pair[0] != "after"])
