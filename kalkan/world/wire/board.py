"""What a Mastodon server of the world knows: accounts, statuses, threads, counts; and who wants to hear of news.

Owns ids and their order. Promises that any thread may tell it events and any may ask. A status keeps its id for its
whole life; a deleted one is not found. Never reads a clock.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from kalkan.world.events import Event, Person
from kalkan.world.wire import names


def reworded(first: Event, edit: Event) -> Event:
    """A post after an edit: the new words with what marks them; time, ties and all that the edit leaves out stay."""
    return replace(
        first,
        text=edit.text,
        tags=edit.tags,
        links=edit.links,
        mentions=edit.mentions,
        lang=edit.lang or first.lang,
        alts=edit.alts or first.alts,
        warning=edit.warning or first.warning,
        poll=edit.poll or first.poll,
    )


@dataclass(slots=True)
class Status:
    """One status as it stands now. ``event`` is its newest wording, at its first time."""

    id: int
    event: Event
    author: Person
    reply_to: Status | None = None
    quote: Status | None = None
    edited_at: datetime | None = None
    replies: list[int] = field(default_factory=list)
    likes: int = 0
    reposts: int = 0
    quotes: int = 0

    @property
    def local(self) -> bool:
        """Whether its author lives on this server."""
        return "@" not in self.author.handle

    @property
    def broadcast(self) -> bool:
        """Whether public timelines carry it: all but answers to other people."""
        return self.reply_to is None or self.reply_to.author.key == self.author.key

    def tagged(self, tag: str) -> bool:
        """Whether it has that hashtag, in any case."""
        return tag.casefold() in {name.casefold() for name in self.event.tags}


@dataclass(frozen=True, slots=True)
class News:
    """What happened to a status: "update" (a new one), "status.update" (an edit) or "delete"."""

    kind: str
    status: Status


class Board:
    """The state behind the Mastodon server."""

    def __init__(self, people: Mapping[str, Person]) -> None:
        self.people = {key: person for key, person in people.items() if person.network == "mastodon"}
        self._lock = threading.RLock()
        self._by_id: dict[int, Status] = {}
        self._by_key: dict[str, Status] = {}
        self._order: list[int] = []
        self._written: dict[str, list[int]] = {}  # ids by author, in order
        self._listeners: dict[int, Callable[[News], None]] = {}
        self._number = 0

    def tell(self, event: Event) -> News | None:
        """Let an event of the world happen; what came of it, if anything that streams tell."""
        with self._lock:
            news = self._happen(event)
            listeners = list(self._listeners.values()) if news is not None else []
        for listen in listeners:
            assert news is not None
            listen(news)
        return news

    def _happen(self, event: Event) -> News | None:
        if event.verb == "post":
            return self._posted(event)
        status = self._by_key.get(event.key)
        if status is None:
            return None
        if event.verb == "like":
            status.likes += 1
        elif event.verb == "repost":
            status.reposts += 1
        elif event.actor == status.author.key and event.verb == "edit":
            status.event = reworded(status.event, event)
            status.edited_at = event.at
            return News("status.update", status)
        elif event.actor == status.author.key and event.verb == "delete":
            self._gone(status)
            return News("delete", status)
        return None

    def _posted(self, event: Event) -> News | None:
        author = self.people.get(event.actor)
        if author is None or event.key in self._by_key:
            return None
        number = names.snowflake(event.at, event.key)
        while number in self._by_id:
            number += 1
        parent = self._by_key.get(event.reply_to or "")
        quote = self._by_key.get(event.quote_of or "")
        status = Status(number, event, author, parent, quote)
        self._by_id[number] = self._by_key[event.key] = status
        bisect.insort(self._order, number)
        bisect.insort(self._written.setdefault(author.key, []), number)
        if parent is not None:
            parent.replies.append(number)
        if quote is not None:
            quote.quotes += 1
        return News("update", status)

    def _gone(self, status: Status) -> None:
        del self._by_id[status.id], self._by_key[status.event.key]
        self._order.pop(bisect.bisect_left(self._order, status.id))
        self._written[status.author.key].remove(status.id)
        if status.reply_to is not None and status.id in status.reply_to.replies:
            status.reply_to.replies.remove(status.id)

    def status(self, number: int) -> Status | None:
        """The status of that id, None where it was deleted or never was."""
        with self._lock:
            return self._by_id.get(number)

    def written(self, key: str) -> tuple[int, datetime | None]:
        """How many statuses of a person stand, and when the newest was written."""
        with self._lock:
            numbers = self._written.get(key)
            return (len(numbers), self._by_id[numbers[-1]].event.at) if numbers else (0, None)

    def timeline(
        self,
        keep: Callable[[Status], bool],
        *,
        limit: int,
        max_id: int | None = None,
        since_id: int | None = None,
        min_id: int | None = None,
    ) -> list[Status]:
        """A page of what ``keep`` keeps, newest first.

        ``max_id`` and ``since_id`` bound it on both sides, the newest counting; ``min_id`` gives those that follow
        right after it.
        """
        with self._lock:
            top = len(self._order) if max_id is None else bisect.bisect_left(self._order, max_id)
            lowest = max((value for value in (since_id, min_id) if value is not None), default=-1)
            bottom = bisect.bisect_right(self._order, lowest)
            places = range(bottom, top) if min_id is not None else range(top - 1, bottom - 1, -1)
            found: list[Status] = []
            for place in places:
                status = self._by_id[self._order[place]]
                if keep(status):
                    found.append(status)
                    if len(found) == limit:
                        break
        return found[::-1] if min_id is not None else found

    def ancestors(self, status: Status, most: int) -> list[Status]:
        """What it answers, and what that answers, oldest first."""
        found: list[Status] = []
        above = status.reply_to
        while above is not None and len(found) < most:
            if above.id not in self._by_id:
                break
            found.append(above)
            above = above.reply_to
        return found[::-1]

    def descendants(self, status: Status, most: int, depth: int) -> list[Status]:
        """The answers below it, each followed by its own."""

        def below(one: Status, left: int) -> Iterator[Status]:
            for number in one.replies if left else ():
                if (reply := self._by_id.get(number)) is not None:
                    yield reply
                    yield from below(reply, left - 1)

        with self._lock:
            return [reply for reply, _ in zip(below(status, depth), range(most), strict=False)]

    def listen(self, hear: Callable[[News], None]) -> Callable[[], None]:
        """Call ``hear`` (from the telling thread) for each piece of news; returns how to stop that."""
        with self._lock:
            self._number += 1
            number = self._number
            self._listeners[number] = hear

        def stop() -> None:
            with self._lock:
                self._listeners.pop(number, None)

        return stop
