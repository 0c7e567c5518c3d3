"""What the engine needs of whoever keeps the drafts, and the journal it writes there.

Owns the shapes of a job and of the journal's steps. The desk keeps them in its tables; any other keeper will do that
holds the promises of :class:`Store`.

The journal of a draft, its steps by name (``v`` = variant, ``p`` = part, ``i`` = medium, ``n`` = count, all from 0):

    v/p/try         the part is about to be sent; its time is written into the post and never changes
    v/p/media/i     a medium was handed over; body: ref
    v/p/sent        the network took it; body: the receipt
    v/p/again/n     the part is about to be sent once more
    v/fault/n       it did not come to a receipt; body: code, params, permanent, until (when to try again), and
                    clear: whether it is certain that nothing is out without a receipt
    retry/n         a person asked to try again what had failed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from kalkan.drafts import Event, Pause, Policy, Receipt, State, Version, from_row


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One line of a draft's journal. ``body`` holds plain JSON values."""

    name: str
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """A draft as it stands at this moment, with all that decides whether it may go."""

    key: str  # the draft's lasting name
    state: State
    version: Version  # the newest one stored, approved or not
    policy: Policy
    pauses: tuple[Pause, ...]  # the brand's, ended ones too
    still: frozenset[str] | None = None  # who may approve now (their ``by``); None: not asked


@dataclass(frozen=True, kw_only=True, slots=True)
class Upcoming:
    """A draft that will go out."""

    key: str
    due_at: datetime
    version: Version


class Store(Protocol):
    """The keeper of drafts. Every method sees and leaves committed state; none is called inside a transaction."""

    def clock(self, now: datetime) -> datetime:
        """The latest ``now`` ever given here, this one included; kept on the disk."""
        ...

    def trust(self, now: datetime) -> None:
        """A person says that the clock is right: from here on ``now`` is the latest time given."""
        ...

    def waiting(self) -> Sequence[str]:
        """Keys of drafts whose state is one of :data:`kalkan.drafts.OPEN`.

        Those whose deadline, planned time and due time are all still ahead may be left out.
        """
        ...

    def ready(self, now: datetime) -> Sequence[str]:
        """Keys of drafts that are ``scheduled`` and due, or ``sending``; the longest due first."""
        ...

    def upcoming(self, until: datetime) -> Sequence[Upcoming]:
        """Drafts that are ``submitted``, ``approved`` or ``scheduled`` for a time before ``until``."""
        ...

    def load(self, key: str) -> Job:
        """The draft as it stands."""
        ...

    def move(self, key: str, event: Event, *, now: datetime) -> State:
        """:func:`kalkan.drafts.move` on the stored state, under a lock: read, moved and written in one transaction.

        :raises Refused: as ``move`` does; nothing changes then.
        """
        ...

    def claim(self, key: str, *, holder: str, until: datetime, now: datetime) -> bool:
        """Take or renew the draft for ``holder`` until then; False while somebody else holds it. Compare and set."""
        ...

    def leave(self, key: str, *, holder: str) -> None:
        """Let go of a claim, if ``holder`` still has it."""
        ...

    def steps(self, key: str) -> Sequence[Step]:
        """The draft's journal, in the order written."""
        ...

    def write(self, key: str, step: Step) -> None:
        """Add a step; on the disk when this returns. A name that is there already stays as it was."""
        ...

    def media(self, sha256: str) -> bytes:
        """The bytes of a medium."""
        ...


def receipts(steps: Iterable[Step]) -> dict[tuple[int, int], Receipt]:
    """What is out, by variant and part."""
    found = {}
    for step in steps:
        place = step.name.split("/")
        if len(place) == 3 and place[2] == "sent":
            found[int(place[0]), int(place[1])] = from_row(Receipt, step.body)
    return found


def faults(steps: Iterable[Step]) -> dict[int, Step]:
    """The newest fault of each variant that has one since a person last asked to try again."""
    found: dict[int, Step] = {}
    for step in steps:
        place = step.name.split("/")
        if place[0] == "retry":
            found.clear()
        elif len(place) == 3 and place[1] == "fault":
            found[int(place[0])] = step
    return found
