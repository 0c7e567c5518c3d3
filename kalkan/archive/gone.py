"""What must not be seen any more: the table ``gone`` as it is needed, and how far sweeps have come.

Owns which posts an answer leaves out and which are not taken in again. Deletions are remembered for a fortnight, which
is well beyond any network's replay; what a person erased is remembered for good.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.archive.asking import Hidden
from kalkan.archive.known import Ints, as_ints
from kalkan.archive.tables import Log, read_file
from kalkan.errors import ArchiveDamaged

REMEMBERED: Final = timedelta(days=14)


class Gone:
    """The table ``gone``. Follows what other processes add as its log is refreshed; safe between threads."""

    def __init__(self, root: Path, log: Log) -> None:
        self._mark = root / "swept.json"
        self._log = log
        self._lock = threading.RLock()
        self._files: dict[str, pa.Table] = {}
        self._hidden = Hidden()
        self._hidden_of: tuple[int, str] = (-1, "")
        self._refused: Ints = np.zeros(0, dtype=np.int64)
        self._refused_of = -1

    def rows(self) -> pa.Table:
        """Every row as far as hiding needs it: key, why, at, added_at, and the id where it is an author's."""
        with self._lock:
            live = set(self._log.paths())
            for path in self._files.keys() - live:
                del self._files[path]
            for path in live - self._files.keys():
                self._files[path] = _narrow(read_file(path))
            return pa.concat_tables(self._files.values()) if live else _narrow(self._log.schema.empty_table())

    def next_moment(self, now: datetime) -> datetime:
        """``now``, or just after the newest row where a clock went back: sweeps go by this order."""
        added = self.rows()["added_at"]
        newest: datetime | None = pc.max(added).as_py() if len(added) else None
        return now if newest is None or newest < now else newest + timedelta(microseconds=1)

    def refused(self, now: datetime) -> Ints:
        """Keys of posts that were deleted lately or erased ever: they are not taken in again."""
        with self._lock:
            if self._refused_of != self._log.version:
                rows = self.rows()
                lately = pc.greater(rows["at"], pa.scalar(now - REMEMBERED, rows["at"].type))
                keep = pc.or_(pc.equal(rows["why"], "erased"), pc.and_(pc.equal(rows["why"], "deleted"), lately))
                self._refused = np.unique(as_ints(rows.filter(keep)["key"]))
                self._refused_of = self._log.version
            return self._refused

    def swept_until(self) -> datetime | None:
        """Everything that was hidden before this moment is off the disk."""
        if not self._mark.exists():
            return None
        try:
            return datetime.fromisoformat(json.loads(self._mark.read_text(encoding="utf-8"))["until"])
        except (OSError, ValueError, KeyError) as error:
            raise ArchiveDamaged("archive_file_damaged", path=str(self._mark), detail="not a sweep mark") from error

    def sweep_done(self, until: datetime, *, now: datetime) -> None:
        """Note that everything hidden up to ``until`` is off the disk."""
        draft = self._mark.with_suffix(".tmp")
        draft.write_text(json.dumps({"until": until.isoformat(), "at": now.isoformat()}), encoding="utf-8")
        draft.replace(self._mark)

    def hidden(self) -> Hidden:
        """What is hidden but still on the disk; kept while nothing changes."""
        with self._lock:
            swept = self.swept_until()
            mark = (self._log.version, str(swept))
            if mark != self._hidden_of:
                self._hidden, self._hidden_of = self._hidden_after(swept), mark
            return self._hidden

    def _hidden_after(self, swept: datetime | None) -> Hidden:
        rows = self.rows()
        if swept is not None and rows.num_rows:
            rows = rows.filter(pc.greater(rows["added_at"], pa.scalar(swept, rows["added_at"].type)))
        if not rows.num_rows:
            return Hidden()
        edited, account = pc.equal(rows["why"], "edited"), pc.equal(rows["why"], "account")
        plain = pc.invert(pc.or_(edited, account))
        latest = rows.filter(edited).select(["key", "at"]).group_by("key").aggregate([("at", "max")])
        return Hidden(
            keys=rows.filter(plain).select(["key"]),
            authors=rows.filter(account).select(["id"]).rename_columns(["author_id"]),
            edits=latest.rename_columns(["key", "at"]),
        )


def _narrow(gone: pa.Table) -> pa.Table:
    """Rows of ``gone`` without the ids of posts, which their keys stand for: millions of them fit in memory."""
    account = pc.equal(gone["why"], "account")
    ids = pc.if_else(account, gone["id"], pa.scalar(None, pa.string()))
    return (
        gone.select(["key", "why", "at", "added_at"])
        .append_column("id", ids)
        .set_column(1, "why", pc.dictionary_encode(gone["why"]))
        .unify_dictionaries()
    )
