"""Beside one conversation: several at once, views and answers kept, who else is reading, and a person's own wishes."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from kalkan.desk import access, shifts
from kalkan.desk.actions import care
from kalkan.desk.actions import inbox as acts
from kalkan.desk.forms.inbox import Answer
from kalkan.desk.models import Brand, Person
from kalkan.desk.views.inbox import SNOOZES, others


@require_POST
def many(request: HttpRequest) -> HttpResponse:
    """Do one thing with several: finish, snooze, assign, tag."""
    person, brand = access.person_of(request), access.current_brand(request)
    pks = [int(pk) for pk in request.POST.getlist("item") if pk.isdecimal()]
    what, now = request.POST.get("what", "done"), timezone.now()
    if what in SNOOZES:
        acts.snooze_many(person, brand, pks, now + SNOOZES[what], now=now)
    elif what.startswith("to:"):
        acts.assign_many(person, brand, pks, _of_team(person, brand, what.removeprefix("to:")))
    elif what == "tag":
        acts.tag_many(person, brand, pks, request.POST.get("tag", ""))
    else:
        acts.finish_many(person, brand, pks, now=now)
    return redirect(f"{reverse('inbox')}?{request.POST.get('query', '')[:300]}")


def _of_team(person: Person, brand: Brand, pk: str) -> Person | None:
    return next((each.person for each in access.team_for(person, brand) if str(each.person_id) == pk), None)


@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the filter of the page under a name."""
    person, brand = access.person_of(request), access.current_brand(request)
    name, query = request.POST.get("name", "").strip(), request.POST.get("query", "")
    if name:
        acts.keep_view(person, brand, name=name, query=query)
    return redirect(f"{reverse('inbox')}?{query[:300]}")


@require_POST
def drop_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a view no longer: one's own alone."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.views_for(person, brand).filter(pk=pk).delete()
    return redirect("inbox")


def answers(request: HttpRequest) -> HttpResponse:
    """Saved answers, and one more."""
    person, brand = access.person_of(request), access.current_brand(request)
    form = Answer(request.POST if request.method == "POST" else None, initial={"lang": translation.get_language()})
    if request.method == "POST" and form.is_valid():
        acts.save_answer(person, brand, **form.cleaned_data)
        return redirect("answers")
    shown = {"form": form, "rows": access.answers_for(person, brand), "may": access.may(person, brand, "moderate")}
    return render(request, "desk/answers.html", shown, status=400 if request.method == "POST" else 200)


def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One saved answer, to be changed or taken out."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.answer_for(person, brand, pk)
    access.require(person, brand, "moderate")
    if request.method == "POST" and request.POST.get("drop"):
        acts.drop_answer(person, row)
        return redirect("answers")
    first = {"name": row.name, "lang": row.lang, "text": row.text}
    form = Answer(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        acts.change_answer(person, row, **form.cleaned_data)
        return redirect("answers")
    shown = {"form": form, "rows": [row], "one": row, "may": True}
    return render(request, "desk/answers.html", shown, status=400 if request.method == "POST" else 200)


def looks(request: HttpRequest, pk: int) -> HttpResponse:
    """Who else reads this now, and whether somebody has changed it since the page was made."""
    person, brand = access.person_of(request), access.current_brand(request)
    row, now = access.item_for(person, brand, pk), timezone.now()
    if access.may(person, brand, "moderate"):
        acts.look(person, row, now=now)
        shifts.attend(person, now=now)
    version = request.GET.get("version", "")
    moved = version.isdecimal() and int(version) != row.version
    shown = {"others": others(row, person, now), "moved": moved, "row": row, "version": version}
    return render(request, "desk/parts/inbox_looks.html", shown)


def dose(request: HttpRequest) -> HttpResponse:
    """The person's own dose and when a break is due, as they stand now."""
    person, brand = access.person_of(request), access.current_brand(request)
    return render(
        request, "desk/parts/inbox_dose.html", {"standing": shifts.standing(person, brand, now=timezone.now())}
    )


@require_POST
def wish(request: HttpRequest) -> HttpResponse:
    """How opened insults look, and whether one's own week comes by mail."""
    person = access.person_of(request)
    care.wish(person, look=request.POST.get("look", ""), weekly=request.POST.get("weekly") == "on")
    return redirect("care")


@require_POST
def awake(request: HttpRequest) -> HttpResponse:
    """Look on in one's quiet hours, for an hour."""
    care.stay_awake(access.person_of(request), until=timezone.now() + timedelta(hours=1))
    view = request.POST.get("view", "")[:20]
    return redirect(f"{reverse('inbox')}?{urlencode({'view': view})}" if view else "inbox")
