"""Which stories a brief tells of: from the book of stories, or found afterwards where nobody followed them then.

Promises that what touches the brand comes first and the grave before the rest, and that the brand's own name is no
story. Finding afterwards reads the brand's mentions alone (its topics and peers with them) and only so many of them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.brands import Brand
from kalkan.brief.making import Told
from kalkan.figures import Archive
from kalkan.posts import ABOUT, key_of
from kalkan.stories import Stories
from kalkan.stories.book import Book
from kalkan.stories.record import EVERYTHING, StoryRow
from kalkan.text import fold

GRAVE: Final = 2
_MOST: Final = 8
_IDS: Final = 2_500  # posts of a story that a page names
_BEFORE: Final = timedelta(days=2)  # what is usual is learnt from
POSTS: Final = 25_000  # more than that is not gone through afterwards


def sees(brand: Brand, scope: str) -> bool:
    """Whether a stretch of talk (a scope of :mod:`kalkan.stories.record`) belongs to ``brand`` or to nobody."""
    kind, _, rest = scope.partition(":")
    return kind in (EVERYTHING, "market") or rest.partition(":")[0] == brand.slug


def touches(row: StoryRow, brand: Brand) -> bool:
    """Whether people name the brand in the story."""
    own = f"brand:{brand.slug}"
    return own in (row.scope, *(part.name for part in row.watches))


def stories_of(
    archive: Archive, brand: Brand, *, since: datetime, until: datetime, book: Book | None, most: int = POSTS
) -> tuple[tuple[Told, ...], bool]:
    """Stories of the period that touch ``brand`` or are grave, and whether they were found only now: afterwards at most
    ``most`` of the brand's mentions are gone through."""
    rows = [] if book is None else _listed(book, brand, since, until)
    if book is not None and rows:
        return tuple(told(row, book, archive, brand=brand) for row in rows[:_MOST]), False
    if book is not None and book.scope_curve(f"brand:{brand.slug}", since=since, until=until).num_rows:
        return (), False  # it was followed then, and nothing of that kind rose
    found = afterwards(archive, brand, since=since, until=until, most=most)
    return found, bool(found)


def told(row: StoryRow, book: Book, archive: Archive, *, brand: Brand, most: int = _IDS, part: bool = False) -> Told:
    """A story of the book as a brief tells it. Of more than ``most`` posts none are named, or with ``part`` an even
    part of them."""
    keys = book.members(row.id, limit=most if not part else 50_000)
    if not part and keys.num_rows >= most:
        keys = keys.slice(0, 0)
    return Told(
        title=row.title, gravity=row.gravity.level, authors=row.authors, began=row.began, last=row.last,
        near=touches(row, brand), ids=_ids(archive, keys, row, most),
    )  # fmt: skip


def _ids(archive: Archive, members: pa.Table, row: StoryRow, most: int) -> tuple[str, ...]:
    """The ids of a story's posts; of more than ``most`` an even part of them."""
    keys = members["key"].to_pylist()
    if len(keys) > most:
        keys = [keys[i] for i in np.linspace(0, len(keys) - 1, most).astype(int)]
    if not keys:
        return ()
    since, until = pc.min(members["at"]).as_py(), pc.max(members["at"]).as_py() + timedelta(minutes=1)
    found = archive.query(
        "SELECT DISTINCT id FROM posts WHERE key IN (SELECT CAST(unnest(string_split(?, ',')) AS BIGINT)) ORDER BY id",
        [",".join(map(str, keys))],
        since=min(since, row.began) - timedelta(minutes=1),
        until=until,
        tables=("posts",),
    )
    return tuple(found["id"].to_pylist())


def _own(brand: Brand) -> set[str]:
    """Titles that say no more than the brand's name."""
    return {fold(brand.name), *(fold(watch.text) for watch in brand.watches if watch.kind in ("name", "hashtag"))}


def _listed(book: Book, brand: Brand, since: datetime, until: datetime) -> list[StoryRow]:
    own = _own(brand)
    found = [
        row
        for row in book.stories(since=since, limit=500)
        if row.began < until and sees(brand, row.scope) and fold(row.title) not in own
        and (touches(row, brand) or row.gravity.level >= GRAVE)
    ]  # fmt: skip
    return sorted(found, key=lambda row: (not touches(row, brand), -row.gravity.level, -row.authors, row.id))


def afterwards(
    archive: Archive, brand: Brand, *, since: datetime, until: datetime, most: int = POSTS
) -> tuple[Told, ...]:
    """Stories that rise in the brand's mentions of the period, found from the posts; none where there are too many."""
    posts = _mentions(archive, brand, since - _BEFORE, until, most)
    if not 0 < posts.num_rows <= most:
        return ()
    stream = Stories(takes_keys=True, shown=False)
    first: dict[str, str] = {}
    grave: dict[str, int] = {}
    keys: dict[str, set[int]] = {}
    began: dict[str, datetime] = {}
    hour = pc.floor_temporal(posts["at"], unit="hour")  # a story that ended is gone from the stream soon after
    edges = np.flatnonzero(np.diff(hour.cast(pa.int64()).to_numpy())) + 1
    for start, end in zip([0, *edges.tolist()], [*edges.tolist(), posts.num_rows], strict=True):
        alarms = stream.hear(posts.slice(start, end - start))
        for alarm in alarms:
            first.setdefault(alarm.story, alarm.title)
            began.setdefault(alarm.story, alarm.began)
            grave[alarm.story] = max(grave.get(alarm.story, 0), alarm.gravity)
        for story in stream.stories:
            for _minute, found in story.new_keys:
                keys.setdefault(story.id, set()).update(int(one) for one in found)
    own = _own(brand)
    made = [_afterwards(posts, first[id], grave[id], began[id], keys.get(id, set()), brand, since) for id in first
            if fold(first[id]) not in own]  # fmt: skip
    kept = [one for one in made if one is not None]
    return tuple(sorted(kept, key=lambda one: (not one.near, -one.authors, one.title))[:_MOST])


def _afterwards(
    posts: pa.Table, title: str, gravity: int, began: datetime, keys: set[int], brand: Brand, since: datetime
) -> Told | None:
    rows = posts.filter(pc.and_(pc.is_in(posts["key"], value_set=pa.array(sorted(keys), pa.int64())),
                                pc.greater_equal(posts["at"], pa.scalar(since, posts["at"].type))))  # fmt: skip
    if rows.num_rows < 3:
        return None
    about = sum(kind in ABOUT for kind in rows["kind"].to_pylist())
    ids = rows["id"].to_pylist()
    if len(ids) > _IDS:
        ids = []
    return Told(
        title=title, gravity=gravity, authors=len(set(rows["author_id"].to_pylist())), began=max(began, since),
        last=rows["at"][-1].as_py(), ids=tuple(ids), near=about * 10 >= rows.num_rows,
    )  # fmt: skip


def _mentions(archive: Archive, brand: Brand, since: datetime, until: datetime, most: int) -> pa.Table:
    found = archive.query(
        'SELECT id, network, author_id, text, lang, "at", links, tags, kind FROM mentions WHERE brand = ?'
        ' AND "at" >= ?::TIMESTAMPTZ AND "at" < ?::TIMESTAMPTZ'
        f" QUALIFY row_number() OVER (PARTITION BY id ORDER BY seen_at) = 1 LIMIT {most + 1}",
        [brand.slug, since, until],
        since=since,
        until=until,
        tables=("mentions",),
    )
    found = found.sort_by([("at", "ascending"), ("id", "ascending")])
    return found.append_column("key", pa.array([key_of(id) for id in found["id"].to_pylist()], pa.int64()))
