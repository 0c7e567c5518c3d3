"""Care, evidence, pile-ons, audits, asks and deeds of a brand, for its team; a person's own shifts for them alone."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import QuerySet
from django.http import Http404

from kalkan.desk.access.people import may, role_for
from kalkan.desk.models import (
    Brand,
    CareRules,
    CareWish,
    Duty,
    Evidence,
    EvidenceHold,
    KeptAsk,
    NetworkDeed,
    NotToday,
    Person,
    PileOn,
    ShieldAudit,
    Stint,
)
from kalkan.errors import Refused


def care_rules(brand: Brand) -> CareRules:
    """Who handles what is held; as it is for a new brand where nobody said."""
    return CareRules.objects.filter(brand=brand).select_related("handler").first() or CareRules(brand=brand)


def handlers(brand: Brand) -> list[Person]:
    """Who handles what is held: the person named, as long as they are on the team; else the owners."""
    named = care_rules(brand).handler
    if named is not None and may(named, brand, "moderate"):
        return [named]
    return owners(brand)


def owners(brand: Brand) -> list[Person]:
    """The owners of ``brand``, by name."""
    return list(Person.objects.filter(memberships__brand=brand, memberships__role="owner").order_by("name", "id"))


def care_wish(person: Person) -> CareWish:
    """How ``person`` wants to be treated by the inbox; as it is where they never said."""
    return CareWish.objects.filter(person=person).first() or CareWish(person=person)


def may_open_held(person: Person, brand: Brand) -> bool:
    """Whether the text of what is held is theirs to open: the person named, and the owners."""
    return role_for(person, brand) == "owner" or person in handlers(brand)


def require_held(person: Person, brand: Brand) -> None:
    """Go on only if what is held is theirs to open.

    :raises Refused: ``held_not_yours``.
    """
    if not may_open_held(person, brand):
        raise Refused("held_not_yours")


def evidence_for(person: Person, brand: Brand) -> QuerySet[Evidence]:
    """The chain of ``brand`` in its order, for whoever may open what is held."""
    found = Evidence.objects.filter(brand=brand).select_related("hold", "by").order_by("seq")
    return found if may_open_held(person, brand) else found.none()


def holds_for(person: Person, brand: Brand) -> QuerySet[EvidenceHold]:
    """The holds of ``brand``, newest first, for whoever may open what is held."""
    found = EvidenceHold.objects.filter(brand=brand).select_related("made_by", "ended_by")
    return found if may_open_held(person, brand) else found.none()


def hold_for(person: Person, brand: Brand, pk: int) -> EvidenceHold:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = holds_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def piles_for(person: Person, brand: Brand) -> QuerySet[PileOn]:
    """Pile-ons of ``brand``, the largest first."""
    found = PileOn.objects.filter(brand=brand)
    return found if may(person, brand, "read") else found.none()


def pile_for(person: Person, brand: Brand, pk: int) -> PileOn:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = piles_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def shield_audits_for(person: Person, brand: Brand) -> QuerySet[ShieldAudit]:
    """Audits of the shield, newest first."""
    found = ShieldAudit.objects.filter(brand=brand).select_related("made_by")
    return found if may(person, brand, "read") else found.none()


def shield_audit_for(person: Person, brand: Brand, pk: int) -> ShieldAudit:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = shield_audits_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def kept_asks_for(person: Person, brand: Brand) -> QuerySet[KeptAsk]:
    """Asks that were passed on, newest first."""
    found = KeptAsk.objects.filter(brand=brand).select_related("passed_by")
    return found if may(person, brand, "read") else found.none()


def kept_ask_for(person: Person, brand: Brand, pk: int) -> KeptAsk:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = kept_asks_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def deeds_for(person: Person, brand: Brand) -> QuerySet[NetworkDeed]:
    """What was done on the networks, newest first."""
    found = NetworkDeed.objects.filter(brand=brand).select_related("account", "person", "undone_by")
    return found if may(person, brand, "read") else found.none()


def deed_for(person: Person, brand: Brand, pk: int) -> NetworkDeed:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = deeds_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def rota_for(person: Person, brand: Brand) -> QuerySet[Duty]:
    """The rota of ``brand``."""
    found = Duty.objects.filter(brand=brand).select_related("person")
    return found if may(person, brand, "read") else found.none()


def stints_of(person: Person, since: datetime) -> QuerySet[Stint]:
    """A person's own time at the inbox since then, oldest first."""
    return Stint.objects.filter(person=person, until__gt=since).order_by("begin")


def not_today_of(person: Person, day: date) -> list[str]:
    """The topics that a person put off for ``day``."""
    return list(NotToday.objects.filter(person=person, day=day).order_by("id").values_list("content", flat=True))
