"""The path of a post, top to bottom: heard, read, matched, stored.

Owns the order of those steps and the life of a listener: waiting after faults, saying how it is, stopping cleanly.
Promises that a batch is acknowledged only by the archive, that a fault of a network never ends a listener, and that
damage to our own data always does. Never talks to a network or a disk itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa

from kalkan.archive import Appended, Archive
from kalkan.brands import Brand, Matcher, matcher
from kalkan.errors import NetworkError
from kalkan.networks.base import Coverage, Network
from kalkan.posts import MENTIONS, POSTS, READ_POSTS, Batch, Gap, Reject, empty

Read = Callable[[pa.Table], pa.Table]
"""Posts in, the same rows with the columns of :data:`kalkan.posts.READINGS` out."""

_C: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
_MALLOC: Final = ((-8, 2), (-3, 2**20), (-1, 2**20))  # M_ARENA_MAX, M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of malloc.h
_PIECE: Final = 5_000  # rows read at once: enough to share words, little enough memory
_WATCHED: Final = 2_000  # newest mentions whose likes, reposts and replies are counted
_WATCH_EVERY: Final = timedelta(minutes=1)
_GIVE_BACK_EVERY: Final = timedelta(seconds=10)
_LONGEST_WAIT: Final = 300.0
_PERMANENT_WAIT: Final = 3600.0
_QUIET_COMMIT: Final = timedelta(seconds=60)  # an idle source's cursor is stored this often


class Readers(Protocol):
    """Whatever reads batches in order: :class:`kalkan.reading.local.ReaderPool`."""

    processes: int

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]: ...


def reading_by(readers: Readers) -> Read:
    """Posts as tables, read by ``readers`` in pieces small enough to keep all of them busy."""

    def read(posts: pa.Table) -> pa.Table:
        piece = posts.num_rows if readers.processes == 1 else max(500, posts.num_rows // (2 * readers.processes) + 1)
        pieces = posts.combine_chunks().to_batches(max_chunksize=max(1, min(piece, _PIECE)))
        return pa.Table.from_batches(readers.read(pieces)) if pieces else empty(READ_POSTS)

    return read


def take(
    batch: Batch, source: str, *, archive: Archive, read: Read, match: Matcher, cursor: str | None, now: datetime
) -> Appended:
    """Read, match and store one batch. Returning means that it is on the disk."""
    posts = read(batch.posts) if batch.posts.num_rows else empty(READ_POSTS)
    return archive.append(
        source,
        posts,
        now=now,
        cursor=cursor,
        mentions=mentions(posts, match),
        gone=batch.gone,
        counts=batch.counts,
        gaps=batch.gaps,
        rejects=batch.rejects,
    )


def mentions(posts: pa.Table, match: Matcher) -> pa.Table:
    """The rows of ``posts`` that are about a brand, one a brand, as :data:`kalkan.posts.MENTIONS`."""
    if posts.num_rows == 0:
        return empty(MENTIONS)
    found = match.match(posts.select(POSTS.names))
    rows = posts.select(READ_POSTS.names).take(found["row"])
    for position, name in enumerate(("brand", "kind", "watch")):
        rows = rows.add_column(position, MENTIONS.field(name), found[name].cast(pa.string()))
    return rows


def rematch(archive: Archive, brands: Sequence[Brand], *, since: datetime, until: datetime) -> int:
    """Find mentions in posts that are held already, a day at a time (after watches changed); how many were new."""
    match = matcher(brands)
    columns = ", ".join(f'"{name}"' for name in READ_POSTS.names)
    new = 0
    day = since
    while day < until:
        end = min(day + timedelta(days=1), until)
        posts = archive.query(f"SELECT {columns} FROM posts", since=day, until=end, tables=("posts",))
        new += archive.add_mentions(mentions(posts.cast(READ_POSTS), match))
        day = end
    return new


# — a listener's word on how it is —


@dataclass(slots=True)
class Status:
    """How a listener is, for people. Written whole to one small file that is replaced at once."""

    source: str
    network: str
    title: str
    coverage: Coverage
    state: str = "starting"  # starting, listening, waiting, failed, off
    since: datetime | None = None
    heard_until: datetime | None = None
    posts_total: int = 0
    mentions_total: int = 0
    duplicates_total: int = 0
    posts_per_s: float = 0.0
    rejects: dict[str, dict[str, object]] = field(default_factory=dict)
    gaps: list[dict[str, str]] = field(default_factory=list)
    requests: int = 0
    bytes: int = 0
    cost_usd: float = 0.0
    error: dict[str, object] | None = None
    retry_at: datetime | None = None

    def note(self, batch: Batch, done: Appended, *, now: datetime, seconds: float) -> None:
        """Add what a stored batch brought. ``seconds`` is the time since the last one."""
        self.posts_total += done.posts
        self.mentions_total += done.mentions
        self.duplicates_total += done.repeats
        rate = done.posts / max(seconds, 0.001)
        share = min(1.0, seconds / 30)  # a mean over about half a minute
        self.posts_per_s += (rate - self.posts_per_s) * share
        self.heard_until = batch.heard_until or self.heard_until
        self.note_faults(batch.rejects, batch.gaps, now=now)

    def note_faults(self, rejects: Iterable[Reject], gaps: Iterable[Gap], *, now: datetime) -> None:
        """Count what was kept out and what could not be had."""
        for one in rejects:
            entry = self.rejects.setdefault(one.kind, {"n": 0, "example": "", "last": ""})
            entry["n"] = int(str(entry["n"])) + one.n
            entry["example"], entry["last"] = one.example[:200] or entry["example"], now.isoformat()
        for gap in gaps:
            self.gaps.append({"since": gap.since.isoformat(), "until": gap.until.isoformat(), "why": gap.why})
        del self.gaps[:-20]

    def write(self, folder: Path, *, now: datetime) -> None:
        """Replace the file in ``folder`` (made if missing). A full disk must not stop listening: then it stays old."""
        record = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in ((name, getattr(self, name)) for name in self.__slots__)
        }
        record["coverage"] = {"code": self.coverage.code, "params": dict(self.coverage.params)}
        record["updated_at"] = now.isoformat()
        path = folder / f"{sha256(self.source.encode()).hexdigest()[:16]}.json"
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)


# — listening —


@dataclass(kw_only=True, slots=True)
class Listener:
    """One source being listened to: a thread that hears, and the calling thread that reads and stores.

    ``brands`` is asked again whenever ``brands_version`` changes. ``jitter`` gives numbers in [0, 1).
    """

    network: Network
    archive: Archive
    read: Read
    brands: Callable[[], Sequence[Brand]]
    brands_version: Callable[[], object]
    status: Status
    status_folder: Path
    stop: threading.Event
    now: Callable[[], datetime]
    jitter: Callable[[], float]
    _cursor: str | None = None
    _fault: BaseException | None = None
    _faults_in_row: int = 0
    _worth: frozenset[str] | None = None  # posts to count for, handed to the thread that hears

    def run(self) -> None:
        """Listen until ``stop`` is set. What was heard by then is stored before this returns.

        :raises ArchiveDamaged: our own data is not what it must be.
        :raises KalkanError: the archive cannot be written (a full disk); what was heard comes again after a restart.
        """
        self._cursor = self.archive.cursor(self.status.source)
        self.status.since = self.now()
        heard: queue.Queue[Batch | None] = queue.Queue(maxsize=2)
        ear = threading.Thread(target=self._hear, args=(heard,), name=f"hear {self.status.source}", daemon=True)
        ear.start()
        try:
            self._store(heard)
        except BaseException:
            self.stop.set()
            self.status.state = "failed"
            raise
        finally:
            while ear.is_alive():  # it may be waiting for room in the queue
                _drain(heard)
                ear.join(timeout=0.1)
            self.network.close()
            if self.status.state != "failed":
                self.status.state = "off"
            self.status.write(self.status_folder, now=self.now())
        if self._fault is not None:
            raise self._fault

    def _hear(self, heard: queue.Queue[Batch | None]) -> None:
        """Poll and hand over, waiting after faults as the network wishes. Ends with a ``None`` in the queue.

        The position runs ahead of what is stored: should storing fail, the listener ends, and the next one begins
        again from the stored cursor.
        """
        position = self._cursor
        try:
            while not self.stop.is_set():
                if self._worth is not None:  # a network belongs to this thread alone
                    self.network.watch(self._worth)
                    self._worth = None
                try:
                    batch = self.network.poll(position, now=self.now())
                except NetworkError as error:
                    self._wait_after(error)
                    continue
                self._faults_in_row = 0
                position = batch.cursor if batch.cursor is not None else position
                if self.status.state != "listening":
                    self.status.state, self.status.error, self.status.retry_at = "listening", None, None
                self.status.requests += batch.requests
                self.status.bytes += batch.bytes
                self.status.cost_usd += batch.cost_usd
                _put(heard, batch, self.stop)
                if batch.wait:
                    self.stop.wait(batch.wait)
        except BaseException as error:  # a fault of ours: told by the thread that waits for us
            self._fault = error
        finally:
            _put(heard, None, None)

    def _wait_after(self, error: NetworkError) -> None:
        self._faults_in_row += 1
        if error.retry_after is not None:
            seconds = error.retry_after + self.jitter()
        elif error.permanent:
            seconds = _PERMANENT_WAIT
        else:
            seconds = min(_LONGEST_WAIT, 2.0 ** min(self._faults_in_row - 1, 9)) * (0.5 + self.jitter())
        now = self.now()
        self.status.state = "failed" if error.permanent else "waiting"
        self.status.error = {"code": error.code, "params": {name: str(value) for name, value in error.params.items()}}
        self.status.retry_at = now + timedelta(seconds=seconds)
        self.status.write(self.status_folder, now=now)
        self.stop.wait(seconds)

    def _store(self, heard: queue.Queue[Batch | None]) -> None:
        version, match = self.brands_version(), matcher(self.brands())
        last = watched = given = self.now() - _WATCH_EVERY
        while True:
            try:
                batch = heard.get(timeout=2.0)
            except queue.Empty:
                self.status.posts_per_s *= 0.9
                self.status.write(self.status_folder, now=self.now())
                continue
            if batch is None:
                return
            if (current := self.brands_version()) != version:
                version, match = current, matcher(self.brands())
            now = self.now()
            if now - given >= _GIVE_BACK_EVERY:
                give_back()
                given = now
            if now - watched >= _WATCH_EVERY:
                self._worth = self._worth_counting(now)
                watched = now
            if _says_something(batch) or (batch.cursor != self._cursor and now - last >= _QUIET_COMMIT):
                done = take(
                    batch,
                    self.status.source,
                    archive=self.archive,
                    read=self.read,
                    match=match,
                    cursor=batch.cursor if batch.cursor is not None else self._cursor,
                    now=now,
                )
                self._cursor = batch.cursor if batch.cursor is not None else self._cursor
                self.status.note(batch, done, now=now, seconds=(now - last).total_seconds())
                last = now
            self.status.write(self.status_folder, now=now)

    def _worth_counting(self, now: datetime) -> frozenset[str]:
        rows = self.archive.query(
            f'SELECT id FROM mentions WHERE network = ? ORDER BY "at" DESC LIMIT {_WATCHED}',
            [self.status.network],
            since=now - timedelta(days=3),
        )
        return frozenset(rows["id"].to_pylist())


def _says_something(batch: Batch) -> bool:
    tables = (batch.posts, batch.gone, batch.counts)
    return any(table.num_rows for table in tables) or bool(batch.gaps or batch.rejects)


def _put(heard: queue.Queue[Batch | None], batch: Batch | None, stop: threading.Event | None) -> None:
    """Hand over, but never wait for ever once the listener stops."""
    while True:
        try:
            heard.put(batch, timeout=0.5)
        except queue.Full:
            if stop is not None and stop.is_set():
                return  # not stored, so its cursor is not either: it comes again
            continue
        return


def _drain(heard: queue.Queue[Any]) -> None:
    while True:
        try:
            heard.get_nowait()
        except queue.Empty:
            return


# — importing —


@dataclass(slots=True)
class Imported:
    """What an import did."""

    posts: int = 0
    repeats: int = 0
    mentions: int = 0
    rejects: dict[str, Reject] = field(default_factory=dict)


def bring_in(
    batches: Iterable[Batch],
    source: str,
    *,
    archive: Archive,
    read: Read,
    brands: Sequence[Brand],
    now: datetime,
    progress: Callable[[Imported], None] | None = None,
) -> Imported:
    """Store the batches of a file as they come; safe to break off and begin again."""
    match = matcher(brands)
    done = Imported()
    for batch in batches:
        stored = take(batch, source, archive=archive, read=read, match=match, cursor=batch.cursor, now=now)
        done.posts += stored.posts
        done.repeats += stored.repeats
        done.mentions += stored.mentions
        for one in batch.rejects:
            before = done.rejects.get(one.kind)
            done.rejects[one.kind] = Reject(
                kind=one.kind, n=one.n + (before.n if before else 0), example=before.example if before else one.example
            )
        if progress is not None:
            progress(done)
    return done


def give_back() -> None:
    """Return memory that is free to the system. Without it the C library keeps what a busy minute left in pieces."""
    pa.default_memory_pool().release_unused()
    trim = getattr(_C, "malloc_trim", None)  # glibc only
    if trim is not None:
        trim(0)


def keep_memory_flat() -> None:
    """Ask the C library, once at the start of a process that listens, to hand large blocks back when they are freed.

    glibc raises its own thresholds as blocks come and go, and gives every thread an arena: after minutes of batches the
    process holds twice what lives in it, in pieces. Fixed thresholds and two arenas keep it level. Elsewhere: nothing.
    """
    choose = getattr(_C, "mallopt", None)
    if choose is not None:
        for option, value in _MALLOC:
            choose(option, value)


def utc_now() -> datetime:
    """The clock that the edge hands in."""
    return datetime.now(UTC)
