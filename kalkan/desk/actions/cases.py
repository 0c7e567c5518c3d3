"""Entering acts, and keeping cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from kalkan import figures
from kalkan.desk import access, receptions
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Act, Brand, Case, Person


@transaction.atomic
def enter(person: Person, brand: Brand, *, now: datetime, **given: Any) -> Act:
    """Enter an act.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "moderate")
    row = Act.objects.create(brand=brand, made_by=person, made_at=now, **given)
    note(person, "entered act", brand, name=row.text[:80])
    return row


@transaction.atomic
def forget(person: Person, brand: Brand, row: Act) -> None:
    """Take an act out again; cases that were kept with it keep their numbers."""
    access.require(person, brand, "moderate")
    note(person, "removed act", brand, name=row.text[:80])
    row.delete()


@transaction.atomic
def keep(
    person: Person, brand: Brand, acts: Sequence[Act], *, archive: figures.Archive, now: datetime, **given: Any
) -> Case:
    """Keep a case with the reception of its acts as it is known now.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "moderate")
    kept, digest = receptions.snapshot((receptions.received_by(act, archive, now=now) for act in acts), now=now)
    row = Case.objects.create(brand=brand, snapshot=kept, digest=digest, made_by=person, made_at=now, **given)
    row.acts.set(acts)
    note(person, "kept case", brand, name=row.title)
    return row
