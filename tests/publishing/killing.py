"""A worker in a process of its own that is ended by SIGKILL at a chosen step: round a write, a move or a request."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kalkan import publishing
from kalkan.drafts import Event, State
from kalkan.networks import publishing as networks
from kalkan.networks.http import Answer, Door
from kalkan.publishing import Step
from tests.publishing.keeper import Keeper

Credentials = Mapping[str, Mapping[str, str]]
"""By account."""


def open_with(credentials: Credentials) -> publishing.sending.Open:
    """Publishers on loopback; what networks hand out anew is not kept."""

    def open_account(network: str, account: str) -> networks.Publisher:
        kind = networks.kind(network)
        return kind.open(account, credentials[account], keep=lambda new: None, loopback=True)

    return open_account


def work(path: str, credentials: dict[str, dict[str, str]], point: int, moment: str) -> None:
    """One look at all drafts, ended at the ``point``-th step; with 0 it is left alone."""
    left = point

    def tick() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    class Fused(Keeper):
        def write(self, key: str, step: Step) -> None:
            tick()
            super().write(key, step)
            tick()

        def move(self, key: str, event: Event, *, now: datetime) -> State:
            tick()
            state = super().move(key, event, now=now)
            tick()
            return state

    def fuse(ask: Callable[..., Answer]) -> Callable[..., Answer]:
        def asked(self: Door, *args: Any, **kwargs: Any) -> Answer:
            tick()
            answer = ask(self, *args, **kwargs)
            tick()
            return answer

        return asked

    Door._ask = fuse(Door._ask)  # type: ignore[method-assign]
    keeper = Fused(path)
    now = datetime.fromisoformat(moment) if moment else None
    publishing.tend(keeper, open=open_with(credentials), verdict=lambda key: "go", now=lambda: now or datetime.now(UTC))
    keeper.close()


class Workers:
    """Starts workers quickly: from a process that has everything imported already."""

    def __init__(self) -> None:
        self._start = multiprocessing.get_context("forkserver")
        publishers = ["kalkan.networks.bluesky_publish", "kalkan.networks.mastodon_publish"]
        self._start.set_forkserver_preload(["tests.publishing.killing", *publishers])

    def run(self, path: Path, credentials: Credentials, *, point: int = 0, wait: float | None = None) -> bool:
        """Whether the worker came to its end; ``wait`` kills it from outside after so many seconds."""
        told = {account: dict(held) for account, held in credentials.items()}
        worker = self._start.Process(target=work, args=(str(path), told, point, ""))
        worker.start()
        worker.join(60 if wait is None else wait)
        if worker.exitcode is None:
            worker.kill()
            worker.join()
        code = worker.exitcode
        worker.close()
        assert code in (0, -signal.SIGKILL), code
        return code == 0
