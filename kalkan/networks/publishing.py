"""What a network owes to whoever publishes on it.

A publisher speaks for one account. It checks a variant against the network's true limits before anybody approves it,
sends one part under a key of our choosing, and can say afterwards whether that part is there. Promises that a part sent
twice under one key is one post; that a fault says whether waiting can help and whether the post may be out
(:class:`Unsure`); that tokens never leave for another host than their own. Never decides whether something may be sent.

The publishers themselves are imported when first asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, runtime_checkable

from kalkan.drafts import Media, Part, Receipt, Variant
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.addresses import check_address
from kalkan.networks.base import Option
from kalkan.networks.http import Answer, Door, was_sent
from kalkan.text import byte_length, graphemes

Credentials = Mapping[str, str]
"""What an account is opened with and what a network handed out since (session tokens): sealed by the desk."""
Keep = Callable[[Credentials], None]
"""Called with the whole of the new credentials whenever a network hands out new ones; durable when it returns."""


class Unsure(NetworkError):
    """The answer never came or broke off: the post may be out. Look before anything else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PostLimits:
    """What one post may be on this account's server. ``None`` = it does not say."""

    graphemes: int | None = None  # as the network counts them: :attr:`PublishKind.count`
    bytes: int | None = None  # of the text in UTF-8
    images: int = 4
    image_bytes: int | None = None
    alt: int | None = None  # signs of an alt text
    mimes: frozenset[str] = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})
    cards: bool = False  # whether a link may be shown as a card of our own
    warnings: bool = False  # whether there are content warnings
    visibilities: tuple[str, ...] = ("public",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why a variant cannot be published as it is: a code of the catalogue, and which part it is about (from 0)."""

    code: str
    part: int
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Who a token speaks for, as the network says."""

    account: str  # "bluesky:did:plc:…", "mastodon:https://…"
    handle: str
    name: str = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Allowance:
    """What is left of the network's patience: ``remaining`` posts at least, more after ``reset`` seconds."""

    remaining: int | None = None  # None: it has not said
    reset: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a part goes: what it answers, and the post that began that thread. Empty: it begins one."""

    parent: Receipt | None = None  # the part before it, or None for the first of a variant
    root: Receipt | None = None  # the variant's own first part
    reply_to: str = ""  # for the first part of a reply: the id of the post it answers


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """One part, ready to go: the same whenever it is tried."""

    key: str  # kalkan.drafts.sending_key
    at: datetime  # the moment it was first tried: written into the post, and looked for from there on
    variant: Variant
    part: int
    place: Place
    uploads: tuple[str, ...] = ()  # what :meth:`Publisher.upload` gave for the part's media, in order

    @property
    def post(self) -> Part:
        """What it says."""
        return self.variant.parts[self.part]


@runtime_checkable
class Publisher(Protocol):
    """One account on one network, open for publishing. Serves one thread."""

    network: str
    account: str

    def identify(self, *, now: datetime) -> Identity:
        """Ask the network whom the token speaks for.

        :raises NetworkError: ``account_refused`` (permanent) when it does not work any more; other faults as they are.
        """
        ...

    def limits(self, *, now: datetime) -> PostLimits:
        """What posts may be here; asked of the server where it says, and remembered for an hour."""
        ...

    def check(self, variant: Variant, *, now: datetime) -> tuple[Problem, ...]:
        """Everything that stands against publishing ``variant``; empty where nothing does. Sends nothing."""
        ...

    def upload(self, media: Media, data: bytes, *, now: datetime) -> str:
        """Hand over one medium with its alt text; the answer belongs into :class:`Posting`. Repeating is harmless."""
        ...

    def send(self, posting: Posting, *, now: datetime) -> Receipt:
        """Put the post there, once.

        :raises Unsure: the post may be out; ask :meth:`look_up`.
        :raises NetworkError: it is not out.
        """
        ...

    def look_up(self, posting: Posting, *, now: datetime) -> Receipt | None:
        """The post that an earlier :meth:`send` of the same ``posting`` made, or None: it is not there."""
        ...

    def take_down(self, receipt: Receipt, *, now: datetime) -> None:
        """Delete what was sent. A post that is gone already is no fault."""
        ...

    def allowance(self) -> Allowance:
        """What the network said last about its limits."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishKind:
    """A network one can publish on, as the settings page shows it."""

    name: str
    title: str  # a proper name, the same in every language
    options: tuple[Option, ...]  # what a person types to connect an account
    connect: Callable[..., tuple[Identity, dict[str, str]]]
    """``connect(options, *, now, loopback=False)`` → who it is, and credentials to seal. Raises KalkanError."""
    limits: PostLimits
    """What holds everywhere, or where a server does not say otherwise."""
    count: Callable[[str], int]
    """How many signs the network finds in a text."""
    open: Callable[..., Publisher]
    """``open(account, credentials, *, keep, loopback=False)``; connects nowhere yet."""


_KINDS: Final = {
    "bluesky": "kalkan.networks.bluesky_publish",
    "mastodon": "kalkan.networks.mastodon_publish",
}
NAMES: Final = tuple(_KINDS)
"""The networks that can be published on."""


def kind(network: str) -> PublishKind:
    """The network of that name.

    :raises InvalidInput: nothing can be published there.
    """
    if network not in _KINDS:
        raise InvalidInput("publish_network_unknown", network=network, known=", ".join(NAMES))
    found: Any = importlib.import_module(_KINDS[network]).PUBLISH
    assert isinstance(found, PublishKind)
    return found


def secure(address: str, *, loopback: bool) -> str:
    """``address`` of a server that tokens are sent to: https, but on loopback.

    :raises InvalidInput: it is no address, or one where anybody on the way could read the token (``account_plain``).
    """
    url = check_address(address, allow_private=loopback)
    if url.scheme != "https" and not loopback:
        raise InvalidInput("account_plain", server=url.host)
    return address


def write(door: Door, method: str, url: str, content: bytes, *, now: datetime, headers: Mapping[str, str]) -> Answer:
    """One write; an answer of 4xx comes back to be read by whoever knows the network's words.

    :raises Unsure: the server may have acted on it.
    :raises NetworkError: it has not.
    """
    try:
        return door.send(method, url, content, now=now, headers=headers, accept=REFUSALS)
    except NetworkError as error:
        if not was_sent(error):
            raise
        unsure = Unsure(error.code, retry_after=error.retry_after)
        unsure.params = error.params
        raise unsure from error


REFUSALS: Final = frozenset(range(400, 500)) - {408}
"""Statuses by which a server says that it has not done it."""


def problems(variant: Variant, limits: PostLimits, count: Callable[[str], int]) -> tuple[Problem, ...]:
    """What stands against ``variant`` by ``limits`` alone; ``count`` tells how long the network finds a text."""
    found: list[Problem] = []
    if not variant.parts:
        found.append(Problem(code="post_empty", part=0))
    if variant.visibility not in limits.visibilities:
        found.append(Problem(code="post_visibility", part=0, params={"visibility": variant.visibility}))
    if variant.warning and not limits.warnings:
        found.append(Problem(code="post_warning", part=0))
    for place, part in enumerate(variant.parts):
        told = (*_of_text(variant, part, limits, count), *_of_media(part, limits))
        found += (Problem(code=code, part=place, params=params) for code, params in told)
    return tuple(found)


def _of_text(
    variant: Variant, part: Part, limits: PostLimits, count: Callable[[str], int]
) -> Iterator[tuple[str, dict[str, object]]]:
    if not part.text.strip() and not part.media:
        yield "post_empty", {}
    signs = count(part.text) + (count(variant.warning) if limits.warnings else 0)
    if limits.graphemes is not None and signs > limits.graphemes:
        yield "post_too_long", {"n": signs, "most": limits.graphemes}
    if limits.bytes is not None and byte_length(part.text) > limits.bytes:
        yield "post_too_many_bytes", {"n": byte_length(part.text), "most": limits.bytes}
    if part.card and (not limits.cards or part.media):
        yield "post_card", {}
    if part.card and not part.card.startswith(("https://", "http://")):
        yield "post_card_address", {}


def _of_media(part: Part, limits: PostLimits) -> Iterator[tuple[str, dict[str, object]]]:
    if len(part.media) > limits.images:
        yield "post_media_count", {"n": len(part.media), "most": limits.images}
    for number, medium in enumerate(part.media, 1):
        if not medium.alt.strip():
            yield "media_without_alt", {"number": number}
        if limits.alt is not None and graphemes(medium.alt) > limits.alt:
            yield "media_alt_long", {"number": number, "n": graphemes(medium.alt), "most": limits.alt}
        if medium.mime not in limits.mimes:
            yield "media_kind", {"number": number, "mime": medium.mime}
        if limits.image_bytes is not None and medium.size > limits.image_bytes:
            params: dict[str, object] = {
                "number": number,
                "kb": -(-medium.size // 1000),
                "most": limits.image_bytes // 1000,
            }
            yield "media_too_big", params
