"""What the world's servers tell a person: who mentioned them, answered them, quoted them.

Owns which posts are told to whom, and the shape of both networks' notifications. Promises the paging of the real
servers: Bluesky's back from the newest, Mastodon's by ``min_id``, ``max_id`` and ``limit``. A notification has the
number of its status, which grows with time.

Sources: lexicon app.bsky.notification.listNotifications; https://docs.joinmastodon.org/methods/notifications/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from kalkan.world.events import Person
from kalkan.world.wire import names
from kalkan.world.wire.board import Board, Status
from kalkan.world.wire.records import Kept, Repositories
from kalkan.world.wire.statuses import Entities

_MOST: Final = 100
_BLUESKY_PAGE: Final = 50
_MASTODON_PAGE: Final = 40


# — Mastodon —


def statuses(
    board: Board, entities: Entities, person: Person, asked: Callable[[str], str], types: Sequence[str]
) -> list[dict[str, Any]]:
    """A page of what ``person`` is told; ``asked`` gives the parameters of the request by name."""

    def number(name: str) -> int | None:
        value = asked(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None

    def kind(status: Status) -> str:
        """What kind of notification a status makes; empty: none."""
        if status.author.key == person.key:
            return ""
        if status.quote is not None and status.quote.author.key == person.key:
            return "quote"
        answers = status.reply_to is not None and status.reply_to.author.key == person.key
        return "mention" if answers or person.key in status.event.mentions else ""

    found = board.timeline(
        lambda status: (told := kind(status)) != "" and (not types or told in types),
        limit=min(number("limit") or _MASTODON_PAGE, 80),
        max_id=number("max_id"), since_id=number("since_id"), min_id=number("min_id"),
    )  # fmt: skip
    return [
        {
            "id": str(one.id), "type": kind(one), "created_at": names.millis(one.event.at),
            "group_key": f"ungrouped-{one.id}", "account": entities.account(one.author),
            "status": entities.status(one, signed_in=True),
        }
        for one in found
    ]  # fmt: skip


# — Bluesky —


def listed(repositories: Repositories, people: Mapping[str, Person], key: str, query: Mapping[str, str],
           reasons: Sequence[str]) -> dict[str, Any]:  # fmt: skip
    """The answer of listNotifications to the person ``key``."""
    told = [(kept, reason) for kept in repositories.kept() if (reason := _reason(repositories, kept, key))]
    told = [(kept, reason) for kept, reason in told if not reasons or reason in reasons]
    told.sort(key=lambda pair: (pair[0].event.at, pair[0].uri), reverse=True)
    if after := query.get("cursor", ""):
        told = [pair for pair in told if _place(pair[0]) < after]
    limit = query.get("limit", "")
    page = told[: min(int(limit) if limit.isdigit() else _BLUESKY_PAGE, _MOST)]
    shown = [
        {
            **view(repositories, people, kept), "reason": reason, "isRead": False,
            "reasonSubject": _subject(repositories, kept, reason),
        }
        for kept, reason in page
    ]  # fmt: skip
    more = {"cursor": _place(page[-1][0])} if len(told) > len(page) else {}
    return {"notifications": shown, "priority": False, **more}


def view(repositories: Repositories, people: Mapping[str, Person], kept: Kept) -> dict[str, Any]:
    """A post as the network shows it: its record, its author, when it was indexed."""
    author = people[kept.event.actor]
    found = repositories.find(kept.uri)
    assert found is not None
    return {
        "uri": kept.uri, "cid": kept.cid, "record": found[1], "indexedAt": names.millis(kept.event.at), "labels": [],
        "author": {"did": repositories.did(author.key), "handle": author.handle, "displayName": author.name},
    }  # fmt: skip


def _reason(repositories: Repositories, kept: Kept, key: str) -> str:
    event = kept.event
    if event.actor == key:
        return ""
    if (above := repositories.post(event.reply_to or "")) is not None and above.event.actor == key:
        return "reply"
    if (quoted := repositories.post(event.quote_of or "")) is not None and quoted.event.actor == key:
        return "quote"
    return "mention" if key in event.mentions else ""


def _subject(repositories: Repositories, kept: Kept, reason: str) -> str | None:
    about = kept.event.reply_to if reason == "reply" else kept.event.quote_of if reason == "quote" else None
    found = repositories.post(about or "")
    return found.uri if found else None


def _place(kept: Kept) -> str:
    return f"{names.micros(kept.event.at):017d}:{kept.uri}"
