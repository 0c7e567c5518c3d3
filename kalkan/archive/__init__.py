"""The archive: everything heard, on disk, in an open format that any tool reads (Delta Lake over Parquet).

Promises that what :meth:`Archive.append` has acknowledged is never lost and never there twice, that a source's cursor
becomes visible together with its rows, that readers are never blocked by writers, and that what is deleted or erased is
out of the next answer. Never decides what a post means.

How a batch becomes one step: its mentions, deletions, counts and events are committed to their tables first, then the
cursor is written to a file named after the batch's number, then the posts are committed *with that number*. Only the
last step makes the batch exist. If a process dies before it, the next writer of that source takes the orphans out.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import filelock
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from kalkan.archive.asking import Engine
from kalkan.archive.gone import Gone
from kalkan.archive.known import Ints, Known, as_ints, microseconds
from kalkan.archive.lean import Lean
from kalkan.archive.tables import EVENTS, STORED, Log, day_of, read_file
from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.posts import COUNTS, GONE, MENTIONS, Gap, Reject, empty
from kalkan.text import fold_column

__all__ = ["EVENTS", "Appended", "Archive", "day_of", "open"]

_LOCK_SECONDS: Final = 60.0
_EXPORTS: Final = {
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
    ".csv": "FORMAT csv, HEADER",
    ".jsonl": "FORMAT json",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Appended:
    """What an append did: rows stored, rows that were there before, mentions stored, the batch's number."""

    posts: int
    repeats: int
    mentions: int
    batch: int


