"""Stories for one brand: which of them its team may see, and the archive narrowed to the posts of one.

Owns both. Promises that a story, a watch or a peer of another brand does not exist here, and that what is asked of a
story's posts is asked through :mod:`kalkan.figures`, so that every number of a story page can be opened. Never counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from django.conf import settings

from kalkan import figures
from kalkan.desk.models import Brand
from kalkan.figures import Ask, Where
from kalkan.posts import key_of
from kalkan.reception import Reception, received, stances
from kalkan.stories import book
from kalkan.stories.record import EVERYTHING, StoryRow
from kalkan.text import fold

OPEN: Final = ("rising", "steady", "fading")
SIGNS: Final = {
    "mood": "greatest(p_anger, p_sadness, p_fear, p_disgust) >= 0.5",
    "vividness": "media > 0",
    "abuse": "(p_offensive >= 0.5 AND p_targeted >= 0.5) OR p_hate >= 0.5 OR p_threat >= 0.5",
}
"""What the shares among the severity's parts count, as the follower counts them."""
_MOST: Final = 500
_PEER_POSTS: Final = 3


@cache
def _opened(folder: Path) -> book.Book:
    return book.open(folder)


def opened() -> book.Book:
    """The book of stories of the data folder.

    :raises KalkanError: it cannot be opened.
    """
    return _opened(settings.CONFIG.stories)


@dataclass(frozen=True, slots=True)
class Scope:
    """One stretch of talk that is followed: what it is (``all``, ``brand``, ``peer``, ``topic``, ``market``) and its
    name: a brand's, a watch's, or a language."""

    id: str
    kind: str
    name: str = ""


def scopes(brand: Brand) -> tuple[Scope, ...]:
    """What is followed for ``brand``: everything, itself, its topics and peers, and its languages."""
    found = [Scope(EVERYTHING, EVERYTHING), Scope(f"brand:{brand.slug}", "brand", brand.name)]
    for kind in ("topic", "peer"):
        texts = [watch.text for watch in brand.watches.all() if watch.kind == kind]
        found += [Scope(f"{kind}:{brand.slug}:{text}", kind, text) for text in texts]
    found += [Scope(f"market:{lang}", "market", lang) for lang in brand.langs]
    return tuple(found)


def scope_of(scope: str, brand: Brand) -> Scope:
    """A scope that ``brand`` may see, by its id; also of a watch that is watched no more."""
    kind, _, rest = scope.partition(":")
    if kind == "brand":
        return Scope(scope, kind, brand.name)
    return Scope(scope, kind, rest if kind == "market" else rest.partition(":")[2])


def sees(brand: Brand, scope: str) -> bool:
    """Whether ``scope`` is for the eyes of this brand's team: what belongs to nobody, and what is its own."""
    kind, _, rest = scope.partition(":")
    return kind in (EVERYTHING, "market") or rest.partition(":")[0] == brand.slug


def is_own(scope: str) -> bool:
    """Whether a scope is one brand's: itself, a peer or a topic."""
    return scope.partition(":")[0] in ("brand", "peer", "topic")


def listed(
    brand: Brand,
    *,
    now: datetime,
    states: Sequence[str] = OPEN,
    scope: str = "",
    lang: str = "",
    gravity: int = 0,
    days: int = 7,
) -> tuple[StoryRow, ...]:
    """Stories that ``brand`` may see, spoken of in the last ``days``, those that rise first.

    ``scope`` is one of :func:`scopes`: of a brand, topic or peer every story that names it; else those found there.
    """
    named = scope.startswith(("brand:", "peer:", "topic:"))
    found = opened().stories(
        scope=scope if scope and not named else None,
        watch=scope if named else None,
        states=states,
        gravity=gravity,
        lang=lang or None,
        since=now - timedelta(days=days),
        limit=_MOST,
    )
    return tuple(row for row in found if sees(brand, row.scope))


