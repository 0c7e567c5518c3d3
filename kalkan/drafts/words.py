"""What is going to be said, to the byte, and the fingerprint of it.

Owns the shapes of a draft's version and :func:`digest`. Promises that two versions have the same digest exactly if
they would put the same posts, from the same accounts, at the same time, under the same rule of approval. Never
normalizes: what was approved is what was typed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from kalkan.errors import InvalidInput

T = TypeVar("T")

_DIGEST: Final = b"kalkan draft 1\n"
_SENDING: Final = b"kalkan sending 1\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """One picture, known by the hash of its bytes; the bytes themselves lie with whoever keeps the drafts."""

    sha256: str  # hex, of the bytes that are sent
    mime: str  # image/jpeg, image/png, image/webp, image/gif
    size: int  # bytes
    alt: str  # what it shows, in words; no network publishes without it
    width: int | None = None  # pixels
    height: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One post of a thread. Most variants have one."""

    text: str
    media: tuple[Media, ...] = ()
    card: str = ""  # a link shown as a card below the text, where the network has such cards and there is no media


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """What one account on one network will say: a post, or a thread in order."""

    network: str  # bluesky, mastodon
    account: str  # the account's lasting key at the desk, e.g. "bluesky:did:plc:…", "mastodon:https://…/users/brand"
    parts: tuple[Part, ...]
    lang: str = ""  # ISO 639-1
    warning: str = ""  # a content warning over the post, where the network has one
    visibility: str = "public"  # public, unlisted (Mastodon)
    reply_to: str = ""  # the id of the post it answers, as in the archive (at-URI, status URI)


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of a draft: everything an approval is about."""

    variants: tuple[Variant, ...]
    kind: str = "everyday"  # as the room check names kinds; rules of approval go by it
    markets: tuple[str, ...] = ()  # ISO 3166-1 alpha-2; a pause may be for one of them
    planned_at: datetime | None = None  # None: goes when a person lets it go, after approval


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What a network said when it took a post."""

    id: str  # the post's lasting id, the same as the archive will hear: at-URI, status URI
    at: datetime  # when the network took it, by its own clock where it says
    url: str = ""  # where a person can open it
    ref: str = ""  # what a later part needs to answer this one: the cid (Bluesky), the status number (Mastodon)
    found: bool = False  # it was there already when we looked, after a fault


def digest(version: Version) -> str:
    """The fingerprint of ``version``: SHA-256 (hex) over its canonical JSON.

    It binds every text, language, warning, visibility, reply, card, the hash, size, type, alt and order of every
    medium, networks and accounts in order, kind, markets and the planned time. Pixel sizes are not bound: they follow
    from the bytes.
    """
    row = to_row(version)
    for variant in row["variants"]:
        for part in variant["parts"]:
            for medium in part["media"]:
                del medium["width"], medium["height"]
    return hashlib.sha256(_DIGEST + canonical(row)).hexdigest()


def sending_key(draft: str, digest: str, variant: int, part: int) -> str:
    """The key one part is sent under, the same however often it is tried: 64 hex digits.

    ``draft`` is the draft's lasting name at the desk, ``variant`` and ``part`` count from 0.
    """
    told = canonical([draft, digest, variant, part])
    return hashlib.sha256(_SENDING + told).hexdigest()


def canonical(value: object) -> bytes:
    """``value`` as the one JSON that hashes are taken of: sorted names, no spaces, UTF-8, no floats, no NaN.

    :raises TypeError: something in it has no one way to be written.
    """
    _plain(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def _plain(value: object) -> None:
    if value is None or isinstance(value, (str, bool, int)):
        return
    if isinstance(value, Mapping):
        for name, one in value.items():
            if not isinstance(name, str):
                raise TypeError(f"no name: {type(name).__name__}")
            _plain(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            _plain(one)
    else:
        raise TypeError(f"no canonical form: {type(value).__name__}")


def to_row(one: Any) -> dict[str, Any]:
    """One of this package's dataclasses as plain JSON values; times as ISO 8601 in UTC with microseconds."""
    return {field.name: _value(getattr(one, field.name)) for field in dataclasses.fields(one)}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, (tuple, list)):
        return [_value(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return to_row(value) if dataclasses.is_dataclass(value) else value


def moment(at: datetime) -> str:
    """A time in its one written form.

    :raises InvalidInput: it has no zone.
    """
    if at.tzinfo is None:
        raise InvalidInput("time_without_zone", value=at.isoformat())
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def from_row(kind: type[T], row: Mapping[str, Any]) -> T:
    """The dataclass ``kind`` that :func:`to_row` wrote.

    :raises InvalidInput: ``row`` is no such thing (``row_unreadable``).
    """
    try:
        hints = typing.get_type_hints(kind)
        return kind(**{name: _read(hints[name], value) for name, value in row.items()})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("row_unreadable", kind=kind.__name__, detail=str(error)) from error


def _read(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        inner = next(one for one in typing.get_args(hint) if one is not type(None))
        return None if value is None else _read(inner, value)
    if typing.get_origin(hint) in (tuple, frozenset):
        inner, whole = typing.get_args(hint)[0], typing.get_origin(hint)
        return whole(_read(inner, one) for one in value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    if dataclasses.is_dataclass(hint):
        return from_row(typing.cast("type[Any]", hint), value)
    if not isinstance(value, hint):
        raise TypeError(f"{value!r} is no {hint.__name__}")
    return value
