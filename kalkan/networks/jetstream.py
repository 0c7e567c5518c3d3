"""Jetstream's two wires: frames as they came, into columns.

Owns the decoding of Bluesky's Jetstream events (v1 `/subscribe` and v2 `subscribeEvents`, both as documented in
github.com/bluesky-social/jetstream, docs/README.md section 5 and its lexicon) and of `app.bsky.feed.post` records.
Promises that every frame is accounted for (a post, something else, or a reject) and that no frame stops it. Never
opens a connection, never waits, never reads a clock.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Meta, Raw, Struct

from kalkan.networks.bluesky_records import (
    FAULTS,
    MOST,
    POST,
    PostRecord,
    attachments,
    claimed,
    read_post,
    read_subject,
    thread,
)
from kalkan.posts import COUNTS, GONE, POSTS, UTC_US, Reject

LIKE: Final = "app.bsky.feed.like"
REPOST: Final = "app.bsky.feed.repost"

_EARLIEST: Final = 1_577_836_800_000_000  # 2020-01-01: before the protocol; an event "seen" then is a broken one
_DAY: Final = 86_400_000_000
_LONGEST: Final = 3000  # the lexicon allows so many bytes of text, and no Bluesky app shows a longer post
_LEFT: Final = frozenset({"deleted", "takendown", "suspended", "deactivated"})
_DID: Final = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,2000}", re.ASCII).fullmatch
_RKEY: Final = re.compile(r"[A-Za-z0-9._:~-]{1,512}", re.ASCII).fullmatch


class _Commit(Struct, gc=False):
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: Raw = Raw()


class _Account(Struct, gc=False):
    active: bool = True
    status: str | None = None


class _Event(Struct, gc=False):
    did: str
    time_us: int
    kind: str
    commit: _Commit | None = None
    account: _Account | None = None


_Moment = Annotated[datetime, Meta(tz=True)]


class _Payload(Struct, gc=False, rename={"type": "$type", "witnessed_at": "witnessedAt"}):
    type: str
    seq: int = 0
    did: str = ""
    time: _Moment | None = None
    witnessed_at: _Moment | None = None
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    record: Raw = Raw()
    account: _Account | None = None
    name: str = ""


class _Frame(Struct, gc=False, rename={"type": "$type"}):
    type: str
    payload: _Payload | None = None
    error: str = ""


_read_event: Final = msgspec.json.Decoder(_Event).decode
_read_frame: Final = msgspec.json.Decoder(_Frame).decode


@dataclass(frozen=True, kw_only=True, slots=True)
class Counted:
    """Up to where likes, reposts, replies and quotes have been counted already, so that no replay counts them twice."""

    seq: int = 0
    time_us: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What a row of frames said. ``frames == posts.num_rows + others + sum of rejects`` always holds."""

    posts: pa.Table
    gone: pa.Table
    counts: pa.Table
    rejects: tuple[Reject, ...]
    frames: int
    others: int  # frames that were read and are no post: deletions, likes, accounts, notices
    first_seq: int | None  # v2 only
    first_us: int | None  # microseconds since 1970, the server's clock
    last_seq: int | None
    last_us: int | None  # the highest seen
    notices: tuple[str, ...]  # names of v2 `#info` and `error` frames: OutdatedCursor, FutureCursor, ConsumerTooSlow


class Decoder:
    """Reads frames of either wire for one listener."""

    def __init__(self, source: str) -> None:
        self._source = source

    def read(
        self, frames: Sequence[bytes], *, wire: int, now: datetime, watched: frozenset[str], counted: Counted
    ) -> Heard:
        """``frames`` of ``wire`` (1 or 2) as tables.

        ``watched`` are the post ids to count for, ``counted`` is where counting goes on. An event more than a day
        ahead of ``now`` is a broken one: believed, it would move the cursor past everything that is still to come.
        """
        latest = int(now.timestamp() * 1e6) + _DAY
        columns = _Columns(watched)
        read = _read_v2 if wire == 2 else _read_v1
        place = read(frames, columns, latest, counted)
        return Heard(
            posts=columns.posts(self._source),
            gone=columns.gone(),
            counts=columns.counts(place.last_us),
            rejects=columns.rejects(),
            frames=len(frames),
            others=len(frames) - len(columns.text) - sum(columns.bad.values()),
            first_seq=place.first_seq,
            first_us=place.first_us,
            last_seq=place.last_seq,
            last_us=place.last_us,
            notices=tuple(columns.notices),
        )


class _Place(Struct):
    first_seq: int | None = None
    first_us: int | None = None
    last_seq: int | None = None
    last_us: int | None = None


