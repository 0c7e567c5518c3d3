"""Readings beside the one a post was heard with: what a recipe has not read yet, and where its readings go.

Owns the table ``readings``. Promises that a version of a post has at most one reading by a recipe, however often a run
is broken off and begun again, that what :meth:`Readings.append` stores becomes visible in one step, and that a reading
of a post that is gone by then is not stored. Never replaces the reading that a post was heard with.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

import filelock
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.archive import Archive, keys_of
from kalkan.archive.known import Ints, as_ints, microseconds
from kalkan.archive.tables import READ_AGAIN, read_file
from kalkan.errors import Refused
from kalkan.posts import POSTS, READINGS, key_of

UNREAD: Final = pa.schema(
    [POSTS.field(name) for name in ("id", "network", "author_id", "at", "edited_at", "text", "langs")]
)
"""What a reader is handed of a post, and what its reading is filed under."""

_UNREAD_SQL: Final = ", ".join(f'p."{name}"' for name in UNREAD.names)
_MISSING: Final = (
    "p.recipe <> ?::VARCHAR AND NOT EXISTS (SELECT 1 FROM readings r WHERE r.recipe = ?::VARCHAR AND r.key = p.key"
    " AND r.edited_at IS NOT DISTINCT FROM p.edited_at)"
)
_SPREAD: Final = np.int64(-7046029254386353131)  # odd: every product is another one
_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A stretch of the archive that is read and stored at once; ``rows`` as its files say, gone ones included."""

    since: datetime
    until: datetime
    rows: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """What an append did: readings stored, and those left out (there already, or their post is gone)."""

    rows: int
    left_out: int


