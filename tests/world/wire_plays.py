"""A tiny play for the wire's tests: five people, two networks, everything that can happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from kalkan.world.events import Event, Person

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def person(key: str, network: str, name: str, handle: str, *, bot: bool = False) -> Person:
    return Person(key=key, name=name, handle=handle, network=network, lang="tr", bot=bot)


PEOPLE: Mapping[str, Person] = {
    one.key: one
    for one in (
        person("defne", "bluesky", "Defne Ş.", "defne.test"),
        person("emre", "bluesky", "Emre", "emre.test", bot=True),
        person("ada", "mastodon", "Ada", "ada"),
        person("cem", "mastodon", "Cem", "cem"),
        person("far", "mastodon", "Far Away", "far@uzak.test"),
    )
}


def said(key: str, actor: str, minutes: float, text: str = "", verb: str = "post", **more: object) -> Event:
    at = NOON + timedelta(minutes=minutes)
    return Event(at=at, verb=verb, actor=actor, key=key, text=text, **more)  # type: ignore[arg-type]


BLUESKY = (
    said("b1", "defne", 0, "Şu kahve nefis #KıyıKahve, bak: https://kahve.test/ş?a=1 @emre.test", lang="tr",
         tags=("KıyıKahve", "gizli"), links=("https://kahve.test/ş?a=1",), mentions=("emre",)),
    said("b2", "emre", 1, "Katılıyorum 👍", lang="tr", reply_to="b1"),
    said("b3", "defne", 2, "Cevap", reply_to="b2"),
    said("b4", "emre", 3, "Look at this", lang="en", quote_of="b1", alts=("A cup", "")),
    said("b5", "emre", 4, "Quote only", quote_of="b4", warning="nudity"),
    said("b1", "emre", 5, verb="like"),
    said("b1", "emre", 6, verb="repost"),
    said("b1", "defne", 7, "Şu kahve idare eder", verb="edit"),
    said("b1", "emre", 7.5, "vandal", verb="edit"),
    said("b3", "defne", 8, verb="delete"),
    said("b3", "emre", 9, verb="like"),
)  # fmt: skip

MASTODON = (
    said("m1", "ada", 0, 'Bir & iki < üç "dört" \'beş\'\nyeni satır\n\nyeni paragraf #Kahve', lang="tr",
         tags=("Kahve",)),
    said("m2", "cem", 1, "@ada https://www.kahve.test/uzun/bir/yol/ki/otuz/harfi/gecsin bak", reply_to="m1",
         links=("https://www.kahve.test/uzun/bir/yol/ki/otuz/harfi/gecsin",), mentions=("ada",), tags=("kahve",)),
    said("m3", "ada", 2, "kendime cevap", reply_to="m1"),
    said("m4", "far", 3, "<script>alert(1)</script>", lang="en", warning="spoiler <b>"),
    said("m5", "cem", 4, "Hangisi?", poll=("Çay", "Kahve"), alts=("Bir fincan", "")),
    said("m6", "ada", 5, "Buna bakın", quote_of="m5"),
    said("m1", "cem", 6, verb="like"),
    said("m1", "cem", 6.2, verb="repost"),
    said("m5", "cem", 7, "Hangisi olsun?", verb="edit", poll=("Çay", "Kahve")),
)  # fmt: skip


class Play:
    """Events given by hand, as a stage wants them."""

    def __init__(self, events: Iterable[Event], people: Mapping[str, Person] = PEOPLE) -> None:
        self.people = people
        self._events = sorted(events, key=lambda event: event.at)

    def events(self, since: datetime, until: datetime) -> Iterable[Event]:
        return [event for event in self._events if since <= event.at < until]
