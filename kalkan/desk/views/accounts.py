"""Accounts we publish from, the rules of approval, and what the room check knows of the brand."""

from __future__ import annotations

import secrets
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kalkan.desk import access, drafts_rules, drafts_telling, drafts_writing, vault
from kalkan.desk.actions import accounts as acts
from kalkan.desk.actions import facts as facts_acts
from kalkan.desk.forms import accounts as forms
from kalkan.desk.models import Account, Brand, Person
from kalkan.errors import InvalidInput, KalkanError, Refused
from kalkan.networks import publishing

_GOING: Final = "kalkan_going_out"  # in the session: what an OAuth answer is measured against


def accounts(request: HttpRequest) -> HttpResponse:
    """Every account of the brand with how it is."""
    person, brand = access.person_of(request), access.current_brand(request)
    rows = [_shown(row) for row in access.accounts_for(person, brand)]
    shown = {
        "rows": rows,
        "may": access.may(person, brand, "brand"),
        "offers": [(name, drafts_writing.TITLES[name]) for name in publishing.NAMES],
        "word": next((word for word in ("connected", "works", "not", "gone") if word in request.GET), ""),
    }
    return render(request, "desk/accounts.html", shown)


def _shown(row: Account) -> dict[str, Any]:
    limits = drafts_writing.limits_of(row)
    fault = drafts_telling.say(row.fault["code"], row.fault.get("params", {})) if row.fault else ""
    return {"row": row, "title": drafts_writing.TITLES[row.network], "fault": fault, "signs": limits.graphemes or 500}


@sensitive_post_parameters("password", "token")
def add(request: HttpRequest, network: str) -> HttpResponse:
    """Connect one more account."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    if network not in forms.NAMES:
        raise Http404
    form = forms.NAMES[network](request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = {name: str(value or "") for name, value in form.cleaned_data.items()}
        try:
            if network == "mastodon" and not data["token"]:
                return _to_server(request, brand, data["server"])
            _connected(person, brand, network, data)
            return redirect(f"{reverse('accounts')}?connected")
        except KalkanError as fault:
            form.add_error(None, drafts_telling.say(fault.code, fault.params))
    title = drafts_writing.TITLES[network]
    return render(request, "desk/account_add.html", {"form": form, "network": network, "title": title})


def _loopback(server: str) -> bool:
    """Whether a server on this machine may be asked: in the demo, whose town lives there."""
    return bool(settings.CONFIG.demo) and server.startswith(("http://127.0.0.1:", "http://localhost:"))


def _connected(person: Person, brand: Brand, network: str, data: dict[str, str]) -> Account:
    server = data.get("service") or data.get("server") or ""
    loopback, now = _loopback(server), timezone.now()
    who, credentials = publishing.kind(network).connect(data, now=now, loopback=loopback)
    row = acts.connect(
        person, brand, network, who=who, credentials=credentials, server=server, now=now, loopback=loopback
    )
    acts.look(row, now=now)
    return row


# — leave given at the server (OAuth) —


def _to_server(request: HttpRequest, brand: Brand, server: str) -> HttpResponse:
    """Send the person to their server to give leave; what comes back is measured against the session."""
    from kalkan.networks import mastodon_publish

    state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    found = mastodon_publish.begin_sign_in(
        server, redirect=_back(request), state=state, verifier=verifier, now=timezone.now(), loopback=_loopback(server)
    )
    sealed = vault.seal(dict(found.secrets), key=str(settings.SECRET_KEY))
    request.session[_GOING] = {"state": state, "brand": brand.slug, "sealed": sealed}
    return HttpResponse(status=302, headers={"Location": found.url})


def _back(request: HttpRequest) -> str:
    path, public = reverse("account_back"), settings.CONFIG.public_url.rstrip("/")
    return public + path if public else request.build_absolute_uri(path)


def back(request: HttpRequest) -> HttpResponse:
    """Where the server sends the person back to.

    :raises Refused: nobody was sent, or this is another answer (``leave_unasked``).
    """
    from kalkan.networks import mastodon_publish

    person = access.person_of(request)
    going = request.session.pop(_GOING, None)
    if not isinstance(going, dict) or not constant_time_compare(request.GET.get("state", ""), going["state"]):
        raise Refused("leave_unasked")
    brand = access.brand_for(person, going["brand"])
    access.require(person, brand, "brand")
    code = request.GET.get("code", "")
    if not code:
        raise InvalidInput("leave_not_given")
    kept, now = vault.unseal(going["sealed"], key=str(settings.SECRET_KEY)), timezone.now()
    loopback = _loopback(kept["server"])
    who, credentials = mastodon_publish.finish_sign_in(kept, code, now=now, loopback=loopback)
    row = acts.connect(
        person, brand, "mastodon", who=who, credentials=credentials, server=kept["server"], now=now, loopback=loopback
    )
    acts.look(row, now=now)
    return redirect(f"{reverse('accounts')}?connected")


@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask now whether the token works."""
    row = access.account_for(access.person_of(request), pk)
    return redirect(f"{reverse('accounts')}?{'works' if acts.look(row, now=timezone.now()) else 'not'}")