def rising(brand: Brand, *, now: datetime, limit: int = 5) -> tuple[StoryRow, ...]:
    """What rises now, and what has risen and stays; what touches the brand and what is grave first."""
    found = listed(brand, now=now, states=("rising", "steady"), days=1)

    def order(row: StoryRow) -> tuple[bool, int, int, int, str]:
        return row.state != "rising", -_near(row, brand), -row.gravity.level, -row.n, row.id

    return tuple(sorted(found, key=order)[:limit])


def _near(row: StoryRow, brand: Brand) -> int:
    if row.scope == f"brand:{brand.slug}" or any(part.name == f"brand:{brand.slug}" for part in row.watches):
        return 2
    return int(any(sees(brand, part.name) for part in row.watches) or (sees(brand, row.scope) and ":" in row.scope))


@dataclass(frozen=True, slots=True)
class Narrowed:
    """An archive of which only some posts are seen: those with ``keys``; where it is set, those that link to ``site``
    and that show ``sign`` (of :data:`SIGNS`); and of mentions those through ``watch``.

    Answers as :class:`kalkan.figures.Archive` does, so that figures count within a story.
    """

    archive: figures.Archive
    keys: str  # of the archive's column ``key``, with commas between: the quickest way to hand over very many
    site: str = ""
    watch: str = ""
    sign: str = ""

    def query(
        self,
        sql: str,
        params: Sequence[Any] = (),
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        tables: Sequence[str] = ("mentions",),
    ) -> pa.Table:
        """The rows that ``sql`` gives, of these posts alone."""
        views, given = [], []  # type: list[str], list[Any]
        for name in tables:
            if name not in ("posts", "mentions"):
                continue
            some = "key IN (SELECT CAST(unnest(string_split(?, ',')) AS BIGINT))"
            given.append(self.keys or "0")
            if self.site:
                some += " AND contains(array_to_string(links, ' '), ?)"
                given.append(f"/{self.site}")
            if self.sign:
                some += f" AND ({SIGNS[self.sign]})"
            if self.watch and name == "mentions":
                some += " AND watch = ?"
                given.append(self.watch)
            views.append(f"{name} AS (SELECT * FROM {name} WHERE {some})")
        text = f"SELECT * FROM (WITH {', '.join(views)} {sql})" if views else sql
        return self.archive.query(text, [*given, *params], since=since, until=until, tables=tables)


@dataclass(frozen=True, slots=True)
class Members:
    """The posts of a story that are kept: the archive narrowed to them, and the period they lie in."""

    archive: Narrowed
    since: datetime
    until: datetime
    n: int
    reading: tuple[str, ...] = ()  # whose readings count, as on every page of the brand

    def ask(self, *measures: str, **more: Any) -> Ask:
        """A question about all of them."""
        given = {"measures": measures or figures.COUNTED, "reading": self.reading}
        return Ask(since=self.since, until=self.until, **(given | more))


def members(
    row: StoryRow,
    archive: figures.Archive,
    *,
    site: str = "",
    watch: str = "",
    sign: str = "",
    reading: tuple[str, ...] = (),
) -> Members:
    """The posts of ``row``, narrowed as :class:`Narrowed` is; ``reading`` as in :class:`kalkan.figures.Ask`."""
    found = opened().members(row.id)
    keys = ",".join(map(str, found["key"].to_pylist()))
    first = pc.min(found["at"]).as_py() if found.num_rows else row.began
    last = pc.max(found["at"]).as_py() if found.num_rows else row.last
    since, until = min(first, row.began), max(last, row.last) + timedelta(minutes=1)
    return Members(
        Narrowed(archive, keys, site, watch, sign), since - timedelta(minutes=1), until, found.num_rows, reading
    )


def texts(ids: Iterable[str], archive: figures.Archive, *, since: datetime, until: datetime) -> dict[str, figures.Row]:
    """Posts by their ids; those that are deleted or erased are missing."""
    wanted = list(dict.fromkeys(ids))
    if not wanted:
        return {}
    some = named(wanted, archive)
    ask = Ask(since=since - timedelta(minutes=1), until=until + timedelta(minutes=1))
    return {row["id"]: row for row in figures.behind(ask, some, limit=len(wanted)).posts}


