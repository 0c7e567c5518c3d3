"""Trouble told before a post is due: tokens that do not work, accounts that are not ours, posts a server would refuse.

Owns :func:`look_ahead`. It asks the networks and sends nothing. A network that does not answer is no trouble yet: it
is told as such, and asked again the next time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kalkan.drafts import Variant
from kalkan.errors import KalkanError, NetworkError
from kalkan.networks.publishing import Publisher
from kalkan.publishing.sending import Open
from kalkan.publishing.store import Store

WITHIN = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """What will stop a draft from going out, as a code and parameters."""

    network: str
    account: str
    code: str
    first_due: datetime  # the earliest draft it concerns
    drafts: tuple[str, ...]  # their keys, the earliest first
    params: Mapping[str, object] = field(default_factory=dict)
    sure: bool = True  # False: the network did not answer; it may do so later


def look_ahead(store: Store, *, open: Open, now: datetime, within: timedelta = WITHIN) -> tuple[Trouble, ...]:
    """Ask every account that has something to say ``within`` whether it can; the earliest trouble first."""
    wanted: dict[tuple[str, str], list[tuple[datetime, str, Variant]]] = {}
    for draft in sorted(store.upcoming(now + within), key=lambda one: one.due_at):
        for variant in draft.version.variants:
            wanted.setdefault((variant.network, variant.account), []).append((draft.due_at, draft.key, variant))
    found: list[Trouble] = []
    for (network, account), drafts in wanted.items():
        found += _of_account(network, account, drafts, open, now)
    return tuple(sorted(found, key=lambda one: one.first_due))


def _of_account(
    network: str, account: str, drafts: list[tuple[datetime, str, Variant]], open: Open, now: datetime
) -> list[Trouble]:
    first, keys = drafts[0][0], tuple(dict.fromkeys(key for _, key, _ in drafts))
    publisher: Publisher | None = None
    try:
        publisher = open(network, account)
        told = publisher.identify(now=now)
        if told.account != account:
            params = {"handle": told.handle}
            return [Trouble(network=network, account=account, code="account_other", first_due=first,
                            drafts=keys, params=params)]  # fmt: skip
        found = []
        for due, key, variant in drafts:
            for problem in publisher.check(variant, now=now)[:1]:
                found.append(Trouble(network=network, account=account, code=problem.code, first_due=due,
                                     drafts=(key,), params=problem.params))  # fmt: skip
        return found
    except KalkanError as error:
        sure = not isinstance(error, NetworkError) or error.permanent
        return [Trouble(network=network, account=account, code=error.code, first_due=first, drafts=keys,
                        params=error.params, sure=sure)]  # fmt: skip
    finally:
        if publisher is not None:
            publisher.close()
