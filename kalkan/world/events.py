"""What happens in the world, before it is put on a wire: people and the things they do.

Shared by the world (which makes events, with the truth known) and by its servers (which speak them as Bluesky and
Mastodon do). Nothing here is random or reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody (or some account) in the world."""

    key: str  # short and lasting: "defne"
    name: str
    handle: str  # "defne.test" on Bluesky, "defne" on Mastodon
    network: str  # bluesky or mastodon
    lang: str
    bot: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing done. ``key`` names the post it is about; ``reply_to`` and ``quote_of`` are keys of earlier posts."""

    at: datetime
    verb: str  # post, edit, delete, like, repost
    actor: str  # a Person's key
    key: str
    text: str = ""
    lang: str | None = None  # the tag the client sends; None where it sends none
    reply_to: str | None = None
    quote_of: str | None = None
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()  # keys of people addressed
    alts: tuple[str, ...] = ()  # one per picture; "" = no alt text
    warning: str | None = None
    poll: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What is true of a post in the world: the test oracle. Never shown to a reader."""

    key: str
    sentiment: str  # negative, neutral, positive
    feeling: str  # one of FEELINGS or "none"
    kind: str  # question, ask, complaint, criticism, praise, abuse, threat, spam, other
    story: str | None = None  # "everyday" talk has none
    brands: tuple[str, ...] = ()  # slugs of brands it is about
