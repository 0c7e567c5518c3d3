"""Verbs that write to the ledger. Everything goes through :func:`write`, which only ever adds.

Promises that each brand has one chain without gaps: two writers at the same moment are put one after the other.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kalkan import ledger
from kalkan.desk import access, drafts_ledger
from kalkan.desk.models import Brand, Draft, LedgerEntry, Person, PrivateNote
from kalkan.errors import Refused


def key_of(person: Person) -> str:
    """The lasting key of a person in drafts and in the ledger."""
    return f"person:{person.pk}"


def about(draft: Draft) -> str:
    """The lasting name of a draft in the ledger."""
    return f"draft:{draft.pk}"


@transaction.atomic
def write(
    brand: Brand,
    kind: str,
    body: Mapping[str, Any],
    *,
    now: datetime,
    draft: Draft | None = None,
    topic: str = "",
    who: str = "",
    note: str = "",
    salt: str = "",
) -> LedgerEntry:
    """Add one entry to the chain of ``brand``: about ``draft``, else about ``topic``."""
    Brand.objects.select_for_update().get(pk=brand.pk)
    last = LedgerEntry.objects.filter(brand=brand).order_by("-seq").first()
    after = ledger.Head(seq=last.seq, hash=last.hash) if last else None
    name = about(draft) if draft else topic
    made = ledger.entry(kind, body, brand=brand.slug, about=name, at=now, who=who, after=after, note=note, salt=salt)
    row = ledger.row_of(made)
    transaction.on_commit(lambda: drafts_ledger.remember(brand.slug, ledger.head(made)))
    return LedgerEntry.objects.create(**{**row, "brand": brand, "slug": made.brand, "draft": draft})


@transaction.atomic
def note_privately(person: Person, draft: Draft, text: str, *, now: datetime) -> PrivateNote:
    """Keep a word for oneself. The chain holds that it was written, and a salted hash that proves what it said.

    :raises Refused: the person may not read the draft's brand (``not_allowed``).
    """
    access.require(person, draft.brand, "read")
    salt = secrets.token_hex(16)
    entry = write(
        draft.brand, "decision", {"what": "noted", "name": person.name}, now=now, draft=draft, who=key_of(person),
        note=text, salt=salt,
    )  # fmt: skip
    return PrivateNote.objects.create(person=person, draft=draft, entry=entry, salt=salt, text=text, at=now)


@transaction.atomic
def look_back(person: Person, draft: Draft, *, right: str, text: str, now: datetime) -> LedgerEntry:
    """What one thinks of the decision now: ``right`` is yes, no or mixed.

    :raises Refused: the person may not (``not_allowed``), or it is still open (``hindsight_early``).
    """
    access.require(person, draft.brand, "write")
    if draft.state not in ("sent", "held", "failed", "withdrawn"):
        raise Refused("hindsight_early")
    body = {"right": right, "text": text, "name": person.name, "role": access.role_for(person, draft.brand)}
    return write(draft.brand, "hindsight", body, now=now, draft=draft, who=key_of(person))
