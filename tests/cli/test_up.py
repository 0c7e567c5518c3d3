"""``kalkan up --demo`` as a person starts it: pages answer, posts arrive, it stops cleanly and mends itself."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kalkan import archive as archives
from kalkan.archive.check import check

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")]
STOP_SECONDS = 40


@dataclass
class Up:
    """A running Kalkan."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path

    def answer(self) -> bytes:
        """What ``/healthz`` says, whatever the status; empty where nothing answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as page:
                return bytes(page.read())
        except urllib.error.HTTPError as error:
            return bytes(error.read())
        except OSError:
            return b""

    def posts(self) -> int:
        """How many posts the archive holds, each counted once only if it is there once."""
        root = self.data / "demo" / "archive"
        if not (root / "posts" / "_delta_log").exists():
            return 0
        archive = archives.open(root, create=False)
        rows = archive.query("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM posts", tables=("posts",))
        assert rows["n"] == rows["ids"], "no post is there twice"
        return int(rows["n"][0].as_py())

    def crew(self, name: str) -> int | None:
        """The process id of one of the crew."""
        for pid in children(self.process.pid):
            if f"kalkan\0{name}\0" in command(pid):
                return pid
        return None


def children(parent: int) -> set[int]:
    """All processes that ``parent`` started, and theirs."""
    found, look = set(), [parent]
    while look:
        for task in Path(f"/proc/{look.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                fresh = set(map(int, task.read_text().split())) - found
                found |= fresh
                look.extend(fresh)
    return found


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def alive(pid: int) -> bool:
    try:
        return re.search(r"^State:\s+[^ZX]", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def wait(until: Callable[[], object], *, seconds: float = 120) -> None:
    limit = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < limit, "it did not happen in time"
        time.sleep(0.2)


@contextlib.contextmanager
def up(data: Path, said: Path) -> Iterator[Up]:
    """``kalkan up --demo`` until the end of the block; nothing of it is left then, whatever happened."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("KALKAN_", "DJANGO_"))}
    with said.open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "kalkan", "up", "--demo", "--no-browser", "--port", str(port), "--data", str(data)],
            stdout=lines,
            stderr=lines,
            env={**environment, "KALKAN_LANG": "en"},
        )
    one = Up(process, port, data)
    try:
        yield one
    finally:
        left = children(process.pid) if process.poll() is None else set()
        for pid in (*left, process.pid) if process.poll() is None else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()


def stop(one: Up) -> None:
    """SIGTERM, and everybody is gone in time."""
    everybody = children(one.process.pid)
    assert len(everybody) >= 3, "the desk, the listeners and the worker"
    one.process.terminate()
    assert one.process.wait(timeout=STOP_SECONDS) == 0
    wait(lambda: not any(map(alive, everybody)), seconds=2)


@pytest.mark.timeout(480)
def test_it_starts_stops_goes_on_and_mends_itself(tmp_path: Path) -> None:
    data, said = tmp_path / "data", tmp_path / "said"
    with up(data, said) as one:
        wait(one.answer)
        wait(lambda: one.posts() > 500)
        before = one.posts()
        stop(one)
    text = said.read_text(encoding="utf-8")
    assert "Ready after" in text and f":{one.port}/" in text
    assert "Traceback" not in text
    assert one.answer() == b"", "the port is free again"

    with up(data, said) as two:
        wait(two.answer)
        wait(lambda: two.crew("listen"))
        wait(lambda: two.posts() > before)
        killed = two.crew("listen")
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        wait(lambda: two.crew("listen") not in (None, killed))
        held = two.posts()
        wait(lambda: two.posts() > held, seconds=90)
        assert two.answer(), "the desk went on meanwhile"
        stop(two)
    assert "Traceback" not in said.read_text(encoding="utf-8")
    found = check(archives.open(data / "demo" / "archive", create=False))
    assert found.faults == []


@pytest.mark.timeout(300)
def test_a_crew_without_its_head_stops_too(tmp_path: Path) -> None:
    with up(tmp_path / "data", tmp_path / "said") as one:
        wait(lambda: one.crew("listen") and one.crew("work") and one.answer())
        orphans = children(one.process.pid)
        one.process.kill()
        one.process.wait()
        try:
            wait(lambda: not any(map(alive, orphans)), seconds=40)
        finally:
            for pid in filter(alive, orphans):
                os.kill(pid, signal.SIGKILL)
