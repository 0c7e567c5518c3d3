"""A town of four on loopback for tests of the desk: Fındık on both networks, and two who talk to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from kalkan.desk.actions import accounts
from kalkan.desk.models import Account, Brand, Person
from kalkan.networks import publishing
from kalkan.world import events
from kalkan.world.wire import Board, EventLog, MastodonServer, PdsServer, password
from kalkan.world.wire.records import Repositories
from kalkan.world.world import did

PEOPLE = {
    one.key: one
    for one in (
        events.Person(key="shop", name="Fındık", handle="findik.example.com", network="bluesky", lang="tr"),
        events.Person(key="naz", name="Naz", handle="naz.test", network="bluesky", lang="tr"),
        events.Person(key="shop-m", name="Fındık", handle="findik", network="mastodon", lang="tr"),
        events.Person(key="ece", name="Ece", handle="ece", network="mastodon", lang="en"),
    )
}


@dataclass
class Town:
    """Its servers, and what was said on them, by a name of its own."""

    now: datetime
    pds: PdsServer
    mastodon: MastodonServer
    repositories: Repositories
    board: Board
    said: dict[str, str] = field(default_factory=dict)

    def tell(self, actor: str, key: str, text: str, *, minutes: float = 5, **more: Any) -> str:
        """Let somebody say something; the lasting id of it."""
        at = self.now - timedelta(minutes=minutes) + timedelta(seconds=len(self.said))  # no two in one moment
        event = events.Event(at=at, verb="post", actor=actor, key=key, text=text, **more)
        news = self.board.tell(event)
        self.repositories.frame(event)
        kept = self.repositories.post(key)
        if kept is not None:
            self.said[key] = kept.uri
        elif news is not None:
            self.said[key] = self.mastodon.entities.uri(news.status)
        return self.said[key]

    def connect(self, owner: Person, brand: Brand, network: str) -> Account:
        """Fındık's account there, connected to the desk."""
        server = self.pds.url if network == "bluesky" else self.mastodon.url
        options = {"handle": "findik.example.com", "password": password("shop"), "service": server}
        if network == "mastodon":
            options = {"server": server, "token": password("shop-m")}
        who, held = publishing.kind(network).connect(options, now=self.now, loopback=True)
        return accounts.connect(
            owner, brand, network, who=who, credentials=held, server=server, now=self.now, loopback=True
        )


@contextmanager
def open_town(now: datetime) -> Iterator[Town]:
    """The town at ``now``, nothing said yet."""
    repositories, board = Repositories(PEOPLE, did), Board(PEOPLE)
    with (
        PdsServer(repositories, PEOPLE, EventLog(), now=lambda: now) as pds,
        MastodonServer(board, now=lambda: now) as mastodon,
    ):
        yield Town(now, pds, mastodon, repositories, board)
