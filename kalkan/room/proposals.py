"""What to do instead: wait until when, reword what, ask whom, pause what, answer whom, show what.

Owns those proposals. Promises that each follows from a finding, that a time proposed to wait for is one at which the
same findings by date no longer hold, and that nothing is ever proposed because a day would suit a sale.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from kalkan.room.asked import Asked
from kalkan.room.detectors import CHECKLIST, checklist
from kalkan.room.shapes import Finding, Proposal

_QUIET: Final = {3: timedelta(days=3), 2: timedelta(days=2), 1: timedelta(days=1)}
"""How long a grave story usually fills the room; after that the room is asked again, not assumed to be calm."""

_LOOK_AGAIN: Final = timedelta(days=1)  # at a trouble of the brand's own whose end nobody knows

_WHOM: Final = {
    "legal_risk": "legal", "record_gap": "owner", "performative": "owner", "divisive": "owner", "offensive": "people",
    "silence_questioned": "owner", "too_late": "owner", "invites_hijack": "care", "hashtag_hijack": "crisis",
    "event_collision": "crisis", "opportunistic": "crisis", "tone_clash": "crisis", "insensitive_observance": "owner",
    "ambiguous_wording": "owner",
}  # fmt: skip


def propose(findings: Sequence[Finding], asked: Asked, gravity: dict[str, int]) -> tuple[Proposal, ...]:
    """Proposals for what was found, most useful first: wait, reword, show, answer, ask, pause."""
    if not findings:
        return ()
    out: list[Proposal] = []
    wait = _wait(findings, asked, gravity)
    if wait is not None:
        out.append(wait)
    words = tuple(dict.fromkeys(word for one in findings for word in _rewordable(one)))
    marks = tuple(dict.fromkeys(span for one in findings for span in one.marks if span[1] > span[0]))
    if words:
        out.append(
            Proposal(kind="reword", why="room_reword", params={"words": ", ".join(words)}, words=words, marks=marks)
        )
    if any(one.code == "performative" for one in findings):
        shown = checklist(asked.kinds)
        lacks = tuple(name for name in CHECKLIST if name not in shown)
        params = {"n": len(shown), "of": len(CHECKLIST)}
        out.append(Proposal(kind="show", why="room_show", params=params, words=lacks))
    if any(one.code in ("silence_questioned", "too_late") for one in findings):
        out.append(Proposal(kind="answer", why="room_answer", params={}))
    whom = _WHOM[findings[0].code]
    out.append(Proposal(kind="ask", why=f"room_ask_{whom}", params={}, whom=whom))
    stopping = [one for one in findings if one.strength == "hold" and _stops_all(one, gravity)]
    if findings[0].strength == "hold" and stopping:
        market = ", ".join(asked.brand.markets) or ", ".join(asked.brand.langs)
        ends = [wait.until] if wait is not None and wait.until is not None else []
        if not ends or any(one.detector == "own_crisis" for one in stopping):
            ends.append(_trouble_until(asked))
        out.append(Proposal(kind="pause", why="room_pause", params={"market": market}, until=max(ends)))
    return tuple(out)


def _trouble_until(asked: Asked) -> datetime:
    """When to look at the brand's own trouble again: when those entered end, if all say so; else a day after it."""
    said = [fact.until for fact in asked.brand.facts if fact.kind == "crisis"]
    ends = [until for until in said if until is not None and until > asked.at]
    return max(ends) if ends and None not in said else asked.at + _LOOK_AGAIN


def _wait(findings: Sequence[Finding], asked: Asked, gravity: dict[str, int]) -> Proposal | None:
    ends: list[datetime] = []
    for one in findings:
        for proof in one.evidence:
            if proof.kind == "date" and proof.until is not None and one.detector not in ("sweeping",):
                ends.append(proof.until + timedelta(hours=9))
            elif proof.kind == "story" and one.detector in ("grave_story", "contact", "hijack", "two_readings"):
                quiet = _QUIET.get(gravity.get(proof.id, 1), timedelta(days=1))
                ends.append(max(asked.at, proof.at or asked.at) + quiet)
    if not ends:
        return None
    until = max(ends)
    return Proposal(
        kind="wait", why="room_wait", params={"until": f"{until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"}, until=until
    )


def _rewordable(one: Finding) -> tuple[str, ...]:
    if one.detector in ("two_readings", "sweeping", "hijack", "conditional_gift", "goods_in_grief"):
        said = str(one.params.get("goods") or one.params.get("words") or "")
        return tuple(word for word in said.split(", ") if word)
    return ()


def _stops_all(one: Finding, gravity: dict[str, int]) -> bool:
    grave = any(proof.kind == "story" and gravity.get(proof.id, 0) >= 2 for proof in one.evidence)
    dated = any(proof.kind == "date" for proof in one.evidence)
    return grave or dated or one.detector == "own_crisis"  # whatever else is planned would be read in it too
