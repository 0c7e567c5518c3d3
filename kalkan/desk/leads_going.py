"""Where a counted link leads: one redirect, before anything that could know somebody is looked at.

Stands in front of sessions, cookies, sign-in and languages, so that none of them can be read or set here. Promises the
one address that the link was made for, whatever the query says; one number more a link and day; and that a visitor is
led on even where counting fails. Never writes an address, a browser's name or a cookie, not even to the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone

from kalkan.desk import access
from kalkan.desk.actions import leads
from kalkan.index import by_machine
from kalkan.index.links import LENGTH, PATH

log = logging.getLogger(__name__)
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}
_NOWHERE: Final = "This link leads nowhere any more.\nBu bağlantı artık bir yere götürmüyor.\n"
_PLAIN: Final = "text/plain; charset=utf-8"


class Going:
    """Answers what begins with /go/ and hands on everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Lead on, or go on."""
        if not request.path_info.startswith(PATH):
            return self.get_response(request)
        return go(request, request.path_info.removeprefix(PATH).rstrip("/"))


def go(request: HttpRequest, code: str) -> HttpResponse:
    """The redirect of the link ``code``, counted; 404 where there is none, 405 for what only looks."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponse("", status=405, headers={**_HEADERS, "Allow": "GET, HEAD"}, content_type=_PLAIN)
    row = access.lead_link_by(code) if len(code) == LENGTH else None
    if row is None:
        return HttpResponse(_NOWHERE, status=404, headers=_HEADERS, content_type=_PLAIN)
    try:
        headers = {name.lower(): value for name, value in request.headers.items()}
        leads.opened(row, machine=by_machine(request.method, headers), now=timezone.now())
    except DatabaseError:  # who clicked is led on all the same; the number is one too small
        log.warning("an open of link %s was not counted", row.pk)
    response = HttpResponseRedirect(row.target)
    for name, value in _HEADERS.items():
        response[name] = value
    return response
