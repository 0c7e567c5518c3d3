"""What ``kalkan doctor`` looks at: each examination is one function that says what it found, never how it feels."""

from __future__ import annotations

import errno
import os
import platform
import shutil
import socket
import sqlite3
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kalkan import config as settings
from kalkan.config import Config
from kalkan.errors import KalkanError

_LEAST_FREE_MB: Final = 1024
_REACH_SECONDS: Final = 4.0
_PROBES: Final = (("bluesky", "jetstream2.us-east.bsky.network", 443), ("mastodon", "mastodon.social", 443))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``level``: well, care (works, but) or fault (mend it)."""

    level: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


def examine(data: str | None) -> Iterator[Finding]:
    """Look at everything, in the order in which things depend on each other."""
    yield _python()
    try:
        config = settings.load(os.environ, data=data)
    except KalkanError as error:
        yield Finding("fault", error.code, error.params)
        return
    yield Finding("well", "doctor_settings", {"path": str(config.data)})
    looks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _folder, _clock, _port, _database, _ledger, _archive, _models, _networks, _listeners, _jobs,
    )  # fmt: skip
    for look in looks:
        try:
            yield from look(config)
        except KalkanError as error:
            yield Finding("fault", error.code, error.params)
        except OSError as error:
            yield Finding("fault", "file_trouble", {"path": error.filename or "", "detail": error.strerror or ""})


def _python() -> Finding:
    params = {"python": platform.python_version(), "system": platform.system()}
    return Finding("well" if sys.version_info >= (3, 11) else "fault", "doctor_python", params)


def _folder(config: Config) -> Iterator[Finding]:
    place = config.data
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        detail = os.strerror(errno.EACCES if place.is_dir() else errno.ENOTDIR)
        yield Finding("fault", "data_unwritable", {"path": str(config.data), "detail": detail})
        return
    free = shutil.disk_usage(place).free // 2**20
    params = {"path": str(place), "free": f"{free:,}"}
    yield Finding("well" if free >= _LEAST_FREE_MB else "fault", "doctor_disk" if free >= _LEAST_FREE_MB else
                  "doctor_disk_low", params)  # fmt: skip


def _clock(config: Config) -> Iterator[Finding]:
    """The clock must not be before this release, nor behind what the archive's files say."""
    now = datetime.now(UTC)
    newest = 0.0
    if config.archive.exists():
        newest = max((path.stat().st_mtime for path in config.archive.glob("*/_delta_log/*.json")), default=0.0)
    ahead = newest - time.time()
    if now.year < 2026 or ahead > 300:
        yield Finding("fault", "doctor_clock_wrong", {"now": f"{now:%Y-%m-%d %H:%M}"})
    else:
        yield Finding("well", "doctor_clock", {"now": f"{now:%Y-%m-%d %H:%M}"})


def _port(config: Config) -> Iterator[Finding]:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.host, config.port))
        except OSError as error:
            params = {"host": config.host, "port": config.port, "detail": error.strerror or ""}
            ours = _is_ours(config)
            yield Finding("well" if ours else "fault", "doctor_running" if ours else "port_in_use", params)
            return
    yield Finding("well", "doctor_port", {"host": config.host, "port": config.port})


def _is_ours(config: Config) -> bool:
    try:
        with socket.create_connection((config.host, config.port), timeout=2) as line:
            line.sendall(f"GET /healthz HTTP/1.0\r\nHost: {config.host}\r\n\r\n".encode())
            return b"kalkan" in line.recv(4096).lower()
    except OSError:
        return False


def _database(config: Config) -> Iterator[Finding]:
    if config.database:
        yield from _postgres(config)
        return
    path = config.data / "desk.sqlite3"
    if not path.exists():
        yield Finding("well", "doctor_database_none")
        return
    try:
        with closing(sqlite3.connect(f"file:{urllib.parse.quote(str(path))}?mode=ro", uri=True)) as database:
            answer = database.execute("PRAGMA quick_check").fetchone()[0]
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer == "ok":
        yield Finding("well", "doctor_database", {"path": str(path)})
    else:
        yield Finding("fault", "doctor_database_damaged", {"path": str(path), "detail": answer})


def _ledger(config: Config) -> Iterator[Finding]:
    """Every brand's chain of decisions, from its first entry to its last."""
    if not config.database and not (config.data / "desk.sqlite3").exists():
        return
    from kalkan.desk.ready import ready

    ready(config, migrate=False)
    from django.db import DatabaseError

    from kalkan.desk.drafts_ledger import examined

    try:
        for found in examined():
            yield Finding(found.level, found.code, found.params)
    except DatabaseError:  # of an earlier version, not migrated yet: the next start does that
        return


def _postgres(config: Config) -> Iterator[Finding]:
    from kalkan.desk.ready import ready

    ready(config, migrate=False)
    from django.db import DatabaseError, connection

    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield Finding("fault", "database_unusable", {"detail": str(error).splitlines()[0]})
    else:
        yield Finding("well", "doctor_database", {"path": "PostgreSQL"})


def _archive(config: Config) -> Iterator[Finding]:
    if not config.archive.exists():
        yield Finding("well", "doctor_archive_none")
        return
    from kalkan import archive as archives

    archive = archives.open(config.archive, create=False)
    files = sum(len(log.files) for log in archive.logs.values())
    for log in archive.logs.values():
        for file in log.files:
            if not (log.root / file.path).exists():
                yield Finding("fault", "archive_file_missing", {"path": str(log.root / file.path), "rows": file.rows})
                return
    posts = sum(file.rows for file in archive.logs["posts"].files)
    yield Finding("well", "doctor_archive", {"files": files, "posts": f"{posts:,}"})


def _models(config: Config) -> Iterator[Finding]:
    from kalkan import reading

    recipe = reading.current()
    yield Finding("well", "doctor_models", {"recipe": recipe.id})


def _networks(config: Config) -> Iterator[Finding]:
    for name, host, port in _PROBES:
        try:
            socket.create_connection((host, port), timeout=_REACH_SECONDS).close()
        except OSError as error:
            params = {"network": name, "host": host, "detail": error.strerror or str(error)}
            yield Finding("care", "doctor_unreachable", params)
        else:
            yield Finding("well", "doctor_reachable", {"network": name, "host": host})


def _listeners(config: Config) -> Iterator[Finding]:
    """What the listeners last said of themselves."""
    import json

    for path in sorted(Path(config.status).glob("*.json")) if config.status.exists() else ():
        try:
            word = json.loads(path.read_text(encoding="utf-8"))
            state, source = str(word["state"]), str(word["source"])
        except (OSError, ValueError, KeyError):
            continue
        level = {"failed": "fault", "waiting": "care"}.get(state, "well")
        yield Finding(level, "doctor_listener", {"source": source, "state": state})


def _jobs(config: Config) -> Iterator[Finding]:
    """What of the worker's jobs failed when it last ran."""
    from kalkan.desk.jobs import faults

    for name, fault in sorted(faults(config).items()):
        yield Finding("care", "doctor_job", {"name": name, "at": fault["at"], "code": fault["code"]})
