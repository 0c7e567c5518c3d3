"""Verbs about sessions: keep one, end one, end all others.

Promises that an ended session opens no further page. Keeps no address and no more of the browser than its name and
system, so that the list helps its owner and nobody else.
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpRequest

from kalkan.desk.actions.audit import note
from kalkan.desk.models import OpenSession, Person

_FRESH: Final = timedelta(minutes=5)  # how exactly "last seen" is known
_BROWSERS: Final = (
    ("Edge", r"\bEdg"),
    ("Opera", r"\bOPR/"),
    ("Samsung Internet", r"SamsungBrowser"),
    ("Firefox", r"Firefox|FxiOS"),
    ("Chrome", r"Chrome|Chromium|CriOS"),
    ("Safari", r"Safari"),
)
_SYSTEMS: Final = (
    ("Android", r"Android"),
    ("iOS", r"iPhone|iPad|iPod"),
    ("Windows", r"Windows"),
    ("macOS", r"Macintosh|Mac OS X"),
    ("Linux", r"Linux|X11|CrOS"),
)


def browser_of(agent: str) -> str:
    """Name and system of a browser from what it says of itself, as in ``Firefox, Linux``; empty: it says neither."""
    found = (next((name for name, mark in names if re.search(mark, agent)), "") for names in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))


def keep(request: HttpRequest, person: Person, now: datetime) -> bool:
    """Keep this browser's session, and say whether it still counts. A session is written down at its first page."""
    word = request.session.get("word")
    if word is None:
        request.session["word"] = word = secrets.token_urlsafe(18)
        OpenSession.objects.filter(seen_at__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE)).delete()
        OpenSession.objects.create(
            person=person,
            word=word,
            browser=browser_of(request.META.get("HTTP_USER_AGENT", "")[:400]),
            began_at=now,
            seen_at=now,
        )
        return True
    row = OpenSession.objects.filter(word=word, person=person).first()
    if row is not None and row.seen_at < now - _FRESH:
        OpenSession.objects.filter(pk=row.pk).update(seen_at=now)
    return row is not None


def here(request: HttpRequest) -> str:
    """The word of this browser's session."""
    return str(request.session.get("word", ""))


def sign_out(request: HttpRequest) -> None:
    """End this browser's session and forget it."""
    OpenSession.objects.filter(word=here(request)).delete()
    logout(request)


@transaction.atomic
def end(person: Person, row: OpenSession) -> None:
    """End one session of ``person``."""
    OpenSession.objects.filter(person=person, pk=row.pk).delete()
    note(person, "ended session", browser=row.browser)


@transaction.atomic
def end_others(person: Person, word: str) -> int:
    """End all sessions of ``person`` but the one with ``word``. Says how many there were."""
    ended, _rows = OpenSession.objects.filter(person=person).exclude(word=word).delete()
    if ended:
        note(person, "ended other sessions", count=ended)
    return ended
