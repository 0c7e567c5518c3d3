"""Corrections and adjustments of a brand, for a person on its team."""

from __future__ import annotations

from django.db.models import QuerySet

from kalkan.desk.access.people import may
from kalkan.desk.models import Adjustment, Brand, Correction, Person


def corrections_for(person: Person, brand: Brand) -> QuerySet[Correction]:
    """What the team said of readings, newest first; nothing for somebody who is not on it."""
    if not may(person, brand, "read"):
        return Correction.objects.none()
    return Correction.objects.filter(brand=brand).select_related("person")


def adjustment_for(person: Person, brand: Brand) -> Adjustment | None:
    """What the brand's corrections taught; None before it was measured."""
    if not may(person, brand, "read"):
        return None
    return Adjustment.objects.filter(brand=brand).select_related("made_by").first()