class Readings:
    """The table ``readings`` of an archive. Several processes may append; threads may share one."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    # — what is to be read —

    def steps(self, *, rows: int = 100_000) -> tuple[Step, ...]:
        """The whole archive in stretches of about ``rows`` posts, newest first: some days at once, or parts of one."""
        log = self._archive.logs["posts"]
        log.refresh()
        days: dict[str, int] = {}
        for file in log.files:
            days[file.day] = days.get(file.day, 0) + file.rows
        found: list[Step] = []
        for day, held in sorted(days.items(), reverse=True):
            begin = datetime.fromisoformat(day).replace(tzinfo=UTC)
            last = found[-1] if found else None
            if last is not None and last.rows + held <= rows:
                found[-1] = Step(since=begin, until=last.until, rows=last.rows + held)
                continue
            parts = max(1, -(-held // rows))
            length = timedelta(days=1) / parts
            for part in reversed(range(parts)):
                until = begin + timedelta(days=1) if part == parts - 1 else begin + (part + 1) * length
                found.append(Step(since=begin + part * length, until=until, rows=held // parts))
        return tuple(found)

    def unread(
        self, recipe: str, *, since: datetime | None, until: datetime | None, mentions: bool = False, limit: int = 0
    ) -> pa.Table:
        """The posts (or only ``mentions``, each once) of a period without a reading by ``recipe``; newest first.

        Columns of :data:`UNREAD`. ``limit`` 0 = all.
        """
        table = "mentions" if mentions else "posts"
        once = "DISTINCT ON (p.key, p.edited_at) " if mentions else ""
        sql = f"SELECT {once}{_UNREAD_SQL} FROM {table} p WHERE {_MISSING}"
        sql = f'SELECT * FROM ({sql}) ORDER BY "at" DESC, id{f" LIMIT {int(limit)}" if limit else ""}'
        tables = (table, "readings")
        found = self._archive.query(sql, [recipe, recipe], since=since, until=until, tables=tables)
        return found.cast(UNREAD)

    def read_by(self, recipe: str, *, brand: str, but: str, since: datetime | None, limit: int) -> pa.Table:
        """Mentions of ``brand`` as ``recipe`` read them, which the recipe ``but`` has not read; newest first.

        Columns of :data:`UNREAD` but the text, and of ``READINGS``: ready for :meth:`append` under another recipe.
        """
        kept = ", ".join(f'p."{name}"' for name in UNREAD.names if name not in ("text", "langs"))
        read = ", ".join(
            f"CASE WHEN b.recipe IS NULL THEN p.{name} ELSE b.{name} END AS {name}" for name in READINGS.names
        )
        sql = (
            f"SELECT {kept}, {read} FROM mentions p LEFT JOIN readings b ON b.recipe = ?::VARCHAR AND b.key = p.key"
            " AND b.edited_at IS NOT DISTINCT FROM p.edited_at"
            f" WHERE p.brand = ?::VARCHAR AND (p.recipe = ?::VARCHAR OR b.recipe IS NOT NULL) AND {_MISSING}"
            f' ORDER BY p."at" DESC LIMIT {int(limit)}'
        )
        given = [recipe, brand, recipe, but, but]
        return self._archive.query(sql, given, since=since, tables=("mentions", "readings"))

    def left(self, recipe: str, *, since: datetime | None, mentions: bool = False) -> int:
        """How many posts (or mentions) since then have no reading by ``recipe``."""
        table = "mentions" if mentions else "posts"
        sql = f"SELECT count(DISTINCT p.key)::BIGINT AS n FROM {table} p WHERE {_MISSING}"
        found = self._archive.query(sql, [recipe, recipe], since=since, tables=(table, "readings"))
        return int(found["n"][0].as_py())

    def files(self, step: Step) -> tuple[list[str], list[str]]:
        """The files that hold the posts of ``step``, and those that hold readings of them: for engines that open
        files themselves. They may hold rows that are gone; :meth:`append` leaves those out.
        """
        posts, readings = self._archive.logs["posts"], self._archive.logs["readings"]
        posts.refresh(), readings.refresh()
        until = step.until - _TICK
        return posts.paths(posts.between(step.since, until)), readings.paths(readings.between(step.since, until))

    @contextmanager
    def bench(self) -> Iterator[Path]:
        """An empty folder beside the tables for an engine that writes files; taken away afterwards.

        Only who holds :meth:`alone` may ask: what a run that was killed left there is taken away first.
        """
        parent = self._archive.root / "tmp"
        parent.mkdir(exist_ok=True)
        for left in parent.glob("readings-*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = Path(mkdtemp(prefix="readings-", dir=parent))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold what only one whole rereading may hold at a time.

        :raises Refused: another process reads the archive again just now.
        """
        lock = filelock.FileLock(str(self._archive.root / "reread.lock"), timeout=0)
        try:
            with lock:
                yield
        except filelock.Timeout as error:
            raise Refused("reread_running", path=str(self._archive.root)) from error

    @property
    def version(self) -> tuple[int, int]:
        """Changes whenever there may be something unread that was not there before."""
        for name in ("mentions", "readings"):
            self._archive.logs[name].refresh()
        return self._archive.logs["mentions"].version, self._archive.logs["readings"].version

    # — storing —

    def append(self, found: Iterable[pa.Table], *, now: datetime) -> Kept:
        """Store readings (columns of :data:`UNREAD` but the text, and of ``READINGS``) in one step.

        Tables are taken one after the other, so that memory holds one of them. Left out is what is there already and
        what belongs to a version of a post that the archive does not show (any more).

        :raises InvalidInput: the disk is full or the folder cannot be written; nothing of it exists then.
        """
        log = self._archive.logs["readings"]
        given = stored = 0
        seen = self._marks()
        adds = []
        taken: list[Ints] = []
        for rows in found:
            given += rows.num_rows
            fresh = self._fresh(_filed(rows, now), taken)
            stored += fresh.num_rows
            adds += log.write(fresh)
        with self._archive.alone():
            if self._marks() != seen:  # something came or went meanwhile: look again while nobody else writes
                again, stored, taken = [], 0, []
                for add in adds:
                    path = log.root / add.path
                    fresh = self._fresh(read_file(str(path)), taken)
                    stored += fresh.num_rows
                    again += log.write(fresh)
                    path.unlink()
                adds = again
            if adds:
                log.commit(adds)
        return Kept(rows=stored, left_out=given - stored)

    def _marks(self) -> tuple[int, int]:
        for name in ("gone", "readings"):
            self._archive.logs[name].refresh()
        return self._archive.logs["gone"].version, self._archive.logs["readings"].version

    def _fresh(self, rows: pa.Table, taken: list[Ints]) -> pa.Table:
        """The rows whose post stands in the archive and which this recipe has not read; each once, also over all
        that were ``taken`` before.
        """
        if rows.num_rows == 0:
            return rows
        ends = pc.min_max(rows["at"]).as_py()
        period: dict[str, Any] = {"since": ends["min"], "until": ends["max"] + _TICK}
        held = self._archive.query("SELECT key, edited_at FROM posts", tables=("posts",), **period)
        recipes = pc.unique(rows["recipe"]).to_pylist()
        wanted = ", ".join("?" * len(recipes))
        sql = f"SELECT key, edited_at, recipe FROM readings WHERE recipe IN ({wanted})"
        there = self._archive.query(sql, recipes, tables=("readings",), **period)
        mine = _read_as(rows)
        keep = np.isin(_versions(rows), _versions(held))
        for before in (_read_as(there), *taken):
            keep &= ~np.isin(mine, before)
        _, firsts = np.unique(mine, return_index=True)
        once = np.zeros(len(mine), bool)
        once[firsts] = True
        taken.append(mine[keep & once])
        return rows.filter(pa.array(keep & once))


def _filed(rows: pa.Table, now: datetime) -> pa.Table:
    """Readings as the table stores them."""
    rows = rows.append_column("read_at", pa.repeat(pa.scalar(now, READ_AGAIN.field("read_at").type), rows.num_rows))
    return rows.select(READ_AGAIN.names).cast(READ_AGAIN).append_column("key", pa.array(keys_of(rows["id"])))


def _versions(rows: pa.Table) -> Ints:
    """A number for each version of a post."""
    return as_ints(rows["key"]) ^ (microseconds(rows["edited_at"]) * _SPREAD)


def _read_as(rows: pa.Table) -> Ints:
    """A number for each version of a post and recipe."""
    coded = rows["recipe"].combine_chunks().dictionary_encode()
    names: Sequence[str] = coded.dictionary.to_pylist()
    recipes = np.array([key_of(name) for name in names], np.int64)
    if not len(recipes):
        return np.zeros(0, np.int64)
    turned: Ints = _versions(rows) * _SPREAD ^ recipes[coded.indices.to_numpy()]
    return turned
