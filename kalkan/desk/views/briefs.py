"""The brief: of any days on the page at once, kept as it was made, as a file, and by itself every day or week."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from kalkan import brief as briefs
from kalkan.desk import access, briefing, shelf, showing
from kalkan.desk import stories as books
from kalkan.desk.actions import briefs as acts
from kalkan.desk.forms.briefs import OnStory, Plan, Wanted, Wording
from kalkan.desk.models import KeptBrief
from kalkan.figures import Ask, from_dict

_STORIES = 6
_LINK = 1_800  # signs of a question that fit an address


def brief(request: HttpRequest) -> HttpResponse:
    """The brief of the days in the address; without any, of the last seven whole days."""
    form = _form(request)
    given = {"form": form, **_around(request), "keepable": False}
    if form.is_valid():
        made = _made(request, form)
        links = {name: showing.link(_ask(kept)) for name, kept in made.asks.items() if _short(_ask(kept))}
        given |= {"article": briefs.html(made, links=links, whole=False), "made": made, "keepable": given["may"]}
    return render(request, "desk/brief.html", given)


def story(request: HttpRequest, story: str) -> HttpResponse:
    """The brief on one story; kept when it is sent back."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = books.opened().story(story)
    if row is None or not access.may(person, brand, "read") or not books.sees(brand, row.scope):
        raise Http404
    form = OnStory({"sort": "leadership", "lang": (translation.get_language() or "en")[:2], **request.GET.dict()}
                   if request.method == "GET" else request.POST)  # fmt: skip
    given = {"form": form, **_around(request), "keepable": False, "story": row}
    if form.is_valid():
        since, until = briefing.period_of(row)
        made = briefing.compose(
            brand, shelf.opened(), since=since, until=until, now=timezone.now(), story=row, by=person.name,
            zone=timezone.get_current_timezone_name(), **form.cleaned_data,
        )  # fmt: skip
        if request.method == "POST":
            return redirect("brief_kept", pk=acts.keep(brand, made, person=person).pk)
        links = {name: showing.link(_ask(kept)) for name, kept in made.asks.items() if _short(_ask(kept))}
        given |= {"article": briefs.html(made, links=links, whole=False), "made": made, "keepable": given["may"]}
    return render(request, "desk/brief.html", given)


def wording(request: HttpRequest) -> HttpResponse:
    """Name the language model that may propose wording, or name none."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    row = access.wording_for(person, brand)
    form = Wording(row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        acts.set_wording(person, brand, now=timezone.now(), **form.cleaned_data)
        return redirect("brief")
    shown = {"form": form, "row": row}
    return render(request, "desk/brief_wording.html", shown, status=400 if request.method == "POST" else 200)


@require_POST
def drop_wording(request: HttpRequest) -> HttpResponse:
    """Ask no language model any more, and forget its key."""
    acts.drop_wording(access.person_of(request), access.current_brand(request))
    return redirect("brief")


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep the brief of these days as it is now."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "write")
    form = Wanted(request.POST)
    if not form.is_valid():
        return render(request, "desk/brief.html", {"form": form, **_around(request)}, status=400)
    row = acts.keep(brand, _made(request, form, by=person.name), person=person)
    return redirect("brief_kept", pk=row.pk)


def kept(request: HttpRequest, pk: int) -> HttpResponse:
    """One that was kept, as it was made."""
    row = _row(request, pk)
    return render(request, "desk/brief_kept.html", {**_shown(row), **_around(request)})


def again(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask all its numbers again."""
    row = _row(request, pk)
    found = briefs.verify(briefs.from_json(row.data), shelf.opened())
    return render(request, "desk/brief_kept.html", {**_shown(row), **_around(request), "found": found})