class Archive:
    """An open archive. Several processes may hold one, to read and to write; threads may share one."""

    def __init__(self, root: Path, *, create: bool, threads: int = 2, hold: bool = False) -> None:
        self.root = root
        try:
            if create:
                (root / "cursors").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput("archive_unwritable", path=str(root), detail=error.strerror or "") from error
        self._thread = threading.RLock()
        self._file = filelock.FileLock(str(root / "lock"), timeout=_LOCK_SECONDS)
        with self.alone() if create else self._thread:
            # an archive from before a table existed gets it, empty, whoever opens it
            made = create or (root / "posts" / "_delta_log").is_dir()
            self.logs: Final[dict[str, Log]] = {name: Log(root, name, create=made) for name in STORED}
            if create:
                for log in self.logs.values():
                    log.migrate()
        self.engine = Engine(root, threads=threads, hold=hold)
        self.lean: Final = Lean(root, self.engine)
        self._known = Known(self.logs["posts"])
        self._recovered: set[str] = set()
        self.gone: Final = Gone(root, self.logs["gone"])

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the one lock that writers share. Readers never take it."""
        with self._thread:
            try:
                with self._file:
                    yield
            except filelock.Timeout as error:
                raise InvalidInput("archive_busy", path=str(self.root), seconds=int(_LOCK_SECONDS)) from error

    # — writing —

    def append(
        self,
        source: str,
        posts: pa.Table,
        *,
        now: datetime,
        cursor: str | None = None,
        mentions: pa.Table | None = None,
        gone: pa.Table | None = None,
        counts: pa.Table | None = None,
        gaps: Sequence[Gap] = (),
        rejects: Sequence[Reject] = (),
    ) -> Appended:
        """Store one batch of ``source`` with the cursor that follows it, in one atomic step.

        ``posts`` has the columns of :data:`kalkan.posts.READ_POSTS`, ``mentions`` those of :data:`MENTIONS`. Returning
        is the acknowledgement: the rows are on the disk. Posts that are there already, or were deleted before, are left
        out and counted as repeats; a row with a later ``edited_at`` takes the place of the earlier version.

        :raises InvalidInput: the disk is full or the folder cannot be written; nothing of the batch exists then.
        """
        with self.alone():
            self._refresh("posts", "gone")
            self._recover(source)
            batch = self.logs["posts"].batch(source) + 1
            folded = fold_column(posts["text"])
            keys = keys_of(posts["id"])
            days = pc.strftime(posts["at"], format="%Y-%m-%d").to_pylist()
            edited = microseconds(posts["edited_at"])
            fresh = self._known.fresh(days, keys, edited) & ~np.isin(keys, self.gone.refused(now))
            rows = _with(posts, key=keys, folded=folded, source=source, batch=batch).filter(pa.array(fresh))
            told = _with(mentions if mentions is not None else empty(MENTIONS), source=source, batch=batch)
            told = self._fresh_mentions(told, rows)
            superseded = _superseded(rows)
            self._append_beside(source, batch, now, told, _gone_rows(gone, superseded), counts, gaps, rejects, rows)
            self._write_cursor(source, batch, cursor)
            log = self.logs["posts"]
            adds = log.write(rows)
            log.commit(adds, source=source, batch=batch)
            self._known.add(
                [day for day, new in zip(days, fresh, strict=True) if new],
                keys[fresh],
                edited[fresh],
                [add.path for add in adds],
            )
            self._drop_cursors(source, batch - 1)
            return Appended(posts=rows.num_rows, repeats=len(keys) - rows.num_rows, mentions=told.num_rows, batch=batch)

    def _append_beside(
        self,
        source: str,
        batch: int,
        now: datetime,
        mentions: pa.Table,
        gone: pa.Table,
        counts: pa.Table | None,
        gaps: Sequence[Gap],
        rejects: Sequence[Reject],
        posts: pa.Table,
    ) -> None:
        """Commit what goes with a batch of posts; it counts only once the posts are committed."""
        marks = {"source": source, "batch": batch}
        events = _events(gaps, rejects, now, network=source.split(":")[0])
        beside = {
            "mentions": mentions,
            "gone": _with(gone, key=keys_of(gone["id"]), added_at=self.gone.next_moment(now), **marks)
            if gone.num_rows
            else gone,
            "counts": _with(counts if counts is not None else empty(COUNTS), **marks),
            "events": _with(events, **marks),
        }
        for name, rows in beside.items():
            if rows.num_rows:
                log = self.logs[name]
                log.refresh()
                log.commit(log.write(rows))

    def _fresh_mentions(self, mentions: pa.Table, fresh: pa.Table) -> pa.Table:
        if mentions.num_rows == 0:
            return mentions
        keys = keys_of(mentions["id"])
        keep = np.isin(keys, as_ints(fresh["key"])) if fresh.num_rows else np.zeros(len(keys), dtype=bool)
        rows = _with(mentions, key=keys, folded=fold_column(mentions["text"]))
        return rows.filter(pa.array(keep))

    def add_mentions(self, mentions: pa.Table) -> int:
        """Store mentions found later in posts that are held already (a new watch); how many were new."""
        with self.alone():
            log = self.logs["mentions"]
            log.refresh()
            held = self.query("SELECT DISTINCT brand, id FROM mentions", tables=("mentions",))
            seen = set(zip(held["brand"].to_pylist(), held["id"].to_pylist(), strict=True))
            pairs = zip(mentions["brand"].to_pylist(), mentions["id"].to_pylist(), strict=True)
            rows = mentions.filter(pa.array([pair not in seen for pair in pairs], pa.bool_()))
            if rows.num_rows:
                rows = _with(rows, key=keys_of(rows["id"]), folded=fold_column(rows["text"]), batch=0)
                log.commit(log.write(rows))
            return int(rows.num_rows)

    def remove(self, gone: pa.Table, *, now: datetime) -> None:
        """Hide the posts (or authors) of ``gone``, a table of :data:`kalkan.posts.GONE`, from now on."""
        with self.alone():
            log = self.logs["gone"]
            log.refresh()
            added = self.gone.next_moment(now)
            rows = _with(gone, key=keys_of(gone["id"]), source="desk", batch=0, added_at=added)
            log.commit(log.write(rows))

    # — positions —

    def cursor(self, source: str) -> str | None:
        """The cursor that was stored with the last batch of ``source``.

        :raises ArchiveDamaged: the archive says there is one but its file is gone or broken.
        """
        self._refresh("posts")
        batch = self.logs["posts"].batch(source)
        if not batch:
            return None
        path = self._cursor_path(source, batch)
        try:
            found: str | None = json.loads(path.read_text(encoding="utf-8"))["cursor"]
        except (OSError, ValueError, KeyError) as error:
            raise ArchiveDamaged("archive_cursor_damaged", path=str(path), source=source) from error
        return found

    def _cursor_path(self, source: str, batch: int) -> Path:
        name = hashlib.sha256(source.encode()).hexdigest()[:24]
        return self.root / "cursors" / name / f"{batch}.json"

    def _write_cursor(self, source: str, batch: int, cursor: str | None) -> None:
        path = self._cursor_path(source, batch)
        try:
            path.parent.mkdir(exist_ok=True)
            draft = path.with_suffix(".tmp")
            with draft.open("w", encoding="utf-8") as handle:
                json.dump({"source": source, "batch": batch, "cursor": cursor}, handle)
                handle.flush()
                os.fsync(handle.fileno())
            draft.replace(path)
        except OSError as error:
            raise InvalidInput("archive_unwritable", path=str(path), detail=error.strerror or "") from error

    def _drop_cursors(self, source: str, before: int) -> None:
        for path in self._cursor_path(source, 0).parent.glob("*.json"):
            if path.stem.isdigit() and int(path.stem) < before:
                path.unlink(missing_ok=True)

    def _recover(self, source: str) -> None:
        """Take out what a writer of ``source`` that died left beside posts it never committed."""
        if source in self._recovered:
            return
        committed = self.logs["posts"].batch(source)
        for name in ("mentions", "gone", "counts", "events"):
            log = self.logs[name]
            log.refresh()
            by_path = dict(zip(log.paths(), log.files, strict=True))
            for path in self.engine.orphaned(list(by_path), source=source, after=committed):
                rows = read_file(path)
                orphan = pc.and_(pc.equal(rows["source"], source), pc.greater(rows["batch"], committed))
                log.commit(log.write(rows.filter(pc.invert(orphan))), [by_path[path]])
        self._recovered.add(source)

    # — asking —

    def query(
        self,
        sql: str,
        params: Sequence[Any] = (),
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        tables: Sequence[str] = ("mentions",),
    ) -> pa.Table:
        """Answer ``sql`` (DuckDB) over views of ``tables``: posts, mentions, readings, gone, counts, events.

        ``since`` ≤ at < ``until`` limits every view and the files that are opened. Each post is there once, in its
        latest version; what is deleted or erased is not there. Views have the columns as stored and ``day``.
        """
        self._refresh(*tables, "gone")
        logs = {name: self.logs[name] for name in tables}
        try:
            return self.engine.ask(sql, params, logs=logs, hidden=self.gone.hidden(), since=since, until=until)
        except ArchiveDamaged:
            if not self._refresh(*tables):  # a sweep may have taken a file away in between
                raise
            return self.engine.ask(sql, params, logs=logs, hidden=self.gone.hidden(), since=since, until=until)

    def query_lean(
        self,
        sql: str,
        params: Sequence[Any] = (),
        *,
        table: str,
        columns: Mapping[str, str],
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """Answer ``sql`` over the view ``lean``: of the rows of ``table``, ``at``, ``who`` and ``columns`` alone.

        ``columns`` maps names to SQL over a stored row; ``who`` is a 64-bit hash of the author. The rows are those of
        :meth:`query`, some twenty times quicker where there are millions: settled files keep a lean copy.
        """
        log = self.logs[table]
        for last in (False, True):
            self._refresh(table, "gone")
            hidden = self.gone.hidden()
            view = self.lean.view(log, columns, hidden, since, until)
            try:
                return self.engine.ask(sql, params, logs={table: log}, hidden=hidden, instead=view)
            except ArchiveDamaged:
                if last:
                    raise
                self.lean.forget()  # a sweep may have taken a file away in between
        raise AssertionError

    def export(self, table: str, out: Path, *, since: datetime | None = None, until: datetime | None = None) -> int:
        """Write a table as it is asked to ``out`` (Parquet, CSV or JSONL by suffix); how many rows.

        :raises InvalidInput: the suffix is none of the three, or the file cannot be written.
        """
        formats = {
            ".parquet": "FORMAT parquet, COMPRESSION zstd",
            ".csv": "FORMAT csv, HEADER",
            ".jsonl": "FORMAT json",
        }
        how = formats.get(out.suffix.lower())
        if how is None:
            raise InvalidInput("export_suffix", path=str(out))
        self._refresh(table, "gone")
        columns = ", ".join(f'"{name}"' for name in self.logs[table].schema.names if name not in ("key", "folded"))
        return self.engine.copy(
            f'SELECT {columns} FROM {table} ORDER BY "at"',
            out,
            how,
            logs={table: self.logs[table]},
            hidden=self.gone.hidden(),
            since=since,
            until=until,
        )

    def snapshot(self, folder: Path) -> None:
        """A whole, consistent copy of the archive in ``folder`` (made), by hard links where the disk allows.

        Writers wait only while names are linked, not while anything is read.
        """
        with self.alone():
            self._refresh(*STORED)
            for log in self.logs.values():
                for path in (*sorted((log.root / "_delta_log").iterdir()), *map(Path, log.paths())):
                    target = folder / path.relative_to(self.root)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if path.is_file():
                        _link(path, target)
            for path in (*sorted((self.root / "cursors").glob("*/*.json")), self.root / "swept.json"):
                if path.exists():
                    target = folder / path.relative_to(self.root)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    _link(path, target)

    @property
    def version(self) -> str:
        """Changes whenever any answer may change."""
        self._refresh(*STORED)
        return ".".join(str(log.version) for log in self.logs.values())

    def _refresh(self, *names: str) -> bool:
        with self._thread:
            changed = [self.logs[name].refresh() for name in dict.fromkeys(names)]
            return any(changed)


def open(root: Path, *, create: bool = True, threads: int = 2, hold: bool = False) -> Archive:
    """Open the archive at ``root``, making or migrating it when ``create``.

    ``hold`` keeps small tables that are asked for again and again in memory: for a process that serves pages.

    :raises InvalidInput: the folder cannot be written, or there is no archive and ``create`` is false.
    :raises ArchiveDamaged: there is one but its tables cannot be read.
    """
    return Archive(root, create=create, threads=threads, hold=hold)


def _link(path: Path, target: Path) -> None:
    try:
        target.hardlink_to(path)
    except OSError:
        shutil.copy2(path, target)


def keys_of(ids: pa.ChunkedArray) -> Ints:
    """:func:`kalkan.posts.key_of` for a column."""
    digests = b"".join(map(xxhash.xxh3_64_digest, pc.cast(ids, pa.binary()).to_pylist()))
    return np.frombuffer(digests, dtype=">i8").astype(np.int64)


def _with(rows: pa.Table, **columns: Any) -> pa.Table:
    """``rows`` with columns added or replaced: arrays as they are, single values repeated."""
    for name, value in columns.items():
        place = rows.schema.get_field_index(name)
        if isinstance(value, np.ndarray):
            value = pa.array(value)
        elif not isinstance(value, (pa.Array, pa.ChunkedArray)):
            kind = pa.timestamp("us", "UTC") if isinstance(value, datetime) else None
            value = pa.repeat(pa.scalar(value, kind), rows.num_rows)
        rows = rows.append_column(name, value) if place < 0 else rows.set_column(place, name, value)
    return rows


def _superseded(rows: pa.Table) -> pa.Table:
    """The deletions that edited posts bring for their own earlier versions."""
    edited = rows.filter(pc.is_valid(rows["edited_at"]))
    return pa.table(
        {
            "id": edited["id"],
            "network": edited["network"],
            "at": edited["edited_at"],
            "why": pa.repeat("edited", edited.num_rows),
        },
        schema=GONE,
    )


def _gone_rows(gone: pa.Table | None, superseded: pa.Table) -> pa.Table:
    return pa.concat_tables([gone if gone is not None else empty(GONE), superseded])


def _events(gaps: Sequence[Gap], rejects: Sequence[Reject], now: datetime, *, network: str) -> pa.Table:
    rows: list[dict[str, object]] = [
        {"network": network, "at": now, "kind": "gap", "code": gap.why, "n": 1, "since": gap.since, "until": gap.until}
        for gap in gaps
    ]
    rows += [
        {"network": network, "at": now, "kind": "reject", "code": one.kind, "n": one.n, "example": one.example[:500]}
        for one in rejects
    ]
    return pa.Table.from_pylist(rows, schema=EVENTS)


def utc_now() -> datetime:
    """The clock, for callers at the edge."""
    return datetime.now(UTC)
