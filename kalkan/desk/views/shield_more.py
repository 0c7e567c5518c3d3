"""Beside the shield: pile-ons decided once, blind audits, and what was done on the networks."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from kalkan import sentences
from kalkan.desk import access, deeds, shelf, shield_audit
from kalkan.desk import inbox as core
from kalkan.desk.actions import care as acts
from kalkan.desk.models import Item
from kalkan.desk.views.inbox import DEEDS, line, page_of
from kalkan.errors import KalkanError
from kalkan.networks import acting

_SHOWN: Final = 40
_WORDS: Final = {"abuse": (True, False), "criticism": (False, True), "both": (True, True), "neither": (False, False)}


# — pile-ons —


def pile(request: HttpRequest, pk: int) -> HttpResponse:
    """A pile-on: what is behind the card, the first forty of it, folded as everywhere."""
    person, brand = access.person_of(request), access.current_brand(request)
    row, now = access.pile_for(person, brand, pk), timezone.now()
    items = access.items_for(person, brand).filter(piled__pile=row).select_related("brand", "assignee")
    some = list(items.order_by("at", "id")[:_SHOWN])
    words = core.words_of(some, shelf.opened())
    shown = {
        "row": row,
        "lines": [line(one, words[one.post], now) for one in some if one.post in words],
        "open": items.filter(state=Item.State.OPEN).count(),
        "behind": items.count(),
        "may": access.may(person, brand, "moderate"),
    }
    return render(request, "desk/pile.html", shown)


@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide once for all behind the card."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.finish_pile(person, access.pile_for(person, brand, pk), now=timezone.now())
    return redirect("inbox")


# — audits —


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Draw a sample, and go to its first."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = acts.begin_audit(person, brand, seed=shield_audit.seed(), now=timezone.now())
    return redirect("shield_audit", pk=row.pk)


def audit(request: HttpRequest, pk: int) -> HttpResponse:
    """The next one to judge, without a name and without what the shield did; with a word, keep it first."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "moderate")
    row = access.shield_audit_for(person, brand, pk)
    if request.method == "POST":
        word, unit = request.POST.get("word", ""), request.POST.get("unit", "")
        if unit.isdecimal() and (word in _WORDS or word == "unsure"):
            abuse, criticism = _WORDS.get(word, (None, None))
            acts.mark(person, row, int(unit), abuse=abuse, criticism=criticism, now=timezone.now())
        return redirect("shield_audit", pk=pk)
    found = shield_audit.next_unit(row, person, shelf.opened())
    shown = {"row": row, "unit": found[0] if found else None, "text": found[1] if found else "",
             "done": row.marks.filter(person=person).count(), "n": len(row.units)}  # fmt: skip
    return render(request, "desk/shield_audit.html", shown)


# — deeds on the networks —


def deeds_done(request: HttpRequest) -> HttpResponse:
    """What was done on the networks, with what can be undone, and shields up."""
    return render(request, "desk/deeds.html", _deeds(request))


def _deeds(request: HttpRequest, fault: str = "") -> dict[str, object]:
    person, brand = access.person_of(request), access.current_brand(request)
    rows = list(access.deeds_for(person, brand)[:100])
    up = {row.account_id for row in rows if row.kind == "shields_up" and row.undone_at is None}
    able = [one for one in access.accounts_for(person, brand)
            if "shields_up" in acting.DEEDS.get(one.network, frozenset())]  # fmt: skip
    return {
        "rows": [(row, DEEDS.get(row.kind, row.kind)) for row in rows],
        "accounts": [(one, one.pk in up) for one in able],
        "may": access.may(person, brand, "act"),
        "fault": fault,
    }


@require_POST
def do(request: HttpRequest, pk: int) -> HttpResponse:
    """Do something on the network about one item."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    access.require(person, brand, "act")
    try:
        post = core.words_of([row], shelf.opened()).get(row.post, {})
        deeds.do(
            person, row, request.POST.get("kind", ""), author=str(post.get("author_id") or ""),
            handle=str(post.get("author_handle") or ""), why=request.POST.get("why", "other"), now=timezone.now(),
        )  # fmt: skip
    except KalkanError as error:
        fault = sentences.tell(error, (translation.get_language() or "en")[:2])
        return render(request, "desk/inbox.html", page_of(request, row, fault=fault), status=409)
    return redirect("item", pk=pk)


@require_POST
def up(request: HttpRequest, pk: int) -> HttpResponse:
    """Shields up for one account."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "act")
    try:
        found = access.accounts_for(person, brand).filter(pk=pk).first()
        if found is None:
            raise Http404
        deeds.shields_up(person, found, now=timezone.now())
    except KalkanError as error:
        fault = sentences.tell(error, (translation.get_language() or "en")[:2])
        return render(request, "desk/deeds.html", _deeds(request, fault), status=409)
    return redirect("deeds")


@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo what was done."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.deed_for(person, brand, pk)
    try:
        deeds.undo(person, row, now=timezone.now())
    except KalkanError as error:
        fault = sentences.tell(error, (translation.get_language() or "en")[:2])
        return render(request, "desk/deeds.html", _deeds(request, fault), status=409)
    return redirect(reverse("item", args=(row.item_id,)) if row.item_id else reverse("deeds"))
