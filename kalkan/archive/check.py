"""Proving that the archive is whole: every file its logs name is there, readable to the last page, and counts agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kalkan.archive import Archive
from kalkan.archive.asking import read
from kalkan.archive.tables import SCHEMA_VERSION, File, Log, read_file
from kalkan.errors import ArchiveDamaged, KalkanError


@dataclass(slots=True)
class Checked:
    """What a check looked at and what it found wrong, each fault as an error that names its file."""

    files: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    bytes: int = 0
    faults: list[KalkanError] = field(default_factory=list)


def check(archive: Archive, *, progress: Callable[[int, int], None] | None = None) -> Checked:
    """Read every byte of every live file and compare sizes, digests, counts, schemas, keys and cursors."""
    found = Checked()
    total = sum(len(log.files) for log in archive.logs.values())
    for log in archive.logs.values():
        log.refresh()
        if log.schema_version != SCHEMA_VERSION:
            found.faults.append(KalkanError("archive_schema_old", path=str(log.root), found=log.schema_version))
        found.rows[log.name] = 0
        for file in log.files:
            fault = _fault(log, file)
            if fault is not None:
                found.faults.append(fault)
            found.files += 1
            found.bytes += file.bytes
            found.rows[log.name] += file.rows
            if progress is not None:
                progress(found.files, total)
    if not found.faults:
        found.faults.extend(_doubled(archive))
        found.faults.extend(_cursors(archive))
    return found


def _fault(log: Log, file: File) -> KalkanError | None:
    path = log.root / file.path
    if not path.exists():
        return KalkanError("archive_file_missing", path=str(path), rows=file.rows)
    if path.stat().st_size != file.bytes:
        return KalkanError("archive_file_damaged", path=str(path), detail=f"{path.stat().st_size} ≠ {file.bytes} B")
    try:
        rows = read_file(str(path))
    except ArchiveDamaged as error:
        return error
    if rows.num_rows != file.rows:
        return KalkanError("archive_file_damaged", path=str(path), detail=f"{rows.num_rows} ≠ {file.rows} rows")
    for column in rows.schema:
        if column.name not in log.schema.names or log.schema.field(column.name).type != column.type:
            return KalkanError("archive_file_damaged", path=str(path), detail=f"column {column.name}")
    return None


def _doubled(archive: Archive) -> list[KalkanError]:
    """Rule 1: no version of a post is there twice, and none was read twice by one recipe."""
    faults = []
    for name, columns in (("posts", "key, edited_at"), ("readings", "key, edited_at, recipe")):
        log = archive.logs[name]
        if not log.files:
            continue
        rows = archive.engine.scan(
            f"SELECT count(*) AS n FROM (SELECT {columns}, count(*) AS c FROM "
            f"{read(log.paths())} GROUP BY ALL HAVING c > 1)"
        )
        if doubled := rows["n"][0].as_py():
            faults.append(KalkanError("archive_rows_doubled", path=str(log.root), n=doubled))
    return faults


def _cursors(archive: Archive) -> list[KalkanError]:
    """Every source that ever committed has the cursor of its last batch."""
    log = archive.logs["posts"]
    if not log.files:
        return []
    sources = archive.engine.scan(f"SELECT DISTINCT source FROM {read(log.paths())}")
    faults = []
    for source in sources["source"].to_pylist():
        try:
            archive.cursor(source)
        except KalkanError as error:
            faults.append(error)
    return faults
