"""Beginning a sample, and saying what a unit is."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kalkan.desk import access
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, Label, Person, Sample
from kalkan.errors import InvalidInput
from kalkan.figures import Ask


@transaction.atomic
def begin(person: Person, brand: Brand, ask: Ask, measure: str, *, seed: int, now: datetime) -> Sample:
    """Begin a random sample for the share of ``measure`` in what ``ask`` counts.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "moderate")
    row = Sample.objects.create(
        brand=brand, measure=measure, ask=ask.behind().as_dict(), seed=seed, made_by=person, made_at=now
    )
    note(person, "began sample", brand, measure=measure)
    return row


@transaction.atomic
def label(person: Person, sample: Sample, unit: str, yes: bool | None, *, now: datetime) -> None:
    """Keep a person's word on a unit; said again, the later word counts.

    :raises Refused: ``not_allowed``.
    :raises InvalidInput: ``label_unit_unknown``.
    """
    access.require(person, sample.brand, "moderate")
    if len(unit) != 16 or any(sign not in "0123456789abcdef" for sign in unit):
        raise InvalidInput("label_unit_unknown")
    Label.objects.update_or_create(sample=sample, unit=unit, person=person, defaults={"yes": yes, "at": now})
