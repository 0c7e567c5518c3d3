"""Records of Bluesky's `app.bsky.feed.post`: what people wrote, as their repositories hold it.

Owns the shapes (after the lexicons in github.com/bluesky-social/atproto, `lexicons/app/bsky/feed/post.json`,
`richtext/facet.json` and `embed/*.json`) and what Kalkan takes from them. Promises that parts of an unknown or wrong
shape cost those parts, never the post. Never looks at the wire a record came by.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Raw, Struct

POST: Final = "app.bsky.feed.post"
FAULTS: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""All that decoding a stranger's JSON can raise."""

MOST: Final = 100
"""Facets, pictures, tags, labels looked at in one post; the rest is somebody's joke."""

_CLAIMED: Final = (946_684_800.0, 4_102_444_800.0)  # 2000 to 2100: what a client may claim and be believed


class Ref(Struct, gc=False):
    uri: str = ""
    record: Ref | None = None


class Reply(Struct, gc=False):
    parent: Ref | None = None
    root: Ref | None = None


class Feature(Struct, gc=False, rename={"type": "$type"}):
    type: str = ""
    uri: str = ""
    tag: str = ""
    did: str = ""


class Facet(Struct, gc=False):
    features: list[Feature] = []


class Image(Struct, gc=False):
    alt: str = ""


class External(Struct, gc=False):
    uri: str = ""


class Embed(Struct, gc=False, rename={"type": "$type"}):
    type: str = ""
    images: list[Image] = []
    external: External | None = None
    record: Ref | None = None
    media: Embed | None = None
    alt: str | None = None


class Label(Struct, gc=False):
    val: str = ""


class Labels(Struct, gc=False):
    values: list[Label] = []


class PostRecord(Struct, gc=False, rename={"created_at": "createdAt"}):
    text: str
    created_at: str | None = None
    langs: list[str] | None = None
    reply: Reply | None = None
    embed: Embed | None = None
    facets: list[Facet] | None = None
    tags: list[str] | None = None
    labels: Labels | None = None


class _Subject(Struct, gc=False):
    subject: Ref


_decode_post: Final = msgspec.json.Decoder(PostRecord).decode
_decode_subject: Final = msgspec.json.Decoder(_Subject).decode


class Attachments(Struct, frozen=True, gc=False):
    """What hangs on a post besides its text."""

    links: list[str]  # true addresses, whatever the text shows
    tags: list[str]
    handles: list[str]  # DIDs of the accounts addressed: the text beside them may claim another name
    media: int
    alts: list[str]
    quote: str | None


def read_post(record: Raw | bytes) -> PostRecord:
    """The post in ``record``; parts of a wrong shape are left out.

    :raises msgspec.MsgspecError: no JSON object with a text (or another of :data:`FAULTS`).
    """
    try:
        return _decode_post(record)
    except msgspec.ValidationError:
        return _mended(record)


def read_subject(record: Raw | bytes) -> str:
    """The id of the post that a like or repost is about."""
    return _decode_subject(record).subject.uri


def attachments(post: PostRecord) -> Attachments:
    """Links, hashtags, addressed accounts, pictures and the quoted post. Repeats are dropped, order is kept."""
    links: dict[str, None] = {}
    tags: dict[str, None] = {}
    handles: dict[str, None] = {}
    for facet in post.facets[:MOST] if post.facets else ():
        for feature in facet.features[:MOST]:
            if feature.uri and feature.type == "app.bsky.richtext.facet#link":
                links[feature.uri] = None
            elif feature.tag and feature.type == "app.bsky.richtext.facet#tag":
                tags[feature.tag.lstrip("#＃")] = None
            elif feature.did and feature.type == "app.bsky.richtext.facet#mention":
                handles[feature.did] = None
    for tag in post.tags[:MOST] if post.tags else ():
        tags[tag.lstrip("#＃")] = None
    media, alts, quote = _embedded(post.embed, links) if post.embed else (0, [], None)
    return Attachments(
        links=[link for link in links if link[:8].lower().startswith(("http://", "https://"))],
        tags=[tag for tag in tags if tag],
        handles=list(handles),
        media=media,
        alts=alts,
        quote=quote,
    )


def claimed(text: str) -> int | None:
    """A client's ``createdAt`` in microseconds: any precision or offset; ``None`` for nonsense and absurd years."""
    try:
        moment = datetime.fromisoformat(text)
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return round(seconds * 1e6) if _CLAIMED[0] <= seconds < _CLAIMED[1] else None


def thread(reply: Reply) -> tuple[str | None, str | None]:
    """The posts answered and begun from, where they are given as at-URIs."""
    parent = reply.parent.uri if reply.parent else ""
    root = reply.root.uri if reply.root else ""
    return (parent if parent.startswith("at://") else None), (root if root.startswith("at://") else None)


def _embedded(embed: Embed, links: dict[str, None]) -> tuple[int, list[str], str | None]:
    """How many pictures and videos, their alt texts, and the quoted post; a link card's address goes to ``links``."""
    quoted = embed.record.record or embed.record if embed.record else None
    quote = quoted.uri if quoted and quoted.uri.startswith("at://") and f"/{POST}/" in quoted.uri else None
    media = embed.media if embed.media is not None else embed
    if media.external and media.external.uri:
        links[media.external.uri] = None
    alts = [image.alt for image in media.images[:MOST] if image.alt.strip()]
    if media.type == "app.bsky.embed.video":
        alts = [media.alt] if media.alt and media.alt.strip() else []
        return 1, alts, quote
    return len(media.images[:MOST]), alts, quote


def _mended(record: Raw | bytes) -> PostRecord:
    """The post without the parts that do not fit: lexicons leave unions open, so an unknown kind may use our names."""
    parts = msgspec.json.decode(record, type=dict[str, object])
    post = PostRecord(text=msgspec.convert(parts.get("text"), str))
    for field in msgspec.structs.fields(PostRecord):
        if field.encode_name in parts:
            try:
                setattr(post, field.name, msgspec.convert(parts[field.encode_name], field.type))
            except (*FAULTS, ValueError):
                continue
    return post
