"""Keeping the archive tidy: many small files into few, what is gone off the disk, old files away.

Promises that no row is lost or doubled by it, that readers and writers go on meanwhile, and that a sweep that dies
leaves nothing but files nobody reads. Never decides what is gone: that stands in the table ``gone``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import filelock
import pyarrow as pa
import pyarrow.compute as pc
from deltalake.exceptions import DeltaError

from kalkan.archive import Archive
from kalkan.archive.asking import Hidden
from kalkan.archive.gone import REMEMBERED
from kalkan.archive.tables import File, Log, read_file
from kalkan.posts import GONE

_TIER: Final = 8  # so many files of a size make one of the next
_MOST_ROWS: Final = 250_000  # a merge holds its rows in memory, some 1.5 KB each
_GRACE_HOURS: Final = 1  # readers that began before a sweep may still open its inputs
_ORPHAN_SECONDS: Final = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Swept:
    """What a sweep did, in files and rows."""

    merged: int = 0
    written: int = 0
    removed_rows: int = 0
    deleted_files: int = 0


def compact(archive: Archive, *, now: datetime, everything: bool = False) -> Swept:
    """Take what is gone off the disk, merge small files, delete files that left the log an hour ago.

    Files of one day are merged when eight of a size have come together; a day that is over, or ``everything``, becomes
    as few files as its size allows. Only one sweep runs at a time; a second one returns at once.
    """
    lock = filelock.FileLock(str(archive.root / "sweep.lock"), timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        return Swept()
    try:
        removed, rewritten = _take_out(archive, now)
        _forget(archive, now)
        merged = written = 0
        closed = (now - timedelta(days=1)).date().isoformat()
        for log in archive.logs.values():
            log.refresh()
            for group in _groups(log.files, closed=closed, everything=everything):
                if _merge(archive, log, group):
                    merged, written = merged + len(group), written + 1
        deleted = sum(log.vacuum(hours=0 if removed else _GRACE_HOURS) for log in archive.logs.values())
        deleted += sum(_drop_orphans(log) for log in archive.logs.values()) + archive.lean.sweep(archive.logs)
        return Swept(merged=merged + rewritten, written=written, removed_rows=removed, deleted_files=deleted)
    finally:
        lock.release()


def erase(archive: Archive, ids: Sequence[str], *, now: datetime) -> int:
    """Erase posts for good: out of every answer at once, off the disk before this returns; how many rows it were."""
    rows = [{"id": one, "network": one.split(":", 1)[0], "at": now, "why": "erased"} for one in ids]
    archive.remove(pa.Table.from_pylist(rows, schema=GONE), now=now)
    return compact(archive, now=now).removed_rows


def _groups(files: Sequence[File], *, closed: str, everything: bool) -> Iterator[list[File]]:
    """Which files to merge: a day's files of one size class, or all of a day that is over."""
    days: dict[str, list[File]] = {}
    for file in files:
        if file.rows < _MOST_ROWS // 2:
            days.setdefault(file.day, []).append(file)
    for day, found in sorted(days.items()):
        if everything or day < closed:
            yield from _fill(found)
            continue
        tiers: dict[int, list[File]] = {}
        for file in found:
            tier = 0
            while file.rows > 1000 * _TIER**tier:
                tier += 1
            tiers.setdefault(tier, []).append(file)
        for group in tiers.values():
            if len(group) >= _TIER:
                yield from _fill(group)


def _fill(files: Sequence[File]) -> Iterator[list[File]]:
    """``files`` in groups of at most a quarter of a million rows, leaving alone what has nothing to be merged with."""
    group: list[File] = []
    rows = 0
    for file in sorted(files, key=lambda file: file.path):
        if group and rows + file.rows > _MOST_ROWS:
            if len(group) > 1:
                yield group
            group, rows = [], 0
        group.append(file)
        rows += file.rows
    if len(group) > 1:
        yield group


def _merge(archive: Archive, log: Log, files: Sequence[File]) -> bool:
    rows = pa.concat_tables([read_file(path) for path in log.paths(files)], promote_options="default")
    return _replace(archive, log, files, rows, changes=False)


