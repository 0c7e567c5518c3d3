"""Verbs about people: found the desk, sign in, change what is theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from kalkan.desk.actions.audit import note
from kalkan.desk.models import Person, SignIn
from kalkan.errors import Refused

WINDOW: Final = timedelta(minutes=15)
MOST_HERE: Final = 5  # failures of one account from one address
MOST_ACCOUNT: Final = 50  # of one account from anywhere: slows a spread-out guess, is hard to lock somebody out with
MOST_ADDRESS: Final = 30  # of one address on any account


def found_desk(*, name: str, email: str, password: str, lang: str, zone: str) -> Person:
    """Make the first account. Of two at the same moment one wins: the database knows a single founder.

    :raises Refused: somebody has an account already (``already_set_up``).
    """
    try:
        with transaction.atomic():
            if Person.objects.exists():
                raise Refused("already_set_up")
            person = Person(name=name, email=email.strip().lower(), lang=lang, zone=zone, founder=True)
            person.set_password(password)
            person.save()
            note(person, "founded")
    except IntegrityError:
        raise Refused("already_set_up") from None
    return person


def sign_in(request: HttpRequest, *, email: str, password: str, address: str, now: datetime) -> Person:
    """Sign somebody in, with a limit on guesses.

    :raises Refused: wrong (``sign_in_wrong``), or too many wrong ones lately (``sign_in_wait``, ``minutes``).
    """
    account = email.strip().lower()
    _refuse_guessing(account, address, now)
    person = authenticate(request, username=account, password=password)
    ok = isinstance(person, Person)
    SignIn.objects.create(at=now, account=account[:254], address=address[:64], ok=ok)
    SignIn.objects.filter(at__lt=now - timedelta(days=1)).delete()
    if not isinstance(person, Person):
        raise Refused("sign_in_wrong")
    SignIn.objects.filter(account=account, address=address, ok=False).delete()
    login(request, person)
    note(person, "signed in")
    return person


def _refuse_guessing(account: str, address: str, now: datetime) -> None:
    lately = SignIn.objects.filter(ok=False, at__gt=now - WINDOW)
    for failures, most in (
        (lately.filter(account=account, address=address), MOST_HERE),
        (lately.filter(account=account), MOST_ACCOUNT),
        (lately.filter(address=address), MOST_ADDRESS),
    ):
        times = list(failures.order_by("-at").values_list("at", flat=True)[:most])
        if len(times) >= most:
            wait = times[-1] + WINDOW - now
            raise Refused("sign_in_wait", minutes=max(1, -(-int(wait.total_seconds()) // 60)))


def change_own(person: Person, *, name: str, lang: str, zone: str) -> None:
    """Change a person's own name, language and time zone."""
    person.name, person.lang, person.zone = name, lang, zone
    person.save(update_fields=["name", "lang", "zone"])
    note(person, "changed own settings")


def speak(person: Person, lang: str) -> None:
    """Change the language only."""
    person.lang = lang
    person.save(update_fields=["lang"])


def change_password(request: HttpRequest, person: Person, new: str) -> None:
    """A new password; this browser stays signed in, all others do not."""
    person.set_password(new)
    person.save(update_fields=["password"])
    update_session_auth_hash(request, person)
    note(person, "changed own password")
