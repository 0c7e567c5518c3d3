"""A stream's stories: posts in, alarms out; live or replayed in the stream's own time.

Owns the order of the steps and what an alarm says. Promises the same alarms whatever the sizes of the batches, that an
alarm carries the moment at which it would have been raised (the end of the minute in which it could be known), and that
a checkpoint is taken up exactly. Never reads a clock.

Time is the posts' own, and only moves forward: a post that comes late counts in the minute that is open.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.errors import ArchiveDamaged
from kalkan.stories import keeping
from kalkan.stories.detect import Detector, Rules
from kalkan.stories.follow import Follower
from kalkan.stories.gravity import Gravity
from kalkan.stories.letters import Rows
from kalkan.stories.recent import POST, Recent
from kalkan.stories.story import Story, Told
from kalkan.stories.terms import Terms, join, terms

_US: Final = 60_000_000
LATE: Final = 180  # minutes; older posts are an import, not news
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PIECE: Final = 20_000
_SILENT: Final = 10  # minutes without a post after which time passes all the same


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """Something rises that people should know of. ``score``: log-likelihood ratio in nats against "as usual"."""

    at: datetime
    title: str
    terms: tuple[str, ...]
    began: datetime
    n: int
    authors: int
    score: float
    gravity: int
    examples: tuple[str, ...]
    story: str
    what: str  # born, turned
    usual_per_hour: float  # authors an hour that the strongest term had before
    harm: Gravity
    posts: tuple[str | None, ...]  # ids of the examples, where the posts have any
    told: Told  # as the follower raised it

    def line(self) -> str:
        """The alarm as the one line of JSON that ``kalkan stories --json`` promises."""
        record = {
            "at": _iso(self.at),
            "title": self.title,
            "terms": list(self.terms),
            "began": _iso(self.began),
            "n": self.n,
            "authors": self.authors,
            "score": round(self.score, 2),
            "gravity": self.gravity,
            "examples": list(self.examples),
        }
        return json.dumps(record, ensure_ascii=False)


class Stories:
    """The stories of one stream, as they stand. Feed it with :meth:`hear`; not safe to share between threads."""

    def __init__(
        self, *, rules: Rules | None = None, takes_keys: bool = False, mark: str = "", shown: bool = True
    ) -> None:
        self.detector = Detector(rules=rules)
        self.follower = Follower(takes_keys=takes_keys, mark=mark, shown=shown)
        self.recent = Recent()
        self.open: int | None = None  # the minute that is still being heard
        self.late = 0  # posts too old to be news
        self._waiting_terms: list[Terms] = []
        self._waiting: list[pa.Table] = []

    @property
    def stories(self) -> list[Story]:
        """Stories that are not closed, oldest first."""
        return self.follower.stories

    def hear(self, posts: pa.Table) -> list[Alarm]:
        """Take posts in the order they came; the alarms raised by the minutes that ended with them.

        Columns: ``text``, ``at``, and where known ``author_id``, ``links``, ``tags``, ``id``, ``lang``, ``network``.
        Rows without a time are left out.
        """
        alarms: list[Alarm] = []
        for start in range(0, posts.num_rows, _PIECE):
            alarms.extend(self._hear(posts.slice(start, _PIECE)))
        return alarms

    def _hear(self, posts: pa.Table) -> list[Alarm]:
        at = pc.cast(posts["at"], pa.timestamp("us", tz="UTC"), safe=False)
        posts = posts.set_column(posts.column_names.index("at"), "at", at).filter(pc.is_valid(at))
        if posts.num_rows == 0:
            return []
        raw = posts["at"].cast(pa.int64()).to_numpy() // _US
        first = self.open if self.open is not None else int(raw[0])
        minute = np.maximum.accumulate(np.maximum(raw, first))
        keep = raw > minute - LATE
        self.late += int((~keep).sum())
        posts, minute = posts.filter(pa.array(keep)), minute[keep]
        if posts.num_rows == 0:
            return []
        found, kept = terms(posts), kept_of(posts)
        alarms: list[Alarm] = []
        edges = np.flatnonzero(np.diff(minute)) + 1
        for start, end in zip([0, *edges.tolist()], [*edges.tolist(), len(minute)], strict=True):
            here = int(minute[start])
            if self.open is not None and here > self.open:
                alarms.extend(self._close())
            self.open = here
            self._waiting_terms.append(_slice(found, start, end))
            self._waiting.append(kept.slice(start, end - start))
        return alarms

    def take(self, minute: int, posts: pa.Table, found: Terms) -> None:
        """Posts of the open ``minute`` (or of a later one, after :meth:`close`), with their terms."""
        self.open = minute
        self._waiting_terms.append(found)
        self._waiting.append(kept_of(posts))

    def close(self, minute: int) -> list[Alarm]:
        """Let the stream's time reach ``minute``, by whoever keeps time for several streams."""
        if self.open is None or minute <= self.open:
            return []
        alarms = self._close()
        if minute - self.open > _SILENT:
            alarms += [_alarm(one) for one in self.follower.pass_time(minute - 1, self.recent, self.detector)]
        return alarms

    def until(self, moment: datetime) -> list[Alarm]:
        """Let the stream's time reach ``moment``: what a clock does while nobody posts."""
        minute = int((moment - _EPOCH) // timedelta(minutes=1))
        return self._close() if self.open is not None and minute > self.open else []

    def take_late(self, minute: Rows, posts: pa.Table, found: Terms) -> None:
        """Posts of minutes that are over: see :meth:`Follower.take_late`."""
        self.follower.take_late(minute, found, kept_of(posts))

    def forget(self, keys: pa.Array) -> None:
        """Posts that are gone (the archive's keys) leave the window, the examples and whatever they stood for."""
        for at, kept in enumerate(self._waiting):
            stays = np.flatnonzero(~pc.is_in(kept["key"], value_set=keys).to_numpy())
            if len(stays) < kept.num_rows:
                self._waiting[at], self._waiting_terms[at] = kept.take(stays), self._waiting_terms[at].take(stays)
        self.recent.forget(keys)

    def save(self) -> bytes:
        """Everything as bytes, for the archive to keep."""
        waiting = {
            str(at): {"terms": keeping.terms_state(found), "posts": kept}
            for at, (found, kept) in enumerate(zip(self._waiting_terms, self._waiting, strict=True))
        }
        return keeping.pack(
            {
                "open": self.open,
                "late": self.late,
                "waiting": waiting,
                "detector": self.detector.state(),
                "recent": keeping.recent_state(self.recent),
                "follower": keeping.follower_state(self.follower),
            }
        )

    @classmethod
    def restore(cls, kept: bytes) -> Stories:
        """Stories that go on exactly as those whose :meth:`save` this is.

        :raises ArchiveDamaged: these bytes are no such state.
        """
        state = keeping.unpack(kept)
        try:
            one = cls()
            one.open, one.late = state["open"], state["late"]
            waiting = state["waiting"].values()
            one._waiting_terms = [keeping.terms_from(part["terms"]) for part in waiting]
            one._waiting = [part["posts"] for part in waiting]
            one.detector = Detector.resume(state["detector"])
            one.recent = keeping.recent_from(state["recent"])
            one.follower = keeping.follower_from(state["follower"])
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ArchiveDamaged("stories_damaged", detail=type(error).__name__) from error
        return one

    def _close(self) -> list[Alarm]:
        """End the open minute. Later posts of the same minute, if any come, count in the next."""
        if self.open is None or not self._waiting:
            return []
        minute, found, kept = self.open, join(self._waiting_terms), pa.concat_tables(self._waiting)
        self._waiting_terms, self._waiting = [], []
        self.open = minute + 1
        self.recent.add(minute, kept, found)
        rising = self.detector.hear(minute, found)
        told = self.follower.hear(minute, rising, self.detector, self.recent, found, kept)
        return [_alarm(one) for one in told]


def kept_of(posts: pa.Table) -> pa.Table:
    """The columns of :data:`POST`, null where the table has none."""
    if posts.schema.equals(POST):
        return posts
    columns = []
    for field in POST:
        if field.name in posts.column_names:
            columns.append(pc.cast(posts[field.name], field.type))
        else:
            columns.append(pa.chunked_array([pa.nulls(posts.num_rows, field.type)]))
    return pa.table(columns, schema=POST)


def _slice(found: Terms, start: int, end: int) -> Terms:
    if start == 0 and end == found.n:
        return found
    low, high = np.searchsorted(found.row, [start, end])
    return Terms(
        end - start,
        found.row[low:high] - start,
        found.term[low:high],
        found.author[start:end],
        found.text_key[start:end],
        found.bins[start:end],
        found.long[start:end],
    )


def _moment(minute: int) -> datetime:
    return _EPOCH + timedelta(minutes=minute)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _alarm(told: Told) -> Alarm:
    return Alarm(
        at=_moment(told.at + 1),
        title=told.title,
        terms=told.terms,
        began=_moment(told.began),
        n=told.n,
        authors=told.authors,
        score=told.score,
        gravity=told.gravity.level,
        examples=tuple(str(one["text"]) for one in told.examples),
        story=told.story,
        what=told.what,
        usual_per_hour=told.usual * 60,
        harm=told.gravity,
        posts=tuple(one["id"] for one in told.examples),
        told=told,
    )


def replay(
    posts: pa.Table,
    *,
    rules: Rules | None = None,
    batch: int = 2_000,
    passed: Callable[[int], None] | None = None,
) -> Iterator[Alarm]:
    """The alarms of a table of posts, one by one, as they would have come in the stream's own time.

    Columns as for :meth:`Stories.hear`; sorted here by ``at``. Every alarm the table could give is given: the last
    minute is ended, too. ``passed`` is told how many rows each step took.
    """
    at = pc.cast(posts["at"], pa.timestamp("us", tz="UTC"), safe=False)
    posts = posts.filter(pc.is_valid(at))
    posts = posts.take(pc.sort_indices(posts, sort_keys=[("at", "ascending")])) if posts.num_rows else posts
    yield from replay_pieces(
        (posts.slice(start, batch) for start in range(0, posts.num_rows, batch)), rules=rules, passed=passed
    )


def replay_pieces(
    pieces: Iterable[pa.Table], *, rules: Rules | None = None, passed: Callable[[int], None] | None = None
) -> Iterator[Alarm]:
    """As :func:`replay`, for posts that come a piece at a time, by ``at``."""
    stories = Stories(rules=rules)
    for piece in pieces:
        yield from stories.hear(piece)
        if passed is not None:
            passed(piece.num_rows)
    if stories.open is not None:
        yield from stories.until(_moment(stories.open + 1))


__all__ = ["Alarm", "Stories", "replay", "replay_pieces"]
