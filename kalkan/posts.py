"""The words for what people say: posts, readings, mentions, and what happens to posts afterwards.

Owns the Arrow schemas that every other module speaks. Promises that ``None`` means "the network did not say", never a
default. Never reads a clock, a disk or a network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
import xxhash

UTC_US: Final = pa.timestamp("us", tz="UTC")
_strings: Final = pa.list_(pa.string())

POSTS: Final = pa.schema(
    [
        pa.field(
            "id", pa.string(), nullable=False
        ),  # at-URI, status URI, feed entry id: the network's own lasting name
        pa.field("network", pa.string(), nullable=False),  # bluesky, mastodon, feeds, x, instagram, …
        pa.field("source", pa.string(), nullable=False),  # which of our listeners saw it, e.g. "bluesky:jetstream"
        pa.field("author_id", pa.string(), nullable=False),  # DID, account URI, feed URL
        pa.field("author_handle", pa.string()),
        pa.field("author_name", pa.string()),
        pa.field("text", pa.string(), nullable=False),  # plain text; markup and links already resolved
        pa.field("langs", _strings, nullable=False),  # the network's own tags, lower case
        pa.field("created_at", UTC_US),  # as claimed by the author's client
        pa.field("seen_at", UTC_US, nullable=False),  # when the network told us (its own clock where it has one)
        pa.field("at", UTC_US, nullable=False),  # the earlier of the two: what periods and days are counted by
        pa.field("edited_at", UTC_US),  # set on a later version of the same id
        pa.field("reply_to", pa.string()),
        pa.field("root", pa.string()),
        pa.field("quote_of", pa.string()),
        pa.field("url", pa.string()),  # where a person can open it
        pa.field("warning", pa.string()),  # the author's own content warning
        pa.field("links", _strings, nullable=False),
        pa.field("tags", _strings, nullable=False),  # hashtags without the sign, as written
        pa.field("handles", _strings, nullable=False),  # accounts addressed: handles or ids, as the network gives them
        pa.field("media", pa.int32(), nullable=False),  # how many pictures, videos, sounds
        pa.field("media_alts", _strings, nullable=False),  # alt texts that exist
        pa.field("labels", _strings, nullable=False),  # labels the author or the network put on it
        pa.field("poll", _strings, nullable=False),  # answers offered
    ]
)

SENTIMENTS: Final = ("negative", "neutral", "positive")
FEELINGS: Final = ("anger", "sadness", "fear", "joy", "optimism", "disgust", "surprise")
PROBABILITIES: Final = (
    *(f"p_{name}" for name in SENTIMENTS),
    *(f"p_{name}" for name in FEELINGS),
    "p_offensive",
    "p_targeted",
    "p_hate",
    "p_threat",
    "p_irony",
    "p_question",
    "p_ask",
    "p_complaint",
    "p_praise",
)

READINGS: Final = pa.schema(
    [
        pa.field("lang", pa.string()),  # ISO 639-1, null where the reader would have to guess
        pa.field("lang_score", pa.float32()),
        pa.field("sentiment", pa.string()),  # null where the reader abstains
        pa.field("feeling", pa.string()),  # the strongest, "none", or null where the reader abstains
        *(pa.field(name, pa.float32()) for name in PROBABILITIES),
        pa.field("abstained", _strings, nullable=False),  # tasks the reader would not decide
        pa.field("recipe", pa.string(), nullable=False),
    ]
)

READ_POSTS: Final = pa.schema([*POSTS, *READINGS])
"""A post as it was read when it was heard. Readings by a later recipe stand beside it, never in its place."""

MENTION_KINDS: Final = ("reply", "quote", "handle", "name", "hashtag", "topic", "peer")
ABOUT: Final = MENTION_KINDS[:5]
"""The kinds that speak to or of the brand itself; topics and peers are counted beside it, never with it."""
BESIDE: Final = MENTION_KINDS[5:]
MENTIONS: Final = pa.schema(
    [
        pa.field("brand", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # one of MENTION_KINDS: the strongest tie, in that order
        pa.field("watch", pa.string(), nullable=False),  # the watched term as the team wrote it
        *READ_POSTS,
    ]
)
"""One row a post and brand, carrying the post and its reading, so that a page about a brand reads one small table."""

GONE: Final = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("network", pa.string(), nullable=False),
        pa.field("at", UTC_US, nullable=False),
        pa.field("why", pa.string(), nullable=False),  # deleted, account (all of an author: id is the author's), erased
    ]
)

COUNTS: Final = pa.schema(
    [
        pa.field("post_id", pa.string(), nullable=False),
        pa.field("network", pa.string(), nullable=False),
        pa.field("at", UTC_US, nullable=False),
        pa.field("mode", pa.string(), nullable=False),  # "total": the network's own figure; "seen": what passed by us
        pa.field("likes", pa.int64()),
        pa.field("reposts", pa.int64()),
        pa.field("replies", pa.int64()),
        pa.field("quotes", pa.int64()),
    ]
)
"""Observations, not properties: what was counted for a post at a moment. "seen" rows add up; "total" rows do not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Post:
    """One post, where one is handled at a time. Field for field the row of :data:`POSTS`."""

    id: str
    network: str
    source: str
    author_id: str
    text: str
    seen_at: datetime
    created_at: datetime | None = None
    author_handle: str | None = None
    author_name: str | None = None
    langs: Sequence[str] = ()
    edited_at: datetime | None = None
    reply_to: str | None = None
    root: str | None = None
    quote_of: str | None = None
    url: str | None = None
    warning: str | None = None
    links: Sequence[str] = ()
    tags: Sequence[str] = ()
    handles: Sequence[str] = ()
    media: int = 0
    media_alts: Sequence[str] = ()
    labels: Sequence[str] = ()
    poll: Sequence[str] = ()

    @property
    def at(self) -> datetime:
        """The moment that periods are counted by: a post cannot be older than claimed nor younger than seen."""
        return min(self.created_at, self.seen_at) if self.created_at else self.seen_at


