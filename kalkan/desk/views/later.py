"""Pages that later parts of Kalkan bring: each says in a sentence what will stand there."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from kalkan.desk import access

PAGES: Final = {
    "index": (
        _("Index"),
        _("You and your peers on one scale will stand here, month by month, with what was seen and what was not."),
        _("Peers that you name under Watches are gathered already."),
    ),
}


def later(request: HttpRequest, page: str) -> HttpResponse:
    """One of :data:`PAGES`."""
    access.current_brand(request)
    title, what, until = PAGES[page]
    return render(request, "desk/later.html", {"title": title, "what": what, "until": until})
