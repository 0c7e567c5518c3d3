"""Sweeps beside writers, and what is held in memory beside what is on the disk."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kalkan import archive as archives
from kalkan.archive.asking import Held
from kalkan.archive.check import check
from kalkan.archive.sweep import compact, erase
from kalkan.errors import ArchiveDamaged
from kalkan.posts import GONE, table
from tests.conftest import NOW, mention_rows, read_rows


def add(archive: archives.Archive, *ids: str, days_ago: int = 0) -> None:
    posts = read_rows(ids, at=NOW - timedelta(days=days_ago))
    archive.append(f"bluesky:{ids[0]}", posts, now=NOW, cursor=ids[0], mentions=mention_rows(posts))


def mentioned(archive: archives.Archive) -> list[str]:
    return sorted(archive.query("SELECT id FROM mentions")["id"].to_pylist())


def test_a_sweep_between_a_writers_look_and_its_commit_hurts_neither(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, sweeper = archives.open(tmp_path), archives.open(tmp_path)
    for one in "abc":
        add(writer, one)
    writer.remove(table([{"id": "a", "network": "bluesky", "at": NOW, "why": "deleted"}], GONE), now=NOW)
    faults: list[BaseException] = []
    inside, swept = threading.Event(), threading.Event()

    def append() -> None:
        try:
            add(writer, "d")
        except BaseException as fault:
            faults.append(fault)

    writing = threading.Thread(target=append)
    write, look = writer.logs["posts"].write, sweeper.logs["posts"].write
    commit = sweeper.logs["posts"].commit

    def slow(rows: Any, **named: Any) -> Any:
        inside.set()
        swept.wait(1.5)  # the sweep has its chance to commit in between, unless it waits for us
        return write(rows, **named)

    def looking(rows: Any, **named: Any) -> Any:
        if not inside.is_set():
            writing.start()
            assert inside.wait(10)
        return look(rows, **named)

    def committing(*positional: Any, **named: Any) -> None:
        commit(*positional, **named)
        swept.set()

    monkeypatch.setattr(writer.logs["posts"], "write", slow)
    monkeypatch.setattr(sweeper.logs["posts"], "write", looking)
    monkeypatch.setattr(sweeper.logs["posts"], "commit", committing)
    compact(sweeper, now=NOW)
    writing.join(30)
    assert faults == []
    monkeypatch.undo()
    fresh = archives.open(tmp_path)
    assert sorted(fresh.query("SELECT id FROM posts", tables=("posts",))["id"].to_pylist()) == ["b", "c", "d"]
    assert mentioned(fresh) == ["b", "c", "d"]
    assert check(fresh).faults == []


def test_what_is_held_follows_what_is_stored_merged_and_erased(tmp_path: Path) -> None:
    reader, writer = archives.open(tmp_path), archives.open(tmp_path)
    add(writer, "a", "b", days_ago=1)
    assert mentioned(reader) == ["a", "b"]
    for one in "cde":
        add(writer, one)
        assert mentioned(reader)[-1] == one
    assert mentioned(reader) == ["a", "b", "c", "d", "e"]
    erase(writer, ["b", "d"], now=NOW)
    assert mentioned(reader) == ["a", "c", "e"]
    compact(writer, now=NOW, everything=True)
    assert mentioned(reader) == ["a", "c", "e"]
    today = reader.query("SELECT id FROM mentions", since=NOW - timedelta(hours=1))["id"].to_pylist()
    assert sorted(today) == ["c", "e"]


def test_a_damaged_file_is_not_held(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    add(archive, "a")
    file = next((tmp_path / "mentions").glob("day=*/*.parquet"))
    file.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(ArchiveDamaged) as told:
        mentioned(archive)
    assert told.value.params["path"] == str(file)


def test_too_much_is_read_from_the_disk(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    add(archive, "a", "b")
    log = archive.logs["mentions"]
    assert Held(most_rows=1).table(log, log.files) is None
    held = Held(most_rows=2)
    rows = held.table(log, log.files)
    assert rows is not None
    assert rows.num_rows == 2
    archive.engine._held = Held(most_rows=1)
    assert mentioned(archive) == ["a", "b"]
