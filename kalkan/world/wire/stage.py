"""The stage: a world played onto a Jetstream and a Mastodon server, its past at once and its present as it comes.

Owns the clock of the play and the thread that follows it. Promises that every event up to the stage's time is on its
server, once and in order, and that the whole past can be replayed. Never invents anything: what is neither in the world
nor published by a client of its servers does not happen here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Protocol

from kalkan.world.events import Event, Person
from kalkan.world.wire import names
from kalkan.world.wire.board import Board
from kalkan.world.wire.jetstream import NO_FAULTS, Faults, JetstreamServer
from kalkan.world.wire.log import EventLog
from kalkan.world.wire.mastodon import MastodonServer
from kalkan.world.wire.pds import PdsServer
from kalkan.world.wire.records import Repositories
from kalkan.world.world import did as did_of

PAST: Final = timedelta(days=14)
TICK: Final = 0.2  # seconds between two looks at what has happened
_log: Final = logging.getLogger(__name__)


class Play(Protocol):
    """What a stage needs of a world."""

    @property
    def people(self) -> Mapping[str, Person]:
        """Everybody, by key."""
        ...

    def events(self, since: datetime, until: datetime) -> Iterable[Event]:
        """What is done from ``since`` up to but not at ``until``, in time order."""
        ...


class Stage:
    """Plays ``world``; a context manager that has its servers running while it is entered.

    :param now: the clock, read at entering and from then on.
    :param speed: how fast the world's time goes from entering on; its past is there at once in any case. With another
        speed than 1 the servers' clocks run away from the machine's.
    :param did: gives the DID for a person's key.
    :param jetstream_port: 0 = any free port, as for ``mastodon_port`` and ``pds_port``.
    :param rate: frames a second that the Jetstream server sends at most to each client.
    """

    jetstream: JetstreamServer
    mastodon: MastodonServer
    pds: PdsServer

    def __init__(
        self,
        world: Play,
        *,
        now: Callable[[], datetime],
        speed: float = 1.0,
        past: timedelta = PAST,
        did: Callable[[str], str] = did_of,
        rate: float | None = None,
        faults: Faults = NO_FAULTS,
        jetstream_port: int = 0,
        mastodon_port: int = 0,
        pds_port: int = 0,
    ) -> None:
        self.world = world
        self.log = EventLog()
        self.board = Board(world.people)
        self.ids: dict[str, str] = {}  # the lasting id of every post ever made here, by its key
        self.fault: BaseException | None = None  # why the play stopped, if the world failed
        self._repositories = Repositories(world.people, did)
        self._now = now
        self._speed = speed
        self._past = past
        self._rate = rate
        self._faults = faults
        self._ports = (jetstream_port, mastodon_port, pds_port)
        self._telling = threading.Lock()  # the repositories hear of one thing at a time
        self._began: datetime | None = None
        self._over = threading.Event()
        self._following: threading.Thread | None = None

    def clock(self) -> datetime:
        """The time on the stage."""
        now = self._now()
        return now if self._began is None else self._began + (now - self._began) * self._speed

    def __enter__(self) -> Stage:
        self._began = began = self._now()
        self.mastodon = MastodonServer(self.board, port=self._ports[1], now=self._now)
        self.mastodon.ready = False  # whoever asked now would take the past, half told, for news
        try:
            self.log.extend(self._history(began))
            self.mastodon.ready = True
            lookback = self._past + timedelta(days=1)
            self.jetstream = JetstreamServer(
                self.log,
                port=self._ports[0],
                lookback=lookback,
                now=self.clock,
                rate=self._rate,
                faults=self._faults,
            )
            self.pds = PdsServer(
                self._repositories,
                self.world.people,
                self.log,
                now=self.clock,
                lock=self._telling,
                port=self._ports[2],
            )
        except BaseException:
            self.mastodon.close()
            if hasattr(self, "jetstream"):
                self.jetstream.close()
            raise
        self._over.clear()
        self._following = threading.Thread(target=self._follow, args=(began,), name="stage", daemon=True)
        self._following.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the play and both servers."""
        self._over.set()
        if self._following is not None:
            self._following.join(10)
            self._following = None
        self.pds.close()
        self.jetstream.close()
        self.mastodon.close()

    def _history(self, began: datetime) -> Iterator[dict[str, Any]]:
        since = began - self._past
        first_us = names.micros(since) - 10 * len(self.world.people) - 10
        for place, (key, person) in enumerate(self.world.people.items()):
            if person.network == "bluesky":
                yield from self._repositories.introduction(key, first_us + 10 * place)
        yield from self._told(self.world.events(since, began))

    def _told(self, events: Iterable[Event]) -> Iterator[dict[str, Any]]:
        """Let events happen: on the board at once, in the repositories as frames."""
        for event in events:
            news = self.board.tell(event)
            if news is not None and news.kind == "update":
                self.ids[event.key] = self.mastodon.entities.uri(news.status)
            frame = self._repositories.frame(event)
            if frame is not None:
                if event.verb == "post" and (kept := self._repositories.post(event.key)) is not None:
                    self.ids[event.key] = kept.uri
                yield frame

    def _follow(self, since: datetime) -> None:
        try:
            while not self._over.wait(TICK):
                until = self.clock()
                if until > since:
                    with self._telling:
                        self.log.extend(self._told(self.world.events(since, until)))
                    since = until
        except Exception as fault:  # the world is ours: its failure ends the play, and is told
            self.fault = fault
            _log.exception("the world stopped")
