"""Commands that look after what Kalkan keeps: archive, erase, backup, restore, doctor."""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sqlite3
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kalkan import config as settings
from kalkan.config import Config
from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.sentences import say, tell

_NOT_IN_A_BACKUP: Final = (
    "archive", "stories", "status", "demo", "work-faults.json", "desk.sqlite3", "desk.sqlite3-wal", "desk.sqlite3-shm",
)  # fmt: skip
"""What is copied in its own way, or is of the moment."""


def check(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan archive check``: 0 when all is whole, 1 with a sentence for each fault."""
    config = settings.load(os.environ, data=parsed.data)
    from kalkan import archive as archives
    from kalkan.archive.check import check as prove

    terminal = sys.stderr.isatty()

    def progress(done: int, total: int) -> None:
        if terminal:
            print(f"\r{done}/{total}", end="\n" if done == total else "", file=sys.stderr, flush=True)

    found = prove(archives.open(config.archive, create=False), progress=progress)
    if parsed.json:
        faults = [{"code": fault.code, "params": fault.params} for fault in found.faults]
        print(json.dumps({"files": found.files, "bytes": found.bytes, "rows": found.rows, "faults": faults}))
        return 1 if found.faults else 0
    for fault in found.faults:
        print(tell(fault, lang), file=sys.stderr)
    if not found.faults:
        print(say("archive_whole", {"files": found.files, "posts": found.rows["posts"]}, lang=lang))
    return 1 if found.faults else 0


def compact(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan archive compact``: tidy up now, all days."""
    config = settings.load(os.environ, data=parsed.data)
    from kalkan import archive as archives
    from kalkan.archive.sweep import compact as sweep

    done = sweep(archives.open(config.archive, create=False), now=datetime.now(UTC), everything=True)
    figures = {"merged": done.merged, "written": done.written, "rows": done.removed_rows}
    print(say("archive_swept", figures, lang=lang))
    return 0


def export(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan archive export``: one table, as it is asked, to Parquet, CSV or JSONL by suffix, ``-`` = JSONL."""
    config = settings.load(os.environ, data=parsed.data)
    from kalkan import archive as archives

    period = {"since": _moment(parsed.since), "until": _moment(parsed.until)}
    archive = archives.open(config.archive, create=False)
    if parsed.out == "-":
        with tempfile.TemporaryDirectory(dir=config.data, prefix="export-") as folder:
            draft = Path(folder) / "rows.jsonl"
            archive.export(parsed.table, draft, **period)
            with draft.open(encoding="utf-8") as rows:
                sys.stdout.writelines(rows)
        return 0
    out = Path(parsed.out)
    n = archive.export(parsed.table, out, **period)
    print(say("export_done", {"rows": n, "path": str(out)}, lang=lang), file=sys.stderr)
    return 0


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("moment_wrong", given=text) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def erase(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan erase``: posts out of every answer and off the disk before this returns."""
    config = settings.load(os.environ, data=parsed.data)
    from kalkan import archive as archives
    from kalkan.archive.sweep import erase as take_out

    rows = take_out(archives.open(config.archive, create=False), parsed.ids, now=datetime.now(UTC))
    print(say("erased", {"ids": len(parsed.ids), "rows": rows}, lang=lang))
    return 0


def backup(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan backup``: everything in one tar, taken while Kalkan runs."""
    config = settings.load(os.environ, data=parsed.data)
    from kalkan import archive as archives

    target = Path(parsed.target)
    if target.exists():
        raise InvalidInput("backup_exists", path=str(target))
    archive = archives.open(config.archive, create=False)
    draft = target.with_name(target.name + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=config.data, prefix="backup-") as folder, tarfile.open(draft, "w") as tar:
            place = Path(folder)
            archive.snapshot(place / "archive")
            _copy_database(config, place)
            if config.stories.exists():
                from kalkan.stories import book

                book.open(config.stories).snapshot(place / "stories")
            tar.add(place, arcname="kalkan")
            for path in sorted(config.data.iterdir()):
                if path.name not in _NOT_IN_A_BACKUP and not path.name.startswith("backup-"):
                    tar.add(path, arcname=f"kalkan/{path.name}")
            note = json.dumps({"made_at": datetime.now(UTC).isoformat(), "kalkan_backup": 1}).encode()
            entry = tarfile.TarInfo("kalkan-backup.json")
            entry.size = len(note)
            tar.addfile(entry, io.BytesIO(note))
        draft.replace(target)
    except OSError as error:
        error.filename = error.filename or str(target)
        raise
    finally:
        draft.unlink(missing_ok=True)
    print(say("backup_done", {"path": str(target), "megabytes": f"{target.stat().st_size / 1e6:.1f}"}, lang=lang))
    return 0


def _copy_database(config: Config, place: Path) -> None:
    """The desk's working state as SQLite itself copies it; a PostgreSQL has its own tools, which the sentence names."""
    source = config.data / "desk.sqlite3"
    if config.database or not source.exists():
        return
    with (
        contextlib.closing(sqlite3.connect(source)) as here,
        contextlib.closing(sqlite3.connect(place / "desk.sqlite3")) as there,
    ):
        here.backup(there)


def restore(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan restore``: a backup into an empty data folder, then proved."""
    config = settings.load(os.environ, data=parsed.data)
    if config.data.exists() and any(config.data.iterdir()):
        raise InvalidInput("restore_not_empty", path=str(config.data))
    try:
        with tarfile.open(parsed.backup) as tar:
            if "kalkan-backup.json" not in tar.getnames():
                raise InvalidInput("backup_unreadable", path=parsed.backup, detail="kalkan-backup.json")
            with tempfile.TemporaryDirectory(dir=config.data.parent) as folder:
                tar.extractall(folder, filter="data")
                if config.data.exists():
                    config.data.rmdir()
                (Path(folder) / "kalkan").rename(config.data)
    except (tarfile.TarError, EOFError) as error:
        detail = (str(error) or type(error).__name__).splitlines()[0].rstrip(":")
        raise InvalidInput("backup_unreadable", path=parsed.backup, detail=detail) from error
    except OSError as error:
        error.filename = error.filename or str(config.data)
        raise
    from kalkan import archive as archives
    from kalkan.archive.check import check as prove

    found = prove(archives.open(config.archive, create=False))
    if found.faults:
        raise ArchiveDamaged("backup_damaged", path=parsed.backup, detail=tell(found.faults[0], lang))
    print(say("restore_done", {"path": str(config.data), "posts": found.rows["posts"]}, lang=lang))
    return 0


def rescue(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan rescue``: whoever runs Kalkan lets a person in again."""
    config = settings.load(os.environ, data=parsed.data)
    from kalkan.desk.ready import ready

    ready(config)
    from kalkan.desk import rescue as doors

    if parsed.second_factor:
        code = "rescue_without_second" if doors.without_second_factor(parsed.email) else "rescue_had_no_second"
        print(say(code, {"email": parsed.email}, lang=lang))
    else:
        word = doors.new_password(parsed.email)
        print(say("rescue_password", {"email": parsed.email, "password": word}, lang=lang))
    return 0


def doctor(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan doctor``: every examination with its finding; 1 when any is a fault."""
    from kalkan.cli.doctor import examine

    code = 0
    found: list[dict[str, Any]] = []
    for finding in examine(parsed.data):
        sentence = say(finding.code, finding.params, lang=lang)
        code = max(code, 1 if finding.level == "fault" else 0)
        found.append({"level": finding.level, "code": finding.code, "sentence": sentence, "params": finding.params})
        if not parsed.json:
            print(f"{_MARKS[finding.level]} {sentence}", flush=True)
    if parsed.json:
        print(json.dumps(found, ensure_ascii=False, default=str))
    return code


_MARKS: Final = {"well": "○", "care": "△", "fault": "■"}
