"""The worker's jobs: a fault of one is told and tried again, damage ends all."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from kalkan.cli.doctor import examine
from kalkan.config import load
from kalkan.desk import jobs
from kalkan.errors import ArchiveDamaged, NetworkError
from tests.desk.conftest import Cast, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


@pytest.fixture
def acts() -> Iterator[ModuleType]:
    module = ModuleType("acts_of_a_test")
    sys.modules[module.__name__] = module
    yield module
    del sys.modules[module.__name__]


def work(folder: Path) -> jobs.Work:
    archive: Any = None  # these jobs ask it nothing
    config = load({}, data=str(folder))
    return jobs.Work(archive=archive, config=config, now=lambda: NOW, stop=threading.Event())


def job(name: str, every: float = 0.01, *, apart: bool = False) -> jobs.Job:
    return jobs.Job(name=name, every=every, run=f"acts_of_a_test:{name}", apart=apart)


def counted(limit: int, fault: Callable[[int], BaseException | None]) -> Callable[[jobs.Work], None]:
    """A job that fails as ``fault`` says of each run's number, and ends the worker after ``limit`` runs."""
    runs = [0]

    def run(given: jobs.Work) -> None:
        runs[0] += 1
        if runs[0] >= limit:
            given.stop.set()
        if (trouble := fault(runs[0])) is not None:
            raise trouble

    return run


@pytest.mark.parametrize("apart", [False, True])
def test_a_fault_is_told_and_the_job_runs_again(acts: ModuleType, tmp_path: Path, apart: bool) -> None:
    given = work(tmp_path)
    seen: list[str] = []
    acts.other = lambda _: seen.append("ran")
    acts.shaky = counted(3, lambda n: NetworkError("no_answer", host="mail.example") if n != 2 else None)
    jobs.work(given, [job("shaky", apart=apart), job("other")])
    assert seen
    assert jobs.faults(given.config) == {
        "shaky": {"code": "no_answer", "params": {"host": "mail.example"}, "at": NOW.isoformat()}
    }


def test_a_job_that_works_again_is_no_longer_told(acts: ModuleType, tmp_path: Path) -> None:
    given = work(tmp_path)
    acts.shaky = counted(2, lambda n: NetworkError("no_answer", host="mail.example") if n == 1 else None)
    jobs.work(given, [job("shaky")])
    assert jobs.faults(given.config) == {}


def test_a_mistake_of_ours_in_one_job_leaves_the_others_alone(
    acts: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = work(tmp_path)
    acts.wrong = lambda _: {}["nothing"]
    acts.other = counted(3, lambda _: None)
    jobs.work(given, [job("wrong", every=60), job("other")])
    assert jobs.faults(given.config)["wrong"]["code"] == "unexpected"
    assert "KeyError" in capsys.readouterr().err


def test_damage_ends_every_job(acts: ModuleType, tmp_path: Path) -> None:
    given = work(tmp_path)
    acts.other = lambda _: None
    acts.damaged = counted(99, lambda _: ArchiveDamaged("archive_file_missing", path="posts"))
    with pytest.raises(ArchiveDamaged):
        jobs.work(given, [job("other"), job("damaged", apart=True)])
    assert given.stop.is_set()


def test_jobs_that_are_not_due_are_left_alone(acts: ModuleType, tmp_path: Path) -> None:
    given = work(tmp_path)
    seen: list[str] = []
    acts.later = lambda _: seen.append("ran")
    acts.other = counted(3, lambda _: None)
    jobs.work(given, [jobs.Job(name="later", every=1, run="acts_of_a_test:later", first=60), job("other")])
    assert not seen


def test_every_job_that_is_shipped_can_be_imported() -> None:
    from importlib import import_module

    for one in jobs.JOBS:
        module, _, name = one.run.partition(":")
        assert callable(getattr(import_module(module), name))


def test_the_page_and_the_doctor_tell_of_a_broken_job(acts: ModuleType, cast: Cast, data: Path) -> None:
    given = work(data)
    acts.wrong = counted(1, lambda _: NetworkError("no_answer", host="mail.example"))
    jobs.work(given, [job("wrong")])
    assert "wrong" in signed_in(cast.ayse).get("/listening/").content.decode()
    told = [found for found in examine(str(data)) if found.code == "doctor_job"]
    assert [(found.level, found.params["name"]) for found in told] == [("care", "wrong")]
