"""All stories of one listener at once: over everything, over each brand's mentions, and the watched curves beside.

Owns how these meet: which of two stories found in different scopes is the same one, and when that is news. Promises
what :class:`kalkan.stories.replay.Stories` promises: the same alarms however the posts are cut, exactly taken up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.errors import ArchiveDamaged
from kalkan.posts import key_of
from kalkan.stories import keeping
from kalkan.stories.detect import Rules
from kalkan.stories.forecast import Forecasts
from kalkan.stories.gather import TOGETHER
from kalkan.stories.gravity import weigh
from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.pileon import incident
from kalkan.stories.record import EVERYTHING, PileOn, Reason, from_json, to_json
from kalkan.stories.replay import LATE, Stories
from kalkan.stories.rows import reason_of
from kalkan.stories.story import Story, Told, Turn
from kalkan.stories.terms import Terms, terms
from kalkan.stories.times import moment_of
from kalkan.stories.title import typical, write_title
from kalkan.stories.watched import Bin, Jumped, Watched

_KNOWN: Final = 360  # minutes in which a story told elsewhere is no news here
_US: Final = 60_000_000
_BRAND_WARM_UP: Final = 360
_LOOK: Final = 10  # minutes
_IN_STEP_FOR: Final = 360  # minutes after its last alarm in which a story is looked at for accounts in step
_MOST_IN_STEP: Final = 3_000
_ON_TIME: Final = 15  # minutes: later posts count in their stories but make nothing rise
Keys = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Said:
    """An alarm of any scope, with its story as it then was."""

    scope: str
    told: Told
    story: Story
    reason: Reason


class Streams:
    """Everything that is followed. Feed it with :meth:`hear`; not safe to share between threads."""

    def __init__(self, *, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.by_scope: dict[str, Stories] = {EVERYTHING: Stories(rules=self.rules, takes_keys=True)}
        self.watched = Watched()
        self.surges: dict[str, Story] = {}  # by scope, open ones
        self.over: list[Story] = []  # closed surges, not yet taken away
        self.markets: frozenset[str] = frozenset()  # languages
        self.forecasts = Forecasts()
        self.incidents: dict[str, PileOn] = {}  # by story
        self.reached: dict[str, str] = {}  # story and brand → which were told to have met
        self.open = -1

    @property
    def everything(self) -> Stories:
        """The stream of all posts."""
        return self.by_scope[EVERYTHING]

    def follow(self, scopes: Sequence[str]) -> None:
        """Follow exactly these scopes, and everything."""
        brands = [scope for scope in scopes if scope.startswith("brand:")]
        for scope in [scope for scope in self.by_scope if scope != EVERYTHING and scope not in brands]:
            del self.by_scope[scope]
        for scope in brands:
            # All mentions have the brand's own words: what is usual among them takes longer to learn.
            self.by_scope.setdefault(scope, Stories(rules=replace(self.rules, warm_up=_BRAND_WARM_UP), takes_keys=True))
        self.markets = frozenset(scope.removeprefix("market:") for scope in scopes if scope.startswith("market:"))
        self.watched.follow(scopes)

    def quieten(self, margins: dict[str, float]) -> None:
        """How much higher each scope's bar is to be, in nats."""
        for scope, stories in self.by_scope.items():
            stories.detector.rules = replace(stories.detector.rules, margin=margins.get(scope, 0.0))
        self.watched.quieten(margins)

    def hear(self, posts: pa.Table) -> list[Said]:
        """Take posts by ``at``: columns as for :meth:`Stories.hear`, and ``key``, ``scopes``, ``signs``, ``how``,
        ``to``, ``site``. What is older than three hours against the stream's time is left out."""
        if posts.num_rows == 0:
            return []
        raw = pc.cast(posts["at"], pa.int64()).to_numpy() // _US
        floor = self.open if self.open >= 0 else int(raw[0])
        minute = np.maximum.accumulate(np.maximum(raw, floor))
        keep = raw > minute - LATE
        late = keep & (raw <= minute - _ON_TIME)
        if late.any():
            rows = np.flatnonzero(late)
            rows = rows[np.argsort(raw[rows], kind="stable")]
            self._late(raw[rows], posts.take(rows))
            keep &= ~late
        posts, minute = posts.filter(pa.array(keep)), minute[keep]
        if posts.num_rows == 0:
            return []
        told: list[Said] = []
        edges = [0, *(np.flatnonzero(np.diff(minute)) + 1).tolist(), len(minute)]
        found = terms(posts)
        for start, end in pairwise(edges):
            here = int(minute[start])
            told += self.until(here)
            self.open = here
            self._hear(here, posts.slice(start, end - start), found.take(np.arange(start, end)))
        return told

    def _late(self, minute: Rows, posts: pa.Table) -> None:
        found = terms(posts)
        self.everything.take_late(minute, posts, found)
        row, name = _listed(posts["scopes"])
        for scope, stories in self.by_scope.items():
            some = np.unique(row[name == scope])
            if scope != EVERYTHING and len(some):
                stories.take_late(minute[some], posts.take(some), found.take(some))

    def _hear(self, minute: int, posts: pa.Table, found: Terms) -> None:
        """Take posts of the one minute that is open."""
        posts = self._with_markets(posts)
        for stories in self.by_scope.values():
            stories.detector.begin(minute - 1)
        self.everything.take(minute, posts, found)
        holders = [scope for scope in self.by_scope if scope != EVERYTHING]
        if holders:
            row, name = _listed(posts["scopes"])
            for scope in holders:
                some = np.unique(row[name == scope])
                if len(some):
                    self.by_scope[scope].take(minute, posts.take(some), found.take(some))
        self.watched.hear(np.full(posts.num_rows, minute), posts["author_id"], posts["watched"])
        for scope, surge in self.surges.items():
            row, name = _listed(posts["watched"])
            some = np.unique(row[name == scope])
            if len(some):
                _add(surge, minute, posts.take(some), found.take(some))

    def until(self, minute: int) -> list[Said]:
        """Let the stream's time reach ``minute``: what ended is followed, brands after everything."""
        if self.open < 0 or minute <= self.open:
            return []
        said: list[Said] = []
        for scope, stories in self.by_scope.items():
            for alarm in stories.close(minute):
                one = self._placed(scope, alarm.told)
                if one is not None:
                    said.append(one)
        for jumped in self.watched.until(minute):
            one = self._surged(jumped)
            if one is not None:
                said.append(one)
        self._calm(minute)
        if minute // _LOOK != self.open // _LOOK:
            self._look(minute - 1)
        self.open = minute
        return said

    def _look(self, minute: int) -> None:
        """Every ten minutes: forecasts, and who acts in step."""
        self.forecasts.look(minute, self.every())
        for stories in self.by_scope.values():
            recent = stories.recent
            for story in stories.stories:
                if story.into or minute - story.told > _IN_STEP_FOR or len(story.authors) < 10:
                    continue
                rows = np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began))[-_MOST_IN_STEP:]
                found = incident(recent.posts.take(rows), recent.terms.take(rows), seed=minute)
                had = self.incidents.get(story.id)
                if found is not None and (had is None or found.authors >= had.authors):
                    self.incidents[story.id], story.changed = found, True
        there = {story.id for story in self.every()}
        self.incidents = {id: one for id, one in self.incidents.items() if id in there}

    # — the same thing in two scopes —

    def _placed(self, scope: str, told: Told) -> Said | None:
        """An alarm where it belongs; None where the same story was told elsewhere lately."""
        story = self._story(scope, told.story)
        if scope == EVERYTHING:
            if told.what == "born" and (brand := self._same_in_brands(story, told.at)):
                story.turns.append(Turn(told.at, "joined", brand))
                return None
            graver = told.gravity.level >= 2 and told.what == "turned"
            return Said(scope, told, story, reason_of(told, graver=graver))
        home = self._same_in_everything(scope, story)
        if home is None:
            graver = told.gravity.level >= 2 and told.what == "turned"
            return Said(scope, told, story, reason_of(told, graver=graver))
        story.into, story.changed = home.id, True
        if self.reached.get(f"{home.id} {scope}"):
            return None
        self.reached[f"{home.id} {scope}"] = str(told.at)
        reaches = replace(told, what="reaches", story=home.id, title=home.title or told.title)
        return Said(scope, reaches, home, reason_of(reaches, graver=False, scope=scope))

    def _story(self, scope: str, id: str) -> Story:
        follower = self.by_scope[scope].follower
        return next(one for one in (*follower.stories, *reversed(follower.closed)) if one.id == id)

    def _same_in_everything(self, scope: str, story: Story) -> Story | None:
        recent = self.by_scope[scope].recent
        rows = np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began))
        if not len(rows):
            return None
        part = recent.terms.take(rows)
        shares = [(float(other.matches(part).mean()), other) for other in self.everything.stories]
        best = max(shares, key=lambda one: one[0], default=(0.0, story))
        return best[1] if best[0] >= TOGETHER else None

    def _same_in_brands(self, story: Story, minute: int) -> str:
        """The id of a brand's story, told lately, that this one turns out to be; empty where there is none."""
        recent = self.everything.recent
        part = recent.terms.take(np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began)))
        for scope, stories in self.by_scope.items():
            if scope == EVERYTHING:
                continue
            for other in stories.stories:
                if minute - other.told < _KNOWN and float(other.matches(part).mean()) >= TOGETHER:
                    other.into, other.changed = story.id, True
                    self.reached[f"{story.id} {scope}"] = str(minute)
                    return other.id
        return ""

    # — surges —

    def _surged(self, jumped: Jumped) -> Said | None:
        scope, minute = jumped.scope, jumped.minute
        if scope.startswith("market:"):  # shown as a curve; what people speak of there is told as stories
            return None
        posts, found, minutes = self._lately(scope, minute)
        home = self._home_of(found, minute)
        if home is not None:
            story, known = home
            if known or minute - story.told < LATE:
                return None
        else:
            story = self.surges.get(scope) or Story(
                id=f"surge-{scope}-{minute}", began=int(minutes.min()) if len(minutes) else minute, told=minute,
                score=jumped.score, term=np.zeros(0, dtype=np.uint64), weight=np.zeros(0), usual=jumped.usual / 60,
            )  # fmt: skip
            if scope not in self.surges:
                self.surges[scope] = story
                story.turns.append(Turn(minute, "born"))
                for at in np.unique(minutes).tolist():
                    rows = np.flatnonzero(minutes == at)
                    _add(story, at, posts.take(rows), found.take(rows))
            _write(story, posts, found)
        story.told, story.changed = minute, True
        told = Told(
            at=minute, story=story.id, what="surge", title=story.title, terms=tuple(story.names), began=minute - 59,
            n=found.n, authors=round(jumped.n), score=jumped.score, usual=jumped.usual / 60, gravity=story.gravity,
            examples=tuple(story.examples),
        )  # fmt: skip
        return Said(scope, told, story, reason_of(told, graver=False, scope=scope))

    def _lately(self, scope: str, minute: int) -> tuple[pa.Table, Terms, Rows]:
        """The posts of a scope in the last hour, as far as they are held."""
        recent = (self.by_scope.get(scope) or self.everything).recent
        if scope in self.by_scope:
            rows = np.flatnonzero(recent.minute > minute - 60)
        else:
            row, name = _listed(recent.posts["scopes"])
            rows = np.unique(row[name == scope])
            rows = rows[recent.minute[rows] > minute - 60]
        return recent.posts.take(rows), recent.terms.take(rows), recent.minute[rows]

    def _home_of(self, found: Terms, minute: int) -> tuple[Story, bool] | None:
        """The story that most of these posts speak of, and whether it was told lately."""
        if not found.n:
            return None
        stories = [one for held in self.by_scope.values() for one in held.stories if not one.into]
        shares = [(float(one.matches(found).mean()), one) for one in stories]
        share, story = max(shares, key=lambda one: one[0], default=(0.0, None))
        return (story, minute - story.told < _KNOWN) if story is not None and share >= TOGETHER else None

    def _calm(self, minute: int) -> None:
        """Surges are over when three hours brought hardly more than is usual."""
        for scope, story in list(self.surges.items()):
            if minute - story.told >= LATE and story.heard(minute - LATE, minute) < 1.5 * max(story.usual * LATE, 3.0):
                story.state, story.changed = "closed", True
                story.turns.append(Turn(minute, "closed"))
                self.over.append(self.surges.pop(scope))

    def _with_markets(self, posts: pa.Table) -> pa.Table:
        """``watched``: the scopes of each post, its market among them."""
        lang = posts["lang"].combine_chunks() if "lang" in posts.column_names else pa.nulls(posts.num_rows, pa.string())
        market = pc.if_else(
            pc.fill_null(pc.is_in(lang, value_set=pa.array(sorted(self.markets), pa.string())), False),
            pc.binary_join_element_wise("market", lang, ":"),
            None,
        )
        row, name = _listed_arrow(posts["scopes"])
        there = np.flatnonzero(market.is_valid().to_numpy(zero_copy_only=False))
        rows = np.concatenate([row, there])
        names = pa.concat_arrays([name.cast(pa.string()), market.drop_null().cast(pa.string())])
        return posts.append_column("watched", _as_lists(rows, names, posts.num_rows))

    # — taken away by whoever keeps them —

    def changed(self) -> list[tuple[str, Story]]:
        """Stories that changed since the last time, with their scope; each is now taken for kept."""
        held: list[tuple[str, Iterable[Story]]] = [
            *((scope, (*one.follower.stories, *one.follower.closed)) for scope, one in self.by_scope.items()),
            *((scope, (story,)) for scope, story in self.surges.items()),
            *((story.id.removeprefix("surge-").rpartition("-")[0], (story,)) for story in self.over),
        ]
        self.over = []
        found = [(scope, story) for scope, stories in held for story in stories if story.changed]
        for _, story in found:
            story.changed = False
        return found

    def every(self) -> list[Story]:
        """All stories that are held, closed ones too."""
        held = [story for one in self.by_scope.values() for story in (*one.follower.stories, *one.follower.closed)]
        return [*held, *self.surges.values(), *self.over]

    def bins(self) -> list[Bin]:
        """Bins of watched curves that ended since the last time."""
        bins, self.watched.bins = self.watched.bins, []
        return bins

    def forget(self, keys: Keys) -> None:
        """Posts that are gone (the archive's keys) leave every window, example and count of what set off what."""
        gone = pa.array(keys)
        for stories in self.by_scope.values():
            stories.forget(gone)
        known = set(keys.tolist())
        for story in self.every():
            story.forget(known)
        for id, one in self.incidents.items():
            left = tuple(example for example in one.examples if key_of(example.id) not in known)
            origin = "" if key_of(one.origin) in known else one.origin
            self.incidents[id] = replace(one, examples=left, origin=origin)

    def knows(self, authors: Hashes) -> npt.NDArray[np.bool_]:
        """Which of these authors speak in a story or stand in a window."""
        found = np.zeros(len(authors), dtype=np.bool_)
        for stories in self.by_scope.values():
            found |= np.isin(authors, stories.recent.terms.author)
        for story in self.every():
            found |= np.isin(authors, story.spread.everyone.authors)
        return found

    def save(self) -> bytes:
        """Everything as bytes. Only after :meth:`changed` and :meth:`bins` were taken."""
        scopes = {
            str(at): {"scope": scope, "state": np.frombuffer(stories.save(), dtype=np.uint8)}
            for at, (scope, stories) in enumerate(self.by_scope.items())
        }
        surges = {
            str(at): {"scope": scope, "story": keeping.story_state(story)}
            for at, (scope, story) in enumerate(self.surges.items())
        }
        rest = {
            "forecasts": self.forecasts.state(),
            "incidents": {id: to_json(one) for id, one in self.incidents.items()},
            "open": self.open,
            "markets": sorted(self.markets),
            "reached": [*self.reached.items()][-2000:],
        }
        return keeping.pack({"scopes": scopes, "watched": self.watched.state(), "surges": surges, "rest": rest})

    @classmethod
    def restore(cls, kept: bytes) -> Streams:
        """Streams that go on exactly as those whose :meth:`save` this is.

        :raises ArchiveDamaged: these bytes are no such state.
        """
        state = keeping.unpack(kept)
        try:
            one = cls()
            one.by_scope = {
                part["scope"]: Stories.restore(part["state"].tobytes()) for part in state["scopes"].values()
            }
            one.watched = Watched.resume(state["watched"])
            one.surges = {part["scope"]: keeping.story_from(part["story"]) for part in state["surges"].values()}
            rest = state["rest"]
            one.open, one.markets = int(rest["open"]), frozenset(rest["markets"])
            one.reached = dict(rest["reached"])
            one.forecasts = Forecasts.resume(rest["forecasts"])
            one.incidents = {id: from_json(PileOn, part) for id, part in rest["incidents"].items()}
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ArchiveDamaged("stories_damaged", detail=type(error).__name__) from error
        return one


