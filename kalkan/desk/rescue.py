"""What whoever runs Kalkan may do for somebody who is locked out. For the command line; no page leads here.

Promises a line in the audit log for each. Call :func:`kalkan.desk.ready.ready` first.
"""

from __future__ import annotations

import secrets

from django.db import transaction

from kalkan.desk.actions import second_factor
from kalkan.desk.actions.audit import note
from kalkan.desk.models import OpenSession, Person
from kalkan.errors import InvalidInput


@transaction.atomic
def new_password(email: str) -> str:
    """Give the person a random password, end their sessions, and return it.

    :raises InvalidInput: nobody has that e-mail (``person_unknown``, ``email``).
    """
    person = _person(email)
    password = secrets.token_urlsafe(15)
    person.set_password(password)
    person.save(update_fields=["password"])
    OpenSession.objects.filter(person=person).delete()
    note(person, "was given a new password")
    return password


def without_second_factor(email: str) -> bool:
    """Ask the person for the password only. Says whether a second factor was on.

    :raises InvalidInput: nobody has that e-mail (``person_unknown``, ``email``).
    """
    person = _person(email)
    was_on = second_factor.on(person)
    second_factor.switch_off(person)
    return was_on


def _person(email: str) -> Person:
    found = Person.objects.filter(email=email.strip().lower()).first()
    if found is None:
        raise InvalidInput("person_unknown", email=email)
    return found
