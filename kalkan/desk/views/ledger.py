"""The ledger: what was advised, decided and how it turned out; its export; the room check's own record."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from kalkan import ledger as core
from kalkan.desk import access, drafts_ledger, drafts_telling

_PAGE = 60
KINDS = core.KINDS


def ledger(request: HttpRequest) -> HttpResponse:
    """Newest first; ``?draft=PK`` of one draft, ``?kind=…`` of one kind, ``?before=SEQ`` goes on."""
    person, brand = access.person_of(request), access.current_brand(request)
    draft = None
    if given := request.GET.get("draft", ""):
        if not given.isdigit() or len(given) > 18:
            raise Http404
        draft = access.draft_for(person, int(given))
        if draft.brand_id != brand.pk:
            raise Http404
    rows = access.ledger_for(person, brand, draft)
    kind = request.GET.get("kind", "")
    if kind in KINDS:
        rows = rows.filter(kind=kind)
    before = request.GET.get("before", "")
    if before.isdigit() and len(before) < 10:
        rows = rows.filter(seq__lt=int(before))
    found = list(rows[: _PAGE + 1])
    chain = access.chain_of(brand)
    shown = {
        "entries": [drafts_ledger.line(row) for row in found[:_PAGE]],
        "of": draft,
        "older": found[_PAGE - 1].seq if len(found) > _PAGE else 0,
        "kind": kind,
        "kinds": [(name, drafts_telling_kind(name)) for name in KINDS],
        "n": chain.count(),
        "broken": drafts_ledger.broken(brand),
        "head": chain.last(),
        "record": drafts_ledger.record_words(drafts_ledger.score_of(brand)),
        "hide_draft": draft is not None,
    }
    return render(request, "desk/ledger.html", shown)


def drafts_telling_kind(name: str) -> str:
    """A kind of entry by its name."""
    return str(drafts_ledger.KINDS.get(name, name))


def export(request: HttpRequest) -> HttpResponse:
    """The whole chain as JSON lines that anybody can verify. Private notes are not in it."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "audit")
    rows = access.chain_of(brand)
    response = HttpResponse(
        "".join(core.export(row.as_row() for row in rows.iterator())),
        content_type="application/x-ndjson; charset=utf-8",
    )
    response["Content-Disposition"] = (
        f'attachment; filename="kalkan-ledger-{brand.slug}-{timezone.now():%Y-%m-%d}.jsonl"'
    )
    return response


def score(request: HttpRequest) -> HttpResponse:
    """How often the room check was borne out."""
    brand = access.current_brand(request)
    found = drafts_ledger.score_of(brand)
    table = [
        {
            "verdict": verdict, "word": drafts_telling.verdict_word(verdict),
            "cells": [counts.get(name, 0) for name in drafts_ledger.RECEPTIONS],
        }
        for verdict, counts in found.by_verdict
    ]  # fmt: skip
    shown = {"score": found, "table": table, "names": list(drafts_ledger.RECEPTIONS.values())}
    return render(request, "desk/ledger_score.html", shown)
