"""Who has to agree before something is said, how late is too late, and what a pause stops.

Owns the rule of approval and the arithmetic of pauses. Promises that an approval counts only for the digest it was
given for, only from a role the rule names, and never from a person who wrote the version unless the rule says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from kalkan.errors import InvalidInput

MOST_LATE: Final = timedelta(minutes=45)
"""No policy may send later than this: Mastodon servers forget an Idempotency-Key after an hour."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How much agreement drafts of some kinds need."""

    kinds: frozenset[str] = frozenset()  # empty: every kind that no rule before this one names
    roles: frozenset[str] = frozenset({"owner", "approver"})  # whose approval counts
    needed: int = 1  # how many different people
    among: tuple[str, ...] = ()  # roles of which one person each must be among them: ("owner",)
    own: bool = False  # whether somebody may approve what they wrote
    outside: bool = False  # whether an outside approver (by signed link) counts


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A brand's rules. The first that fits a kind holds; where none fits, :class:`Rule`'s own defaults do."""

    rules: tuple[Rule, ...] = ()
    late_after: timedelta = timedelta(minutes=15)  # a draft later than this is held, never sent
    release: frozenset[str] = frozenset({"owner", "approver"})  # roles that may let go by hand, or overrule a HOLD
    room_needed: bool = True  # hold when the room could not be checked at sending

    def __post_init__(self) -> None:
        if not timedelta(0) < self.late_after <= MOST_LATE:
            most = int(MOST_LATE.total_seconds() // 60)
            raise InvalidInput("policy_late", minutes=int(self.late_after.total_seconds() // 60), most=most)
        for rule in self.rules:
            if rule.needed < 1 or not (rule.roles or rule.outside) or not set(rule.among) <= rule.roles:
                raise InvalidInput("policy_rule", kinds=", ".join(sorted(rule.kinds)) or "*", needed=rule.needed)

    def rule(self, kind: str) -> Rule:
        """The rule that holds for ``kind``."""
        return next((rule for rule in self.rules if not rule.kinds or kind in rule.kinds), Rule())


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """Somebody agreed to exactly this digest."""

    by: str  # the person's lasting key at the desk; for an outside approver the link's key, as "outside:…"
    role: str  # the role they had then; "outside" for an outside approver
    digest: str
    at: datetime


def counting(
    approvals: Iterable[Approval],
    *,
    digest: str,
    kind: str,
    writers: Iterable[str],
    policy: Policy,
    still: frozenset[str] | None = None,
) -> tuple[Approval, ...]:
    """The approvals that count, one a person.

    ``writers`` had a hand in the version. ``still``: the people who may approve at this moment (their ``by``); an
    approval by anybody else counts no more. None: not asked.
    """
    rule, own = policy.rule(kind), frozenset(writers)
    found: dict[str, Approval] = {}
    for one in approvals:
        allowed = rule.outside if one.role == "outside" else one.role in rule.roles
        if one.digest == digest and allowed and (rule.own or one.by not in own) and (still is None or one.by in still):
            found.setdefault(one.by, one)
    return tuple(found.values())


def reached(
    approvals: Iterable[Approval],
    *,
    digest: str,
    kind: str,
    writers: Iterable[str],
    policy: Policy,
    still: frozenset[str] | None = None,
) -> bool:
    """Whether enough people have agreed; arguments as for :func:`counting`."""
    found = counting(approvals, digest=digest, kind=kind, writers=writers, policy=policy, still=still)
    rule = policy.rule(kind)
    return len(found) >= rule.needed and set(rule.among) <= {one.role for one in found}


def needed(
    approvals: Iterable[Approval], *, digest: str, kind: str, writers: Iterable[str], policy: Policy
) -> tuple[int, tuple[str, ...]]:
    """What is still missing: how many more people at least, and which roles must be among them."""
    found = counting(approvals, digest=digest, kind=kind, writers=writers, policy=policy)
    rule = policy.rule(kind)
    roles = tuple(role for role in rule.among if role not in {one.role for one in found})
    return max(rule.needed - len(found), len(roles)), roles


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """A stop for a brand, or for one of its markets, from ``began_at`` until it ends."""

    key: str
    brand: str
    began_at: datetime
    market: str = ""  # ISO 3166-1 alpha-2; empty: all of the brand
    until: datetime | None = None  # None: until somebody ends it
    ended_at: datetime | None = None  # when somebody ended it, before ``until``
    why: str = ""
    by: str = ""

    @property
    def end(self) -> datetime | None:
        """When it was or will be over; None: nobody has said."""
        ends = [at for at in (self.until, self.ended_at) if at is not None]
        return min(ends) if ends else None

    def on(self, now: datetime) -> bool:
        """Whether it holds at ``now``."""
        return self.began_at <= now and (self.end is None or now < self.end)

    def covers(self, brand: str, markets: Iterable[str]) -> bool:
        """Whether it is about a draft of ``brand`` for ``markets``. A draft for no market in particular is for all."""
        found = set(markets)
        return self.brand == brand and (not self.market or not found or self.market in found)


def hit(pauses: Iterable[Pause], *, brand: str, markets: Iterable[str], since: datetime, now: datetime) -> Pause | None:
    """A pause that held at any moment from ``since`` to ``now``, both counted; the longest-lasting such one.

    Asked with ``since`` = the moment a draft was due, so that whether it is stopped does not depend on when the
    worker happened to look: what fell due in a pause stays held after it.
    """
    found = [
        one
        for one in pauses
        if one.covers(brand, markets)
        and one.began_at <= now
        and (one.end is None or max(one.began_at, since) < one.end)
    ]
    return max(found, key=lambda one: (one.end is None, one.end or one.began_at), default=None)
