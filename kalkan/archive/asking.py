"""DuckDB's only door: questions over the archive's files, with what is gone left out.

Owns one in-memory engine a process. Promises that an answer shows each post once, in its latest version, and none that
was deleted or erased. Never writes, never reaches a network, never reads a file outside the archive.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from kalkan.archive.tables import File, Log, read_file
from kalkan.errors import ArchiveDamaged, InvalidInput

_MEMORY: Final = "2GB"
_HELD: Final = ("mentions", "readings")  # what pages ask for again and again
_MOST_HELD: Final = 500_000  # rows, some 0.7 KB each
_MOST_PIECES: Final = 16


@dataclass(slots=True)
class Hidden:
    """What must not be seen although it is still on the disk."""

    keys: pa.Table = field(default_factory=lambda: pa.table({"key": pa.array([], pa.int64())}))
    authors: pa.Table = field(default_factory=lambda: pa.table({"author_id": pa.array([], pa.string())}))
    edits: pa.Table = field(
        default_factory=lambda: pa.table(
            {"key": pa.array([], pa.int64()), "at": pa.array([], pa.timestamp("us", "UTC"))}
        )
    )

    def clause(self, *, author: str = "author_id", of: str = "author_id") -> str:
        """A condition on posts, mentions and readings; empty when nothing is hidden.

        ``author`` names the column that tells authors apart, ``of`` the SQL that makes it of an author's id.
        """
        parts = []
        if self.keys.num_rows:
            parts.append("key NOT IN (SELECT key FROM hidden_keys)")
        if self.authors.num_rows:
            parts.append(f"{author} NOT IN (SELECT {of} FROM hidden_authors)")
        if self.edits.num_rows:
            parts.append(
                "NOT EXISTS (SELECT 1 FROM hidden_edits h WHERE h.key = r.key"
                ' AND coalesce(epoch_us(r.edited_at), 0) < epoch_us(h."at"))'
            )
        return " AND ".join(parts)


class Held:
    """Small tables kept in memory, a day at a time: a page about a brand asks the same few files again and again.

    A file never changes once named, so nothing here can be stale. Of a table with more rows than fit, nothing is kept.
    """

    def __init__(self, most_rows: int = _MOST_HELD) -> None:
        self._most = most_rows
        self._days: OrderedDict[tuple[str, str], tuple[frozenset[str], pa.Table]] = OrderedDict()
        self._lock = threading.Lock()

    def table(self, log: Log, files: Sequence[File]) -> pa.Table | None:
        """The rows of ``files`` (whole days of ``log``); None where they are too many.

        :raises ArchiveDamaged: a file is missing or cannot be read.
        """
        if not self._most or not files or sum(file.rows for file in files) > self._most:
            return None
        days: dict[str, set[str]] = {}
        for file in files:
            days.setdefault(file.day, set()).add(file.path)
        with self._lock:
            found = [self._day(log, day, frozenset(paths)) for day, paths in days.items()]
            while len(self._days) > len(days) and sum(rows.num_rows for _, rows in self._days.values()) > self._most:
                self._days.popitem(last=False)
        return pa.concat_tables(found)

    def _day(self, log: Log, day: str, paths: frozenset[str]) -> pa.Table:
        key = (log.name, day)
        held, rows = self._days.get(key, (frozenset(), log.schema.empty_table()))
        if not held <= paths:  # some were merged
            held, rows = frozenset(), log.schema.empty_table()
        if new := sorted(paths - held):
            rows = pa.concat_tables([rows, *(_whole(log, path) for path in new)])
            if rows.column(0).num_chunks > _MOST_PIECES:
                rows = rows.combine_chunks()
        self._days[key] = paths, rows
        self._days.move_to_end(key)
        return rows


def _whole(log: Log, path: str) -> pa.Table:
    """One file with all columns of the schema; those it is too old to have are null."""
    rows = read_file(str(log.root / path))
    missing = [column for column in log.schema if column.name not in rows.schema.names]
    for column in missing:
        rows = rows.append_column(column, pa.nulls(rows.num_rows, column.type))
    return rows.select(log.schema.names).cast(log.schema)


class Engine:
    """One DuckDB in memory. Safe to use from several threads."""

    def __init__(self, root: Path, *, threads: int = 2, hold: bool = False) -> None:
        self._base = duckdb.connect(
            ":memory:",
            config={
                "threads": threads,
                "memory_limit": _MEMORY,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
                "temp_directory": str(root / "tmp"),
            },
        )
        self._base.execute("SET TimeZone='UTC'")
        self._lock = threading.Lock()
        self._held = Held(_MOST_HELD if hold else 0)

    def ask(
        self,
        sql: str,
        parameters: Sequence[Any] = (),
        *,
        logs: dict[str, Log],
        hidden: Hidden,
        since: datetime | None = None,
        until: datetime | None = None,
        instead: str = "",
    ) -> pa.Table:
        """Answer ``sql`` over views of the given tables, or over the common table expression given ``instead``.

        :raises ArchiveDamaged: a file that the log names is missing or cannot be read.
        :raises InvalidInput: the question itself is wrong.
        """
        if instead:
            return self._run(f"WITH {instead}\n{sql}", parameters, logs, hidden, {})
        files = {name: log.between(since, until) for name, log in logs.items()}
        held = {name: self._held.table(log, files[name]) for name, log in logs.items() if name in _HELD}
        views = [
            view(log, files[name], hidden, since, until, held=held.get(name) is not None) for name, log in logs.items()
        ]
        return self._run(f"WITH {', '.join(views)}\n{sql}", parameters, logs, hidden, held)

    def _run(
        self,
        text: str,
        parameters: Sequence[Any],
        logs: Mapping[str, Log],
        hidden: Hidden,
        held: Mapping[str, pa.Table | None],
    ) -> pa.Table:
        with self._lock:
            cursor = self._base.cursor()
        try:
            _register(cursor, hidden)
            for name, rows in held.items():
                if rows is not None:
                    cursor.register(f"held_{name}", rows)
            return cursor.sql(text, params=list(parameters)).to_arrow_table()
        except duckdb.Error as error:
            raise _told(error, logs) from error
        finally:
            cursor.close()

    def copy(
        self,
        sql: str,
        out: Path,
        how: str,
        *,
        logs: dict[str, Log],
        hidden: Hidden,
        since: datetime | None,
        until: datetime | None,
    ) -> int:
        """Write the answer of ``sql`` to the file ``out``; how many rows."""
        views = [view(log, log.between(since, until), hidden, since, until) for log in logs.values()]
        with self._lock:
            cursor = self._base.cursor()
        try:
            _register(cursor, hidden)
            target = str(out).replace("'", "''")
            done = cursor.execute(f"COPY (WITH {', '.join(views)} {sql}) TO '{target}' ({how})").fetchone()
            return int(done[0]) if done else 0
        except duckdb.Error as error:
            if not out.parent.is_dir() or str(out) in str(error):
                detail = "No space left on device" if "No space left" in str(error) else str(error).splitlines()[0]
                raise InvalidInput("export_unwritable", path=str(out), detail=detail) from error
            raise _told(error, logs) from error
        finally:
            cursor.close()

    def write(self, sql: str, out: Path) -> None:
        """Write the answer of ``sql``, as it stands, to a Parquet file that is quick to read.

        :raises duckdb.Error: it cannot be read or written.
        """
        with self._lock:
            cursor = self._base.cursor()
        try:
            target = str(out).replace("'", "''")
            cursor.execute(f"COPY ({sql}) TO '{target}' (FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)")
        finally:
            cursor.close()

    def orphaned(self, paths: Sequence[str], *, source: str, after: int) -> list[str]:
        """Those of ``paths`` that hold rows of ``source`` from a batch later than ``after``.

        :raises ArchiveDamaged: a file cannot be read.
        """
        if not paths:
            return []
        listed = read(paths).replace("union_by_name = true", "filename = true")
        sql = f"SELECT DISTINCT filename FROM {listed} WHERE source = ? AND batch > ?"
        try:
            found: list[str] = self.scan(sql, [source, after])["filename"].to_pylist()
        except duckdb.Error as error:
            text = str(error)
            path = next((path for path in paths if path in text), "")
            raise ArchiveDamaged("archive_file_damaged", path=path, detail=text.splitlines()[0][:200]) from error
        return found

    def scan(self, sql: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """Run ``sql`` as it stands (for sweeps and checks, which look at files rather than at posts)."""
        with self._lock:
            cursor = self._base.cursor()
        try:
            return cursor.sql(sql, params=list(parameters)).to_arrow_table()
        finally:
            cursor.close()


def _register(cursor: Any, hidden: Hidden) -> None:
    for name, rows in (("keys", hidden.keys), ("authors", hidden.authors), ("edits", hidden.edits)):
        if rows.num_rows:
            cursor.register(f"hidden_{name}", rows)


def view(
    log: Log,
    files: Sequence[File],
    hidden: Hidden,
    since: datetime | None,
    until: datetime | None,
    *,
    held: bool = False,
) -> str:
    """One table as a common table expression: files listed by name, or the rows held of them."""
    if not files:
        return f"{log.name} AS (SELECT {nothing(log.schema)} WHERE false)"
    conditions = []
    if since is not None:
        conditions.append(f"r.\"at\" >= TIMESTAMPTZ '{since.isoformat()}'")
    if until is not None:
        conditions.append(f"r.\"at\" < TIMESTAMPTZ '{until.isoformat()}'")
    if log.name in ("posts", "mentions", "readings") and (clause := hidden.clause()):
        conditions.append(clause)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    day = 'CAST(r."at" AS DATE) AS day'
    rows = f"held_{log.name}" if held else read(log.paths(files))
    return f"{log.name} AS (SELECT *, {day} FROM {rows} AS r{where})"


def read(paths: Sequence[str]) -> str:
    """The files as a DuckDB table function; columns that older files lack are null."""
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"


_TYPES: Final = {"string": "VARCHAR", "int32": "INTEGER", "int64": "BIGINT", "float": "FLOAT"}


def nothing(schema: pa.Schema) -> str:
    columns = []
    for column in schema:
        kind = str(column.type)
        if kind.startswith("timestamp"):
            sql = "TIMESTAMPTZ"
        elif kind.startswith("list"):
            sql = "VARCHAR[]"
        else:
            sql = _TYPES[kind]
        columns.append(f'CAST(NULL AS {sql}) AS "{column.name}"')
    return ", ".join([*columns, "CAST(NULL AS DATE) AS day"])


def _told(error: duckdb.Error, logs: Mapping[str, Log]) -> Exception:
    """Damage named by its file where a file is at fault; otherwise a wrong question."""
    text = str(error)
    for log in logs.values():
        for path in log.paths():
            if path in text:
                return ArchiveDamaged("archive_file_damaged", path=path, detail=text.splitlines()[0][:200])
    if isinstance(error, duckdb.IOException):
        return ArchiveDamaged("archive_file_damaged", path="", detail=text.splitlines()[0][:200])
    return InvalidInput("question_wrong", detail=text.splitlines()[0][:200])
