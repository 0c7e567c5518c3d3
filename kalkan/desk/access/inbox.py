"""The inbox of a brand, for its team."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from kalkan.desk.access.people import may
from kalkan.desk.models import Brand, InboxRules, Item, Opened, Person, SavedAnswer, SavedView, TeamRule


def items_for(person: Person, brand: Brand) -> QuerySet[Item]:
    """Everything in the inbox of ``brand``; nothing for somebody who is not on its team."""
    return Item.objects.filter(brand=brand) if may(person, brand, "read") else Item.objects.none()


def item_for(person: Person, brand: Brand, pk: int) -> Item:
    """One item.

    :raises Http404: there is none, or it is not theirs.
    """
    found = items_for(person, brand).select_related("assignee", "answered_by", "done_by", "draft").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def inbox_rules(brand: Brand) -> InboxRules:
    """How ``brand`` works; as it is for a new one where nobody said."""
    return InboxRules.objects.filter(brand=brand).first() or InboxRules(brand=brand)


def shield_rules(brand: Brand) -> QuerySet[TeamRule]:
    """The team's own rules, oldest first."""
    return TeamRule.objects.filter(brand=brand).order_by("id")


def answers_for(person: Person, brand: Brand) -> QuerySet[SavedAnswer]:
    """Saved answers of ``brand``."""
    return SavedAnswer.objects.filter(brand=brand) if may(person, brand, "read") else SavedAnswer.objects.none()


def views_for(person: Person, brand: Brand) -> QuerySet[SavedView]:
    """A person's own views of this inbox."""
    return SavedView.objects.filter(person=person, brand=brand).order_by("id")


def opened_by(person: Person) -> QuerySet[Opened]:
    """What ``person`` opened: their own alone."""
    return Opened.objects.filter(person=person)
