"""Brands, what they are watched by, and the one pass that finds their mentions in a batch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """One thing to look for on behalf of a brand."""

    kind: str  # name, handle, hashtag, topic, peer
    text: str  # as the team wrote it
    without: tuple[str, ...] = ()  # not when one of these stands in the post as well


@dataclass(frozen=True, kw_only=True, slots=True)
class Brand:
    """A brand and what is watched for it. ``slug`` names it in the archive and on the command line."""

    slug: str
    name: str
    watches: tuple[Watch, ...] = ()
    accounts: tuple[str, ...] = ()  # our own accounts: author ids or handles; replies and quotes of theirs are mentions
    langs: tuple[str, ...] = ()  # ISO 639-1; empty = any
    markets: tuple[str, ...] = ()  # ISO 3166-1 alpha-2
