"""Rows about alarms of a brand: its rules, a person's wishes, hooks, notices and letters."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import QuerySet
from django.http import Http404

from kalkan.desk.access.people import may, require
from kalkan.desk.models import AlarmHook, AlarmLetter, AlarmNotice, AlarmRules, AlarmWish, Brand, Person


def alarm_rules(brand: Brand) -> AlarmRules:
    """What ``brand`` wants to be told; as it is for a new one where nobody said."""
    return AlarmRules.objects.filter(brand=brand).first() or AlarmRules(brand=brand)


def alarm_wish(person: Person, brand: Brand) -> AlarmWish:
    """How ``person`` wants to be told of ``brand``; as it is for a new one where they did not say."""
    return AlarmWish.objects.filter(person=person, brand=brand).first() or AlarmWish(person=person, brand=brand)


def alarm_wishes(brand: Brand) -> QuerySet[AlarmWish]:
    """Who of the team of ``brand`` is told by mail, by name."""
    found = AlarmWish.objects.filter(brand=brand, by_mail=True, person__memberships__brand=brand)
    return found.filter(person__is_active=True).select_related("person").order_by("person__name", "id")


def alarm_readers(person: Person, brand: Brand) -> QuerySet[AlarmWish]:
    """:func:`alarm_wishes`, for somebody on the team; nobody for others."""
    return alarm_wishes(brand) if may(person, brand, "read") else AlarmWish.objects.none()


def alarm_hooks(person: Person, brand: Brand) -> QuerySet[AlarmHook]:
    """The addresses that alarms of ``brand`` are posted to; none for somebody who is not on its team."""
    return AlarmHook.objects.filter(brand=brand) if may(person, brand, "read") else AlarmHook.objects.none()


def alarm_hook(person: Person, brand: Brand, pk: int) -> AlarmHook:
    """One of :func:`alarm_hooks`, for whoever may change it.

    :raises Refused: they may not (``not_allowed``).
    :raises Http404: there is none.
    """
    require(person, brand, "brand")
    found = alarm_hooks(person, brand).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def alarm_notices(brand: Brand, seqs: Collection[int]) -> QuerySet[AlarmNotice]:
    """What was made of the alarms with these numbers."""
    return AlarmNotice.objects.filter(brand=brand, seq__in=seqs)


def alarm_letters(brand: Brand, *, since: datetime) -> QuerySet[AlarmLetter]:
    """Messages of ``brand`` made since then, newest first."""
    found = AlarmLetter.objects.filter(brand=brand, made_at__gte=since)
    return found.select_related("person", "hook").order_by("-made_at", "-id")


def alarm_letters_to(hook: AlarmHook) -> QuerySet[AlarmLetter]:
    """Messages to one hook, newest first."""
    return AlarmLetter.objects.filter(hook=hook).order_by("-made_at", "-id")