def _read_v1(frames: Sequence[bytes], columns: _Columns, latest: int, counted: Counted) -> _Place:
    high = counted.time_us
    first = last = None
    for frame in frames:
        try:
            event = _read_event(frame)
        except FAULTS as error:
            columns.reject("bluesky_frame_unreadable", frame, error)
            continue
        at = event.time_us
        if not _EARLIEST < at < latest:
            columns.reject("bluesky_frame_time", frame)
            continue
        if first is None or last is None:
            first = last = at
        elif at > last:
            last = at
        # This wire repeats events where replay goes over into live, so that only what is later counts as new.
        fresh, high = at > high, max(at, high)
        commit = event.commit
        if event.kind == "commit" and commit is not None:
            columns.commit(frame, event.did, at, commit, fresh)
        elif event.kind == "account" and event.account is not None:
            columns.account(event.did, at, event.account)
    return _Place(first_us=first, last_us=last)


def _read_v2(frames: Sequence[bytes], columns: _Columns, latest: int, counted: Counted) -> _Place:
    place = _Place()
    for frame in frames:
        try:
            message = _read_frame(frame)
        except FAULTS as error:
            columns.reject("bluesky_frame_unreadable", frame, error)
            continue
        payload = message.payload
        if message.type == "error":
            columns.notices.append(message.error or "error")
            continue
        if payload is None:
            columns.reject("bluesky_frame_unreadable", frame)
            continue
        kind = payload.type[payload.type.rfind("#") + 1 :]
        if kind == "info":
            columns.notices.append(payload.name)
            continue
        moment = payload.witnessed_at or payload.time
        at = round(moment.timestamp() * 1e6) if moment else 0
        if not _EARLIEST < at < latest:
            columns.reject("bluesky_frame_time", frame)
            continue
        if place.first_us is None or place.last_us is None:
            place.first_seq, place.first_us, place.last_us = payload.seq, at, at
        elif at > place.last_us:
            place.last_us = at
        place.last_seq = payload.seq
        if kind == "commit":
            columns.commit(frame, payload.did, at, payload, payload.seq > counted.seq and at > counted.time_us)
        elif kind == "account" and payload.account is not None:
            columns.account(payload.did, at, payload.account)
    return place


