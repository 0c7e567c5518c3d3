"""Verbs of the inbox. Each names the version of the item it was decided on: who comes second is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F

from kalkan.desk import access
from kalkan.desk.actions.audit import note
from kalkan.desk.models import (
    Brand,
    Draft,
    InboxRules,
    Item,
    ItemLook,
    ItemNote,
    Opened,
    Person,
    SavedAnswer,
    SavedView,
    TeamRule,
)
from kalkan.errors import InvalidInput, Refused
from kalkan.shield import Policy, Rule

READING: Final = timedelta(minutes=2)
"""Who looked at an item so lately is told to others as reading it now."""
_MOST: Final = 200  # items in one bulk action
_TAGS: Final = 8


def _changed(person: Person, item: Item, version: int, **values: Any) -> None:
    """Change an item if it is still as the person saw it.

    :raises Refused: ``not_allowed``; ``item_moved_on`` where somebody changed it in between.
    """
    access.require(person, item.brand, "moderate")
    done = Item.objects.filter(pk=item.pk, version=version).update(version=version + 1, **values)
    if not done:
        raise Refused("item_moved_on")
    item.refresh_from_db()


@transaction.atomic
def assign(person: Person, item: Item, to: Person | None, *, version: int) -> None:
    """Give an item to ``to``; None: to nobody.

    :raises Refused: ``not_allowed``, ``item_moved_on``, or ``to`` is not on the team (``not_on_team``).
    """
    if to is not None and not access.may(to, item.brand, "moderate"):
        raise Refused("not_on_team")
    _changed(person, item, version, assignee=to)


@transaction.atomic
def snooze(person: Person, item: Item, until: datetime, *, version: int, now: datetime) -> None:
    """Put an item aside until then.

    :raises InvalidInput: ``snooze_past``.
    """
    if until <= now:
        raise InvalidInput("snooze_past")
    _changed(person, item, version, state=Item.State.SNOOZED, snoozed_until=until)


@transaction.atomic
def finish(person: Person, item: Item, *, version: int, now: datetime) -> None:
    """Nothing more is to be done."""
    _changed(person, item, version, state=Item.State.DONE, done_at=now, done_by=person, snoozed_until=None)


@transaction.atomic
def reopen(person: Person, item: Item, *, version: int) -> None:
    """There is something to be done after all."""
    _changed(person, item, version, state=Item.State.OPEN, done_at=None, done_by=None, snoozed_until=None)


@transaction.atomic
def answered(person: Person, item: Item, *, version: int, now: datetime) -> None:
    """Write down that it was answered elsewhere. A later one changes nothing of when the first was."""
    first = {"answered_at": now, "answered_by": person} if item.answered_at is None else {}
    _changed(person, item, version, **first)


@transaction.atomic
def replying(person: Person, item: Item, draft: Draft, *, version: int) -> None:
    """A reply is on its way: it answers once it is sent. Nobody else's item stays nobody's."""
    _changed(person, item, version, draft=draft, replying=True, assignee=item.assignee or person)


def answered_there(item: Item, replies: Sequence[datetime]) -> None:
    """Write down that the brand's own account answered on the network, if nobody noted a reply here before."""
    if replies and item.answered_at is None:
        item.answered_at = min(replies)
        Item.objects.filter(pk=item.pk, answered_at=None).update(answered_at=item.answered_at)


@transaction.atomic
def tag(person: Person, item: Item, tags: Sequence[str], *, version: int) -> None:
    """Set the tags of an item.

    :raises InvalidInput: ``tags_many``.
    """
    found = list(dict.fromkeys(word.strip()[:40] for word in tags if word.strip()))
    if len(found) > _TAGS:
        raise InvalidInput("tags_many", most=_TAGS)
    _changed(person, item, version, tags=found)


@transaction.atomic
def finish_many(person: Person, brand: Brand, pks: Sequence[int], *, now: datetime) -> int:
    """Finish several open items at once; how many were. Those that are no longer open are left as they are."""
    access.require(person, brand, "moderate")
    rows = Item.objects.select_for_update().filter(brand=brand, pk__in=pks[:_MOST], state=Item.State.OPEN)
    done = 0
    for row in rows:
        row.state, row.done_at, row.done_by, row.version = Item.State.DONE, now, person, row.version + 1
        row.save(update_fields=["state", "done_at", "done_by", "version"])
        done += 1
    if done:
        note(person, "finished several", brand, n=done)
    return done


@transaction.atomic
def snooze_many(person: Person, brand: Brand, pks: Sequence[int], until: datetime, *, now: datetime) -> int:
    """Put several open items aside until then; how many were.

    :raises InvalidInput: ``snooze_past``.
    """
    if until <= now:
        raise InvalidInput("snooze_past")
    done = _changed_many(person, brand, pks, state=Item.State.SNOOZED, snoozed_until=until)
    if done:
        note(person, "snoozed several", brand, n=done)
    return done