def _replace(archive: Archive, log: Log, files: Sequence[File], rows: pa.Table, *, changes: bool) -> bool:
    """Put ``rows`` in the place of ``files``; false when another process was there first.

    Writers wait for the commit alone: Delta refuses an append that was prepared before a removal and committed after.
    """
    adds = log.write(_filled(rows, log.schema))
    try:
        with archive.alone():
            log.refresh()
            if set(files) <= set(log.files):
                log.commit(adds, files, changes=changes)
                return True
    except DeltaError:
        log.refresh()
    for add in adds:
        (log.root / add.path).unlink(missing_ok=True)
    return False


def _filled(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """``rows`` with columns that their files were too old to have, as null."""
    for column in schema:
        if column.name not in rows.column_names:
            rows = rows.append_column(column, pa.nulls(rows.num_rows, column.type))
    return rows.select(schema.names)


def _take_out(archive: Archive, now: datetime) -> tuple[int, int]:
    """Rewrite the files that hold rows now hidden, without them; how many rows and files that were."""
    with archive.alone():  # no deletion may slip in between the list and the mark
        archive.logs["gone"].refresh()
        hidden = archive.gone.hidden()
        newest = archive.gone.rows()["added_at"]
        mark = pc.max(newest).as_py() if len(newest) else None
    if mark is None or not hidden.clause():
        return 0, 0
    removed = rewritten = 0
    for name in ("readings", "mentions", "posts"):
        log = archive.logs[name]
        log.refresh()
        for file in log.files:
            rows = read_file(log.paths([file])[0])
            keep = _kept(rows, hidden)
            lost = rows.num_rows - int(pc.sum(keep).as_py() or 0)
            if not lost:
                continue
            if not _replace(archive, log, [file], rows.filter(keep), changes=True):
                return removed, rewritten  # leave the mark: the next sweep begins again
            removed, rewritten = removed + lost, rewritten + 1
    archive.gone.sweep_done(mark, now=now)
    return removed, rewritten


def _forget(archive: Archive, now: datetime) -> None:
    """Drop deletions that no network can bring back any more; what a person erased is remembered for good."""
    swept = archive.gone.swept_until()
    log = archive.logs["gone"]
    log.refresh()
    limit = (now - REMEMBERED).date().isoformat()
    for file in [file for file in log.files if file.day < limit]:
        rows = read_file(log.paths([file])[0])
        old = pc.not_equal(rows["why"], "erased")
        if swept is not None:
            old = pc.and_(old, pc.less_equal(rows["added_at"], pa.scalar(swept, rows["added_at"].type)))
        if swept is not None and pc.any(old).as_py():
            _replace(archive, log, [file], rows.filter(pc.invert(old)), changes=True)


def _kept(rows: pa.Table, hidden: Hidden) -> pa.ChunkedArray:
    """Which rows of a file are not hidden."""
    gone = pc.is_in(rows["key"], value_set=hidden.keys["key"].combine_chunks())
    gone = pc.or_(gone, pc.is_in(rows["author_id"], value_set=hidden.authors["author_id"].combine_chunks()))
    if hidden.edits.num_rows:
        latest = pc.index_in(rows["key"], value_set=hidden.edits["key"].combine_chunks())
        newer = pc.take(hidden.edits["at"].combine_chunks(), latest)
        older = pc.or_kleene(pc.is_null(rows["edited_at"]), pc.less(rows["edited_at"], newer))
        gone = pc.or_(gone, pc.and_(pc.is_valid(newer), pc.fill_null(older, False)))
    return pc.invert(gone)


def _drop_orphans(log: Log, clock: Callable[[], float] = time.time) -> int:
    """Delete files that no log ever named: what writers that died left behind. Young ones may be a living writer's."""
    live = {file.path for file in log.files}
    dropped = 0
    for path in log.root.glob("day=*/*"):
        named = f"{path.parent.name}/{path.name}" in live
        if not named and clock() - path.stat().st_mtime > _ORPHAN_SECONDS:
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped
