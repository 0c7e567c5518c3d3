"""A file of posts replayed: Parquet, CSV or JSON lines in, alarms out.

Owns which columns hold text, time and author, and reading them. Promises that a bad row is counted and left out and
never stops a replay, and that the result is one line of JSON an alarm, written as the alarms come. Reads no other
file and asks no network.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from kalkan.errors import InvalidInput
from kalkan.posts import Reject
from kalkan.stories.detect import Rules
from kalkan.stories.letters import Rows
from kalkan.stories.replay import Alarm, replay_pieces

TEXT: Final = ("text", "full_text", "content", "body", "message", "tweet", "metin")
TIME: Final = ("created_at", "at", "time", "timestamp", "date", "datetime", "published", "seen_at", "tarih")
AUTHOR: Final = ("author_id", "author", "user_id", "user", "username", "handle", "screen_name", "did", "yazar")
LANG: Final = ("lang", "language", "dil")
ID: Final = ("id", "uri", "post_id", "tweet_id")
_COLUMNS: Final = {"text": TEXT, "at": TIME, "author_id": AUTHOR, "lang": LANG, "id": ID}
_AT: Final = pa.timestamp("us", tz="UTC")
_CSV_FIELD: Final = 1 << 24
_PIECE: Final = 20_000
_BATCH: Final = 2_000
_WHOLE: Final = pa.schema(
    [
        pa.field("text", pa.string()),
        pa.field("at", _AT),
        pa.field("author_id", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("id", pa.string()),
    ]
)
_OPTIONAL: Final = ("author_id", "lang", "id")


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
    ``progress`` is told how many posts of how many are done. The file may be larger than memory: its rows are put on
    the disk beside the system's other temporary files first, and only their moments are held.

    :raises InvalidInput: nothing is there, nothing in it can be read, or it has no column of texts or of times.
    """
    alarms = done = 0
    with tempfile.TemporaryDirectory(prefix="kalkan-stories-") as folder:
        rows = _Spooled(path, Path(folder) / "rows.arrow")

        def step(taken: int) -> None:
            nonlocal done
            done += taken
            if progress is not None:
                progress(done, len(rows.at))

        for alarm in replay_pieces(rows.pieces(), rules=rules, passed=step):
            out.write((alarm.line() if as_json else told(alarm)) + "\n")
            out.flush()
            alarms += 1
    return Replayed(posts=len(rows.at), alarms=alarms, rejects=rows.rejects)


class _Spooled:
    """A file's posts on the disk as Arrow, given out by time a piece at a time."""

    def __init__(self, path: Path, where: Path) -> None:
        self._where = where
        at: list[Rows] = []
        found: dict[str, Reject] = {}
        with pa.OSFile(str(where), "wb") as sink, pa.ipc.new_file(sink, _WHOLE) as writer:
            for posts, rejects in _read_posts(path):
                _count(found, rejects)
                writer.write_table(posts, max_chunksize=_PIECE)
                at.append(pc.cast(posts["at"], pa.int64()).to_numpy())
        self.at = np.concatenate(at) if at else np.zeros(0, dtype=np.int64)
        self.rejects = tuple(found.values())

    def pieces(self) -> Iterator[pa.Table]:
        """All posts, earliest first; posts of one moment as they stood in the file."""
        with pa.memory_map(str(self._where)) as mapped:
            rows = pa.ipc.open_file(mapped).read_all()
            order = None if (np.diff(self.at) >= 0).all() else np.argsort(self.at, kind="stable")
            for start in range(0, rows.num_rows, _BATCH):
                some = slice(start, start + _BATCH)
                piece = rows.slice(start, _BATCH) if order is None else rows.take(pa.array(order[some]))
                # What no row of the file has is not there at all.
                yield piece.drop_columns([name for name in _OPTIONAL if rows[name].null_count == rows.num_rows])


def _count(found: dict[str, Reject], rejects: Iterable[Reject]) -> None:
    for one in rejects:
        had = found.get(one.kind)
        found[one.kind] = replace(had, n=had.n + one.n) if had else one


def told(alarm: Alarm) -> str:
    """An alarm on one line without words of any language: moment, gravity, title, people/posts, terms."""
    terms = ", ".join(alarm.terms[:5])
    return f"{alarm.at:%Y-%m-%d %H:%M}  {'▪' * alarm.gravity:<3}  {alarm.title}  ({alarm.authors}/{alarm.n})  {terms}"


