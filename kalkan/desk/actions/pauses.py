"""Verbs of the pause: stop everything of a brand or of one of its markets, and end that.

Promises that nothing starts by itself: a pause has a time to look again, and ends when a person ends it; what fell due
meanwhile stays held.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from kalkan.desk import access
from kalkan.desk.actions import drafts as acts
from kalkan.desk.actions import ledger
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, Draft, Pause, Person
from kalkan.errors import Refused

WAITING = ("submitted", "approved", "scheduled", "sending")


def stopped_by(brand: Brand, market: str) -> list[Draft]:
    """The drafts that a pause of ``market`` (empty: all) would stop, by their time."""
    rows = Draft.objects.filter(brand=brand, state__in=WAITING).select_related("brand").order_by("planned_at", "id")
    if not market:
        return list(rows)
    return [row for row in rows if market in (acts.state_of(row).markets or (market,))]


@transaction.atomic
def begin(person: Person, brand: Brand, *, market: str, reason: str, until: datetime, now: datetime) -> Pause:
    """Pause ``brand`` from this moment.

    :raises Refused: the person may not (``not_allowed``), or just this is paused already (``paused_already``).
    """
    Brand.objects.select_for_update().get(pk=brand.pk)
    access.require(person, brand, "approve")
    if Pause.objects.filter(brand=brand, market=market, ended_at=None).exists():
        raise Refused("paused_already")
    stopped = [row.pk for row in stopped_by(brand, market)]
    made = Pause.objects.create(
        brand=brand, market=market, reason=reason, by=person, began_at=now, until=until, stopped=stopped
    )
    body = {
        "what": "paused", "name": person.name, "role": access.role_for(person, brand), "market": market,
        "why": reason, "until": until.isoformat(), "stopped": stopped,
    }  # fmt: skip
    ledger.write(brand, "pause", body, now=now, topic=f"pause:{made.pk}", who=ledger.key_of(person))
    note(person, "paused", brand, market=market, reason=reason)
    return made


@transaction.atomic
def end(person: Person, pause: Pause, *, reason: str, now: datetime) -> None:
    """End it. What fell due meanwhile stays held, and is looked at by a person one by one.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, pause.brand, "approve")
    if not Pause.objects.filter(pk=pause.pk, ended_at=None).update(ended_at=now, ended_by=person):
        return
    body = {
        "what": "resumed", "name": person.name, "role": access.role_for(person, pause.brand), "market": pause.market,
        "why": reason,
    }  # fmt: skip
    ledger.write(pause.brand, "pause", body, now=now, topic=f"pause:{pause.pk}", who=ledger.key_of(person))
    note(person, "ended pause", pause.brand, market=pause.market)
