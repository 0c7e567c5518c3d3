"""A drill: a storm of the town's past told again, now and faster, so that people can practise for one.

Owns the file that asks for a drill and the telling. Promises that a drill is the same posts by the same people under
new names, that asking for a window twice gives the same events, and that whatever the file holds, the town goes on.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from kalkan.world.currents import STORIES
from kalkan.world.events import Event, Person
from kalkan.world.world import World

FILE: Final = "drill.json"
SPEED: Final = 6.0  # how much faster than it was
MINUTES: Final = 30  # how long it goes on
_BEGAN: Final = {each.name: each.since for each in STORIES if each.since is not None}


@dataclass(frozen=True, slots=True)
class Drill:
    """What was asked for: which storm, and from when on it is told again."""

    story: str
    began: datetime

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return self.began + timedelta(minutes=MINUTES)


def asked(path: Path) -> Drill | None:
    """The drill in the file at ``path``; None where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        made = Drill(str(found["story"]), datetime.fromisoformat(found["began"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return made if made.story in _BEGAN and made.began.tzinfo is not None else None


class Drilled:
    """``world`` with the drill that the file at ``path`` asks for; what :class:`kalkan.world.wire.Stage` plays."""

    def __init__(self, world: World, path: Path) -> None:
        self.world = world
        self.path = path

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody, by key."""
        return self.world.people

    def events(self, since: datetime, until: datetime) -> Iterator[Event]:
        """What is done from ``since`` up to but not at ``until``, in time order, the drill among it."""
        drill = asked(self.path)
        town = self.world.events(since, until)
        if drill is None or until <= drill.began or since >= drill.ends:
            return town
        return heapq.merge(town, self._again(drill, since, until), key=lambda event: event.at)

    def _again(self, drill: Drill, since: datetime, until: datetime) -> Iterator[Event]:
        """The posts of the storm, moved to ``drill.began`` and told :data:`SPEED` times as fast."""
        start = self.world.now - _BEGAN[drill.story]

        def then(at: datetime) -> datetime:
            return start + (at - drill.began) * SPEED

        mark = f"drill{drill.began:%H%M%S}"
        for event in self.world.events(then(max(since, drill.began)), then(min(until, drill.ends))):
            if event.verb != "post" or "~" in event.key or self.world.truth(event.key).story != drill.story:
                continue
            at = drill.began + (event.at - start) / SPEED
            if since <= at < until:
                yield replace(event, at=at, key=f"{event.key}.{mark}", reply_to=None, quote_of=None)
