"""The check: read the draft, hear the room, look at the days, find, release, weigh, propose.

Owns the order of the steps. Promises one verdict for one draft in one room, in well under a second once the room is
ready, and a digest of everything that was looked at. Never reads a clock.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from kalkan.room import rules
from kalkan.room.asked import Asked, Found
from kalkan.room.beside import BESIDE, silence
from kalkan.room.calendar import observances
from kalkan.room.detectors import SEVEN
from kalkan.room.gather import Heard, heard
from kalkan.room.kinds import of_draft
from kalkan.room.proposals import propose
from kalkan.room.releases import release
from kalkan.room.rules import DEFAULT, Policy
from kalkan.room.shapes import RANK, BrandFacts, Draft, Finding, Observance, Room, Strength, Summary, Verdict, digest_of

_AROUND = timedelta(days=14)
"""A day that a draft names counts so far before and after."""


_SPOKEN = {"tr": ("TR",), "en": ("US", "GB", "CA", "AU", "NZ", "IE"), "de": ("DE", "AT"), "fr": ("FR",), "it": ("IT",),
           "es": ("ES",), "nl": ("NL",), "pl": ("PL",), "ja": ("JP",)}  # fmt: skip
"""Where nobody said which markets are the brand's: those in which most people speak its language."""


def check(
    draft: Draft,
    *,
    brand: BrandFacts,
    room: Room,
    at: datetime,
    view_hours: float = 24,
    policy: Policy = DEFAULT,
) -> Verdict:
    """How the room would take ``draft`` at its planned time and in the ``view_hours`` it stays in view.

    ``at``: now, aware; the draft's ``planned_at`` wins where it is later. ``view_hours``: 1 for a push, 24 for a post,
    72 for a mail. "hold" means: ask a person. Raises nothing for any text or table with a ``text`` column.
    """
    goes = max(at, draft.planned_at) if draft.planned_at is not None else at
    until = goes + timedelta(hours=view_hours)
    days = _days(room, _spoken(brand, draft), goes - _AROUND, until + _AROUND)
    ready = heard(room, at=at, policy=policy)
    asked = Asked(
        draft=draft, kinds=of_draft(draft, brand), brand=brand, heard=ready, days=days, at=goes, until=until,
        policy=policy,
    )  # fmt: skip
    findings = [_weigh(found, asked) for found in _find(asked)]
    stand = _strongest([one for one in findings if one.strength != "go"])
    let_go = _strongest([one for one in findings if one.strength == "go" and one.alone != "go"])
    verdict: Strength = stand[0].strength if stand else "go"
    gravity = {told.story.id: told.story.gravity for told in ready.stories}
    return Verdict(
        verdict=verdict,
        risk=max((one.risk for one in findings), default=0.0),
        kinds=asked.kinds.kinds if draft.act == "post" else ("silence",),
        findings=stand,
        released=tuple(one for one in let_go if one.released is not None),
        proposals=propose(stand, asked, gravity),
        room=_summary(room, ready, days, goes, until),
        at=goes.astimezone(UTC),
        in_view_until=until.astimezone(UTC),
        digest=digest_of(draft, brand, [told.story for told in ready.stories], days, goes, view_hours, rules.VERSION,
                         room.posts.num_rows, room.begins, room.until, policy),
        rules=rules.VERSION,
    )  # fmt: skip


def _days(room: Room, brand: BrandFacts, begins: datetime, until: datetime) -> tuple[Observance, ...]:
    given = room.observances
    markets = brand.markets or tuple(market for one in brand.langs for market in _SPOKEN.get(one, ()))
    found = observances(begins, until, markets=markets) if given is None else given
    mine = [
        day for day in room.mournings if not day.markets or not brand.markets or set(day.markets) & set(brand.markets)
    ]
    return (*mine, *found)


def _spoken(brand: BrandFacts, draft: Draft) -> BrandFacts:
    return brand if brand.langs or draft.lang is None else replace(brand, langs=(draft.lang,))


def _find(asked: Asked) -> list[Found]:
    if asked.draft.act == "silence":
        return list(silence(asked))
    return [found for detector in (*SEVEN, *BESIDE) for found in detector(asked)]


def _weigh(found: Found, asked: Asked) -> Finding:
    """How strong a finding is for this draft, and what a release rule leaves of it."""
    alone = rules.alone(found.table, asked.kinds.kinds if found.kinds is None else found.kinds)
    let = release(found, asked, alone) if alone != "go" else None
    strength: Strength = let.to if let is not None else alone
    base = {"go": 0.0, "care": 0.4, "hold": 0.8}
    # What is let go still leaves a trace, so that two rooms can be told apart.
    trace = {"go": 0.0, "care": 0.05, "hold": 0.1}[alone] if let is not None else 0.0
    return Finding(
        code=found.code, detector=found.table, why=found.why, params=found.params, evidence=found.evidence,
        alone=alone, strength=strength, risk=round(base[strength] + trace + 0.15 * found.weight * (alone != "go"), 4),
        marks=tuple(dict.fromkeys(span for span in found.marks if span[1] > span[0])), released=let,
    )  # fmt: skip


def _strongest(findings: list[Finding]) -> tuple[Finding, ...]:
    """Strongest first, each reason with the same evidence once."""
    seen: set[tuple[str, str, bool]] = set()
    out = []
    for one in sorted(findings, key=lambda one: (-RANK[one.strength], -one.risk, one.code)):
        key = (one.code, one.evidence[0].id, one.detector == "own_crisis")
        if key not in seen:
            seen.add(key)
            out.append(one)
    return tuple(out)


def _summary(room: Room, ready: Heard, days: tuple[Observance, ...], goes: datetime, until: datetime) -> Summary:
    return Summary(
        posts=room.posts.num_rows,
        begins=room.begins,
        until=room.until,
        coverage=room.coverage,
        stories=tuple(told.story for told in ready.stories),
        observances=tuple(day for day in days if day.begins < until and day.until > goes),
    )
