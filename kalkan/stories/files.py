"""A file of posts replayed: Parquet, CSV or JSON lines in, alarms out.

Owns which columns hold text, time and author, and reading them. Promises that a bad row is counted and left out and
never stops a replay, and that the result is one line of JSON an alarm, written as the alarms come. Reads no other
file and asks no network.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, TextIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kalkan.errors import InvalidInput
from kalkan.posts import Reject
from kalkan.stories.detect import Rules
from kalkan.stories.replay import Alarm, replay

TEXT: Final = ("text", "full_text", "content", "body", "message", "tweet", "metin")
TIME: Final = ("created_at", "at", "time", "timestamp", "date", "datetime", "published", "seen_at", "tarih")
AUTHOR: Final = ("author_id", "author", "user_id", "user", "username", "handle", "screen_name", "did", "yazar")
LANG: Final = ("lang", "language", "dil")
ID: Final = ("id", "uri", "post_id", "tweet_id")
_COLUMNS: Final = {"text": TEXT, "at": TIME, "author_id": AUTHOR, "lang": LANG, "id": ID}
_AT: Final = pa.timestamp("us", tz="UTC")
_CSV_FIELD: Final = 1 << 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Replayed:
    """What a replay did."""

    posts: int
    alarms: int
    rejects: tuple[Reject, ...]


def replay_file(
    path: Path,
    out: TextIO,
    *,
    rules: Rules | None = None,
    as_json: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Replayed:
    """Replay the posts at ``path`` in their own time and write each alarm to ``out`` as a line.

    ``as_json``: the line of :meth:`Alarm.line`; else a sentence-like line for people (moment, title, people, posts).
    ``progress`` is told how many posts of how many are done.

    :raises InvalidInput: nothing is there, nothing in it can be read, or it has no column of texts or of times.
    """
    posts, rejects = posts_at(path)
    alarms = done = 0

    def step(rows: int) -> None:
        nonlocal done
        done += rows
        if progress is not None:
            progress(done, posts.num_rows)

    for alarm in replay(posts, rules=rules, passed=step):
        out.write((alarm.line() if as_json else told(alarm)) + "\n")
        out.flush()
        alarms += 1
    return Replayed(posts=posts.num_rows, alarms=alarms, rejects=rejects)


def told(alarm: Alarm) -> str:
    """An alarm on one line without words of any language: moment, gravity, title, people/posts, terms."""
    terms = ", ".join(alarm.terms[:5])
    return f"{alarm.at:%Y-%m-%d %H:%M}  {'▪' * alarm.gravity:<3}  {alarm.title}  ({alarm.authors}/{alarm.n})  {terms}"


def posts_at(path: Path) -> tuple[pa.Table, tuple[Reject, ...]]:
    """The posts of a file: text, at and, where it has them, author_id, lang and id; and what was left out.

    :raises InvalidInput: as :func:`replay_file`.
    """
    if not path.is_file():
        raise InvalidInput("file_missing", path=str(path))
    try:
        table, broken = _read(path)
    except (OSError, UnicodeError, pa.ArrowException, csv.Error) as error:
        raise InvalidInput("file_unreadable", path=path.name, detail=str(error)[:200]) from error
    return _posts(table, path, broken)


def _read(path: Path) -> tuple[pa.Table, list[str]]:
    """The columns that matter, and an example of every line that could not be read."""
    kind = path.suffix.lower()
    if kind in (".parquet", ".pq"):
        names = _chosen(pq.read_schema(path).names, path)
        return pq.read_table(path, columns=list(names.values())), []
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    if kind in (".jsonl", ".ndjson", ".json"):
        return _table(*_json_rows(text))
    csv.field_size_limit(_CSV_FIELD)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    return _table(list(csv.DictReader(io.StringIO(text.replace("\x00", ""), newline=""), dialect=dialect)), [])


def _json_rows(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    rows, broken = [], []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            rows.append(row)
        else:
            broken.append(line[:200])
    return rows, broken


def _table(rows: list[dict[str, Any]], broken: list[str]) -> tuple[pa.Table, list[str]]:
    names = list(dict.fromkeys(name for row in rows for name in row if isinstance(name, str)))
    columns = {name: pa.array([_string(row.get(name)) for row in rows], pa.string()) for name in names}
    return pa.table(columns), broken


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _chosen(names: Iterable[str], path: Path) -> dict[str, str]:
    """Our name → the file's, by the lists above, in their order."""
    there = {name.strip().lower(): name for name in reversed(list(names))}
    found = {
        ours: there[next(name for name in known if name in there)]
        for ours, known in _COLUMNS.items()
        if any(name in there for name in known)
    }
    for needed, known in (("text", TEXT), ("at", TIME)):
        if needed not in found:
            raise InvalidInput("stories_no_column", path=path.name, wanted=", ".join(known))
    return found


def _posts(table: pa.Table, path: Path, broken: list[str]) -> tuple[pa.Table, tuple[Reject, ...]]:
    names = _chosen(table.column_names, path)
    columns = {"text": pc.cast(table[names["text"]], pa.string()), "at": _moments(table[names["at"]])}
    for ours in ("author_id", "lang", "id"):
        if ours in names:
            with suppress(pa.ArrowException):
                columns[ours] = pc.cast(table[names[ours]], pa.string())
    posts = pa.table(columns)
    rejects = [Reject(kind="unreadable_row", n=len(broken), example=broken[0])] if broken else []
    for kind, bad in (("no_text", pc.is_null(posts["text"])), ("no_time", pc.is_null(posts["at"]))):
        n = pc.sum(bad).as_py() or 0
        if n:
            example = posts.filter(bad)["text"][0].as_py() or ""
            rejects.append(Reject(kind=kind, n=n, example=example[:200]))
    whole = posts.filter(pc.and_(pc.is_valid(posts["text"]), pc.is_valid(posts["at"])))
    return whole, tuple(rejects)


def _moments(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Moments in UTC; what says no zone is taken as UTC, and a number as seconds or milliseconds since 1970."""
    if pa.types.is_timestamp(column.type):
        return (
            pc.cast(column, _AT, safe=False)
            if column.type.tz
            else pc.cast(pc.cast(column, pa.timestamp("us"), safe=False), _AT)
        )
    if pa.types.is_date(column.type):
        return pc.cast(pc.cast(column, pa.timestamp("us")), _AT)
    values = [_moment(value) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(values, _AT)])


def _moment(value: Any) -> datetime | None:
    """One moment as written, or None."""
    if value is None:
        return None
    said = str(value).strip()
    for read in (_iso, _number, _mail, _old):
        with suppress(ValueError, OverflowError, OSError, TypeError, IndexError):
            moment = read(said)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            if 1970 < moment.year < 2200:
                return moment
    return None


def _iso(said: str) -> datetime:
    return datetime.fromisoformat(said.removesuffix(" UTC"))


def _number(said: str) -> datetime:
    number = float(said)
    while abs(number) > 1e11:  # milliseconds, microseconds, nanoseconds
        number /= 1000
    return datetime.fromtimestamp(number, UTC)


def _mail(said: str) -> datetime:
    return parsedate_to_datetime(said)


def _old(said: str) -> datetime:
    return datetime.strptime(said, "%a %b %d %H:%M:%S %z %Y")  # as X and Twitter wrote it


__all__ = ["Replayed", "posts_at", "replay_file", "told"]
