"""The page behind an invitation's link: make an account or sign in, and be on the team.

Promises that nothing of the brand is told unless the link is whole and still open, and that guessing is slowed.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_post_parameters

from kalkan import sentences
from kalkan.desk import access
from kalkan.desk.actions import people, team
from kalkan.desk.forms import team as team_forms
from kalkan.desk.models import Invitation, Person
from kalkan.errors import Refused


@login_not_required
@sensitive_post_parameters("password")
def invited(request: HttpRequest, word: str) -> HttpResponse:
    """What is offered, and the two ways to take it."""
    now, address = timezone.now(), request.META.get("REMOTE_ADDR", "")
    try:
        people.refuse_guessing("", address, now)
    except Refused as refused:
        return _closed(request, "wait", 429, sentence=_told(refused))
    invitation = access.invitation_by(word)
    if invitation is None:
        people.write_try("", address, now, ok=False, kind="invitation")
        return _closed(request, "unknown", 404)
    state = invitation.state(now)
    if state != "open":
        return _closed(request, state, 410)
    if isinstance(request.user, Person):
        return _as_somebody(request, request.user, invitation)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(invitation.lang)
    return _as_anybody(request, invitation, address)


def _as_somebody(request: HttpRequest, person: Person, invitation: Invitation) -> HttpResponse:
    """Somebody with an account, signed in."""
    on_team = bool(access.role_for(person, invitation.brand))
    if request.method == "POST" and not on_team:
        try:
            team.join(person, invitation, now=timezone.now())
        except Refused as refused:
            if refused.code == "invitation_closed":
                return _closed(request, "taken", 410)
            raise
        return _in(request, invitation)
    return _offer(request, invitation, {"on_team": on_team})


def _as_anybody(request: HttpRequest, invitation: Invitation, address: str) -> HttpResponse:
    """Nobody is signed in: an account can be made here."""
    now, status = timezone.now(), 200
    form = team_forms.Joining(
        invitation.email, request.POST if request.method == "POST" else None, initial={"lang": invitation.lang}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        zone = data["zone"] or {"tr": "Europe/Istanbul"}.get(data["lang"], "UTC")
        try:
            people.refuse_guessing(invitation.email, address, now)
            person = team.join_anew(
                invitation, name=data["name"], password=data["password"], lang=data["lang"], zone=zone, now=now
            )
        except Refused as refused:
            if refused.code == "invitation_closed":
                return _closed(request, "taken", 410)
            if refused.code == "account_unmade":
                people.write_try(invitation.email, address, now, ok=False, kind="invitation")
            form.add_error(None, _told(refused))
            status = 429 if refused.code == "sign_in_wait" else 403
        else:
            people.let_in(request, person, now=now)
            return _in(request, invitation)
    return _offer(request, invitation, {"form": form, "next": request.path}, status)


def _offer(request: HttpRequest, invitation: Invitation, more: dict[str, object], status: int = 200) -> HttpResponse:
    shown = {
        "invitation": invitation,
        "offered_by": invitation.brand,
        "role": team_forms.title(invitation.role),
        "may": team_forms.ROLE_SENTENCES[invitation.role],
        **more,
    }
    return _said(render(request, "desk/invited.html", shown, status=status))


def _closed(request: HttpRequest, state: str, status: int, *, sentence: str = "") -> HttpResponse:
    return _said(render(request, "desk/invited_closed.html", {"state": state, "sentence": sentence}, status=status))


def _in(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    request.session["brand"] = invitation.brand.slug
    return redirect("today")


def _said(response: HttpResponse) -> HttpResponse:
    """The answer, with the language it is really in."""
    response["Content-Language"] = (translation.get_language() or "en")[:2]
    return response


def _told(refused: Refused) -> str:
    return sentences.tell(refused, (translation.get_language() or "en")[:2])
