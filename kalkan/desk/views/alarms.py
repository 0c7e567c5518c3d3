"""Alarms: the list with what was said of each, and the settings: rules, one's own wishes, where they are posted to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from kalkan import sentences
from kalkan.desk import access, alarms, stories
from kalkan.desk.actions import alarms as acts
from kalkan.desk.forms import alarms as alarm_forms
from kalkan.desk.models import AlarmHook, AlarmLetter
from kalkan.desk.views.today import foot
from kalkan.errors import KalkanError, Refused

_SHOWN: Final = 100
_LATE: Final = 30
_LETTERS: Final = 20


def listing(request: HttpRequest) -> HttpResponse:
    """Alarms that concern the brand, newest first, with those not yet read marked."""
    person, brand, now = access.person_of(request), access.current_brand(request), timezone.now()
    wish = access.alarm_wish(person, brand)
    found = alarms.told(brand, now=now, limit=_SHOWN)
    rows = alarms.lines(found, brand, now=now, seen=wish.seen)
    shown = {
        "now": now,
        "alarms": rows,
        "late": alarms.lines(alarms.told(brand, now=now, limit=_LATE, late=True), brand, now=now),
        "unread": alarms.unread(person, brand, now=now),
        "newest": max((row.seq for row in found), default=0),
        "may_judge": access.may(person, brand, "moderate"),
        "mine": alarms.budget(alarms.own_scopes(brand), now=now),
        "shared": alarms.budget(alarms.shared_scopes(), now=now),
        "budget": alarms.budget_words(brand, now=now),
        "followed": stories.opened().followed_until(),
        **foot(request, now),
    }
    return render(request, "desk/alarms.html", shown)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Every alarm up to the newest that the page showed is read."""
    given = request.POST.get("upto", "")
    upto = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0
    acts.read(access.person_of(request), access.current_brand(request), upto=upto)
    return redirect("alarms")


@require_POST
def judge(request: HttpRequest, seq: int) -> HttpResponse:
    """Worth it, not worth it, or neither."""
    person, brand = access.person_of(request), access.current_brand(request)
    book = stories.opened()
    alarm = book.alarm(seq)
    if alarm is None or not stories.sees(brand, alarm.scope):
        raise Http404
    acts.judge(person, brand, book, seq, request.POST.get("judged", ""), now=timezone.now())
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}) and back.startswith("/")
    return redirect(f"{back if safe else reverse('alarms')}#alarm-{seq}")


def preferences(request: HttpRequest) -> HttpResponse:
    """The settings."""
    return _page(request)


def _page(
    request: HttpRequest,
    *,
    rules: alarm_forms.Rules | None = None,
    wish: alarm_forms.Wish | None = None,
    hook: alarm_forms.Hook | None = None,
    secret: str = "",
    made: str = "",
) -> HttpResponse:
    person, brand, now = access.person_of(request), access.current_brand(request), timezone.now()
    may, since = access.may(person, brand, "brand"), now - timedelta(days=14)
    config = settings.CONFIG
    shown: dict[str, Any] = {
        "now": now,
        "may": may,
        "rules": rules or _rules_form(request),
        "wish": wish or _wish_form(request),
        "hook": hook or (_hook_form() if may else None),
        "hooks": [_hook(row) for row in access.alarm_hooks(person, brand)] if may else [],
        "readers": list(access.alarm_readers(person, brand)),
        "mine": alarms.budget(alarms.own_scopes(brand), now=now),
        "shared": alarms.budget(alarms.shared_scopes(), now=now),
        "mail_ready": bool(config.smtp_host),
        "public": config.public_url,
        "secret": secret,
        "made": made,
        "letters": [_letter(row) for row in access.alarm_letters(brand, since=since)[:_LETTERS]] if may else [],
        "word": next((word for word in ("saved", "same", "own", "removed", "tried") if word in request.GET), ""),
    }
    return render(request, "desk/alarms_settings.html", shown)


def _rules_form(request: HttpRequest, data: Any = None) -> alarm_forms.Rules:
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.alarm_rules(brand)
    all_week = alarms.budget(alarms.shared_scopes(), now=timezone.now()).a_week
    initial = {"a_week": row.a_week, "all_week": all_week, "floor": row.floor, "cool_down": row.cool_down}
    return alarm_forms.Rules(data, initial=initial, may_share=access.may_listen(person), prefix="rules")


