"""Briefs of a brand, for its team."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from kalkan.desk.access.people import may, require
from kalkan.desk.models import Brand, BriefPlan, KeptBrief, Person, WordingDoor


def briefs_for(person: Person, brand: Brand) -> QuerySet[KeptBrief]:
    """Briefs that were kept, newest first; none for somebody who is not on the team."""
    found = KeptBrief.objects.filter(brand=brand).select_related("made_by").defer("data")
    return found if may(person, brand, "read") else found.none()


def brief_for(person: Person, brand: Brand, pk: int) -> KeptBrief:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = KeptBrief.objects.filter(brand=brand, pk=pk).select_related("made_by", "brand").first()
    if found is None or not may(person, brand, "read"):
        raise Http404
    return found


def brief_plans_for(person: Person, brand: Brand) -> QuerySet[BriefPlan]:
    """What is made by itself, oldest first."""
    found = BriefPlan.objects.filter(brand=brand).order_by("id")
    return found if may(person, brand, "read") else found.none()


def brief_plan_for(person: Person, brand: Brand, pk: int) -> BriefPlan:
    """One that this person may change.

    :raises Refused: they may not (``not_allowed``).
    :raises Http404: there is none.
    """
    require(person, brand, "write")
    found = brief_plans_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def wording_for(person: Person, brand: Brand) -> WordingDoor | None:
    """The language model that may propose wording, for owners; None for others and where there is none."""
    return WordingDoor.objects.order_by("id").first() if may(person, brand, "brand") else None
