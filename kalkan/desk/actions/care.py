"""Verbs of care: pile-ons decided once, audits of the shield, asks passed on, the rota, hand-over, topics put off."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from django.db import transaction

from kalkan.desk import access, shield_audit
from kalkan.desk.actions.audit import note
from kalkan.desk.models import (
    Brand,
    CareWish,
    Duty,
    Item,
    KeptAsk,
    NotToday,
    Person,
    PileOn,
    ShieldAudit,
    ShieldMark,
)
from kalkan.errors import InvalidInput, Refused

TOPICS: Final = ("hate", "sexual", "threat", "doxing", "insult", "profanity", "spam")
"""What a person may put off for a day: contents of the shield."""
_CLOCK: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@transaction.atomic
def finish_pile(person: Person, pile: PileOn, *, now: datetime) -> int:
    """Decide once for all behind the card: nothing more is to be done with them. Those who ask are not behind it."""
    access.require(person, pile.brand, "moderate")
    rows = Item.objects.filter(brand=pile.brand, piled__pile=pile, state=Item.State.OPEN)
    done = 0
    for row in rows.select_for_update(of=("self",)):
        row.state, row.done_at, row.done_by, row.version = Item.State.DONE, now, person, row.version + 1
        row.save(update_fields=["state", "done_at", "done_by", "version"])
        done += 1
    note(person, "finished pile-on", pile.brand, n=done)
    return done


@transaction.atomic
def begin_audit(person: Person, brand: Brand, *, seed: int, now: datetime) -> ShieldAudit:
    """Draw a sample of what the shield folded and of what it left.

    :raises InvalidInput: there is nothing to draw from (``shield_audit_empty``).
    """
    access.require(person, brand, "moderate")
    units, folded_of, untouched_of = shield_audit.draw(brand, seed=seed, now=now)
    if not units:
        raise InvalidInput("shield_audit_empty")
    note(person, "began shield audit", brand, n=len(units))
    return ShieldAudit.objects.create(
        brand=brand, seed=seed, units=units, folded_of=folded_of, untouched_of=untouched_of, made_by=person, made_at=now
    )


def mark(
    person: Person, row: ShieldAudit, unit: int, *, abuse: bool | None, criticism: bool | None, now: datetime
) -> None:
    """Keep what ``person`` says of one unit; both None: they could not say. Units of other samples are passed over."""
    access.require(person, row.brand, "moderate")
    if unit in {int(one[0]) for one in row.units}:
        given = {"abuse": abuse, "criticism": criticism, "at": now}
        ShieldMark.objects.update_or_create(audit=row, unit=unit, person=person, defaults=given)


@transaction.atomic
def pass_on(
    person: Person, brand: Brand, *, title: str, to: str, posts: Iterable[str], first: datetime, now: datetime
) -> KeptAsk:
    """Write down that an ask was passed on, and to whom.

    :raises InvalidInput: it has no words or nobody to go to (``ask_nameless``).
    """
    access.require(person, brand, "moderate")
    if not title.strip(" ,;:–-") or not to.strip():
        raise InvalidInput("ask_nameless")
    note(person, "passed on ask", brand, title=title.strip(" ,;:–-")[:80], to=to.strip()[:80])
    return KeptAsk.objects.create(
        brand=brand, title=title.strip(" ,;:–-")[:200], posts=sorted(set(posts))[:5_000], first=first,
        passed_to=to.strip()[:120], passed_at=now, passed_by=person,
    )  # fmt: skip


@transaction.atomic
def decide_ask(person: Person, row: KeptAsk, decision: str, *, now: datetime) -> None:
    """Write down what was decided.

    :raises InvalidInput: nothing is said (``decision_empty``).
    """
    access.require(person, row.brand, "moderate")
    if not decision.strip():
        raise InvalidInput("decision_empty")
    row.decision, row.decided_at, row.stage = decision.strip()[:400], now, KeptAsk.Stage.DECIDED
    row.save(update_fields=["decision", "decided_at", "stage"])
    note(person, "decided ask", row.brand, title=row.title[:80])


@transaction.atomic
def tell_ask(person: Person, row: KeptAsk, *, told: int, now: datetime) -> None:
    """Write down that replies to those who asked are being written: the ask is answered once one of them is sent."""
    access.require(person, row.brand, "moderate")
    if not told:
        return
    row.telling_since = row.telling_since or now
    row.save(update_fields=["telling_since"])
    note(person, "answered ask", row.brand, title=row.title[:80], n=told)


@transaction.atomic
def put_on_rota(person: Person, brand: Brand, who: Person, *, weekday: int | None, begins: str, ends: str) -> Duty:
    """Put somebody of the team on the rota.

    :raises Refused: ``not_allowed``, ``not_on_team``.
    :raises InvalidInput: the hours are none (``duty_hours``).
    """
    access.require(person, brand, "brand")
    if not access.may(who, brand, "moderate"):
        raise Refused("not_on_team")
    if not (_CLOCK.fullmatch(begins) and _CLOCK.fullmatch(ends)) or begins == ends:
        raise InvalidInput("duty_hours")
    note(person, "changed rota", brand, name=who.name)
    return Duty.objects.create(brand=brand, person=who, weekday=weekday, begins=begins, ends=ends)


@transaction.atomic
def take_off_rota(person: Person, row: Duty) -> None:
    """Take a line out of the rota."""
    access.require(person, row.brand, "brand")
    note(person, "changed rota", row.brand, name=row.person.name)
    row.delete()


@transaction.atomic
def hand_over(person: Person, brand: Brand, to: Person | None) -> int:
    """Give everything open that is assigned to ``person`` to whoever goes on; how many items that were.

    :raises Refused: ``not_allowed``; nobody is there (``nobody_on_duty``).
    """
    access.require(person, brand, "moderate")
    if to is None:
        raise Refused("nobody_on_duty")
    rows = Item.objects.select_for_update().filter(brand=brand, assignee=person).exclude(state=Item.State.DONE)
    given = 0
    for row in rows:
        row.assignee, row.version = to, row.version + 1
        row.save(update_fields=["assignee", "version"])
        given += 1
    return given  # not in the audit log: when somebody has had enough is nobody's business but theirs


def wish(person: Person, *, look: str, weekly: bool) -> None:
    """Say how one wants to be treated by the inbox: for this person alone."""
    chosen = look if look in CareWish.Look.values else CareWish.Look.PLAIN
    CareWish.objects.update_or_create(person=person, defaults={"look": chosen, "weekly": weekly})


def stay_awake(person: Person, *, until: datetime) -> None:
    """Look on in quiet hours, until then."""
    CareWish.objects.update_or_create(person=person, defaults={"awake_until": until})


@transaction.atomic
def put_off(person: Person, topics: Iterable[str], *, day: date) -> None:
    """Say which topics ``person`` does not want to see on ``day``: these and no others."""
    wanted = [name for name in TOPICS if name in set(topics)]
    NotToday.objects.filter(person=person, day=day).exclude(content__in=wanted).delete()
    for name in wanted:
        NotToday.objects.get_or_create(person=person, content=name, day=day)