def _wish_form(request: HttpRequest, data: Any = None) -> alarm_forms.Wish:
    row = access.alarm_wish(access.person_of(request), access.current_brand(request))
    initial = {
        "by_mail": row.by_mail, "quiet_from": row.quiet_from, "quiet_until": row.quiet_until, "on_call": row.on_call,
    }  # fmt: skip
    return alarm_forms.Wish(data, initial=initial, prefix="wish")


def _hook_form(data: Any = None) -> alarm_forms.Hook:
    return alarm_forms.Hook(data, initial={"lang": _lang()}, say=_told, prefix="hook")


def _hook(row: AlarmHook) -> dict[str, Any]:
    """A hook with how its last message went."""
    last = access.alarm_letters_to(row).first()
    return {"row": row, "last": _letter(last) if last else None}


def _letter(row: AlarmLetter) -> dict[str, Any]:
    fault = row.fault or {}
    why = sentences.say(fault["code"], fault.get("params", {}), lang=_lang()) if fault.get("code") else ""
    return {"row": row, "why": why, "trial": not row.seqs}


@require_POST
def set_rules(request: HttpRequest) -> HttpResponse:
    """What the brand wants to be told."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "brand")
    form = _rules_form(request, request.POST)
    if not form.is_valid():
        return _page(request, rules=form)
    data = form.cleaned_data
    changed = acts.set_rules(person, brand, a_week=data["a_week"], cool_down=data["cool_down"], floor=data["floor"])
    alarms.share_out(brand, data["a_week"])
    shared = data.get("all_week")
    if shared is not None and alarms.share_out_shared(shared):
        changed = True
    return _to("saved" if changed else "same")


@require_POST
def set_wish(request: HttpRequest) -> HttpResponse:
    """How one wants to be told oneself."""
    person, brand = access.person_of(request), access.current_brand(request)
    form = _wish_form(request, request.POST)
    if not form.is_valid():
        return _page(request, wish=form)
    data = form.cleaned_data
    acts.wish(person, brand, by_mail=data["by_mail"], quiet=form.quiet(), on_call=data["on_call"])
    return _to("own")


@require_POST
def add_hook(request: HttpRequest) -> HttpResponse:
    """Post alarms to one more address; its secret stands on the page that follows, once."""
    person, brand = access.person_of(request), access.current_brand(request)
    _not_in_demo()
    access.require(person, brand, "brand")
    form = _hook_form(request.POST)
    if not form.is_valid():
        return _page(request, hook=form)
    try:
        row, secret = acts.add_hook(person, brand, **form.cleaned_data)
    except Refused as refused:
        form.add_error(None, _told(refused))
        return _page(request, hook=form)
    return _page(request, secret=secret, made=row.name)


@require_POST
def change_hook(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch it on or off, or remove it."""
    person, brand = access.person_of(request), access.current_brand(request)
    row = access.alarm_hook(person, brand, pk)
    _not_in_demo()
    if "remove" in request.POST:
        acts.remove_hook(person, brand, row)
        return _to("removed")
    acts.switch_hook(person, brand, row, on=request.POST.get("on") == "yes")
    return _to("saved")


@require_POST
def try_out(request: HttpRequest) -> HttpResponse:
    """A trial: by mail to whoever asks, or to one hook."""
    person, brand = access.person_of(request), access.current_brand(request)
    _not_in_demo()
    given = request.POST.get("hook", "")
    hook = access.alarm_hook(person, brand, int(given)) if given.isascii() and given.isdigit() else None
    if hook is None and not settings.CONFIG.smtp_host:
        raise Refused("mail_not_set_up")
    acts.try_out(person, brand, now=timezone.now(), hook=hook)
    return _to("tried")


def _not_in_demo() -> None:
    if settings.CONFIG.demo:
        raise Refused("demo_sends_nothing")


def _lang() -> str:
    return (translation.get_language() or "en")[:2]


def _told(error: KalkanError) -> str:
    return sentences.tell(error, _lang())


def _to(word: str) -> HttpResponse:
    return redirect(f"{reverse('alarm_settings')}?{word}")
