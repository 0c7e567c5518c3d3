"""How far the conversations of the inbox have spread: who waits in one that many read stands further up.

Owns that part of the order, worked out anew while a conversation grows. Counts people in a conversation, never likes
and never who they are. Promises that nothing but the order of an item changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from kalkan import figures
from kalkan.desk.jobs import Work
from kalkan.desk.models import Brand, Item
from kalkan.posts import ABOUT
from kalkan.shield.deciding import PARTS, WORTH

MANY: Final = 50  # people in one conversation from which more make no difference
_WORTH: Final = WORTH[PARTS.index("thread")]
_BACK: Final = timedelta(days=3)
_MOST: Final = 20_000


def weigh(work: Work) -> None:
    """The worker's job: put those who wait in order again, by how far their conversations have spread.

    :raises ArchiveDamaged: our own data is not what it must be.
    """
    for brand in Brand.objects.all():
        if not work.stop.is_set():
            weigh_one(brand, work.archive, now=work.now())


def weigh_one(brand: Brand, archive: figures.Archive, *, now: datetime) -> int:
    """One brand's; how many items changed their place."""
    waiting = Item.objects.filter(brand=brand, state=Item.State.OPEN, needs=True, answered_at=None, at__gte=now - _BACK)
    rows = list(waiting.order_by("-at").only("pk", "root", "need", "bucket")[:_MOST])
    found = people(brand, {row.root for row in rows}, archive, now=now)
    changed = []
    for row in rows:
        bucket = bucket_of(row.need + _WORTH * spread(found.get(row.root, 1)))
        if bucket != row.bucket:
            row.bucket = bucket
            changed.append(row)
    Item.objects.bulk_update(changed, ["bucket"], batch_size=400)
    return len(changed)


def bucket_of(need: float) -> int:
    """The step of the order that a need stands on."""
    return int(min(need, 90) * 4)


def spread(n: int) -> float:
    """How far ``n`` people make a conversation spread: 0 for one alone, 1 from :data:`MANY` on, by the logarithm."""
    return min(math.log(max(n, 1)) / math.log(MANY), 1.0)


def people(brand: Brand, roots: Iterable[str], archive: figures.Archive, *, now: datetime) -> dict[str, int]:
    """How many people spoke to the brand in each of those conversations, of two and more."""
    wanted = sorted(set(roots))
    if not wanted:
        return {}
    marks = ", ".join("?" * len(ABOUT))
    rows = archive.query(
        "SELECT coalesce(root, id) AS talk, count(DISTINCT author_id) AS n FROM mentions"
        f" WHERE brand = ? AND kind IN ({marks}) GROUP BY talk HAVING n > 1 AND list_contains(?::VARCHAR[], talk)",
        [brand.slug, *ABOUT, wanted],
        since=now - 2 * _BACK,
        tables=("mentions",),
    ).to_pylist()
    return {row["talk"]: row["n"] for row in rows}
