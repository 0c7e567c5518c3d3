"""What a network owes to its listener.

A network is a position and a step: ``poll(cursor)`` gives rows, the next cursor, and when to come back. It keeps no
state that matters elsewhere; whatever must survive a crash is in the cursor, which the archive stores together with
the rows. It never raises for what strangers sent (that is counted as a :class:`~kalkan.posts.Reject`); it raises
:class:`~kalkan.errors.NetworkError` when the network itself fails, and the listener then waits with backoff and jitter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from kalkan.posts import Batch


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a network allows. ``None`` = it does not say."""

    graphemes: int | None = None
    bytes: int | None = None
    images: int | None = None
    replay_hours: float | None = None
    requests: int | None = None
    per_seconds: float | None = None
    post_read_usd: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """Something a person may set for a network: shown as a form field."""

    name: str
    kind: str = "text"  # text, url, secret, list (one a line), flag
    required: bool = False
    default: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """What of a network is seen, as a code and parameters; the desk says it in words."""

    code: str  # "all_public", "instance_public", "hashtags", "feed", "import"
    params: Mapping[str, object] = field(default_factory=dict)


@runtime_checkable
class Network(Protocol):
    """One open listener on one network."""

    name: str  # the network: "bluesky"
    source: str  # this listener: "bluesky:jetstream"; names its cursor in the archive
    limits: Limits

    def poll(self, cursor: str | None, *, now: datetime) -> Batch:
        """Return what came since ``cursor``, waiting at most about a second when nothing is there.

        ``cursor`` is the one the archive holds, passed at every call: a network that keeps a stream open may ignore
        it while the stream is in step, and must resume from it after a fault or in a new process. Rows may repeat
        (the archive keeps each post once); none may be skipped silently: what cannot be had again is a ``Gap``.

        :raises NetworkError: the network failed; anything received before was returned by an earlier call.
        """
        ...

    def watch(self, post_ids: frozenset[str]) -> None:
        """Count likes, reposts, replies and quotes for these posts from now on. May do nothing."""
        ...

    def close(self) -> None:
        """Let go of connections. Called once; ``poll`` is never called after it."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A network as the plug-in group ``kalkan.networks`` lists it."""

    name: str
    title: str  # a proper name, the same in every language
    options: tuple[Option, ...]
    open: Callable[[str, Mapping[str, str]], Network]  # (source, options) → listener; opens no connection yet
    coverage: Callable[[Mapping[str, str]], Coverage]
