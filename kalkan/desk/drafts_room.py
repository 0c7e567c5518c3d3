"""The room check for a draft: the brand's facts, the posts of the last days and the stories of now, put together.

Owns the one place where what people say (archive, stories) meets what is planned. Promises that a check takes no longer
than its room needs to be gathered once a minute (while somebody types: no longer than its last hours need), that every
text of a version is looked at, and that the answer is plain JSON that says what it rested on. Never decides:
:mod:`kalkan.room` does.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

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
_SOON: Final = 6  # hours, where somebody types and nothing is gathered yet
_SOON_POSTS: Final = 4_000
_REMEMBERED: Final = 8  # days a grave story is remembered for
_STRENGTHS: Final = ("go", "care", "hold")


class _Rooms:
    """The last room of each brand. While somebody types, one a few minutes old will do until the next is gathered;
    where there is none yet, the last hours alone, until all of it is there."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.held: dict[str, tuple[datetime, Archive, room.Room]] = {}
        self.gathering: set[str] = set()

    def get(self, key: str, now: datetime, archive: Archive, known: _Known, *, fresh: bool) -> room.Room:
        """The room gathered within a minute, or, unless ``fresh``, what is there while it is gathered beside."""
        made, age = self._kept(key, now, archive)
        if made and age < _FRESH:
            return made
        if made and age < _STALE and not fresh:
            self.beside(key, now, archive, known)
            return made
        if not fresh:
            found = _gathered(archive, known, now, hours=_SOON, most=_SOON_POSTS)
            self.beside(key, now, archive, known)
            return found
        with self.lock:
            made, age = self._kept(key, now, archive)
            if made and age < _FRESH:
                return made
            return self._keep(key, now, archive, _gathered(archive, known, now))

    def _kept(self, key: str, now: datetime, archive: Archive) -> tuple[room.Room | None, timedelta]:
        made = self.held.get(key)
        if made is None or made[1] is not archive or now < made[0]:
            return None, _STALE
        return made[2], now - made[0]

    def _keep(self, key: str, now: datetime, archive: Archive, found: room.Room) -> room.Room:
        self.held = {**dict(list(self.held.items())[-3:]), key: (now, archive, found)}
        return found

    def beside(self, key: str, now: datetime, archive: Archive, known: _Known) -> None:
        """Gather it and make it ready in a thread of its own, one at a time a brand; not where it is fresh."""
        made, age = self._kept(key, now, archive)
        if key in self.gathering or (made and age < _FRESH):
            return
        self.gathering.add(key)

        def gather() -> None:
            try:
                found = _gathered(archive, known, now)
                room.check(_NOTHING, brand=room.BrandFacts(name="", langs=known.langs), room=found, at=now)
                self._keep(key, now, archive, found)
            except Exception:
                log.warning("the room of %s could not be gathered", key.split()[0], exc_info=True)
            finally:
                self.gathering.discard(key)

        threading.Thread(target=gather, name="room", daemon=True).start()


