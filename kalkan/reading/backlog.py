"""Mentions read carefully, within a budget of the processor's time.

Owns the order (newest first) and the budget. Promises to spend no more seconds of the processor a minute than it was
given, so that a storm of mentions makes careful readings late but never starves those who listen; until a mention's
turn comes, its fast reading counts. Reading again and again what is unread needs no queue that could be lost.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import pyarrow as pa

from kalkan.reading.again import Readers, read_table

ROUND: Final = 256  # mentions asked for at once; within them a reader is stopped between pieces
_PIECE: Final = 16
_KIND: Final = 10  # how far this thread stands back where the system lets it


class Store(Protocol):
    """What the backlog needs of an archive: :class:`kalkan.archive.readings.Readings`."""

    def unread(
        self, recipe: str, *, since: datetime | None, until: datetime | None, mentions: bool, limit: int
    ) -> pa.Table: ...
    def left(self, recipe: str, *, since: datetime | None, mentions: bool) -> int: ...
    def append(self, found: Iterable[pa.Table], *, now: datetime) -> Any: ...


class Budget:
    """Seconds of the processor, refilled as time goes by; what is not used within a minute is lost.

    ``clock`` gives seconds that only go forward.
    """

    def __init__(self, seconds_a_minute: float, clock: Callable[[], float]) -> None:
        self.seconds_a_minute = seconds_a_minute
        self._clock = clock
        self._at = clock()
        self._held = 0.0

    def held(self) -> float:
        """How many seconds may be spent now. Negative after a piece took longer than was left."""
        now = self._clock()
        self._held = min(self.seconds_a_minute, self._held + (now - self._at) * self.seconds_a_minute / 60)
        self._at = now
        return self._held

    def spend(self, seconds: float) -> None:
        """Take them out."""
        self._held -= seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What a turn did: readings stored, mentions still unread, seconds of the processor it took."""

    read: int
    left: int
    seconds: float


def read_backlog(
    store: Store,
    readers: Readers,
    budget: Budget,
    *,
    since: datetime | None,
    now: Callable[[], datetime],
    spent: Callable[[], float],
    stop: Callable[[], bool] = lambda: False,
) -> Done:
    """Read the newest unread mentions since then until none is left, the budget is spent, or ``stop`` says so.

    ``spent`` is the processor's time of this thread, in seconds.
    """
    recipe, read, begun = readers.recipe.id, 0, spent()
    more = True
    while more and budget.held() > 0 and not stop():
        unread = store.unread(recipe, since=since, until=None, mentions=True, limit=ROUND)
        more = unread.num_rows == ROUND
        found = []
        for start in range(0, unread.num_rows, _PIECE):
            at = spent()
            found.append(read_table(readers, unread.slice(start, _PIECE)))
            budget.spend(spent() - at)
            if budget.held() <= 0 or stop():
                break
        if not found:
            break
        stored = store.append([pa.concat_tables(found)], now=now()).rows
        read += stored
        if not stored:
            break  # all of them went meanwhile
    return Done(read=read, left=store.left(recipe, since=since, mentions=True), seconds=spent() - begun)


def stand_back() -> None:
    """Let everybody else go first: lowers the priority of the calling thread alone, where the system can."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _KIND)
