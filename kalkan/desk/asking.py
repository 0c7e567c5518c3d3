"""What people ask of the brand, gathered, with what became of it: heard, passed on, decided, answered.

Owns the gathering of the last four weeks and how a gathered ask finds the one that was passed on. Promises that an ask
is told in somebody's own words, and that those who asked can be answered one by one. Never keeps their words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import pyarrow as pa

from kalkan import figures, voice
from kalkan.desk.models import Brand, Item, KeptAsk
from kalkan.figures.select import READ_SQL
from kalkan.posts import ABOUT

SPAN: Final = timedelta(days=28)
_SHOWN: Final = 24
_TALK: Final = 4_000
_LIKE: Final = 0.3  # of the smaller set of posts: then it is the same ask


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One ask as it is heard now. ``kept``: what became of it, if it was passed on. ``waiting``: open items of it."""

    ask: voice.Ask
    kept: KeptAsk | None
    waiting: int


def posts_of(brand: Brand, archive: figures.Archive, *, now: datetime) -> pa.Table:
    """What asked something of the brand in the last four weeks, without abuse."""
    marks = ", ".join("?" * len(ABOUT))
    return archive.query(
        'SELECT id, network, author_id, text, lang, "at" FROM mentions'
        f" WHERE brand = ? AND kind IN ({marks}) AND ({READ_SQL['ask']}) AND ({READ_SQL['not_offensive']})"
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY seen_at) = 1"
        ' ORDER BY "at", id',
        [brand.slug, *ABOUT],
        since=now - SPAN,
        until=now + timedelta(seconds=1),
        tables=("mentions",),
    )


def talk_of(brand: Brand, archive: figures.Archive, *, now: datetime) -> list[str]:
    """Texts of all that was said to the brand lately, which say what is usual there."""
    marks = ", ".join("?" * len(ABOUT))
    texts: list[str] = archive.query(
        f'SELECT text FROM mentions WHERE brand = ? AND kind IN ({marks}) ORDER BY "at" DESC, id LIMIT {_TALK}',
        [brand.slug, *ABOUT],
        since=now - SPAN,
        until=now + timedelta(seconds=1),
        tables=("mentions",),
    )["text"].to_pylist()
    return texts


def heard(brand: Brand, kept: Iterable[KeptAsk], archive: figures.Archive, *, now: datetime) -> list[Heard]:
    """The asks of the last four weeks, those of most people first, each with what became of it."""
    told = brand.as_brand()
    names = [brand.name, *(watch.text for watch in told.watches if watch.kind in ("name", "handle", "hashtag"))]
    talk = talk_of(brand, archive, now=now)
    found = voice.asks(posts_of(brand, archive, now=now), names=names, talk=talk, most=_SHOWN, shown=3)
    free = list(kept)
    made = []
    for ask in found:
        row = matching(ask.ids, free)
        if row is not None:
            free.remove(row)
            grown = sorted({*row.posts, *ask.ids})
            if grown != sorted(row.posts):
                row.posts = grown[:5_000]
                row.save(update_fields=["posts"])
        made.append(Heard(ask=ask, kept=row, waiting=open_of(brand, ask.ids)))
    return made


def matching(ids: Iterable[str], kept: Iterable[KeptAsk]) -> KeptAsk | None:
    """The kept ask that shares most posts with ``ids``; None: none shares enough."""
    wanted = set(ids)
    best, share = None, _LIKE
    for row in kept:
        least = min(len(wanted), len(row.posts)) or 1
        found = len(wanted.intersection(row.posts)) / least
        if found >= share:
            best, share = row, found
    return best


def items_of(brand: Brand, ids: Iterable[str]) -> list[Item]:
    """The items of those posts, oldest first."""
    rows = Item.objects.filter(brand=brand, post__in=list(ids)[:5_000]).select_related("brand", "draft")
    return list(rows.order_by("at", "id"))


def open_of(brand: Brand, ids: Iterable[str]) -> int:
    """How many of those posts wait unanswered in the inbox."""
    rows = Item.objects.filter(brand=brand, post__in=list(ids)[:5_000], answered_at=None, replying=False)
    return rows.filter(state=Item.State.OPEN).count()
