"""All stories of one listener at once: over everything, over what is watched, and the watched curves beside.

Owns how these meet: which of two stories found in different scopes is the same one, and when that is news to whom.
Promises what :class:`kalkan.stories.replay.Stories` promises: the same alarms however the posts are cut, exactly taken
up again; and that one thing is told to a team once, under the scope in which it was seen first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.errors import ArchiveDamaged
from kalkan.posts import key_of
from kalkan.stories import keeping, surges
from kalkan.stories.detect import Rules
from kalkan.stories.forecast import Forecasts
from kalkan.stories.gather import TOGETHER
from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.pileon import incident
from kalkan.stories.record import EVERYTHING, Part, PileOn, Reason, from_json, to_json
from kalkan.stories.replay import LATE, Stories, kept_of
from kalkan.stories.rows import reason_of
from kalkan.stories.scopes import chosen, kind_of, mark_of, most_posts, named, seen_by, team_of
from kalkan.stories.story import Story, Told, Turn
from kalkan.stories.terms import Terms, terms
from kalkan.stories.times import moment_of
from kalkan.stories.watched import Bin, Jumped, Watched

_KNOWN: Final = 360  # minutes in which a story told elsewhere is no news here
_US: Final = 60_000_000
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
    watches: tuple[Part, ...] = ()  # whom it named at that moment


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
        """Follow exactly these scopes, and everything. Beyond so many a scope has its curve alone."""
        wanted = chosen(scopes, self.rules)
        kept = {scope: one for scope, one in self.by_scope.items() if scope == EVERYTHING or scope in wanted}
        for scope, rules in wanted.items():
            if scope in kept:
                known = kept[scope].detector
                known.rules = replace(known.rules, most_terms=rules.most_terms)
            else:
                kept[scope] = Stories(rules=rules, takes_keys=True, mark=mark_of(scope))
                kept[scope].recent.most = most_posts(scope)
        self.by_scope = {scope: kept[scope] for scope in (EVERYTHING, *wanted)}
        self.markets = frozenset(scope.removeprefix("market:") for scope in scopes if kind_of(scope) == "market")
        self.watched.follow([EVERYTHING, *scopes])

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
        found, of, posts = terms(posts), named(posts, self.markets), kept_of(posts)
        for start, end in pairwise(edges):
            here = int(minute[start])
            told += self.until(here)
            self.open = here
            part = found.take(np.arange(start, end))
            self._hear(here, posts.slice(start, end - start), part, dict(of.between(start, end)))
        return told

    def _late(self, minute: Rows, posts: pa.Table) -> None:
        found = terms(posts)
        self.everything.take_late(minute, posts, found)
        for scope, rows in named(posts, self.markets).between(0, posts.num_rows):
            if scope in self.by_scope:
                self.by_scope[scope].take_late(minute[rows], posts.take(rows), found.take(rows))

    def _hear(self, minute: int, posts: pa.Table, found: Terms, scopes: dict[str, Rows]) -> None:
        """Take posts of the one minute that is open; ``scopes``: the rows of each."""
        for stories in self.by_scope.values():
            stories.detector.begin(minute - 1)
        self.everything.take(minute, posts, found)
        self.watched.open = minute
        self.watched.waiting.append((EVERYTHING, np.unique(found.author)))
        for scope in sorted(scopes):
            rows = scopes[scope]
            self.watched.waiting.append((scope, np.unique(found.author[rows])))
            stories_of, surge = self.by_scope.get(scope), self.surges.get(scope)
            if stories_of is None and surge is None:
                continue
            some, part = posts.take(rows), found.take(rows)
            if stories_of is not None:
                stories_of.take(minute, some, part)
            if surge is not None:
                surges.add(surge, minute, some, part)

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
        """An alarm where it belongs; None where the same story was told lately to the same people."""
        story = self._story(scope, told.story)
        if scope == EVERYTHING:
            if told.what == "born" and (other := self._told_before(story, told)):
                story.turns.append(Turn(told.at, "joined", other))
                return None
            return self._say(scope, told, story)
        home = self._home(scope, story, told.at)
        if home is None:
            if kind_of(scope) == "market" and told.what == "born" and self._told_before(story, told, scope):
                return None
            return self._say(scope, told, story)
        self._part_of(story, home)
        if not self._news(home, scope):
            return None
        self.reached[f"{home.id} {scope}"] = str(told.at)
        reaches = replace(told, what="reaches", story=home.id, title=home.title or told.title)
        return Said(scope, reaches, home, reason_of(reaches, graver=False, scope=scope), home.spread.parts("scopes"))

    def _say(self, scope: str, told: Told, story: Story) -> Said:
        """An alarm of this scope; whom it names by five people at least, it has reached."""
        self.reached[f"{story.id} {scope}"] = str(told.at)
        for name, tally in story.spread.tallies["scopes"].items():
            if len(tally.authors) >= self.rules.authors:
                self.reached.setdefault(f"{story.id} {name}", str(told.at))
        graver = told.gravity.level >= 2 and told.what == "turned"
        return Said(scope, told, story, reason_of(told, graver=graver), story.spread.parts("scopes"))

    def _news(self, home: Story, scope: str) -> bool:
        """Whether it is news to a team that ``home`` is spoken of in ``scope``: the first of its watches, or itself."""
        if kind_of(scope) == "market" or f"{home.id} {scope}" in self.reached:
            return False
        told = [key.partition(" ")[2] for key in self.reached if key.startswith(f"{home.id} ")]
        return kind_of(scope) == "brand" or not any(team_of(one) == team_of(scope) for one in told)

    def _story(self, scope: str, id: str) -> Story:
        follower = self.by_scope[scope].follower
        return next(one for one in (*follower.stories, *reversed(follower.closed)) if one.id == id)

    def _home(self, scope: str, story: Story, minute: int) -> Story | None:
        """The running story of everything, or one told lately to the same team, that most of these posts speak of."""
        recent = self.by_scope[scope].recent
        rows = np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began))
        if not len(rows):
            return None
        part = recent.terms.take(rows)
        elsewhere = [
            other
            for name, stories in self.by_scope.items()
            if name not in (EVERYTHING, scope) and seen_by(scope, name)
            for other in stories.stories
            if not other.into and other is not story and minute - other.told < _KNOWN
        ]
        for some in (self.everything.stories, elsewhere):
            shares = [(float(other.matches(part).mean()), other) for other in some]
            share, best = max(shares, key=lambda one: one[0], default=(0.0, story))
            if share >= TOGETHER:
                return best
        return None

    def _part_of(self, story: Story, home: Story) -> None:
        """``story`` is ``home`` seen in another scope; so is whatever was a part of it."""
        for stories in self.by_scope.values():
            for one in stories.stories:
                if one is story or one.into == story.id:
                    one.into, one.changed = home.id, True

    def _told_before(self, story: Story, told: Told, here: str = EVERYTHING) -> str:
        """The id of a watch's story, told lately, that this one turns out to be; empty where somebody has not heard it.

        The other becomes a part of this one in any case. In a market only stories of brands and their watches do.
        """
        recent = self.by_scope[here].recent
        part = recent.terms.take(np.flatnonzero(story.matches(recent.terms) & (recent.minute >= story.began)))
        teams = {team_of(scope) for scope in self.by_scope} - {""}
        known = ""
        for scope, stories in self.by_scope.items():
            if scope in (EVERYTHING, here) or (here != EVERYTHING and not team_of(scope)):
                continue
            for other in stories.stories:
                lately = told.at - other.told < _KNOWN and not other.into
                if not lately or float(other.matches(part).mean()) < TOGETHER:
                    continue
                self._part_of(other, story)
                for key in [key for key in self.reached if key.startswith(f"{other.id} ")]:
                    self.reached[f"{story.id} {key.partition(' ')[2]}"] = self.reached[key]
                heard_by_all = kind_of(scope) == "market" or teams == {team_of(scope)}
                if heard_by_all and story.gravity.level <= max(other.gravest, other.gravity.level):
                    known = known or other.id
        return known

    # — surges —

    def _surged(self, jumped: Jumped) -> Said | None:
        scope, minute = jumped.scope, jumped.minute
        if scope == EVERYTHING or (kind_of(scope) == "market" and self._rest_jumped(jumped)):
            return None  # more is listened to, or the whole world is up
        posts, found, minutes = self._lately(scope, minute)
        story = surges.home_of(jumped, found, self._stories_seen_by(scope))
        if story is None:
            if scope not in self.surges:
                self.surges[scope] = surges.surge(jumped, int(minutes.min()) if len(minutes) else minute)
                surges.add_all(self.surges[scope], posts, found, minutes)
            story = self.surges[scope]
            surges.write(story, scope, posts, found)
        elif minute - story.told < _KNOWN or kind_of(scope) == "market":
            return None
        story.told, story.changed = minute, True
        told = surges.told_of(jumped, story, found.n)
        return Said(scope, told, story, reason_of(told, graver=False, scope=scope), story.spread.parts("scopes"))

    def _rest_jumped(self, jumped: Jumped) -> bool:
        """Whether what is said in other languages rose half as much at least: then it is no news of this one."""
        n, usual = self.watched.level(EVERYTHING)
        rest, usual_rest = n - jumped.n, usual - jumped.usual
        return usual_rest >= 1 and rest / usual_rest >= 0.5 * jumped.n / max(jumped.usual, 0.1)

    def _stories_seen_by(self, scope: str) -> list[Story]:
        """Running stories that may explain a jump."""
        held = [one for name, held in self.by_scope.items() if seen_by(scope, name) for one in held.stories]
        return [one for one in held if not one.into]

    def _lately(self, scope: str, minute: int) -> tuple[pa.Table, Terms, Rows]:
        """The posts of a scope in the last hour, as far as they are held."""
        recent = (self.by_scope.get(scope) or self.everything).recent
        late = recent.minute > minute - 60
        rows = np.flatnonzero(late)
        if scope not in self.by_scope:
            rows = rows[named(recent.posts.filter(pa.array(late)), self.markets).of(scope)]
        return recent.posts.take(rows), recent.terms.take(rows), recent.minute[rows]

    def _calm(self, minute: int) -> None:
        for scope, story in list(self.surges.items()):
            if surges.over(story, minute):
                story.state, story.changed = "closed", True
                story.turns.append(Turn(minute, "closed"))
                self.over.append(self.surges.pop(scope))

    # — taken away by whoever keeps them —

    def changed(self) -> list[tuple[str, Story]]:
        """Stories that changed since the last time, with their scope; each is now taken for kept."""
        held: list[tuple[str, Iterable[Story]]] = [
            *((scope, (*one.follower.stories, *one.follower.closed)) for scope, one in self.by_scope.items()),
            *((scope, (story,)) for scope, story in self.surges.items()),
            *((surges.scope_of(story), (story,)) for story in self.over),
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


__all__ = ["Said", "Streams", "moment_of"]
