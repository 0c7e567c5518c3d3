"""What the world's servers take: publications by the people of the world, as clients of the real networks send them.

Owns the reading of what clients send (JSON, forms, uploads), the passwords of the world, and Mastodon's side of taking
a post: uploads, posts under an ``Idempotency-Key``, deletions, the account's own list. Promises that a publication
happens as everything else in the world does: on the board, in timelines, in streams. A password of the world opens
nothing but a play on loopback.

Sources: https://docs.joinmastodon.org/methods/statuses/, /media/, /accounts/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any, Final
from urllib.parse import parse_qsl

from kalkan.text import graphemes, urls
from kalkan.world.events import Event, Person
from kalkan.world.wire import names
from kalkan.world.wire.board import Board, Status
from kalkan.world.wire.statuses import Entities

MOST_SIGNS: Final = 500
MOST_BODY: Final = 20_000_000
REMEMBERED: Final = timedelta(hours=1)  # how long a key of a post is known
_TAG: Final = re.compile(r"(?<![\w/&])#(\w*[^\W\d]\w*)")


def password(key: str) -> str:
    """What opens the account of a person of the world: a Mastodon token, a Bluesky app password."""
    return f"{key}-token"


def published(
    person: Person,
    text: str,
    *,
    key: str,
    at: datetime,
    people: Mapping[str, Person],
    lang: str | None = None,
    reply_to: str | None = None,
    alts: tuple[str, ...] = (),
    warning: str | None = None,
) -> Event:
    """A post as an event of the world, its links, hashtags and mentions found in the text."""
    called = set(re.findall(r"(?<![\w/@])@([\w.-]+\w)", text))
    return Event(
        at=at,
        verb="post",
        actor=person.key,
        key=key,
        text=text,
        lang=lang,
        reply_to=reply_to,
        tags=tuple(dict.fromkeys(_TAG.findall(text))),
        links=tuple(dict.fromkeys(url for url in urls(text) if "://" in url)),
        mentions=tuple(one.key for one in people.values() if one.handle in called),
        alts=alts,
        warning=warning,
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client sent: fields, and the bytes of a file where there is one."""

    fields: Mapping[str, Any]
    file: bytes | None = None

    def text(self, name: str) -> str:
        """A field as text; empty where there is none."""
        value = self.fields.get(name)
        return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def read_body(content_type: str, body: bytes) -> Sent:
    """The fields of ``body``; none where it cannot be read."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            told = json.loads(body or b"{}")
        except (ValueError, RecursionError):
            told = None
        return Sent(told if isinstance(told, dict) else {})
    if kind != "multipart/form-data":
        return Sent(dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    fields: dict[str, Any] = {}
    file = None
    for part in message_from_bytes(head + body, policy=policy.HTTP).iter_parts():
        name, content = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if part.get_filename() is not None:
            file = content if isinstance(content, bytes) else b""
        elif isinstance(content, bytes):
            fields[str(name)] = content.decode("utf-8", "replace")
    return Sent(fields, file)


Told = tuple[int, Any]
"""A status of HTTP and a body."""
_GONE: Final[Told] = (404, {"error": "Record not found"})


@dataclass(slots=True)
class Taking:
    """Mastodon's side of taking posts. Called from the server's own thread only."""

    board: Board
    entities: Entities
    now: Callable[[], datetime]
    forgetful: bool = False  # True: an Idempotency-Key does nothing, as an hour later
    _media: dict[str, tuple[str, str]] = field(default_factory=dict)  # number → whose, alt text
    _keys: dict[tuple[str, str], tuple[int, datetime]] = field(default_factory=dict)
    _count: int = 0

    def who(self, token: str | None) -> Person | None:
        """The person of this server whose token that is."""
        person = self.board.people.get((token or "").removesuffix("-token"))
        local = person is not None and token == password(person.key) and "@" not in person.handle
        return person if local else None

    def answer(self, person: Person, method: str, parts: list[str], sent: Sent, key: str) -> Told | None:
        """The answer to a request of ``person``; None where it is nothing of ours."""
        match method, parts:
            case "GET", ["api", "v1", "accounts", "verify_credentials"]:
                return 200, self.entities.account(person)
            case "POST", ["api", "v1" | "v2", "media"]:
                return self._upload(person, sent)
            case "POST", ["api", "v1", "statuses"]:
                return self._post(person, sent, key)
            case "DELETE", ["api", "v1", "statuses", number]:
                return self._delete(person, number)
            case "GET", ["api", "v1", "statuses", number, "source"]:
                status = self._own(person, number)
                told = {"id": number, "text": status.event.text, "spoiler_text": ""} if status else None
                return (200, told) if told else _GONE
        return None

    def _upload(self, person: Person, sent: Sent) -> Told:
        if not sent.file:
            return 422, {"error": "Validation failed: File can't be blank"}
        self._count += 1
        number = str(names.snowflake(self.now(), f"media {self._count}"))
        self._media[number] = (person.key, sent.text("description"))
        return 200, {"id": number, "type": "image", "url": f"{self.entities.base}/m/{number}",
                     "description": sent.text("description") or None}  # fmt: skip

    def _post(self, person: Person, sent: Sent, key: str) -> Told:
        now = self.now()
        known = self._keys.get((person.key, key)) if key and not self.forgetful else None
        if known is not None and now - known[1] < REMEMBERED and (again := self.board.status(known[0])):
            return 200, self.entities.status(again, signed_in=True)
        given = sent.fields.get("media_ids")
        numbers = [str(one) for one in given] if isinstance(given, list) else []
        if any(self._media.get(one, ("", ""))[0] != person.key for one in numbers):
            return 422, {"error": "Validation failed: Media not found"}
        text, warning = sent.text("status"), sent.text("spoiler_text")
        if not text.strip() and not numbers:
            return 422, {"error": "Validation failed: Text can't be blank"}
        if graphemes(text) + sum(23 - graphemes(url) for url in urls(text)) > MOST_SIGNS:
            return 422, {"error": f"Validation failed: Text character limit of {MOST_SIGNS} exceeded"}
        answered = self._status(sent.text("in_reply_to_id"))
        if sent.text("in_reply_to_id") and answered is None:
            return 404, {"error": "Record not found"}
        self._count += 1
        event = published(
            person,
            text,
            key=f"{person.key}/own/{self._count}",
            at=now,
            people=self.board.people,
            lang=sent.text("language") or None,
            reply_to=answered.event.key if answered else None,
            alts=tuple(self._media[one][1] for one in numbers),
            warning=warning or None,
        )
        news = self.board.tell(event)
        assert news is not None
        self._keys[person.key, key] = (news.status.id, now)
        return 200, self.entities.status(news.status, signed_in=True)

    def _delete(self, person: Person, number: str) -> Told:
        status = self._own(person, number)
        if status is None:
            return _GONE
        told = self.entities.status(status, signed_in=True)
        self.board.tell(Event(at=self.now(), verb="delete", actor=person.key, key=status.event.key))
        return 200, told

    def _own(self, person: Person, number: str) -> Status | None:
        status = self._status(number)
        return status if status is not None and status.author.key == person.key else None

    def _status(self, number: str) -> Status | None:
        return self.board.status(int(number)) if number.isascii() and number.isdigit() and len(number) < 20 else None
