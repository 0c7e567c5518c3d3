"""What became of what we said: the answers to it, how they read, how often it was liked and passed on.

Owns when an outcome is due and what stands in it. Promises figures that can be asked again: the question goes into the
ledger beside its answer. Counts what was heard, and says of which networks; never judges (that is the reception's).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from kalkan import figures
from kalkan.figures import Ask, Where
from kalkan.ledger import told

AFTER: Final = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7))
"""How long after sending an outcome is taken."""
MEASURES: Final = (
    "posts",
    "authors",
    "anger",
    "sadness",
    "fear",
    "joy",
    "optimism",
    "disgust",
    "surprise",
    "negative",
    "neutral",
    "positive",
    "question",
    "ask",
    "complaint",
    "praise",
    "offensive",
)


def due_outcomes(sent_at: datetime, *, have: Collection[timedelta], now: datetime) -> tuple[timedelta, ...]:
    """Which of :data:`AFTER` are over at ``now`` and not yet taken."""
    return tuple(after for after in AFTER if after not in have and sent_at + after <= now)


def outcome(
    archive: figures.Archive, ids: Sequence[str], *, sent_at: datetime, after: timedelta, now: datetime
) -> dict[str, Any]:
    """How the posts ``ids`` were received in the time ``after`` they went out, as the body of a ledger entry.

    Answers and quotes by posts and authors, shares of authors with n and 95 % interval, likes and reposts as the
    networks counted them last, the question to ask again, and how far we had heard by then.
    """
    ask = Ask(since=sent_at, until=sent_at + after, measures=MEASURES, where=Where(answers=tuple(ids)))
    found = figures.answer(ask, archive, asked_at=now)
    shares = {}
    for name in MEASURES[2:]:
        one = found.one(name)
        low, high = (one.interval.low, one.interval.high) if one.interval else (None, None)
        shares[name] = {"count": one.count, "n": one.n, "share": one.value, "low": low, "high": high}
    body = {
        "hours": round(after.total_seconds() / 3600),
        "posts": found.one("posts").count,
        "authors": found.one("authors").count,
        "shares": shares,
        "counts": _counts(archive, ids, sent_at, sent_at + after),
        "ask": ask.as_dict(),
        "networks": dict(found.coverage.networks),
        "gaps": len(found.coverage.gaps),
        "recipes": list(found.recipes),
        "heard_until": found.heard_until,
    }
    plain: dict[str, Any] = told(body)
    return plain


def _counts(archive: figures.Archive, ids: Sequence[str], since: datetime, until: datetime) -> dict[str, int]:
    """Likes, reposts, replies and quotes: the networks' own totals where they say, else what passed by us."""
    names = ("likes", "reposts", "replies", "quotes")
    marks = ", ".join("?" for _ in ids)
    last = ", ".join(f"arg_max({name}, \"at\") FILTER (WHERE mode = 'total') AS t_{name}" for name in names)
    seen = ", ".join(f"sum({name}) FILTER (WHERE mode = 'seen') AS s_{name}" for name in names)
    sums = ", ".join(f"sum(greatest(coalesce(t_{name}, 0), coalesce(s_{name}, 0)))::BIGINT AS {name}" for name in names)
    sql = f"SELECT {sums} FROM (SELECT post_id, {last}, {seen} FROM counts WHERE post_id IN ({marks}) GROUP BY post_id)"
    row = archive.query(sql, list(ids), since=since, until=until, tables=("counts",)).to_pylist()[0] if ids else {}
    return {name: int(row.get(name) or 0) for name in names}
