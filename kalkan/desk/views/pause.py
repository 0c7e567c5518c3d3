"""The pause: one click and a reason, what it stopped, and its end."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from kalkan import publishing
from kalkan.desk import access, drafts_demo, drafts_telling, formats, jobs
from kalkan.desk.actions import pauses
from kalkan.desk.actions.audit import note
from kalkan.desk.drafts_sending import Journal
from kalkan.desk.forms import drafts as forms
from kalkan.desk.models import Pause
from kalkan.errors import Refused

STORMS: Final = {
    "ordu-gas-leak": _("the gas leak at the hazelnut plant"),
    "smaller-jar": _("the anger about the smaller jar"),
    "pile-on": _("the pile-on"),
}


def pause(request: HttpRequest) -> HttpResponse:
    """What is paused, what that stopped, and the form to pause."""
    person, brand, now = access.person_of(request), access.current_brand(request), timezone.now()
    if request.method == "POST":
        access.require(person, brand, "approve")
        form = forms.Pausing(brand.markets, request.POST)
        if form.is_valid():
            data = form.cleaned_data
            try:
                pauses.begin(person, brand, market=data["market"], reason=data["reason"], until=form.at, now=now)
                return redirect(f"{reverse('pause')}?paused")
            except Refused as refused:
                form.add_error(None, drafts_telling.say(refused.code, refused.params))
        return _page(request, form, status=400)
    return _page(request)


def _page(request: HttpRequest, form: forms.Pausing | None = None, *, status: int = 200) -> HttpResponse:
    person, brand, now = access.person_of(request), access.current_brand(request), timezone.now()
    later = formats.local(now + timedelta(hours=24))
    with contextlib.suppress(ValueError):  # what the room check proposed, if it can be read
        asked = datetime.fromisoformat(request.GET.get("until", ""))
        later = formats.local(asked) if asked.tzinfo and now < asked < now + timedelta(days=366) else later
    usual = {
        "day": later.date(), "hour": later.time().replace(minute=0, second=0, microsecond=0),
        "reason": request.GET.get("reason", "")[:300], "market": request.GET.get("market", "")[:2],
    }  # fmt: skip
    rows = list(access.pauses_for(person, brand)[:30])
    shown = {
        "form": form or forms.Pausing(brand.markets, initial=usual),
        "may": access.may(person, brand, "approve"),
        "open": [_shown(row) for row in rows if row.ended_at is None],
        "ended": [_shown(row) for row in rows if row.ended_at is not None],
        "would": pauses.stopped_by(brand, ""),
        "now": now,
        "clock": _clock_fault(),
        "word": next((word for word in ("paused", "ended", "drill") if word in request.GET), ""),
        "storms": [(name, STORMS[name]) for name in drafts_demo.STORMS] if settings.CONFIG.demo else [],
    }
    return render(request, "desk/pause.html", shown, status=status)


def _shown(row: Pause) -> dict[str, Any]:
    """A pause with the drafts it stopped, as they stand now; those that fell due in it are held for a person."""
    stopped = {each.pk for each in pauses.stopped_by(row.brand, row.market)} if row.ended_at is None else set()
    found = access.named_drafts(row.brand, stopped | set(row.stopped))
    return {
        "row": row,
        "late": row.ended_at is None and row.until < timezone.now(),
        "stopped": [{"row": each, "word": drafts_telling.state_word(each.state)} for each in found],
    }


def _clock_fault() -> str:
    """Why nothing is sent although nothing is paused: the machine's clock went back. Empty: it did not."""
    fault = jobs.faults(settings.CONFIG).get("send", {})
    return drafts_telling.say(fault["code"], fault["params"]) if fault.get("code") == "clock_went_back" else ""


@require_POST
def clock(request: HttpRequest) -> HttpResponse:
    """A person says that the clock is right now: what was overdue by the old one is held, and sending goes on."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    held = publishing.trust_clock(Journal(), now=timezone.now())
    note(person, "trusted clock", brand, n=len(held))
    return redirect("pause")


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End it."""
    person = access.person_of(request)
    row = access.pause_for(person, pk)
    pauses.end(person, row, reason=request.POST.get("reason", "")[:300].strip(), now=timezone.now())
    return redirect(f"{reverse('pause')}?ended")


@require_POST
def drill(request: HttpRequest) -> HttpResponse:
    """In the demo: one of the town's storms, told again from now on."""
    if not settings.CONFIG.demo:
        raise Http404
    person, brand = access.person_of(request), access.current_brand(request)
    drafts_demo.drill(person, brand, request.POST.get("story", ""), folder=settings.CONFIG.data, now=timezone.now())
    return redirect(f"{reverse('pause')}?drill")
