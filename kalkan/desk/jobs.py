"""What the worker does, and how often.

Owns the list of jobs. Promises that a job that fails for reasons outside Kalkan is tried again later and stops no other
job, and that damage to our own data ends the worker. Each job is a function of one :class:`Work` and soon done, or
marked ``apart``: then it has a thread of its own.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from kalkan.config import Config
from kalkan.errors import ArchiveDamaged, KalkanError

if TYPE_CHECKING:
    from kalkan.archive import Archive


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What a job is handed. ``stop`` is set when the worker is asked to end: long jobs look at it."""

    archive: Archive
    config: Config
    now: Callable[[], datetime]
    stop: threading.Event


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One kind of work. ``run`` names a function ``(Work) -> None`` as ``module:function``, imported when first due."""

    name: str
    every: float  # seconds from the end of one run to the beginning of the next
    run: str
    apart: bool = False  # in a thread of its own: it takes long, or must not wait for others
    first: float = 0.0  # seconds before the first run


JOBS: Final[tuple[Job, ...]] = (
    Job(name="mentions", every=2.0, run="kalkan.desk.tending:mentions"),
    Job(name="careful", every=5.0, run="kalkan.desk.rereading:careful", apart=True, first=6.0),
    Job(name="stories", every=5.0, run="kalkan.desk.following:stories", apart=True, first=2.0),
    Job(name="alarms", every=3.0, run="kalkan.desk.alarms_outbox:deliver", apart=True, first=5.0),
    Job(name="adjust", every=10.0, run="kalkan.desk.rereading:adjust", apart=True, first=9.0),
    Job(name="briefs", every=60.0, run="kalkan.desk.briefing:make", apart=True, first=15.0),
    Job(name="send", every=2.0, run="kalkan.desk.drafts_sending:send", apart=True, first=4.0),
    Job(name="accounts", every=300.0, run="kalkan.desk.drafts_sending:look_ahead", apart=True, first=20.0),
    Job(name="room", every=300.0, run="kalkan.desk.drafts_sending:look_again", apart=True, first=60.0),
    Job(name="demo", every=10.0, run="kalkan.desk.drafts_demo:connect", apart=True, first=8.0),
    Job(name="demo_leads", every=30.0, run="kalkan.desk.index_demo:seed", first=12.0),
    Job(name="outcomes", every=60.0, run="kalkan.desk.drafts_outcomes:outcomes", apart=True, first=30.0),
    Job(name="inbox", every=10.0, run="kalkan.desk.inbox:take_in", apart=True, first=3.0),
    Job(name="notifications", every=20.0, run="kalkan.desk.inbox_notices:gather", apart=True, first=12.0),
    Job(name="answered", every=30.0, run="kalkan.desk.inbox_answered:settle", apart=True, first=10.0),
    Job(name="calls", every=20.0, run="kalkan.desk.inbox_calls:call", apart=True, first=15.0),
    Job(name="threads", every=60.0, run="kalkan.desk.inbox_threads:weigh", apart=True, first=35.0),
    Job(name="piles", every=60.0, run="kalkan.desk.piles:gather", apart=True, first=25.0),
    Job(name="holds", every=900.0, run="kalkan.desk.caring:end", first=40.0),
    Job(name="sweep", every=90.0, run="kalkan.desk.tending:sweep", apart=True, first=20.0),
)


def work(with_: Work, jobs: Sequence[Job] = JOBS) -> None:
    """Run ``jobs`` until ``with_.stop`` is set.

    :raises ArchiveDamaged: our own data is not what it must be; every job has ended then.
    """
    faults: list[BaseException] = []
    lanes = [[job] for job in jobs if job.apart] + [[job for job in jobs if not job.apart]]
    threads = [threading.Thread(target=_lane, args=(lane, with_, faults), daemon=True) for lane in lanes if lane]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]


def _lane(jobs: Sequence[Job], with_: Work, faults: list[BaseException]) -> None:
    """Run ``jobs`` in turn, each when it is due."""
    due = {job.name: time.monotonic() + job.first for job in jobs}
    try:
        while not with_.stop.is_set():
            for job in jobs:
                if time.monotonic() >= due[job.name] and not with_.stop.is_set():
                    _once(job, with_)
                    due[job.name] = time.monotonic() + job.every
            with_.stop.wait(max(0.05, min(due.values()) - time.monotonic()))
    except BaseException as error:
        faults.append(error)
        with_.stop.set()


def _once(job: Job, with_: Work) -> None:
    from django.db import close_old_connections

    fault: dict[str, object] | None = None
    try:
        module, _, name = job.run.partition(":")
        run: Callable[[Work], None] = getattr(importlib.import_module(module), name)
        run(with_)
    except ArchiveDamaged:
        raise
    except KalkanError as error:
        fault = {"code": error.code, "params": {name: str(value) for name, value in error.params.items()}}
    except Exception as error:  # one broken job must not end the others: told on the page and by the doctor
        traceback.print_exc()
        fault = {"code": "unexpected", "params": {"detail": f"{type(error).__name__}: {error}"[:300]}}
    finally:
        close_old_connections()
    _say(job, fault, with_)


_saying: Final = threading.Lock()


def _say(job: Job, fault: dict[str, object] | None, with_: Work) -> None:
    """Keep in one small file which jobs failed last time, and with what."""
    path = faults_path(with_.config)
    with _saying, contextlib.suppress(OSError):  # a full disk is told by the job itself
        held = faults(with_.config)
        if fault is None and job.name not in held:
            return
        held.pop(job.name, None)
        if fault is not None:
            held[job.name] = {**fault, "at": with_.now().isoformat()}
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps(held, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)


def faults_path(config: Config) -> Path:
    """Where the faults of jobs are kept."""
    return config.data / "work-faults.json"


def faults(config: Config) -> dict[str, Any]:
    """The jobs whose last run failed: name → code, params, at (ISO 8601)."""
    try:
        found = json.loads(faults_path(config).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