@require_POST
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish from it no more."""
    person = access.person_of(request)
    acts.disconnect(person, access.account_for(person, pk), now=timezone.now())
    return redirect(f"{reverse('accounts')}?gone")


# — the rules —


def rules(request: HttpRequest) -> HttpResponse:
    """The rules of approval, in plain words."""
    person, brand = access.person_of(request), access.current_brand(request)
    may = access.may(person, brand, "brand")
    if request.method == "POST":
        access.require(person, brand, "brand")
    now_set = drafts_rules.rules_of(brand)
    form = forms.Rules(request.POST if request.method == "POST" else None, initial=forms.Rules.initial_of(now_set))
    if request.method == "POST" and form.is_valid():
        changed = facts_acts.rule(person, brand, form.policy(), now=timezone.now())
        return redirect(f"{reverse('rules')}?{'saved' if changed else 'same'}")
    if not may:
        for field in form.fields.values():
            field.disabled = True
    kinds = ("everyday", *(sorted(now_set.rules[0].kinds) if len(now_set.rules) > 1 else ()))
    shown = {
        "form": form, "may": may, "alone": drafts_rules.alone(brand),
        "sentences": [drafts_telling.rule_words(now_set, kind) for kind in kinds],
        "word": next((word for word in ("saved", "same") if word in request.GET), ""),
    }  # fmt: skip
    return render(request, "desk/approvals_rules.html", shown)


# — what the check knows —


def facts(request: HttpRequest) -> HttpResponse:
    """What the room check knows of the brand, and the forms to tell it more."""
    return _facts(request)


def _facts(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    person, brand = access.person_of(request), access.current_brand(request)
    told = access.facts_of(brand)
    initial = {
        "sector": told.sector, "sells": "\n".join(told.sells), "tags": "\n".join(f"#{tag}" for tag in told.tags),
        "view_hours": told.view_hours,
    }  # fmt: skip
    shown = {
        "may": access.may(person, brand, "write"),
        "about": forms.About(initial=initial),
        "one": forms.OneFact(auto_id="fact-%s"),
        "mourned": forms.Mourned(brand.markets, auto_id="mourned-%s"),
        "known": access.known_of(brand),
        "closed": access.known_of(brand, closed=True).count(),
        "mournings": access.mournings_of(brand, timezone.now()),
        "word": "saved" if "saved" in request.GET else "",
        **given,
    }
    return render(request, "desk/facts.html", shown, status=status)


@require_POST
def describe(request: HttpRequest) -> HttpResponse:
    """What the brand is."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "write")
    form = forms.About(request.POST)
    if not form.is_valid():
        return _facts(request, status=400, about=form)
    facts_acts.describe(person, brand, **form.cleaned_data, now=timezone.now())
    return redirect(f"{reverse('facts')}?saved")


@require_POST
def tell(request: HttpRequest) -> HttpResponse:
    """One more thing known."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "write")
    form = forms.OneFact(request.POST, auto_id="fact-%s")
    if not form.is_valid():
        return _facts(request, status=400, one=form)
    facts_acts.tell(person, brand, **form.cleaned_data, now=timezone.now())
    return redirect(f"{reverse('facts')}?saved")


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """The check rests on it no more."""
    person, brand = access.person_of(request), access.current_brand(request)
    facts_acts.close(person, brand, pk, now=timezone.now())
    return redirect(f"{reverse('facts')}?saved")


@require_POST
def mourn(request: HttpRequest) -> HttpResponse:
    """Declared mourning."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "write")
    form = forms.Mourned(brand.markets, request.POST, auto_id="mourned-%s")
    if not form.is_valid():
        return _facts(request, status=400, mourned=form)
    data = form.cleaned_data
    facts_acts.mourn(person, brand, name=data["name"], market=data["market"], **form.period(), now=timezone.now())
    return redirect(f"{reverse('facts')}?saved")


@require_POST
def mourn_no_more(request: HttpRequest, pk: int) -> HttpResponse:
    """Taken out again."""
    person, brand = access.person_of(request), access.current_brand(request)
    facts_acts.mourn_no_more(person, brand, pk)
    return redirect(f"{reverse('facts')}?saved")