def _add(story: Story, minute: int, posts: pa.Table, found: Terms) -> None:
    """More posts of a surge."""
    authors = np.unique(found.author)
    story.n += found.n
    story.authors = np.union1d(story.authors, authors)
    story.changed = True
    story.spread.take(np.full(found.n, minute), found, posts)
    if story.curve and story.curve[-1][0] == minute:
        story.curve[-1] = (minute, story.curve[-1][1] + len(authors))
    else:
        story.curve.append((minute, len(authors)))
    story.new_keys.append((minute, pc.fill_null(posts["key"], 0).to_numpy()))
    story.minutes[minute] = story.minutes.get(minute, 0) + found.n
    story.new_counts.append((minute, story.minutes[minute], story.curve[-1][1]))


def _write(story: Story, posts: pa.Table, found: Terms) -> None:
    """A surge's words, from the posts of the last hour."""
    texts = [str(text) for text in posts["text"].to_pylist()[-400:]]
    if not texts:
        return
    story.title = write_title(texts, turkish=posts["lang"].to_pylist().count("tr") * 2 > posts.num_rows)
    chosen = posts.take(typical(found, np.arange(found.n)))
    story.examples = [
        {name: post[name] for name in ("text", "at", "id", "network", "lang")} for post in chosen.to_pylist()
    ]
    story.gravity = weigh(texts, found.author[-len(texts) :])


def _listed_arrow(column: pa.ChunkedArray) -> tuple[Rows, pa.Array]:
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return pc.list_parent_indices(flat).to_numpy().astype(np.int64), pc.list_flatten(flat)


def _listed(column: pa.ChunkedArray) -> tuple[Rows, np.ndarray[Any, np.dtype[np.object_]]]:
    row, name = _listed_arrow(column)
    return row, np.asarray(name.to_numpy(zero_copy_only=False), dtype=object)


def _as_lists(row: Rows, names: pa.Array, n: int) -> pa.Array:
    """A list a row out of pairs of row and name."""
    order = np.argsort(row, kind="stable")
    offsets = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=n))]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), names.take(pa.array(order)))


__all__ = ["Said", "Streams", "moment_of"]
