"""Stories and alarms of the follower as the rows that are kept and shown.

Owns that translation. Promises that a row says only what the follower counted. Keeps nothing, reads no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from kalkan.stories.record import AlarmRow, Course, Example, Forecast, Part, PileOn, Reason, StoryRow
from kalkan.stories.severity import severity
from kalkan.stories.story import Story, Told
from kalkan.stories.times import moment_of
from kalkan.stories.trace import half_life

_LATE: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """What is known of a story beside its own counts."""

    forecasts: tuple[Forecast, ...] = ()
    pile_on: PileOn | None = None
    counts: tuple[int, int] | None = None  # reposts, and of how many posts they are known


def story_row(story: Story, *, scope: str, minute: int, beside: Beside) -> StoryRow:
    """A story as it stands at the end of ``minute``."""
    curve = np.array(story.curve or [(story.began, 0)], dtype=np.int64)
    life = half_life(curve[:, 0], curve[:, 1], minute)
    return StoryRow(
        id=story.id,
        scope=scope,
        kind="surge" if len(story.term) == 0 else "terms",
        title=story.title,
        terms=tuple(story.names),
        state=story.state,
        began=moment_of(story.began),
        told=moment_of(story.told + 1),
        last=moment_of(int(curve[-1, 0])),
        n=story.n,
        authors=len(story.authors),
        usual_per_hour=story.usual * 60,
        score=story.score,
        gravity=story.gravity,
        examples=tuple(_example(one) for one in story.examples if one["id"]),
        harm_posts=dict(story.harm_posts),
        course=tuple(_course(turn.minute, turn.what, turn.detail) for turn in story.turns),
        into=story.into,
        watches=story.spread.parts("scopes"),
        trace=story.spread.row(half_life=life, counts=beside.counts),
        forecasts=beside.forecasts,
        severity=severity(story, minute=minute),
        pile_on=beside.pile_on,
    )


def alarm_row(
    told: Told, story: Story, *, scope: str, reason: Reason, watches: tuple[Part, ...], now: datetime
) -> AlarmRow:
    """An alarm as it is entered; its number comes with that. ``watches``: whom the story named when it was raised."""
    at, began = moment_of(told.at + 1), moment_of(told.began)
    fifth = story.spread.fifth
    hours = max((at - began) / timedelta(hours=1), 1 / 60)
    return AlarmRow(
        seq=0,
        id=f"{told.story}@{told.at}.{told.what}" + (f".{scope}" if told.what == "reaches" else ""),
        story=told.story,
        scope=scope,
        what=told.what,
        at=at,
        told_at=now,
        late=now - at > _LATE,
        title=told.title,
        terms=told.terms,
        began=began,
        n=told.n,
        authors=told.authors,
        score=round(told.score, 2),
        gravity=told.gravity,
        usual_per_hour=told.usual * 60,
        per_hour=told.authors / hours,
        after_first=(at - began) / timedelta(minutes=1),
        after_fifth=float(told.at + 1 - fifth) if fifth >= 0 and told.what == "born" else None,
        reason=reason,
        examples=tuple(_example(one) for one in told.examples if one["id"]),
        watches=watches,
    )


def reason_of(told: Told, *, graver: bool, scope: str = "") -> Reason:
    """Why this is told, in words a sentence can be made of."""
    minutes = max(1, told.at + 1 - told.began)
    params: dict[str, Any] = {
        "authors": told.authors, "minutes": minutes, "usual": _plain(told.usual * 60), "gravity": told.gravity.level,
    }  # fmt: skip
    if told.what == "surge":
        params["times"] = _plain(told.authors / max(told.usual * 60, 0.1))
        return Reason(code="scope_surges", params=params | {"scope": scope})
    if told.what == "reaches":
        kind, _, rest = scope.partition(":")
        if kind in ("peer", "topic"):
            watch = rest.partition(":")[2]
            return Reason(code="story_reaches_watch", params=params | {"scope": scope, "watch": watch})
        return Reason(code="story_reaches", params=params | {"scope": scope})
    if told.what == "turned":
        return Reason(code="story_graver" if graver else "story_turns", params=params)
    return Reason(code="story_rises", params=params)


def _plain(value: float) -> float | int:
    return round(value) if value >= 10 else round(value, 1)


def _example(one: Mapping[str, Any]) -> Example:
    return Example(id=one["id"], at=one["at"], network=one.get("network") or "", lang=one.get("lang") or "")


_OF_STORIES: Final = ("merged", "split", "born")


def _course(minute: int, what: str, detail: str) -> Course:
    return Course(at=moment_of(minute), what=what, other=detail if what in _OF_STORIES else "")
