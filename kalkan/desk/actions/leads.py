"""Making links that are counted, counting them, and taking in clicks and conversions.

Promises that a row is taken once however often it comes: a key is kept once a brand, and a day's total that says
something else than before is put right, never added to. Bad rows stop nothing and are told.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F

from kalkan import index
from kalkan.desk import access, vault
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, Draft, LeadDay, LeadEvent, LeadFile, LeadHook, LeadLink, Person
from kalkan.errors import InvalidInput, Refused
from kalkan.index import files, hooks

MOST_HOOKS: Final = 8
MOST_BYTES: Final = files.MOST_BYTES
_WAITS: Final = timedelta(days=2)  # how long a file that was not taken is kept
_PIECE: Final = 500


# — links —


@transaction.atomic
def make(
    person: Person, brand: Brand, *, url: str, tags: Mapping[str, str], now: datetime, draft: Draft | None = None
) -> LeadLink:
    """A counted link to ``url`` with ``tags`` (of :data:`kalkan.index.links.TAGS`; a campaign at least).

    The same address with the same tags for the same draft is the same link.

    :raises Refused: ``not_allowed``.
    :raises InvalidInput: ``lead_address_wrong``.
    """
    access.require(person, brand, "write")
    target = index.target(url, tags=tags)
    given = {name: tags.get(name, "")[:120] for name in ("campaign", "source", "medium", "content")}
    same = LeadLink.objects.filter(brand=brand, target=target, draft=draft, closed_at=None, **given).first()
    if same is not None:
        return same
    row = LeadLink(brand=brand, target=target, draft=draft, made_by=person, made_at=now, **given)
    for _try in range(5):
        row.code = index.code(secrets.choice)
        if not LeadLink.objects.filter(code=row.code).exists():
            break
    row.save()
    note(person, "made link", brand, campaign=row.campaign, code=row.code)
    return row


@transaction.atomic
def close(person: Person, brand: Brand, row: LeadLink, *, now: datetime) -> None:
    """Let a link lead nowhere any more; what was counted stays.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "write")
    LeadLink.objects.filter(pk=row.pk, closed_at=None).update(closed_at=now)
    note(person, "closed link", brand, campaign=row.campaign, code=row.code)


def opened(row: LeadLink, *, machine: bool, now: datetime) -> None:
    """Count one open of ``row`` today (UTC). Nothing is known of who opened it."""
    field, day = "machines" if machine else "opens", now.date()
    if LeadDay.objects.filter(link=row, day=day).update(**{field: F(field) + 1}):
        return
    try:
        with transaction.atomic():
            LeadDay.objects.create(link=row, day=day, **{field: 1})
    except IntegrityError:  # somebody opened it at the same moment
        LeadDay.objects.filter(link=row, day=day).update(**{field: F(field) + 1})


# — tables —


def folder() -> Path:
    """Where tables lie until they are taken."""
    root: Path = settings.CONFIG.data
    return root / "leads"


