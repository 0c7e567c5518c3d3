"""Verbs about the second factor: begin, confirm, take a code, renew the recovery codes, switch off.

Promises that no code counts twice, also of two requests at the same moment, and that neither the secret nor a recovery
code can be read from the database alone.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import transaction

from kalkan.desk import access, totp, vault
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Person, RecoveryCode, SecondFactor
from kalkan.errors import InvalidInput, Refused

RECOVERY_CODES: Final = 10


def on(person: Person) -> bool:
    """Whether a code is asked of ``person`` at sign-in."""
    found = access.second_factor_for(person)
    return found is not None and found.confirmed_at is not None


@transaction.atomic
def begin(person: Person) -> None:
    """Make a secret, to be confirmed by a code. One that was only begun is made anew; one that is on stays."""
    if on(person):
        return
    sealed = vault.seal({"totp": totp.new_secret()}, key=str(settings.SECRET_KEY))
    SecondFactor.objects.update_or_create(person=person, defaults={"sealed": sealed, "last_step": 0})


def secret_of(person: Person) -> str:
    """The secret while it waits for its first code; empty before and after: it is not shown again.

    :raises Refused: it was sealed with another key (``second_factor_unreadable``).
    """
    found = access.second_factor_for(person)
    return _unsealed(found) if found is not None and found.confirmed_at is None else ""


@transaction.atomic
def confirm(person: Person, typed: str, *, now: datetime) -> tuple[str, ...]:
    """Switch it on with the first code. Returns the recovery codes, which are never shown again.

    :raises Refused: it was not begun, or the code is not right (``code_wrong``).
    """
    if on(person) or not _take_step(person, typed, now):
        raise Refused("code_wrong")
    SecondFactor.objects.filter(person=person).update(confirmed_at=now)
    note(person, "switched second factor on")
    return _new_codes(person)


def accept(person: Person, typed: str, *, now: datetime) -> str:
    """Take a code of the phone or a recovery code: ``code``, ``recovery``, or nothing if it is neither."""
    plain = "".join(typed.split())
    if _take_step(person, plain, now):
        return "code"
    used = RecoveryCode.objects.filter(person=person, digest=_digest(plain), used_at=None).update(used_at=now)
    if used:
        note(person, "used recovery code")
    return "recovery" if used else ""


@transaction.atomic
def renew(person: Person) -> tuple[str, ...]:
    """New recovery codes; the old ones count no more.

    :raises Refused: the second factor is off (``second_factor_off``).
    """
    if not on(person):
        raise Refused("second_factor_off")
    note(person, "made new recovery codes")
    return _new_codes(person)


@transaction.atomic
def switch_off(person: Person) -> None:
    """Ask for no code any more, and forget secret and recovery codes."""
    was_on = on(person)
    SecondFactor.objects.filter(person=person).delete()
    RecoveryCode.objects.filter(person=person).delete()
    if was_on:
        note(person, "switched second factor off")


def _take_step(person: Person, typed: str, now: datetime) -> bool:
    found = access.second_factor_for(person)
    if found is None:
        return False
    try:
        secret = _unsealed(found)
    except Refused:
        return False  # a recovery code still opens
    step = totp.step_of(secret, "".join(typed.split()), at=now.timestamp(), after=found.last_step)
    if step is None:
        return False
    return SecondFactor.objects.filter(pk=found.pk, last_step__lt=step).update(last_step=step) == 1


def _unsealed(found: SecondFactor) -> str:
    try:
        return vault.unseal(found.sealed, key=str(settings.SECRET_KEY))["totp"]
    except (InvalidInput, KeyError) as error:
        raise Refused("second_factor_unreadable") from error


def _new_codes(person: Person) -> tuple[str, ...]:
    """Ten codes of 80 bits: too many to guess, so a plain digest keeps them."""
    RecoveryCode.objects.filter(person=person).delete()
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.bulk_create(RecoveryCode(person=person, digest=_digest(each)) for each in codes)
    return tuple("-".join(each[n : n + 4] for n in range(0, 16, 4)) for each in codes)


def _digest(typed: str) -> str:
    return hashlib.sha256(typed.replace("-", "").lower().encode()).hexdigest()
