"""The three processes of Kalkan: ``serve`` (the desk), ``listen`` (the listeners), ``work`` (the worker).

Promises a clean stop on Ctrl-C or SIGTERM: what was heard is stored first. Damage to our own data ends a process with
its sentence; a fault of a network never does.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from kalkan import config as settings
from kalkan.config import Config
from kalkan.errors import InvalidInput, KalkanError

if TYPE_CHECKING:
    from kalkan.desk.listening import OpenSource
    from kalkan.pipeline import Read

STOP_SECONDS: Final = 25.0
_AFTER_THE_DESK: Final = 5.0
_ASK_SECONDS: Final = 2.0


def configured(parsed: argparse.Namespace, **given: object) -> Config:
    named = {name: getattr(parsed, name, None) for name in ("host", "port")}
    return settings.load(os.environ, data=parsed.data, **{**named, **given})


def free_port(host: str, port: int) -> int:
    """``port`` if it can be had, any free one for 0.

    :raises InvalidInput: another program has it, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            detail = "0–65535" if isinstance(error, OverflowError) else error.strerror or str(error)
            raise InvalidInput("port_in_use", host=host, port=port, detail=detail) from error
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set ``stop``."""

    def told(number: int, frame: object) -> None:
        stop.set()

    before = {one: signal.signal(one, told) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def orphan_watch(stop: threading.Event) -> None:
    """A crew's process whose crew was killed stops too."""
    if os.environ.get("KALKAN_CREW") != "1" or os.name == "nt":
        return
    parent = os.getppid()

    def watch() -> None:
        while not stop.wait(1.0):
            if os.getppid() != parent:
                stop.set()

    threading.Thread(target=watch, name="orphan watch", daemon=True).start()


# — serve —


