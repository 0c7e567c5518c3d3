"""The posts behind a number, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from kalkan.errors import InvalidInput
from kalkan.figures.ask import Ask, moment
from kalkan.figures.select import READ_SQL, Archive, condition, source
from kalkan.text import fold

SHOWN: Final = (
    'id, network, author_handle, author_name, text, "at", seen_at, lang, url, warning, links, media, media_alts,'
    " reply_to, quote_of, sentiment, feeling, recipe"
)
_VERDICTS: Final = ", ".join(
    f"({READ_SQL[name]}) AS is_{name}" for name in ("question", "ask", "complaint", "praise", "offensive")
)

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Some posts (columns of :data:`SHOWN` and the verdicts ``is_question`` …) and where the next page begins."""

    posts: tuple[Row, ...]
    next: str | None = None


def behind(ask: Ask, archive: Archive, *, after: str | None = None, limit: int = 50) -> Page:
    """Up to ``limit`` posts that ``ask`` counts, newest first, going on ``after`` an earlier page's ``next``.

    :raises InvalidInput: ``after`` is not such a mark.
    """
    where, params = condition(ask.where, ask.since, ask.until)
    until = ask.until
    if after is not None:
        at, post_id = _mark(after)
        where += ' AND ("at" < ?::TIMESTAMPTZ OR ("at" = ?::TIMESTAMPTZ AND id < ?))'
        params += [at, at, post_id]
    rows = _select(archive, ask, where, params, since=ask.since, until=until, limit=limit + 1)
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(posts=tuple(rows), next=f"{rows[-1]['at'].isoformat()} {rows[-1]['id']}" if more else None)


def newest(ask: Ask, archive: Archive, *, limit: int, distinct: bool = False) -> tuple[Row, ...]:
    """The newest posts that ``ask`` counts; with ``distinct``, none that says what a newer one says already.

    Looks at the last day first: in a busy archive the newest are all there, and the rest need not be opened.
    """
    wanted = limit * 8 if distinct else limit
    rows: Sequence[Row] = ()
    for parts in (28, 1):
        since = ask.until - ask.length / parts
        where, params = condition(ask.where, since, ask.until)
        rows = _select(archive, ask, where, params, since=since, until=ask.until, limit=wanted)
        if len(rows) >= wanted:
            break
    if not distinct:
        return tuple(rows)
    seen: dict[str, Row] = {}
    for row in rows:
        seen.setdefault(" ".join(fold(row["text"]).split()), row)
    return tuple(seen.values())[:limit]


def newer(ask: Ask, archive: Archive, *, than: datetime) -> int:
    """How many posts were heard after ``than`` that ``ask`` would count if its period went on. Cheap: opens one day."""
    since, until = than - timedelta(days=1), than + timedelta(days=365)
    where, params = condition(ask.where, since, until)
    of = source(ask)
    sql = f"SELECT count(*)::BIGINT AS n FROM {of.sql} WHERE {where} AND seen_at > ?::TIMESTAMPTZ"
    found = archive.query(sql, [*of.params, *params, than], since=since, tables=of.tables)
    return int(found["n"][0].as_py())


def _select(
    archive: Archive, ask: Ask, where: str, params: list[Any], *, since: datetime, until: datetime, limit: int
) -> list[Row]:
    tie = "NULL AS kind, NULL AS watch" if ask.where.brand is None else "kind, watch"
    of = source(ask)
    sql = (
        f'SELECT {SHOWN}, {tie}, {_VERDICTS} FROM {of.sql} WHERE {where} ORDER BY "at" DESC, id DESC LIMIT {int(limit)}'
    )
    given = [*of.params, *params]
    found: list[Row] = archive.query(sql, given, since=since, until=until, tables=of.tables).to_pylist()
    return found


def _mark(after: str) -> tuple[datetime, str]:
    at, _, post_id = after.partition(" ")
    if not post_id:
        raise InvalidInput("ask_time_unreadable", value=after[:60])
    return moment(at), post_id