def posts_at(path: Path) -> tuple[pa.Table, tuple[Reject, ...]]:
    """The posts of a file: text, at and, where it has them, author_id, lang and id; and what was left out.

    :raises InvalidInput: as :func:`replay_file`.
    """
    pieces: list[pa.Table] = []
    found: dict[str, Reject] = {}
    for posts, rejects in _read_posts(path):
        pieces.append(posts)
        _count(found, rejects)
    rows = pa.concat_tables(pieces) if pieces else _WHOLE.empty_table()
    return rows.drop_columns([name for name in _OPTIONAL if rows[name].null_count == rows.num_rows]), tuple(
        found.values()
    )


def _read_posts(path: Path) -> Iterator[tuple[pa.Table, list[Reject]]]:
    """Pieces of a file as posts (:data:`_WHOLE`), and what was left out of each."""
    if not path.is_file():
        raise InvalidInput("file_missing", path=str(path))
    names: dict[str, str] = {}
    try:
        for table, broken in _read(path):
            names = _chosen(table.column_names, path, known=names)
            yield _posts(table, names, broken)
        if not names:
            _chosen((), path)
    except (OSError, UnicodeError, pa.ArrowException, csv.Error) as error:
        raise InvalidInput("file_unreadable", path=path.name, detail=str(error)[:200]) from error


def _read(path: Path) -> Iterator[tuple[pa.Table, list[str]]]:
    """The columns that matter, and an example of every line that could not be read, a piece at a time."""
    kind = path.suffix.lower()
    if kind in (".parquet", ".pq"):
        with pq.ParquetFile(path) as file:
            names = list(_chosen(file.schema_arrow.names, path).values())
            for batch in file.iter_batches(batch_size=_PIECE, columns=names):
                yield pa.Table.from_batches([batch]), []
            if not file.metadata.num_rows:
                yield file.schema_arrow.empty_table().select(names), []
        return
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        rows = _json_rows(text) if kind in (".jsonl", ".ndjson", ".json") else _csv_rows(text)
        while piece := list(islice(rows, _PIECE)):
            yield _table(
                [row for row in piece if isinstance(row, dict)], [row for row in piece if isinstance(row, str)]
            )


def _csv_rows(text: TextIO) -> Iterator[dict[str, Any] | str]:
    csv.field_size_limit(_CSV_FIELD)
    try:
        dialect: Any = csv.Sniffer().sniff(text.read(20_000), delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    text.seek(0)
    clean = (line.replace("\x00", "").removeprefix("\ufeff") for line in text)
    yield from csv.DictReader(clean, dialect=dialect)


def _json_rows(text: TextIO) -> Iterator[dict[str, Any] | str]:
    for line in text:
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        yield row if isinstance(row, dict) else line[:200]


def _table(rows: list[dict[str, Any]], broken: list[str]) -> tuple[pa.Table, list[str]]:
    names = list(dict.fromkeys(name for row in rows for name in row if isinstance(name, str)))
    columns = {name: pa.array([_string(row.get(name)) for row in rows], pa.string()) for name in names}
    return pa.table(columns), broken


def _string(value: Any) -> str | None:
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).encode("utf-8", "replace").decode("utf-8")


def _chosen(names: Iterable[str], path: Path, *, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our name → the file's, by the lists above, in their order; what was chosen before stays."""
    there = {name.strip().lower(): name for name in reversed(list(names))}
    found = {
        ours: there[next(name for name in accepted if name in there)]
        for ours, accepted in _COLUMNS.items()
        if any(name in there for name in accepted)
    } | dict(known or {})
    for needed, accepted in (("text", TEXT), ("at", TIME)):
        if needed not in found:
            raise InvalidInput("stories_no_column", path=path.name, wanted=", ".join(accepted))
    return found


def _posts(table: pa.Table, names: Mapping[str, str], broken: list[str]) -> tuple[pa.Table, list[Reject]]:
    columns: dict[str, Any] = {field.name: pa.nulls(table.num_rows, field.type) for field in _WHOLE}
    for ours, name in names.items():
        if name in table.column_names:
            with suppress(pa.ArrowException):
                columns[ours] = _moments(table[name]) if ours == "at" else pc.cast(table[name], pa.string())
    posts = pa.table(columns, schema=_WHOLE)
    rejects = [Reject(kind="unreadable_row", n=len(broken), example=broken[0])] if broken else []
    for kind, bad in (("no_text", pc.is_null(posts["text"])), ("no_time", pc.is_null(posts["at"]))):
        n = pc.sum(bad).as_py() or 0
        if n:
            example = posts.filter(bad)["text"][0].as_py() or ""
            rejects.append(Reject(kind=kind, n=n, example=example[:200]))
    return posts.filter(pc.and_(pc.is_valid(posts["text"]), pc.is_valid(posts["at"]))), rejects


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
