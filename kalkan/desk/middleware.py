"""What happens around every page: headers, static files, sessions, language, first run, demo sign-in, faults.

Promises a strict content policy on every answer and a sentence, never a traceback, for every fault.
"""

from __future__ import annotations

import logging
import zoneinfo
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseMiddleware

from kalkan.desk import access, demo
from kalkan.desk.actions import sessions
from kalkan.desk.keys import is_loopback
from kalkan.desk.models import Person
from kalkan.desk.views import faults
from kalkan.errors import KalkanError

Next = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger(__name__)

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def from_here(request: HttpRequest) -> bool:
    """Whether the browser runs on this machine, with no proxy that could speak for somebody else."""
    proxied = any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and not proxied and not settings.CONFIG.public_url


class Headers:
    """The content policy and its company, on every answer."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with headers."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), geolocation=(), microphone=(), interest-cohort=()"
        )
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("X-Frame-Options", "DENY")
        if "text/html" in response.headers.get("Content-Type", ""):
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class Static(WhiteNoiseMiddleware):  # type: ignore[misc]
    """Style, script and pictures from the package itself; read whole, for they are small and ASGI likes no streams."""

    @staticmethod
    def serve(static_file: Any, request: HttpRequest) -> HttpResponse:
        """One file, or 304, or a part of it."""
        found = static_file.get_response(request.method, request.META)
        content = b""
        if found.file is not None:
            with found.file as file:
                content = file.read()
        response = HttpResponse(content, status=int(found.status))
        del response.headers["Content-Type"]
        for name, value in found.headers:
            response[name] = value
        return response


class DemoSignIn:
    """In the demo, a browser on this machine is the demo's own person without being asked."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Sign in if this is the demo, and go on."""
        if settings.CONFIG.demo and from_here(request) and not request.user.is_authenticated:
            person = demo.person()
            if person is not None:
                login(request, person, backend="django.contrib.auth.backends.ModelBackend")
        return self.get_response(request)


class Sessions:
    """A session that its owner ended elsewhere is over."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on, signed out if the session counts no more."""
        if isinstance(request.user, Person) and not sessions.keep(request, request.user, timezone.now()):
            logout(request)
        return self.get_response(request)


class Tongue:
    """Language and time zone of the page: the person's own, else the last choice here, else what the browser asks."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the right language and zone."""
        person = request.user if isinstance(request.user, Person) else None
        lang = person.lang if person and person.lang else translation.get_language_from_request(request)
        zone = person.zone if person else request.COOKIES.get("kalkan_zone", "UTC")
        translation.activate(lang)
        request.LANGUAGE_CODE = lang
        try:
            timezone.activate(zoneinfo.ZoneInfo(zone))
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            timezone.activate(zoneinfo.ZoneInfo("UTC"))
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", lang)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


class FirstRun:
    """Until somebody has an account, and the first person a brand, every address leads to the set-up."""

    free: Final = ("/setup/", "/language/", "/sign-out/")

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on, or to the set-up."""
        if request.path.startswith(self.free):
            return self.get_response(request)
        person = request.user if isinstance(request.user, Person) else None
        if person is None and not access.anybody():
            return redirect("setup")
        if person is not None and not access.set_up(person):
            return redirect("setup_brand")
        return self.get_response(request)


class Faults:
    """A refusal or a fault becomes a page with one sentence and the next click."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Go on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page for one of our own errors; others go to the page for what nobody foresaw."""
        if isinstance(error, KalkanError):
            log.warning("%s %s: %s", request.method, request.path, error)
            return faults.told(request, error)
        return None
