"""The only way to fetch a row on behalf of a person.

Promises that a row of a brand on whose team a person is not does not exist for them (404, never 403: even the name is
not told). Never writes.
"""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from kalkan.desk.models import Brand, Membership, Person, Source
from kalkan.errors import Refused

_EVERYONE: Final = frozenset({"owner", "approver", "writer", "moderator", "viewer"})
MAY: Final[dict[str, frozenset[str]]] = {
    "read": _EVERYONE,
    "watch": frozenset({"owner", "approver", "writer", "moderator"}),
    "brand": frozenset({"owner"}),
    "listen": frozenset({"owner"}),
}
"""Which roles may do what. Sources are shared by all brands of an install, so owning any brand is enough for them."""


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
