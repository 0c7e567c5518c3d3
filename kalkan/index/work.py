"""What we did and what came of it: how people were answered, what we posted, what the room check said.

Owns how these lines are counted from the desk's own rows, which come in as arrays and tallies. Promises business time,
the same rule for this period and the one before, and no figure by who answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from kalkan.index.lines import WIDEST, Line, number, part
from kalkan.index.lines import minutes as quantile
from kalkan.index.periods import Period
from kalkan.reception import received
from kalkan.shield.answers import answers
from kalkan.shield.hours import Hours, Moments, worked_minutes

GRACE: Final = timedelta(days=3)
"""How long after a period's end an answer to a post of it still counts."""
PILLARS: Final = ("product", "service", "education", "cause", "community")


@dataclass(frozen=True, kw_only=True, slots=True)
class Waited:
    """Posts that needed a person: when they came, when they were answered and solved (NaT = not), whether they ask."""

    heard: Moments
    answered: Moments
    resolved: Moments
    asks: npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, slots=True)
class Talked:
    """Replies whose first came in the period, and in how many threads."""

    replies: int
    threads: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One draft that went out, with the last look at it: authors who praise, are against, and answered at all."""

    pillar: str
    good: int = 0
    against: int = 0
    authors: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Service:
    n: int
    answered: int
    resolved: int
    in_goal: int
    late: int
    asks: tuple[int, int]
    spent: npt.NDArray[np.float64]


def service(
    now: Waited, was: Waited | None, period: Period, *, at: datetime, hours: Hours, goal: timedelta
) -> tuple[Line, ...]:
    """Lines of customer service at ``at`` (the clock of who asks)."""
    ours = _counted(now, min(at, period.until + GRACE), hours, goal)
    then = _counted(was, min(at, period.was_until + GRACE), hours, goal) if was is not None else None

    def of(figure: str, take: str) -> Line:
        count = getattr(ours, take)
        return part(figure, count, ours.n, was=(getattr(then, take), then.n) if then else None)

    return (
        number("needed", ours.n, was=then.n if then else None, scale=period.scale),
        of("answered", "answered"),
        quantile("first_reply", ours.spent, q=0.5, was=then.spent if then else None),  # type: ignore[arg-type]
        quantile("first_reply_p90", ours.spent, q=0.9, was=then.spent if then else None),  # type: ignore[arg-type]
        part(
            "in_goal", ours.in_goal, ours.in_goal + ours.late,
            was=(then.in_goal, then.in_goal + then.late) if then else None,
        ),
        of("solved", "resolved"),
        part("asks_answered", *ours.asks, was=then.asks if then else None),
    )  # fmt: skip


def _counted(waited: Waited, at: datetime, hours: Hours, goal: timedelta) -> _Service:
    found = answers(waited.heard, waited.answered, waited.resolved, hours=hours, goal=goal, now=at)
    until = np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")
    first = waited.answered.astype("datetime64[us]").copy()
    first[(first < waited.heard) | (first > until)] = np.datetime64("NaT")
    spent = worked_minutes(waited.heard.astype("datetime64[us]"), first, hours=hours)
    spent = np.sort(spent[~np.isnan(spent)])
    asked = ~np.isnat(first) & waited.asks
    return _Service(
        n=found.n, answered=found.answered, resolved=found.resolved, late=found.late,
        in_goal=int((spent <= goal.total_seconds() / 60).sum()), asks=(int(asked.sum()), int(waited.asks.sum())),
        spent=spent,
    )  # fmt: skip


def community(now: Talked, was: Talked | None, period: Period) -> tuple[Line, ...]:
    """Lines of what we gave back. Replies come in bursts by a few people of a team: no change is called sure."""
    return (
        number("replies", now.replies, was=was.replies if was else None, scale=period.scale, apart=False),
        number("conversations", now.threads, was=was.threads if was else None, scale=period.scale, apart=False),
    )


def mix(now: Sequence[Sent], was: Sequence[Sent] | None) -> tuple[Line, ...]:
    """For each kind of post: how much of what went out it was, and how it was received."""
    lines: list[Line] = []
    for pillar in (*PILLARS, ""):
        ours = [one for one in now if one.pillar == pillar]
        then = [one for one in was if one.pillar == pillar] if was is not None else None
        if not ours and not (then and pillar):
            continue
        before = (len(then), len(was)) if then is not None and was is not None else None
        lines.append(part("posts_out", len(ours), len(now), was=before, of=pillar or "other"))
        lines.append(_received(ours, pillar or "other"))
    return tuple(lines)


def _received(posts: Sequence[Sent], pillar: str) -> Line:
    good, against = sum(one.good for one in posts), sum(one.against for one in posts)
    rest = max(0, sum(one.authors for one in posts) - good - against)
    found = received({"praise": good, "call_out": against, "none": rest})
    line = part("mix_reception", good, good + against, of=pillar, verdict=found.verdict)
    few = found.verdict == "too_few" or (found.high - found.low > WIDEST)
    return replace(line, few=few)


def learning(now: Mapping[str, tuple[int, int]], was: Mapping[str, tuple[int, int]] | None) -> tuple[Line, ...]:
    """Lines of the room check's record from tallies (count, of how many) by figure."""
    return tuple(
        part(name, *now.get(name, (0, 0)), was=was.get(name, (0, 0)) if was else None)
        for name in ("upheld", "overruled_well", "go_well", "hindsight")
    )
