"""Outcomes: when they are due, and that what they count is what was heard after the post and about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow as pa

from kalkan import figures, ledger
from kalkan.posts import COUNTS
from kalkan.publishing import AFTER, due_outcomes, outcome
from tests.telling.shelf import NOON, Shelf, mention

OURS = "at://did:plc:findik/app.bsky.feed.post/1"
HOUR = timedelta(hours=1)


def count(minutes: float, mode: str = "total", **numbers: int) -> dict[str, Any]:
    row: dict[str, Any] = {"post_id": OURS, "network": "bluesky", "at": NOON + timedelta(minutes=minutes), "mode": mode}
    return row | {name: numbers.get(name) for name in ("likes", "reposts", "replies", "quotes")}


def shelf(counts: list[dict[str, Any]] | None = None) -> Shelf:
    rows = [
        mention(at=NOON + timedelta(minutes=10), author_id="a", reply_to=OURS, root=OURS, feeling="anger"),
        mention(at=NOON + timedelta(minutes=20), author_id="b", quote_of=OURS, feeling="joy"),
        mention(at=NOON + timedelta(minutes=30), author_id="c"),  # about something else
        mention(at=NOON + timedelta(minutes=90), author_id="d", reply_to=OURS, root=OURS),  # later
    ]
    made = Shelf(rows)
    made.tables["counts"] = pa.Table.from_pylist(counts or [], schema=COUNTS)
    return made


def test_outcomes_are_taken_after_an_hour_a_day_and_a_week_once_each() -> None:
    assert due_outcomes(NOON, have=(), now=NOON + timedelta(minutes=59)) == ()
    assert due_outcomes(NOON, have=(), now=NOON + HOUR) == AFTER[:1]
    assert due_outcomes(NOON, have=AFTER[:1], now=NOON + 25 * HOUR) == AFTER[1:2]
    assert due_outcomes(NOON, have=AFTER[1:2], now=NOON + timedelta(days=9)) == (AFTER[0], AFTER[2])


def test_an_outcome_counts_the_answers_and_can_be_asked_again() -> None:
    archive = shelf([count(5, likes=2, reposts=1), count(50, likes=7, reposts=1), count(70, likes=99)])
    body = outcome(archive, [OURS], sent_at=NOON, after=HOUR, now=NOON + HOUR)
    assert (body["hours"], body["posts"], body["authors"]) == (1, 2, 2)
    assert (body["shares"]["anger"]["count"], body["shares"]["anger"]["n"]) == (1, 2)
    assert body["counts"] == {"likes": 7, "reposts": 1, "replies": 0, "quotes": 0}
    again = figures.answer(figures.from_dict(body["ask"]), archive)
    assert again.one("posts").count == body["posts"]
    made = ledger.entry("outcome", body, brand="findik", about="draft:1", at=NOON + HOUR)
    assert ledger.verify([ledger.row_of(made)]) is None


def test_what_passed_by_us_counts_where_the_network_gives_no_total() -> None:
    seen = [count(5, "seen", likes=1), count(6, "seen", likes=2, reposts=1)]
    assert outcome(shelf(seen), [OURS], sent_at=NOON, after=HOUR, now=NOON + HOUR)["counts"]["likes"] == 3
    assert outcome(shelf(), [OURS], sent_at=NOON, after=HOUR, now=NOON + HOUR)["counts"]["likes"] == 0
