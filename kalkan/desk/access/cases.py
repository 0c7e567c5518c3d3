"""Acts and cases of a brand, for its team."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.http import Http404

from kalkan.desk.access.people import may
from kalkan.desk.models import Act, Brand, Case, Person


def acts_for(person: Person, brand: Brand) -> QuerySet[Act]:
    """Acts that were entered for ``brand``, newest first; none for somebody who is not on its team."""
    found = Act.objects.filter(brand=brand).select_related("brand", "made_by")
    return found if may(person, brand, "read") else found.none()


def act_for(person: Person, brand: Brand, pk: int) -> Act:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = acts_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def cases_for(person: Person, brand: Brand, says: str = "", tag: str = "") -> QuerySet[Case]:
    """Cases that were kept, newest first: those whose title, lesson or acts hold ``says``, and that carry ``tag``."""
    found = Case.objects.filter(brand=brand).select_related("made_by").prefetch_related("acts")
    if not may(person, brand, "read"):
        return found.none()
    if says:
        words = Q(title__icontains=says) | Q(lesson__icontains=says)
        found = found.filter(words | Q(acts__text__icontains=says) | Q(acts__who__icontains=says)).distinct()
    if tag:
        wanted = [pk for pk, tags in found.values_list("pk", "tags") if tag in tags]
        found = found.filter(pk__in=wanted)
    return found


def case_for(person: Person, brand: Brand, pk: int) -> Case:
    """One of them.

    :raises Http404: there is none, or it is not theirs.
    """
    found = cases_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
