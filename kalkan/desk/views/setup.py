"""The first run: three short steps, each saved as it is sent, so that a closed browser loses nothing."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from kalkan.desk import access
from kalkan.desk.actions import brands, people, sources
from kalkan.desk.forms import setup as forms
from kalkan.desk.keys import kept_secret
from kalkan.desk.middleware import from_here
from kalkan.desk.ready import token_path


@login_not_required
@sensitive_post_parameters("password", "token")
def account(request: HttpRequest) -> HttpResponse:
    """Step 1: the first account. Only while there is none; from another machine only with the printed word."""
    if access.anybody():
        return redirect("today")
    needs_token = not from_here(request)
    initial = {"lang": (translation.get_language() or "en")[:2]}
    form = forms.Account(request.POST if request.method == "POST" else None, initial=initial, needs_token=needs_token)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        token = kept_secret(token_path(settings.CONFIG), size=18) if needs_token else ""
        if needs_token and not hmac.compare_digest(token.encode(), data["token"].strip().encode()):
            form.add_error("token", _("This is not the word. Kalkan printed it where it was started."))
        else:
            zone = data["zone"] or {"tr": "Europe/Istanbul"}.get(data["lang"], "UTC")
            person = people.found_desk(
                name=data["name"], email=data["email"], password=data["password"], lang=data["lang"], zone=zone
            )
            token_path(settings.CONFIG).unlink(missing_ok=True)
            login(request, person, backend="django.contrib.auth.backends.ModelBackend")
            return redirect("setup_brand")
    return render(request, "desk/setup.html", {"form": form, "step": 1})


def brand(request: HttpRequest) -> HttpResponse:
    """Step 2: the brand, and what is watched for it."""
    person = access.person_of(request)
    if access.set_up(person):
        return redirect("today")
    form = forms.FirstBrand(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        brands.create(person, name=form.cleaned_data["brand"], watches=form.watches())
        return redirect("setup_networks")
    return render(request, "desk/setup.html", {"form": form, "step": 2})


def networks(request: HttpRequest) -> HttpResponse:
    """Step 3: languages and networks. Then Today opens."""
    person = access.person_of(request)
    if not access.set_up(person):
        return redirect("setup_brand")
    if not access.may_listen(person) or access.sources_for(person).exists():
        return redirect("listening")
    form = forms.FirstNetworks(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        mine = access.current_brand(request)
        brands.change(person, mine, name=mine.name, langs=form.cleaned_data["langs"], markets=mine.markets)
        for network, options in form.wanted():
            sources.add(person, network, options=options)
        return redirect("today")
    return render(request, "desk/setup.html", {"form": form, "step": 3})
