"""Questions as SQL for the archive: what an :class:`~kalkan.figures.ask.Ask` selects and how it groups.

Promises that everything a person typed travels as a parameter. Never selects or groups by an author for showing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, runtime_checkable
from zoneinfo import ZoneInfo

import pyarrow as pa

from kalkan.figures.ask import HEARD, JUDGED, THRESHOLD, UNKNOWN, Ask, Where
from kalkan.posts import FEELINGS, READINGS, SENTIMENTS
from kalkan.text import fold


class Archive(Protocol):
    """What figures need of an archive: DuckDB SQL over its views, pruned to a period."""

    def query(
        self,
        sql: str,
        params: Sequence[Any] = ...,
        *,
        since: datetime | None = ...,
        until: datetime | None = ...,
        tables: Sequence[str] = ...,
    ) -> pa.Table:
        """The rows that ``sql`` gives."""
        ...


@runtime_checkable
class Quick(Protocol):
    """An archive that answers about few columns of millions of rows more quickly than about whole ones."""

    def query_lean(
        self,
        sql: str,
        params: Sequence[Any] = ...,
        *,
        table: str,
        columns: Mapping[str, str],
        since: datetime | None = ...,
        until: datetime | None = ...,
    ) -> pa.Table:
        """The rows that ``sql`` gives over the view ``lean``."""
        ...


def _judged(name: str) -> str:
    return f"(p_{name} >= {THRESHOLD} AND NOT list_contains(abstained, '{name}'))"


READ_SQL: Final[dict[str, str]] = {
    **{name: f"(feeling IS NOT DISTINCT FROM '{name}')" for name in FEELINGS},
    "no_feeling": "(feeling IS NOT DISTINCT FROM 'none')",
    "feeling_not_sure": "(feeling IS NULL)",
    **{name: f"(sentiment IS NOT DISTINCT FROM '{name}')" for name in SENTIMENTS},
    "sentiment_not_sure": "(sentiment IS NULL)",
    **{name: f"coalesce({_judged(name)}, false)" for name in JUDGED},
    "question_or_ask": f"coalesce({_judged('question')}, false) OR coalesce({_judged('ask')}, false)",
    "not_offensive": f"NOT coalesce({_judged('offensive')}, false)",
}
"""When a post reads as something: a condition that is true or false, never null."""

# A post that reached us more than a day late says nothing about whether we listened then; an import does.
LIVE_SQL: Final = "(seen_at - \"at\" < INTERVAL 1 DAY OR source LIKE 'file:%')"

_LANG: Final = f"coalesce(lang, '{UNKNOWN}')"
_GROUP_SQL: Final[dict[str, str]] = {
    "network": "network",
    "lang": _LANG,
    "kind": "kind",
    "watch": "watch",
    "feeling": "coalesce(feeling, 'feeling_not_sure')",
}


LEAN: Final[dict[str, str]] = {
    **{name: name for name in ("network", "lang", "feeling", "recipe", "seen_at")},
    "live": LIVE_SQL,
    "reads": " | ".join(f"CASE WHEN {sql} THEN {1 << i} ELSE 0 END" for i, sql in enumerate(READ_SQL.values())),
}
"""What counting needs of a post, as SQL over its row."""
LEAN_READS: Final = {name: f"(reads & {1 << i}) <> 0" for i, name in enumerate(READ_SQL)}
"""When a post reads as something, by its lean row."""


def lean(ask: Ask) -> bool:
    """Whether lean rows suffice: every post heard, as it was read when heard, without looking into texts or threads."""
    where = ask.where
    return where.brand is None and not (ask.reading or where.says or where.answers or where.ids)


def table_of(where: Where) -> str:
    """The view that holds these posts."""
    return "posts" if where.brand is None else "mentions"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the posts of a question stand, with the readings that count: for FROM, and what it needs."""

    sql: str
    params: tuple[str, ...]  # before those of the condition
    tables: tuple[str, ...]


