"""What a person may do on a network from the inbox: which deeds there are for an item, and doing them.

Promises that nothing is done but by a person's click, that it is written down with what undoes it before the page
answers, and that the network is asked outside any transaction. Never decides.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from kalkan.desk import access
from kalkan.desk.actions import accounts
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Account, Brand, Item, NetworkDeed, Person
from kalkan.errors import InvalidInput
from kalkan.networks import acting
from kalkan.networks.acting import Deed

OF_AUTHOR: Final = ("mute", "block", "report")
OF_THREAD: Final = ("hide_reply", "gate_thread")
OF_ACCOUNT: Final = ("shields_up",)


def accounts_on(brand: Brand, network: str) -> list[Account]:
    """The connected accounts of ``brand`` on ``network``, longest connected first."""
    return list(Account.objects.filter(brand=brand, network=network, removed_at=None).order_by("id"))


def possible(item: Item) -> tuple[str, ...]:
    """What may be done about ``item`` with an account of the brand: nothing without one."""
    rows = accounts_on(item.brand, item.network)
    if not rows:
        return ()
    here = acting.DEEDS.get(item.network, frozenset())
    ours = any(item.root.startswith(f"at://{_number(row)}/") for row in rows)
    wanted = OF_AUTHOR + ((OF_THREAD if item.root != item.post else OF_THREAD[1:]) if ours else ())
    return tuple(name for name in wanted if name in here)


def do(
    person: Person, item: Item, kind: str, *, author: str, handle: str, why: str = "other", now: datetime
) -> NetworkDeed:
    """Do ``kind`` about ``item``, whose author is ``author``, with the brand's account on its network.

    :raises Refused: the person may not (``not_allowed``).
    :raises InvalidInput: there is no such deed here (``deed_not_here``).
    :raises NetworkError: the network refused or could not be reached.
    """
    access.require(person, item.brand, "act")
    if kind not in possible(item):
        raise InvalidInput("deed_not_here", network=item.network, kind=kind)
    rows = accounts_on(item.brand, item.network)
    own = next((row for row in rows if item.root.startswith(f"at://{_number(row)}/")), rows[0])
    deed = Deed(
        kind=kind, account=author, handle=handle, thread=item.root,
        post=item.post if kind in ("hide_reply", "report") else "", why=why if why in acting.WHYS else "other",
    )  # fmt: skip
    return _done(person, own, deed, item=item, now=now)


def shields_up(person: Person, account: Account, *, now: datetime) -> NetworkDeed:
    """Put the account's notification policy up, where its network has one.

    :raises Refused: the person may not (``not_allowed``).
    :raises InvalidInput: its network has none (``deed_not_here``).
    :raises NetworkError: the network refused or could not be reached.
    """
    access.require(person, account.brand, "act")
    return _done(person, account, Deed(kind="shields_up"), item=None, now=now)


def undo(person: Person, row: NetworkDeed, *, now: datetime) -> NetworkDeed:
    """Undo a deed, on the network and in the list; one that is undone stays as it is.

    :raises Refused: the person may not (``not_allowed``).
    :raises InvalidInput: the network allows no undoing (``deed_stays``).
    :raises NetworkError: the network refused or could not be reached.
    """
    access.require(person, row.brand, "act")
    if row.undone_at is not None:
        return row
    if row.undo is None:
        raise InvalidInput("deed_stays", kind=row.kind)
    told: dict[str, Any] = {**row.undo, "allow": tuple(row.undo.get("allow", ()))}
    _act(row.account, Deed(**told), now=now)
    row.undone_at, row.undone_by, row.undo = now, person, None
    row.save(update_fields=["undone_at", "undone_by", "undo"])
    note(person, "undid on network", row.brand, kind=row.kind, account=_name(row.account))
    return row


def _done(person: Person, account: Account, deed: Deed, *, item: Item | None, now: datetime) -> NetworkDeed:
    done = _act(account, deed, now=now)
    row = NetworkDeed.objects.create(
        brand=account.brand, account=account, item=item, kind=deed.kind, person=person, at=now,
        undo=asdict(done.undo) if done.undo else None,
    )  # fmt: skip
    note(person, "did on network", account.brand, kind=deed.kind, account=_name(account))
    return row


def _act(account: Account, deed: Deed, *, now: datetime) -> acting.Done:
    session = accounts.opened(account)
    try:
        return acting.act(deed, session, now=now)
    finally:
        session.close()


def _number(row: Account) -> str:
    return row.account_id.partition(":")[2]


def _name(row: Account) -> str:
    return f"{row.network} {row.handle}"
