"""Watches: what is looked for on behalf of the brand."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kalkan.desk import access
from kalkan.desk.actions import brands
from kalkan.desk.forms import setup as forms


def watches(request: HttpRequest) -> HttpResponse:
    """Five lists, one thing a line; the listener follows within seconds."""
    person, brand = access.person_of(request), access.current_brand(request)
    initial = forms.Watched.initial_of(row.as_watch() for row in brand.watches.all())
    form = forms.Watched(request.POST if request.method == "POST" else None, initial=initial)
    may = access.may(person, brand, "watch")
    if request.method == "POST" and form.is_valid():
        changed = brands.watch(person, brand, form.watches())
        return redirect(f"{request.path}?{'saved' if changed else 'same'}")
    if not may:
        for field in form.fields.values():
            field.disabled = True
    word = "saved" if "saved" in request.GET else "same" if "same" in request.GET else ""
    return render(request, "desk/watches.html", {"form": form, "may": may, "word": word})