@dataclass(frozen=True, kw_only=True, slots=True)
class Gap:
    """A stretch that a network could not give us again. Shown as coverage, never filled in by guessing."""

    since: datetime
    until: datetime
    why: str  # "clamped", "offline", "rate_limited", "refused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reject:
    """Outside data that could not be read: what kind of fault, how often, and one short example."""

    kind: str
    n: int
    example: str = ""


def table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows as a table of ``schema``; missing fields become null, which the schema may refuse."""
    return pa.Table.from_pylist(list(rows), schema=schema)


def empty(schema: pa.Schema) -> pa.Table:
    """A table of ``schema`` with no rows."""
    return schema.empty_table()


def posts_table(posts: Iterable[Post]) -> pa.Table:
    """Posts as a table of :data:`POSTS`. For hot paths build the columns directly instead."""
    names = [name for name in POSTS.names if name != "at"]
    return table(({**{name: getattr(post, name) for name in names}, "at": post.at} for post in posts), POSTS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What one poll of a network brought: rows, what became of older rows, and where to go on.

    ``cursor`` is an opaque string that the same network understands later. It covers everything in this batch and
    nothing beyond it. ``wait`` is how many seconds the network would like to be left alone.
    """

    posts: pa.Table = field(default_factory=lambda: empty(POSTS))
    gone: pa.Table = field(default_factory=lambda: empty(GONE))
    counts: pa.Table = field(default_factory=lambda: empty(COUNTS))
    gaps: tuple[Gap, ...] = ()
    rejects: tuple[Reject, ...] = ()
    cursor: str | None = None
    wait: float = 0.0
    heard_until: datetime | None = None  # the network's clock at the last thing heard, for "seconds behind"
    frames: int = 0
    bytes: int = 0
    requests: int = 0
    cost_usd: float = 0.0


def key_of(post_id: str) -> int:
    """A post id as a signed 64-bit key (xxHash3), the archive's index of what it already holds."""
    return int.from_bytes(xxhash.xxh3_64_digest(post_id.encode()), "big", signed=True)
