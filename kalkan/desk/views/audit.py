"""Who did what for the brand, newest first."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kalkan.desk import access, audit_words

ROWS = 50


def audit(request: HttpRequest) -> HttpResponse:
    """One page of the log, for owners."""
    person, brand = access.person_of(request), access.current_brand(request)
    page = Paginator(access.audit_for(person, brand), ROWS).get_page(request.GET.get("page"))
    rows = [
        {
            "at": row.at,
            "who": row.person.name if row.person else "",
            "verb": audit_words.verb(row.verb),
            "details": audit_words.details(row.detail),
        }
        for row in page
    ]
    return render(request, "desk/audit.html", {"rows": rows, "page": page})
