"""The small menu on a post's row, and the page that says what corrections taught."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_POST

from kalkan import figures, sentences
from kalkan.desk import access, corrections, formats, rereading, showing, telling
from kalkan.desk.actions import corrections as acts
from kalkan.desk.models import Brand, Correction
from kalkan.errors import InvalidInput, Refused
from kalkan.posts import key_of
from kalkan.reading import adjust
from kalkan.text import cut

_LAST = 20


def correct(request: HttpRequest) -> HttpResponse:
    """What can be said of one reading, as a menu in the row (or a page, without scripts); and saying it."""
    person = access.person_of(request)
    given = request.GET
    brand = access.brand_for(person, given.get("brand", ""))
    post = given.get("id", "")
    read = corrections.read_of(brand.slug, post, _moment(given.get("at", "")))
    if read is None:
        raise Http404
    address = f"{reverse('correct')}?{urlencode({name: given.get(name, '') for name in ('brand', 'id', 'at')})}"
    if request.method == "POST":
        word = request.POST.get("set", "")
        now = timezone.now()
        if word == "back":
            acts.take_back(person, brand, post)
        elif word == "right":
            acts.confirm(person, brand, read, now=now)
        else:
            task, _colon, verdict = word.partition(":")
            acts.correct(person, brand, read, {task: verdict or request.POST.get(task, "")}, now=now)
        if not getattr(request, "htmx", False):
            return redirect(_back(request))
    else:
        access.require(person, brand, "moderate")
    shown = _menu(request, brand, read, address)
    if given.get("closed"):
        return render(request, "desk/parts/correct.html", {**shown, "may": True, "closed": True})
    shown["opened"] = request.method == "GET"
    part = "desk/parts/correct_menu.html" if getattr(request, "htmx", False) else "desk/correct.html"
    return render(request, part, shown)


def _menu(request: HttpRequest, brand: Brand, read: corrections.Read, address: str) -> dict[str, Any]:
    person = access.person_of(request)
    post = read.row["id"]
    mine = corrections.by_post(access.corrections_for(person, brand).filter(post=post)).get(post, [])
    said = corrections.said_of(read.row)
    corrected = {row.task: row.became for row in mine}
    return {
        "address": address,
        "said": corrections.told(mine),
        "short": f"c{key_of(post) % 10**8}",
        "tasks": [
            {
                "task": task,
                "name": name,
                "read": corrections.verdict_word(task, said[task]),
                "now": corrected.get(task, said[task]),
                "corrected": task in corrected,
                "verdicts": [(one, corrections.verdict_word(task, one)) for one in corrections.verdicts(task)],
            }
            for task, name in corrections.TASKS.items()
        ],
        "recipe": telling.recipe(read.row["recipe"]),
        "post": {"text": cut(read.row["text"], 360), "lang": read.row["lang"] or ""},
        "next": _back(request),
        "asked_brand": brand.slug,
    }


def _back(request: HttpRequest) -> str:
    """The page that the menu was opened on, if it is one of ours."""
    for found in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if found and url_has_allowed_host_and_scheme(found, {request.get_host()}):
            return found
    return reverse("posts")


def _moment(text: str) -> datetime:
    try:
        return figures.moment(text)
    except InvalidInput:
        raise Http404 from None


def readings(request: HttpRequest) -> HttpResponse:
    """What was corrected, by whom; what it would change, measured; and the switch."""
    person, brand = access.person_of(request), access.current_brand(request)
    base = rereading.base(settings.CONFIG)
    rows = access.corrections_for(person, brand)
    found = access.adjustment_for(person, brand)
    shown = {
        "may": access.may(person, brand, "brand"),
        "base": telling.recipe(base) if base else "",
        "careful": rereading.told(settings.CONFIG),
        "tasks": _tasks(rows, base),
        "enough": adjust.ENOUGH,
        "least": adjust.ENOUGH_EACH,
        "adjustment": found,
        "stale": bool(found and base and found.base != base),
        "measured": [_measured(one) for one in found.measured] if found else [],
        "last": [_last(row) for row in rows.exclude(was=F("became"))[:_LAST]],
        "total": rows.count(),
        "fault": request.GET.get("fault", ""),
        "saved": next((word for word in ("measured", "on", "off") if word in request.GET), ""),
    }  # fmt: skip
    if shown["fault"]:
        shown["fault"] = sentences.say("adjustment_too_few", {"most": request.GET.get("most", "0"), "enough":
                                       adjust.ENOUGH, "each": adjust.ENOUGH_EACH}, lang=_lang())  # fmt: skip
    return render(request, "desk/readings.html", shown)


def _tasks(rows: Iterable[Correction], base: str) -> list[dict[str, Any]]:
    """How many readings by ``base`` were labelled, task by task, and how many of them were wrong or not sure."""
    newest = [row for theirs in corrections.by_post(rows).values() for row in theirs if row.recipe == base]
    found = []
    for task in adjust.CORRECTED:
        n = sum(row.task == task for row in newest)
        wrong = sum(row.task == task and row.was != row.became for row in newest)
        if n:
            enough = adjust.enough(n, n - wrong)
            found.append({"name": corrections.TASKS[task], "n": n, "wrong": wrong, "enough": enough})
    return found


def _measured(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **one,
        "name": corrections.TASKS.get(one["task"], one["task"]),
        "before": one["right"] / one["n"],
        "after": one["adjusted"] / one["n"],
        "points": f"{_points(one['low'])} … {_points(one['high'])}",
    }


def _points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    points = round(100 * difference)
    return f"{'+' if points > 0 else '−' if points < 0 else ''}{formats.number(abs(points))}"


def _last(row: Correction) -> dict[str, Any]:
    ask = figures.Ask(since=row.post_at, until=row.post_at + timedelta(microseconds=1),
                      where=figures.Where(brand=row.brand.slug))  # fmt: skip
    return {
        "row": row,
        "task": corrections.TASKS.get(row.task, row.task),
        "was": corrections.verdict_word(row.task, row.was),
        "became": corrections.verdict_word(row.task, row.became),
        "link": showing.link(ask),
    }


@require_POST
def measure(request: HttpRequest) -> HttpResponse:
    """Measure now."""
    person, brand = access.person_of(request), access.current_brand(request)
    base = rereading.base(settings.CONFIG)
    try:
        acts.measure(person, brand, base=base, now=timezone.now())
    except Refused as refused:
        if refused.code != "adjustment_too_few":
            raise
        query = urlencode({"fault": "1", "most": str(refused.params["most"])})
        return redirect(f"{reverse('readings')}?{query}")
    return redirect(f"{reverse('readings')}?measured")


@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """On or off."""
    person, brand = access.person_of(request), access.current_brand(request)
    on = request.POST.get("on") == "yes"
    acts.switch(person, brand, on=on)
    return redirect(f"{reverse('readings')}?{'on' if on else 'off'}")


def _lang() -> str:
    return (translation.get_language() or "en")[:2]
