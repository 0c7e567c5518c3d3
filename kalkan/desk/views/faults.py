"""Pages for what went wrong: one sentence, and where to go from there. Never a traceback nor a fault of their own."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from kalkan import sentences
from kalkan.errors import ArchiveDamaged, InvalidInput, KalkanError, NetworkError, Refused

log = logging.getLogger(__name__)
_STATUS: dict[type[KalkanError], int] = {InvalidInput: 400, Refused: 403, NetworkError: 502, ArchiveDamaged: 500}


def page(request: HttpRequest, status: int, title: str, sentence: str, *, again: bool = False) -> HttpResponse:
    """A fault as a page. Asks neither the database nor the session, for these may be what failed."""
    lang = translation.get_language() or settings.LANGUAGE_CODE
    shown = {"title": title, "sentence": sentence, "lang": lang[:2], "again": again, "path": request.path}
    return HttpResponse(render_to_string("desk/fault.html", shown), status=status)


def told(request: HttpRequest, error: KalkanError) -> HttpResponse:
    """One of our own errors, in the person's language."""
    status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
    lang = (translation.get_language() or "en")[:2]
    title = _("This may not be done") if status == 403 else _("This did not work")
    return page(request, status, title, sentences.tell(error, lang), again=status >= 500)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, said in the same words whether a thing does not exist or belongs to others."""
    return page(
        request,
        404,
        _("Nothing stands here"),
        _("The address may be old, or the page belongs to a brand you are not on the team of."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403 from Django itself."""
    return page(
        request,
        403,
        _("This may not be done"),
        _("Your part on the team does not include this. Ask the owner of the brand."),
    )


def stale(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long, or came from elsewhere."""
    return page(
        request,
        403,
        _("This form is too old"),
        _("Nothing was changed. Open the page again and send it once more."),
        again=True,
    )


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: most often a name that the desk does not answer to."""
    if isinstance(exception, DisallowedHost):
        return page(
            request,
            400,
            _("Kalkan does not know this address"),
            _("If it is yours, set “public_url” to it in kalkan.toml (or KALKAN_PUBLIC_URL) and start Kalkan again."),
        )
    return page(request, 400, _("This could not be understood"), _("Nothing was changed. Go back and try again."))


def unforeseen(request: HttpRequest) -> HttpResponse:
    """500: the details are in the log, the person gets a sentence."""
    lang = (translation.get_language() or "en")[:2]
    return page(
        request,
        500,
        _("Something went wrong"),
        sentences.say("unexpected", {"detail": request.path}, lang=lang),
        again=True,
    )
