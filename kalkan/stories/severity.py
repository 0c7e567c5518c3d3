"""Severity of a story for those it speaks of: parts side by side, and what they advise.

Owns those parts. Promises that they are never added up to one number, that each says what it was counted from, that
"too little is known" is an answer, and that waiting is one too. Never says whose fault it is: it says what people say.

Levels: 0 calm, 1 raised, 2 high. Four in ten brands that went through a storm were no worse off even shortly after
(Hansen, Kupfer, Hennig-Thurau 2018: 58 % fell in the short term, 40 % in the long), so watching is the advice unless
something grave, failing or asked for says otherwise.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from kalkan.stories import harm
from kalkan.stories.record import Measure, Reason, Severity
from kalkan.stories.story import Story
from kalkan.stories.trace import ABUSE, ASK, COMPLAINT, MEDIA, MOOD

_FEWEST: Final = 20  # read posts for a share to be said
_Z: Final = 1.96
_FAILURE: Final = frozenset({harm.PRODUCT, harm.ILLNESS, harm.JOBS, harm.ABUSE, harm.HATE})
_FROM_OUTSIDE: Final = frozenset({harm.DISASTER, harm.VIOLENCE, harm.MISSING})


def severity(story: Story, *, minute: int) -> Severity:
    """The parts for ``story`` at the end of ``minute``."""
    parts = (
        _volume(story, minute),
        _growth(story, minute),
        _spread(story),
        _share(story, "mood", MOOD, raised=0.25, high=0.5),
        _share(story, "vividness", MEDIA, raised=0.2, high=0.5),
        _cause(story),
        _responsibility(story),
        _share(story, "abuse", ABUSE, raised=0.05, high=0.15),
    )
    return _advised(story, parts)


def _volume(story: Story, minute: int) -> Measure:
    """Authors of the last hour against the usual ones: a ratio with its Poisson interval."""
    n = story.heard(minute - 59, minute + 1)
    usual = max(story.usual * 60, 0.1)
    low, high = max(np.sqrt(n) - _Z / 2, 0.0) ** 2, (np.sqrt(n) + _Z / 2) ** 2
    times = n / usual
    return Measure(
        name="volume", value=round(times, 2), low=round(float(low) / usual, 2), high=round(float(high) / usual, 2),
        unit="times", n=n, level=2 if low / usual >= 10 else 1 if low / usual >= 2 else 0,
    )  # fmt: skip


def _growth(story: Story, minute: int) -> Measure:
    """Hours in which it doubles, from the last half hour and the one before; negative: it halves."""
    last, before = story.heard(minute - 29, minute + 1), story.heard(minute - 59, minute - 29)
    if last + before < _FEWEST:
        return Measure(name="growth", unit="hours", n=last + before, why="too_few")
    ratio = np.log((last + 0.5) / (before + 0.5))
    spread = _Z * np.sqrt(1 / (last + 0.5) + 1 / (before + 0.5))

    def hours(rate: float) -> float | None:
        return round(0.5 * float(np.log(2) / rate), 2) if abs(rate) > 0.05 else None

    level = 2 if ratio - spread > np.log(2) else 1 if ratio - spread > 0 else 0
    return Measure(
        name="growth", value=hours(float(ratio)), low=hours(float(ratio + spread)),
        high=hours(float(ratio - spread)) if ratio - spread > 0 else None, unit="hours", n=last + before, level=level,
    )  # fmt: skip


def _spread(story: Story) -> Measure:
    """Networks and languages in which three people at least speak of it, and whether media carry it."""
    networks = [part for part in story.spread.parts("network") if part.arrived]
    languages = [part for part in story.spread.parts("lang") if part.arrived]
    media = sum(1 for one in story.spread.carriers() if one.kind == "feed")
    places = max(len(networks), 1) + max(len(languages), 1) - 1
    if not networks:
        return Measure(name="spread", unit="networks", n=len(story.authors), why="networks_unknown")
    level = 2 if media and places >= 3 else 1 if media or places >= 2 else 0
    return Measure(name="spread", value=float(places), unit="networks", n=len(story.authors), level=level)


def _share(story: Story, name: str, sign: int, *, raised: float, high: float) -> Measure:
    """The share of posts that show ``sign``, with Wilson's interval."""
    shown, of = story.spread.share(sign)
    if of < _FEWEST:
        return Measure(name=name, unit="share", n=of, why="too_few" if of else "not_read")
    share = shown / of
    middle = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z * np.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2)) / (1 + _Z**2 / of)
    low, top = float(max(middle - half, 0)), float(min(middle + half, 1))
    level = 2 if low >= high else 1 if low >= raised else 0
    return Measure(
        name=name, value=round(share, 3), low=round(low, 3), high=round(top, 3), unit="share", n=of, level=level
    )


