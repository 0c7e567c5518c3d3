"""The team of a brand: who is on it, as what, and who is invited."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from kalkan import sentences
from kalkan.desk import access
from kalkan.desk.actions import team as acts
from kalkan.desk.forms import team as team_forms
from kalkan.desk.keys import is_loopback
from kalkan.desk.models import Invitation
from kalkan.errors import KalkanError, Refused


def team(request: HttpRequest) -> HttpResponse:
    """Everybody on the team; for owners the doors to change it."""
    return _page(request)


def _page(request: HttpRequest, *, invite: team_forms.Invite | None = None, status: int = 200) -> HttpResponse:
    person, brand, now = access.person_of(request), access.current_brand(request), timezone.now()
    may = access.may(person, brand, "team")
    lang = (translation.get_language() or "en")[:2]
    members = [
        {"row": row, "form": team_forms.Role(initial={"role": row.role}, auto_id=f"member-{row.pk}-%s")}
        for row in access.team_for(person, brand)
    ]
    shown = {
        "may": may,
        "may_add": access.may_add_brand(person),
        "members": members,
        "roles": team_forms.roles(),
        "invite": invite or team_forms.Invite(initial={"lang": lang}),
        "invitations": [_shown(request, row) for row in access.invitations_for(person, brand, now)],
        "local": is_loopback(request.get_host().rsplit(":", 1)[0].strip("[]")) and not settings.CONFIG.public_url,
        "word": next(
            (word for word in ("invited", "withdrawn", "changed", "same", "removed") if word in request.GET), ""
        ),
        "fresh": request.GET.get("invited", ""),
    }
    return render(request, "desk/team.html", shown, status=status)


def _shown(request: HttpRequest, row: Invitation) -> dict[str, object]:
    path = reverse("invited", args=[access.word_of(row)])
    public = settings.CONFIG.public_url.rstrip("/")
    is_open = row.state(timezone.now()) == "open"
    return {"row": row, "open": is_open, "link": (public + path if public else request.build_absolute_uri(path))}


@require_POST
def invite(request: HttpRequest) -> HttpResponse:
    """Make an invitation; its link then stands on the page."""
    person, brand = access.person_of(request), access.current_brand(request)
    access.require(person, brand, "team")
    form = team_forms.Invite(request.POST)
    if not form.is_valid():
        return _page(request, invite=form)
    try:
        made = acts.invite(person, brand, **form.cleaned_data, now=timezone.now())
    except Refused as refused:
        form.add_error(None, _told(refused))
        return _page(request, invite=form, status=429 if refused.code == "invitations_many" else 403)
    return _to(f"invited={made.pk}")


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The link opens nothing any more."""
    person, now = access.person_of(request), timezone.now()
    acts.withdraw(person, access.invitation_for(person, access.current_brand(request), pk, now), now=now)
    return _to("withdrawn")


@require_POST
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody does something else from now on."""
    person = access.person_of(request)
    member = access.member_for(person, access.current_brand(request), pk)
    form = team_forms.Role(request.POST)
    if not form.is_valid():
        return _to("same")
    changed = acts.change_role(person, member, form.cleaned_data["role"], now=timezone.now())
    return _to("changed" if changed else "same")


def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked first: take somebody off the team, or leave it."""
    person, brand = access.person_of(request), access.current_brand(request)
    member = access.member_for(person, brand, pk)
    leave = member.person_id == person.pk
    if not leave:
        access.require(person, brand, "team")
    if request.method != "POST":
        return render(request, "desk/team_remove.html", {"member": member, "leave": leave})
    acts.remove(person, member, now=timezone.now())
    if leave:
        request.session.pop("brand", None)
        return redirect("today")
    return _to("removed")


def _told(error: KalkanError) -> str:
    return sentences.tell(error, (translation.get_language() or "en")[:2])


def _to(word: str) -> HttpResponse:
    return redirect(f"{reverse('team')}?{word}")
