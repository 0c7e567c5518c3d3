"""The made-up town: who lives there, what they say and do, moment by moment, and what is true of each post.

Owns the engine that turns hand-written lines and known stories into events. Promises that a seed and a ``now`` give
one history: the same events whatever windows are asked for, in time order, endless into the future. All people,
brands and places of business are invented. Never reads a clock, never opens a connection.
"""

from __future__ import annotations

import base64
import hashlib
import math
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random
from threading import RLock
from typing import Any, Final

from kalkan.brands import Brand, Watch
from kalkan.world.currents import EVERYDAY, STEADY, STORIES, Current, of_people
from kalkan.world.events import Event, Person, Truth
from kalkan.world.threads import REACH, Town, follow
from kalkan.world.voices import Habits, Line, addressed_in, links_in, say, tags_in, voices
from kalkan.world.voices.people import BRAND_ACCOUNTS, CAST, in_step, passers_by

PAST: Final = timedelta(days=14)
SLOT: Final = timedelta(minutes=10)
SLOTS_A_DAY: Final = 144
_KEPT_SLOTS: Final = 2200  # the whole past, some 20 MB
_NIGHTS: Final = frozenset({"imogen"})
_BLOCKS: Final = 6
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def did(key: str) -> str:
    """The lasting ``did:plc:`` of a person's key: 24 base32 letters, the same for every seed."""
    digest = hashlib.sha256(f"kalkan world {key}".encode()).digest()
    return f"did:plc:{base64.b32encode(digest).decode('ascii').lower()[:24]}"


def demo_brands() -> tuple[Brand, ...]:
    """The two brands of the town with everything they watch."""

    def watches(**texts: Sequence[str]) -> tuple[Watch, ...]:
        return tuple(Watch(kind=kind, text=text) for kind, found in texts.items() for text in found)

    nut = ("fındık tesisi", "fındık fabrikası", "fındık bahçesi", "fındık üreticisi", "fındık fiyatı", "fındık işçisi")
    findik = Brand(
        slug="findik",
        name="Fındık",
        watches=(
            Watch(kind="name", text="Fındık", without=nut),
            *watches(
                handle=("@findik.test", "@findik"),
                hashtag=("#findik", "#kucukkavanoz"),
                topic=("fındık tesisi", "hazelnut plant", "palm oil", "palm yağı"),
                peer=("Çotanak", "Nutkin", "Cocoa & Sons", "Badem Sokağı"),
            ),
        ),
        accounts=(did("findik"), "findik.test", "findik"),
        langs=("tr", "en"),
        markets=("TR", "GB"),
    )
    kiyi = Brand(
        slug="kiyi-kahve",
        name="Kıyı Kahve",
        watches=watches(
            name=("Kıyı Kahve",),
            handle=("@kiyikahve.test", "@kiyikahve"),
            hashtag=("#kiyikahve",),
            peer=("Demlik", "Harbour Roast"),
        ),
        accounts=(did("kiyi-kahve"), "kiyikahve.test", "kiyikahve"),
        langs=("tr", "en"),
        markets=("TR", "GB"),
    )
    return (findik, kiyi)


def demo_world(*, seed: int, now: datetime) -> World:
    """The town as it stands at ``now`` (aware): about two weeks of past, stories on their way, life going on."""
    return World(seed=seed, now=now, currents=(*STEADY, *STORIES))


def bursts(
    *, seed: int, start: datetime, hours: float, base_rate: float, onset: datetime, factor: float, ramp: timedelta
) -> Iterator[Event]:
    """Everyday talk with one planted burst, for measuring how soon and how surely a burst is found.

    ``base_rate`` is posts an hour of everyday talk (half Turkish, half English, by their clocks). From ``onset`` on one
    story, chosen by ``seed``, is told on top of it, growing for ``ramp`` until the two together are ``factor`` times
    the base. Keys of the planted posts begin with the story's name, all others with ``everyday``.
    """
    story = Random(f"{seed}|burst").choice([one for one in STORIES if one.name in ("smaller-jar", "ordu-gas-leak")])
    end = start + timedelta(hours=hours)
    lang = Random(f"{seed}|burst lang").choice(("tr", "en"))
    planted = Current(
        name=story.name, daily={lang: base_rate * 24 * (factor - 1)}, since=end - onset, rise=ramp,
        hold=end - onset, urgent=True, story=True,
    )  # fmt: skip
    talk = replace(EVERYDAY, daily={"tr": base_rate * 12, "en": base_rate * 12}, live=1.0)
    currents = (talk, planted) if factor > 1 else (talk,)
    world = World(seed=seed, now=end, currents=currents, past=end - start, scripted=False)
    return (event for event in world.events(start, end) if event.verb == "post" and "~" not in event.key)


