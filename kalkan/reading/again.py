"""Reading again: the whole archive by another recipe, beside the readings it has.

Owns the order of work: newest first, a stretch at a time, each stored in one step before the next begins. Promises that
a run that is broken off and begun again reads nothing twice and leaves nothing out, and that any engine gives the same
readings. Never touches the reading that a post was heard with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

ROWS: Final = 100_000  # posts a step: some 100 MB, and so much is read anew after a kill
MOST: Final = 2 * ROWS  # posts in memory at once, whatever a step holds
_PIECE: Final = 5_000


class Step(Protocol):
    """A stretch of the archive."""

    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime: ...
    @property
    def rows(self) -> int: ...


class Kept(Protocol):
    """What storing did."""

    @property
    def rows(self) -> int: ...


class Store(Protocol):
    """What reading again needs of an archive: :class:`kalkan.archive.readings.Readings`."""

    def steps(self, *, rows: int) -> Sequence[Any]: ...
    def unread(
        self, recipe: str, *, since: datetime | None, until: datetime | None, mentions: bool = ..., limit: int = ...
    ) -> pa.Table: ...
    def append(self, found: Iterable[pa.Table], *, now: datetime) -> Any: ...
    def files(self, step: Any) -> tuple[list[str], list[str]]: ...
    def bench(self) -> AbstractContextManager[Path]: ...
    def alone(self) -> AbstractContextManager[None]: ...


class Readers(Protocol):
    """Whatever reads batches in order: :class:`kalkan.reading.local.ReaderPool`."""

    recipe: Any

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]: ...


class Engine(Protocol):
    """What reads a step and hands over the readings, table by table, while the context is open.

    ``more``: the step held more than was read at once; it is to be read again once that is stored.
    """

    recipe: Any
    more: bool

    def read(self, store: Store, step: Any) -> AbstractContextManager[Iterable[pa.Table]]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is. ``seen`` of ``total`` posts are behind it, ``read`` of them were read now."""

    seen: int
    total: int
    read: int
    day: datetime  # the stretch just done goes back to here


class Local:
    """This machine's processors."""

    def __init__(self, readers: Readers) -> None:
        self.recipe: Any = readers.recipe
        self.more = False
        self._readers = readers

    def read(self, store: Store, step: Any) -> AbstractContextManager[Iterable[pa.Table]]:
        """The readings of what ``step`` holds unread, as one table of at most ``MOST`` rows: a step goes by time, and
        an import may have put a million posts into one second.
        """
        unread = store.unread(self.recipe.id, since=step.since, until=step.until, limit=MOST)
        self.more = unread.num_rows == MOST
        return nullcontext([read_table(self._readers, unread)] if unread.num_rows else [])


def read_table(readers: Readers, posts: pa.Table) -> pa.Table:
    """``posts`` with their readings, without their texts."""
    pieces = posts.combine_chunks().to_batches(max_chunksize=_PIECE)
    return pa.Table.from_batches(batch.drop_columns(["text", "langs"]) for batch in readers.read(pieces))


def reread(
    store: Store,
    engine: Engine,
    *,
    now: Callable[[], datetime],
    rows: int = ROWS,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> int:
    """Read everything that the engine's recipe has not read; how many readings are new.

    ``stop`` is asked between steps. What was stored by then stays, and the next run goes on there.

    :raises Refused: another process reads the archive again just now.
    """
    new = seen = 0
    with store.alone():
        steps = store.steps(rows=rows)
        total = sum(step.rows for step in steps)
        for step in steps:
            if stop():
                break
            while True:
                with engine.read(store, step) as found:
                    stored = store.append(found, now=now()).rows
                new += stored
                if not engine.more or not stored:
                    break
            seen += step.rows
            if progress is not None:
                progress(Progress(seen=seen, total=total, read=new, day=step.since))
    return new
