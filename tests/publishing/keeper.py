"""A keeper of drafts in one SQLite file, as the engine needs it: small, durable, shared by processes."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from kalkan.drafts import OPEN, Approve, Event, Pause, Policy, State, Submit, Version, digest, from_row, move, to_row
from kalkan.drafts.words import moment
from kalkan.publishing import Job, Step, Upcoming

TABLES = """
CREATE TABLE IF NOT EXISTS drafts (key TEXT PRIMARY KEY, state TEXT, version TEXT, holder TEXT, until TEXT);
CREATE TABLE IF NOT EXISTS steps (key TEXT, name TEXT, at TEXT, body TEXT, UNIQUE (key, name));
CREATE TABLE IF NOT EXISTS media (sha256 TEXT PRIMARY KEY, data BLOB);
CREATE TABLE IF NOT EXISTS pauses (row TEXT);
CREATE TABLE IF NOT EXISTS clock (seen TEXT);
"""


class Keeper:
    """See :class:`kalkan.publishing.Store`. One policy for all drafts."""

    def __init__(self, path: Path | str, policy: Policy | None = None) -> None:
        self.policy = policy or Policy()
        self.base = sqlite3.connect(path, isolation_level=None, timeout=10)
        self.base.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing by it, only a dead machine would
        self.base.executescript(TABLES)

    def close(self) -> None:
        self.base.close()

    # -- what a test does as people would --------------------------------------------------------------------------

    def put(self, key: str, version: Version, *, brand: str = "findik") -> None:
        row = json.dumps(to_row(State(brand=brand)))
        self.base.execute("INSERT INTO drafts VALUES (?, ?, ?, '', '')", [key, row, json.dumps(to_row(version))])

    def approved(self, key: str, version: Version, *, now: datetime) -> State:
        """A draft, written by Kerem, approved by Elif."""
        self.put(key, version)
        told = digest(version)
        asked = Submit(
            by="kerem", digest=told, kind=version.kind, markets=version.markets, planned_at=version.planned_at
        )
        self.move(key, asked, now=now)
        return self.move(key, Approve(by="elif", role="owner", digest=told), now=now)

    def rewrite(self, key: str, version: Version) -> None:
        self.base.execute("UPDATE drafts SET version = ? WHERE key = ?", [json.dumps(to_row(version)), key])

    def keep(self, data: bytes) -> str:
        name = hashlib.sha256(data).hexdigest()
        self.base.execute("INSERT OR IGNORE INTO media VALUES (?, ?)", [name, data])
        return name

    def pause(self, pause: Pause) -> None:
        self.base.execute("DELETE FROM pauses WHERE json_extract(row, '$.key') = ?", [pause.key])
        self.base.execute("INSERT INTO pauses VALUES (?)", [json.dumps(to_row(pause))])

    def state(self, key: str) -> State:
        return self.load(key).state

    # -- what the engine asks --------------------------------------------------------------------------------------

    def clock(self, now: datetime) -> datetime:
        told = moment(now)
        self.base.execute("BEGIN IMMEDIATE")
        row = self.base.execute("SELECT seen FROM clock").fetchone()
        if row is None:
            self.base.execute("INSERT INTO clock VALUES (?)", [told])
        elif told > row[0]:
            self.base.execute("UPDATE clock SET seen = ?", [told])
        self.base.execute("COMMIT")
        return now if row is None else max(now, datetime.fromisoformat(row[0]))

    def trust(self, now: datetime) -> None:
        self.base.execute("UPDATE clock SET seen = ?", [moment(now)])

    def _all(self) -> list[tuple[str, State, Version]]:
        rows = self.base.execute("SELECT key, state, version FROM drafts ORDER BY key").fetchall()
        return [(key, from_row(State, json.loads(s)), from_row(Version, json.loads(v))) for key, s, v in rows]

    def waiting(self) -> Sequence[str]:
        return [key for key, state, _ in self._all() if state.name in OPEN]

    def ready(self, now: datetime) -> Sequence[str]:
        found = [(state.due_at, key) for key, state, _ in self._all() if _is_ready(state, now)]
        return [key for _, key in sorted(found)]  # type: ignore[type-var]

    def upcoming(self, until: datetime) -> Sequence[Upcoming]:
        found = []
        for key, state, version in self._all():
            due = state.due_at or state.planned_at
            if state.name in OPEN and due is not None and due < until:
                found.append(Upcoming(key=key, due_at=due, version=version))
        return found

    def load(self, key: str) -> Job:
        state, version = self.base.execute("SELECT state, version FROM drafts WHERE key = ?", [key]).fetchone()
        pauses = self.base.execute("SELECT row FROM pauses").fetchall()
        return Job(
            key=key,
            state=from_row(State, json.loads(state)),
            version=from_row(Version, json.loads(version)),
            policy=self.policy,
            pauses=tuple(from_row(Pause, json.loads(row)) for (row,) in pauses),
        )

    def move(self, key: str, event: Event, *, now: datetime) -> State:
        self.base.execute("BEGIN IMMEDIATE")
        try:
            state = move(self.load(key).state, event, now=now, policy=self.policy)
            self.base.execute("UPDATE drafts SET state = ? WHERE key = ?", [json.dumps(to_row(state)), key])
        except BaseException:
            self.base.execute("ROLLBACK")
            raise
        self.base.execute("COMMIT")
        return state

    def claim(self, key: str, *, holder: str, until: datetime, now: datetime) -> bool:
        done = self.base.execute(
            "UPDATE drafts SET holder = ?, until = ? WHERE key = ? AND (holder IN ('', ?) OR until < ?)",
            [holder, moment(until), key, holder, moment(now)],
        )
        return done.rowcount == 1

    def leave(self, key: str, *, holder: str) -> None:
        self.base.execute("UPDATE drafts SET holder = '' WHERE key = ? AND holder = ?", [key, holder])

    def steps(self, key: str) -> Sequence[Step]:
        rows = self.base.execute("SELECT name, at, body FROM steps WHERE key = ? ORDER BY rowid", [key]).fetchall()
        return [Step(name=name, at=datetime.fromisoformat(at), body=json.loads(body)) for name, at, body in rows]

    def write(self, key: str, step: Step) -> None:
        row: list[Any] = [key, step.name, moment(step.at), json.dumps(dict(step.body))]
        self.base.execute("INSERT OR IGNORE INTO steps VALUES (?, ?, ?, ?)", row)

    def media(self, sha256: str) -> bytes:
        data: bytes = self.base.execute("SELECT data FROM media WHERE sha256 = ?", [sha256]).fetchone()[0]
        return data


def _is_ready(state: State, now: datetime) -> bool:
    return state.name == "sending" or (state.name == "scheduled" and state.due_at is not None and state.due_at <= now)
