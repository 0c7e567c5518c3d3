"""Care: how fast people are answered, a person's own week, the rota, hand-over, and topics put off for today."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from kalkan.desk import access, formats, shifts
from kalkan.desk import inbox as core
from kalkan.desk.actions import care as acts
from kalkan.desk.actions import evidence
from kalkan.desk.forms.care import Handling, OnDuty
from kalkan.desk.models import AlarmWish, Brand, CareWish, Person
from kalkan.desk.views.inbox import CONTENTS

_SPAN: Final = timedelta(days=28)


def care(request: HttpRequest) -> HttpResponse:
    """How fast we answer, the rota, and this person's own week: shown to nobody else."""
    return render(request, "desk/care.html", _shown(request))


def _shown(request: HttpRequest, **more: Any) -> dict[str, Any]:
    person, brand = access.person_of(request), access.current_brand(request)
    now = timezone.now()
    standing = shifts.standing(person, brand, now=now)
    names = formats.DAYS[formats.language()].split()
    off = access.not_today_of(person, timezone.localdate())
    week = shifts.week_of(person, brand, now=now)
    most = max(*week.days, 1)
    bars = [(names[(now - timedelta(days=6 - i)).weekday()], n, round(40 * n / most)) for i, n in enumerate(week.days)]
    kept = access.care_rules(brand)
    first = {"person": str(kept.handler_id or ""), "hold_days": kept.hold_days, "break_minutes": kept.break_minutes}
    people = team(person, brand)
    return {
        "found": core.answers(brand, since=now - _SPAN, now=now),
        "rules": access.inbox_rules(brand),
        "standing": standing,
        "week": week,
        "bars": [(name, n, height, 40 - height, 4 + 24 * i) for i, (name, n, height) in enumerate(bars)],
        "topics": [(name, CONTENTS[name], name in off) for name in acts.TOPICS],
        "rota": [
            (row, names[row.weekday] if row.weekday is not None else "") for row in access.rota_for(person, brand)
        ],
        "may": access.may(person, brand, "brand"),
        "works": access.may(person, brand, "moderate"),
        "handling": more.pop("handling", None) or Handling(initial=first, people=people),
        "duty": more.pop("duty", None) or OnDuty(people=people),
        "handlers": access.handlers(brand),
        "wish": access.care_wish(person),
        "looks": CareWish.Look.choices,
        "quiet": _quiet(person, brand),
        **more,
    }


def _quiet(person: Person, brand: Brand) -> AlarmWish | None:
    """The person's own quiet hours, where they have any."""
    found = access.alarm_wish(person, brand)
    return found if found.quiet_from is not None and found.quiet_until is not None else None


def team(person: Person, brand: Brand) -> list[Person]:
    """Those of the team who may handle the inbox."""
    return [one.person for one in access.team_for(person, brand) if one.role in access.MAY["moderate"]]


@require_POST
def handling(request: HttpRequest) -> HttpResponse:
    """Say who handles what is held."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    form = Handling(request.POST, people=team(person, brand))
    if not form.is_valid():
        return render(request, "desk/care.html", _shown(request, handling=form), status=400)
    told = form.cleaned_data
    days, minutes = told["hold_days"], told["break_minutes"]
    evidence.name_handler(person, brand, told["person"], hold_days=days, break_minutes=minutes)
    return redirect("care")


@require_POST
def duty(request: HttpRequest) -> HttpResponse:
    """Put somebody on the rota."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    form = OnDuty(request.POST, people=team(person, brand))
    if not form.is_valid():
        return render(request, "desk/care.html", _shown(request, duty=form), status=400)
    told = form.cleaned_data
    acts.put_on_rota(
        person, brand, told["person"], weekday=told["weekday"], begins=told["begins"][:5], ends=told["ends"][:5]
    )
    return redirect("care")


@require_POST
def off_duty(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a line out of the rota."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.rota_for(person, brand).filter(pk=pk).first()
    if row is None:
        raise Http404
    acts.take_off_rota(person, row)
    return redirect("care")


@require_POST
def hand_over(request: HttpRequest) -> HttpResponse:
    """Give what is mine to the next on duty."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.hand_over(person, brand, shifts.standing(person, brand, now=timezone.now()).next)
    return redirect("inbox")


@require_POST
def not_today(request: HttpRequest) -> HttpResponse:
    """Put topics off for today: for this person alone."""
    person = access.person_of(request)
    acts.put_off(person, request.POST.getlist("topic"), day=timezone.localdate())
    return redirect("care")