@dataclass(frozen=True, slots=True)
class _Told:
    """What was begun in one slot: its events in time order, and the truth of every post among them."""

    events: tuple[Event, ...]
    times: tuple[datetime, ...]
    truths: Mapping[str, Truth]


class World:
    """One town with one history. Safe to ask from several threads."""

    def __init__(
        self,
        *,
        seed: int,
        now: datetime,
        currents: Sequence[Current],
        past: timedelta = PAST,
        scripted: bool = True,
    ) -> None:
        assert now.tzinfo is not None, "a naive time would mean another town in every zone"
        self.seed = seed
        self.now = now
        self.start = now - past
        self.brands = demo_brands()
        self._known: dict[str, Habits] = {}
        self.people: Mapping[str, Person] = self._settle()
        self._town = Town(seed=seed, people=self.people, habits=self._known)
        own = of_people({key: who.lang for key, (who, _) in CAST.items()}, nights=_NIGHTS) if scripted else ()
        self._streams = {
            stream.name: stream
            for current in (*currents, *own)
            for lang in current.daily
            if (stream := _Stream(current, lang=lang, seed=seed, now=now, start=self.start)).lines
        }
        self._script = self._scripted(voices().script) if scripted else {}
        self._slots: OrderedDict[int, _Told] = OrderedDict()
        self._lock = RLock()

    def events(self, since: datetime, until: datetime) -> Iterator[Event]:
        """Everything done from ``since`` up to but not at ``until``, in time order."""
        first, last = _slot_of(max(since, self.start)), _slot_of(until)
        for slot in range(first, last + 1):
            begin, end = max(_start_of(slot), since), min(_start_of(slot + 1), until)
            found: list[Event] = []
            for earlier in range(slot - REACH // SLOT, slot + 1):
                told = self._told(earlier)
                found.extend(told.events[bisect_left(told.times, begin) : bisect_left(told.times, end)])
            yield from sorted(found, key=_order)

    def truth(self, key: str) -> Truth:
        """What is true of the post ``key``.

        :raises KeyError: nobody ever says it in this world.
        """
        with self._lock:
            return self._truths_of(key)[key]

    def _truths_of(self, key: str) -> Mapping[str, Truth]:
        root = key.partition("~")[0]
        if root in self._script:
            return self._told(_slot_of(self._script[root][0].at)).truths
        name, _, number = root.rpartition("-")
        stream = self._streams.get(name)
        if stream is None or not number.isdigit():
            raise KeyError(key)
        return self._told(stream.slot_of(int(number), key)).truths

    def _settle(self) -> dict[str, Person]:
        everyone = [*CAST.values(), *in_step(self.seed)]
        for lang, n in (("tr", 230), ("en", 230)):
            everyone.extend(passers_by(self.seed, lang=lang, n=n))
        self._known.update({person.key: habits for person, habits in everyone})
        return {person.key: person for person, _ in everyone}

    def _told(self, slot: int) -> _Told:
        with self._lock:
            found = self._slots.get(slot)
            if found is None:
                found = self._slots[slot] = self._tell(slot)
                if len(self._slots) > _KEPT_SLOTS:
                    self._slots.popitem(last=False)
            return found

    def _tell(self, slot: int) -> _Told:
        begun: list[tuple[Event, Truth, Current | None, int]] = [
            (event, truth, None, order)
            for order, (event, truth) in enumerate(self._script.values())
            if _slot_of(event.at) == slot
        ]
        for stream in self._streams.values():
            for at, index in stream.moments(slot):
                begun.append((*self._post(stream, at, index), stream.current, index))
        events: list[Event] = []
        truths: dict[str, Truth] = {}
        for event, truth, current, index in begun:
            thread = follow(
                event, truth, town=self._town, current=current, index=index, within=self._brand_tied(event.reply_to)
            )
            events.extend(thread.events)
            truths.update(thread.truths)
        events.sort(key=_order)
        return _Told(tuple(events), tuple(event.at for event in events), truths)

    def _post(self, stream: _Stream, at: datetime, index: int) -> tuple[Event, Truth]:
        current, lang = stream.current, stream.lang
        key = f"{stream.name}-{index}"
        random = Random(f"{self.seed}|{key}")
        line = stream.line(index)
        author = line.by or current.by or self._town.someone(random, lang=lang, in_step=current.in_step)
        person = self.people[author]
        text = say(line, habits=self._known[author], random=random, given=self._town.accounts(person.network))
        reply_to, quote_of = self._tie(current, person, at, random)
        if reply_to and person.network == "mastodon":
            text = f"@{self.people[self._script[reply_to][0].actor].handle} {text}"
        event = self._town.event(
            at=at, actor=person, key=key, text=text, reply_to=reply_to, quote_of=quote_of, random=random
        )
        brands = tuple(dict.fromkeys((*line.brands, *self._brand_tied(reply_to or quote_of))))
        story = current.name if current.story else None
        return event, Truth(
            key=key, sentiment=line.sentiment, feeling=line.feeling, kind=line.kind, story=story, brands=brands
        )

    def _brand_tied(self, key: str | None) -> tuple[str, ...]:
        """The brand whose own scripted post is answered or quoted, if it is one."""
        if key is None or self._script[key][0].actor not in BRAND_ACCOUNTS.values():
            return ()
        return self._script[key][1].brands

    def _tie(self, current: Current, person: Person, at: datetime, random: Random) -> tuple[str | None, str | None]:
        drawn = random.random()
        if current.target is None or current.target not in self._script:
            return None, None
        target = self._script[current.target][0]
        if target.at >= at or self.people[target.actor].network != person.network or target.actor == person.key:
            return None, None
        if drawn < current.replies:
            return target.key, None
        return (None, target.key) if drawn < current.replies + current.quotes else (None, None)

    def _scripted(self, script: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Event, Truth]]:
        found = {}
        for entry in script:
            person = self.people[entry["by"]]
            given = self._town.accounts(person.network)
            text = "".join(given.get(part[1:-1], part) for part in _split(entry["text"]))
            event = Event(
                at=self.now + timedelta(hours=float(entry["hours"])),
                verb="post",
                actor=person.key,
                key=entry["key"],
                text=text,
                lang=entry["lang"],
                tags=tags_in(text),
                links=links_in(text),
                mentions=self._town.named(addressed_in(text), network=person.network),
                alts=tuple(entry.get("alts", ())),
                poll=tuple(entry.get("poll", ())),
                warning=entry.get("warning"),
            )
            found[event.key] = (
                event,
                Truth(
                    key=event.key,
                    sentiment=entry["sentiment"],
                    feeling=entry.get("feeling", "none"),
                    kind=entry.get("kind", "other"),
                    story=entry.get("story"),
                    brands=tuple(entry.get("brands", ())),
                ),
            )
        return found


