"""The shield's page: what it folds in plain words, what a change would do to last week's posts, the team's rules."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pyarrow as pa
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from kalkan import sentences, shield
from kalkan.desk import access, inbox, shelf, shield_audit
from kalkan.desk.actions import inbox as acts
from kalkan.desk.forms.inbox import OwnRule, Shield, Working
from kalkan.desk.models import Brand
from kalkan.errors import InvalidInput
from kalkan.posts import ABOUT, READ_POSTS

_WEEK: Final = timedelta(days=7)
_MOST: Final = 5_000
_FLAGS: Final = ("fold_abuse", "fold_insults", "fold_spam", "hold_threats", "hold_doxing")


def page(request: HttpRequest) -> HttpResponse:
    """What the shield does now, and the forms that change it."""
    person, brand = access.person_of(request), access.current_brand(request)
    working = None
    if request.method == "POST":
        access.require(person, brand, "brand")
        working = Working(request.POST)
        if working.is_valid():
            zone = timezone.get_current_timezone_name()
            acts.set_rules(person, brand, zone=zone, **working.cleaned_data)
            return redirect("shield")
    return render(request, "desk/shield.html", _shown(request, working=working), status=400 if working else 200)


@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What the policy in the form would do to last week's posts; with ``keep``, keep it."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    form = Shield(request.POST)
    if not form.is_valid():
        return render(request, "desk/shield.html", _shown(request, form=form), status=400)
    wanted = shield.Policy(**form.cleaned_data)
    if request.POST.get("keep"):
        acts.set_policy(person, brand, wanted)
        return redirect("shield")
    rules = access.inbox_rules(brand)
    found = shield.preview(
        _week(brand),
        brand=brand.as_brand(),
        before=inbox.policy_of(rules),
        after=wanted,
        rules=inbox.rules_of(brand),
        seed=1,
    )
    return render(request, "desk/shield.html", _shown(request, form=form, found=found))


@require_POST
def rule(request: HttpRequest) -> HttpResponse:
    """What a rule would do to last week's posts; with ``keep``, keep it."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    form = OwnRule(request.POST)
    if form.is_valid():
        try:
            wanted = shield.Rule(**form.cleaned_data)
            if request.POST.get("keep"):
                acts.add_rule(person, brand, wanted, now=timezone.now())
                return redirect("shield")
            policy = inbox.policy_of(access.inbox_rules(brand))
            given: dict[str, Any] = {"brand": brand.as_brand(), "policy": policy, "rules": inbox.rules_of(brand)}
            effect = shield.effect(wanted, _week(brand), **given)
            return render(request, "desk/shield.html", _shown(request, own=form, effect=effect))
        except InvalidInput as fault:
            form.add_error(None, sentences.tell(fault, translation.get_language() or "en"))
    return render(request, "desk/shield.html", _shown(request, own=form), status=400)


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule out."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    row = access.shield_rules(brand).filter(pk=pk).first()
    if row is None:
        raise Http404
    acts.drop_rule(person, brand, row)
    return redirect("shield")


def _week(brand: Brand) -> pa.Table:
    """Last week's mentions with their readings, the newest at most five thousand."""
    now = timezone.now()
    columns = ", ".join(f'"{name}"' for name in READ_POSTS.names)
    return shelf.opened().query(
        f"SELECT {columns} FROM mentions WHERE brand = ? AND kind IN ({', '.join('?' * len(ABOUT))})"
        f' ORDER BY "at" DESC LIMIT {_MOST}',
        [brand.slug, *ABOUT],
        since=now - _WEEK,
        until=now,
        tables=("mentions",),
    )


def _shown(request: HttpRequest, **more: Any) -> dict[str, Any]:
    person, brand = access.person_of(request), access.current_brand(request)
    rules = access.inbox_rules(brand)
    policy = inbox.policy_of(rules)
    lang = (translation.get_language() or "en")[:2]
    first = {"strictness": policy.strictness, **{name: getattr(policy, name) for name in _FLAGS}}
    working = {name: getattr(rules, name) for name in ("goal_minutes", "opens", "shuts", "weekdays", "cap_characters")}
    own = [(row, shield.rule_from_json(row.body)) for row in access.shield_rules(brand)]
    shown: dict[str, Any] = {
        "says": shield.say_policy(policy, lang=lang),
        "rows": own,
        "may": access.may(person, brand, "brand"),
    }
    audits = list(access.shield_audits_for(person, brand)[:12])
    shown |= {"audits": audits, "measured": shield_audit.measured(audits), "handlers": access.handlers(brand)}
    shown["works"] = access.may(person, brand, "moderate")
    shown["form"] = more.pop("form", None) or Shield(initial=first)
    shown["own"] = more.pop("own", None) or OwnRule()
    shown["working"] = more.pop("working", None) or Working(initial=working)
    return {**shown, **more}
