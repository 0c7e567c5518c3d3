"""A listener's life: hears, reads, matches and stores; waits after faults; stops cleanly; says how it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from kalkan import archive as archives
from kalkan import pipeline
from kalkan.brands import Brand, Watch
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.base import Coverage, Limits
from kalkan.posts import POSTS, READ_POSTS, Batch, Gap, Reject
from tests.conftest import NOW, read_rows

FINDIK = Brand(slug="findik", name="Fındık", watches=(Watch(kind="name", text="Fındık"),))


def read(posts: pa.Table) -> pa.Table:
    """A reader that has no opinion."""
    plain = read_rows(["x"] * posts.num_rows)
    for column in READ_POSTS:
        if column.name not in POSTS.names:
            posts = posts.append_column(column, plain[column.name])
    return posts


class Scripted:
    """A network that plays a list: batches are given, errors raised, and then it is silent."""

    name, source, limits = "bluesky", "bluesky:test", Limits()

    def __init__(self, *script: Batch | Exception) -> None:
        self.script: Iterator[Batch | Exception] = iter(script)
        self.asked: list[str | None] = []
        self.done = threading.Event()
        self.closed = False
        self.watched: frozenset[str] = frozenset()

    def poll(self, cursor: str | None, *, now: datetime) -> Batch:
        self.asked.append(cursor)
        step = next(self.script, None)
        if step is None:
            self.done.set()
            time.sleep(0.01)
            return Batch(cursor=cursor)
        if isinstance(step, Exception):
            raise step
        return step

    def watch(self, post_ids: frozenset[str]) -> None:
        self.watched = post_ids

    def close(self) -> None:
        self.closed = True


def batch(cursor: str, *ids: str, **more: object) -> Batch:
    rows = read_rows(ids, text=lambda one: f"Fındık {one}").select(POSTS.names)
    return Batch(posts=rows, cursor=cursor, frames=len(ids), **more)  # type: ignore[arg-type]


def run(
    network: Scripted,
    root: Path,
    *,
    until: Callable[[], bool] | None = None,
    archive: archives.Archive | None = None,
    clock: Callable[[], datetime] = lambda: NOW,
) -> Mapping[str, object]:
    """Listen until the script is played and stored; the listener's last word."""
    stop = threading.Event()
    listener = pipeline.Listener(
        network=network,
        archive=archive or archives.open(root / "archive"),
        read=read,
        brands=lambda: (FINDIK,),
        brands_version=lambda: 1,
        status=pipeline.Status(
            source=network.source, network="bluesky", title="Bluesky", coverage=Coverage(code="all_public")
        ),
        status_folder=root / "status",
        stop=stop,
        now=clock,
        jitter=lambda: 0.0,
    )
    faults: list[BaseException] = []

    def listen() -> None:
        try:
            listener.run()
        except BaseException as error:
            faults.append(error)

    thread = threading.Thread(target=listen)
    thread.start()
    limit = time.monotonic() + 20
    while time.monotonic() < limit and thread.is_alive() and not (network.done.is_set() and (until is None or until())):
        time.sleep(0.02)
    stop.set()
    thread.join(timeout=20)
    assert not thread.is_alive()
    if faults:
        raise faults[0]
    word: dict[str, object] = json.loads(next((root / "status").glob("*.json")).read_text(encoding="utf-8"))
    return word


def count(root: Path, table: str = "posts") -> int:
    archive = archives.open(root / "archive")
    found: int = archive.query(f"SELECT count(*) AS n FROM {table}", tables=(table,))["n"][0].as_py()
    return found


def test_what_is_heard_is_read_matched_and_stored(tmp_path: Path) -> None:
    network = Scripted(batch("1", "a", "b"), batch("2", "b", "c"))
    word = run(network, tmp_path, until=lambda: count(tmp_path) == 3)
    assert (count(tmp_path), count(tmp_path, "mentions")) == (3, 3)
    assert archives.open(tmp_path / "archive").cursor(network.source) == "2"
    assert (word["posts_total"], word["duplicates_total"]) == (3, 1)
    assert word["state"] == "off"
    assert network.closed