@transaction.atomic
def assign_many(person: Person, brand: Brand, pks: Sequence[int], to: Person | None) -> int:
    """Give several open items to ``to`` (None: to nobody); how many were.

    :raises Refused: ``to`` is not on the team (``not_on_team``).
    """
    if to is not None and not access.may(to, brand, "moderate"):
        raise Refused("not_on_team")
    done = _changed_many(person, brand, pks, assignee=to)
    if done:
        note(person, "assigned several", brand, n=done)
    return done


@transaction.atomic
def tag_many(person: Person, brand: Brand, pks: Sequence[int], tag: str) -> int:
    """Put one tag on several open items; how many were. Those that have tags enough are left as they are."""
    access.require(person, brand, "moderate")
    word = tag.strip()[:40]
    rows = Item.objects.select_for_update().filter(brand=brand, pk__in=pks[:_MOST], state=Item.State.OPEN)
    done = 0
    for row in rows if word else ():
        if word not in row.tags and len(row.tags) < _TAGS:
            row.tags, row.version = [*row.tags, word], row.version + 1
            row.save(update_fields=["tags", "version"])
            done += 1
    if done:
        note(person, "tagged several", brand, n=done)
    return done


def _changed_many(person: Person, brand: Brand, pks: Sequence[int], **values: Any) -> int:
    """Change several open items; whoever has one of them before their eyes is told by its version."""
    access.require(person, brand, "moderate")
    rows = Item.objects.filter(brand=brand, pk__in=pks[:_MOST], state=Item.State.OPEN)
    return rows.update(version=F("version") + 1, **values)


def write_note(person: Person, item: Item, text: str, *, now: datetime) -> None:
    """Leave a word for colleagues."""
    access.require(person, item.brand, "moderate")
    if text.strip():
        ItemNote.objects.create(item=item, person=person, text=text.strip()[:1000], at=now)


def look(person: Person, item: Item, *, now: datetime) -> None:
    """Say that ``person`` has the item open."""
    row, _new = ItemLook.objects.get_or_create(item=item, person=person, defaults={"since": now, "at": now})
    if now - row.at > READING:
        row.since = now
    row.at = now
    row.save(update_fields=["since", "at"])


def open_fold(person: Person, item: Item, characters: int, *, now: datetime) -> None:
    """Count a fold that a person opened, for their own dose."""
    access.require(person, item.brand, "moderate")
    Opened.objects.create(person=person, item=item, characters=max(0, min(characters, 100_000)), at=now)


@transaction.atomic
def save_answer(person: Person, brand: Brand, *, name: str, lang: str, text: str) -> SavedAnswer:
    """Keep an answer that is given often."""
    access.require(person, brand, "moderate")
    note(person, "saved answer", brand, name=name)
    return SavedAnswer.objects.create(brand=brand, name=name, lang=lang, text=text)


@transaction.atomic
def change_answer(person: Person, row: SavedAnswer, *, name: str, lang: str, text: str) -> None:
    """Change an answer that is given often."""
    access.require(person, row.brand, "moderate")
    row.name, row.lang, row.text = name, lang, text
    row.save()
    note(person, "saved answer", row.brand, name=name)


@transaction.atomic
def drop_answer(person: Person, row: SavedAnswer) -> None:
    """Keep an answer no longer."""
    access.require(person, row.brand, "moderate")
    note(person, "removed answer", row.brand, name=row.name)
    row.delete()


def keep_view(person: Person, brand: Brand, *, name: str, query: str) -> SavedView:
    """Keep a filter under a name of one's own."""
    return SavedView.objects.create(person=person, brand=brand, name=name[:40], query=query[:400])


@transaction.atomic
def set_rules(person: Person, brand: Brand, **values: Any) -> InboxRules:
    """Change how the brand works.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "brand")
    rules, _new = InboxRules.objects.update_or_create(brand=brand, defaults=values)
    note(person, "changed inbox rules", brand)
    return rules


@transaction.atomic
def set_policy(person: Person, brand: Brand, policy: Policy) -> None:
    """Change what the shield folds."""
    access.require(person, brand, "brand")
    told = {"policy": policy.to_json()}
    first = {**told, "zone": access.home_of(brand)}
    InboxRules.objects.update_or_create(brand=brand, defaults=told, create_defaults=first)
    note(person, "changed shield", brand)


@transaction.atomic
def add_rule(person: Person, brand: Brand, rule: Rule, *, now: datetime) -> TeamRule:
    """Add a rule of the team's own."""
    access.require(person, brand, "brand")
    note(person, "added shield rule", brand, name=rule.name)
    return TeamRule.objects.create(brand=brand, body=rule.to_json(), made_by=person, made_at=now)


@transaction.atomic
def drop_rule(person: Person, brand: Brand, row: TeamRule) -> None:
    """Take a rule out."""
    access.require(person, brand, "brand")
    note(person, "removed shield rule", brand)
    row.delete()
