"""The index: a month or year on one page, what stands behind each number, and the same as a file."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from kalkan.desk import access, formats, index_behind, index_paper, index_showing, indexing, shelf
from kalkan.desk.views import today
from kalkan.errors import InvalidInput
from kalkan.index import DEFINITIONS, Period
from kalkan.index import period as period_of
from kalkan.index import periods as spans

_TYPES = {
    "csv": "text/csv; charset=utf-8", "json": "application/json", "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}  # fmt: skip


def index(request: HttpRequest, when: str = "") -> HttpResponse:
    """The page of a month (2026-11) or year (2026); without either, of this month."""
    period = _period(when)
    made = _made(request, period)
    shown = index_showing.page(made)
    return render(
        request, "desk/index.html", {**shown, **_around(request, period), **today.foot(request, made.made_at)}
    )


def file(request: HttpRequest, when: str, suffix: str) -> HttpResponse:
    """The same as CSV or JSON, or to hand on: HTML or PDF."""
    if suffix not in _TYPES:
        raise Http404
    made = _made(request, _period(when), months=suffix in ("html", "pdf"))
    response = HttpResponse(written(made, suffix, lang=formats.language()), content_type=_TYPES[suffix])
    name = f"index-{made.brand.slug}-{made.period.name}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def written(made: indexing.Made, suffix: str, *, lang: str) -> str | bytes:
    """An index as a file: csv, json, html or pdf."""
    rows = index_showing.plain(made)
    if suffix == "csv":
        return index_showing.sheet(
            index_showing.COLUMNS, ([one[name] for name in index_showing.COLUMNS] for one in rows)
        )
    if suffix == "json":
        return json.dumps({"kalkan": "index", "brand": made.brand.slug, "figures": rows}, ensure_ascii=False, indent=1)
    return index_paper.written(made, suffix, lang=lang, public_url=settings.CONFIG.public_url)


def behind(request: HttpRequest, when: str, figure: str) -> HttpResponse:
    """The rows behind a figure that is not about posts; ``?csv`` for all that is shown as CSV."""
    brand, period, of = access.current_brand(request), _period(when), request.GET.get("of", "")[:120]
    found = index_behind.behind(brand, period, figure, of)
    if found is None:
        raise Http404
    if "csv" in request.GET:
        rows = ([cell.plain if cell.plain is not None else cell.words for cell in row] for row in found.rows)
        response = HttpResponse(index_showing.sheet(found.head, rows), content_type=_TYPES["csv"])
        response["Content-Disposition"] = f'attachment; filename="{figure}-{brand.slug}-{period.name}.csv"'
        return response
    told = index_showing.said(DEFINITIONS[figure]) if figure in DEFINITIONS else None
    shown: dict[str, Any] = {
        "found": found, "told": told, "of": str(index_showing.PILLARS.get(of, of)), "period": period,
        "title": period.title(formats.language()), "most": index_behind.MOST, "query": request.GET.urlencode(),
    }  # fmt: skip
    return render(request, "desk/index_behind.html", shown)


def chart(request: HttpRequest, when: str, name: str) -> HttpResponse:
    """The numbers of one chart as CSV."""
    made = _made(request, _period(when))
    found = next((one for one in index_showing.charts(made) if one["name"] == name), None)
    if found is None:
        raise Http404
    rows = index_showing.chart_rows(made, name)
    response = HttpResponse(index_showing.sheet(rows[0], rows[1:]), content_type=_TYPES["csv"])
    response["Content-Disposition"] = f'attachment; filename="{name}-{made.brand.slug}-{made.period.name}.csv"'
    return response


def _made(request: HttpRequest, period: Period, *, months: bool = True) -> indexing.Made:
    now = timezone.now().replace(microsecond=0)
    return indexing.compose(access.current_brand(request), shelf.opened(), period, now=now, months=months)


def _period(when: str) -> Period:
    now, zone = timezone.now(), timezone.get_current_timezone_name()
    if not when:
        return spans.current("month", now=now, zone=zone)
    try:
        return period_of(when, now=now, zone=zone)
    except InvalidInput as fault:
        raise Http404 from fault


def _around(request: HttpRequest, period: Period) -> dict[str, Any]:
    """Where to go from here: the one before and after, the year or the month, the months that have data."""
    now, person = timezone.now(), access.person_of(request)
    middle = min(period.until - timedelta(seconds=1), now)
    names = {one: spans.current(one, now=middle, zone=period.zone).name for one in ("month", "year")}
    choices = [(name, reverse("index_of", args=(names[name],)), name == period.kind) for name in ("month", "year")]
    return {
        "previous": spans.beside(period, -1, now=now), "next": spans.beside(period, 1, now=now),
        "choices": choices, "may": access.may(person, access.current_brand(request), "write"),
    }  # fmt: skip
