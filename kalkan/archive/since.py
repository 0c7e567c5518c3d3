"""What was stored since one last looked: whole batches, in the order in which their posts were made.

Owns that reading. Promises that each batch of each source is given once, whole, after the one before it, however many
files a sweep made of them meanwhile; that a stretch can be asked for again and gives the same posts, less what has
been deleted since. Never writes, and looks into each file once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import pyarrow as pa

from kalkan.archive import Archive
from kalkan.archive.asking import read
from kalkan.archive.tables import File, Log
from kalkan.errors import ArchiveDamaged

_BEHIND: Final = ("posts", "mentions")


class Held(NamedTuple):
    """Part of a batch that one file holds."""

    source: str
    batch: int
    rows: int
    first: int  # microseconds since 1970


@dataclass(frozen=True, slots=True)
class Stretch:
    """For each source the batches after the first number up to the second."""

    batches: Mapping[str, tuple[int, int]]
    rows: int = 0

    def __bool__(self) -> bool:
        return bool(self.batches)


class _Some:
    """A table as if it held some of its files only: what the engine needs to know of one."""

    def __init__(self, log: Log, files: Sequence[File]) -> None:
        self.name, self.schema, self.root, self.files = log.name, log.schema, log.root, tuple(files)

    def between(self, since: object, until: object) -> list[File]:
        return list(self.files)

    def paths(self, files: Sequence[File] | None = None) -> list[str]:
        return [str(self.root / file.path) for file in (self.files if files is None else files)]


class Since:
    """Reads an archive forward. One for a reader; not shared between threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._held: dict[str, dict[str, list[Held]]] = {name: {} for name in _BEHIND}
        self._files: dict[str, tuple[File, ...]] = {}  # as last looked at: another thread may see newer ones meanwhile
        self._from: tuple[Mapping[str, int], date] = {}, date.min
        self.latest: dict[str, tuple[int, int]] = {}  # source → its last batch: first post (µs since 1970), rows

    def after(self, taken: Mapping[str, int], *, day: date, most: int, until: int | None = None) -> Stretch:
        """What comes after ``taken`` (source → its last batch): about ``most`` rows, the earliest posts first.

        Files of days before ``day`` are left alone: what comes that late is no news. ``until``: leave out batches that
        begin later, in microseconds since 1970.

        :raises ArchiveDamaged: a file cannot be read.
        """
        self._from = dict(taken), day
        self._look()
        for held_in in self._held.values():  # what is taken is not looked at again
            for path, parts_in in held_in.items():
                if parts_in:
                    held_in[path] = [one for one in parts_in if one.batch > taken.get(one.source, 0)]
        parts: dict[tuple[str, int], tuple[int, int]] = {}
        for held in self._held["posts"].values():
            for source, batch, rows, first in held:
                if batch > taken.get(source, 0):
                    had = parts.get((source, batch), (0, first))
                    parts[source, batch] = had[0] + rows, min(had[1], first)
        latest: dict[str, tuple[int, int]] = {}
        ordered = []
        for (source, batch), (rows, first) in sorted(parts.items()):
            first = max(latest.get(source, (first, 0))[0], first)  # a batch never comes before the one before it
            latest[source] = first, rows
            ordered.append((first, source, batch, rows))
        self.latest |= latest
        batches: dict[str, tuple[int, int]] = {}
        total = 0
        for first, source, batch, rows in sorted(ordered):
            if (until is not None and first > until) or (total and total + rows > most):
                break
            total += rows
            batches[source] = (taken.get(source, 0), batch)
        return Stretch(batches, total)

    def rows(self, stretch: Stretch, columns: Sequence[str]) -> tuple[pa.Table, pa.Table]:
        """The posts of a stretch (``columns`` of them) by ``at``, and its mentions: key, brand, kind, watch.

        What is deleted or erased is not among them.
        """
        try:
            return self._rows(stretch, columns)
        except ArchiveDamaged:  # a sweep may have taken a file away in between
            self._look()
            return self._rows(stretch, columns)

    def _rows(self, stretch: Stretch, columns: Sequence[str]) -> tuple[pa.Table, pa.Table]:
        chosen = ", ".join(f'"{name}"' for name in columns)
        posts = self._ask("posts", f'SELECT {chosen} FROM posts WHERE {{}} ORDER BY "at", key', stretch)
        mentions = self._ask("mentions", "SELECT key, brand, kind, watch FROM mentions WHERE {}", stretch)
        return posts, mentions

    def _ask(self, name: str, sql: str, stretch: Stretch) -> pa.Table:
        log, held = self._archive.logs[name], self._held[name]
        files = [
            file
            for file in self._files[name]
            if any(
                part.source in stretch.batches
                and stretch.batches[part.source][0] < part.batch <= stretch.batches[part.source][1]
                for part in held.get(file.path, ())
            )
        ]
        where = " OR ".join("(source = ? AND batch > ? AND batch <= ?)" for _ in stretch.batches)
        params = [value for source, ends in stretch.batches.items() for value in (source, *ends)]
        some: Any = {name: _Some(log, files)}
        hidden = self._archive.gone.hidden()
        return self._archive.engine.ask(sql.format(where or "false"), params, logs=some, hidden=hidden)

    def _look(self) -> None:
        """Note what the files hold that came since the last look."""
        taken, day = self._from
        for name in ("posts", "gone", "mentions"):  # posts first: their mentions were committed before them
            self._archive.logs[name].refresh()
        for name in _BEHIND:
            log, held = self._archive.logs[name], self._held[name]
            files = self._files[name] = log.files
            live = {file.path for file in files}
            for path in held.keys() - live:
                del held[path]
            new = [file for file in files if file.path not in held and file.day >= day.isoformat()]
            found: dict[str, list[Held]] = {file.path: [] for file in new}
            for path, one in self._inside(log, new):
                if one.batch > taken.get(one.source, 0):
                    found[path].append(one)
            held.update(found)

    def _inside(self, log: Log, files: Sequence[File]) -> list[tuple[str, Held]]:
        if not files:
            return []
        paths = log.paths(files)
        listed = read(paths).replace("union_by_name = true", "union_by_name = true, filename = true")
        sql = (
            'SELECT filename, source, batch, count(*) AS n, min(epoch_us("at")) AS first'
            f" FROM {listed} WHERE batch > 0 GROUP BY ALL"
        )
        try:
            rows = self._archive.engine.scan(sql)
        except Exception as error:
            path = next((path for path in paths if path in str(error)), "")
            raise ArchiveDamaged("archive_file_damaged", path=path, detail=str(error).splitlines()[0][:200]) from error
        root = str(log.root) + "/"
        return [
            (row["filename"].removeprefix(root), Held(row["source"], row["batch"], row["n"], row["first"]))
            for row in rows.to_pylist()
        ]
