"""Who has been answered: by a reply that went out from here, or by our own account on the network.

Owns the moment of the first answer. Promises that a reply counts when it is sent, never when it is only written, that
a reply that was taken back lets its item wait again, and that an answer given on the network counts without anybody
opening the conversation.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from kalkan import figures
from kalkan.desk import asking, inbox
from kalkan.desk.jobs import Work
from kalkan.desk.models import Brand, Item, KeptAsk

_BACK: Final = timedelta(days=7)
_LATELY: Final = timedelta(hours=2)
_DEAD: Final = ("withdrawn", "failed")
_PIECE: Final = 400
_looked: set[int] = set()  # brands whose last week this process has looked at; from then on only at what is new


def settle(work: Work) -> None:
    """The worker's job: what went out answers, what was taken back does not, and our own answers are found.

    :raises ArchiveDamaged: our own data is not what it must be.
    """
    now = work.now()
    sent()
    asks()
    for brand in Brand.objects.all():
        if work.stop.is_set():
            return
        there(brand, work.archive, since=now - (_LATELY if brand.pk in _looked else _BACK), now=now)
        _looked.add(brand.pk)


def sent() -> int:
    """Write down what became of replies under way; how many items changed."""
    changed = 0
    for item in Item.objects.filter(replying=True).select_related("draft"):
        draft = item.draft
        if draft is None or draft.state in _DEAD:
            changed += Item.objects.filter(pk=item.pk, replying=True).update(replying=False)
        elif draft.state == "sent" and draft.sent_at is not None:
            first = {"answered_at": draft.sent_at, "answered_by": draft.made_by} if item.answered_at is None else {}
            changed += Item.objects.filter(pk=item.pk, replying=True).update(replying=False, **first)
    return changed


def asks() -> int:
    """Write down which asks are answered: one reply at least is sent and none is under way; how many changed."""
    changed = 0
    for row in KeptAsk.objects.exclude(telling_since=None).select_related("brand"):
        items = asking.items_of(row.brand, row.posts)
        if any(item.replying for item in items):
            continue
        times = [item.draft.sent_at for item in items if item.draft is not None and item.draft.sent_at is not None]
        told = [at for at in times if row.telling_since is not None and at >= row.telling_since]
        first = {"stage": KeptAsk.Stage.ANSWERED, "answered_at": row.answered_at or min(told)} if told else {}
        changed += KeptAsk.objects.filter(pk=row.pk).update(telling_since=None, **first)
    return changed


def there(brand: Brand, archive: figures.Archive, *, since: datetime, now: datetime) -> int:
    """Find answers by the brand's own accounts said since then; how many items they answer."""
    own = sorted(inbox.own_of(brand))
    if not own or not Item.objects.filter(brand=brand, needs=True, answered_at=None).exists():
        return 0
    rows = archive.query(
        'SELECT reply_to, min("at") AS first FROM posts WHERE reply_to IS NOT NULL'
        " AND (list_contains(?::VARCHAR[], author_id) OR list_contains(?::VARCHAR[], lower(author_handle)))"
        " GROUP BY reply_to",
        [own, own],
        since=since,
        until=now + timedelta(seconds=1),
        tables=("posts",),
    ).to_pylist()
    first = {row["reply_to"]: row["first"] for row in rows}
    answered = 0
    wanted = sorted(first)
    for begin in range(0, len(wanted), _PIECE):
        some = Item.objects.filter(brand=brand, post__in=wanted[begin : begin + _PIECE], answered_at=None)
        for item in some.only("pk", "post", "at"):
            answered += Item.objects.filter(pk=item.pk, answered_at=None).update(
                answered_at=max(first[item.post], item.at), replying=False
            )
    return answered
