"""A brand's rules of approval as the desk keeps them, and people by the keys that drafts know them by.

Owns the JSON form of a policy. Promises that a brand that never set one has a careful one: somebody else has to agree,
unless there is nobody else. Never writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from kalkan.desk.models import Brand, Membership, Pause, Person, Policy
from kalkan.drafts import Pause as PauseWord
from kalkan.drafts import Policy as Rules
from kalkan.drafts import Rule

WHO: Final = ("owner", "approver")
LATE_MINUTES: Final = 15
VIEW_HOURS: Final = 24  # how long a post stays in view, as the room check looks at it


def rules_of(brand: Brand) -> Rules:
    """The policy of ``brand``, set or standard."""
    kept = Policy.objects.filter(brand=brand).values_list("rules", flat=True).first()
    return from_kept(kept) if kept else standard(alone=alone(brand))


def alone(brand: Brand) -> bool:
    """Whether only one person on the team may approve."""
    return Membership.objects.filter(brand=brand, role__in=WHO, person__is_active=True).count() < 2


def standard(*, alone: bool) -> Rules:
    """One other person has to agree; whoever is alone may agree with themselves."""
    return Rules(rules=(Rule(own=alone, outside=False),), late_after=timedelta(minutes=LATE_MINUTES))


def to_kept(rules: Rules) -> dict[str, Any]:
    """A policy as the desk keeps it."""
    return {
        "rules": [
            {
                "kinds": sorted(rule.kinds),
                "roles": sorted(rule.roles),
                "needed": rule.needed,
                "among": list(rule.among),
                "own": rule.own,
                "outside": rule.outside,
            }
            for rule in rules.rules
        ],
        "late_minutes": int(rules.late_after.total_seconds() // 60),
        "release": sorted(rules.release),
    }


def from_kept(kept: Mapping[str, Any]) -> Rules:
    """What :func:`to_kept` wrote."""
    rules = tuple(
        Rule(
            kinds=frozenset(row["kinds"]),
            roles=frozenset(row["roles"]),
            needed=int(row["needed"]),
            among=tuple(row["among"]),
            own=bool(row["own"]),
            outside=bool(row["outside"]),
        )
        for row in kept["rules"]
    )
    late = timedelta(minutes=int(kept["late_minutes"]))
    return Rules(rules=rules, late_after=late, release=frozenset(kept["release"]))


def still_allowed(brand: Brand, rules: Rules, kind: str) -> frozenset[str]:
    """The keys of everybody whose approval counts now: on the team, in a role that the rule names."""
    roles = rules.rule(kind).roles
    found = Membership.objects.filter(brand=brand, role__in=roles, person__is_active=True)
    return frozenset(f"person:{pk}" for pk in found.values_list("person_id", flat=True))


def pauses_of(brand: Brand) -> tuple[PauseWord, ...]:
    """Every pause of ``brand``, ended ones too, in the words of the core. A pause ends when a person ends it."""
    return tuple(pause_word(row) for row in Pause.objects.filter(brand=brand))


def pause_word(row: Pause) -> PauseWord:
    """One pause in the words of the core. Its end is a time to look again; nothing starts by itself."""
    return PauseWord(
        key=f"pause:{row.pk}",
        brand=row.brand.slug,
        began_at=row.began_at,
        market=row.market,
        until=None,
        ended_at=row.ended_at,
        why=row.reason,
        by=f"person:{row.by_id}",
    )


def names_of(keys: Iterable[str]) -> dict[str, str]:
    """The names of people by their keys; whoever is gone is not in it."""
    pks = [int(key[7:]) for key in keys if key.startswith("person:") and key[7:].isdigit()]
    return {f"person:{pk}": name for pk, name in Person.objects.filter(pk__in=pks).values_list("pk", "name")}
