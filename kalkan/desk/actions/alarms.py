"""Verbs about alarms: what a brand wants to be told, how a person wants to be told, where alarms are posted to."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, time
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kalkan.desk import access, vault
from kalkan.desk.actions.audit import note
from kalkan.desk.models import AlarmHook, AlarmLetter, AlarmRules, AlarmWish, Brand, Person
from kalkan.errors import Refused
from kalkan.stories.book import Book

MOST_HOOKS: Final = 20


@transaction.atomic
def set_rules(person: Person, brand: Brand, *, a_week: float, cool_down: int, floor: int) -> bool:
    """Change what ``brand`` wants to be told. Says whether anything was different.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "brand")
    rules = rules_row(brand)
    before = (rules.a_week, rules.cool_down, rules.floor)
    if before == (a_week, cool_down, floor):
        return False
    rules.a_week, rules.cool_down, rules.floor, rules.changed_at = a_week, cool_down, floor, timezone.now()
    rules.save(update_fields=["a_week", "cool_down", "floor", "changed_at"])
    note(person, "changed alarm rules", brand)
    return True


def rules_row(brand: Brand, *, taken: int = 0) -> AlarmRules:
    """The rules of ``brand``, made where there are none; a new one looks at alarms after number ``taken``."""
    return AlarmRules.objects.get_or_create(brand=brand, defaults={"taken": taken})[0]


@transaction.atomic
def wish(person: Person, brand: Brand, *, by_mail: bool, quiet: tuple[time, time] | None, on_call: bool) -> None:
    """Say how one wants to be told oneself. ``quiet``: from and until, by one's own clock.

    :raises Refused: the person is not on the team (``not_allowed``).
    """
    access.require(person, brand, "read")
    row = _wish_row(person, brand)
    row.by_mail, row.on_call = by_mail, on_call
    row.quiet_from, row.quiet_until = quiet or (None, None)
    row.save(update_fields=["by_mail", "on_call", "quiet_from", "quiet_until"])
    note(person, "changed own alarms", brand)


@transaction.atomic
def read(person: Person, brand: Brand, *, upto: int) -> None:
    """All alarms up to the one with number ``upto`` are read."""
    access.require(person, brand, "read")
    row = _wish_row(person, brand)
    if upto > row.seen:
        row.seen = upto
        row.save(update_fields=["seen"])


def _wish_row(person: Person, brand: Brand) -> AlarmWish:
    return AlarmWish.objects.get_or_create(person=person, brand=brand)[0]


def judge(person: Person, brand: Brand, book: Book, seq: int, judged: str, *, now: datetime) -> None:
    """Say whether an alarm was worth it (``useful``), was not (``false``), or take it back (empty).

    :raises Refused: the person may not (``not_allowed``).
    :raises InvalidInput: another word, or no such alarm.
    """
    access.require(person, brand, "moderate")
    book.judge(seq, judged, at=now)
    note(person, "judged alarm", brand, alarm=str(seq), judged=judged)


@transaction.atomic
def add_hook(person: Person, brand: Brand, *, name: str, url: str, form: str, lang: str) -> tuple[AlarmHook, str]:
    """Post alarms to ``url`` from now on. Gives the row and its secret, which is shown this once.

    :raises Refused: the person may not (``not_allowed``), this address is there already (``hook_twice``), or there are
        too many (``hooks_many``).
    """
    access.require(person, brand, "brand")
    digest = hashlib.sha256(url.encode()).hexdigest()
    if AlarmHook.objects.filter(brand=brand, digest=digest).exists():
        raise Refused("hook_twice")
    if AlarmHook.objects.filter(brand=brand).count() >= MOST_HOOKS:
        raise Refused("hooks_many", most=MOST_HOOKS)
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    sealed = vault.seal({"url": url, "secret": secret}, key=str(settings.SECRET_KEY))
    host = urlsplit(url).hostname or ""
    row = AlarmHook.objects.create(
        brand=brand, name=name, host=host, digest=digest, form=form, lang=lang, sealed=sealed
    )
    note(person, "added alarm hook", brand, name=name)
    return row, secret


@transaction.atomic
def switch_hook(person: Person, brand: Brand, row: AlarmHook, *, on: bool) -> None:
    """Stop or go on posting to it.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "brand")
    row.enabled = on
    row.save(update_fields=["enabled"])
    note(person, "switched alarm hook on" if on else "switched alarm hook off", brand, name=row.name)


@transaction.atomic
def remove_hook(person: Person, brand: Brand, row: AlarmHook) -> None:
    """Post there no more, and forget the address and its secret.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "brand")
    name = row.name
    row.delete()
    note(person, "removed alarm hook", brand, name=name)


@transaction.atomic
def try_out(person: Person, brand: Brand, *, now: datetime, hook: AlarmHook | None = None) -> AlarmLetter:
    """Send a trial: to ``hook``, else by mail to the person who asks.

    :raises Refused: the person may not (``not_allowed``), or one is on its way already (``trial_waits``).
    """
    access.require(person, brand, "read" if hook is None else "brand")
    to = {"hook": hook} if hook is not None else {"person": person, "hook": None}
    if AlarmLetter.objects.filter(brand=brand, state="waiting", seqs=[], **to).exists():
        raise Refused("trial_waits")
    letter = AlarmLetter.objects.create(
        key=secrets.token_hex(16), brand=brand, person=None if hook else person, hook=hook, made_at=now, due_at=now
    )
    note(person, "tried alarms", brand, name=hook.name if hook else person.email)
    return letter
