"""Running Kalkan: the desk, the listeners and the worker, each its own process, and ``up`` that keeps the three alive.

Promises a clean stop on Ctrl-C or SIGTERM (what was heard is stored first), that a process that dies is started again,
and that damage to our own data stops everything with its sentence.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from kalkan import config as settings
from kalkan.config import Config
from kalkan.errors import InvalidInput, KalkanError
from kalkan.sentences import say, tell

if TYPE_CHECKING:
    from kalkan.desk.listening import OpenSource
    from kalkan.pipeline import Read

_STOP_SECONDS: Final = 25.0
_ASK_SECONDS: Final = 2.0
_SWEEP_SECONDS: Final = 90.0
_REMATCH_DAYS: Final = 28
_DEMO_DAYS: Final = 1
_DOORS: Final = ("jetstream1.us-east.bsky.network", "jetstream2.us-west.bsky.network", "mastodon.social")
_KNOCK_SECONDS: Final = 2.5


def _config(parsed: argparse.Namespace, **given: object) -> Config:
    named = {name: getattr(parsed, name, None) for name in ("host", "port")}
    return settings.load(os.environ, data=parsed.data, **{**named, **given})


# — up —


def up(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan up``: all processes in one command, and a browser when there is one."""
    begun = time.monotonic()
    config = _config(parsed, demo=True if parsed.demo else None)
    if not config.demo and not (config.data / "desk.sqlite3").exists() and not config.database and not _reachable():
        _tell(say("up_offline", lang=lang))
        config = replace(config, demo=True)
    if config.demo:
        config = replace(config, data=config.data / "demo")
    config = replace(config, port=_free_port(config.host, config.port))
    from kalkan.desk.ready import ready, setup_token

    with _stage(config, lang) as sources:
        ready(config)
        if config.demo:
            _prepare_demo(sources)
        address = config.public_url or f"http://{_shown(config.host)}:{config.port}/"
        _tell(say("up_starting", {"address": address, "data": str(config.data)}, lang=lang))
        token = (
            setup_token(config) if not config.demo and config.host not in ("127.0.0.1", "::1", "localhost") else None
        )
        if token:
            _tell(say("up_setup_token", {"token": token}, lang=lang))
        crew = Crew(config, lang)
        with _signals(crew.stop):
            crew.start()
            opened = _opener(address, begun, lang, browser=not parsed.no_browser, stop=crew.stop)
            opened.start()
            return crew.keep()


def _reachable() -> bool:
    """Whether any of the networks that need no account answers; asked at a first start only."""
    answers: queue.Queue[bool] = queue.Queue()

    def knock(host: str) -> None:
        try:
            socket.create_connection((host, 443), timeout=_KNOCK_SECONDS).close()
        except OSError:
            answers.put(False)
        else:
            answers.put(True)

    for host in _DOORS:
        threading.Thread(target=knock, args=(host,), daemon=True).start()
    limit = time.monotonic() + _KNOCK_SECONDS
    for _ in _DOORS:
        with contextlib.suppress(queue.Empty):
            if answers.get(timeout=max(0.01, limit - time.monotonic())):
                return True
    return False


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else ("127.0.0.1" if host in ("", "0.0.0.0") else host)  # noqa: S104


def _free_port(host: str, port: int) -> int:
    """``port`` if it can be had, any free one for 0.

    :raises InvalidInput: another program has it, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            detail = getattr(error, "strerror", None) or str(error)
            raise InvalidInput("port_in_use", host=host, port=port, detail=detail) from error
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _stage(config: Config, lang: str) -> Iterator[tuple[tuple[Any, ...], tuple[OpenSource, ...]]]:
    """The demo's world on loopback; nothing at all outside the demo. Gives its brands and its sources."""
    if not config.demo:
        yield (), ()
        return
    from kalkan.world.wire import Stage
    from kalkan.world.world import demo_world

    anchor = _anchor(config, lang)
    _tell(say("up_demo", {}, lang=lang))
    world = demo_world(seed=23, now=anchor)
    with Stage(world, now=lambda: datetime.now(UTC)) as stage:
        yield (
            world.brands,
            (
                _source("bluesky", "bluesky:demo", instances=stage.jetstream.url, replay_hours=str(24 * 15)),
                _source("mastodon", "mastodon:demo", server=stage.mastodon.url, timeline="public", loopback="yes"),
            ),
        )


def _source(kind: str, source: str, **options: str) -> OpenSource:
    from kalkan.desk.listening import OpenSource

    return OpenSource(kind=kind, source=source, options=options)


def _anchor(config: Config, lang: str) -> datetime:
    """The moment the demo's town is built around. A town of yesterday is put aside and a new one built."""
    mark = config.data / "world"
    now = datetime.now(UTC).replace(microsecond=0)
    with contextlib.suppress(OSError, ValueError):
        anchor = datetime.fromisoformat(mark.read_text(encoding="utf-8").strip())
        if now - anchor < timedelta(days=_DEMO_DAYS):
            return anchor
        old = config.data.with_name(f"demo-{anchor:%Y-%m-%d-%H%M%S}")
        config.data.rename(old)
        _tell(say("up_demo_anew", {"path": str(old)}, lang=lang))
    try:
        config.data.mkdir(parents=True, exist_ok=True)
        mark.write_text(now.isoformat(), encoding="utf-8")
    except OSError as error:
        raise InvalidInput("data_unwritable", path=str(config.data), detail=error.strerror or "") from error
    return now