@dataclass(frozen=True, slots=True)
class Spoken:
    """A peer (or the brand itself) in a story: what it said there, and what those who name it feel."""

    name: str
    scope: str
    own: tuple[figures.Row, ...]
    named: figures.Figures | None  # posts and authors that name it, with the share of negative ones
    received: Reception | None = None  # of what it said, by those who name it from then on; None: it said nothing
    since: datetime | None = None  # its first post


def spoken(brand: Brand, story: Members) -> tuple[Spoken, ...]:
    """Every peer of ``brand`` that a story names or that speaks in it, the most named first.

    A peer's own posts are those of accounts whose handle or name is the peer's; that is said on the page.
    """
    peers = [watch.text for watch in brand.watches.all() if watch.kind == "peer"]
    if not peers:
        return ()
    own = _own(peers, story)
    found = []
    for peer in peers:
        where = Where(brand=brand.slug, kinds=("peer",))
        those = replace(story.archive, watch=peer)
        named = figures.answer(story.ask(*figures.COUNTED, "negative", where=where), those)
        if named.one("authors").count or own[peer]:
            first = min((post["at"] for post in own[peer]), default=None)
            said = _received(own[peer], those, first, story.until) if first is not None else None
            found.append(Spoken(peer, f"peer:{brand.slug}:{peer}", own[peer], named, said, first))
    return tuple(sorted(found, key=lambda one: (-bool(one.own), -_authors(one), one.name)))


def _received(own: Sequence[figures.Row], those: Narrowed, since: datetime, until: datetime) -> Reception:
    """How a peer's words in a story were received by those who name it there from then on."""
    voices = those.query(
        "SELECT author_id, p_praise, p_complaint, p_negative, p_irony, p_ask FROM mentions"
        " WHERE kind = 'peer' AND \"at\" >= ?::TIMESTAMPTZ AND NOT list_contains(?::VARCHAR[], id)",
        [since, [post["id"] for post in own]],
        since=since,
        until=until,
    )
    return received(stances(voices))


def _authors(one: Spoken) -> int:
    return one.named.one("authors").count if one.named else 0


def _own(peers: Sequence[str], story: Members) -> dict[str, tuple[figures.Row, ...]]:
    """The posts of accounts that are called as a peer is, newest first."""
    called = {_bare(peer): peer for peer in peers}
    handle = "split_part(split_part(ltrim(author_handle, '@'), '@', 1), '.', 1)"
    sql = (
        "SELECT id, author_handle, author_name FROM posts WHERE list_contains(?::VARCHAR[], author_name)"
        f" OR list_contains(?::VARCHAR[], regexp_replace(lower({handle}), '[^a-z0-9]', '', 'g')) LIMIT 500"
    )
    rows = story.archive.query(
        sql, [list(peers), list(called)], since=story.since, until=story.until, tables=("posts",)
    )
    ids: dict[str, list[str]] = {peer: [] for peer in peers}
    for row in rows.to_pylist():
        short = (row["author_handle"] or "").lstrip("@").partition("@")[0].partition(".")[0]
        peer = called.get(_bare(short)) or called.get(_bare(row["author_name"] or ""))
        if peer is not None:
            ids[peer].append(row["id"])
    shown = texts((one for found in ids.values() for one in found), story.archive, since=story.since, until=story.until)
    return {
        peer: tuple(sorted((shown[one] for one in found if one in shown), key=lambda row: row["at"], reverse=True))[
            :_PEER_POSTS
        ]
        for peer, found in ids.items()
    }


def _bare(name: str) -> str:
    """A name without case, marks, signs and spaces, as handles are made of it."""
    return "".join(sign for sign in fold(name) if sign.isalnum())


def named(ids: Sequence[str], archive: figures.Archive) -> Narrowed:
    """The archive narrowed to the posts with these ids."""
    return Narrowed(archive, ",".join(str(key_of(one)) for one in ids))
