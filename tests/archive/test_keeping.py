"""Sweeps, checks, exports, snapshots, and several processes at once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kalkan import archive as archives
from kalkan.archive import tables
from kalkan.archive.check import check
from kalkan.archive.sweep import compact, erase
from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.posts import GONE
from tests.conftest import NOW, mention_rows, read_rows

COUNT = "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM posts"


def filled(root: Path, *, batches: int = 12) -> archives.Archive:
    archive = archives.open(root)
    for n in range(batches):
        posts = read_rows([f"p{n}-{m}" for m in range(5)])
        archive.append("s", posts, now=NOW, cursor=str(n), mentions=mention_rows(posts))
    return archive


def counted(archive: archives.Archive) -> list[dict[str, int]]:
    rows: list[dict[str, int]] = archive.query(COUNT, tables=("posts",)).to_pylist()
    return rows


def test_a_sweep_makes_few_files_and_changes_no_answer(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    before = counted(archive)
    done = compact(archive, now=NOW)
    assert done.merged >= 16
    assert len(archive.logs["posts"].files) < 8
    assert counted(archive) == before == [{"n": 60, "ids": 60}]
    assert check(archive).faults == []


def test_a_day_that_is_over_becomes_one_file(tmp_path: Path) -> None:
    archive = filled(tmp_path, batches=3)
    compact(archive, now=NOW + timedelta(days=3))
    assert len(archive.logs["posts"].files) == 1


def test_readers_that_began_before_a_sweep_still_find_their_files(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    files = archive.logs["posts"].paths()
    compact(archive, now=NOW, everything=True)
    assert all(Path(file).exists() for file in files)


def test_erased_means_off_the_disk(tmp_path: Path) -> None:
    archive = filled(tmp_path, batches=2)
    archive.append("s", read_rows(["bad"], text=lambda _: "unmistakable words"), now=NOW, cursor="x")
    assert erase(archive, ["bad"], now=NOW) == 1
    assert archive.query("SELECT id FROM posts WHERE id = 'bad'", tables=("posts",)).num_rows == 0
    for path in (tmp_path / "posts").rglob("*.parquet"):
        assert "unmistakable words" not in pq.read_table(path, partitioning=None)["text"].to_pylist()
    assert archive.append("s", read_rows(["bad"]), now=NOW, cursor="y").posts == 0


def test_old_deletions_are_forgotten_but_what_was_erased_never(tmp_path: Path) -> None:
    archive = filled(tmp_path, batches=2)
    then = NOW - timedelta(days=30)
    for why, one in (("deleted", "p0-0"), ("erased", "p0-1")):
        archive.remove(
            pa.Table.from_pylist([{"id": one, "network": "bluesky", "at": then, "why": why}], schema=GONE), now=then
        )
    compact(archive, now=NOW)
    assert archive.query("SELECT id FROM gone", tables=("gone",))["id"].to_pylist() == ["p0-1"]
    assert archive.append("s", read_rows(["p0-1"]), now=NOW, cursor="x").posts == 0
    assert counted(archive) == [{"n": 8, "ids": 8}]


def test_only_one_sweep_runs_at_a_time(tmp_path: Path) -> None:
    import filelock

    archive = filled(tmp_path)
    with filelock.FileLock(str(tmp_path / "sweep.lock")):
        assert compact(archive, now=NOW).merged == 0


def test_files_of_writers_that_died_are_cleared_away_but_not_young_ones(tmp_path: Path) -> None:
    archive = filled(tmp_path, batches=1)
    folder = next((tmp_path / "posts").glob("day=*"))
    old, young = folder / "old.tmp", folder / "young.parquet"
    old.write_bytes(b"half")
    young.write_bytes(b"being written")
    os.utime(old, (time.time() - 7200,) * 2)
    compact(archive, now=NOW)
    assert not old.exists()
    assert young.exists()


@pytest.mark.parametrize("harm", ["missing", "cut", "flipped", "swapped"])
def test_damage_is_found_and_named(tmp_path: Path, harm: str) -> None:
    archive = filled(tmp_path, batches=2)
    path = Path(archive.logs["posts"].paths()[0])
    data = bytearray(path.read_bytes())
    if harm == "missing":
        path.unlink()
    elif harm == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif harm == "flipped":
        data[len(data) // 3] ^= 0xFF
        path.write_bytes(data)
    else:
        pq.write_table(pa.table({"id": ["x"]}), path)
    found = check(archives.open(tmp_path))
    assert [fault.params["path"] for fault in found.faults] == [str(path)]


def test_no_byte_of_a_file_can_change_unseen(tmp_path: Path) -> None:
    archive = filled(tmp_path, batches=1)
    path = Path(archive.logs["posts"].paths()[0])
    whole = path.read_bytes()
    for place in random.Random(3).sample(range(len(whole)), 150):
        harmed = bytearray(whole)
        harmed[place] ^= 1 << place % 8
        path.write_bytes(harmed)
        assert len(check(archive).faults) == 1, place
    path.write_bytes(whole)
    assert check(archive).faults == []


def test_a_question_over_a_damaged_file_names_it(tmp_path: Path) -> None:
    archive = filled(tmp_path, batches=2)
    path = Path(archive.logs["posts"].paths()[0])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ArchiveDamaged) as told:
        archive.query("SELECT sum(length(text)) FROM posts", tables=("posts",))
    assert told.value.params["path"] == str(path)


def test_a_damaged_log_stops_with_its_name(tmp_path: Path) -> None:
    filled(tmp_path, batches=1)
    for entry in (tmp_path / "posts" / "_delta_log").glob("*.json"):
        entry.write_text("{not json")
    with pytest.raises(ArchiveDamaged) as told:
        archives.open(tmp_path)
    assert told.value.code == "archive_log_damaged"


def test_a_wrong_question_is_the_askers_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as told:
        filled(tmp_path, batches=1).query("SELECT nothing FROM posts", tables=("posts",))
    assert told.value.code == "question_wrong"


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_an_export_has_every_row_that_an_answer_has(tmp_path: Path, suffix: str) -> None:
    archive = filled(tmp_path / "archive", batches=2)
    erase(archive, ["p0-0"], now=NOW)
    out = tmp_path / f"out.{suffix}"
    assert archive.export("posts", out) == 9
    if suffix == "parquet":
        assert pq.read_table(out).num_rows == 9
    elif suffix == "jsonl":
        assert {json.loads(line)["id"] for line in out.read_text().splitlines()} >= {"p0-1", "p1-4"}
    with pytest.raises(InvalidInput):
        archive.export("posts", tmp_path / "out.xlsx")


def test_a_snapshot_is_a_whole_archive(tmp_path: Path) -> None:
    archive = filled(tmp_path / "archive")
    archive.snapshot(tmp_path / "copy")
    archive.append("s", read_rows(["later"]), now=NOW, cursor="later")
    copy = archives.open(tmp_path / "copy")
    assert counted(copy) == [{"n": 60, "ids": 60}]
    assert copy.cursor("s") == "11"
    assert check(copy).faults == []


def test_an_older_schema_is_migrated_and_its_files_still_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = pa.schema([field for field in tables.STORED["posts"] if field.name != "poll"])
    with monkeypatch.context() as patched:
        patched.setitem(tables.STORED, "posts", old)
        patched.setitem(archives.STORED, "posts", old)
        archives.open(tmp_path).append("s", read_rows(["a"]), now=NOW, cursor="1")

    def add_poll(delta: object) -> None:
        from deltalake import DeltaTable, Field
        from deltalake.schema import ArrayType, PrimitiveType

        assert isinstance(delta, DeltaTable)
        if "posts" in str(delta.table_uri):
            delta.alter.add_columns([Field("poll", ArrayType(PrimitiveType("string"), True))])

    monkeypatch.setattr(tables, "SCHEMA_VERSION", 2)
    monkeypatch.setitem(tables.MIGRATIONS, 1, add_poll)
    archive = archives.open(tmp_path)
    archive.append("s", read_rows(["b"], poll=[["yes", "no"]]), now=NOW, cursor="2")
    rows = archive.query("SELECT id, poll FROM posts ORDER BY id", tables=("posts",)).to_pylist()
    assert rows == [{"id": "a", "poll": None}, {"id": "b", "poll": ["yes", "no"]}]
    monkeypatch.setattr(tables, "SCHEMA_VERSION", 1)
    with pytest.raises(InvalidInput) as told:
        archives.open(tmp_path)
    assert told.value.code == "archive_newer"


WRITER = """
import sys
from pathlib import Path
from tests.conftest import NOW, mention_rows, read_rows
from kalkan import archive as archives
root, source, total = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
archive = archives.open(root)
done = int(archive.cursor(source) or 0)
print("ready", flush=True)
while done < total:
    step = min(total, done + 1 + done % 7)
    posts = read_rows([f"{source}-{n}" for n in range(max(0, done - 3), step)])
    archive.append(source, posts, now=NOW, cursor=str(step), mentions=mention_rows(posts))
    done = step
    print(done, flush=True)
