"""The room check for a draft: the brand's facts, the posts of the last days and the stories of now, put together.

Owns the one place where what people say (archive, stories) meets what is planned. Promises that a check takes no longer
than its room needs to be gathered once a minute, that every text of a version is looked at, and that the answer is
plain JSON that says what it rested on. Never decides: :mod:`kalkan.room` does.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django.db import connection

from kalkan import room
from kalkan.archive import Archive
from kalkan.desk import drafts_rules, stories
from kalkan.desk.drafts_writing import Typed
from kalkan.desk.models import Brand, Fact, Facts, Mourning, Watch
from kalkan.stories.record import StoryRow
from kalkan.text import fold

log = logging.getLogger(__name__)
HOURS: Final = 72  # of the room
_FRESH: Final = timedelta(seconds=60)
_STALE: Final = timedelta(minutes=10)
_MOST_POSTS: Final = 40_000
_STRENGTHS: Final = ("go", "care", "hold")


class _Rooms:
    """The last room of each brand. While somebody types, one a few minutes old will do until the next is gathered."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: dict[str, tuple[datetime, Archive, room.Room]] = {}
        self.gathering: set[str] = set()

    def get(self, key: str, now: datetime, archive: Archive, brand: Brand, *, fresh: bool) -> room.Room:
        """The room of ``brand``: gathered within a minute, or, unless ``fresh``, gathered anew beside this answer."""
        made = self.held.get(key)
        age = now - made[0] if made and made[1] is archive else None
        if made and age is not None and timedelta(0) <= age < _FRESH:
            return made[2]
        if made and age is not None and not fresh and timedelta(0) <= age < _STALE:
            self._beside(key, now, archive, brand)
            return made[2]
        with self.lock:
            made = self.held.get(key)
            if made and made[1] is archive and timedelta(0) <= now - made[0] < _FRESH:
                return made[2]
            return self._keep(key, now, archive, _gather(archive, brand, now))

    def _keep(self, key: str, now: datetime, archive: Archive, found: room.Room) -> room.Room:
        self.held = {**dict(list(self.held.items())[-3:]), key: (now, archive, found)}
        return found

    def _beside(self, key: str, now: datetime, archive: Archive, brand: Brand) -> None:
        """Gather it in a thread of its own, one at a time a brand."""
        if key in self.gathering:
            return
        self.gathering.add(key)

        def gather() -> None:
            try:
                self._keep(key, now, archive, _gather(archive, brand, now))
            except Exception:
                log.warning("the room of %s could not be gathered", brand.slug, exc_info=True)
            finally:
                self.gathering.discard(key)
                connection.close()

        threading.Thread(target=gather, name="room", daemon=True).start()


_rooms: Final = _Rooms()


def room_of(archive: Archive, brand: Brand, now: datetime, *, fresh: bool = True) -> room.Room:
    """What is being said around ``brand``, a minute old at most; not ``fresh``: some minutes at most, and at once."""
    key = f"{brand.slug} {sorted(brand.langs)} {sorted(brand.markets)} {_mourned(brand)}"
    return _rooms.get(key, now, archive, brand, fresh=fresh)


def _mourned(brand: Brand) -> str:
    return ",".join(str(pk) for pk in Mourning.objects.filter(brand=brand).values_list("pk", flat=True))


