"""The false-alarm budget: how far the bar moves so that a team is woken in vain no more often than it said.

Owns that one rule. Promises that it moves slowly, never further than three nats either way, and that it rests on what
the team said of alarms, not on guesses about those nobody judged. Reads no clock and keeps nothing.

How: false alarms come as a Poisson process whose rate λ a week has a Gamma prior worth two weeks at the budget itself;
with F judged false in the W weeks looked back on (the share of them among the judged standing for the alarms nobody
judged, at half weight), λ = (F + 2·budget)/(W + 2). The number of false alarms falls by e for each nat of the bar (the
bar is a log-likelihood ratio), so the margin is ln(λ/budget).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from kalkan.stories.record import Budget

_PRIOR_WEEKS: Final = 2.0
_LOOK_BACK: Final = 8.0  # weeks
_MOST: Final = 3.0  # nats


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One alarm and what the team said of it: ``useful``, ``false``, or nothing yet."""

    at: datetime
    judged: str = ""


def tune(scope: str, alarms: Sequence[Judged], *, a_week: float, now: datetime) -> Budget:
    """The margin that keeps false alarms at ``a_week``, from the alarms of the last eight weeks."""
    recent = [one for one in alarms if now - timedelta(weeks=_LOOK_BACK) <= one.at <= now]
    false = sum(one.judged == "false" for one in recent)
    useful = sum(one.judged == "useful" for one in recent)
    unsaid = len(recent) - false - useful
    share = false / (false + useful) if false + useful else 0.0
    weeks = _LOOK_BACK
    if recent:
        weeks = min(_LOOK_BACK, max(1.0, (now - min(one.at for one in recent)) / timedelta(weeks=1)))
    rate = (false + 0.5 * share * unsaid + _PRIOR_WEEKS * a_week) / (weeks + _PRIOR_WEEKS)
    # Few and none false: the bar may come down by half a nat at most, for a rate of none says little.
    margin = float(np.clip(np.log(rate / a_week), -0.5, _MOST)) if false + useful else 0.0
    lately = [one for one in recent if one.at >= now - timedelta(weeks=4)]
    return Budget(
        scope=scope,
        a_week=a_week,
        margin=round(margin, 3),
        told=len(lately),
        false=sum(one.judged == "false" for one in lately),
        useful=sum(one.judged == "useful" for one in lately),
        expected=round(rate * float(np.exp(-max(margin, 0.0))), 3),
    )
