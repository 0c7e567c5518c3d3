"""Lean copies: of a table's settled files, the few columns that counting needs, as numbers.

Owns the folder ``lean`` beside the tables. Promises that a copy says what its file says (a file never changes once
named, so none can be stale), that no copy holds a text or an author's id, and that the copies of files that left the
archive go with the next sweep. All of it can be made anew from the tables; whatever cannot be written is read there.
"""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb
import xxhash

from kalkan.archive.asking import Engine, Hidden, nothing, read
from kalkan.archive.tables import File, Log

_LEAST_ROWS: Final = 5_000  # a smaller file is about to be merged, and quick to read as it is
_WORTH: Final = 50_000  # rows; a question about fewer is not made quicker
_OWN: Final[Mapping[str, str]] = {"at": '"at"', "key": "key", "edited_at": "edited_at", "who": "hash(author_id)"}
"""Columns of every copy: the clock, what hiding needs, and authors as numbers that only serve to tell them apart."""


class Lean:
    """The lean copies of one archive. Several processes may make them; each is moved into its place whole."""

    def __init__(self, root: Path, engine: Engine) -> None:
        self.root = root / "lean"
        self._engine = engine
        self._made: dict[tuple[str, str], set[str]] = {}
        self._lock = threading.Lock()

    def view(
        self, log: Log, columns: Mapping[str, str], hidden: Hidden, since: datetime | None, until: datetime | None
    ) -> str:
        """``lean`` as a common table expression: ``at``, ``key``, ``edited_at``, ``who`` and ``columns``.

        ``columns`` maps a name to SQL over a stored row. What has no copy yet gets one where it is worth it.
        """
        files = log.between(since, until)
        every = {**_OWN, **columns}
        listed = ", ".join(f'{sql} AS "{name}"' for name, sql in every.items())
        folder, copied = self._copied(log, files, listed) if sum(file.rows for file in files) >= _WORTH else ("", set())
        where = _within(hidden, since, until)
        names = ", ".join(f'"{name}"' for name in every)
        parts = []
        if copied:
            copies = [f"{folder}/{Path(file.path).name}" for file in files if file.path in copied]
            parts.append(f"SELECT {names} FROM {_alike(copies)} AS r{where}")
        if rest := [file for file in files if file.path not in copied]:
            parts.append(f"SELECT {names} FROM (SELECT {listed} FROM {read(log.paths(rest))}) AS r{where}")
        if not parts:
            parts.append(f"SELECT {listed} FROM (SELECT {nothing(log.schema)}) WHERE false")
        return f"lean AS ({' UNION ALL '.join(parts)})"

    def _copied(self, log: Log, files: Sequence[File], listed: str) -> tuple[str, set[str]]:
        """The folder of the copies of this kind, and which of ``files`` have theirs; makes those that are missing."""
        kind = xxhash.xxh3_64_hexdigest(f"{duckdb.__version__} {listed}".encode())
        folder = self.root / log.name / kind
        with self._lock:
            made = self._made.setdefault((log.name, kind), set())
            if not made and folder.is_dir():
                made.update(path.name for path in folder.glob("*.parquet"))
            for file in files:
                name = Path(file.path).name
                if file.rows >= _LEAST_ROWS and name not in made and self._make(log, file, listed, folder):
                    made.add(name)
            return str(folder), {file.path for file in files if Path(file.path).name in made}

    def _make(self, log: Log, file: File, listed: str, folder: Path) -> bool:
        draft, target = folder / f"{uuid.uuid4().hex}.tmp", folder / Path(file.path).name
        if target.exists():  # another process was quicker
            return True
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._engine.write(f"SELECT {listed} FROM {read(log.paths([file]))}", draft)
            with draft.open("rb") as handle:
                os.fsync(handle.fileno())
            draft.replace(target)
        except (OSError, duckdb.Error):  # a full disk, a folder that cannot be written, a file just merged away
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
            return False
        return True

    def forget(self) -> None:
        """Look at the disk again: a sweep took copies away."""
        with self._lock:
            self._made.clear()

    def sweep(self, logs: Mapping[str, Log]) -> int:
        """Delete copies of files that are not live; how many."""
        dropped = 0
        for path in self.root.glob("*/*/*"):
            live = {Path(file.path).name for file in logs[path.parent.parent.name].files}
            if path.name not in live:
                path.unlink(missing_ok=True)
                dropped += 1
        self.forget()
        return dropped


def _alike(copies: Sequence[str]) -> str:
    """Copies have the same columns: no need to look into every one before the first is read."""
    return read(copies).replace("union_by_name = true, ", "")


def _within(hidden: Hidden, since: datetime | None, until: datetime | None) -> str:
    conditions = []
    if since is not None:
        conditions.append(f"r.\"at\" >= TIMESTAMPTZ '{since.isoformat()}'")
    if until is not None:
        conditions.append(f"r.\"at\" < TIMESTAMPTZ '{until.isoformat()}'")
    if clause := hidden.clause(author="who", of="hash(author_id)"):
        conditions.append(clause)
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
