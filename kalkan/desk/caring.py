"""The worker's part of care: holds whose last day is over end, and what is kept of a person's shifts is swept."""

from __future__ import annotations

from kalkan.desk import shifts
from kalkan.desk.actions import evidence
from kalkan.desk.jobs import Work


def end(work: Work) -> None:
    """End what is over."""
    now = work.now()
    evidence.end_overdue(now)
    shifts.sweep(now)
