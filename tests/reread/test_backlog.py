"""Mentions read carefully: newest first, and never more of the processor's time than was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from kalkan import archive as archives
from kalkan import reading
from kalkan.archive.readings import Readings
from kalkan.reading.backlog import Budget, Done, read_backlog
from kalkan.reading.recipe import Recipe
from tests.conftest import NOW, mention_rows, read_rows


class Slow:
    """A reader that takes a tenth of a second of the processor for every post."""

    def __init__(self) -> None:
        fast = reading.current()
        self.recipe: Any = Recipe(name=fast.name, digest=fast.digest, langs=("en",))
        self.clock = 0.0
        self.read_ids: list[str] = []

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in reading.read(batches, self.recipe):
            self.clock += 0.1 * batch.num_rows
            self.read_ids += batch.column("id").to_pylist()
            yield batch


@pytest.fixture
def storm(tmp_path: Path) -> archives.Archive:
    """Two hundred mentions a second apart, p0 the newest, among posts that are none."""
    archive = archives.open(tmp_path)
    rows = read_rows([f"p{n}" for n in range(200)], moments=[NOW - timedelta(seconds=n) for n in range(200)])
    archive.append("s", rows, now=NOW, cursor="1", mentions=mention_rows(rows))
    archive.append("s", read_rows(["none"]), now=NOW, cursor="2")
    return archive


def turn(archive: archives.Archive, slow: Slow, budget: Budget, **more: Any) -> Done:
    since = NOW - timedelta(days=28)
    return read_backlog(Readings(archive), slow, budget, since=since, now=lambda: NOW, spent=lambda: slow.clock, **more)


def test_a_storm_is_read_newest_first_within_the_budget(storm: archives.Archive) -> None:
    slow, wall = Slow(), SimpleNamespace(at=0.0)
    budget = Budget(12.0, lambda: wall.at)
    read = 0
    for _ in range(30):
        wall.at += 5.0
        done = turn(storm, slow, budget)
        read += done.read
        if done.left == 0:
            break
        assert slow.clock <= 12.0 * wall.at / 60 + 1.7  # a piece that is begun is ended
        assert done.left == 200 - read
    assert read == 200
    assert slow.read_ids == [f"p{n}" for n in range(200)]
    assert 75 <= wall.at <= 110  # 20 seconds of the processor at 12 a minute


def test_what_comes_meanwhile_goes_first(storm: archives.Archive) -> None:
    slow, wall = Slow(), SimpleNamespace(at=0.0)
    budget = Budget(60.0, lambda: wall.at)
    wall.at = 2.0
    turn(storm, slow, budget)
    late = read_rows(["late"], at=NOW + timedelta(seconds=1))
    storm.append("s", late, now=NOW, cursor="3", mentions=mention_rows(late))
    before = len(slow.read_ids)
    wall.at = 10.0
    turn(storm, slow, budget)
    assert slow.read_ids[before] == "late"


def test_a_quiet_minute_saves_up_no_more_than_a_minute() -> None:
    wall = SimpleNamespace(at=0.0)
    budget = Budget(20.0, lambda: wall.at)
    assert budget.held() == 0.0
    wall.at = 3600.0
    assert budget.held() == 20.0
    budget.spend(25.0)
    assert budget.held() == -5.0
    wall.at += 15.0
    assert budget.held() == pytest.approx(0.0)


def test_nothing_is_read_without_a_budget_or_after_the_stop(storm: archives.Archive) -> None:
    slow = Slow()
    assert turn(storm, slow, Budget(0.0, lambda: 1e6)) == Done(read=0, left=200, seconds=0.0)
    wall = SimpleNamespace(at=0.0)
    budget = Budget(60.0, lambda: wall.at)
    wall.at = 60.0
    assert turn(storm, slow, budget, stop=lambda: True).read == 0
    stops = iter([False, True])
    assert turn(storm, slow, budget, stop=lambda: next(stops, True)).read == 16
