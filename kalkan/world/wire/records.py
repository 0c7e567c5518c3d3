"""Events of the world as commits of Bluesky repositories, in the shape of the first Jetstream wire.

Owns what a repository would know: which record stands under which key, its content id, and whose it is. Promises
records like those of the official apps (keys in the order of the repo's encoding, facets by UTF-8 byte). An event
about a post that was never seen here gives nothing, as a like of a deleted post would be nothing. Never reads a clock.

Sources: the lexicons app.bsky.feed.post, app.bsky.richtext.facet and app.bsky.embed.* of bluesky-social/atproto.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from kalkan.world.events import Event, Person
from kalkan.world.wire import names
from kalkan.world.wire.board import reworded
from kalkan.world.wire.spans import spans

POST: Final = "app.bsky.feed.post"
LIKE: Final = "app.bsky.feed.like"
REPOST: Final = "app.bsky.feed.repost"
PROFILE: Final = "app.bsky.actor.profile"
_SELF_LABELS: Final = ("porn", "sexual", "nudity", "graphic-media", "!no-unauthenticated")
_SIDES: Final = ((1200, 1600), (1080, 1920), (1500, 1500), (900, 1600))


@dataclass(frozen=True, slots=True)
class Kept:
    """A post as its repository holds it."""

    event: Event
    uri: str
    cid: str
    rkey: str
    root: str  # the key of the post that began the thread; its own where it did


class Repositories:
    """All Bluesky repositories of the world: give it events in order, get frames."""

    def __init__(self, people: Mapping[str, Person], did: Callable[[str], str]) -> None:
        self._people = people
        self._dids = {key: did(key) for key, person in people.items() if person.network == "bluesky"}
        self._clocks = {key: names.clock_id(key) for key in self._dids}
        self._posts: dict[str, Kept] = {}
        self._by_uri: dict[str, str] = {}
        self._as_sent: dict[str, dict[str, Any]] = {}  # records that clients sent, by the post's key

    def person(self, name: str) -> str | None:
        """The key of the person with that handle or DID."""
        for key, did in self._dids.items():
            if name in (did, self._people[key].handle):
                return key
        return None

    def did(self, key: str) -> str:
        """The DID of a person."""
        return self._dids[key]

    def find(self, uri: str) -> tuple[Kept, dict[str, Any]] | None:
        """The post at ``uri`` as it stands, with its record."""
        key = self._by_uri.get(uri)
        if key is None or key not in self._posts:
            return None
        kept = self._posts[key]
        return kept, self._as_sent.get(key) or self._record(kept.event)

    def put(self, event: Event, rkey: str, record: dict[str, Any]) -> dict[str, Any]:
        """The frame of a record that a client sent under a key of its choice; ``event`` is what it says."""
        frame = self._commit(event.actor, names.micros(event.at), "create", POST, rkey, record)
        self._as_sent[event.key] = record
        self._keep(event, rkey, frame)
        return frame

    def _keep(self, event: Event, rkey: str, frame: dict[str, Any]) -> None:
        parent = self._posts.get(event.reply_to or "")
        uri = f"at://{frame['did']}/{POST}/{rkey}"
        self._by_uri[uri] = event.key
        self._posts[event.key] = Kept(event, uri, frame["commit"]["cid"], rkey, parent.root if parent else event.key)

    def post(self, key: str) -> Kept | None:
        """The post of that key as it stands now."""
        return self._posts.get(key)

    def kept(self) -> list[Kept]:
        """Every post that stands now, in the order of its making."""
        return list(self._posts.values())

    def introduction(self, key: str, time_us: int) -> list[dict[str, Any]]:
        """An identity frame and a profile: how a person comes onto the network."""
        did, person = self._dids[key], self._people[key]
        at = names.moment(time_us)
        identity = {"did": did, "handle": person.handle, "seq": time_us // 1000, "time": names.millis(at)}
        profile: dict[str, Any] = {"$type": PROFILE, "createdAt": names.millis(at), "displayName": person.name}
        if person.bot:
            profile["labels"] = _self_labels("bot")
        frame = {"did": did, "time_us": time_us, "kind": "identity", "identity": identity}
        return [frame, self._commit(key, time_us + 1, "create", PROFILE, "self", profile)]

    def frame(self, event: Event) -> dict[str, Any] | None:
        """The frame that an event makes, ``time_us`` being the event's time; None where it makes none."""
        if event.actor not in self._dids:
            return None
        if event.verb == "post":
            return self._posted(event)
        kept = self._posts.get(event.key)
        if kept is None:
            return None
        if event.verb in ("like", "repost"):
            return self._pointed(event, kept)
        if event.actor != kept.event.actor:
            return None
        return self._edited(event, kept) if event.verb == "edit" else self._deleted(event, kept)

    def _posted(self, event: Event) -> dict[str, Any]:
        time_us = names.micros(event.at)
        record = self._record(event)
        # The key is made by the author's own app, a moment before the server hears of it.
        rkey = names.tid(time_us - 40_000 - self._clocks[event.actor], self._clocks[event.actor])
        frame = self._commit(event.actor, time_us, "create", POST, rkey, record)
        self._keep(event, rkey, frame)
        return frame

    def _edited(self, event: Event, kept: Kept) -> dict[str, Any]:
        told = reworded(kept.event, event)
        frame = self._commit(event.actor, names.micros(event.at), "update", POST, kept.rkey, self._record(told))
        self._as_sent.pop(event.key, None)
        self._posts[event.key] = replace(kept, event=told, cid=frame["commit"]["cid"])
        return frame

    def _deleted(self, event: Event, kept: Kept) -> dict[str, Any]:
        del self._posts[event.key]
        del self._by_uri[kept.uri]
        self._as_sent.pop(event.key, None)
        return self._commit(event.actor, names.micros(event.at), "delete", POST, kept.rkey, None)

    def _pointed(self, event: Event, kept: Kept) -> dict[str, Any]:
        time_us = names.micros(event.at)
        collection = LIKE if event.verb == "like" else REPOST
        record = {"$type": collection, "createdAt": names.millis(event.at), "subject": _reference(kept)}
        rkey = names.tid(time_us - 40_000 - self._clocks[event.actor], self._clocks[event.actor])
        return self._commit(event.actor, time_us, "create", collection, rkey, record)

    def _commit(
        self, actor: str, time_us: int, operation: str, collection: str, rkey: str, record: dict[str, Any] | None
    ) -> dict[str, Any]:
        did = self._dids[actor]
        rev = names.tid(time_us - 5_000, self._clocks[actor])
        commit: dict[str, Any] = {"rev": rev, "operation": operation, "collection": collection, "rkey": rkey}
        if record is not None:
            commit["record"] = record
            # The same words by two people are two records, as their times already make them in the repo.
            commit["cid"] = names.cid(f"{did}/{rkey}".encode() + msgspec.json.encode(record))
        return {"did": did, "time_us": time_us, "kind": "commit", "commit": commit}

    def _record(self, event: Event) -> dict[str, Any]:
        text = event.text
        called = {key: (self._people[key].handle, key) for key in event.mentions if key in self._dids}
        found = spans(text, links=event.links, tags=event.tags, names=called)
        facets = [
            {"features": [self._feature(span.kind, span.target)], "index": _bytes_at(text, span.start, span.end)}
            for span in found
        ]
        marked = {span.target for span in found if span.kind == "tag"}
        outside = [tag for tag in event.tags if tag not in marked]
        fields = {
            "$type": POST,
            "createdAt": names.millis(event.at),
            "embed": self._embed(event),
            "facets": facets or None,
            "labels": _self_labels(event.warning) if event.warning else None,
            "langs": [event.lang] if event.lang else None,
            "reply": self._reply(event),
            "tags": outside or None,
            "text": text,
        }
        return {name: value for name, value in fields.items() if value is not None}

    def _feature(self, kind: str, target: str) -> dict[str, Any]:
        if kind == "mention":
            return {"$type": "app.bsky.richtext.facet#mention", "did": self._dids[target]}
        field = {"link": "uri", "tag": "tag"}[kind]
        return {"$type": f"app.bsky.richtext.facet#{kind}", field: target}

    def _reply(self, event: Event) -> dict[str, Any] | None:
        parent = self._posts.get(event.reply_to or "")
        if parent is None:
            return None
        return {"parent": _reference(parent), "root": _reference(self._posts.get(parent.root, parent))}

    def _embed(self, event: Event) -> dict[str, Any] | None:
        quoted = self._posts.get(event.quote_of or "")
        record = {"$type": "app.bsky.embed.record", "record": _reference(quoted)} if quoted else None
        media: dict[str, Any] | None = None
        if event.alts:
            images = [_image(event.key, place, alt) for place, alt in enumerate(event.alts)]
            media = {"$type": "app.bsky.embed.images", "images": images}
        elif event.links:
            media = {"$type": "app.bsky.embed.external", "external": _card(event.links[0])}
        if record and media:
            return {"$type": "app.bsky.embed.recordWithMedia", "media": media, "record": record}
        return media or record


