"""Asks with a life: what people ask, to whom it was passed on, what was decided, and telling those who asked."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kalkan.desk import access, asking, inbox_reply, shelf
from kalkan.desk import inbox as core
from kalkan.desk.actions import care as acts
from kalkan.desk.actions import inbox as inbox_acts
from kalkan.desk.models import Item
from kalkan.errors import InvalidInput
from kalkan.text import cut

_TOLD: Final = 25  # drafts begun at once


def asks(request: HttpRequest) -> HttpResponse:
    """What is asked now, and what became of what was passed on before."""
    person, brand = access.person_of(request), access.current_brand(request)
    kept = list(access.kept_asks_for(person, brand)[:100])
    rows = asking.heard(brand, kept, shelf.opened(), now=timezone.now())
    seen = {one.kept.pk for one in rows if one.kept is not None}
    shown = {
        "rows": rows,
        "older": [row for row in kept if row.pk not in seen],
        "may": access.may(person, brand, "moderate"),
    }
    return render(request, "desk/asks.html", shown)


@require_POST
def pass_on(request: HttpRequest) -> HttpResponse:
    """Pass an ask on: named by its first post, gathered anew, so that nothing is taken from the form but words."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "moderate")
    now, first = timezone.now(), request.POST.get("post", "")
    rows = asking.heard(brand, [], shelf.opened(), now=now)
    found = next((one.ask for one in rows if first in one.ask.ids), None)
    if found is None:
        raise Http404
    row = acts.pass_on(
        person, brand, title=request.POST.get("title", "") or found.title, to=request.POST.get("to", ""),
        posts=found.ids, first=found.first, now=now,
    )  # fmt: skip
    return redirect("ask", pk=row.pk)


def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """One ask with its life and those who asked."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.kept_ask_for(person, brand, pk)
    items = asking.items_of(brand, row.posts)
    words = core.words_of(items, shelf.opened())
    told = [
        (one, cut(str(words[one.post]["text"]), 160) if not one.whole and one.place == "show" else "")
        for one in items
        if one.post in words
    ]
    shown = {
        "row": row,
        "items": told,
        "left": sum(one.answered_at is None and not one.replying for one, _ in told),
        "may": access.may(person, brand, "moderate"),
        "may_write": access.may(person, brand, "write"),
    }
    return render(request, "desk/ask.html", shown)


@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Write down what was decided."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.decide_ask(
        person, access.kept_ask_for(person, brand, pk), request.POST.get("decision", ""), now=timezone.now()
    )
    return redirect("ask", pk=pk)


@require_POST
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a draft for each who asked and was not answered yet: all of them go through the approvals' door."""
    person, brand = access.person_of(request), access.current_brand(request)
    row, now = access.kept_ask_for(person, brand, pk), timezone.now()
    text = request.POST.get("text", "")
    if not text.strip():
        raise InvalidInput("reply_empty")
    wanted = {int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()}
    told = _begin(request, [one for one in asking.items_of(brand, row.posts) if one.pk in wanted][:_TOLD], text, now)
    acts.tell_ask(person, row, told=told, now=now)
    return redirect("ask", pk=pk)


def _begin(request: HttpRequest, items: list[Item], text: str, now: datetime) -> int:
    person, brand = access.person_of(request), access.current_brand(request)
    told = 0
    for item in items:
        if item.answered_at is None and not item.replying and item.place != "hold":
            draft = inbox_reply.begin(person, brand, item, text, now=now)
            inbox_acts.replying(person, item, draft, version=item.version)
            told += 1
    return told