def _gather(archive: Archive, brand: Brand, now: datetime) -> room.Room:
    since = now - timedelta(hours=HOURS)
    langs = [lang for lang in brand.langs if lang]
    clause = f" AND (lang IS NULL OR lang IN ({', '.join('?' * len(langs))}))" if langs else ""
    where = f'"at" >= ?::TIMESTAMPTZ AND "at" <= ?::TIMESTAMPTZ{clause}'
    params: list[Any] = [since, now, *langs]
    counted = archive.query(
        f"SELECT count(*)::BIGINT AS n FROM posts WHERE {where}", params, since=since, tables=("posts",)
    )
    n = int(counted["n"][0].as_py())
    step = -(-n // _MOST_POSTS)
    thinned = f" AND abs(key % {step}) = 0" if step > 1 else ""  # keys are hashes: every so-manieth post, at random
    posts = archive.query(
        f'SELECT id, text, "at", author_id, lang, tags FROM posts WHERE {where}{thinned}',
        params,
        since=since,
        tables=("posts",),
    )
    mournings = tuple(
        room.declared(
            row.name, begins=row.begins, until=row.until, markets=(row.market,) if row.market else (), name_tr=row.name
        )
        for row in Mourning.objects.filter(brand=brand, until__gte=now)
    )
    told = tuple(_story(row, n) for row in stories.listed(brand, now=now, days=3)[:60] if row.title)
    return room.room_from_posts(posts, at=now, hours=HOURS, stories=told, mournings=mournings, coverage=f"{n}")


def _story(row: StoryRow, posts: int) -> room.Story:
    hours = max(1.0, (row.last - row.began).total_seconds() / 3600)
    return room.Story(
        id=row.id,
        title=row.title,
        terms=row.terms,
        gravity=row.gravity.level,
        harms=tuple(harm.kind for harm in row.gravity.harms),
        began=row.began,
        posts=row.n,
        authors=row.authors,
        share=row.n / posts if posts else 0.0,
        langs=tuple(part.name for part in row.trace.languages),
        per_hour=row.n / hours,
        rising=row.state in ("rising", "steady"),
        examples=tuple(example.id for example in row.examples[:3]),
    )


def facts_of(brand: Brand) -> room.BrandFacts:
    """What the check may know of ``brand``: its watches, and what the team wrote down."""
    watches = list(Watch.objects.filter(brand=brand))
    told = Facts.objects.filter(brand=brand).first() or Facts(brand=brand)
    return room.BrandFacts(
        name=brand.name,
        names=tuple(row.text for row in watches if row.kind in ("name", "handle", "hashtag")),
        sector=told.sector,
        markets=tuple(brand.markets),
        langs=tuple(brand.langs),
        sells=tuple(told.sells),
        facts=tuple(_fact(row) for row in Fact.objects.filter(brand=brand, closed_at=None)),
        tags=tuple(dict.fromkeys([*told.tags, *(row.text.lstrip("#") for row in watches if row.kind == "hashtag")])),
        peers=tuple(row.text for row in watches if row.kind == "peer"),
    )


def _fact(row: Fact) -> room.Fact:
    def at(day: Any) -> datetime | None:
        return datetime.combine(day, time(0), tzinfo=UTC) if day else None

    return room.Fact(
        id=str(row.pk), kind=row.kind, text=row.text, topics=tuple(row.topics), at=at(row.at), until=at(row.until)
    )


def view_hours(brand: Brand) -> int:
    """How long a post of ``brand`` stays in view."""
    found = Facts.objects.filter(brand=brand).values_list("view_hours", flat=True).first()
    return found or drafts_rules.VIEW_HOURS


def kind_of(texts: Sequence[tuple[str, str]], alts: Sequence[str] = ()) -> str:
    """The kind that a draft with these (text, language) reads as; the first text that is more than everyday decides."""
    for words, lang in texts:
        kinds = room.read_kinds(words, lang=lang or None, media_alts=tuple(alts)).kinds
        if kinds and kinds[0] != "everyday":
            return str(kinds[0])
    return "everyday"


def check(
    archive: Archive,
    brand: Brand,
    texts: Sequence[tuple[str, str]],
    *,
    planned_at: datetime | None,
    kind: str,
    alts: Sequence[str],
    reply_to: str,
    now: datetime,
    fresh: bool = True,
) -> dict[str, Any]:
    """What the room says of these (text, language), as plain JSON: ``verdict`` is the strongest of all."""
    around, facts, hours = room_of(archive, brand, now, fresh=fresh), facts_of(brand), view_hours(brand)
    rows = []
    for words, lang in texts:
        draft = room.Draft(
            text=words, lang=lang or None, kind=kind or None, planned_at=planned_at, media_alts=tuple(alts),
            reply_to=reply_to or None,
        )  # fmt: skip
        told = room.check(draft, brand=facts, room=around, at=now, view_hours=hours)
        rows.append({"text": words, "lang": lang, "told": room.plain(told)})
    return together(rows, now)


def together(rows: Sequence[Mapping[str, Any]], now: datetime) -> dict[str, Any]:
    """The answers for several texts as one: the strongest verdict, each finding once with the texts it is about."""
    worst = max((row["told"]["verdict"] for row in rows), key=_STRENGTHS.index, default="go")
    return {
        "verdict": worst,
        "at": now.isoformat(),
        "looked_at": " ".join(row["told"]["digest"][:16] for row in rows),
        "rules": rows[0]["told"]["rules"] if rows else "",
        "findings": _once(rows, "findings"),
        "released": _once(rows, "released"),
        "proposals": _proposals(rows),
        "room": rows[0]["told"]["room"] if rows else None,
        "in_view_until": max((row["told"]["in_view_until"] for row in rows), default=None),
        "kinds": list(dict.fromkeys(kind for row in rows for kind in row["told"]["kinds"])),
    }


def _once(rows: Sequence[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    """Each finding once, strongest first; ``level`` is its strength and ``marked`` the words it is about."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for each in row["told"][name]:
            key = finding_key(each)
            words = [row["text"][begin:end] for begin, end in each["marks"]]
            kept = found.setdefault(key, {**each, "level": each["strength"], "marked": [], "key": key})
            kept["marked"] = list(dict.fromkeys([*kept["marked"], *words]))
            if _STRENGTHS.index(each["strength"]) > _STRENGTHS.index(kept["level"]):
                kept["level"] = each["strength"]
    return sorted(found.values(), key=lambda each: (-_STRENGTHS.index(each["level"]), -each["risk"]))


def finding_key(each: Mapping[str, Any]) -> str:
    """What makes a finding the same one: its code and what it rests on."""
    return " ".join([each["code"], each["why"], *(f"{one['kind']}:{one['id']}" for one in each["evidence"][:1])])


def _proposals(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        for each in row["told"]["proposals"]:
            key = each["kind"] if each["kind"] in ("wait", "ask", "pause") else f"{each['kind']} {each['why']}"
            kept = found.setdefault(key, {**each, "words": []})
            kept["words"] = list(dict.fromkeys([*kept["words"], *each["words"]]))
            if each.get("until") and each["until"] > (kept.get("until") or ""):
                kept.update(until=each["until"], why=each["why"], params=each["params"])
    return list(found.values())


def new_holds(found: Mapping[str, Any], known: Mapping[str, Any] | None) -> list[str]:
    """The codes of holds in ``found`` that were not among those of ``known``, which a person decided against."""
    old = [each for each in (known or {}).get("findings", ()) if each["level"] == "hold"]
    new = [each for each in found["findings"] if each["level"] == "hold"]
    return [each["code"] for each in new if not any(_same(each, one) for one in old)]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two findings say the same. A story that the room found itself is another one a minute later by its id:
    it is the same where its words mostly are."""
    if (one["code"], one["why"]) != (other["code"], other["why"]):
        return False
    if one["key"] == other["key"]:
        return True
    words = [
        {word for ev in each["evidence"] for word in fold(ev["title"]).split() if len(word) > 2}
        for each in (one, other)
    ]
    return bool(words[0] & words[1]) and len(words[0] & words[1]) * 2 >= min(len(each) for each in words)


def of_typed(
    archive: Archive, brand: Brand, typed: Typed, *, now: datetime, fresh: bool = True
) -> dict[str, Any] | None:
    """The check of everything that ``typed`` would say, with the ``kind`` it reads as; None: it says nothing.

    :raises KalkanError: what people say cannot be read now.
    """
    texts = [(each.text.strip(), each.lang) for each in typed.variants if each.used and each.text.strip()]
    if not texts:
        return None
    alts = [each.alt for each in typed.pictures if each.alt]
    found = check(
        archive,
        brand,
        list(dict.fromkeys(texts)),
        planned_at=typed.planned_at,
        kind=typed.kind,
        alts=alts,
        reply_to=typed.reply_to,
        now=now,
        fresh=fresh,
    )
    return {**found, "kind": typed.kind or kind_of(texts, alts)}