def _kinds(story: Story) -> set[str]:
    return {one.kind for one in story.gravity.harms}


def _cause(story: Story) -> Measure:
    """A failure (of a product or towards people) or chatter: by the harm told and the share of complaints."""
    failures = _kinds(story) & _FAILURE
    complaints, of = story.spread.share(COMPLAINT)
    if failures:
        n = max(one.authors for one in story.gravity.harms if one.kind in failures)
        return Measure(name="cause", label="failure", n=n, level=2)
    if of < _FEWEST:
        return Measure(name="cause", n=of, why="too_few" if of else "not_read")
    failing = complaints / of >= 0.2
    return Measure(name="cause", label="failure" if failing else "chatter", n=of, level=1 if failing else 0)


def _responsibility(story: Story) -> Measure:
    """What people's words make of it, after Coombs: a blow from outside, an accident, or something preventable."""
    kinds = _kinds(story)
    complaints, of = story.spread.share(COMPLAINT)
    n = max((one.authors for one in story.gravity.harms), default=of)
    if kinds & {harm.ABUSE, harm.HATE}:
        return Measure(name="responsibility", label="preventable", n=n, level=2)
    if harm.PRODUCT in kinds or (of >= _FEWEST and complaints / of >= 0.4):
        return Measure(name="responsibility", label="preventable", n=n, level=2)
    if kinds & _FROM_OUTSIDE and not (of >= _FEWEST and complaints / of >= 0.2):
        return Measure(name="responsibility", label="victim", n=n, level=0)
    if kinds or (of >= _FEWEST and complaints / of >= 0.2):
        return Measure(name="responsibility", label="accident", n=n, level=1)
    return Measure(name="responsibility", n=of, why="nothing_said")


def _advised(story: Story, parts: tuple[Measure, ...]) -> Severity:
    by = {part.name: part for part in parts}
    asks, of = story.spread.share(ASK)
    params = {"authors": len(story.authors), "gravity": story.gravity.level, "asks": asks}
    if len(story.authors) < _FEWEST:
        return Severity(parts=parts, advice="watch", reason=Reason(code="severity_too_little", params=params))
    if story.gravity.level >= 2 and by["cause"].level == 2:
        return Severity(parts=parts, advice="act", reason=Reason(code="severity_act_harm", params=params))
    if by["responsibility"].label == "preventable" and (by["volume"].level or 0) >= 1:
        return Severity(parts=parts, advice="act", reason=Reason(code="severity_act_preventable", params=params))
    if story.gravity.level >= 2:
        return Severity(parts=parts, advice="answer", reason=Reason(code="severity_answer_grave", params=params))
    if of >= _FEWEST and asks / of >= 0.1:
        return Severity(parts=parts, advice="answer", reason=Reason(code="severity_answer_asks", params=params))
    if story.state in ("fading", "closed"):
        return Severity(parts=parts, advice="watch", reason=Reason(code="severity_watch_fading", params=params))
    if (by["volume"].level or 0) < 2 and (by["growth"].level or 0) == 0:
        return Severity(parts=parts, advice="watch", reason=Reason(code="severity_watch_calm", params=params))
    if by["cause"].label == "failure":
        return Severity(parts=parts, advice="answer", reason=Reason(code="severity_answer_failure", params=params))
    return Severity(parts=parts, advice="watch", reason=Reason(code="severity_watch_chatter", params=params))
