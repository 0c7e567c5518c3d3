"""Where we are in each Mastodon timeline, and what one poll gathers on the way.

Owns the names of timelines, their addresses, and the rows of one batch before they are a table. Asks nobody anything.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import quote

from kalkan.errors import InvalidInput
from kalkan.networks.statuses import order
from kalkan.posts import COUNTS, GONE, Batch, Post, Reject, posts_table, table

TIMELINES: Final = ("public", "local", "remote", "none")
_PARAMS: Final[dict[str, dict[str, str]]] = {"public": {}, "local": {"local": "true"}, "remote": {"remote": "true"}}
_STREAMS: Final = {"public": "public", "local": "public/local", "remote": "public/remote"}


@dataclass(slots=True)
class Line:
    """One timeline and how far we are: ``head`` is the newest number taken, ``sweep`` the newest taken twice."""

    name: str  # public, local, remote, or tag:word
    head: str | None = None
    sweep: str | None = None
    walk: str | None = None  # where the forward walk stands: at the head, or after a broken stream at the sweep
    behind: bool = True  # there is more to walk before a stream may move the head
    sweep_due: datetime | None = None
    refused_at: datetime | None = None
    heard: deque[tuple[datetime, str]] = field(default_factory=deque)  # by stream, younger than LATE

    @property
    def page(self) -> tuple[str, dict[str, str]]:
        """Path and parameters of its REST timeline."""
        if self.name.startswith("tag:"):
            return f"/api/v1/timelines/tag/{quote(self.name[4:], safe='')}", {}
        return "/api/v1/timelines/public", _PARAMS[self.name]

    @property
    def stream(self) -> tuple[str, dict[str, str]]:
        """Path and parameters of its stream."""
        if self.name.startswith("tag:"):
            return "/api/v1/streaming/hashtag", {"tag": self.name[4:]}
        return f"/api/v1/streaming/{_STREAMS[self.name]}", {}

    def advance(self, number: str | None) -> None:
        """Move the head on to ``number`` if it is newer."""
        if number and (self.head is None or order(number) > order(self.head)):
            self.head = number


@dataclass(slots=True)
class Take:
    """What one poll gathers."""

    now: datetime
    posts: dict[tuple[str, datetime | None], Post] = field(default_factory=dict)
    gone: dict[str, dict[str, object]] = field(default_factory=dict)
    counts: list[dict[str, object]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    frames: int = 0
    newest: datetime | None = None

    def reject(self, kind: str, example: str = "") -> None:
        """Count something that could not be read, and keep the first of its kind as an example."""
        self.faults[kind] += 1
        self.examples.setdefault(kind, example[:200])

    @property
    def empty(self) -> bool:
        """Whether nothing was gathered that would be lost if this poll failed now."""
        return not (self.posts or self.gone or self.counts or self.faults)

    def go(self, post_id: str) -> None:
        """A post is gone: tell it, and keep no version of it gathered before."""
        self.gone[post_id] = {"id": post_id, "network": "mastodon", "at": self.now, "why": "deleted"}
        for key in [key for key in self.posts if key[0] == post_id]:
            del self.posts[key]

    def batch(self, *, cursor: str, wait: float, heard_until: datetime | None, requests: int, size: int) -> Batch:
        """Everything gathered as a batch."""
        rejects = [Reject(kind=kind, n=n, example=self.examples[kind]) for kind, n in sorted(self.faults.items())]
        return Batch(
            posts=posts_table(self.posts.values()),
            gone=table(self.gone.values(), GONE),
            counts=table(self.counts, COUNTS),
            rejects=tuple(rejects),
            cursor=cursor,
            wait=wait,
            heard_until=heard_until,
            frames=self.frames,
            requests=requests,
            bytes=size,
        )


def names_of(options: Mapping[str, str]) -> tuple[str, ...]:
    """The timelines asked for: ``public``, ``local``, ``remote`` or none, and one for each hashtag."""
    timeline = options.get("timeline", "").strip().lower() or "public"
    if timeline not in TIMELINES:
        raise InvalidInput("option_unknown", network="Mastodon", option=timeline, known=", ".join(TIMELINES))
    words = options.get("hashtags", "").replace(",", " ").split()
    tags = [f"tag:{word.lstrip('#＃').lower()}" for word in words if word.strip("#＃")]
    names = tuple(dict.fromkeys([*([timeline] if timeline != "none" else []), *tags]))
    if not names:
        raise InvalidInput("nothing_to_listen_to", network="Mastodon")
    return names
