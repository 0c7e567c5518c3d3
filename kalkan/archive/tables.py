"""The archive's tables on disk: Delta Lake logs over Parquet files that are durable before they are named in a log.

Owns the schemas as stored, the writing of files and the commits. Promises that a commit is atomic (one log entry), that
what it names has reached the disk, and that a file never changes once named. Never reads a row to decide anything.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.posts import COUNTS, GONE, MENTIONS, POSTS, READ_POSTS, READINGS, UTC_US

SCHEMA_VERSION: Final = 1

_KEY: Final = pa.field("key", pa.int64(), nullable=False)  # posts.key_of(id)
_FOLDED: Final = pa.field("folded", pa.string(), nullable=False)  # text.fold(text), for search
_SOURCE: Final = pa.field("source", pa.string(), nullable=False)
_BATCH: Final = pa.field("batch", pa.int64(), nullable=False)  # number of the source's batch that brought the row
_ADDED: Final = pa.field("added_at", UTC_US, nullable=False)  # our clock at the append

EVENTS: Final = pa.schema(
    [
        pa.field("network", pa.string(), nullable=False),
        pa.field("at", UTC_US, nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # "gap" or "reject"
        pa.field("code", pa.string(), nullable=False),  # why there is a gap, what was wrong with the rows
        pa.field("n", pa.int64(), nullable=False),
        pa.field("since", UTC_US),
        pa.field("until", UTC_US),
        pa.field("example", pa.string()),
    ]
)
"""What a source could not give: gaps, and rows kept out."""

READ_AGAIN: Final = pa.schema(
    [
        *(POSTS.field(name) for name in ("id", "network", "author_id", "at", "edited_at")),
        *READINGS,
        pa.field("read_at", UTC_US, nullable=False),  # our clock when it was read
    ]
)
"""A post read by another recipe than the one it was heard with: one row a version of a post and recipe."""

STORED: Final[dict[str, pa.Schema]] = {
    "posts": pa.schema([*READ_POSTS, _KEY, _FOLDED, _BATCH]),
    "mentions": pa.schema([*MENTIONS, _KEY, _FOLDED, _BATCH]),
    "readings": pa.schema([*READ_AGAIN, _KEY]),
    "gone": pa.schema([*GONE, _KEY, _SOURCE, _BATCH, _ADDED]),
    "counts": pa.schema([*COUNTS, _SOURCE, _BATCH]),
    "events": pa.schema([*EVENTS, _SOURCE, _BATCH]),
}
"""Every table as stored, without its partition column ``day`` (the UTC day of ``at``, as text)."""

_ORDER: Final = {"readings": [("recipe", "ascending"), ("at", "ascending")]}  # so that one recipe's rows lie together

Migration = Callable[[DeltaTable], None]
MIGRATIONS: Final[dict[int, Migration]] = {}
"""From version n to n + 1. A migration only adds: older files stay valid and read as null in the new column."""


@dataclass(frozen=True, slots=True)
class File:
    """One live file of a table."""

    path: str  # relative to the table
    rows: int
    bytes: int
    day: str


class Log:
    """One Delta table: what files it holds now, and the two ways to change that."""

    def __init__(self, root: Path, name: str, *, create: bool) -> None:
        self.name = name
        self.root = root / name
        self.schema = STORED[name]
        self.files: tuple[File, ...] = ()
        self._version = -1
        self._delta = self._open(create=create)
        self.refresh()

    def _open(self, *, create: bool) -> DeltaTable:
        try:
            if DeltaTable.is_deltatable(str(self.root)):
                return DeltaTable(str(self.root))
            if not create:
                raise InvalidInput("archive_missing", path=str(self.root.parent))
            if self.root.exists() and any(self.root.glob("day=*/*.parquet")):
                raise ArchiveDamaged("archive_log_damaged", path=str(self.root), detail="_delta_log")
            return DeltaTable.create(
                str(self.root),
                pa.schema([*self.schema, pa.field("day", pa.string())]),
                partition_by=["day"],
                name=self.name,
                description=json.dumps({"kalkan_schema": SCHEMA_VERSION}),
                configuration={
                    "delta.logRetentionDuration": "interval 1 days",
                    "delta.checkpointInterval": "100",
                },
                mode="ignore",  # another process may have been quicker
            )
        except (DeltaError, OSError) as error:
            raise ArchiveDamaged("archive_log_damaged", path=str(self.root), detail=_short(error)) from error

    @property
    def version(self) -> int:
        """The table's version as last seen."""
        return self._version

    @property
    def schema_version(self) -> int:
        """The schema version the table says it has."""
        description = self._delta.metadata().description
        try:
            return int(json.loads(description or "{}")["kalkan_schema"])
        except (ValueError, KeyError) as error:
            raise ArchiveDamaged("archive_log_damaged", path=str(self.root), detail="schema version") from error

    def migrate(self) -> None:
        """Bring the table to :data:`SCHEMA_VERSION`.

        :raises InvalidInput: the table was written by a newer Kalkan.
        """
        found = self.schema_version
        if found > SCHEMA_VERSION:
            raise InvalidInput("archive_newer", path=str(self.root), found=found, known=SCHEMA_VERSION)
        for version in range(found, SCHEMA_VERSION):
            MIGRATIONS[version](self._delta)
            self._delta.alter.set_table_description(json.dumps({"kalkan_schema": version + 1}))
            self._delta.update_incremental()

    def refresh(self) -> bool:
        """See what other processes committed. True when anything did."""
        try:
            self._delta.update_incremental()
            version = self._delta.version()
            if version == self._version:
                return False
            actions = self._delta.get_add_actions(flatten=True)
        except DeltaError as error:
            raise ArchiveDamaged("archive_log_damaged", path=str(self.root), detail=_short(error)) from error
        columns = pa.table(actions).select(["path", "num_records", "size_bytes", "partition.day"]).to_pydict()
        self.files = tuple(File(*row) for row in zip(*columns.values(), strict=True))
        self._version = version
        return True

    def batch(self, source: str) -> int:
        """The number of the last batch of ``source`` that was committed here; 0 when there was none."""
        return self._delta.transaction_version(source) or 0

    def write(self, rows: pa.Table, *, sort: bool = True) -> list[AddAction]:
        """Write ``rows`` (schema as stored) as new files, one a day, and wait until they are on the disk."""
        if rows.num_rows == 0:
            return []
        days = pc.strftime(rows["at"], format="%Y-%m-%d")
        names = pc.unique(days).to_pylist()
        actions = []
        for day in sorted(names):
            part = rows if len(names) == 1 else rows.filter(pc.equal(days, day))
            if sort:
                part = part.sort_by(_ORDER.get(self.name, "at"))
            actions.append(self._write_day(part, day))
        return actions

    def _write_day(self, rows: pa.Table, day: str) -> AddAction:
        sink = pa.BufferOutputStream()
        pq.write_table(
            rows.select(self.schema.names).cast(self.schema),
            sink,
            compression="zstd",
            row_group_size=100_000,
            write_page_checksum=True,
        )
        data = sink.getvalue()
        folder = self.root / f"day={day}"
        final = folder / f"{digest_of(data)}-{uuid.uuid4().hex[:16]}.parquet"
        draft = final.with_suffix(".tmp")
        try:
            folder.mkdir(exist_ok=True)
            with draft.open("wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            draft.rename(final)
            _sync(folder)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise InvalidInput("archive_unwritable", path=str(folder), detail=error.strerror or str(error)) from error
        ends = pc.min_max(rows["at"])
        stats = {
            "numRecords": rows.num_rows,
            "minValues": {"at": _stamp(ends["min"].as_py())},
            "maxValues": {"at": _stamp(ends["max"].as_py())},
            "nullCount": {},
        }
        return AddAction(
            f"day={day}/{final.name}",
            final.stat().st_size,
            {"day": day},
            int(datetime.now(UTC).timestamp() * 1000),
            True,
            json.dumps(stats),
        )

    def commit(
        self,
        adds: Sequence[AddAction],
        removes: Sequence[File] = (),
        *,
        source: str | None = None,
        batch: int | None = None,
        changes: bool = True,
    ) -> None:
        """Add and remove files in one step, with the source's batch number if one is given.

        ``changes=False`` says that the rows stay the same (compaction).

        :raises DeltaError: another process removed one of ``removes`` first; nothing was changed.
        """
        now = int(datetime.now(UTC).timestamp() * 1000)
        actions: list[Any] = [*adds]
        actions += [RemoveAction(file.path, changes, now, file.bytes, {"day": file.day}) for file in removes]
        marks = [Transaction(source, batch)] if source is not None and batch is not None else None
        try:
            self._delta.create_write_transaction(
                actions,
                "append",
                self._delta.schema(),
                ["day"],
                commit_properties=CommitProperties(app_transactions=marks),
                post_commithook_properties=PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=True),
            )
        except OSError as error:
            raise InvalidInput(
                "archive_unwritable", path=str(self.root), detail=error.strerror or str(error)
            ) from error
        self.refresh()
        self._sync_log()

    def _sync_log(self) -> None:
        folder = self.root / "_delta_log"
        entry = folder / f"{self._version:020d}.json"
        if entry.exists():
            with entry.open("rb") as handle:
                os.fsync(handle.fileno())
        _sync(folder)

    def paths(self, files: Sequence[File] | None = None) -> list[str]:
        """Absolute paths of ``files`` (of all, when none are given)."""
        return [str(self.root / file.path) for file in (self.files if files is None else files)]

    def between(self, since: datetime | None, until: datetime | None) -> list[File]:
        """The files that may hold rows with ``since`` ≤ at < ``until``."""
        first = since.astimezone(UTC).date().isoformat() if since else ""
        last = until.astimezone(UTC).date().isoformat() if until else "9999-12-31"
        return [file for file in self.files if first <= file.day <= last]

    def vacuum(self, *, hours: int) -> int:
        """Delete files that left the log more than ``hours`` ago; how many."""
        gone = self._delta.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False)
        self.refresh()
        return len(gone)


def digest_of(data: Any) -> str:
    """What a file's name begins with: the xxHash3 of its bytes, so that no byte of it can change unseen."""
    return xxhash.xxh3_64_hexdigest(data)


def read_file(path: str) -> pa.Table:
    """One file of the archive, whole, proved by the digest in its name.

    :raises ArchiveDamaged: it is missing or broken.
    """
    try:
        with pa.memory_map(path) as mapped:
            data = mapped.read_buffer()
            if digest_of(data) != Path(path).name.partition("-")[0]:
                raise ArchiveDamaged("archive_file_damaged", path=path, detail="xxh3")
            return pq.read_table(pa.BufferReader(data), partitioning=None)
    except (OSError, pa.ArrowException) as error:
        raise ArchiveDamaged("archive_file_damaged", path=path, detail=str(error).splitlines()[0][:200]) from error


def day_of(moment: datetime) -> date:
    """The UTC day that a row of that moment is filed under."""
    return moment.astimezone(UTC).date()


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _sync(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder to flush it
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
