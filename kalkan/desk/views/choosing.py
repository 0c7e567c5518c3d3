"""The two switches of the rail: language and brand."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kalkan.desk import access
from kalkan.desk.actions import people
from kalkan.desk.models import Person


def back(request: HttpRequest, fallback: str = "today") -> HttpResponse:
    """To where the person came from, if that is here."""
    to = request.POST.get("next") or request.GET.get("next") or ""
    fine = url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(to if fine else fallback)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Speak another language, from now on, here and (signed in) everywhere."""
    response = back(request)
    lang = request.POST.get("lang", "")
    if lang in dict(settings.LANGUAGES):
        if isinstance(request.user, Person):
            people.speak(request.user, lang)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            lang,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            samesite="Lax",
            httponly=True,
        )
    return response


@require_POST
def brand(request: HttpRequest) -> HttpResponse:
    """Look at another brand of theirs."""
    found = access.brand_for(access.person_of(request), request.POST.get("brand", ""))
    request.session["brand"] = found.slug
    return back(request)
