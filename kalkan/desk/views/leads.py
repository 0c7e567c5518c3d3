"""Leads: counted links, tables of clicks and conversions, and the doors that programs post them through."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from kalkan.desk import access, formats, index_showing, indexing
from kalkan.desk import leads as shown
from kalkan.desk.actions import leads as acts
from kalkan.desk.forms.leads import FIELD_WORDS, Columns, Door, Link, Table
from kalkan.desk.keys import is_loopback
from kalkan.errors import InvalidInput, KalkanError, Refused
from kalkan.index import hooks, periods
from kalkan.sentences import say, tell


def leads(request: HttpRequest) -> HttpResponse:
    """Campaigns, links, tables, doors."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    person, brand = access.person_of(request), access.current_brand(request)
    period = periods.current("month", now=timezone.now(), zone=timezone.get_current_timezone_name())
    made = indexing.campaigns(brand, period)
    base = _base(request)
    found: dict[str, Any] = {
        "period": period, "title": period.title(formats.language()),
        "campaigns": index_showing.campaign_rows(made, period),
        "links": shown.links(person, brand, base), "files": access.lead_files_for(person, brand)[:20],
        "doors": access.lead_hooks_for(person, brand), "drafts": shown.waiting(person, brand),
        "may": access.may(person, brand, "write"), "may_brand": access.may(person, brand, "brand"),
        "link": Link(), "table": Table(), "door": Door(), "told": _told(request), "base": base,
        "local": is_loopback(base.partition("://")[2].partition("/")[0].rpartition(":")[0] or base.partition("://")[2]),
        "demo_leads": indexing.demo(brand, period),
    }  # fmt: skip
    return render(request, "desk/leads.html", {**found, **given}, status=status)


def _base(request: HttpRequest) -> str:
    return settings.CONFIG.public_url or f"{request.scheme}://{request.get_host()}"


def _told(request: HttpRequest) -> str:
    if "closed" in request.GET:
        return _("The link leads nowhere any more; what was counted stays.")
    if "shut" in request.GET:
        return _("The door is shut.")
    n = request.GET.get("links", "")
    if n.isdecimal() and len(n) < 6:
        said = ngettext("%(n)s link of the draft is counted now.", "%(n)s links of the draft are counted now.", int(n))
        return said % {"n": n}
    return ""


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """A counted link by hand."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "write")
    form = Link(request.POST)
    if not form.is_valid():
        return _page(request, status=400, link=form)
    row = acts.make(person, brand, url=form.cleaned_data["url"], tags=form.tags(), now=timezone.now())
    return redirect(f"{reverse('leads')}#link-{row.pk}")


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a link lead nowhere any more."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.close(person, brand, access.lead_link_for(person, brand, pk), now=timezone.now())
    return redirect(f"{reverse('leads')}?closed")


@require_POST
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """Counted links in the place of those of a draft."""
    person = access.person_of(request)
    row = access.draft_for(person, pk)
    n = shown.count_links(person, row, base=_base(request), now=timezone.now())
    return redirect(f"{reverse('leads')}?links={n}")


@require_POST
def bring(request: HttpRequest) -> HttpResponse:
    """A table, to be looked at before it is taken."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "write")
    form = Table(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = acts.bring(person, brand, name=file.name, data=file.read(acts.MOST_BYTES + 1), now=timezone.now())
            return redirect("lead_file", pk=row.pk)
        except InvalidInput as fault:
            form.add_error("file", tell(fault, formats.language()))
    return _page(request, status=400, table=form)


def file(request: HttpRequest, pk: int) -> HttpResponse:
    """A table: which column is which, or what was taken of it."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.lead_file_for(person, brand, pk)
    first = {f"c_{name}": column for name, column in row.mapping.items()} | {"kind": _likely(row.columns)}
    form = Columns(row.columns, request.POST if request.method == "POST" else None, initial=first)
    status = 200
    if request.method == "POST" and row.taken_at is None:
        status = 400
        if form.is_valid():
            try:
                acts.take(
                    person, brand, row, mapping=form.mapping(), kind=form.cleaned_data["kind"],
                    zone=timezone.get_current_timezone_name(), currency=form.cleaned_data["money"], now=timezone.now(),
                )  # fmt: skip
                return redirect("lead_file", pk=row.pk)
            except InvalidInput as fault:
                form.add_error(None, tell(fault, formats.language()))
    chosen = {column: FIELD_WORDS[name] for name, column in row.mapping.items()}
    given = {
        "row": row, "form": form, "faults": shown.file_words(row), "may": access.may(person, brand, "write"),
        "chosen": [(column, chosen.get(column, "")) for column in row.columns],
        "more": max(0, row.faults - sum(one.get("n", 1) for one in row.bad)),
    }  # fmt: skip
    return render(request, "desk/lead_file.html", given, status=status)


def _likely(columns: list[str]) -> str:
    said = " ".join(columns).casefold()
    return "conversion" if any(word in said for word in ("conver", "order", "revenue", "dönüş", "sipariş")) else "click"


@require_POST
@sensitive_variables("secret")
def door(request: HttpRequest) -> HttpResponse:
    """A door for a program; its secret is shown this once."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    form = Door(request.POST)
    if not form.is_valid():
        return _page(request, status=400, door=form)
    try:
        row, secret = acts.add_hook(person, brand, name=form.cleaned_data["name"], now=timezone.now())
    except Refused as fault:
        form.add_error(None, tell(fault, formats.language()))
        return _page(request, status=400, door=form)
    url = _base(request).rstrip("/") + reverse("lead_hook", args=(row.door,))
    return _page(request, new_door=row, secret=secret, door_url=url)


@require_POST
def shut(request: HttpRequest, pk: int) -> HttpResponse:
    """Shut a door."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.remove_hook(person, brand, access.lead_hook_for(person, brand, pk), now=timezone.now())
    return redirect(f"{reverse('leads')}?shut")


@csrf_exempt
@login_not_required
def hook(request: HttpRequest, door: str) -> JsonResponse:
    """What a program posts: signed, fresh, each event once. Answers in JSON, whatever happens."""
    if request.method != "POST":
        return _answer(405, error="method", allow="POST")
    length = request.META.get("CONTENT_LENGTH") or ""
    if not length.isdecimal():
        return _answer(411, error="length")
    if int(length) > hooks.MOST_BYTES:
        return _answer(413, error="lead_message_large", most_bytes=hooks.MOST_BYTES)
    row = access.lead_hook_by(door)
    try:
        if row is None:  # said in the same words as a wrong secret: doors cannot be told by trying
            raise Refused("lead_signature")
        headers = {name.lower(): value for name, value in request.headers.items()}
        found = acts.receive(row, request.body, headers, now=timezone.now())
        bad = [{**one, "says": say(one["code"], one["params"], lang="en")} for one in found["bad"]]
        return _answer(200, **{**found, "bad": bad})
    except Refused as fault:
        return _answer(401, error=fault.code, says=tell(fault, "en"))
    except KalkanError as fault:
        return _answer(400, error=fault.code, says=tell(fault, "en"))


def _answer(status: int, **said: Any) -> JsonResponse:
    return JsonResponse(said, status=status, headers={"Cache-Control": "no-store"})