def test_after_a_fault_it_waits_as_told_and_goes_on_from_where_it_was(tmp_path: Path) -> None:
    network = Scripted(
        batch("1", "a"), NetworkError("rate_limited", retry_after=0.05), NetworkError("cut_off"), batch("2", "b")
    )
    run(network, tmp_path, until=lambda: count(tmp_path) == 2)
    assert network.asked[:4] == [None, "1", "1", "1"]
    assert count(tmp_path) == 2


def test_a_new_process_goes_on_from_the_stored_cursor(tmp_path: Path) -> None:
    run(Scripted(batch("1", "a")), tmp_path, until=lambda: count(tmp_path) == 1)
    later = Scripted(batch("2", "b"))
    run(later, tmp_path, until=lambda: count(tmp_path) == 2)
    assert later.asked[0] == "1"


def test_a_permanent_refusal_is_told_and_tried_again_much_later(tmp_path: Path) -> None:
    network = Scripted(NetworkError("forbidden", permanent=True, server="example.test"))
    seen: list[Mapping[str, object]] = []

    def failed() -> bool:
        files = list((tmp_path / "status").glob("*.json"))
        if files:
            seen.append(json.loads(files[0].read_text(encoding="utf-8")))
        return bool(seen) and seen[-1]["state"] == "failed"

    network.done.set()
    run(network, tmp_path, until=failed)
    assert seen[-1]["error"] == {"code": "forbidden", "params": {"server": "example.test"}}
    assert datetime.fromisoformat(str(seen[-1]["retry_at"])) - NOW >= timedelta(minutes=30)


def test_gaps_and_rows_kept_out_are_said_and_stored(tmp_path: Path) -> None:
    gap = Gap(since=NOW - timedelta(hours=2), until=NOW - timedelta(hours=1), why="clamped")
    network = Scripted(batch("1", "a", gaps=(gap,), rejects=(Reject(kind="not_json", n=3, example="{"),)))
    word = run(network, tmp_path, until=lambda: count(tmp_path, "events") == 2)
    assert word["rejects"] == {"not_json": {"n": 3, "example": "{", "last": NOW.isoformat()}}
    assert word["gaps"] == [{"since": gap.since.isoformat(), "until": gap.until.isoformat(), "why": "clamped"}]


def test_a_fault_of_ours_ends_the_listener_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = archives.open(tmp_path / "archive")

    def full(*positional: object, **named: object) -> None:
        raise InvalidInput("archive_unwritable", path="x", detail="No space left on device")

    monkeypatch.setattr(archive, "append", full)
    with pytest.raises(InvalidInput) as told:
        run(Scripted(batch("1", "a")), tmp_path, archive=archive)
    assert told.value.code == "archive_unwritable"


def test_a_broken_network_part_ends_the_listener_and_is_told(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        run(Scripted(batch("1", "a"), ZeroDivisionError()), tmp_path)
    assert count(tmp_path) == 1, "what was heard before is stored"


def test_new_watches_find_what_is_held_already(tmp_path: Path) -> None:
    run(Scripted(batch("1", "a", "b")), tmp_path, until=lambda: count(tmp_path) == 2)
    archive = archives.open(tmp_path / "archive")
    other = Brand(slug="b", name="b", watches=(Watch(kind="name", text="b"),))
    period = {"since": NOW - timedelta(days=3), "until": NOW + timedelta(days=1)}
    assert pipeline.rematch(archive, (FINDIK, other), **period) == 1
    assert pipeline.rematch(archive, (FINDIK, other), **period) == 0


def test_an_import_broken_off_and_begun_again_has_every_post_once(tmp_path: Path) -> None:
    archive = archives.open(tmp_path / "archive")
    parts = [batch("2", "a", "b"), batch("4", "c", "d", rejects=(Reject(kind="row", n=1, example="line 5"),))]
    common = {"archive": archive, "read": read, "brands": (FINDIK,), "now": NOW}
    pipeline.bring_in(parts[:1], "file:x", **common)  # type: ignore[arg-type]
    done = pipeline.bring_in(parts, "file:x", **common)  # type: ignore[arg-type]
    assert (done.posts, done.repeats, done.rejects["row"].n) == (2, 2, 1)
    assert count(tmp_path) == 4
