"""The posts behind a number: what was asked in words, how many there are, and the posts themselves, newest first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from kalkan import figures
from kalkan.desk import access, shelf, showing, telling
from kalkan.figures import Ask

_PAGE = 40
_HIDDEN = ("kind", "network", "lang", "reads", "recipe", "since", "until", "zone")


def posts(request: HttpRequest) -> HttpResponse:
    """The list for the question in the address; without a period, of the last 7 days.

    A question names its brand; whoever is not on that brand's team is told that there is nothing.
    """
    ask = _ask(request)
    archive = shelf.opened()
    found = figures.answer(ask, archive, asked_at=timezone.now())
    page = figures.behind(ask, archive, after=request.GET.get("after"), limit=_PAGE)
    query = ask.to_query()
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
        "older": f"{reverse('posts')}?{query}&{urlencode({'after': page.next})}" if page.next else "",
        "first": f"{reverse('posts')}?{query}" if request.GET.get("after") else "",
        "all": showing.link(replace(ask, where=figures.Where(brand=ask.where.brand))) if ask.where.reads else "",
        "now": timezone.now(),
    }
    return render(request, "desk/posts.html", shown)


def _ask(request: HttpRequest) -> Ask:
    """The question in the address, about a brand that this person may see.

    :raises KalkanError: the address holds no question, or one that Kalkan does not answer.
    """
    given = {name: request.GET.getlist(name) for name in request.GET}
    if not given.get("since") and not given.get("until"):
        now = timezone.now().replace(microsecond=0)
        given |= {"since": [(now - timedelta(days=7)).isoformat()], "until": [now.isoformat()]}
    ask = figures.from_query(given)
    named = ask.where.brand
    brand = access.brand_for(access.person_of(request), named) if named else access.current_brand(request)
    return replace(ask, measures=figures.COUNTED, by=None, compare=None, where=replace(ask.where, brand=brand.slug))
