"""Verbs of the evidence vault: keep what is held under a hold, end a hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kalkan.desk import access
from kalkan.desk import evidence as core
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, CareRules, Evidence, EvidenceHold, Item, Person
from kalkan.errors import InvalidInput, Refused
from kalkan.shield import vault


@transaction.atomic
def name_handler(person: Person, brand: Brand, to: Person | None, *, hold_days: int, break_minutes: int) -> None:
    """Say who handles what is held (None: the owners), how long it is kept, and when a break is due.

    :raises Refused: ``not_allowed``; ``not_on_team`` where the person named may not handle anything.
    """
    access.require(person, brand, "brand")
    if to is not None and not access.may(to, brand, "moderate"):
        raise Refused("not_on_team")
    given = {"handler": to, "hold_days": hold_days, "break_minutes": break_minutes}
    CareRules.objects.update_or_create(brand=brand, defaults=given)
    note(person, "named handler", brand, name=to.name if to else "")


@transaction.atomic
def capture(
    person: Person, item: Item, post: Mapping[str, Any], *, context: Iterable[Mapping[str, Any]], name: str, why: str,
    until: date, now: datetime,
) -> Evidence:  # fmt: skip
    """Keep ``post`` with what stood around it under the hold ``name``; a hold of that name that runs is used again.

    :raises Refused: it is not theirs to open (``held_not_yours``).
    :raises InvalidInput: the hold has no name or why (``hold_nameless``) or would end at once (``hold_past``).
    """
    brand = item.brand
    access.require_held(person, brand)
    Brand.objects.select_for_update().get(pk=brand.pk)  # one at a time: the chain has one end
    found = item.evidence.filter(released_at=None).first()
    if found is not None:
        return found
    if until <= now.date():
        raise InvalidInput("hold_past")
    terms = vault.Hold(name=name.strip()[:120], why=why.strip()[:400], by=person.name or person.email, until=until)
    hold = EvidenceHold.objects.filter(brand=brand, name=terms.name, ended_at=None).first()
    hold = hold or EvidenceHold.objects.create(
        brand=brand, name=terms.name, why=terms.why, made_by=person, made_at=now, until=until
    )
    last = Evidence.objects.filter(brand=brand).order_by("-seq").first()
    record = vault.capture(
        post, context=context, reason=item.reason, by=terms.by, brand=brand.name, at=now, reading=core.reading(item),
        hold=vault.Hold(name=hold.name, why=hold.why, by=terms.by, until=hold.until), after=_end(last),
    )  # fmt: skip
    note(person, "kept evidence", brand, hold=hold.name, n=record.seq)
    return Evidence.objects.create(
        brand=brand, hold=hold, item=item, seq=record.seq, at=now, by=person, body=vault.to_row(record),
        before=record.before, digest=record.digest,
    )  # fmt: skip


def _end(last: Evidence | None) -> vault.Record | None:
    """The end of the chain as the next record needs it: its number and its hash, whether or not its words are held."""
    if last is None:
        return None
    return vault.Record(
        seq=last.seq, at="", by="", brand="", hold={}, reason="", post={}, context=(), reading={}, files={},
        before=last.before, digest=last.digest,
    )  # fmt: skip


@transaction.atomic
def end_hold(person: Person | None, hold: EvidenceHold, *, now: datetime) -> int:
    """End a hold: its records keep their place in the chain and lose their words. Says how many did.

    ``person`` None: its date has come.

    :raises Refused: it is not theirs (``held_not_yours``).
    """
    if person is not None:
        access.require_held(person, hold.brand)
    if hold.ended_at is not None:
        return 0
    hold.ended_at, hold.ended_by = now, person
    hold.save(update_fields=["ended_at", "ended_by"])
    released = Evidence.objects.filter(hold=hold, released_at=None).update(body=None, released_at=now)
    note(person, "ended hold", hold.brand, hold=hold.name, n=released)
    return released


def end_overdue(now: datetime) -> None:
    """End the holds whose last day is over."""
    for hold in EvidenceHold.objects.filter(ended_at=None, until__lt=now.date()).select_related("brand"):
        end_hold(None, hold, now=now)
