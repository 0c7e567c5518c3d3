"""Figures as rows for a spreadsheet: what a chart or a page was drawn from, with everything that stands behind it."""

from __future__ import annotations

import csv
import io
from math import isinf
from typing import Any, Final

from kalkan.figures.answer import Figures
from kalkan.figures.intervals import Interval

COLUMNS: Final = (
    "measure", "group", "count", "n", "posts", "value", "low", "high",
    "before_count", "before_n", "before_value", "before_low", "before_high",
    "change_low", "change_high", "clear", "once_count", "once_n", "once_value",
    "since", "until", "heard_until", "recipes", "correction",
)  # fmt: skip
"""``low`` and ``high`` bound a share; ``change_…`` a share's difference, or the ratio of numbers of authors."""


def as_csv(found: Figures) -> str:
    """One line a figure, in the order of the answer; times in UTC, empty where nothing is known."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    until = found.heard_until.isoformat() if found.heard_until else ""
    for row in found.rows:
        before, once = row.before, row.once
        writer.writerow(
            [
                row.measure, _plain(row.key or ""), row.count, row.n, row.posts, _number(row.value),
                *_ends(row.interval),
                *((before.count, before.n, _number(before.value)) if before else ("", "", "")),
                *_ends(before.interval if before else None),
                *_ends(row.difference or row.ratio),
                "" if row.clear is None else str(row.clear).lower(),
                *((_number(once.count), _number(once.n), _number(once.value)) if once else ("", "", "")),
                found.ask.since.isoformat(), found.ask.until.isoformat(), until,
                " ".join(found.recipes), found.correction or "",
            ]
        )  # fmt: skip
    return out.getvalue()


def _ends(interval: Interval | None) -> tuple[Any, Any]:
    return (_number(interval.low), _number(interval.high)) if interval else ("", "")


def _number(value: float) -> Any:
    if isinf(value):
        return ""
    return int(value) if value == int(value) else round(value, 6)


def _plain(words: str) -> str:
    """Words of a watch that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t", "\r") else words
