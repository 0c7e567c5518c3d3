"""Following stories: what the archive stored since the last look, through the detectors, into the book of stories.

Owns the life of the follower: what it takes, in which order, when it keeps a checkpoint, what it does on its return.
Promises that listening never waits for it; that an alarm is entered in the step that raised it, once, however often the
process dies; that what is deleted or erased leaves windows, examples, members and checkpoints within a step; that it
falls behind rather than grow. Never decides what a story is, and never reads a clock: ``now`` is handed in.

How it comes back: each step is written down before it counts (which batches of which source, up to which minute). After
a stop the last checkpoint is taken up and the steps since then are gone through again in the same cuts, from the posts
that the archive still has; what they say is in the book already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.archive import Archive, keys_of
from kalkan.archive.asking import Hidden
from kalkan.archive.since import Since, Stretch
from kalkan.brands import Brand
from kalkan.posts import ABOUT
from kalkan.stories.book import Book, Step
from kalkan.stories.letters import hash_strings
from kalkan.stories.record import EVERYTHING
from kalkan.stories.rows import Beside, alarm_row, story_row
from kalkan.stories.story import Story
from kalkan.stories.streams import Said, Streams
from kalkan.stories.terms import canonical
from kalkan.stories.times import minute_of, moment_of, moment_us
from kalkan.stories.trace import (
    ABUSE,
    ANGER,
    ASK,
    COMPLAINT,
    DISGUST,
    FEAR,
    MEDIA,
    OWN,
    PRAISE,
    QUOTE,
    READ,
    REPLY,
    SADNESS,
)

MOST: Final = 50_000  # posts a step
A_PIECE: Final = 5_000  # of them while the past is gone through, so that pages see how far it has come
LEARNT: Final = timedelta(days=14)  # of what is held when following begins
SETTLE: Final = timedelta(seconds=20)  # from the first post held until following begins
WAIT: Final = timedelta(seconds=30)  # a minute is over this long after its end, when nobody posts
_PAST: Final = timedelta(days=1)
_KEEP_EVERY: Final = timedelta(minutes=5)
_FORGET_WITHIN: Final = timedelta(minutes=1)
_BEHIND: Final = timedelta(minutes=15)
_BULK: Final = 200  # posts at once: a source that catches up, not one that brings something old
_GROWS: Final = timedelta(minutes=1)
_PATIENCE: Final = timedelta(minutes=30)
_TUNE_EVERY: Final = timedelta(minutes=10)
_COUNT_EVERY: Final = timedelta(minutes=10)
_PRUNE_EVERY: Final = timedelta(days=1)
_STEP_SECONDS: Final = 3.0
_SURE: Final = 0.5
Keys = np.ndarray[Any, np.dtype[np.int64]]
_COLUMNS: Final = (
    "id", "key", "network", "author_id", "text", "at", "reply_to", "root", "quote_of", "links", "tags", "media", "lang",
    "sentiment", "p_anger", "p_sadness", "p_fear", "p_disgust", "p_ask", "p_complaint", "p_praise", "p_offensive",
    "p_targeted", "p_hate", "p_threat",
)  # fmt: skip
_SHOWN: Final = (
    (ANGER, "p_anger"), (SADNESS, "p_sadness"), (FEAR, "p_fear"), (DISGUST, "p_disgust"), (ASK, "p_ask"),
    (COMPLAINT, "p_complaint"), (PRAISE, "p_praise"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """What a step did. ``more``: there is more waiting."""

    posts: int = 0
    alarms: int = 0
    more: bool = False


class Following:
    """The follower of one archive. One process a data folder; not safe to share between threads."""

    def __init__(
        self,
        archive: Archive,
        book: Book,
        *,
        brands: Callable[[], Sequence[Brand]],
        most: int = MOST,
        settle: timedelta = SETTLE,
    ) -> None:
        self._archive = archive
        self._book = book
        self._brands = brands
        self._most = most
        self._settle = settle
        self._first: datetime | None = None
        self._since = Since(archive)
        self._gone_version = -1
        self._gone_until = 0  # microseconds since 1970, by our clock
        self._stale = False  # the checkpoint holds what is gone
        self._grew: dict[str, tuple[int, datetime, datetime]] = {}
        self._kept_at: datetime | None = None
        self._tuned_at: datetime | None = None
        self._pruned_at: datetime | None = None
        self._unkept = 0
        self._margins: dict[str, float] = {}
        self._counts: dict[str, tuple[int, int]] = {}
        self._counted_at: datetime | None = None
        self._scopes: list[str] = []
        self._put_at: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.streams = Streams()
        self._come_back()

    # — coming back —

    def _come_back(self) -> None:
        """Take up the checkpoint and go through the steps since then again.

        :raises ArchiveDamaged: the checkpoint is not what was kept.
        """
        if (kept := self._book.kept()) is not None:
            state, note = kept
            self.streams = Streams.restore(state)
            self.taken, self._scopes = dict(note["taken"]), list(note["scopes"])
            self._margins, self._gone_until = dict(note["margins"]), int(note["gone_until"])
            self.streams.follow(self._scopes)  # of an older Kalkan fewer scopes had a detector
        steps = self._book.steps()
        if steps:
            self._since.after(self.taken, day=(moment_of(steps[0][1]["floor"]) - _PAST).date(), most=self._most)
        for _, note in steps:
            self._go(note)  # what it says is in the book; what it counts is entered once more, which changes nothing
        self._unkept = len(steps)

    # — a step —

    def step(self, *, now: datetime) -> Followed:
        """Take what was stored since the last step, at most about ``most`` posts, and enter what comes of it.

        :raises ArchiveDamaged: the archive or the book is not what it must be.
        """
        self._drop_gone()
        note = self._next(now)
        if note is None:
            self._tidy(now)
            return Followed()
        posts, said = self._go(note)
        self._count_reposts(now)
        with self._book.step(note, minute=max(self.streams.open - 1, 0)) as entry:
            alarms = self._enter(entry, said, now)
        self._unkept += 1
        self._tidy(now)
        more = posts >= self._most // 2 or self._in_the_past(now)
        return Followed(posts=posts, alarms=alarms, more=bool(note["batches"]) and more)

    def run(self, stop: threading.Event, *, now: Callable[[], datetime], seconds: float = _STEP_SECONDS) -> None:
        """Follow until ``stop`` is set, then keep a checkpoint."""
        while not stop.is_set():
            if not self.step(now=now()).more:
                stop.wait(seconds)
        self.keep(now=now())

    def _next(self, now: datetime) -> dict[str, Any] | None:
        """What the next step takes, so that it can be taken again in the same way; None when there is nothing."""
        opened = self.streams.open
        day = (moment_of(opened) - _PAST if opened >= 0 else now - LEARNT).date()
        most = min(self._most, A_PIECE) if self._in_the_past(now) else self._most
        stretch = self._since.after(self.taken, day=day, most=most)
        if opened < 0 and not self._settled(now):
            return None
        if (behind := self._wait_for(now)) is not None:  # as it is now: what came since may be of one that is behind
            stretch = self._since.after(self.taken, day=day, most=most, until=behind)
        until = None
        if not stretch and 0 <= opened < minute_of(now - WAIT) <= opened + 24 * 60:
            until = minute_of(now - WAIT)
        scopes, margins = self._wished(now)
        if not stretch and until is None and scopes is None and margins is None:
            return None
        note: dict[str, Any] = {"batches": dict(stretch.batches), "floor": max(opened, 0), "until": until}
        if opened < 0:
            note["floor"] = minute_of(now - LEARNT)
        return note | {name: value for name, value in (("scopes", scopes), ("margins", margins)) if value is not None}

    def _in_the_past(self, now: datetime) -> bool:
        return self.streams.open < minute_of(now - _BEHIND)

    def _settled(self, now: datetime) -> bool:
        """Whether every source had the time to say something: the past that a new one brings is learnt first."""
        if self._first is None and self._since.latest:
            self._first = now
        return self._first is not None and now - self._first >= self._settle

    def _wait_for(self, now: datetime) -> int | None:
        """Where a source that is catching up has come to: the others wait for it, half an hour at most.

        Otherwise the stream's time would run ahead of it, and what it brings would count as late.
        """
        places = []
        for source, (first, rows) in self._since.latest.items():
            had, grew, began = self._grew.get(source, (-1, now, now))
            behind = now - moment_us(first) > _BEHIND
            grew = now if first != had else grew
            self._grew[source] = (first, grew, began if behind else now)
            if behind and rows >= _BULK and now - grew < _GROWS and now - began < _PATIENCE:
                places.append(first)
        return min(places, default=None)

    def _go(self, note: dict[str, Any]) -> tuple[int, list[Said]]:
        """Do what ``note`` says: the same note on the same state gives the same alarms."""
        if "scopes" in note:
            self._scopes = note["scopes"]
            self.streams.follow(self._scopes)
        if "margins" in note:
            self._margins = note["margins"]
            self.streams.quieten(self._margins)
        n, said = 0, []
        if note["batches"]:
            stretch = Stretch({source: (ends[0], ends[1]) for source, ends in note["batches"].items()})
            posts, mentions = self._since.rows(stretch, _COLUMNS)
            n = posts.num_rows
            said = self.streams.hear(heard(posts, mentions))
            self.taken |= {source: ends[1] for source, ends in stretch.batches.items()}
        if note["until"] is not None:
            said += self.streams.until(note["until"])
        return n, said

    def _wished(self, now: datetime) -> tuple[list[str] | None, dict[str, float] | None]:
        """Scopes and margins, where they are others than before."""
        scopes = scopes_of(self._brands())
        margins = None
        if self._tuned_at is None or now - self._tuned_at >= _TUNE_EVERY:
            self._tuned_at = now
            found = {scope: self._book.budget(scope, now=now).margin for scope in (EVERYTHING, *scopes)}
            margins = {scope: margin for scope, margin in found.items() if margin}
        return (scopes if scopes != self._scopes else None), (margins if margins != self._margins else None)

    # — entering —

    def _enter(self, entry: Step, said: Iterable[Said], now: datetime) -> int:
        alarms = 0
        for one in said:
            row = alarm_row(one.told, one.story, scope=one.scope, reason=one.reason, watches=one.watches, now=now)
            alarms += entry.say(row)
            self._put_at.pop(one.story.id, None)
        self._put_changed(entry)
        return alarms

    def _put_changed(self, entry: Step, *, all: bool = False) -> None:
        minute = self.streams.open
        for scope, story in self.streams.changed():
            ended = story.state == "closed"
            if not (all or ended) and self._put_at.get(story.id) == minute:
                story.changed = True  # once a minute is enough
                continue
            self._put(entry, scope, story, minute)
            self._put_at[story.id] = minute
            if ended:
                self._put_at.pop(story.id)
        bins: dict[str, list[tuple[int, float, float, float, float]]] = {}
        for scope, at, authors, usual, low, high in self.streams.bins():
            bins.setdefault(scope, []).append((at, authors, usual, low, high))
        for scope, rows in bins.items():
            entry.watch(scope, rows)

    def _put(self, entry: Step, scope: str, story: Story, minute: int) -> None:
        for at, keys in story.new_keys:
            entry.add(story.id, keys, np.full(len(keys), at))
        entry.count(story.id, story.new_counts)
        story.new_keys, story.new_counts = [], []
        if story.into and story.state == "closed":
            entry.merge(story.into, story.id)
        entry.put(story_row(story, scope=scope, minute=minute, beside=self._beside(story)))

    def _beside(self, story: Story) -> Beside:
        return Beside(
            forecasts=self.streams.forecasts.now.get(story.id, ()),
            pile_on=self.streams.incidents.get(story.id),
            counts=self._counts.get(story.id),
        )

    def _count_reposts(self, now: datetime) -> None:
        """How often posts of the stories that name a watch were reposted, as far as that was counted."""
        if self._counted_at is not None and now - self._counted_at < _COUNT_EVERY:
            return
        self._counted_at = now
        wanted = [one for one in self.streams.every() if one.state != "closed" and one.spread.tallies["scopes"]]
        if not wanted:
            return
        since = moment_of(min(story.began for story in wanted))
        rows = self._archive.query(
            "SELECT post_id, max(CASE WHEN mode = 'total' THEN reposts END) AS told,"
            " sum(CASE WHEN mode = 'seen' THEN reposts END) AS seen FROM counts GROUP BY post_id",
            since=since,
            tables=("counts",),
        )
        if not rows.num_rows:
            return
        keys = keys_of(rows["post_id"])
        reposts = pc.fill_null(pc.coalesce(rows["told"], pc.cast(rows["seen"], pa.int64())), 0).to_numpy()
        for story in wanted:
            hit = np.isin(keys, self._book.members(story.id)["key"].to_numpy())
            if hit.any():
                self._counts[story.id] = int(reposts[hit].sum()), int(hit.sum())
                story.changed = True
        there = {story.id for story in wanted}
        self._counts = {id: counts for id, counts in self._counts.items() if id in there}

    # — what is gone —

    def _drop_gone(self) -> None:
        """Forget what was deleted or erased since the last look; the checkpoint is then made anew within a minute."""
        log = self._archive.logs["gone"]
        log.refresh()
        if log.version == self._gone_version:
            return
        self._gone_version = log.version
        rows = self._archive.gone.rows()
        added = pc.fill_null(pc.cast(rows["added_at"], pa.int64()), 0)
        if not rows.num_rows:
            return
        rows = rows.filter(pc.greater(added, self._gone_until))
        self._gone_until = max(self._gone_until, int(pc.max(added).as_py()))
        account = pc.equal(rows["why"], "account")
        keys = rows.filter(pc.invert(pc.or_(account, pc.equal(rows["why"], "edited"))))["key"].to_numpy()
        keys = np.union1d(keys, self._keys_of_authors(rows.filter(account)["id"]))
        if not len(keys):
            return
        self._book.forget(keys)
        self.streams.forget(keys)
        self._unkept += 1
        self._stale = True

    def _keys_of_authors(self, authors: pa.ChunkedArray) -> Keys:
        """Posts, still on the disk, of accounts that are gone: of those that a story or a window knows."""
        nothing = np.zeros(0, dtype=np.int64)
        if not len(authors):
            return nothing
        known = authors.filter(pa.array(self.streams.knows(hash_strings(authors.combine_chunks()))))
        if not len(known):
            return nothing
        log = self._archive.logs["posts"]
        sql = "SELECT key FROM posts WHERE author_id IN (SELECT unnest(?))"
        since = moment_of(max(self.streams.open, 0)) - LEARNT
        found = self._archive.engine.ask(sql, [known.to_pylist()], logs={"posts": log}, hidden=Hidden(), since=since)
        keys: Keys = found["key"].to_numpy()
        return keys

    # — keeping —

    def _tidy(self, now: datetime) -> None:
        if self._kept_at is None:
            self._kept_at = self._pruned_at = now
        if self._unkept and now - self._kept_at >= (_FORGET_WITHIN if self._stale else _KEEP_EVERY):
            self.keep(now=now)
        if self._pruned_at is not None and now - self._pruned_at >= _PRUNE_EVERY:
            self._book.prune(now=now)
            self._pruned_at = now

    def keep(self, *, now: datetime) -> None:
        """Keep a checkpoint of everything up to the last step."""
        steps = self._book.steps()
        note = {
            "taken": self.taken, "scopes": self._scopes, "margins": self._margins, "gone_until": self._gone_until,
        }  # fmt: skip
        with self._book.entry() as entry:
            self._put_changed(entry, all=True)
        self._book.keep(self.streams.save(), taken=note, upto=steps[-1][0] if steps else 0)
        self._kept_at, self._unkept, self._stale = now, 0, False


def scopes_of(brands: Iterable[Brand]) -> list[str]:
    """What is followed for these brands, in order: the brand, its peers and topics, the languages of its markets."""
    scopes: dict[str, None] = {}
    for brand in brands:
        scopes[f"brand:{brand.slug}"] = None
        for watch in brand.watches:
            if watch.kind in ("peer", "topic"):
                scopes[f"{watch.kind}:{brand.slug}:{watch.text}"] = None
        for lang in brand.langs:
            scopes[f"market:{lang}"] = None
    return list(scopes)


def heard(posts: pa.Table, mentions: pa.Table) -> pa.Table:
    """Rows of the archive as the stories take them: what they answer, link to, name and show, as columns."""
    n = posts.num_rows
    answered = pc.coalesce(posts["quote_of"], posts["root"], posts["reply_to"])
    how = pc.if_else(pc.is_valid(posts["quote_of"]), QUOTE, pc.if_else(pc.is_valid(posts["reply_to"]), REPLY, OWN))
    columns = {
        name: posts[name] for name in ("id", "key", "network", "author_id", "text", "at", "links", "tags", "lang")
    }
    return pa.table(
        {
            **columns,
            "to": answered,
            "how": pc.cast(how, pa.int8()),
            "site": _sites(posts["links"], n),
            "scopes": _scopes(posts["key"], mentions, n),
            "signs": _signs(posts),
        }
    )


def _signs(posts: pa.Table) -> pa.Array:
    def sure(name: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        column = posts[name]
        found: np.ndarray[Any, np.dtype[np.bool_]] = pc.fill_null(pc.greater_equal(column, _SURE), False).to_numpy()
        return found

    signs = np.where(pc.is_valid(posts["sentiment"]).to_numpy(), READ, 0)
    signs |= np.where(pc.fill_null(pc.greater(posts["media"], 0), False).to_numpy(), MEDIA, 0)
    for bit, name in _SHOWN:
        signs |= np.where(sure(name), bit, 0)
    abuse = (sure("p_offensive") & sure("p_targeted")) | sure("p_hate") | sure("p_threat")
    return pa.array((signs | np.where(abuse, ABUSE, 0)).astype(np.int32))


def _sites(links: pa.ChunkedArray, n: int) -> pa.Array:
    """The host of each post's first link."""
    flat = links.combine_chunks()
    row = pc.list_parent_indices(flat).to_numpy().astype(np.int64)
    first = np.flatnonzero(np.diff(row, prepend=-1) > 0)
    hosts = pc.replace_substring_regex(canonical(pc.list_flatten(flat).take(pa.array(first))), r"[/?].*$", "")
    place = np.full(n, -1, dtype=np.int64)
    place[row[first]] = np.arange(len(first))
    return hosts.take(pa.array(place, mask=place < 0))


def _scopes(keys: pa.ChunkedArray, mentions: pa.Table, n: int) -> pa.Array:
    """For each post the scopes that its mentions are of."""
    kind = mentions["kind"]
    about = pc.is_in(kind, value_set=pa.array(ABOUT))
    names = pc.if_else(
        about,
        pc.binary_join_element_wise("brand", mentions["brand"], ":"),
        pc.binary_join_element_wise(kind, mentions["brand"], mentions["watch"], ":"),
    )
    names = names.combine_chunks() if isinstance(names, pa.ChunkedArray) else names
    known = keys.to_numpy()
    order = np.argsort(known, kind="stable")
    wanted = mentions["key"].to_numpy()
    place = np.minimum(np.searchsorted(known[order], wanted), max(n - 1, 0))
    there = known[order][place] == wanted if n else np.zeros(0, dtype=np.bool_)
    row, some = order[place[there]] if n else place, names.filter(pa.array(there))
    by_row = np.argsort(row, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), some.take(pa.array(by_row)))
