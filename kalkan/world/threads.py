"""What follows a post in the made-up town: replies, quotes, a brand's answer, likes, reposts, a correction, a deletion.

Owns how people react to each other. Promises that whatever follows a post depends on that post alone, refers only to
posts that stand at that moment, stays on the post's network, and comes within :data:`REACH`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Final

from kalkan.world.currents import ZONES, Current
from kalkan.world.events import Event, Person, Truth
from kalkan.world.voices import Habits, Line, addressed_in, links_in, say, tags_in, voices
from kalkan.world.voices.people import BRAND_ACCOUNTS, CAST

REACH: Final = timedelta(hours=12)
_ANSWERS: Final = {"question": 0.55, "complaint": 0.5, "ask": 0.4, "criticism": 0.2, "praise": 0.2}
_OPEN: Final = range(8, 23)  # the local hours in which brands answer
_GRAVE: Final = frozenset({"ordu-gas-leak"})
_CORRECTED: Final = {"tr": "(yazım hatasını düzelttim)", "en": "(edited: typo)"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """A post and everything that follows it."""

    events: tuple[Event, ...]
    truths: Mapping[str, Truth]


@dataclass(frozen=True, kw_only=True)
class Town:
    """The people as others see them: who might answer, by which account a brand speaks."""

    seed: int
    people: Mapping[str, Person]
    habits: Mapping[str, Habits]
    _walks: dict[tuple[str, int], list[Line]] = field(default_factory=dict)

    @cached_property
    def _crowd(self) -> dict[str, tuple[list[str], list[float]]]:
        found: dict[str, tuple[list[str], list[float]]] = {}
        for key, person in self.people.items():
            if key in CAST or key.startswith("step"):
                continue
            for circle in (person.lang, f"{person.lang} {person.network}"):
                keys, weights = found.setdefault(circle, ([], []))
                keys.append(key)
                weights.append(min(Random(f"{key}|talks").paretovariate(1.6), 6.0))
        found["step"] = ([key for key in self.people if key.startswith("step")], [])
        found["step"][1].extend(1.0 for _ in found["step"][0])
        return {circle: (keys, list(accumulate(weights))) for circle, (keys, weights) in found.items()}

    def someone(self, random: Random, *, lang: str, network: str | None = None, in_step: bool = False) -> str:
        """The key of a passer-by who writes in ``lang``; some talk much more than others."""
        circle = "step" if in_step else f"{lang} {network}" if network else lang
        keys, weights = self._crowd[circle]
        return random.choices(keys, cum_weights=weights)[0]

    def accounts(self, network: str) -> dict[str, str]:
        """What ``{@findik}`` and ``{@kiyi-kahve}`` stand for on ``network``."""
        return {
            f"@{slug}": f"@{self.people[key].handle}"
            for (slug, where), key in BRAND_ACCOUNTS.items()
            if where == network
        }

    @cached_property
    def _by_handle(self) -> dict[tuple[str, str], str]:
        return {(person.network, person.handle): key for key, person in self.people.items()}

    def named(self, handles: Sequence[str], *, network: str) -> tuple[str, ...]:
        """The keys of those ``handles`` that exist on ``network``."""
        found = (self._by_handle.get((network, handle)) for handle in handles)
        return tuple(key for key in found if key is not None)

    def line(self, pool: str, place: int) -> Line | None:
        """Line number ``place`` of a pool walked in shuffled rounds; ``None`` where the pool has no lines."""
        lines = voices().pools.get(pool)
        if not lines:
            return None
        around, at = divmod(place, len(lines))
        walk = self._walks.get((pool, around % 16))
        if walk is None:
            walk = list(lines)
            Random(f"{self.seed}|{pool}|{around % 16}").shuffle(walk)
            self._walks[pool, around % 16] = walk
        return walk[at]

    def event(
        self, *, at: datetime, actor: Person, key: str, text: str, random: Random,
        reply_to: str | None = None, quote_of: str | None = None,
    ) -> Event:  # fmt: skip
        """A post as its writer's client sends it: tags, links and addressed people found in its text."""
        drawn = random.random()
        tagged = actor.lang if drawn < 0.9 else None if drawn < 0.96 else "en"
        alts: tuple[str, ...] = ()
        if random.random() < 0.05 and not reply_to and not quote_of:
            described = voices().parts[f"alts_{actor.lang}"]
            alts = tuple(random.choice(("", random.choice(described))) for _ in range(random.choice((1, 1, 2))))
        return Event(
            at=at, verb="post", actor=actor.key, key=key, text=text, lang=tagged, reply_to=reply_to, quote_of=quote_of,
            tags=tags_in(text), links=links_in(text), alts=alts,
            mentions=self.named(addressed_in(text), network=actor.network),
        )  # fmt: skip


def follow(
    root: Event, truth: Truth, *, town: Town, current: Current | None, index: int, within: tuple[str, ...] = ()
) -> Thread:
    """``root`` and all that follows it.

    ``index`` is its number in its current, which decides who says what next; ``within`` names the brand whose own post
    ``root`` answers, for all that is said below a brand's post is said to the brand.
    """
    random = Random(f"{town.seed}|{root.key}|after")
    loud = 14.0 if current is None else 1.6 if truth.brands or truth.story else 0.4
    events, truths = [root], {root.key: truth}
    for event, true in (
        *_answers(root, truth, town, random, index),
        *_replies(root, truth, town, random, index, within),
    ):
        events.append(event)
        truths[event.key] = true
    for event in tuple(events):
        events.extend(_liked(event, loud if event is root else 0.5, town, random))
    events.extend(_corrected(root, current, random))
    return Thread(events=_until_deleted(root, events, current, random), truths=truths)