def serve(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan serve``: the desk."""
    config = configured(parsed)
    from kalkan.desk.ready import ready

    ready(config, migrate=os.environ.get("KALKAN_CREW") != "1")
    import uvicorn

    stop = threading.Event()
    server = uvicorn.Server(
        uvicorn.Config(
            "kalkan.desk.asgi:application",
            host=config.host,
            port=free_port(config.host, config.port),
            log_level="warning",
            lifespan="off",
            access_log=False,
            server_header=False,
            proxy_headers=bool(config.public_url),
            timeout_graceful_shutdown=3,
        )
    )
    orphan_watch(stop)

    def leave() -> None:
        stop.wait()
        server.should_exit = True

    threading.Thread(target=leave, daemon=True).start()
    server.run()
    stop.set()
    return 0


# — listen —


def listen(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan listen``: every source that is switched on, and changes to them as they come."""
    config = configured(parsed)
    from kalkan.desk.ready import ready

    ready(config, migrate=os.environ.get("KALKAN_CREW") != "1")
    from kalkan import archive as archives
    from kalkan import pipeline
    from kalkan.desk import listening
    from kalkan.networks.accounts import Accounts

    pipeline.keep_memory_flat()
    stop = threading.Event()
    orphan_watch(stop)
    archive = archives.open(config.archive)
    accounts = Accounts(config.data / "accounts.json")
    with signals(stop), _reader(config) as read:
        ears = Ears(
            config,
            archive,
            read,
            lambda: accounts.widen(listening.brands()),
            lambda: (listening.version(), accounts.version),
            stop,
        )
        version: object = None
        try:
            while not stop.is_set():
                if (current := listening.version()) != version:
                    version = current
                    ears.follow(listening.sources())
                ears.check()
                stop.wait(_ASK_SECONDS)
        finally:
            ears.close()
        ears.check()
    return 0


@contextlib.contextmanager
def _reader(config: Config) -> Iterator[Read]:
    from kalkan import pipeline, reading
    from kalkan.reading.local import reader_pool

    with reader_pool(reading.current(), config.readers) as readers:
        yield pipeline.reading_by(readers)


@dataclass(slots=True)
class _Ear:
    thread: threading.Thread
    stop: threading.Event
    options: dict[str, str]
    fault: BaseException | None = None


class Ears:
    """The listeners of one process, one thread (and one that hears for it) a source."""

    def __init__(
        self,
        config: Config,
        archive: Any,
        read: Read,
        brands: Callable[[], Sequence[Any]],
        version: Callable[[], object],
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._archive = archive
        self._read = read
        self._brands = _Lately(brands)
        self._version = _Lately(version)
        self._stop = stop
        self._ears: dict[str, _Ear] = {}

    def follow(self, sources: Sequence[OpenSource]) -> None:
        """Listen to exactly these: start new ones, stop others, restart those whose options changed."""
        wanted = {source.source: source for source in sources}
        for name in list(self._ears):
            ear = self._ears[name]
            if name not in wanted or dict(wanted[name].options) != ear.options:
                ear.stop.set()
                ear.thread.join(timeout=STOP_SECONDS)
                del self._ears[name]
        for name, source in wanted.items():
            if name not in self._ears:
                self._ears[name] = self._open(source)

    def _open(self, source: OpenSource) -> _Ear:
        from kalkan import pipeline, plugins
        from kalkan.networks.base import Kind

        stop = threading.Event()
        options = dict(source.options)
        ear = _Ear(threading.Thread(), stop, options)

        def run() -> None:
            try:
                kind: Kind = plugins.load("kalkan.networks", source.kind)
                status = pipeline.Status(
                    source=source.source, network=kind.name, title=kind.title, coverage=kind.coverage(options)
                )
                try:
                    if source.fault is not None:
                        raise source.fault
                    network = kind.open(source.source, options)
                except KalkanError as error:  # a wrong option: told on the page, the others go on
                    status.state, status.error = "failed", {"code": error.code, "params": _plain(error.params)}
                    status.write(self._config.status, now=pipeline.utc_now())
                    return
                pipeline.Listener(
                    network=network,
                    archive=self._archive,
                    read=self._read,
                    brands=self._brands,
                    brands_version=self._version,
                    status=status,
                    status_folder=self._config.status,
                    stop=stop,
                    now=pipeline.utc_now,
                    jitter=random.random,
                ).run()
            except BaseException as error:
                ear.fault = error

        ear.thread = threading.Thread(target=run, name=f"listen {source.source}", daemon=True)
        ear.thread.start()
        return ear

    def check(self) -> None:
        """Raise what a listener died of: only our own faults end one."""
        for ear in self._ears.values():
            if ear.fault is not None:
                raise ear.fault

    def close(self) -> None:
        """Stop all, waiting until what was heard is stored."""
        for ear in self._ears.values():
            ear.stop.set()
        for ear in self._ears.values():
            ear.thread.join(timeout=STOP_SECONDS)


def _plain(params: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in params.items()}


class _Lately:
    """An answer that is asked for again after two seconds at the earliest: many listeners, one question."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self._answer: Any = None
        self._until = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> Any:
        with self._lock:
            if time.monotonic() >= self._until:
                self._answer = self._ask()
                self._until = time.monotonic() + _ASK_SECONDS
            return self._answer


# — work —


def work(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan work``: everything that is neither a page nor listening; see :mod:`kalkan.desk.jobs`."""
    config = configured(parsed)
    from kalkan.desk.ready import ready

    ready(config, migrate=os.environ.get("KALKAN_CREW") != "1")
    from kalkan import archive as archives
    from kalkan import pipeline
    from kalkan.desk import jobs

    stop = threading.Event()
    orphan_watch(stop)
    with signals(stop):
        if os.environ.get("KALKAN_CREW") == "1":
            stop.wait(_AFTER_THE_DESK)  # the first page comes first
        jobs.work(jobs.Work(archive=archives.open(config.archive), config=config, now=pipeline.utc_now, stop=stop))
    return 0
