"""How a brand answers those who speak to it: first human reply, what is solved, what waits.

Owns the definitions, so that a figure means the same on every page: a reply counts when a person sent it, times are
business time, the median and the 90th percentile are of what was answered, what still waits past its goal is late.
Promises figures for a brand as a whole. Never by person who answered, never by author.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from kalkan.shield.hours import Hours, Moments, worked_minutes


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Figures of posts that called for an answer. Minutes are business minutes; None where nothing was answered."""

    n: int
    answered: int
    resolved: int
    backlog: int  # neither answered nor resolved
    late: int  # in the backlog past the goal, or answered past it
    median_minutes: float | None
    p90_minutes: float | None
    oldest_minutes: float | None  # how long the oldest of the backlog has waited


def answers(
    heard: Moments, answered: Moments, resolved: Moments, *, hours: Hours, goal: timedelta, now: datetime
) -> Answers:
    """The figures at ``now`` (aware). Three arrays of UTC moments, one place a post; NaT = not yet.

    A reply from before the post was heard counts as none; percentiles are by the nearest-rank rule.
    """
    until = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us")
    heard = heard.astype("datetime64[us]")
    known = ~np.isnat(heard) & (heard <= until)
    heard = heard[known]
    first = _kept(answered.astype("datetime64[us]")[known], heard, until)
    done = _kept(resolved.astype("datetime64[us]")[known], heard, until)
    took = worked_minutes(heard, first, hours=hours)
    waits = np.isnat(first) & np.isnat(done)
    waited = worked_minutes(heard[waits], np.full(int(waits.sum()), until), hours=hours)
    spent = np.sort(took[~np.isnan(took)])
    limit = goal.total_seconds() / 60
    return Answers(
        n=len(heard),
        answered=len(spent),
        resolved=int((~np.isnat(done)).sum()),
        backlog=int(waits.sum()),
        late=int((spent > limit).sum() + (waited > limit).sum()),
        median_minutes=_rank(spent, 0.5),
        p90_minutes=_rank(spent, 0.9),
        oldest_minutes=float(waited.max()) if len(waited) else None,
    )


def _kept(moments: Moments, heard: Moments, until: np.datetime64) -> Moments:
    """Moments that lie between hearing and now; the others count as not yet."""
    kept = moments.copy()
    kept[(moments < heard) | (moments > until)] = np.datetime64("NaT")
    return kept


def _rank(ordered: npt.NDArray[np.float64], share: float) -> float | None:
    """The nearest-rank percentile: the smallest value that at least ``share`` of all do not exceed."""
    if not len(ordered):
        return None
    return float(ordered[max(int(np.ceil(share * len(ordered))) - 1, 0)])
