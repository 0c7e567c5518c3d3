"""Verbs about readings: correct, confirm, take back; measure what corrections teach, switch it on or off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from kalkan import figures
from kalkan.desk import access, corrections, rereading
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Adjustment, Brand, Correction, Person
from kalkan.errors import InvalidInput, Refused
from kalkan.reading import adjust


@transaction.atomic
def correct(
    person: Person, brand: Brand, read: corrections.Read, said: Mapping[str, str], *, now: datetime
) -> list[Correction]:
    """Keep what ``person`` says of a reading: task → verdict. The same as the page says confirms it.

    :raises Refused: the person may not (``not_allowed``).
    :raises InvalidInput: there is no such task or verdict.
    """
    access.require(person, brand, "moderate")
    before = corrections.said_of(read.row)
    for task, verdict in said.items():
        if verdict not in corrections.verdicts(task):
            raise InvalidInput("correction_unknown", task=task[:40], verdict=verdict[:40])
    return Correction.objects.bulk_create(
        Correction(
            brand=brand,
            network=read.row["network"],
            post=read.row["id"],
            post_at=read.row["at"],
            task=task,
            was=before[task],
            became=verdict,
            recipe=read.recipe,
            shares=read.shares,
            person=person,
            at=now,
        )
        for task, verdict in said.items()
    )


def confirm(person: Person, brand: Brand, read: corrections.Read, *, now: datetime) -> list[Correction]:
    """Keep that all the page says of a post is right; what the reading is not sure of is left alone.

    :raises Refused: the person may not (``not_allowed``).
    """
    sure = {task: verdict for task, verdict in corrections.said_of(read.row).items() if verdict}
    known = {task: verdict for task, verdict in sure.items() if verdict in corrections.verdicts(task)}
    return correct(person, brand, read, known, now=now)


@transaction.atomic
def take_back(person: Person, brand: Brand, post: str) -> int:
    """Forget what the team said of a post; how many verdicts that were.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "moderate")
    gone, _each = Correction.objects.filter(brand=brand, post=post).delete()
    return gone


@transaction.atomic
def measure(person: Person, brand: Brand, *, base: str, now: datetime) -> Adjustment:
    """Measure what the corrections of readings by ``base`` would change, task by task. Switches nothing on.

    :raises Refused: the person may not (``not_allowed``), or no task has enough labels (``adjustment_too_few``).
    """
    access.require(person, brand, "brand")
    by_task = corrections.labels(access.corrections_for(person, brand), base=base)
    start = rereading.limits(base).get("feeling_from", figures.THRESHOLD)
    right = {task: adjust.right(found, feeling_from=start) for task, found in by_task.items()}
    enough = {task: found for task, found in by_task.items() if adjust.enough(len(found), right[task])}
    if not enough:
        raise Refused("adjustment_too_few", most=max(map(len, by_task.values())), enough=adjust.ENOUGH,
                      each=adjust.ENOUGH_EACH)  # fmt: skip
    measured = [adjust.measure(found, feeling_from=start) for found in enough.values()]
    shifts = {one.task: adjust.fit(enough[one.task]) for one in measured if one.better}
    made, _new = Adjustment.objects.update_or_create(
        brand=brand,
        defaults={
            "base": base,
            "shifts": shifts,
            "measured": [{**asdict(one), "better": one.better} for one in measured],
            "labels": sum(map(len, enough.values())),
            "made_by": person,
            "made_at": now,
            "on": False,
        },
    )
    note(person, "measured adjustment", brand, tasks=[one.task for one in measured])
    return made


@transaction.atomic
def switch(person: Person, brand: Brand, *, on: bool) -> None:
    """Let the adjustment count, or not any more.

    :raises Refused: the person may not (``not_allowed``), nothing was measured, or nothing of it was better beyond
        doubt (``adjustment_not_better``).
    """
    access.require(person, brand, "brand")
    found = access.adjustment_for(person, brand)
    if found is None or (on and not found.shifts):
        raise Refused("adjustment_not_better")
    if found.on != on:
        found.on = on
        found.save(update_fields=["on"])
        note(person, "switched adjustment on" if on else "switched adjustment off", brand, tasks=sorted(found.shifts))