def _reference(kept: Kept) -> dict[str, str]:
    return {"cid": kept.cid, "uri": kept.uri}


def _bytes_at(text: str, start: int, end: int) -> dict[str, int]:
    """Where a span stands in the UTF-8 form."""
    begin = len(text[:start].encode())
    return {"byteEnd": begin + len(text[start:end].encode()), "byteStart": begin}


def _self_labels(label: str) -> dict[str, Any]:
    """The author's own labels. A warning in free words, which Bluesky does not know, becomes its widest label."""
    value = label if label in _SELF_LABELS or label == "bot" else "graphic-media"
    return {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": value}]}


def _image(key: str, place: int, alt: str) -> dict[str, Any]:
    content = f"{key}/{place}".encode()
    height, width = _SIDES[names.clock_id(f"{key}/{place}") % len(_SIDES)]
    size = 90_000 + 700 * names.clock_id(f"{key}#{place}")
    picture = {"$type": "blob", "ref": {"$link": names.blob(content)}, "mimeType": "image/jpeg", "size": size}
    return {"alt": alt, "aspectRatio": {"height": height, "width": width}, "image": picture}


def _card(link: str) -> dict[str, Any]:
    host = link.split("://", 1)[-1].split("/", 1)[0]
    return {"description": "", "title": host, "uri": link}