def _answers(
    root: Event, truth: Truth, town: Town, random: Random, index: int
) -> Sequence[tuple[Event, Truth]]:  # the brand's answer, and sometimes a word of thanks
    writer = town.people[root.actor]
    slug = truth.brands[0] if truth.brands else ""
    account = BRAND_ACCOUNTS.get((slug, writer.network))
    at = root.at + timedelta(minutes=min(6 + random.expovariate(1 / 55), 420))
    asked = random.random() < _ANSWERS.get(truth.kind, 0.0)
    if account is None or not asked or root.actor in BRAND_ACCOUNTS.values() or truth.story == "pile-on":
        return ()
    if at.astimezone(ZONES[writer.lang]).hour not in _OPEN:
        return ()
    pool = f"answer-{truth.story}" if truth.story else f"answer-{slug}-{truth.kind}"
    line = town.line(f"{pool}.{writer.lang}", index)  # in a story a brand says nothing rather than something beside it
    if line is None:
        return ()
    found = [_reply(root, line, town, random, at=at, actor=account, key=f"{root.key}~a", brands=(slug,))]
    if random.random() < 0.3 and (thanks := town.line(f"reply-answered.{writer.lang}", index)):
        later = at + timedelta(minutes=3 + random.expovariate(1 / 20))
        answer = found[0][0]
        found.append(
            _reply(answer, thanks, town, random, at=later, actor=root.actor, key=f"{root.key}~t", brands=(slug,))
        )
    return found


def _replies(
    root: Event, truth: Truth, town: Town, random: Random, index: int, within: tuple[str, ...]
) -> Sequence[tuple[Event, Truth]]:
    writer = town.people[root.actor]
    chance = 0.16 if truth.brands or truth.story else 0.09
    if truth.story == "pile-on" or truth.kind == "spam" or random.random() > chance:
        return ()
    pool = "reply-question" if truth.kind in ("question", "ask") else f"reply-{truth.sentiment}"
    if truth.feeling in ("sadness", "fear") or truth.story in _GRAVE:
        pool = "reply-grave"
    ours = truth.brands if root.actor in BRAND_ACCOUNTS.values() else ()
    found = []
    for number in range(1 if random.random() < 0.75 else 2):
        line = town.line(f"{pool}.{writer.lang}", 2 * index + number + len(root.key))
        actor = town.someone(random, lang=writer.lang, network=writer.network)
        if line is None or actor == root.actor:
            continue
        at = root.at + timedelta(minutes=min(2 + random.expovariate(1 / 30), 600))
        key = f"{root.key}~{number}"
        found.append(
            _reply(root, line, town, random, at=at, actor=actor, key=key, brands=ours, within=within, quotes=0.12)
        )
    return found


def _reply(
    parent: Event, line: Line, town: Town, random: Random, *, at: datetime, actor: str, key: str,
    brands: tuple[str, ...], within: tuple[str, ...] = (), quotes: float = 0.0,
) -> tuple[Event, Truth]:  # fmt: skip
    person = town.people[actor]
    habits = replace(town.habits[actor], opens=0.0)  # an answer comes without small talk before it
    text = say(line, habits=habits, random=random, given=town.accounts(person.network))
    quoted = random.random() < quotes
    if not quoted and person.network == "mastodon":
        text = f"@{town.people[parent.actor].handle} {text}"
    tied = {"quote_of": parent.key} if quoted else {"reply_to": parent.key}
    event = town.event(at=at, actor=person, key=key, text=text, random=random, **tied)
    about = tuple(dict.fromkeys((*line.brands, *brands, *(() if quoted else within))))
    return event, Truth(key=key, sentiment=line.sentiment, feeling=line.feeling, kind=line.kind, brands=about)


def _liked(event: Event, loud: float, town: Town, random: Random) -> list[Event]:
    writer = town.people[event.actor]
    found: dict[tuple[str, str], Event] = {}
    for verb, mean in (("like", loud), ("repost", loud * 0.3)):
        for _ in range(int(random.expovariate(1 / mean) + 0.5) if mean > 0 else 0):
            actor = town.someone(random, lang=writer.lang, network=writer.network)
            at = event.at + timedelta(minutes=min(0.5 + random.expovariate(1 / 50), 640))
            found.setdefault((verb, actor), Event(at=at, verb=verb, actor=actor, key=event.key))
    return [one for one in found.values() if one.actor != event.actor and one.at < event.at + REACH]


def _corrected(root: Event, current: Current | None, random: Random) -> list[Event]:
    if current is None or random.random() > 0.012 or root.lang not in _CORRECTED:
        return []
    at = root.at + timedelta(minutes=1 + random.expovariate(1 / 15))
    text = f"{root.text} {_CORRECTED[root.lang]}"
    return [replace(root, at=min(at, root.at + REACH / 2), verb="edit", text=text)]


def _until_deleted(
    root: Event, events: Sequence[Event], current: Current | None, random: Random
) -> tuple[Event, ...]:  # a thread whose root is deleted ends there
    end = root.at + REACH
    chance = 0.0 if current is None else 0.05 if current.in_step else 0.013
    deleted = (
        root.at + timedelta(minutes=min(2 + random.expovariate(1 / 70), 600)) if random.random() < chance else None
    )
    kept = [event for event in events if event.at < (deleted or end)]
    said = {event.key for event in kept if event.verb == "post"}
    kept = [event for event in kept if event.key in said and (event.reply_to or root.key) in said | {root.reply_to}]
    if deleted is not None:
        kept.append(Event(at=deleted, verb="delete", actor=root.actor, key=root.key))
    return tuple(kept)
