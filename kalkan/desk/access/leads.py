"""Links that are counted, files and doors of a brand, for its team; and the two that strangers reach by their names."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from kalkan.desk.access.people import may, require
from kalkan.desk.models import Brand, LeadFile, LeadHook, LeadLink, Person


def lead_links_for(person: Person, brand: Brand) -> QuerySet[LeadLink]:
    """Links of ``brand``, newest first; nothing for somebody who is not on its team."""
    if not may(person, brand, "read"):
        return LeadLink.objects.none()
    return LeadLink.objects.filter(brand=brand).select_related("draft", "made_by")


def lead_link_for(person: Person, brand: Brand, pk: int) -> LeadLink:
    """One of them.

    :raises Http404: there is none.
    """
    found = lead_links_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def lead_link_by(code: str) -> LeadLink | None:
    """The open link with that code, whoever asks; None: there is none."""
    return LeadLink.objects.filter(code=code, closed_at=None).first()


def lead_files_for(person: Person, brand: Brand) -> QuerySet[LeadFile]:
    """Files that were brought, newest first."""
    if not may(person, brand, "read"):
        return LeadFile.objects.none()
    return LeadFile.objects.filter(brand=brand).select_related("brought_by")


def lead_file_for(person: Person, brand: Brand, pk: int) -> LeadFile:
    """One of them.

    :raises Http404: there is none.
    """
    found = lead_files_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def lead_hooks_for(person: Person, brand: Brand) -> QuerySet[LeadHook]:
    """The doors that programs post through, for somebody who may change the brand; nothing for others."""
    if not may(person, brand, "brand"):
        return LeadHook.objects.none()
    return LeadHook.objects.filter(brand=brand, removed_at=None).select_related("made_by")


def lead_hook_for(person: Person, brand: Brand, pk: int) -> LeadHook:
    """One of them.

    :raises Refused: they may not change the brand (``not_allowed``).
    :raises Http404: there is none.
    """
    require(person, brand, "brand")
    found = lead_hooks_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def lead_hook_by(door: str) -> LeadHook | None:
    """The door of that name, whoever asks; None: there is none."""
    return LeadHook.objects.select_related("brand").filter(door=door, removed_at=None).first()
