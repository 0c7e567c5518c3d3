"""Readings by another recipe: beside the first, once each, whole after a kill, gone with their post."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from kalkan import archive as archives
from kalkan import reading
from kalkan.archive.check import check
from kalkan.archive.readings import Readings
from kalkan.archive.sweep import compact, erase
from kalkan.errors import Refused
from kalkan.posts import GONE, READINGS
from kalkan.reading.again import Local, Progress, reread
from kalkan.reading.local import reader_pool
from tests.conftest import NOW, mention_rows, read_rows

DAYS = [NOW - timedelta(days=n, minutes=n) for n in range(6)]
WORDS = ("I love this jar", "Kargom hâlâ gelmedi, rezalet", "when do you open?", "çok güzel olmuş", "meh", "😂")


def filled(root: Path, *, posts: int = 60, mentions: int = 12) -> archives.Archive:
    archive = archives.open(root)
    ids = [f"at://p{n}" for n in range(posts)]
    moments = [DAYS[n % 6] for n in range(posts)]
    rows = read_rows(ids, text=lambda one: f"{WORDS[len(one) % len(WORDS)]} {one}", moments=moments)
    archive.append("s", rows, now=NOW, cursor="1", mentions=mention_rows(rows.slice(0, mentions)))
    return archive


def again(archive: archives.Archive, *, rows: int = 25, **options: object) -> int:
    with reader_pool(reading.current(), 1) as readers:
        return reread(Readings(archive), Local(readers), now=lambda: NOW, rows=rows, **options)  # type: ignore[arg-type]


def stored(archive: archives.Archive) -> pa.Table:
    return archive.query("SELECT * FROM readings ORDER BY id", tables=("readings",))


def test_the_whole_archive_is_read_beside_what_it_was_heard_with(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    told: list[Progress] = []
    assert again(archive, progress=told.append) == 60
    assert (told[-1].seen, told[-1].total, told[-1].read) == (60, 60, 60)
    assert [one.day for one in told] == sorted((one.day for one in told), reverse=True)
    found = stored(archive)
    assert set(found["recipe"].to_pylist()) == {reading.current().id}
    assert set(found["read_at"].to_pylist()) == {NOW}
    heard = archive.query("SELECT id, text, recipe FROM posts ORDER BY id", tables=("posts",))
    assert set(heard["recipe"].to_pylist()) == {"test+0"}
    direct = pa.Table.from_batches(list(reading.read(heard.select(["id", "text"]).combine_chunks().to_batches())))
    assert found.select(READINGS.names).to_pylist() == direct.select(READINGS.names).to_pylist()
    assert check(archive).faults == []


def test_a_second_run_reads_nothing_and_new_posts_are_read_alone(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    again(archive)
    assert again(archive) == 0
    archive.append("s", read_rows(["at://late"]), now=NOW, cursor="2")
    archive.append("s", read_rows(["at://own"], recipe=reading.current().id), now=NOW, cursor="3")
    assert again(archive) == 1
    assert stored(archive).num_rows == 61


def test_the_same_readings_given_twice_are_stored_once(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    readings = Readings(archive)
    rows = readings.unread("other+1", since=None, until=None)
    with reader_pool(reading.current(), 1) as readers:
        table = pa.Table.from_batches(readers.read(rows.to_batches())).drop_columns(["text", "langs"])
    assert readings.append([table, table], now=NOW).rows == 120 - 60
    assert readings.append([pa.concat_tables([table, table])], now=NOW).rows == 0
    assert check(archive).faults == []


def test_two_versions_of_a_post_are_two_readings_until_the_first_is_swept(tmp_path: Path) -> None:
    archive = filled(tmp_path, posts=3)
    again(archive)
    edited = read_rows(["at://p0"], text=lambda _: "I hate it now", moments=[DAYS[0]], edited_at=NOW)
    archive.append("s", edited, now=NOW, cursor="2")
    assert again(archive) == 1
    rows = archive.query("SELECT edited_at FROM readings WHERE id = 'at://p0'", tables=("readings",))
    assert rows["edited_at"].to_pylist() == [NOW]
    compact(archive, now=NOW)
    on_disk = [pq.read_table(path, partitioning=None) for path in archive.logs["readings"].paths()]
    assert sorted(pa.concat_tables(on_disk)["id"].to_pylist()) == ["at://p0", "at://p1", "at://p2"]


def test_a_reading_goes_with_its_post(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    again(archive)
    found = archive.query("SELECT author_id FROM posts WHERE id = 'at://p3'", tables=("posts",))
    author = found["author_id"][0].as_py()
    gone = [{"id": author, "network": "bluesky", "at": NOW, "why": "account"}]
    archive.remove(pa.Table.from_pylist(gone, schema=GONE), now=NOW)
    assert author not in stored(archive)["author_id"].to_pylist()
    assert erase(archive, ["at://p1"], now=NOW + timedelta(seconds=1)) > 2
    on_disk = pa.concat_tables([pq.read_table(path, partitioning=None) for path in archive.logs["readings"].paths()])
    assert author not in on_disk["author_id"].to_pylist()
    assert "at://p1" not in on_disk["id"].to_pylist()
    assert check(archive).faults == []


def test_what_went_while_it_was_being_read_is_not_stored(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    with reader_pool(reading.current(), 1) as readers:
        rows = Readings(archive).unread(reading.current().id, since=None, until=None)
        table = pa.Table.from_batches(readers.read(rows.to_batches())).drop_columns(["text", "langs"])

    def handed() -> object:
        yield table
        erase(archives.open(tmp_path), ["at://p5"], now=NOW)

    done = Readings(archive).append(handed(), now=NOW)  # type: ignore[arg-type]
    assert (done.rows, done.left_out) == (59, 1)
    assert "at://p5" not in stored(archive)["id"].to_pylist()


def test_mentions_come_each_once_newest_first(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    rows = read_rows(["at://two"], moments=[NOW + timedelta(minutes=1)])
    both = pa.concat_tables([mention_rows(rows), mention_rows(rows, brand="other")])
    archive.append("s", rows, now=NOW, cursor="2", mentions=both)
    found = Readings(archive).unread("other+1", since=None, until=None, mentions=True, limit=5)
    assert found["id"][0].as_py() == "at://two"
    assert found["at"].to_pylist() == sorted(found["at"].to_pylist(), reverse=True)
    assert found.num_rows == 5
    assert Readings(archive).left("other+1", since=None, mentions=True) == 13


def test_days_are_parted_and_joined_to_steps(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    steps = Readings(archive).steps(rows=25)
    assert [step.rows for step in steps] == [20, 20, 20]
    parted = Readings(archive).steps(rows=4)
    assert len(parted) == 18
    assert all(later.since == earlier.until for earlier, later in zip(parted[1:3], parted[:2], strict=True))
    ids = [Readings(archive).unread("x", since=one.since, until=one.until)["id"].to_pylist() for one in parted]
    assert sorted(one for some in ids for one in some) == sorted(f"at://p{n}" for n in range(60))


def test_only_one_whole_rereading_at_a_time(tmp_path: Path) -> None:
    archive = filled(tmp_path, posts=1)
    with Readings(archive).alone(), pytest.raises(Refused) as told:
        again(archives.open(tmp_path), rows=1000)
    assert told.value.code == "reread_running"


def test_an_archive_from_before_the_table_gets_it(tmp_path: Path) -> None:
    import shutil

    filled(tmp_path)
    shutil.rmtree(tmp_path / "readings")
    archive = archives.open(tmp_path, create=False)
    assert stored(archive).num_rows == 0
    assert again(archive) == 60


def test_a_sweep_keeps_every_reading(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    for n in range(3):
        archive.append("s", read_rows([f"at://x{n}"]), now=NOW, cursor=f"x{n}")
        again(archive)
    before = stored(archive).to_pylist()
    compact(archive, now=NOW + timedelta(days=9), everything=True)
    assert stored(archive).to_pylist() == before
    assert check(archive).faults == []


KILLED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from kalkan import archive as archives
from kalkan import reading
from kalkan.archive.readings import Readings
from kalkan.reading.again import Local, reread
from kalkan.reading.local import reader_pool
store = Readings(archives.open(Path(sys.argv[1])))
print("ready", flush=True)
with reader_pool(reading.current(), 1) as readers:
    reread(store, Local(readers), now=lambda: datetime.now(UTC), rows=40,
           progress=lambda done: print(done.read, flush=True))
print("done", flush=True)
"""


