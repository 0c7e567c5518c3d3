"""How what went out was received: one hour, one day and seven days after, into the ledger.

Promises that every number is one that :mod:`kalkan.figures` gives and that the posts behind it open; that too few
answers are called too few; and that a look is written once. Never changes what was written before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from kalkan import figures, publishing
from kalkan.desk.actions import ledger
from kalkan.desk.jobs import Work
from kalkan.desk.models import Draft, Outcome, SendingStep
from kalkan.reception import received

LOOKS: Final = dict(zip(("1h", "24h", "7d"), publishing.AFTER, strict=True))
_ROOM: Final = timedelta(minutes=2)  # what was said on time may be heard a little later


def plan(draft: Draft, sent_at: datetime) -> None:
    """Look three times at how ``draft`` is received."""
    for name, after in LOOKS.items():
        Outcome.objects.get_or_create(draft=draft, after=name, defaults={"due_at": sent_at + after})


def outcomes(work: Work) -> None:
    """The worker's job: every look that is due."""
    now = work.now()
    for row in Outcome.objects.filter(done_at=None, due_at__lte=now - _ROOM).select_related("draft__brand")[:20]:
        if work.stop.is_set():
            return
        look(row, work.archive, now=now)


def look(row: Outcome, archive: figures.Archive, *, now: datetime) -> dict[str, Any] | None:
    """Count the answers until the look's time and write them down; None where nothing went out."""
    rows = SendingStep.objects.filter(draft=row.draft, kind="sent").exclude(post_id="")
    ids = sorted(rows.values_list("post_id", flat=True))
    found: dict[str, Any] | None = None
    if ids:
        sent_at = row.due_at - LOOKS[row.after]
        body = publishing.outcome(archive, ids, sent_at=sent_at, after=LOOKS[row.after], now=now)
        found = {**body, "after": row.after, "reception": reception(body)}
    with transaction.atomic():
        if not Outcome.objects.filter(pk=row.pk, done_at=None).update(done_at=now, found=found or {}):
            return None
        if found is not None:
            ledger.write(row.draft.brand, "outcome", found, now=now, draft=row.draft)
    return found


def reception(body: Mapping[str, Any]) -> str:
    """How the answers took it, by the rules of :mod:`kalkan.reception`."""
    good, bad, rest = sides(body)
    return received({"praise": good, "call_out": bad, "none": rest}).verdict


def sides(body: Mapping[str, Any]) -> tuple[int, int, int]:
    """How many authors praise, are against, and take no side.

    Praise is who praises, or is positive where nobody praises; against are those who complain or abuse.
    """
    count = {name: int(one["count"]) for name, one in body["shares"].items()}
    good = max(count["praise"], count["positive"])
    bad = max(count["complaint"], count["offensive"], count["negative"])
    return good, bad, max(0, int(body["authors"]) - good - bad)