"""


def writer(root: Path, source: str, total: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(root), source, str(total)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    total, acknowledged, luck = 400, 0, random.Random(7)
    for _ in range(6):
        with writer(tmp_path, "s", total) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            wait = time.monotonic() + luck.uniform(0.02, 0.35)
            while time.monotonic() < wait and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            lines = process.stdout.read().split()
        if lines:
            acknowledged = max(acknowledged, int(lines[-1]))
        held = counted(archives.open(tmp_path))[0]
        assert held["n"] == held["ids"] >= acknowledged
    process = writer(tmp_path, "s", total)
    process.communicate(timeout=60)
    archive = archives.open(tmp_path)
    assert counted(archive) == [{"n": total, "ids": total}]
    assert archive.query("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM mentions").to_pylist() == [
        {"n": total, "ids": total}
    ]
    assert check(archive).faults == []


def test_two_writers_and_a_sweep_at_once_never_block_or_fool_a_reader(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    writers = [writer(tmp_path, "one", 150), writer(tmp_path, "two", 150)]
    last = 0
    try:
        while any(process.poll() is None for process in writers):
            held = counted(archive)[0]
            assert held["n"] == held["ids"]
            assert held["n"] >= last
            last = held["n"]
            compact(archive, now=NOW)
    finally:
        for process in writers:
            process.communicate(timeout=60)
    assert [process.returncode for process in writers] == [0, 0]
    assert counted(archive) == [{"n": 300, "ids": 300}]
    assert check(archive).faults == []
