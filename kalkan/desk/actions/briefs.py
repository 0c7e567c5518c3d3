"""Keeping a brief, and planning those that are made by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from kalkan import brief as briefs
from kalkan.desk import access
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, BriefPlan, KeptBrief, Person


@transaction.atomic
def keep(brand: Brand, made: briefs.Brief, *, person: Person | None, plan: BriefPlan | None = None) -> KeptBrief:
    """Keep ``made`` as it is. A plan keeps one for each period: the one there is stays.

    :raises Refused: the person may not write (``not_allowed``).
    """
    if person is not None:
        access.require(person, brand, "write")
    values: dict[str, Any] = {
        "sort": made.sort, "lang": made.lang, "made_at": made.made_at, "made_by": person,
        "title": made.title[:300], "digest": made.digest, "data": made.to_json(),
    }  # fmt: skip
    if plan is None:
        kept = KeptBrief.objects.create(brand=brand, since=made.since, until=made.until, **values)
        note(person, "kept brief", brand, title=made.title)
        return kept
    kept, _new = KeptBrief.objects.get_or_create(
        plan=plan, since=made.since, until=made.until, defaults={"brand": brand, **values}
    )
    return kept


@transaction.atomic
def plan(person: Person, brand: Brand, *, now: datetime, **wish: Any) -> BriefPlan:
    """Have a brief made by itself from now on.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "write")
    made = BriefPlan.objects.create(brand=brand, made_at=now, **wish)
    note(person, "planned brief", brand, every=made.get_every_display())
    return made


@transaction.atomic
def drop(person: Person, brand: Brand, row: BriefPlan) -> None:
    """Make it no more; those made stay."""
    access.require(person, brand, "write")
    note(person, "dropped brief plan", brand, every=row.get_every_display())
    row.delete()


def mailed(row: KeptBrief, *, now: datetime) -> None:
    """Write down that it was handed to the mail server."""
    KeptBrief.objects.filter(pk=row.pk).update(mailed_at=now)
