"""Keeping a brief, and planning those that are made by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from kalkan import brief as briefs
from kalkan.desk import access, vault
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, BriefPlan, KeptBrief, Person, WordingDoor


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


@transaction.atomic
def set_wording(
    person: Person, brand: Brand, *, now: datetime, url: str, model: str, key: str, here: bool, enabled: bool
) -> WordingDoor:
    """Name the one language model of this install. A key stays only with the address it was given for.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "brand")
    old = WordingDoor.objects.select_for_update().order_by("id").first()
    sealed = vault.seal({"key": key}, key=str(settings.SECRET_KEY)) if key else ""
    if old is not None and not key and old.url == url:
        sealed = old.sealed
    WordingDoor.objects.all().delete()
    row = WordingDoor.objects.create(url=url, model=model, sealed=sealed, here=here, enabled=enabled, changed_at=now)
    note(person, "set language model", brand, name=model)
    return row


@transaction.atomic
def drop_wording(person: Person, brand: Brand) -> None:
    """Ask no language model any more; its key is deleted.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "brand")
    if WordingDoor.objects.all().delete()[0]:
        note(person, "removed language model", brand)