class _Stream:
    """One current in one language: how many posts each slot brings, and which line comes next.

    Numbers run on through all days, so a post's number names its line. Lines are walked round after round, shuffled
    only within blocks, and so none comes back before most of the others have been said.
    """

    def __init__(self, current: Current, *, lang: str, seed: int, now: datetime, start: datetime) -> None:
        self.current = current
        self.lang = lang
        self.name = f"{current.name}.{lang}"
        self._seed = seed
        self._now = now
        self._start = start
        self._days: dict[int, list[int]] = {}
        self._before: dict[int, int] = {}
        self._walked: tuple[int, list[Line]] = (-2, [])
        self._first_day = _slot_of(start) // SLOTS_A_DAY

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        pools = voices().pools
        if self.current.by is not None:
            mine = (line for line in pools.get(f"people.{self.lang}", ()) if line.by == self.current.by)
            found = tuple(mine)
        else:
            found = pools.get(self.name, ())
        return tuple(Random(f"{self._seed}|{self.name}|lines").sample(found, len(found)))

    @cached_property
    def _common(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if not line.rare) or self.lines

    def line(self, index: int) -> Line:
        """The line of post number ``index``. Rare lines are said in the first round alone."""
        if index < len(self.lines):
            return self._round(-1)[index]
        around, place = divmod(index - len(self.lines), len(self._common))
        return self._round(around)[place]

    def _round(self, around: int) -> list[Line]:
        if self._walked[0] != around:
            lines = self.lines if around < 0 else self._common
            self._walked = around, _shuffled(lines, f"{self._seed}|{self.name}|{around}")
        return self._walked[1]

    def moments(self, slot: int) -> list[tuple[datetime, int]]:
        """The moments of this slot's posts, each with its number, in order."""
        day, place = divmod(slot, SLOTS_A_DAY)
        counts = self._counts(day)
        if not counts[place]:
            return []
        first = self._numbered(day) + sum(counts[:place])
        random = Random(f"{self._seed}|{self.name}|{slot}")
        begin = self.current.begins(now=self._now, lang=self.lang)
        opened = max(_start_of(slot), self._start)
        if begin is not None and begin < _start_of(slot + 1):
            opened = max(opened, begin)
        room = _start_of(slot + 1) - opened
        shares = sorted(random.random() for _ in range(counts[place]))
        if self.current.in_step:  # a few waves a slot, everybody within seconds
            shares = sorted((math.floor(share * 3) + 0.05 * random.random()) / 3 for share in shares)
        return [(opened + room * share, first + number) for number, share in enumerate(shares)]

    def slot_of(self, index: int, key: str) -> int:
        """The slot in which post number ``index`` is said.

        :raises KeyError: no such post within a year of ``now``.
        """
        last = _slot_of(self._now) // SLOTS_A_DAY + 366
        for day in range(self._first_day, last):
            counts = self._counts(day)
            index_in_day = index - self._numbered(day)
            if index_in_day < sum(counts):
                for place, count in enumerate(counts):
                    index_in_day -= count
                    if index_in_day < 0:
                        return day * SLOTS_A_DAY + place
        raise KeyError(key)

    def _numbered(self, day: int) -> int:
        """How many posts were said before ``day``."""
        if day <= self._first_day:
            return 0
        if day not in self._before:
            known = max((one for one in self._before if one < day), default=self._first_day)
            total = self._before.get(known, 0)
            for one in range(known, day):
                total += sum(self._counts(one))
                self._before[one + 1] = total
        return self._before[day]

    def _counts(self, day: int) -> list[int]:
        if day not in self._days:
            random = Random(f"{self._seed}|{self.name}|day {day}")
            self._days[day] = [
                _arrivals(self._expected(day * SLOTS_A_DAY + place), random) for place in range(SLOTS_A_DAY)
            ]
        return self._days[day]

    def _expected(self, slot: int) -> float:
        middle = _start_of(slot) + SLOT / 2
        if middle < self._start:
            return 0.0
        return self.current.rate(middle, now=self._now, lang=self.lang) * (SLOT / timedelta(hours=1))


def _arrivals(expected: float, random: Random) -> int:
    """A Poisson count. Waiting times are added up, so that a larger expectation only costs time, never exactness."""
    count, waited = -1, 0.0
    while waited < expected or count < 0:
        waited += random.expovariate(1.0)
        count += 1
    return count


def _shuffled(lines: Sequence[Line], salt: str) -> list[Line]:
    random = Random(salt)
    size = -(-len(lines) // _BLOCKS)
    found: list[Line] = []
    for start in range(0, len(lines), size):
        found.extend(random.sample(lines[start : start + size], len(lines[start : start + size])))
    return found


def _split(text: str) -> list[str]:
    """``text`` cut around its ``{parts}``, nothing lost."""
    pieces: list[str] = []
    for number, piece in enumerate(text.split("{")):
        if number == 0:
            pieces.append(piece)
        else:
            name, _, rest = piece.partition("}")
            pieces.extend((f"{{{name}}}", rest))
    return pieces


def _order(event: Event) -> tuple[datetime, str, str, str]:
    return (event.at, event.key, event.verb, event.actor)


def _slot_of(at: datetime) -> int:
    return (at - _EPOCH) // SLOT


def _start_of(slot: int) -> datetime:
    return _EPOCH + slot * SLOT
