"""The book of stories: one SQLite file that the follower writes and pages read, and the follower's checkpoints beside.

Owns both. Promises that a step (its stories, alarms, curves, members, and how far it has listened) becomes visible
whole or not at all, that an alarm is entered once, that what is taken out is overwritten on the disk, and that damage
is told. Holds no text and no author of a post, only keys and ids. Never decides what a story is.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.posts import UTC_US
from kalkan.stories.bands import band, curve_table
from kalkan.stories.budget import Judged, tune
from kalkan.stories.entering import MOST_MEMBERS, Step, dump
from kalkan.stories.erasing import without
from kalkan.stories.record import AlarmRow, Budget, StoryRow, from_json
from kalkan.stories.times import minute_of, moment_of

Ints = npt.NDArray[np.int64]

VERSION: Final = 1
FILE: Final = "stories.sqlite3"
A_WEEK: Final = 1.0  # false alarms a week and scope, until a team says otherwise
A_WEEK_OF_A_MARKET: Final = 0.25
_KEPT: Final = timedelta(days=400)
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS story (
    id TEXT PRIMARY KEY, scope TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, gravity INTEGER NOT NULL,
    began INTEGER NOT NULL, told INTEGER NOT NULL, last INTEGER NOT NULL, n INTEGER NOT NULL, authors INTEGER NOT NULL,
    into_story TEXT NOT NULL, langs TEXT NOT NULL, networks TEXT NOT NULL, watches TEXT NOT NULL, row TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS story_last ON story (last);
CREATE TABLE IF NOT EXISTS curve (
    story TEXT NOT NULL, minute INTEGER NOT NULL, posts INTEGER NOT NULL, authors INTEGER NOT NULL,
    PRIMARY KEY (story, minute)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS member (
    story TEXT NOT NULL, key INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (story, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS member_key ON member (key);
CREATE TABLE IF NOT EXISTS alarm (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, story TEXT NOT NULL, scope TEXT NOT NULL,
    at INTEGER NOT NULL, late INTEGER NOT NULL, judged TEXT NOT NULL DEFAULT '', judged_at INTEGER, row TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS alarm_story ON alarm (story);
CREATE TABLE IF NOT EXISTS scope_curve (
    scope TEXT NOT NULL, minute INTEGER NOT NULL, authors REAL NOT NULL, usual REAL NOT NULL, low REAL NOT NULL,
    high REAL NOT NULL, PRIMARY KEY (scope, minute)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS budget (scope TEXT PRIMARY KEY, a_week REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS step (seq INTEGER PRIMARY KEY AUTOINCREMENT, taken TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


def open(folder: Path) -> Book:
    """The book in ``folder``, made where there is none. Several processes may hold it; one of them follows.

    :raises InvalidInput: the folder cannot be written, or a newer Kalkan wrote the book.
    :raises ArchiveDamaged: what is there is no such book.
    """
    return Book(folder)


class Book:
    """An open book. Threads may share it: each question has a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput("archive_unwritable", path=str(folder), detail=error.strerror or "") from error
        with self._writing() as book:
            found = int(book.execute("PRAGMA user_version").fetchone()[0])
            if found > VERSION:
                raise InvalidInput("archive_newer", path=str(self.path), found=found, known=VERSION)
            if found < VERSION:
                for statement in _TABLES.split(";"):
                    book.execute(statement)
                book.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def _asking(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=20.0, isolation_level=None)) as book:
                book.execute("PRAGMA secure_delete = ON")
                book.execute("PRAGMA synchronous = FULL")
                yield book
        except sqlite3.OperationalError as error:
            raise InvalidInput("archive_unwritable", path=str(self.path), detail=str(error)) from error
        except sqlite3.DatabaseError as error:
            raise ArchiveDamaged("stories_damaged", detail=str(error)[:200]) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone among writers."""
        with self._asking() as book:
            book.execute("PRAGMA journal_mode = WAL")
            book.execute("BEGIN IMMEDIATE")
            try:
                yield book
            except BaseException:
                book.execute("ROLLBACK")
                raise
            book.execute("COMMIT")

    # — what pages ask —

    def stories(
        self,
        *,
        scope: str | None = None,
        states: Sequence[str] = (),
        gravity: int = 0,
        lang: str | None = None,
        network: str | None = None,
        watch: str | None = None,
        since: datetime | None = None,
        limit: int = 200,
    ) -> tuple[StoryRow, ...]:
        """Stories that last were spoken of at or after ``since``, those still told first, then the latest.

        ``scope``: one of them, exactly; ``watch``: a scope (``brand:findik``, ``peer:…``) that the story's posts name,
        or its own scope; ``lang`` and ``network``: where part of it is told. Merged ones are left out.
        """
        wheres, params = ["into_story = ''", "gravity >= ?"], [gravity]  # type: list[str], list[Any]
        if scope is not None:
            wheres.append("scope = ?")
            params.append(scope)
        if states:
            wheres.append(f"state IN ({', '.join('?' * len(states))})")
            params += states
        if since is not None:
            wheres.append("last >= ?")
            params.append(minute_of(since))
        for column, value in (("langs", lang), ("networks", network), ("watches", watch)):
            if value is not None:
                either = " OR scope = ?" if column == "watches" else ""
                wheres.append(f"(instr({column}, ?) > 0{either})")
                params += [f"\n{value}\n", *([value] if either else [])]
        order = "CASE state WHEN 'rising' THEN 0 WHEN 'closed' THEN 2 ELSE 1 END, last DESC, n DESC, id"
        with self._asking() as book:
            rows = book.execute(
                f"SELECT row FROM story WHERE {' AND '.join(wheres)} ORDER BY {order} LIMIT ?", [*params, limit]
            ).fetchall()
        return tuple(_story(row[0]) for row in rows)

    def story(self, id: str) -> StoryRow | None:
        """One story, also a merged or closed one; None where there is none of that id."""
        with self._asking() as book:
            row = book.execute("SELECT row FROM story WHERE id = ?", [id]).fetchone()
        return _story(row[0]) if row else None

    def parts(self, id: str) -> tuple[str, ...]:
        """The ids of stories that were merged into this one."""
        with self._asking() as book:
            rows = book.execute("SELECT id FROM story WHERE into_story = ? ORDER BY id", [id]).fetchall()
        return tuple(row[0] for row in rows)

    def curve(self, id: str, *, step: int = 20) -> pa.Table:
        """The story in bins of ``step`` minutes, none left out from its first to its last: ``at``, ``posts``,
        ``authors`` (people a minute, added up), ``usual``, ``low``, ``high`` (authors; 95 % of usual bins)."""
        with self._asking() as book:
            rows = book.execute(
                "SELECT minute, posts, authors FROM curve WHERE story = ? ORDER BY minute", [id]
            ).fetchall()
        story = self.story(id)
        found = np.array(rows, dtype=np.int64).reshape(-1, 3)
        if story is None or not len(found):
            return curve_table(np.zeros(0, np.int64), np.zeros((2, 0)), np.zeros((3, 0)))
        first, last = int(found[0, 0]) // step, int(found[-1, 0]) // step
        bins = found[:, 0] // step - first
        sums = np.array([np.bincount(bins, weights=found[:, at], minlength=last - first + 1) for at in (1, 2)])
        usual = np.full(sums.shape[1], story.usual_per_hour * step / 60)
        return curve_table((np.arange(sums.shape[1]) + first) * step, sums, np.array([usual, *band(usual)]))

    def sparklines(
        self, ids: Sequence[str], *, until: datetime, hours: int = 24, bins: int = 48
    ) -> dict[str, list[int]]:
        """Posts of each story in ``bins`` equal stretches of the ``hours`` before ``until``; zeros where silent."""
        end = minute_of(until)
        begin = end - hours * 60
        marks = ", ".join("?" * len(ids))
        with self._asking() as book:
            rows = book.execute(
                f"SELECT story, (minute - ?) * ? / ?, sum(posts) FROM curve WHERE story IN ({marks})"
                " AND minute >= ? AND minute < ? GROUP BY 1, 2",
                [begin, bins, hours * 60, *ids, begin, end],
            ).fetchall()
        found = {id: [0] * bins for id in ids}
        for story, at, posts in rows:
            found[story][at] = posts
        return found

    def members(self, id: str, *, limit: int = MOST_MEMBERS) -> pa.Table:
        """The story's posts as ``key`` (the archive's column of that name) and ``at``, newest first. A hundred
        thousand are kept of a story. Ask the archive with ``since``/``until`` about the first and last ``at``."""
        with self._asking() as book:
            rows = book.execute(
                "SELECT key, at FROM member WHERE story = ? ORDER BY at DESC, key LIMIT ?", [id, limit]
            ).fetchall()
        found = np.array(rows, dtype=np.int64).reshape(-1, 2)
        at = pa.array(found[:, 1] * 60_000_000).cast(UTC_US)
        return pa.table({"key": pa.array(found[:, 0]), "at": at})

    def alarms(
        self,
        *,
        after: int = 0,
        story: str | None = None,
        scope: str | None = None,
        since: datetime | None = None,
        late: bool = True,
        newest_first: bool = True,
        limit: int = 200,
    ) -> tuple[AlarmRow, ...]:
        """Alarms with a ``seq`` above ``after``. To deliver each once, go on from the last ``seq`` with ``late=False``
        and ``newest_first=False``."""
        wheres, params = ["seq > ?"], [after]  # type: list[str], list[Any]
        for column, value in (("story", story), ("scope", scope)):
            if value is not None:
                wheres.append(f"{column} = ?")
                params.append(value)
        if since is not None:
            wheres.append("at >= ?")
            params.append(minute_of(since))
        if not late:
            wheres.append("late = 0")
        order = "DESC" if newest_first else "ASC"
        with self._asking() as book:
            rows = book.execute(
                f"SELECT seq, judged, row FROM alarm WHERE {' AND '.join(wheres)} ORDER BY seq {order} LIMIT ?",
                [*params, limit],
            ).fetchall()
        return tuple(_alarm(*row) for row in rows)

    def alarm(self, seq: int) -> AlarmRow | None:
        """One alarm by its number."""
        with self._asking() as book:
            row = book.execute("SELECT seq, judged, row FROM alarm WHERE seq = ?", [seq]).fetchone()
        return _alarm(*row) if row else None

    def scopes(self) -> tuple[str, ...]:
        """Every scope that has a curve, a story or an alarm."""
        with self._asking() as book:
            rows = book.execute(
                "SELECT scope FROM scope_curve UNION SELECT scope FROM story UNION SELECT scope FROM alarm ORDER BY 1"
            ).fetchall()
        return tuple(row[0] for row in rows)

    def scope_curve(self, scope: str, *, since: datetime, until: datetime, step: int = 5) -> pa.Table:
        """How much is said of a brand, peer, topic or market: as :meth:`curve`, ``posts`` being null."""
        with self._asking() as book:
            rows = book.execute(
                "SELECT minute, authors, usual, low, high FROM scope_curve"
                " WHERE scope = ? AND minute >= ? AND minute < ? ORDER BY minute",
                [scope, minute_of(since), minute_of(until)],
            ).fetchall()
        found = np.array(rows, dtype=np.float64).reshape(-1, 5)
        at, which = np.unique(found[:, 0].astype(np.int64) // step, return_inverse=True)
        sums = np.array([np.bincount(which, weights=found[:, one], minlength=len(at)) for one in range(1, 5)])
        lines = sums[1:] if step <= 5 else np.array([sums[1], *band(sums[1])])
        return curve_table(at * step, np.array([np.full(len(at), np.nan), sums[0]]), lines)

    def followed_until(self) -> datetime | None:
        """The end of the last minute that was followed, in the stream's time; None before the first."""
        found = self.mark("minute")
        return None if found is None else moment_of(int(found) + 1)

    # — what a team says of alarms —

    def judge(self, seq: int, judged: str, *, at: datetime) -> None:
        """``useful``, ``false``, or empty to take it back: what the budget learns from.

        :raises InvalidInput: another word, or no such alarm.
        """
        if judged not in ("", "useful", "false"):
            raise InvalidInput("alarm_judged_how", given=judged)
        with self._writing() as book:
            done = book.execute(
                "UPDATE alarm SET judged = ?, judged_at = ? WHERE seq = ?", [judged, minute_of(at), seq]
            )
            if not done.rowcount:
                raise InvalidInput("alarm_unknown", given=seq)

    def set_budget(self, scope: str, a_week: float) -> None:
        """How many false alarms a week a scope may cost: 0.1 to 50.

        :raises InvalidInput: outside of that.
        """
        if not 0.1 <= a_week <= 50:
            raise InvalidInput("alarm_budget_range", given=a_week)
        with self._writing() as book:
            book.execute("INSERT OR REPLACE INTO budget VALUES (?, ?)", [scope, a_week])

    def budget(self, scope: str, *, now: datetime) -> Budget:
        """The scope's budget and the margin that its judged alarms of the last eight weeks lead to."""
        with self._asking() as book:
            row = book.execute("SELECT a_week FROM budget WHERE scope = ?", [scope]).fetchone()
            rows = book.execute(
                "SELECT at, judged FROM alarm WHERE scope = ? AND late = 0 AND at >= ?",
                [scope, minute_of(now - timedelta(weeks=8))],
            ).fetchall()
        judged = [Judged(at=moment_of(at), judged=word) for at, word in rows]
        plain = A_WEEK_OF_A_MARKET if scope.startswith("market:") else A_WEEK
        return tune(scope, judged, a_week=row[0] if row else plain, now=now)

    # — what the follower writes —

    @contextmanager
    def step(self, taken: Mapping[str, Any], *, minute: int | None) -> Iterator[Step]:
        """One step of following, all or nothing. ``taken``: what it took, so that it can be taken in the same way."""
        with self._writing() as book:
            yield Step(book)
            book.execute("INSERT INTO step (taken) VALUES (?)", [json.dumps(taken)])
            if minute is not None:
                book.execute("INSERT OR REPLACE INTO mark VALUES ('minute', ?)", [str(minute)])

    def mark(self, name: str) -> str | None:
        """A word the follower left for itself."""
        with self._asking() as book:
            row = book.execute("SELECT value FROM mark WHERE name = ?", [name]).fetchone()
        return row[0] if row else None

    def steps(self) -> list[tuple[int, dict[str, Any]]]:
        """Steps taken since the checkpoint, in order."""
        with self._asking() as book:
            return [(seq, json.loads(taken)) for seq, taken in book.execute("SELECT seq, taken FROM step ORDER BY seq")]

    def keep(self, state: bytes, *, taken: Mapping[str, Any], upto: int) -> None:
        """Put a checkpoint in the place of the last one; steps up to number ``upto`` are in it.

        :raises InvalidInput: the disk is full.
        """
        digest = hashlib.sha256(state).hexdigest()
        path = self.folder / f"checkpoint-{digest[:32]}.arrow"
        draft = path.with_suffix(".tmp")
        try:
            with draft.open("wb") as handle:
                handle.write(state)
                handle.flush()
                os.fsync(handle.fileno())
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise InvalidInput("archive_unwritable", path=str(path), detail=error.strerror or "") from error
        note = json.dumps({"file": path.name, "sha256": digest, "taken": dict(taken)})
        with self._writing() as book:
            book.execute("INSERT OR REPLACE INTO mark VALUES ('checkpoint', ?)", [note])
            book.execute("DELETE FROM step WHERE seq <= ?", [upto])
        for other in self.folder.glob("checkpoint-*"):
            if other.name != path.name:
                other.unlink(missing_ok=True)

    def kept(self) -> tuple[bytes, dict[str, Any]] | None:
        """The last checkpoint and what it covers; None where there is none.

        :raises ArchiveDamaged: it is missing or not what was kept.
        """
        note = self.mark("checkpoint")
        if note is None:
            return None
        record = json.loads(note)
        try:
            state = (self.folder / record["file"]).read_bytes()
        except OSError as error:
            raise ArchiveDamaged("stories_damaged", detail=record["file"]) from error
        if hashlib.sha256(state).hexdigest() != record["sha256"]:
            raise ArchiveDamaged("stories_damaged", detail=record["file"])
        return state, record["taken"]

    @contextmanager
    def entry(self) -> Iterator[Step]:
        """Enter rows that belong to steps already taken, all or nothing."""
        with self._writing() as book:
            yield Step(book)

    def forget(self, keys: Ints) -> set[str]:
        """Take posts out of members, examples and carriers; the stories they were of. ``keys``: the archive's."""
        touched: set[str] = set()
        gone = set(keys.tolist())
        with self._writing() as book:
            for key in keys.tolist():
                touched.update(row[0] for row in book.execute("SELECT story FROM member WHERE key = ?", [key]))
                book.execute("DELETE FROM member WHERE key = ?", [key])
            for story in touched:
                row = book.execute("SELECT row FROM story WHERE id = ?", [story]).fetchone()
                left = book.execute("SELECT count(*) FROM member WHERE story = ?", [story]).fetchone()[0]
                if row:
                    kept = without(json.loads(row[0]), gone)
                    if left < 3:  # nobody's words are left to stand for it
                        kept |= {"title": "", "terms": []}
                    book.execute("UPDATE story SET row = ? WHERE id = ?", [dump(kept), story])
                for seq, text in book.execute("SELECT seq, row FROM alarm WHERE story = ?", [story]).fetchall():
                    kept = without(json.loads(text), gone)
                    if left < 3:
                        kept |= {"title": "", "terms": []}
                    book.execute("UPDATE alarm SET row = ? WHERE seq = ?", [dump(kept), seq])
        if touched:
            with self._asking() as book:
                book.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return touched

    def prune(self, *, now: datetime) -> None:
        """Let go of what closed more than four hundred days ago."""
        old = minute_of(now - _KEPT)
        with self._writing() as book:
            for table in ("curve", "member", "alarm"):
                book.execute(
                    f"DELETE FROM {table} WHERE story IN (SELECT id FROM story WHERE state = 'closed' AND last < ?)",
                    [old],
                )
            book.execute("DELETE FROM story WHERE state = 'closed' AND last < ?", [old])
            book.execute("DELETE FROM scope_curve WHERE minute < ?", [old])

    def snapshot(self, folder: Path) -> None:
        """A whole copy of the book and its checkpoint in ``folder`` (made), taken while it is written."""
        folder.mkdir(parents=True, exist_ok=True)
        for _ in range(5):  # a checkpoint may be replaced meanwhile
            with self._asking() as here, closing(sqlite3.connect(folder / FILE)) as there:
                here.backup(there)
                row = there.execute("SELECT value FROM mark WHERE name = 'checkpoint'").fetchone()
            if row is None:
                return
            name = json.loads(row[0])["file"]
            try:
                (folder / name).write_bytes((self.folder / name).read_bytes())
            except FileNotFoundError:
                continue
            return
        raise ArchiveDamaged("stories_damaged", detail="checkpoint")


def _story(text: str) -> StoryRow:
    return from_json(StoryRow, json.loads(text))


def _alarm(seq: int, judged: str, text: str) -> AlarmRow:
    return replace(from_json(AlarmRow, json.loads(text)), seq=seq, judged=judged)


__all__ = ["Book", "Step", "minute_of", "moment_of", "open"]
