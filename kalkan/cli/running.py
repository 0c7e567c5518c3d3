"""``kalkan up``: the three processes in one command, kept alive, and a browser when there is one.

Promises that a process that dies is started again, and that damage to our own data stops everything with its sentence.
Also stages the demo's world.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from kalkan.cli.processes import STOP_SECONDS, configured, free_port, signals
from kalkan.config import Config
from kalkan.errors import InvalidInput
from kalkan.sentences import say

_DEMO_DAYS: Final = 1
_DOORS: Final = ("jetstream1.us-east.bsky.network", "jetstream2.us-west.bsky.network", "mastodon.social")
_KNOCK_SECONDS: Final = 2.5


# — up —


def up(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan up``: all processes in one command, and a browser when there is one."""
    begun = time.monotonic()
    config = configured(parsed, demo=True if parsed.demo else None)
    if not config.demo and not (config.data / "desk.sqlite3").exists() and not config.database and not _reachable():
        _tell(say("up_offline", lang=lang))
        config = replace(config, demo=True)
    if config.demo:
        config = replace(config, data=config.data / "demo")
    config = replace(config, port=free_port(config.host, config.port))
    from kalkan.desk.ready import ready, setup_token

    anchor = _anchor(config, lang) if config.demo else None
    ready(config)
    address = config.public_url or f"http://{_shown(config.host)}:{config.port}/"
    _tell(say("up_starting", {"address": address, "data": str(config.data)}, lang=lang))
    away = not config.demo and (config.host not in ("127.0.0.1", "::1", "localhost") or config.public_url)
    if away and (token := setup_token(config)):
        _tell(say("up_setup_token", {"token": token}, lang=lang))
    crew = Crew(config, lang)
    with contextlib.ExitStack() as stack, signals(crew.stop):
        ports = (free_port("127.0.0.1", 0), free_port("127.0.0.1", 0), free_port("127.0.0.1", 0))
        if anchor:
            _prepare_demo(*ports[:2])
        crew.start()
        _opener(address, begun, lang, browser=not parsed.no_browser, stop=crew.stop).start()
        if anchor:  # the town gathers while the processes start; listeners come again until it is there
            _tell(say("up_demo", lang=lang))
            stack.enter_context(_stage(anchor, config, *ports))
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


@contextlib.contextmanager
def _stage(anchor: datetime, config: Config, jetstream_port: int, mastodon_port: int, pds_port: int) -> Iterator[None]:
    """The demo's town on loopback, built around the moment ``anchor``; the worker is told by which doors to publish."""
    from kalkan.desk import drafts_demo
    from kalkan.world.drill import FILE, Drilled
    from kalkan.world.voices.people import BRAND_ACCOUNTS
    from kalkan.world.wire import Stage, password
    from kalkan.world.world import demo_world

    world = demo_world(seed=23, now=anchor)
    servers = {"bluesky": f"http://127.0.0.1:{pds_port}", "mastodon": f"http://127.0.0.1:{mastodon_port}"}
    doors = (
        drafts_demo.Door(
            brand=brand,
            network=network,
            server=servers[network],
            handle=world.people[key].handle,
            secret=password(key),
        )
        for (brand, network), key in BRAND_ACCOUNTS.items()
    )
    stage = Stage(
        Drilled(world, config.data / FILE),
        now=lambda: datetime.now(UTC),
        jetstream_port=jetstream_port,
        mastodon_port=mastodon_port,
        pds_port=pds_port,
    )
    with stage:
        drafts_demo.prepare(doors, folder=config.data)
        yield


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


def _prepare_demo(jetstream_port: int, mastodon_port: int) -> None:
    from kalkan.desk import demo
    from kalkan.desk.listening import OpenSource
    from kalkan.world.world import demo_brands

    options = {
        "bluesky": {"instances": f"ws://127.0.0.1:{jetstream_port}", "replay_hours": str(24 * 15)},
        "mastodon": {"server": f"http://127.0.0.1:{mastodon_port}", "timeline": "public", "loopback": "yes"},
    }
    sources = (OpenSource(kind=name, source=f"{name}:demo", options=given) for name, given in options.items())
    demo.prepare(demo_brands(), sources)


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
        limit = time.monotonic() + STOP_SECONDS
        for member in self.members:
            if member.process is None:
                continue
            try:
                member.process.wait(timeout=max(0.1, limit - time.monotonic()))
            except subprocess.TimeoutExpired:
                member.process.kill()
                member.process.wait()
