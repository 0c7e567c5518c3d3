"""Verbs about what is listened to."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from kalkan.desk import access, vault
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Person, Source
from kalkan.errors import Refused


@transaction.atomic
def add(
    person: Person, network: str, *, options: Mapping[str, str], secrets: Mapping[str, str] | None = None
) -> Source:
    """Listen to something more.

    :raises Refused: the person may not (``not_allowed``), or just this is listened to already (``source_twice``).
    """
    _allowed(person)
    if any(row.options == dict(options) for row in Source.objects.filter(network=network)):
        raise Refused("source_twice")
    row = Source.objects.create(
        network=network,
        name=_free_name(network, options),
        options=dict(options),
        sealed=vault.seal(secrets or {}, key=str(settings.SECRET_KEY)),
    )
    note(person, "added source", source=row.source)
    return row


@transaction.atomic
def change(person: Person, row: Source, *, options: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Listen to it in another way. Its name, and with it its place in the stream, stays.

    :raises Refused: the person may not (``not_allowed``).
    """
    _allowed(person)
    row.options = dict(options)
    row.sealed = vault.seal(secrets, key=str(settings.SECRET_KEY))
    row.changed_at = timezone.now()
    row.save(update_fields=["options", "sealed", "changed_at"])
    note(person, "changed source", source=row.source)


@transaction.atomic
def switch(person: Person, row: Source, *, on: bool) -> None:
    """Stop or go on listening.

    :raises Refused: the person may not (``not_allowed``).
    """
    _allowed(person)
    row.enabled, row.changed_at = on, timezone.now()
    row.save(update_fields=["enabled", "changed_at"])
    note(person, "switched source on" if on else "switched source off", source=row.source)


@transaction.atomic
def remove(person: Person, row: Source) -> None:
    """Listen no more and forget its options. What was heard stays in the archive.

    :raises Refused: the person may not (``not_allowed``).
    """
    _allowed(person)
    name = row.source
    row.delete()
    note(person, "removed source", source=name)


def _allowed(person: Person) -> None:
    if not access.may_listen(person):
        raise Refused("not_allowed")


def _free_name(network: str, options: Mapping[str, str]) -> str:
    host = urlsplit(options.get("server", "")).hostname or ""
    base = slugify(host.replace(".", "-"))[:50] or {"bluesky": "jetstream"}.get(network, "main")
    taken = set(Source.objects.filter(network=network).values_list("name", flat=True))
    return next(name for n in range(1, 10_000) if (name := base if n == 1 else f"{base}-{n}") not in taken)
