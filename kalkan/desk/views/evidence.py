"""Evidence: opening what is held, the chain of records, the bundle to hand over, the end of a hold."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from kalkan.desk import access, shelf
from kalkan.desk import evidence as core
from kalkan.desk.actions import evidence as acts
from kalkan.desk.actions.audit import note
from kalkan.desk.forms.care import Keeping
from kalkan.desk.views.inbox import page_of
from kalkan.errors import NetworkError


@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a held item: its post is kept as evidence first, under a hold with a name and a date."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.item_for(person, brand, pk)
    access.require_held(person, brand)
    form = Keeping(request.POST)
    if not form.is_valid():
        words = " ".join(str(each) for errors in form.errors.values() for each in errors)
        return render(request, "desk/inbox.html", page_of(request, row, fault=words), status=400)
    found = core.around(row, shelf.opened())
    if found is None:
        raise NetworkError("post_gone", permanent=True, id=row.post)
    post, context = found
    acts.capture(person, row, post, context=context, now=timezone.now(), **form.cleaned_data)
    return redirect("item", pk=pk)


def evidence(request: HttpRequest) -> HttpResponse:
    """The chain and the holds, for whoever may open what is held."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require_held(person, brand)
    rows = list(access.evidence_for(person, brand))
    shown = {
        "rows": [(row, row.body["post"] if row.body else None) for row in reversed(rows)],
        "flaws": core.flaws(rows),
        "holds": access.holds_for(person, brand),
        "held": sum(row.body is not None for row in rows),
        "handlers": access.handlers(brand),
    }
    return render(request, "desk/evidence.html", shown)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """What is held (of one hold, where one is named) as a zip with checksums."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require_held(person, brand)
    rows = access.evidence_for(person, brand)
    hold = request.POST.get("hold", "")
    if hold.isdecimal():
        rows = rows.filter(hold=access.hold_for(person, brand, int(hold)))
    made = core.bundle(list(rows), lang=(translation.get_language() or "en")[:2], now=timezone.now())
    note(person, "exported evidence", brand, n=rows.filter(released_at=None).count())
    name = f"evidence-{brand.slug}-{timezone.localdate():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(made, content_type="application/zip", headers=headers)


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a hold: what it kept is released."""
    person, brand = access.person_of(request), access.current_brand(request)
    acts.end_hold(person, access.hold_for(person, brand, pk), now=timezone.now())
    return redirect("evidence")
