"""Honest shares: begin a random sample, label its units one at a time, see the interval narrow."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kalkan.desk import access, briefing, labelling, shelf, telling
from kalkan.desk.actions import labels as acts
from kalkan.desk.forms.labels import Begin
from kalkan.figures import Ask, Where
from kalkan.figures.sampling import MORE
from kalkan.posts import ABOUT

_WORDS: Final = {"yes": True, "no": False, "unsure": None}


def samples(request: HttpRequest) -> HttpResponse:
    """All samples with what they say, and the form for another."""
    person, brand = access.person_of(request), access.current_brand(request)
    may = access.may(person, brand, "moderate")
    today = timezone.localdate()
    first = {"first": today - timedelta(days=7), "last": today - timedelta(days=1), "measure": "anger"}
    form = Begin(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST":
        access.require(person, brand, "moderate")
        if form.is_valid():
            zone = timezone.get_current_timezone_name()
            given = form.cleaned_data
            since, until = briefing.days(given["first"], given["last"], ZoneInfo(zone))
            ask = Ask(since=since, until=until, where=Where(brand=brand.slug, kinds=ABOUT), zone=zone)
            seed = secrets.randbits(62)
            row = acts.begin(person, brand, ask, given["measure"], seed=seed, now=timezone.now())
            return redirect("label", pk=row.pk)
    archive = shelf.opened()
    rows = [_shown(labelling.standing(row, archive)) for row in access.samples_for(person, brand)[:12]]
    shown = {"form": form, "rows": rows, "may": may}
    return render(request, "desk/labels.html", shown, status=400 if request.method == "POST" else 200)


def label(request: HttpRequest, pk: int) -> HttpResponse:
    """The next unit, without a name and without the reader's word."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "moderate")
    row = access.sample_for(person, brand, pk)
    units, done = labelling.next_units(row, person, shelf.opened())
    shown: dict[str, Any] = {
        "row": row,
        "name": telling.NAMES[row.measure],
        "unit": units[0] if units else None,
        "done": done,
        "goal": (done // MORE + 1) * MORE,
        "told": _shown(labelling.standing(row, shelf.opened())) if done and done % MORE == 0 else None,
    }
    return render(request, "desk/label.html", shown)


@require_POST
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a word, and go on to the next unit."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.sample_for(person, brand, pk)
    word = request.POST.get("word", "")
    if word in _WORDS:
        acts.label(person, row, request.POST.get("unit", ""), _WORDS[word], now=timezone.now())
    return redirect("label", pk=pk)


def _shown(found: labelling.Standing) -> dict[str, Any]:
    told = found.estimate
    return {
        "row": found.sample,
        "name": telling.NAMES[found.sample.measure],
        "span": telling.span(found.ask),
        "estimate": told,
        "band": telling.band(told.interval),
        "unsure": found.unsure,
        "people": found.people,
        "together": found.together,
        "drift": found.drift,
    }
