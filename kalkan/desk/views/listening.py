"""What is listened to: each source with its state, coverage, gaps and what was kept out; how to add one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from kalkan import plugins, sentences
from kalkan.desk import access, jobs, rereading, vault
from kalkan.desk.actions import sources
from kalkan.desk.forms import setup as forms
from kalkan.desk.heard import heard, title_of
from kalkan.desk.listening import statuses
from kalkan.desk.models import Source
from kalkan.errors import KalkanError, PluginError, Refused


def _shown(request: HttpRequest) -> dict[str, Any]:
    person = access.person_of(request)
    access.current_brand(request)
    now = timezone.now()
    rows = heard(access.sources_for(person), statuses(), now=now)
    may = access.may_listen(person) and not settings.CONFIG.demo
    return {
        "rows": rows,
        "may": may,
        "now": now,
        "rate": sum(row.rate for row in rows),
        "live": sum(row.state == "listening" for row in rows),
        "kept_out": sum(row.rejected for row in rows),
        "cost": sum(row.cost_usd for row in rows),
        "broken": _broken(),
        "careful": rereading.told(settings.CONFIG),
    }


def _broken() -> list[dict[str, Any]]:
    """The worker's jobs that failed when they last ran, each with its sentence."""
    lang = translation.get_language() or "en"

    def told(name: str, fault: dict[str, Any]) -> dict[str, Any]:
        why = sentences.say(fault["code"], fault["params"], lang=lang)
        return {"name": name, "at": datetime.fromisoformat(fault["at"]), "why": why}

    return [told(name, fault) for name, fault in sorted(jobs.faults(settings.CONFIG).items())]


def listening(request: HttpRequest) -> HttpResponse:
    """The page."""
    offers = [(name, title_of(name)) for name in plugins.names("kalkan.networks")]
    return render(request, "desk/listening.html", {**_shown(request), "offers": offers})


def now(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes, fetched every few seconds."""
    return render(request, "desk/listening_now.html", _shown(request))


def _options(network: str) -> tuple[Any, ...]:
    """What may be set for ``network``; unknown ones do not exist."""
    if network not in plugins.names("kalkan.networks"):
        raise Http404
    try:
        return tuple(plugins.load("kalkan.networks", network).options)
    except AttributeError as error:
        raise PluginError("plugin_broken", group="kalkan.networks", name=network, detail=str(error)) from error


def _form(request: HttpRequest, network: str, row: Source | None = None) -> forms.SourceForm:
    shown = [option for option in _options(network) if option.name not in forms.HIDDEN_OPTIONS]
    kept: dict[str, str] = {}
    if row is not None:
        try:
            kept = vault.unseal(row.sealed, key=str(settings.SECRET_KEY))
        except KalkanError:
            kept = {}  # sealed with a key that is gone: asked for again, as if never given
    initial = dict(row.options) if row else {}
    data = request.POST if request.method == "POST" else None
    return forms.SourceForm(shown, data, words=forms.OPTION_WORDS, kept=kept, initial=initial)


def _not_in_demo() -> None:
    if settings.CONFIG.demo:
        raise Refused("demo_fixed")


def add(request: HttpRequest, network: str) -> HttpResponse:
    """Listen to something more."""
    person = access.person_of(request)
    _not_in_demo()
    if not access.may_listen(person):
        raise Refused("not_allowed")
    form = _form(request, network)
    if request.method == "POST" and form.is_valid():
        options, secrets = form.values()
        try:
            sources.add(person, network, options=options, secrets=secrets)
            return redirect("listening")
        except Refused as refused:
            form.add_error(None, sentences.tell(refused, translation.get_language() or "en"))
    return render(request, "desk/source.html", {"form": form, "title": title_of(network), "row": None})


def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change how a source is listened to."""
    person = access.person_of(request)
    row = access.source_for(person, pk)
    _not_in_demo()
    form = _form(request, row.network, row)
    if request.method == "POST" and form.is_valid():
        options, secrets = form.values()
        hidden = {name: value for name, value in row.options.items() if name in forms.HIDDEN_OPTIONS}
        sources.change(person, row, options={**hidden, **options}, secrets=secrets)
        return redirect("listening")
    return render(request, "desk/source.html", {"form": form, "title": title_of(row.network), "row": row})


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop or go on."""
    person = access.person_of(request)
    row = access.source_for(person, pk)
    _not_in_demo()
    sources.switch(person, row, on=request.POST.get("on") == "yes")
    return redirect("listening")


def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask, then listen to it no more."""
    person = access.person_of(request)
    row = access.source_for(person, pk)
    _not_in_demo()
    if request.method == "POST":
        sources.remove(person, row)
        return redirect("listening")
    words = {name: word for name, word in statuses().items() if name == row.source}
    (told,) = heard([row], words, now=timezone.now())
    return render(request, "desk/source_remove.html", {"row": row, "told": told})