def _prepare_demo(staged: tuple[tuple[Any, ...], tuple[OpenSource, ...]]) -> None:
    from kalkan.desk import demo

    brands, sources = staged
    demo.prepare(brands, sources)


def _opener(address: str, begun: float, lang: str, *, browser: bool, stop: threading.Event) -> threading.Thread:
    """A thread that waits for the first page, says so, and opens the browser."""

    def wait() -> None:
        while not stop.wait(0.1):
            try:
                urllib.request.urlopen(address + "healthz", timeout=1).close()  # noqa: S310 (our own address)
            except urllib.error.HTTPError:
                pass  # it answers
            except OSError:
                continue
            _tell(say("up_ready", {"address": address, "seconds": f"{time.monotonic() - begun:.1f}"}, lang=lang))
            if browser:
                with contextlib.suppress(webbrowser.Error):
                    webbrowser.open(address)
            return

    return threading.Thread(target=wait, name="opener", daemon=True)


@dataclass(slots=True)
class Member:
    """One of the crew's processes."""

    name: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0


class Crew:
    """The processes behind ``kalkan up``."""

    def __init__(self, config: Config, lang: str, names: Sequence[str] = ("serve", "listen", "work")) -> None:
        self.config = config
        self.lang = lang
        self.stop = threading.Event()
        self.members = [Member(name) for name in names]

    def start(self) -> None:
        """Start them all."""
        for member in self.members:
            self._start(member)

    def _start(self, member: Member) -> None:
        member.started = time.monotonic()
        member.process = subprocess.Popen(
            [sys.executable, "-m", "kalkan", member.name, "--data", str(self.config.data)],
            env={**os.environ, "KALKAN_CREW": "1"},
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C goes to us, and we stop them in order
        )

    def keep(self) -> int:
        """Keep them running until told to stop; the exit code. A process that leaves with 1 said why: that ends all."""
        code = 0
        while not self.stop.wait(0.3):
            for member in self.members:
                left = member.process.poll() if member.process else None
                if left is None:
                    continue
                if left == 1:
                    code = 1
                    self.stop.set()
                    break
                if time.monotonic() - member.started > 60:
                    member.deaths = 0
                member.deaths += 1
                if member.deaths > 5:
                    _tell(say("up_member_died", {"name": member.name, "code": left}, lang=self.lang))
                    code = 1
                    self.stop.set()
                    break
                self.stop.wait(min(10.0, 0.5 * 2**member.deaths))
                self._start(member)
        self._end()
        return code

    def _end(self) -> None:
        for member in self.members:
            if member.process and member.process.poll() is None:
                member.process.terminate()
        limit = time.monotonic() + _STOP_SECONDS
        for member in self.members:
            if member.process is None:
                continue
            try:
                member.process.wait(timeout=max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                member.process.kill()
                member.process.wait()


@contextlib.contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM set ``stop``."""

    def told(number: int, frame: object) -> None:
        stop.set()

    before = {one: signal.signal(one, told) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _orphan_watch(stop: threading.Event) -> None:
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
    config = _config(parsed)
    from kalkan.desk.ready import ready

    ready(config, migrate=os.environ.get("KALKAN_CREW") != "1")
    import uvicorn

    stop = threading.Event()
    server = uvicorn.Server(
        uvicorn.Config(
            "kalkan.desk.asgi:application",
            host=config.host,
            port=_free_port(config.host, config.port),
            log_level="warning",
            lifespan="off",
            access_log=False,
            server_header=False,
            proxy_headers=bool(config.public_url),
            timeout_graceful_shutdown=3,
        )
    )
    _orphan_watch(stop)

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
    config = _config(parsed)
    from kalkan.desk.ready import ready

    ready(config, migrate=os.environ.get("KALKAN_CREW") != "1")
    from kalkan import archive as archives
    from kalkan.desk import listening

    stop = threading.Event()
    _orphan_watch(stop)
    archive = archives.open(config.archive)
    with _signals(stop), _reader(config) as read:
        ears = Ears(config, archive, read, listening.brands, listening.version, stop)
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
    from kalkan import reading
    from kalkan.reading.local import reader_pool

    with reader_pool(reading.current(), config.readers) as read:
        yield read


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
                ear.thread.join(timeout=_STOP_SECONDS)
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
            ear.thread.join(timeout=_STOP_SECONDS)


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
    """``kalkan work``: tidy the archive, and look for mentions in what is held when watches change."""
    config = _config(parsed)
    from kalkan.desk.ready import ready

    ready(config, migrate=os.environ.get("KALKAN_CREW") != "1")
    from kalkan import archive as archives
    from kalkan import pipeline
    from kalkan.archive.sweep import compact
    from kalkan.desk import listening

    stop = threading.Event()
    _orphan_watch(stop)
    archive = archives.open(config.archive)
    watched: tuple[Any, ...] | None = None
    swept = time.monotonic() - _SWEEP_SECONDS + 20
    with _signals(stop):
        while not stop.wait(_ASK_SECONDS):
            now = pipeline.utc_now()
            brands = listening.brands()
            if watched is not None and brands != watched:
                pipeline.rematch(archive, brands, since=now - timedelta(days=_REMATCH_DAYS), until=now)
            watched = brands
            if time.monotonic() - swept >= _SWEEP_SECONDS:
                compact(archive, now=now)
                swept = time.monotonic()
    return 0


__all__ = ["Crew", "Ears", "listen", "serve", "tell", "up", "work"]