_rooms: Final = _Rooms()
_NOTHING: Final = room.Draft(text="…")
"""Checked once in a new room, so that everything is at hand when somebody types."""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the desk itself knows of a room: nothing of it is asked of the database in another thread."""

    langs: tuple[str, ...]
    mournings: tuple[room.Observance, ...]
    stories: tuple[StoryRow, ...]


def room_of(archive: Archive, brand: Brand, now: datetime, *, fresh: bool = True) -> room.Room:
    """What is being said around ``brand``, a minute old at most; not ``fresh``: some minutes at most, and at once."""
    known = _known(brand, now)
    return _rooms.get(_key(brand, known), now, archive, known, fresh=fresh)


def warm(archive: Archive | None, brand: Brand, now: datetime) -> None:
    """Begin to gather the room of ``brand`` beside, because somebody is about to write; costs this answer nothing."""
    if archive is not None:
        known = _known(brand, now)
        _rooms.beside(_key(brand, known), now, archive, known)


def _key(brand: Brand, known: _Known) -> str:
    mourned = ",".join(sorted(day.id for day in known.mournings))
    return f"{brand.slug} {sorted(brand.langs)} {sorted(brand.markets)} {mourned}"


def _known(brand: Brand, now: datetime) -> _Known:
    mournings = tuple(
        room.declared(
            row.name, begins=row.begins, until=row.until, markets=(row.market,) if row.market else (), name_tr=row.name
        )
        for row in Mourning.objects.filter(brand=brand, until__gte=now)
    )
    lately = stories.listed(brand, now=now, days=3)[:60]
    grave = stories.listed(brand, now=now, states=(*stories.OPEN, "closed"), gravity=2, days=_REMEMBERED)[:20]
    told = {row.id: row for row in (*lately, *grave) if row.title and not row.into}
    return _Known(langs=tuple(lang for lang in brand.langs if lang), mournings=mournings, stories=tuple(told.values()))


def _gathered(
    archive: Archive, known: _Known, now: datetime, *, hours: int = HOURS, most: int = _MOST_POSTS
) -> room.Room:
    heard = _by_hour(archive, known, now)
    since = now - timedelta(hours=hours)
    n = sum(count for hour, count in heard if hour >= since - timedelta(hours=1))
    where, params = _where(known, since, now)
    step = -(-n // most)
    thinned = f" AND abs(key % {step}) = 0" if step > 1 else ""  # keys are hashes: every so-manieth post, at random
    posts = archive.query(
        f'SELECT id, text, "at", author_id, lang, tags FROM posts WHERE {where}{thinned}',
        params,
        since=since,
        tables=("posts",),
    )
    told = tuple(_story(row, heard, since=now - timedelta(hours=HOURS)) for row in known.stories)
    return room.room_from_posts(posts, at=now, hours=hours, stories=told, mournings=known.mournings, coverage=f"{n}")


def _where(known: _Known, since: datetime, now: datetime) -> tuple[str, list[Any]]:
    langs = f" AND (lang IS NULL OR lang IN ({', '.join('?' * len(known.langs))}))" if known.langs else ""
    return f'"at" >= ?::TIMESTAMPTZ AND "at" <= ?::TIMESTAMPTZ{langs}', [since, now, *known.langs]


def _by_hour(archive: Archive, known: _Known, now: datetime) -> list[tuple[datetime, int]]:
    """How many posts were heard in each hour, as far back as the oldest story goes (three days at least)."""
    oldest = min((row.began for row in known.stories), default=now)
    since = max(min(oldest, now - timedelta(hours=HOURS)), now - timedelta(days=_REMEMBERED))
    where, params = _where(known, since, now)
    found = archive.query(
        f"""SELECT date_trunc('hour', "at") AS hour, count(*)::BIGINT AS n FROM posts WHERE {where} GROUP BY 1""",
        params,
        since=since,
        tables=("posts",),
    )
    return list(zip(found["hour"].to_pylist(), found["n"].to_pylist(), strict=True))


def _story(row: StoryRow, heard: Sequence[tuple[datetime, int]], *, since: datetime) -> room.Story:
    """A followed story for the room. Its share is of what was heard in the room's hours where it began in them, else
    counted there anew; its height, of what was heard in the day it began."""
    begins = row.began.replace(minute=0, second=0, microsecond=0)
    ends = min(row.last, row.began + timedelta(hours=24))
    posts = sum(count for hour, count in heard if hour >= since - timedelta(hours=1))
    around = sum(count for hour, count in heard if begins <= hour <= ends)
    lasted = max(1.0, (row.last - row.began).total_seconds() / 3600)
    in_day = row.n * min(1.0, 24 / lasted)
    return room.Story(
        id=row.id,
        title=row.title,
        terms=row.terms,
        gravity=row.gravity.level,
        harms=tuple(harm.kind for harm in row.gravity.harms),
        began=row.began,
        posts=row.n,
        authors=row.authors,
        share=row.n / posts if posts and row.began >= since else 0.0,
        height=min(1.0, in_day / around) if around >= 50 and in_day >= 5 else 0.0,
        langs=tuple(part.name for part in row.trace.languages),
        per_hour=row.n / lasted,
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
