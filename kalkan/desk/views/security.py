"""A person's own safety: the second factor, and where they are signed in."""

from __future__ import annotations

import segno
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kalkan import sentences
from kalkan.desk import access, totp
from kalkan.desk.actions import people, second_factor, sessions
from kalkan.desk.forms import team as team_forms
from kalkan.errors import Refused


def security(request: HttpRequest) -> HttpResponse:
    """Second factor and sessions."""
    return _page(request)


def _page(
    request: HttpRequest,
    *,
    confirm: team_forms.FirstCode | None = None,
    proof: team_forms.Proof | None = None,
    status: int = 200,
) -> HttpResponse:
    person = access.person_of(request)
    found = access.second_factor_for(person)
    try:
        secret = second_factor.secret_of(person)
    except Refused:
        secret = ""  # begun under another key: it is begun anew
    is_on = found is not None and found.confirmed_at is not None
    shown = {
        "state": "on" if is_on else "begun" if secret else "off",
        "since": found.confirmed_at if found else None,
        "left": access.recovery_left(person),
        "secret": " ".join(secret[n : n + 4] for n in range(0, len(secret), 4)),
        "picture": picture(totp.address(secret, account=person.email)) if secret else None,
        "confirm": confirm or team_forms.FirstCode(),
        "proof": proof or team_forms.Proof(),
        "sessions": access.sessions_for(person),
        "here": sessions.here(request),
        "word": next((word for word in ("off", "ended", "others") if word in request.GET), ""),
    }
    return render(request, "desk/security.html", shown, status=status)


def picture(words: str) -> dict[str, object]:
    """``words`` as a QR code: its size with the quiet border, and one SVG path that draws the dark runs."""
    border = 4
    runs: list[str] = []
    rows = [bytes(row) for row in segno.make(words, error="m", micro=False).matrix]
    for y, row in enumerate(rows, border):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                runs.append(f"M{x + border} {y}h{end - x}v1H{x + border}z")
            x = end + 1
    return {"size": len(rows) + 2 * border, "path": "".join(runs)}


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Make a secret and show it."""
    person = access.person_of(request)
    if person.has_usable_password():
        second_factor.begin(person)
    return _to("")


@require_POST
def stop(request: HttpRequest) -> HttpResponse:
    """Forget a secret that was only begun."""
    person = access.person_of(request)
    if not second_factor.on(person):
        second_factor.switch_off(person)
    return _to("")


@require_POST
@sensitive_post_parameters("code")
def confirm(request: HttpRequest) -> HttpResponse:
    """The first code switches it on; the recovery codes are shown in the answer and nowhere else."""
    person, now, address = access.person_of(request), timezone.now(), request.META.get("REMOTE_ADDR", "")
    form = team_forms.FirstCode(request.POST)
    if not form.is_valid():
        return _page(request, confirm=form)
    try:
        people.refuse_guessing(person.email, address, now, kind="code")
        codes = second_factor.confirm(person, form.cleaned_data["code"], now=now)
    except Refused as refused:
        if refused.code == "code_wrong":
            people.write_try(person.email, address, now, ok=False, kind="code")
        form.add_error(None if refused.code == "sign_in_wait" else "code", _told(refused))
        return _page(request, confirm=form, status=_status(refused))
    return render(request, "desk/recovery.html", {"codes": codes, "first": True})


@require_POST
@sensitive_post_parameters("password")
def change(request: HttpRequest) -> HttpResponse:
    """New recovery codes, for the password; or off, for the password."""
    person, now, address = access.person_of(request), timezone.now(), request.META.get("REMOTE_ADDR", "")
    form = team_forms.Proof(request.POST)
    if not form.is_valid():
        return _page(request, proof=form)
    try:
        people.prove(person, form.cleaned_data["password"], address=address, now=now)
        if request.POST.get("do") == "codes":
            codes = second_factor.renew(person)
            return render(request, "desk/recovery.html", {"codes": codes, "first": False})
    except Refused as refused:
        form.add_error("password" if refused.code == "password_wrong" else None, _told(refused))
        return _page(request, proof=form, status=_status(refused))
    second_factor.switch_off(person)
    return _to("?off")


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one session; this one means signing out."""
    person = access.person_of(request)
    row = access.session_for(person, pk)
    if row.word == sessions.here(request):
        sessions.sign_out(request)
        return redirect("sign_in")
    sessions.end(person, row)
    return _to("?ended")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one."""
    sessions.end_others(access.person_of(request), sessions.here(request))
    return _to("?others")


def _status(refused: Refused) -> int:
    return 429 if refused.code == "sign_in_wait" else 403


def _told(refused: Refused) -> str:
    return sentences.tell(refused, (translation.get_language() or "en")[:2])


def _to(query: str) -> HttpResponse:
    return redirect(reverse("security") + query)
