"""What the archive already holds, as sorted keys a day: how each post is stored once, however often it arrives.

A post's ``at`` never changes between two deliveries of it, so its day tells where to look. The index is loaded from the
``key`` column of that day's files, kept for the days last asked about, and follows what other processes append.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kalkan.archive.tables import File, Log
from kalkan.errors import ArchiveDamaged

_MOST_KEYS: Final = 20_000_000  # 160 MB

Ints = np.ndarray[Any, np.dtype[np.int64]]


class _Day:
    """The keys of one day as sorted runs, and for edited posts the time of the latest version."""

    def __init__(self) -> None:
        self.paths: set[str] = set()
        self.runs: list[Ints] = []
        self.edits: dict[int, int] = {}

    def add(self, keys: Ints, edited: Ints) -> None:
        self.runs.append(np.sort(keys))
        for position in np.flatnonzero(edited):
            key, when = int(keys[position]), int(edited[position])
            self.edits[key] = max(when, self.edits.get(key, 0))
        while len(self.runs) > 1 and len(self.runs[-2]) < 2 * len(self.runs[-1]):  # so each key is merged rarely
            latest = self.runs.pop()  # a file that a sweep merged brings known keys again
            self.runs[-1] = np.unique(np.concatenate([self.runs[-1], latest]))

    def has(self, keys: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
        found = np.zeros(len(keys), dtype=bool)
        for run in self.runs:
            places = np.searchsorted(run, keys)
            places[places == len(run)] = 0
            found |= run[places] == keys if len(run) else False
        return found

    @property
    def size(self) -> int:
        return sum(len(run) for run in self.runs)


class Known:
    """The keys of the days last asked about. One for a writer; not shared between threads."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._days: OrderedDict[str, _Day] = OrderedDict()

    def fresh(self, days: Sequence[str], keys: Ints, edited: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which rows are new: an id not held yet, or a later version of one that is.

        ``edited`` holds microseconds since the epoch, 0 for a first version. Rows are taken in their order, so of two
        equal rows in one batch the first is fresh.
        """
        mask = np.zeros(len(keys), dtype=bool)
        names = np.asarray(days)
        for day in np.unique(names):
            rows = np.flatnonzero(names == day)
            held = self._load(str(day))
            mask[rows] = self._fresh_in(held, keys[rows], edited[rows])
        return mask

    @staticmethod
    def _fresh_in(held: _Day, keys: Ints, edited: Ints) -> np.ndarray[Any, np.dtype[np.bool_]]:
        mask = np.zeros(len(keys), dtype=bool)
        plain = edited == 0
        _, firsts = np.unique(np.where(plain, keys, 0), return_index=True)
        mask[firsts] = True
        mask &= plain & ~held.has(keys)
        if plain.all():
            return mask
        latest = dict(held.edits)  # a later version counts once, and an older one that comes late not at all
        for position in np.flatnonzero(~plain):
            key, when = int(keys[position]), int(edited[position])
            if when > latest.get(key, 0):
                mask[position] = True
                latest[key] = when
        return mask

    def add(self, days: Sequence[str], keys: Ints, edited: Ints, paths: Sequence[str]) -> None:
        """Note rows that were just committed in the files ``paths``."""
        names = np.asarray(days)
        for day in np.unique(names):
            rows = names == day
            held = self._days.get(str(day))
            if held is not None:
                held.add(keys[rows], edited[rows])
                held.paths.update(path for path in paths if path.startswith(f"day={day}/"))

    def _load(self, day: str) -> _Day:
        held = self._days.get(day)
        if held is None:
            held = self._days[day] = _Day()
        self._days.move_to_end(day)
        unread = [file for file in self._log.files if file.day == day and file.path not in held.paths]
        for file in unread:
            held.add(*_keys_of(self._log, file))
            held.paths.add(file.path)
        while len(self._days) > 1 and sum(one.size for one in self._days.values()) > _MOST_KEYS:
            self._days.popitem(last=False)
        return held


def _keys_of(log: Log, file: File) -> tuple[Ints, Ints]:
    path = log.root / file.path
    try:
        rows = pq.read_table(path, columns=["key", "edited_at"], partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveDamaged("archive_file_damaged", path=str(path), detail=str(error)[:200]) from error
    return as_ints(rows["key"]), microseconds(rows["edited_at"])


def as_ints(column: pa.ChunkedArray) -> Ints:
    """An int64 column without nulls as NumPy."""
    return np.asarray(column.to_numpy(), dtype=np.int64)


def microseconds(column: pa.ChunkedArray) -> Ints:
    """A timestamp column as microseconds since the epoch, 0 for null."""
    return as_ints(pc.fill_null(pc.cast(column, pa.int64()), 0))