def source(ask: Ask) -> Source:
    """The rows for ``ask``: as they were heard, or with the readings of the recipes it prefers in their place."""
    name = table_of(ask.where)
    heard = not ask.reading or HEARD in ask.reading
    wanted = ask.reading[: ask.reading.index(HEARD)] if HEARD in ask.reading else ask.reading
    if not wanted:
        return Source(name, (), (name,))
    marks = ", ".join("?" * len(wanted))
    read = ", ".join(READINGS.names)
    columns = ", ".join(f"CASE WHEN r.recipe IS NULL THEN m.{one} ELSE r.{one} END AS {one}" for one in READINGS.names)
    only = "" if heard else f" WHERE r.recipe IS NOT NULL OR m.recipe IN ({marks})"
    # of several recipes that read one version the first counts; one recipe reads a version once
    sql = (
        f"(SELECT m.* EXCLUDE ({read}), {columns} FROM {name} m LEFT JOIN (SELECT * FROM"
        " (SELECT *, row_number() OVER (PARTITION BY key, edited_at ORDER BY place) AS nth FROM"
        f" (SELECT *, list_position([{marks}]::VARCHAR[], recipe) AS place FROM readings WHERE recipe IN ({marks})))"
        " WHERE nth = 1) r ON r.key = m.key AND coalesce(epoch_us(r.edited_at), 0) = coalesce(epoch_us(m.edited_at), 0)"
        f" AND r.place < coalesce(list_position([{marks}]::VARCHAR[], m.recipe), 99){only})"
    )
    return Source(sql, wanted * (3 if heard else 4), (name, "readings"))


def condition(
    where: Where, since: datetime, until: datetime, *, reads: Mapping[str, str] = READ_SQL
) -> tuple[str, list[Any]]:
    """The WHERE clause for posts of a period, and its parameters in order. ``reads``: how a post reads as something."""
    parts = ['"at" >= ?::TIMESTAMPTZ', '"at" < ?::TIMESTAMPTZ']
    params: list[Any] = [since, until]
    if where.brand is not None:
        parts.append("brand = ?")
        params.append(where.brand)
    lists: Sequence[tuple[str, tuple[str, ...]]] = (
        ("kind", where.kinds),
        ("network", where.networks),
        (_LANG, where.langs),
        ("recipe", where.recipes),
        ("id", where.ids),
        ("watch", where.watches),
    )
    for column, values in lists:
        if values:
            parts.append(f"{column} IN ({', '.join('?' * len(values))})")
            params.extend(values)
    parts.extend(f"({reads[name]})" for name in where.reads)
    if where.answers:
        these = f"IN ({', '.join('?' * len(where.answers))})"
        parts.append(f"(reply_to {these} OR root {these} OR quote_of {these})")
        params.extend(where.answers * 3)
    if where.says:
        parts.append("contains(folded, ?)")
        params.append(fold(where.says))
    return " AND ".join(parts), params


@dataclass(frozen=True, slots=True)
class Buckets:
    """The hours or days of a period, as people in a zone count them. The first and the last may be cut short."""

    starts: tuple[datetime, ...]  # UTC; the first is the beginning of the bucket that ``since`` falls into
    sql: str  # position of a row's bucket


def buckets(ask: Ask, since: datetime, until: datetime) -> Buckets:
    """Hours or days between ``since`` and ``until`` in the zone of ``ask``."""
    if ask.by == "hour":
        offset = since.astimezone(ZoneInfo(ask.zone)).utcoffset() or timedelta()
        # Whole hours of the zone's clock, also where it is not whole hours away from UTC.
        first = (since + offset).replace(minute=0, second=0, microsecond=0) - offset
        n = -(-(until - first) // timedelta(hours=1))
        starts = tuple(first + timedelta(hours=i) for i in range(n))
        return Buckets(starts, f'((epoch_us("at") - {_micros(first)}) // 3600000000)')
    zone = ZoneInfo(ask.zone)
    day, starts_list = since.astimezone(zone).date(), []
    while (start := datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)) < until:
        starts_list.append(start)
        day += timedelta(days=1)
    return Buckets(tuple(starts_list), _position(starts_list))


def _position(starts: Sequence[datetime]) -> str:
    """Position of ``at`` among ``starts`` that are a day apart save where a clock was changed."""
    day, cases, base = 86_400_000_000, [], 0
    for i in range(1, len(starts)):
        if starts[i] - starts[i - 1] != timedelta(days=1):
            cases.append(
                f'WHEN epoch_us("at") < {_micros(starts[i])} THEN '
                f'least({base} + (epoch_us("at") - {_micros(starts[base])}) // {day}, {i - 1})'
            )
            base = i
    last = f'{base} + (epoch_us("at") - {_micros(starts[base])}) // {day}'
    return f"(CASE {' '.join(cases)} ELSE {last} END)" if cases else f"({last})"


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def group(ask: Ask) -> tuple[str, Buckets | None, Buckets | None]:
    """The SQL of the group a row falls into, and the buckets of the period and of the one before (hours and days)."""
    if ask.by is None:
        return "''", None, None
    if ask.by not in ("hour", "day"):
        return _GROUP_SQL[ask.by], None, None
    now = buckets(ask, ask.since, ask.until)
    if ask.compare is None:
        return now.sql, now, None
    was = buckets(ask, ask.before.since, ask.before.until)
    return f"(CASE WHEN before THEN {was.sql} ELSE {now.sql} END)", now, was
