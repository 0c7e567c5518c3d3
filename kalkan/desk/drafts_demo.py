"""The demo's accounts and first drafts: connected to the made-up town's own servers, so that a post can be seen to go.

Owns the file ``demo-doors.json`` of the demo's data folder: where the town's servers are at this start. Promises that
nothing is made twice, and never touches an install that is no demo.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from kalkan.archive import Archive
from kalkan.desk import access, demo, drafts_room, drafts_writing
from kalkan.desk.actions import accounts, facts
from kalkan.desk.actions import drafts as acts
from kalkan.desk.actions.audit import note
from kalkan.desk.jobs import Work
from kalkan.desk.models import Account, Brand, Draft, Fact, Person
from kalkan.errors import InvalidInput, KalkanError
from kalkan.networks import publishing

FILE: Final = "demo-doors.json"
_TEXTS: Final = (
    (
        "Where our hazelnuts come from",
        "education",
        (1, 13),
        {
            "tr": "Fındığımız nereden geliyor? Üç köy, kırk aile, eylülde biten bir hasat. Bahçeleri ve insanları"
            " anlattık: https://findik.example/bahce",
            "en": "Where do our hazelnuts come from? Three villages, forty families, a harvest that ends in September."
            " We went and asked: https://findik.example/orchard",
        },
    ),
    (
        "Efsane Cuma opens early",
        "product",
        (2, 10),
        {
            "tr": "Gaza bas, fındık kapıda! Efsane Cuma erken başladı: bugün her kavanozda %40 indirim. Aynı kavanoz,"
            " aynı tat. https://findik.example/efsane",
            "en": "Step on the gas, hazelnuts are at the door! Black Friday starts early: 40 % off every jar today."
            " Same jar, same taste. https://findik.example/early #hazelnut",
        },
    ),
    (
        "Sunday breakfast",
        "community",
        (6, 11),
        {
            "tr": "Pazar kahvaltısında ekmeğin üstünde ne var? Biz bugün incir ve ceviz dedik.",
            "en": "What is on your bread this Sunday? We went for figs and walnuts.",
        },
    ),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Door:
    """One account of a brand of the town: where its server is and what opens it."""

    brand: str  # slug
    network: str
    server: str
    handle: str
    secret: str


def prepare(doors: Iterable[Door], *, folder: Path) -> None:
    """Say where the town's servers are from now on; the worker connects as soon as they answer."""
    told = json.dumps([asdict(each) for each in doors], ensure_ascii=False)
    (folder / FILE).write_text(told, encoding="utf-8")


def connect(work: Work) -> None:
    """The worker's job in a demo: connect what is not connected, and write the first drafts once."""
    path = work.config.data / FILE
    if not work.config.demo or not path.is_file():
        return
    defne = demo.person()
    doors = [Door(**each) for each in json.loads(path.read_text(encoding="utf-8"))]
    waiting = [each for each in doors if not _connected(each)]
    if defne is None or not waiting:
        return
    for door in waiting:
        brand = Brand.objects.filter(slug=door.brand).first()
        if brand is not None and not _open(defne, brand, door, now=work.now()):
            return  # the town is not up yet: asked again in a moment
    findik = Brand.objects.filter(slug="findik").first()
    if findik is not None and not Draft.objects.filter(brand=findik).exists():
        _write(defne, findik, now=work.now(), archive=work.archive)


STORMS: Final = ("ordu-gas-leak", "smaller-jar", "pile-on")


def drill(person: Person, brand: Brand, story: str, *, folder: Path, now: datetime) -> None:
    """Ask the town to tell one of its storms again, from now on, so that people can practise.

    :raises Refused: the person may not (``not_allowed``).
    :raises InvalidInput: no such storm (``drill_unknown``).
    """
    access.require(person, brand, "approve")
    if story not in STORMS:
        raise InvalidInput("drill_unknown", story=story[:40])
    (folder / "drill.json").write_text(json.dumps({"story": story, "began": now.isoformat()}), encoding="utf-8")
    note(person, "began drill", brand, story=story)


def _connected(door: Door) -> bool:
    return Account.objects.filter(
        brand__slug=door.brand, network=door.network, server=door.server, removed_at=None
    ).exists()


def _open(person: Person, brand: Brand, door: Door, *, now: datetime) -> bool:
    options = {"handle": door.handle, "password": door.secret, "service": door.server}
    if door.network == "mastodon":
        options = {"server": door.server, "token": door.secret}
    try:
        who, credentials = publishing.kind(door.network).connect(options, now=now, loopback=True)
    except KalkanError:
        return False
    row = accounts.connect(
        person, brand, door.network, who=who, credentials=credentials, server=door.server, now=now, loopback=True
    )
    Account.objects.filter(pk=row.pk).update(lang="tr" if door.network == "bluesky" else "en")
    return accounts.look(row, now=now)


def _write(person: Person, brand: Brand, *, now: datetime, archive: Archive) -> None:
    """Three drafts, and what the brand is."""
    facts.describe(
        person, brand, sector="food", sells=["fındık kreması", "hazelnut spread"], tags=["findik", "kucukkavanoz"],
        view_hours=24, now=now,
    )  # fmt: skip
    if not Fact.objects.filter(brand=brand).exists():
        facts.tell(
            person, brand, kind="gap", text="The jar went from 350 to 320 g, at the same price",
            topics=["kavanoz", "jar", "320"], at=now.date() - timedelta(days=4), until=None, now=now,
        )  # fmt: skip
    places = drafts_writing.slots(list(access.accounts_for(person, brand)), brand.langs)
    today = now.astimezone(ZoneInfo(person.zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    for title, pillar, (days, hour), texts in _TEXTS:
        said = tuple(drafts_writing.Said(key=each.key, text=texts[each.lang], lang=each.lang) for each in places)
        at = today + timedelta(days=days, hours=hour)
        typed = drafts_writing.Typed(variants=said, planned_at=at)
        kind = drafts_room.kind_of([(each.text, each.lang) for each in said])
        version = drafts_writing.version_of(typed, places, {}, reads_as=kind, markets=brand.markets)
        made = acts.create(person, brand, title=title, pillar=pillar, now=now)
        content = drafts_writing.content_of(version, typed)
        acts.save(person, made, title=title, pillar=pillar, content=content, base=0, now=now)
        found = drafts_room.of_typed(archive, brand, typed, now=now)
        acts.said_while_writing(made, found["verdict"] if found else "")
