"""Verbs about the rules of approval and about what the room check knows of a brand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from kalkan.desk import access, drafts_rules
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, Fact, Facts, Mourning, Person, Policy
from kalkan.drafts import Policy as Rules


@transaction.atomic
def rule(person: Person, brand: Brand, rules: Rules, *, now: datetime) -> bool:
    """Set the rules of approval. They hold for whatever is decided from now on. Says whether anything changed.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "brand")
    kept = drafts_rules.to_kept(rules)
    before = Policy.objects.filter(brand=brand).first()
    if before is not None and before.rules == kept:
        return False
    Policy.objects.update_or_create(brand=brand, defaults={"rules": kept, "changed_at": now})
    note(person, "changed approval rules", brand)
    return True


@transaction.atomic
def describe(
    person: Person,
    brand: Brand,
    *,
    sector: str,
    sells: Sequence[str],
    tags: Sequence[str],
    view_hours: int,
    now: datetime,
) -> None:
    """Tell what the brand is.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "write")
    told = {"sector": sector, "sells": list(sells), "tags": list(tags), "view_hours": view_hours, "changed_at": now}
    Facts.objects.update_or_create(brand=brand, defaults=told)
    note(person, "changed brand facts", brand)


@transaction.atomic
def tell(
    person: Person, brand: Brand, *, kind: str, text: str, topics: Sequence[str], at: date | None, until: date | None,
    now: datetime,
) -> Fact:  # fmt: skip
    """Write down something known about the brand.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "write")
    made = Fact.objects.create(
        brand=brand, kind=kind, text=text, topics=list(topics), at=at, until=until, by=person, told_at=now
    )
    note(person, "told brand fact", brand, text=text)
    return made


@transaction.atomic
def close(person: Person, brand: Brand, pk: int, *, now: datetime) -> None:
    """The check rests on it no more; it stays readable.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "write")
    if Fact.objects.filter(brand=brand, pk=pk, closed_at=None).update(closed_at=now):
        note(person, "closed brand fact", brand)


@transaction.atomic
def mourn(
    person: Person, brand: Brand, *, name: str, market: str, begins: datetime, until: datetime, now: datetime
) -> Mourning:
    """Write down declared mourning.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "write")
    made = Mourning.objects.create(
        brand=brand, name=name, market=market, begins=begins, until=until, by=person, told_at=now
    )
    note(person, "declared mourning", brand, name=name)
    return made


@transaction.atomic
def mourn_no_more(person: Person, brand: Brand, pk: int) -> None:
    """Take declared mourning out again.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "write")
    if Mourning.objects.filter(brand=brand, pk=pk).delete()[0]:
        note(person, "took mourning out", brand)