def bring(person: Person, brand: Brand, *, name: str, data: bytes, now: datetime) -> LeadFile:
    """Keep a table until somebody says which column is what.

    :raises Refused: ``not_allowed``.
    :raises InvalidInput: it is too large, empty, or no table.
    """
    access.require(person, brand, "write")
    if len(data) > files.MOST_BYTES:
        raise InvalidInput("lead_file_large", most=files.MOST_BYTES >> 20)
    digest = hashlib.sha256(data).hexdigest()
    _sweep(now)
    path = _path(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    draft.write_bytes(data)
    draft.replace(path)
    try:
        header, sample = files.columns(path)
    except InvalidInput as fault:
        path.unlink(missing_ok=True)
        shown = Path(name).name[:80]
        raise InvalidInput(
            fault.code, **{**fault.params, **({"path": shown} if "path" in fault.params else {})}
        ) from None
    return LeadFile.objects.create(
        brand=brand, name=Path(name).name[:160], sha256=digest, columns=header[:60],
        sample=[[cell[:120] for cell in row[:60]] for row in sample[:4]], mapping=guessed(brand, header),
        brought_by=person, brought_at=now,
    )  # fmt: skip


def guessed(brand: Brand, header: Sequence[str]) -> dict[str, str]:
    """What the columns mean: as the last table with the same columns had it, else as their names tell."""
    last = LeadFile.objects.filter(brand=brand, columns=list(header[:60])).exclude(taken_at=None).first()
    return dict(last.mapping) if last else files.guess(header)


def take(
    person: Person, brand: Brand, row: LeadFile, *, mapping: Mapping[str, str], kind: str, zone: str, currency: str,
    now: datetime,
) -> LeadFile:  # fmt: skip
    """Take in the rows of a table; what is known already changes nothing.

    :raises Refused: ``not_allowed``.
    :raises InvalidInput: the file is gone, or its columns do not say enough.
    """
    access.require(person, brand, "write")
    path = _path(row.sha256)
    if not path.is_file():
        raise InvalidInput("lead_file_gone", name=row.name)
    found = files.read(path, mapping, kind=kind, now=now, zone=zone, currency=currency)
    with transaction.atomic():
        row.taken, row.known, row.righted = keep(brand, found.events, file=row)
        row.faults, row.bad = found.faults, told(found.bad)
        row.mapping, row.kind, row.taken_at, row.sample = dict(mapping), kind, now, []
        row.save()
        note(person, "took in leads", brand, name=row.name, rows=row.taken)
    path.unlink(missing_ok=True)
    return row


def told(bad: Sequence[index.Bad]) -> list[dict[str, Any]]:
    """Faults as they are kept and answered."""
    return [{"line": one.line, "code": one.code, "params": dict(one.params), "n": one.n} for one in bad]


def keep(
    brand: Brand, events: Sequence[index.Event], *, file: LeadFile | None = None, hook: LeadHook | None = None
) -> tuple[int, int, int]:
    """Keep ``events``, each key once: how many were new, how many known, how many totals were put right."""
    unique = {one.key: one for one in events}
    taken = known = righted = 0
    for piece in _pieces(list(unique.values())):
        rows = {row.key: row for row in LeadEvent.objects.filter(brand=brand, key__in=[one.key for one in piece])}
        new = [_event(brand, one, file, hook) for one in piece if one.key not in rows]
        LeadEvent.objects.bulk_create(new, ignore_conflicts=True)
        taken += len(new)
        changed = []
        for one in piece:
            row = rows.get(one.key)
            if row is None:
                continue
            if one.total and (row.n, row.value) != (one.n, one.value):
                row.n, row.value, row.file = one.n, one.value, file
                changed.append(row)
            else:
                known += 1
        LeadEvent.objects.bulk_update(changed, ["n", "value", "file"])
        righted += len(changed)
    return taken, known + len(events) - len(unique), righted


def _pieces(events: Sequence[index.Event]) -> list[Sequence[index.Event]]:
    return [events[at : at + _PIECE] for at in range(0, len(events), _PIECE)]


def _event(brand: Brand, one: index.Event, file: LeadFile | None, hook: LeadHook | None) -> LeadEvent:
    return LeadEvent(
        brand=brand, key=one.key, kind=one.kind, at=one.at, campaign=one.campaign, source=one.source,
        medium=one.medium, content=one.content, n=one.n, value=one.value, currency=one.currency, file=file, hook=hook,
    )  # fmt: skip


def _path(digest: str) -> Path:
    return folder() / f"{digest}.csv"


def _sweep(now: datetime) -> None:
    """Tables that nobody took go after two days."""
    for row in LeadFile.objects.filter(taken_at=None, brought_at__lt=now - _WAITS):
        _path(row.sha256).unlink(missing_ok=True)
        row.delete()


# — doors —


@transaction.atomic
def add_hook(person: Person, brand: Brand, *, name: str, now: datetime) -> tuple[LeadHook, str]:
    """A door for a program, and its secret, which is shown this once.

    :raises Refused: ``not_allowed``, ``lead_hooks_many``.
    """
    access.require(person, brand, "brand")
    if LeadHook.objects.filter(brand=brand, removed_at=None).count() >= MOST_HOOKS:
        raise Refused("lead_hooks_many", most=MOST_HOOKS)
    secret = hooks.secret(secrets.token_bytes)
    sealed = vault.seal({"secret": secret}, key=str(settings.SECRET_KEY))
    row = LeadHook.objects.create(
        brand=brand, name=name, door=secrets.token_hex(12), sealed=sealed, made_by=person, made_at=now
    )
    note(person, "opened lead door", brand, name=name)
    return row, secret


@transaction.atomic
def remove_hook(person: Person, brand: Brand, row: LeadHook, *, now: datetime) -> None:
    """Shut a door for good; what came through it stays.

    :raises Refused: ``not_allowed``.
    """
    access.require(person, brand, "brand")
    LeadHook.objects.filter(pk=row.pk).update(removed_at=now, sealed="")
    note(person, "shut lead door", brand, name=row.name)


def receive(row: LeadHook, body: bytes, headers: Mapping[str, str], *, now: datetime) -> dict[str, Any]:
    """Take in a posted message: what was taken, what was known, and what could not be used.

    :raises Refused: ``lead_signature``, ``lead_stale``.
    :raises InvalidInput: ``lead_message_unreadable``, ``credential_unreadable``.
    """
    secret = vault.unseal(row.sealed, key=str(settings.SECRET_KEY)).get("secret", "")
    hooks.prove(body, headers, secret=secret, now=now)
    found = files.from_message(body, now=now)
    with transaction.atomic():
        taken, known, _righted = keep(row.brand, found.events, hook=row)
        LeadHook.objects.filter(pk=row.pk).update(last_at=now)
    return {"taken": taken, "known": known, "bad": told(found.bad)}
