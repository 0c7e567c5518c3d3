"""Verbs about people: found the desk, sign in, change what is theirs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.contrib.auth import authenticate, login, update_session_auth_hash
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from kalkan.desk.actions import second_factor, sessions
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Person, SignIn
from kalkan.errors import Refused

WINDOW: Final = timedelta(minutes=15)
MOST_HERE: Final = 5  # failures of one account from one address
MOST_ACCOUNT: Final = 50  # of one account from anywhere: slows a spread-out guess, is hard to lock somebody out with
MOST_ADDRESS: Final = 30  # of one address on any account
MOST_CODES: Final = 10  # wrong codes of one account: whoever guesses these knows the password already
HALF_WAY: Final = timedelta(minutes=5)  # how long a password waits for its code
BACKEND: Final = "django.contrib.auth.backends.ModelBackend"


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


def sign_in(request: HttpRequest, *, email: str, password: str, address: str, now: datetime) -> bool:
    """Sign somebody in, with a limit on guesses. False: the password is right, and a code is asked for next.

    :raises Refused: wrong (``sign_in_wrong``), or too many wrong ones lately (``sign_in_wait``, ``minutes``).
    """
    account = email.strip().lower()
    refuse_guessing(account, address, now)
    person = authenticate(request, username=account, password=password)
    write_try(account, address, now, ok=isinstance(person, Person))
    if not isinstance(person, Person):
        raise Refused("sign_in_wrong")
    if second_factor.on(person):
        request.session.flush()
        request.session["half"] = [person.pk, now.timestamp(), person.get_session_auth_hash()]
        return False
    _forget_tries(account, address)
    let_in(request, person, now=now)
    return True


def half_way(request: HttpRequest, now: datetime) -> Person:
    """Who has given the password here and owes the code.

    :raises Refused: nobody, or too long ago (``sign_in_again``).
    """
    pk, at, proof = request.session.get("half", (None, 0.0, ""))
    person = Person.objects.filter(pk=pk, is_active=True).first()
    fresh = 0 <= now.timestamp() - at <= HALF_WAY.total_seconds()
    if person is None or not fresh or proof != person.get_session_auth_hash():
        raise Refused("sign_in_again")
    return person


def sign_in_by_code(request: HttpRequest, code: str, *, address: str, now: datetime) -> None:
    """The second half of signing in: a code of the phone, or a recovery code.

    :raises Refused: no first half (``sign_in_again``), wrong or used (``code_wrong``), or too many wrong ones lately
        (``sign_in_wait``, ``minutes``).
    """
    person = half_way(request, now)
    refuse_guessing(person.email, address, now, kind="code")
    found = second_factor.accept(person, code, now=now)
    write_try(person.email, address, now, ok=bool(found), kind="code")
    if not found:
        raise Refused("code_wrong")
    del request.session["half"]
    _forget_tries(person.email, address)
    let_in(request, person, now=now)


def prove(person: Person, password: str, *, address: str, now: datetime) -> None:
    """Make sure that whoever sits here knows the password of ``person``, with the same limit on guesses.

    :raises Refused: they do not (``password_wrong``), or too many wrong ones lately (``sign_in_wait``, ``minutes``).
    """
    refuse_guessing(person.email, address, now)
    if not person.check_password(password):
        write_try(person.email, address, now, ok=False)
        raise Refused("password_wrong")


def let_in(request: HttpRequest, person: Person, *, now: datetime) -> None:
    """Sign in somebody who has just shown who they are, or made their account."""
    login(request, person, backend=BACKEND)
    sessions.keep(request, person, now)
    note(person, "signed in")


def write_try(account: str, address: str, now: datetime, *, ok: bool, kind: str = "password") -> None:
    """Write an attempt down for :func:`refuse_guessing`; those older than a day are swept."""
    SignIn.objects.create(at=now, account=account[:254], address=address[:64], ok=ok, kind=kind)
    SignIn.objects.filter(at__lt=now - timedelta(days=1)).delete()


def _forget_tries(account: str, address: str) -> None:
    SignIn.objects.filter(account=account, address=address, ok=False).delete()


def refuse_guessing(account: str, address: str, now: datetime, *, kind: str = "password") -> None:
    """Stop whoever was wrong too often lately; without an ``account``, only the address counts.

    :raises Refused: they were (``sign_in_wait``, ``minutes``).
    """
    lately = SignIn.objects.filter(ok=False, at__gt=now - WINDOW)
    limits = [(lately.filter(address=address), MOST_ADDRESS)]
    if account:
        limits.append((lately.filter(account=account, address=address), MOST_HERE))
        limits.append((lately.filter(account=account), MOST_ACCOUNT))
    if kind == "code":
        limits.append((lately.filter(account=account, kind="code"), MOST_CODES))
    for failures, most in limits:
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
    sessions.end_others(person, sessions.here(request))
    note(person, "changed own password")
