"""Verbs about accounts we publish from: connect, look whether the token works, disconnect.

Promises that credentials are kept sealed only, and that what an account says is counted as ours from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from kalkan.desk import access, drafts_writing, vault
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Account, Brand, Person, Watch
from kalkan.errors import KalkanError, Refused
from kalkan.networks import publishing
from kalkan.text import fold


@transaction.atomic
def connect(
    person: Person,
    brand: Brand,
    network: str,
    *,
    who: publishing.Identity,
    credentials: Mapping[str, str],
    server: str,
    now: datetime,
    loopback: bool = False,
) -> Account:
    """Publish from this account from now on; an account that was connected before takes the new credentials.

    Its handle is watched from then on, so that replies to it and quotes of it are mentions.

    :raises Refused: the person may not (``not_allowed``), or another brand of this desk has it (``account_taken``).
    """
    access.require(person, brand, "brand")
    if Account.objects.filter(account_id=who.account, removed_at=None).exclude(brand=brand).exists():
        raise Refused("account_taken", handle=who.handle)
    sealed = vault.seal(credentials, key=str(settings.SECRET_KEY))
    told: dict[str, Any] = {
        "network": network, "server": server[:200], "handle": who.handle[:200], "name": who.name[:120],
        "url": who.url[:300], "sealed": sealed, "fault": {}, "checked_at": now, "removed_at": None,
        "loopback": loopback, "added_by": person,
    }  # fmt: skip
    row, made = Account.objects.update_or_create(brand=brand, account_id=who.account, defaults=told)
    handles = {fold(text) for text in Watch.objects.filter(brand=brand, kind="handle").values_list("text", flat=True)}
    if who.handle and fold(who.handle) not in {each.lstrip("@") for each in handles}:
        Watch.objects.create(brand=brand, kind="handle", text=who.handle[:100], changed_at=now)
    note(person, "connected account" if made else "connected account again", brand, account=f"{network} {who.handle}")
    return row


@transaction.atomic
def disconnect(person: Person, row: Account, *, now: datetime) -> None:
    """Publish from it no more; its credentials are forgotten.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, row.brand, "brand")
    row.sealed, row.removed_at = "", now
    row.save(update_fields=["sealed", "removed_at"])
    note(person, "disconnected account", row.brand, account=f"{row.network} {row.handle}")


def opened(row: Account) -> publishing.Publisher:
    """The account, open for publishing; new session tokens are sealed as they come.

    :raises KalkanError: its credentials cannot be unsealed.
    """
    pk = row.pk

    def keep(credentials: publishing.Credentials) -> None:
        sealed = vault.seal(credentials, key=str(settings.SECRET_KEY))
        Account.objects.filter(pk=pk, removed_at=None).update(sealed=sealed)

    credentials = vault.unseal(row.sealed, key=str(settings.SECRET_KEY))
    return publishing.kind(row.network).open(row.account_id, credentials, keep=keep, loopback=row.loopback)


def look(row: Account, *, now: datetime) -> bool:
    """Ask the network whether the token works and what posts may be there; keep the answer. Says whether it works."""
    fault: dict[str, Any] = {}
    limits = row.limits
    try:
        door = opened(row)
        try:
            door.identify(now=now)
            limits = drafts_writing.limits_kept(door.limits(now=now))
        finally:
            door.close()
    except KalkanError as error:
        fault = {"code": error.code, "params": {name: str(value) for name, value in error.params.items()}}
    Account.objects.filter(pk=row.pk).update(fault=fault, limits=limits, checked_at=now)
    return not fault
