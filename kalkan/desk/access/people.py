"""Rows about people, brands, teams, sources and sessions, for a person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest

from kalkan.desk.models import (
    Audit,
    Brand,
    Invitation,
    Membership,
    OpenSession,
    Person,
    RecoveryCode,
    SecondFactor,
    Source,
)
from kalkan.errors import Refused

_EVERYONE: Final = frozenset({"owner", "approver", "writer", "moderator", "viewer"})
MAY: Final[dict[str, frozenset[str]]] = {
    "read": _EVERYONE,
    "watch": frozenset({"owner", "approver", "writer", "moderator"}),
    "moderate": frozenset({"owner", "approver", "writer", "moderator"}),
    "write": frozenset({"owner", "approver", "writer"}),
    "approve": frozenset({"owner", "approver"}),
    "act": frozenset({"owner", "approver", "moderator"}),
    "brand": frozenset({"owner"}),
    "team": frozenset({"owner"}),
    "audit": frozenset({"owner"}),
    "listen": frozenset({"owner"}),
}
"""Which roles may do what. Sources are shared by all brands of an install, so owning any brand is enough for them."""

SHARED_VERBS: Final = ("added source", "changed source", "switched source on", "switched source off", "removed source")
"""Acts on what all brands share; the owners of every brand read of them."""


def person_of(request: HttpRequest) -> Person:
    """The person who is signed in. Pages behind the sign-in always have one."""
    if not request.user.is_authenticated:
        raise Http404
    return request.user


def brands_for(person: Person) -> QuerySet[Brand]:
    """The brands on whose team ``person`` is, by name."""
    return Brand.objects.filter(memberships__person=person).order_by("name", "id")


def brand_for(person: Person, slug: str) -> Brand:
    """The brand ``slug``, if ``person`` is on its team.

    :raises Http404: there is none, or it is not theirs.
    """
    try:
        return brands_for(person).get(slug=slug)
    except Brand.DoesNotExist:
        raise Http404 from None


def current_brand(request: HttpRequest) -> Brand:
    """The brand this person looks at now: the one last chosen, else the first of theirs.

    :raises Refused: they are on no team (``no_brand``).
    """
    found = getattr(request, "_kalkan_brand", None)
    if isinstance(found, Brand):
        return found
    own = list(brands_for(person_of(request)))
    if not own:
        raise Refused("no_brand")
    chosen = request.session.get("brand")
    brand = next((each for each in own if each.slug == chosen), own[0])
    request._kalkan_brand = brand  # type: ignore[attr-defined]  # one look a request
    return brand


def role_for(person: Person, brand: Brand) -> str:
    """What ``person`` does for ``brand``; empty: nothing."""
    found = Membership.objects.filter(person=person, brand=brand).values_list("role", flat=True).first()
    return found or ""


def may(person: Person, brand: Brand, verb: str) -> bool:
    """Whether ``person`` may ``verb`` for ``brand``."""
    return role_for(person, brand) in MAY[verb]


def require(person: Person, brand: Brand, verb: str) -> None:
    """Stop unless ``person`` may ``verb`` for ``brand``.

    :raises Refused: they may not (``not_allowed``).
    """
    if not may(person, brand, verb):
        raise Refused("not_allowed")


def may_listen(person: Person) -> bool:
    """Whether ``person`` may change what is listened to: owners of any brand may."""
    return Membership.objects.filter(person=person, role__in=MAY["listen"]).exists()


def sources_for(person: Person) -> QuerySet[Source]:
    """What is listened to, for anybody who is on a team; nothing for others."""
    if not Membership.objects.filter(person=person).exists():
        return Source.objects.none()
    return Source.objects.all()


def source_for(person: Person, pk: int) -> Source:
    """The source ``pk`` for somebody who may change it.

    :raises Http404: there is none, or they are on no team.
    :raises Refused: they may look but not change (``not_allowed``).
    """
    found = sources_for(person).filter(pk=pk).first()
    if found is None:
        raise Http404
    if not may_listen(person):
        raise Refused("not_allowed")
    return found


def anybody() -> bool:
    """Whether somebody has an account: before that, the desk only sets itself up."""
    return Person.objects.exists()


def set_up(person: Person) -> bool:
    """Whether set-up is behind us. Only the first person, with no brand yet, still has it ahead."""
    return not person.founder or Brand.objects.exists()


def may_add_brand(person: Person) -> bool:
    """Whether ``person`` may add a brand: the founder may, and whoever owns one."""
    return bool(person.founder) or Membership.objects.filter(person=person, role="owner").exists()


def team_for(person: Person, brand: Brand) -> QuerySet[Membership]:
    """Who is on the team of ``brand``, by name; nobody for somebody who is not on it."""
    if not may(person, brand, "read"):
        return Membership.objects.none()
    return Membership.objects.filter(brand=brand).select_related("person").order_by("person__name", "id")


def member_for(person: Person, brand: Brand, pk: int) -> Membership:
    """One on the team of ``brand``.

    :raises Http404: there is none, or ``person`` is not on that team.
    """
    found = team_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def invitations_for(person: Person, brand: Brand, now: datetime) -> QuerySet[Invitation]:
    """Invitations to ``brand`` that nobody took, open or lately expired, for whoever may change the team."""
    if not may(person, brand, "team"):
        return Invitation.objects.none()
    lately = now - timedelta(days=30)
    return Invitation.objects.filter(brand=brand, taken_at=None, withdrawn_at=None, until__gt=lately)


def invitation_for(person: Person, brand: Brand, pk: int, now: datetime) -> Invitation:
    """One of :func:`invitations_for`.

    :raises Refused: they may not change the team (``not_allowed``).
    :raises Http404: there is none.
    """
    require(person, brand, "team")
    found = invitations_for(person, brand, now).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def word_of(invitation: Invitation) -> str:
    """The last part of the invitation's link: its number and nonce, signed with the desk's secret key."""
    return signing.Signer(salt="kalkan.invitation").sign(f"{invitation.pk}-{invitation.nonce}")


def invitation_by(word: str) -> Invitation | None:
    """The invitation that :func:`word_of` signed; None where the word was not made here."""
    try:
        pk, nonce = signing.Signer(salt="kalkan.invitation").unsign(word).split("-", 1)
    except (signing.BadSignature, ValueError):
        return None
    return Invitation.objects.select_related("brand").filter(pk=pk, nonce=nonce).first()


def audit_for(person: Person, brand: Brand) -> QuerySet[Audit]:
    """Who did what for ``brand`` and to what all brands share, newest first.

    :raises Refused: they may not read it (``not_allowed``).
    """
    require(person, brand, "audit")
    shared = Q(brand=None, verb__in=SHARED_VERBS)
    return Audit.objects.filter(Q(brand=brand) | shared).select_related("person").order_by("-at", "-id")


def sessions_for(person: Person) -> QuerySet[OpenSession]:
    """Where ``person`` is signed in, last seen first."""
    return OpenSession.objects.filter(person=person)


def session_for(person: Person, pk: int) -> OpenSession:
    """One of their own.

    :raises Http404: there is none, or it is somebody else's.
    """
    found = sessions_for(person).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def second_factor_for(person: Person) -> SecondFactor | None:
    """The second factor of ``person``, begun or on; None: there is none."""
    return SecondFactor.objects.filter(person=person).first()


def recovery_left(person: Person) -> int:
    """How many recovery codes ``person`` has not used."""
    return RecoveryCode.objects.filter(person=person, used_at=None).count()
