"""A thread with an asyncio loop of its own, for servers that must live beside synchronous code.

Promises that everything started in it is over when it is closed. Never touches the caller's own loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class Loop:
    """Runs coroutines in its thread until closed."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._turn, name=name, daemon=True)
        self._thread.start()

    def _turn(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def start(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin ``work`` there and come back at once."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[Any, Any, T], *, timeout: float = 30.0) -> T:
        """Do ``work`` there and wait for its result, for at most ``timeout`` seconds."""
        return self.start(work).result(timeout)

    def soon(self, call: Callable[..., object], *args: object) -> None:
        """Have ``call`` called there; nothing happens once the loop is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)

    @property
    def closed(self) -> bool:
        """Whether :meth:`close` has been called."""
        return self._loop.is_closed()

    def close(self) -> None:
        """Cancel what still runs, end the thread. May be called twice."""
        if self.closed:
            return
        self.run(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _finish(self) -> None:
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._loop.shutdown_asyncgens()