def test_killed_in_the_middle_nothing_is_read_twice_or_left_out(tmp_path: Path) -> None:
    posts, luck = 360, random.Random(5)
    archive = filled(tmp_path, posts=posts)
    acknowledged = kills = 0
    while kills < 4:
        command = [sys.executable, "-c", KILLED, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "ready"
            time.sleep(luck.uniform(0.1, 0.6))
            process.send_signal(signal.SIGKILL)
            lines = process.stdout.read().split()
        before = stored(archives.open(tmp_path)).num_rows
        assert before >= acknowledged + max([int(line) for line in lines if line != "done"], default=0)
        acknowledged, kills = before, kills + 1
        if "done" in lines:
            break
    again(archives.open(tmp_path), rows=1000)
    found = stored(archive)
    assert found.num_rows == len(pc.unique(found["id"])) == posts
    assert check(archive).faults == []


def test_a_stop_is_heeded_between_steps(tmp_path: Path) -> None:
    archive = filled(tmp_path)
    seen: list[Progress] = []
    assert again(archive, progress=seen.append, stop=lambda: bool(seen)) == 20
    assert again(archive) == 40


def test_a_million_posts_of_one_second_are_not_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from kalkan.reading import again as rereading

    archive = archives.open(tmp_path)
    rows = read_rows([f"at://same{n}" for n in range(25)])
    archive.append("s", rows, now=NOW, cursor="1")
    monkeypatch.setattr(rereading, "MOST", 10)
    commits = archive.logs["readings"].version
    assert again(archive, rows=5) == 25
    assert Readings(archive).steps(rows=5)[0].rows == 5
    archive.logs["readings"].refresh()
    assert archive.logs["readings"].version == commits + 3
