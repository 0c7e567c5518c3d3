"""Pile-ons at the desk: posts that act in step are gathered behind one card, to be decided once.

Owns which items stand behind which card, and what is card enough to be shown: mostly abuse, or mostly one text. A storm
of many people's own questions about one thing is none. Promises that whoever asks or complains stays in the list as
well, and that an item is behind one card at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from kalkan import figures
from kalkan.desk.jobs import Work
from kalkan.desk.models import Brand, Item, PiledItem, PileOn
from kalkan.posts import ABOUT
from kalkan.shield.piles import piles

_DAY: Final = timedelta(hours=24)
_MOST: Final = 20_000
_HALF: Final = 0.5


def gather(work: Work) -> None:
    """The worker's job: the cards of the last day, as they are now.

    :raises ArchiveDamaged: our own data is not what it must be.
    """
    for brand in Brand.objects.all():
        if not work.stop.is_set():
            gather_one(brand, work.archive, now=work.now())


def gather_one(brand: Brand, archive: figures.Archive, *, now: datetime) -> int:
    """Gather one brand's; how many cards there are."""
    items = Item.objects.filter(brand=brand, at__gte=now - _DAY).order_by("-at")
    found = {row[0]: row[1:] for row in items.values_list("post", "pk", "place", "kind")[:_MOST]}
    if not found:
        return 0
    marks = ", ".join("?" * len(ABOUT))
    posts = archive.query(
        'SELECT id, text, author_id, reply_to, root, quote_of, "at" FROM mentions'
        f" WHERE brand = ? AND kind IN ({marks}) QUALIFY row_number() OVER (PARTITION BY id ORDER BY seen_at) = 1"
        ' ORDER BY "at", id',
        [brand.slug, *ABOUT],
        since=now - _DAY,
        until=now + timedelta(seconds=1),
        tables=("mentions",),
    )
    ids = posts["id"].to_pylist()
    posts = posts.filter(pa.array([one in found for one in ids], pa.bool_()))
    ids = [one for one in ids if one in found]
    triaged = pa.table({"place": [found[one][1] for one in ids], "kind": [found[one][2] for one in ids]})
    cards = piles(posts, triaged).to_pylist() if ids else []
    cards = [card for card in cards if _in_step(card)]
    _let_go(brand, [str(card["card"])[:820] for card in cards], now=now)
    for card in cards:
        kept = set(card["kept"])
        behind = [found[ids[row]][0] for row in card["rows"] if row not in kept]
        _keep(brand, card, behind)
    return len(cards)


def _in_step(card: Mapping[str, Any]) -> bool:
    """Whether half of it is abuse (folded or held), or half of it the same text."""
    abuse = card["n"] - (card["places"]["show"] or 0)
    return bool(abuse >= card["n"] * _HALF or card["same"] >= _HALF)


def _let_go(brand: Brand, cards: list[str], *, now: datetime) -> None:
    """What is no card any more stands in the list again, as far as it is open."""
    over = PileOn.objects.filter(brand=brand, until__gte=now - _DAY).exclude(card__in=cards)
    PiledItem.objects.filter(pile__in=over, item__state=Item.State.OPEN).delete()


@transaction.atomic
def _keep(brand: Brand, card: dict[str, object], behind: list[int]) -> None:
    told = {name: card[name] for name in ("n", "authors", "same", "began", "until")}
    kept = card["kept"]
    told["kept"] = len(kept) if isinstance(kept, list) else 0
    pile, _new = PileOn.objects.update_or_create(brand=brand, card=str(card["card"])[:820], defaults=told)
    rows = [PiledItem(item_id=pk, pile=pile) for pk in behind]
    PiledItem.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    PiledItem.objects.filter(pile=pile).exclude(item_id__in=behind[:30_000]).filter(item__state="open").delete()


def waiting(rows: QuerySet[PileOn]) -> QuerySet[PileOn]:
    """Those of ``rows`` behind which something is still open."""
    return rows.filter(Exists(PiledItem.objects.filter(pile=OuterRef("pk"), item__state=Item.State.OPEN)))
