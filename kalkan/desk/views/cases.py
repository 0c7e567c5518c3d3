"""Cases: what brands did, how it was received, and what a team keeps of it to learn from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from kalkan import brief as briefs
from kalkan.desk import access, receptions, shelf
from kalkan.desk.actions import cases as acts
from kalkan.desk.forms.cases import Entered, Kept
from kalkan.desk.models import Case
from kalkan.desk.showing import link
from kalkan.figures import Archive, Ask, Where
from kalkan.posts import ABOUT

VERDICTS: Final = {
    "praised": (_("praised"), "go"),
    "called_out": (_("called out"), "hold"),
    "mixed": (_("mixed"), "care"),
    "ignored": (_("ignored"), "none"),
    "silent": (_("silent"), "none"),
    "too_few": (_("too few to say"), "none"),
}
_SHOWN: Final = 24


def cases(request: HttpRequest) -> HttpResponse:
    """Acts with their reception, and the library of cases: searched, and narrowed to those who were quick."""
    person, brand = access.person_of(request), access.current_brand(request)
    now, archive = timezone.now(), shelf.opened()
    kinds, like = _kinds(access.cases_for(person, brand, "", "")), request.GET.get("like", "")[:60]
    found = access.acts_for(person, brand)
    if like in kinds:
        found = found.filter(pk__in=kinds[like])
    rows = [_shown(receptions.received_by(row, archive, now=now)) for row in found[:_SHOWN]]
    says, tag = request.GET.get("says", "").strip()[:80], request.GET.get("tag", "")[:60]
    quick = request.GET.get("within", "")
    within = timedelta(hours=int(quick)) if quick.isdecimal() and len(quick) < 4 else None
    if within is not None:
        rows = [row for row in rows if row["after"] is not None and row["after"] <= within]
    shown: dict[str, Any] = {
        "rows": rows,
        "tally": _tally(rows),
        "soon": _soon(rows),
        "verdicts": [name for name, _tone in list(VERDICTS.values())[:4]] + [VERDICTS["too_few"][0]],
        "kept": access.cases_for(person, brand, says, tag)[:_SHOWN],
        "says": says,
        "kinds": sorted(kinds, key=str.casefold),
        "like": like if like in kinds else "",
        "tag": tag,
        "within": quick if within is not None else "",
        "may": access.may(person, brand, "moderate"),
    }
    return render(request, "desk/cases.html", shown)


def _kinds(kept: Iterable[Case]) -> dict[str, set[int]]:
    """What a team told its cases apart by (a market, a kind of brand or of act) and the acts in cases of each."""
    found: dict[str, set[int]] = {}
    for row in kept:
        for name in row.tags:
            found.setdefault(name, set()).update(act.pk for act in row.acts.all())
    return found


def enter(request: HttpRequest) -> HttpResponse:
    """Enter an act."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "moderate")
    first = {"at": timezone.localtime().replace(second=0, microsecond=0), "spoke": True}
    form = Entered(brand, request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        acts.enter(person, brand, now=timezone.now(), **form.cleaned_data)
        return redirect("cases")
    return render(request, "desk/act.html", {"form": form}, status=400 if request.method == "POST" else 200)


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an act out again."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.forget(person, brand, access.act_for(person, brand, pk))
    return redirect("cases")


def keep(request: HttpRequest) -> HttpResponse:
    """Keep a case."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "moderate")
    form = Kept(access.acts_for(person, brand), request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        chosen = list(given.pop("acts"))
        row = acts.keep(person, brand, chosen, archive=shelf.opened(), now=timezone.now(), **given)
        return redirect("case", pk=row.pk)
    return render(request, "desk/case_keep.html", {"form": form}, status=400 if request.method == "POST" else 200)


def case(request: HttpRequest, pk: int) -> HttpResponse:
    """A case as it was kept, and whether its numbers are still what they were."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.case_for(person, brand, pk)
    now, archive = timezone.now(), shelf.opened()
    shown = {
        "row": row,
        "kept": [_kept(one) for one in row.snapshot.get("acts", [])],
        "now": [_shown(receptions.received_by(act, archive, now=now)) for act in row.acts.select_related("brand")],
        "whole": receptions.digest(row.snapshot) == row.digest,
    }
    return render(request, "desk/case.html", shown)


def file(request: HttpRequest, pk: int, suffix: str) -> HttpResponse:
    """The case file: what was kept, for leadership, as html or pdf."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.case_for(person, brand, pk)
    if suffix not in ("html", "pdf"):
        raise Http404
    made = receptions.case_file(
        row, lang=(translation.get_language() or "en")[:2], zone=timezone.get_current_timezone_name(),
        now=timezone.now(),
    )  # fmt: skip
    kind, body = (
        ("application/pdf", briefs.pdf(made)) if suffix == "pdf" else ("text/html; charset=utf-8", briefs.html(made))
    )
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{brand.slug}-case-{row.pk}.{suffix}"'
    return response


def lately(request: HttpRequest, archive: Archive, *, since: datetime, now: datetime) -> list[dict[str, Any]]:
    """Our own acts since then with their reception, newest first, three at most: for the first page."""
    person, brand = access.person_of(request), access.current_brand(request)
    rows = access.acts_for(person, brand).filter(who="", at__gte=since, at__lte=now)[:3]
    return [_shown(receptions.received_by(row, archive, now=now)) for row in rows]


def _shown(found: receptions.Received) -> dict[str, Any]:
    said = found.reception
    name, tone = VERDICTS[said.verdict]
    return {
        "act": found.act,
        "verdict": name,
        "tone": tone,
        "said": said,
        "band": f"{round(said.low * 100)}–{round(said.high * 100)}",
        "bar": {"x": f"{said.low * 84:.1f}", "width": f"{(said.high - said.low) * 84:.1f}",
                "point": f"{(said.share or 0) * 84 - 1:.1f}"},
        "told": said.share is not None and said.verdict not in ("too_few", "silent"),
        "stances": found.stances,
        "quotes": found.quotes,
        "over": found.over,
        "after": found.after,
        "after_seconds": found.after.total_seconds() if found.after is not None else None,
        "url": link(_ask(found)),
    }  # fmt: skip


def _ask(found: receptions.Received) -> Ask:
    """The posts behind a reception, as near as a question of figures comes to it."""
    act = found.act
    answers = (act.post,) if act.post and not act.words else ()
    kinds = ("peer",) if act.who else ABOUT
    where = Where(brand=act.brand.slug, kinds=kinds, answers=answers, says=act.words[0] if len(act.words) == 1 else "")
    return Ask(since=act.at, until=found.until, where=where)


def _kept(plain: dict[str, Any]) -> dict[str, Any]:
    said = plain["reception"]
    name, tone = VERDICTS.get(said["verdict"], (said["verdict"], "none"))
    return {
        **plain,
        "verdict": name,
        "tone": tone,
        "said": said,
        "band": f"{round(said['low'] * 100)}–{round(said['high'] * 100)}",
    }


def _soon(rows: list[dict[str, Any]]) -> list[tuple[Any, list[int]]]:
    """Of the acts shown: how those who spoke within two hours, within a day and later were received."""
    spans = (
        (_("within 2 hours"), timedelta(0), timedelta(hours=2)),
        (_("2 to 24 hours"), timedelta(hours=2), timedelta(hours=24)),
        (_("later"), timedelta(hours=24), timedelta.max),
    )
    found = []
    for name, low, high in spans:
        these = [row["said"].verdict for row in rows if row["after"] is not None
                 and (low < row["after"] <= high or (not low and row["after"] <= high))]  # fmt: skip
        if these:
            found.append((name, [these.count(verdict) for verdict in (*list(VERDICTS)[:4], "too_few")]))
    return found if len(found) > 1 else []


def _tally(rows: list[dict[str, Any]]) -> list[tuple[Any, int]]:
    """How many of the acts shown were received how, in a fixed order."""
    return [
        (name, n) for key, (name, _tone) in VERDICTS.items() if (n := sum(row["said"].verdict == key for row in rows))
    ]
