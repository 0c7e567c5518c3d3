"""The inbox of a brand, for its team."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404

from kalkan.desk.access.people import may
from kalkan.desk.models import (
    Brand,
    InboxRules,
    Item,
    Membership,
    Notices,
    Opened,
    Person,
    SavedAnswer,
    SavedView,
    TeamRule,
)


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
    return InboxRules.objects.filter(brand=brand).first() or InboxRules(brand=brand, zone=home_of(brand))


def home_of(brand: Brand) -> str:
    """The clock that a brand works by until somebody says: that of its first owner."""
    found = Membership.objects.filter(brand=brand, role="owner").order_by("id").values_list("person__zone", flat=True)
    return found.first() or "UTC"


def shield_rules(brand: Brand) -> QuerySet[TeamRule]:
    """The team's own rules, oldest first."""
    return TeamRule.objects.filter(brand=brand).order_by("id")


def answers_for(person: Person, brand: Brand) -> QuerySet[SavedAnswer]:
    """Saved answers of ``brand``."""
    return SavedAnswer.objects.filter(brand=brand) if may(person, brand, "read") else SavedAnswer.objects.none()


def views_for(person: Person, brand: Brand) -> QuerySet[SavedView]:
    """A person's own views of this inbox."""
    return SavedView.objects.filter(person=person, brand=brand).order_by("id")


def answer_for(person: Person, brand: Brand, pk: int) -> SavedAnswer:
    """One saved answer.

    :raises Http404: there is none, or it is not theirs.
    """
    found = answers_for(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def notices_for(person: Person, brand: Brand) -> QuerySet[Notices]:
    """How the last look at the notifications of each connected account went."""
    found = Notices.objects.filter(account__brand=brand, account__removed_at=None).select_related("account")
    return found if may(person, brand, "read") else found.none()


def opened_by(person: Person) -> QuerySet[Opened]:
    """What ``person`` opened: their own alone."""
    return Opened.objects.filter(person=person)
