"""Alarms by webhook: JSON, signed as Standard Webhooks has it, posted through the guarded door.

Promises that an address given by a person is never led into the private network (see :mod:`kalkan.networks.addresses`),
that a message carries when it was sent and a key that stays the same however often it is tried, and that a stranger's
words in the text field can neither call a channel nor make a link look like another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext

from kalkan import figures
from kalkan.config import Config
from kalkan.desk import alarms_telling, vault
from kalkan.desk.alarms_telling import Told
from kalkan.desk.models import AlarmHook, AlarmLetter
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.http import Door
from kalkan.stories.record import AlarmRow, to_json

_QUIET_AT: Final = "@\u200b"  # an @ that calls nobody


def send(
    letter: AlarmLetter,
    found: Sequence[AlarmRow],
    now: datetime,
    *,
    config: Config,
    archive: figures.Archive,
    door: Door,
) -> None:
    """Post ``letter`` to its hook.

    :raises NetworkError: it was not reached, or did not take it.
    """
    hook = letter.hook
    assert hook is not None
    try:
        kept = vault.unseal(hook.sealed, key=str(settings.SECRET_KEY))
        url, secret = kept["url"], kept["secret"]
    except (InvalidInput, KeyError) as error:
        raise NetworkError("credential_unreadable", permanent=True) from error
    body = written(letter, found, now, config=config, archive=archive)
    headers = {"Content-Type": "application/json", **signed(body, key=letter.key, secret=secret, now=now)}
    door.send("POST", url, body, now=now, headers=headers)


def signed(body: bytes, *, key: str, secret: str, now: datetime) -> Mapping[str, str]:
    """The headers that say which message this is, when it was sent, and that it is ours.

    Standard Webhooks 1.0: HMAC-SHA256 over ``id.timestamp.body`` with the bytes after ``whsec_``, base64.
    """
    at = str(int(now.timestamp()))
    content = f"{key}.{at}.".encode() + body
    digest = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), content, hashlib.sha256).digest()
    return {
        "webhook-id": key,
        "webhook-timestamp": at,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        "Idempotency-Key": key,
    }


def written(
    letter: AlarmLetter, found: Sequence[AlarmRow], now: datetime, *, config: Config, archive: figures.Archive
) -> bytes:
    """The message as it is posted."""
    hook = letter.hook
    assert hook is not None
    with alarms_telling.tongue(hook.lang):
        told = alarms_telling.told(found, letter.brand, config=config, archive=archive)
        message: dict[str, Any] = {"text": _text(told, letter, config)}
        if hook.form == AlarmHook.Form.WHOLE:
            message |= {
                "type": "alarm" if told else "trial",
                "id": letter.key,
                "sent_at": now.isoformat(),
                "brand": letter.brand.slug,
                "alarms": [_plain(alarm, one) for alarm, one in zip(found, told, strict=True)],
            }
    return json.dumps(message, ensure_ascii=False).encode()


def _plain(alarm: AlarmRow, told: Told) -> dict[str, Any]:
    """One alarm as data: the line of ``kalkan stories``, with its reason, baseline and delays."""
    return {
        "at": alarm.at.isoformat(),
        "title": alarm.title,
        "terms": list(alarm.terms),
        "began": alarm.began.isoformat(),
        "n": alarm.n,
        "authors": alarm.authors,
        "score": alarm.score,
        "gravity": alarm.gravity.level,
        "examples": [words for words, _network in told.posts],
        "id": alarm.id,
        "story": alarm.story,
        "scope": alarm.scope,
        "what": alarm.what,
        "reason": {"code": alarm.reason.code, "params": to_json(alarm.reason.params), "words": told.line.reason},
        "usual_per_hour": alarm.usual_per_hour,
        "per_hour": alarm.per_hour,
        "after_first_minutes": alarm.after_first,
        "after_fifth_minutes": alarm.after_fifth,
        "url": told.url,
    }


def _text(told: Sequence[Told], letter: AlarmLetter, config: Config) -> str:
    """The text field, as chat programs show it."""
    if not told:
        url = alarms_telling.address(config, reverse("alarms"))
        return gettext("A trial alarm from Kalkan, for %(name)s.") % {"name": plain(letter.brand.name)} + f" {url}"
    return "\n\n".join(_one(one) for one in told)


def _one(one: Told) -> str:
    line = one.line
    head = gettext("Alarm: %(title)s (gravity %(gravity)s)") % {
        "title": plain(alarms_telling.one_line(line.title)),
        "gravity": line.gravity,
    }
    facts = [line.reason, line.told_in, line.counted, line.usual, line.delay, line.near, line.gravity_words]
    return "\n".join([head, *(plain(each) for each in facts if each), one.url])


def plain(words: str) -> str:
    """Words that call nobody and link nowhere in Slack, Mattermost and their like."""
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", _QUIET_AT)):
        words = words.replace(sign, safe)
    return words
