"""What one step of the follower enters into the book, inside one transaction.

Owns the statements that write. Promises that entering the same again changes nothing. Opens and commits nothing itself.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kalkan.stories.record import AlarmRow, StoryRow, to_json
from kalkan.stories.times import minute_of

Ints = npt.NDArray[np.int64]

MOST_MEMBERS: Final = 100_000  # of one story; its first ones


class Step:
    """What one step enters. Only inside :meth:`Book.step`."""

    def __init__(self, book: sqlite3.Connection) -> None:
        self._book = book

    def put(self, story: StoryRow) -> None:
        """Enter a story, or what became of it."""
        trace = story.trace
        self._book.execute(
            "INSERT OR REPLACE INTO story VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                story.id, story.scope, story.kind, story.state, story.gravity.level, minute_of(story.began),
                minute_of(story.told), minute_of(story.last), story.n, story.authors, story.into,
                _names(part.name for part in trace.languages), _names(part.name for part in trace.networks),
                _names(part.name for part in story.watches), dump(to_json(story)),
            ],
        )  # fmt: skip

    def say(self, alarm: AlarmRow) -> bool:
        """Enter an alarm (its ``seq`` is given here); false where it was entered before."""
        done = self._book.execute(
            "INSERT OR IGNORE INTO alarm (id, story, scope, at, late, row) VALUES (?, ?, ?, ?, ?, ?)",
            [alarm.id, alarm.story, alarm.scope, minute_of(alarm.at), int(alarm.late), dump(to_json(alarm))],
        )
        return bool(done.rowcount)

    def count(self, story: str, rows: Iterable[tuple[int, int, int]]) -> None:
        """Posts and authors of minutes: (minute, posts, authors), replacing what stood there."""
        named = ((story, *row) for row in rows)
        self._book.executemany("INSERT OR REPLACE INTO curve VALUES (?, ?, ?, ?)", named)

    def add(self, story: str, keys: Ints, minutes: Ints) -> None:
        """More posts of a story."""
        (have,) = self._book.execute("SELECT count(*) FROM member WHERE story = ?", [story]).fetchone()
        room = max(0, MOST_MEMBERS - have)
        rows = zip(keys[:room].tolist(), minutes[:room].tolist(), strict=True)
        self._book.executemany("INSERT OR IGNORE INTO member VALUES (?, ?, ?)", ((story, *row) for row in rows))

    def merge(self, one: str, other: str) -> int:
        """All that stood under ``other`` stands under ``one``; how many posts that has now."""
        self._book.execute(
            "INSERT INTO curve SELECT ?, minute, posts, authors FROM curve WHERE story = ?"
            " ON CONFLICT (story, minute) DO UPDATE SET posts = max(posts, excluded.posts),"
            " authors = max(authors, excluded.authors)",
            [one, other],
        )
        self._book.execute("UPDATE OR IGNORE member SET story = ? WHERE story = ?", [one, other])
        (n,) = self._book.execute("SELECT count(*) FROM member WHERE story = ?", [one]).fetchone()
        return int(n)

    def watch(self, scope: str, rows: Iterable[tuple[int, float, float, float, float]]) -> None:
        """Bins of a watched curve: (minute, authors, usual, low, high)."""
        self._book.executemany(
            "INSERT OR REPLACE INTO scope_curve VALUES (?, ?, ?, ?, ?, ?)", ((scope, *row) for row in rows)
        )

    def note(self, name: str, value: str) -> None:
        """A word for the follower itself, read by :meth:`Book.mark`."""
        self._book.execute("INSERT OR REPLACE INTO mark VALUES (?, ?)", [name, value])


def _names(names: Iterable[str]) -> str:
    return "".join(f"\n{name}\n" for name in names)


def dump(record: Mapping[str, Any]) -> str:
    """A record as the book writes it."""
    return json.dumps(record, ensure_ascii=False)
