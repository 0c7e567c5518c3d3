"""Statuses and the instance as JSON of a Mastodon 4.6 server, key for key and in its order.

Owns the entities' shapes and addresses: everything has its address under ``https://DOMAIN``, which lasts, whatever
port the server got. Never looks anything up on its own; gives what the board holds at the time of asking.

Sources: https://docs.joinmastodon.org/entities/ and recorded answers of a 4.6.4 server.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from kalkan.world.events import Person
from kalkan.world.wire import markup, names
from kalkan.world.wire.board import Board, Status
from kalkan.world.wire.instance import instance_v2
from kalkan.world.wire.spans import Span, spans

VERSION: Final = "4.6.4"
_JOINED: Final = 1_577_836_800_000_000  # the people of the world came to the network in the twenties
_POLL_OPEN: Final = timedelta(days=1)


class Entities:
    """The board in Mastodon's words, under one domain."""

    def __init__(self, board: Board, domain: str) -> None:
        self.board = board
        self.domain = domain
        self.base = f"https://{domain}"

    def instance(self, streaming: str) -> dict[str, Any]:
        """``/api/v2/instance``; ``streaming`` is where streams are had."""
        return instance_v2(self.domain, streaming=streaming, version=VERSION, active=len(self.board.people))

    def account_id(self, person: Person) -> int:
        """The lasting id of a person."""
        days = names.clock_id(f"joined {person.key}") * 2
        return names.snowflake(names.moment(_JOINED) + timedelta(days=days), person.key)

    def _at_home(self, person: Person) -> tuple[str, str, str]:
        """Bare name, page and URI of a person; people of other servers live there."""
        name, _, server = person.handle.partition("@")
        base = f"https://{server}" if server else self.base
        return name, f"{base}/@{name}", f"{base}/ap/users/{self.account_id(person)}"

    def uri(self, status: Status) -> str:
        """The lasting name of a status."""
        return f"{self._at_home(status.author)[2]}/statuses/{status.id}"

    def url(self, status: Status) -> str:
        """Where a person opens a status."""
        return f"{self._at_home(status.author)[1]}/{status.id}"

    def account(self, person: Person) -> dict[str, Any]:
        """An Account entity."""
        number = self.account_id(person)
        name, page, uri = self._at_home(person)
        joined = names.moment((number >> 16) * 1000).replace(hour=0, minute=0, second=0, microsecond=0)
        face = f"{self.base}/avatars/original/missing.png"
        back = f"{self.base}/headers/original/missing.png"
        written, newest = self.board.written(person.key)
        return {
            "id": str(number),
            "username": name,
            "acct": person.handle,
            "display_name": person.name,
            "locked": False,
            "bot": person.bot,
            "discoverable": True,
            "indexable": True,
            "group": False,
            "created_at": names.millis(joined),
            "note": "",
            "url": page,
            "uri": uri,
            "avatar": face,
            "avatar_static": face,
            "avatar_description": "",
            "header": back,
            "header_static": back,
            "header_description": "",
            "followers_count": names.clock_id(f"followers {person.key}"),
            "following_count": names.clock_id(f"following {person.key}") // 3,
            "statuses_count": written,
            "last_status_at": newest.date().isoformat() if newest else None,
            "hide_collections": None,
            "show_media": True,
            "show_media_replies": True,
            "show_featured": True,
            "noindex": False,
            "feature_approval": {"automatic": [], "manual": [], "current_user": "denied"},
            "emojis": [],
            "roles": [],
            "fields": [],
        }

    def status(
        self, status: Status, *, signed_in: bool = False, streamed: bool = False, nested: bool = False
    ) -> dict[str, Any]:
        """A Status entity. ``signed_in`` adds what only a user sees; in streams those keys stand last."""
        event, mine = status.event, _own(streamed)
        html, mentioned = self._content(status)
        told: dict[str, Any] = {
            "id": str(status.id),
            "created_at": names.millis(event.at),
            "in_reply_to_id": str(status.reply_to.id) if status.reply_to else None,
            "in_reply_to_account_id": str(self.account_id(status.reply_to.author)) if status.reply_to else None,
            "sensitive": event.warning is not None,
            "spoiler_text": event.warning or "",
            "visibility": "public",
            "language": event.lang,
            "uri": self.uri(status),
            "url": self.url(status),
            "replies_count": len(status.replies),
            "reblogs_count": status.reposts,
            "favourites_count": status.likes,
            "quotes_count": status.quotes,
            "edited_at": names.millis(status.edited_at) if status.edited_at else None,
            **(mine if signed_in and not streamed else {}),
            "content": html,
            **({"filtered": []} if signed_in and not streamed else {}),
            "reblog": None,
        }
        if status.local:
            told["application"] = {"name": "Web", "website": None}
        return told | {
            "account": self.account(status.author),
            "media_attachments": [self._media(status, place, alt) for place, alt in enumerate(event.alts)],
            "mentions": mentioned,
            "tags": [{"name": tag.lower(), "url": f"{self.base}/tags/{tag.lower()}"} for tag in event.tags],
            "emojis": [],
            "tagged_collections": [],
            "quote": self._quote(status, nested),
            "card": None,
            "poll": self._poll(status),
            "quote_approval": {"automatic": ["public"], "manual": [], "current_user": "denied"},
            **(mine if streamed else {}),
        }

    def _content(self, status: Status) -> tuple[str, list[dict[str, str]]]:
        event, people = status.event, self.board.people
        text = event.text
        extra = [link for link in event.links if link not in text]
        extra += [f"#{tag}" for tag in event.tags if f"#{tag}".casefold() not in text.casefold()]
        if extra:
            text = f"{text}\n\n{' '.join(extra)}" if text else " ".join(extra)
        called = {key: _called(people[key]) for key in event.mentions if key in people}
        found = spans(text, links=event.links, tags=event.tags, names=called)
        pages = {key: self._at_home(people[key])[1] for key in called}
        marked = [(span, self._marked(text, span, pages)) for span in found]
        mentioned = [
            {
                "id": str(self.account_id(people[key])),
                "username": people[key].handle.split("@")[0],
                "url": pages[key],
                "acct": people[key].handle,
            }
            for key in called
        ]
        quoted = self.url(status.quote) if status.quote else None
        return markup.content(text, marked, quoted=quoted), mentioned

    def _marked(self, text: str, span: Span, pages: Mapping[str, str]) -> str:
        if span.kind == "link":
            return markup.link(span.target)
        if span.kind == "tag":
            return markup.hashtag(
                text[span.start + 1 : span.end], self.base
            )  # as typed here, whatever its case elsewhere
        return markup.mention(self.board.people[span.target].handle, pages[span.target])

    def _media(self, status: Status, place: int, alt: str) -> dict[str, Any]:
        number = names.snowflake(status.event.at, f"{status.event.key}/{place}")
        path = f"{self.base}/system/media_attachments/files/{number}"
        size = {"width": 1200, "height": 1600, "size": "1200x1600", "aspect": 0.75}
        small = {"width": 416, "height": 554, "size": "416x554", "aspect": 0.7509025270758123}
        return {
            "id": str(number),
            "type": "image",
            "url": f"{path}/original/{place}.jpeg",
            "preview_url": f"{path}/small/{place}.jpeg",
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": {"original": size, "small": small},
            "description": alt or None,
            "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
        }

    def _quote(self, status: Status, nested: bool) -> dict[str, Any] | None:
        if status.quote is None:
            return None
        if self.board.status(status.quote.id) is None:
            return {"state": "deleted", "quoted_status": None}
        if nested:
            return {"state": "accepted", "quoted_status_id": str(status.quote.id)}
        return {"state": "accepted", "quoted_status": self.status(status.quote, nested=True)}

    def _poll(self, status: Status) -> dict[str, Any] | None:
        event = status.event
        if not event.poll:
            return None
        votes = [names.clock_id(f"{event.key} {answer}") % 60 for answer in event.poll]
        return {
            "id": str(status.id % 1_000_000),
            "expires_at": names.millis(event.at + _POLL_OPEN),
            "expired": False,
            "multiple": False,
            "votes_count": sum(votes),
            "voters_count": sum(votes),
            "options": [{"title": title, "votes_count": n} for title, n in zip(event.poll, votes, strict=True)],
            "emojis": [],
        }


def _called(person: Person) -> tuple[str, ...]:
    """The names that a text may call a person by."""
    name = person.handle.split("@")[0]
    return (person.handle, name, person.key) if name != person.handle else (name, person.key)


def _own(streamed: bool) -> dict[str, Any]:
    """What a status is to the user who asks: nothing yet."""
    own: dict[str, Any] = dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked", "pinned"), False)
    return own | {"filtered": []} if streamed else own
