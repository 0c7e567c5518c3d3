"""The worker's look at the notifications of connected accounts: what an account was told comes into the inbox, once.

Owns the order in which that happens: posts into the archive, mentions of the brand beside them, items, and only then
the place in the list, together with the items. Promises that a look that breaks off anywhere is made again without
harm (the archive holds a post once, a brand's mention once, the inbox an item once), and that an account that refuses
stops no other.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa
from django.db import transaction

from kalkan import reading
from kalkan.archive import Archive
from kalkan.desk import access, inbox
from kalkan.desk.actions import accounts
from kalkan.desk.jobs import Work
from kalkan.desk.models import Account, InboxRules, Notices
from kalkan.errors import ArchiveDamaged, InvalidInput, KalkanError, NetworkError
from kalkan.networks import notifications
from kalkan.networks.notifications import Notified
from kalkan.posts import MENTIONS, READ_POSTS, empty

_AGAIN: Final = timedelta(seconds=30)
_LONGEST: Final = timedelta(hours=1)


def gather(work: Work) -> None:
    """The worker's job: one look for every connected account that is due.

    :raises ArchiveDamaged: our own data is not what it must be.
    """
    for account in Account.objects.filter(removed_at=None, network__in=notifications.NETWORKS).select_related("brand"):
        if work.stop.is_set():
            return
        row, _new = Notices.objects.get_or_create(account=account)
        if row.retry_at is None or row.retry_at <= work.now():
            look(account, row, work.archive, now=work.now())


def look(account: Account, row: Notices, archive: Archive, *, now: datetime) -> None:
    """Look once; what went wrong outside is written down, and tried again later each time.

    :raises ArchiveDamaged: our own data is not what it must be.
    """
    try:
        session = accounts.opened(account)
        try:
            found = notifications.poll(session, row.cursor or None, now=now)
        finally:
            session.close()
    except ArchiveDamaged:
        raise
    except KalkanError as error:
        _failed(row, error, now=now)
        return
    _keep(account, row, found, archive, now=now)


def _keep(account: Account, row: Notices, found: Notified, archive: Archive, *, now: datetime) -> None:
    posts = _read(found.batch.posts)
    ours = _mentions(posts, found, account)
    batch = found.batch
    if posts.num_rows or batch.gaps or batch.rejects:
        archive.append(
            notifications.source_of(account.account_id), posts, now=now, cursor=batch.cursor, mentions=ours,
            gaps=batch.gaps, rejects=batch.rejects,
        )  # fmt: skip
        archive.add_mentions(_held(ours, archive))
    with transaction.atomic():
        rules, _made = InboxRules.objects.get_or_create(
            brand=account.brand, defaults={"zone": access.home_of(account.brand)}
        )
        inbox.keep(account.brand, _still(ours, archive), rules)
        row.cursor, row.looked_at, row.fault, row.faults, row.retry_at = batch.cursor or "", now, {}, 0, None
        row.save()


def _read(posts: pa.Table) -> pa.Table:
    if posts.num_rows == 0:
        return empty(READ_POSTS)
    return pa.Table.from_batches(reading.read(posts.combine_chunks().to_batches())).select(READ_POSTS.names)


def _mentions(posts: pa.Table, found: Notified, account: Account) -> pa.Table:
    """The posts that are for us, as mentions of the brand: tied by what the network said they are."""
    ids = posts["id"].to_pylist()
    rows = posts.filter(pa.array([one in found.kinds for one in ids], pa.bool_()))
    kinds = [found.kinds[one] for one in ids if one in found.kinds]
    given = {"brand": [account.brand.slug] * len(kinds), "kind": kinds, "watch": [account.handle] * len(kinds)}
    for position, (name, values) in enumerate(given.items()):
        rows = rows.add_column(position, MENTIONS.field(name), pa.array(values, pa.string()))
    return rows


def _held(ours: pa.Table, archive: Archive) -> pa.Table:
    """Those of ``ours`` whose posts the archive holds: a listener may have brought a post before, as nobody's mention.

    A post that was deleted before is not held, and never becomes a mention.
    """
    return ours.filter(pa.array(_there("posts", ours, archive), pa.bool_()))


def _still(ours: pa.Table, archive: Archive) -> pa.Table:
    """Those of ``ours`` that are mentions now, as posts."""
    return ours.filter(pa.array(_there("mentions", ours, archive), pa.bool_())).select(READ_POSTS.names)


def _there(table: str, rows: pa.Table, archive: Archive) -> list[bool]:
    ids = rows["id"].to_pylist()
    if not ids:
        return []
    begin, end = min(rows["at"].to_pylist()), max(rows["at"].to_pylist())
    found = archive.query(
        f"SELECT id FROM {table} WHERE list_contains(?::VARCHAR[], id)", [ids],
        since=begin - timedelta(days=1), until=end + timedelta(days=1), tables=(table,),
    )["id"].to_pylist()  # fmt: skip
    there = set(found)
    return [one in there for one in ids]


def _failed(row: Notices, error: KalkanError, *, now: datetime) -> None:
    row.faults += 1
    wait = min(_LONGEST, _AGAIN * 2 ** min(row.faults - 1, 10))
    if isinstance(error, NetworkError) and error.retry_after is not None:
        wait = max(wait, timedelta(seconds=error.retry_after))
    elif isinstance(error, InvalidInput) or (isinstance(error, NetworkError) and error.permanent):
        wait = _LONGEST
    params: dict[str, Any] = {name: str(value) for name, value in error.params.items()}
    row.fault, row.looked_at, row.retry_at = {"code": error.code, "params": params}, now, now + wait
    row.save()