def behind(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The posts behind one of its numbers."""
    row = _row(request, pk)
    asks = briefs.from_json(row.data)["asks"]
    if name not in asks:
        raise Http404
    ask = _ask(asks[name])
    return redirect(showing.link(ask)) if _short(ask) else redirect(f"{reverse('posts')}?brief={row.pk}&number={name}")


def file(request: HttpRequest, pk: int, suffix: str) -> HttpResponse:
    """It as a file: html, pdf or json."""
    row = _row(request, pk)
    made = briefing.reborn(row)
    links = briefs.links(made, settings.CONFIG.public_url) if settings.CONFIG.public_url else {}
    name = f"{row.brand.slug}-{timezone.localtime(row.since):%Y-%m-%d}.{suffix}"
    if suffix == "pdf":
        response = HttpResponse(briefs.pdf(made, links=links), content_type="application/pdf")
    elif suffix == "html":
        response = HttpResponse(briefs.html(made, links=links), content_type="text/html; charset=utf-8")
    elif suffix == "json":
        response = HttpResponse(made.to_json(), content_type="application/json")
    else:
        raise Http404
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def plan(request: HttpRequest) -> HttpResponse:
    """Have a brief made by itself."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "write")
    first = {"lang": translation.get_language(), "weekday": 0, "every": "week", "sort": "leadership", "hour": 9}
    form = Plan(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        wish = {**form.cleaned_data, "weekday": form.cleaned_data["weekday"] or 0}
        acts.plan(person, brand, now=timezone.now(), zone=timezone.get_current_timezone_name(), **wish)
        return redirect("brief")
    shown = {"form": form, "mails": bool(settings.CONFIG.smtp_host)}
    return render(request, "desk/brief_plan.html", shown, status=400 if request.method == "POST" else 200)


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it no more."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.drop(person, brand, access.brief_plan_for(person, brand, pk))
    return redirect("brief")


def style(request: HttpRequest) -> HttpResponse:
    """The brief's own look, the same in files and here."""
    text = (resources.files("kalkan.brief") / "looks" / "brief.css").read_text(encoding="utf-8")
    return HttpResponse(text, content_type="text/css", headers={"Cache-Control": "max-age=86400"})


def _form(request: HttpRequest) -> Wanted:
    today = timezone.localdate()
    first = {
        "first": today - timedelta(days=7), "last": today - timedelta(days=1), "sort": "leadership",
        "lang": (translation.get_language() or "en")[:2],
    }  # fmt: skip
    return Wanted({**first, **request.GET.dict()}, initial=first)


def _made(request: HttpRequest, form: Wanted, by: str = "") -> briefs.Brief:
    zone = timezone.get_current_timezone_name()
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    since, until = briefing.days(first, last, ZoneInfo(zone))
    return briefing.compose(
        access.current_brand(request), shelf.opened(), since=since, until=until, now=timezone.now(), zone=zone,
        lang=form.cleaned_data["lang"], sort=form.cleaned_data["sort"], by=by,
    )  # fmt: skip


def _around(request: HttpRequest) -> dict[str, Any]:
    person, brand = access.person_of(request), access.current_brand(request)
    return {
        "rows": access.briefs_for(person, brand)[:20],
        "plans": access.brief_plans_for(person, brand),
        "may": access.may(person, brand, "write"),
        "mails": bool(settings.CONFIG.smtp_host),
        "stories": books.listed(brand, now=timezone.now(), states=(), days=28)[:_STORIES],
        "owns": access.may(person, brand, "brand"),
        "wording": access.wording_for(person, brand),
    }


def _row(request: HttpRequest, pk: int) -> KeptBrief:
    return access.brief_for(access.person_of(request), access.current_brand(request), pk)


def _shown(row: KeptBrief) -> dict[str, Any]:
    made = briefing.reborn(row)
    links = {name: reverse("brief_behind", args=(row.pk, name)) for name in made.asks}
    whole = made.fingerprint() == row.digest == made.digest
    return {"row": row, "made": made, "article": briefs.html(made, links=links, whole=False), "whole": whole}


def _ask(kept: Any) -> Ask:
    return from_dict(kept["ask"]).behind(kept["says"]["measure"])


def _short(ask: Ask) -> bool:
    return len(ask.to_query()) <= _LINK