class _Columns:
    """The columns of one batch, filled in one pass."""

    def __init__(self, watched: frozenset[str]) -> None:
        self.watched = watched
        self.did: list[str] = []
        self.rkey: list[str] = []
        self.text: list[str] = []
        self.created: list[int | None] = []
        self.seen: list[int] = []
        self.edited: list[int | None] = []
        self.reply: list[str | None] = []
        self.root: list[str | None] = []
        self.quote: list[str | None] = []
        self.media: list[int] = []
        self.langs = _Lists()
        self.links = _Lists()
        self.tags = _Lists()
        self.handles = _Lists()
        self.alts = _Lists()
        self.labels = _Lists()
        self.left: list[tuple[str, int, str]] = []
        self.likes: Counter[str] = Counter()
        self.reposts: Counter[str] = Counter()
        self.replies: Counter[str] = Counter()
        self.quotes: Counter[str] = Counter()
        self.bad: Counter[str] = Counter()
        self.examples: dict[str, str] = {}
        self.notices: list[str] = []

    def reject(self, kind: str, frame: bytes, error: Exception | None = None) -> None:
        self.bad[kind] += 1
        if kind not in self.examples:
            shown = frame[:120].decode("utf-8", "replace")
            self.examples[kind] = f"{str(error)[:70]}: {shown}" if error else shown

    def account(self, did: str, at: int, account: _Account) -> None:
        if not account.active and account.status in _LEFT and _DID(did):
            self.left.append((did, at, "account"))

    def commit(self, frame: bytes, did: str, at: int, commit: _Commit | _Payload, fresh: bool) -> None:
        collection = commit.collection
        if collection == POST:
            if not _RKEY(commit.rkey) or not _DID(did):
                self.reject("bluesky_post_unreadable", frame)
            elif commit.operation == "delete":
                self.left.append((f"at://{did}/{POST}/{commit.rkey}", at, "deleted"))
            else:
                self._post(frame, did, at, commit, fresh)
        elif self.watched and commit.operation == "create" and collection in (LIKE, REPOST):
            try:
                uri = read_subject(commit.record)
            except FAULTS as error:
                self.reject("bluesky_frame_unreadable", frame, error)
                return
            if fresh and uri in self.watched:
                (self.likes if collection == LIKE else self.reposts)[uri] += 1

    def _post(self, frame: bytes, did: str, at: int, commit: _Commit | _Payload, fresh: bool) -> None:
        try:
            post = read_post(commit.record)
        except FAULTS as error:
            self.reject("bluesky_post_unreadable", frame, error)
            return
        if len(post.text) > _LONGEST:
            self.reject("bluesky_post_too_long", frame)
            return
        edited = commit.operation == "update"
        self.did.append(did)
        self.rkey.append(commit.rkey)
        self.text.append(post.text)
        self.created.append(claimed(post.created_at) if post.created_at else None)
        self.seen.append(at)
        self.edited.append(at if edited else None)
        reply, root = thread(post.reply) if post.reply else (None, None)
        self.reply.append(reply)
        self.root.append(root)
        self.langs.add([lang.lower() for lang in post.langs[:MOST]] if post.langs else ())
        self.labels.add([label.val for label in post.labels.values[:MOST]] if post.labels else ())
        quote = self._attachments(post)
        self.quote.append(quote)
        if self.watched and fresh and not edited:
            if reply in self.watched:
                self.replies[reply] += 1
            if quote in self.watched:
                self.quotes[quote] += 1

    def _attachments(self, post: PostRecord) -> str | None:
        """Links, tags, addressed accounts and pictures into their columns; the quoted post's id comes back."""
        if post.embed is None and not post.facets and not post.tags:  # most posts
            self.links.add(())
            self.tags.add(())
            self.handles.add(())
            self.alts.add(())
            self.media.append(0)
            return None
        found = attachments(post)
        self.links.add(found.links)
        self.tags.add(found.tags)
        self.handles.add(found.handles)
        self.alts.add(found.alts)
        self.media.append(found.media)
        return found.quote

    def posts(self, source: str) -> pa.Table:
        n = len(self.text)
        did, rkey = pa.array(self.did, pa.string()), pa.array(self.rkey, pa.string())
        created, seen = pa.array(self.created, pa.int64()), pa.array(self.seen, pa.int64())
        nothing = pa.nulls(n, pa.string())
        columns = {
            "id": pc.binary_join_element_wise("at://", did, f"/{POST}/", rkey, ""),
            "network": pa.repeat("bluesky", n),
            "source": pa.repeat(source, n),
            "author_id": did,
            "author_handle": nothing,
            "author_name": nothing,
            "text": pa.array(self.text, pa.string()),
            "langs": self.langs.array(),
            "created_at": created.cast(UTC_US),
            "seen_at": seen.cast(UTC_US),
            "at": pc.min_element_wise(created, seen).cast(UTC_US),
            "edited_at": _moments(self.edited),
            "reply_to": pa.array(self.reply, pa.string()),
            "root": pa.array(self.root, pa.string()),
            "quote_of": pa.array(self.quote, pa.string()),
            "url": pc.binary_join_element_wise("https://bsky.app/profile/", did, "/post/", rkey, ""),
            "warning": nothing,
            "links": self.links.array(),
            "tags": self.tags.array(),
            "handles": self.handles.array(),
            "media": pa.array(self.media, pa.int32()),
            "media_alts": self.alts.array(),
            "labels": self.labels.array(),
            "poll": pa.ListArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), n + 1), pa.array([], pa.string())),
        }
        return pa.Table.from_arrays([columns[name] for name in POSTS.names], schema=POSTS)

    def gone(self) -> pa.Table:
        if not self.left:
            return GONE.empty_table()
        ids, ats, whys = zip(*self.left, strict=True)
        network = pa.repeat("bluesky", len(ids))
        return pa.Table.from_arrays([pa.array(ids), network, _moments(ats), pa.array(whys)], schema=GONE)

    def counts(self, last: int | None) -> pa.Table:
        ids = sorted({*self.likes, *self.reposts, *self.replies, *self.quotes})
        if not ids or last is None:
            return COUNTS.empty_table()
        n = len(ids)
        tallies = [[tally[name] for name in ids] for tally in (self.likes, self.reposts, self.replies, self.quotes)]
        return pa.Table.from_arrays(
            [pa.array(ids), pa.repeat("bluesky", n), _moments([last] * n), pa.repeat("seen", n)]
            + [pa.array(tally, pa.int64()) for tally in tallies],
            schema=COUNTS,
        )

    def rejects(self) -> tuple[Reject, ...]:
        return tuple(Reject(kind=kind, n=n, example=self.examples[kind][:200]) for kind, n in self.bad.items())


class _Lists:
    """A column of lists of strings: flat values and where each row's end."""

    __slots__ = ("_ends", "_values")

    def __init__(self) -> None:
        self._ends = [0]
        self._values: list[str] = []

    def add(self, values: Any) -> None:
        if values:
            self._values.extend(values)
        self._ends.append(len(self._values))

    def array(self) -> pa.Array:
        return pa.ListArray.from_arrays(pa.array(self._ends, pa.int32()), pa.array(self._values, pa.string()))


def _moments(microseconds: Sequence[int | None]) -> pa.Array:
    return pa.array(microseconds, pa.int64()).cast(UTC_US)
