"""Notifications from servers by other hands: ``mastodon-mock``, and Bluesky's own PDS before an app view of ours."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kalkan.errors import NetworkError
from kalkan.networks import bluesky_publish, mastodon_publish, notifications
from tests.publishing import real
from tests.publishing.real import free_port

SEED = """
[[seed.accounts]]
username = "findik"
access_token = "findik_token"
[[seed.accounts]]
username = "ece"
access_token = "ece_token"
"""


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def mock(folder: Path) -> Iterator[str]:
    """A server with two accounts; its address."""
    config, url = folder / "mock.toml", f"http://localhost:{free_port()}"
    config.write_text(SEED)
    command = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory", "--config", str(config), "--port",
               url.rpartition(":")[2]]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(300):
                try:
                    call(url, "/api/v1/instance", "findik")
                    break
                except OSError:
                    time.sleep(0.1)
            yield url
        finally:
            process.kill()


def call(url: str, path: str, who: str, **body: Any) -> Any:
    headers = {"content-type": "application/json", "authorization": f"Bearer {who}_token"}
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url + path, data, headers), timeout=20) as answer:
        return json.loads(answer.read())


def test_a_mastodon_server_tells_each_mention_once(tmp_path: Path) -> None:
    with mock(tmp_path) as url:
        options = {"server": url, "token": "findik_token"}
        who, held = mastodon_publish.connect(options, now=now(), loopback=True)
        session = mastodon_publish.open_publisher(who.account, held, keep=lambda new: None, loopback=True)
        assert not notifications.poll(session, None, now=now()).kinds
        ours = call(url, "/api/v1/statuses", "findik", status="Yeni kavanoz")
        first = call(url, "/api/v1/statuses", "ece", status="@findik which shops?")
        answer = call(url, "/api/v1/statuses", "ece", status="@findik is it glass?", in_reply_to_id=ours["id"])
        call(url, "/api/v1/statuses", "ece", status="@findik between us", visibility="direct")
        call(url, f"/api/v1/statuses/{ours['id']}/favourite", "ece", x=1)
        found = notifications.poll(session, None, now=now())
        assert dict(found.kinds) == {first["uri"]: "handle", answer["uri"]: "reply"}
        rows = {row["id"]: row for row in found.batch.posts.to_pylist()}
        assert rows[answer["uri"]]["reply_to"] == ours["uri"] and "Yeni kavanoz" in rows[ours["uri"]]["text"]
        later = call(url, "/api/v1/statuses", "ece", status="@findik and in Ordu?")
        again = notifications.poll(session, found.batch.cursor, now=now())
        assert list(again.kinds) == [later["uri"]]
        assert not notifications.poll(session, again.batch.cursor, now=now()).kinds
        session.close()


class View(ThreadingHTTPServer):
    """What a PDS asks for its accounts: an app view that tells one mention, and notes who asked with what."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, list[str]], str]] = []
        super().__init__(("127.0.0.1", 0), Answering)


class Answering(BaseHTTPRequestHandler):
    """Its answers."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        server = self.server
        assert isinstance(server, View)
        server.asked.append((parts.path, parse_qs(parts.query), self.headers.get("authorization", "")))
        did = "did:plc:naz"
        at = now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"$type": "app.bsky.feed.post", "text": "@findik.test camdan mı?", "createdAt": at}
        one = {
            "uri": f"at://{did}/app.bsky.feed.post/3kaaaaaaaaaa2", "cid": "bafyreib", "reason": "mention",
            "author": {"did": did, "handle": "naz.test"}, "record": record, "isRead": False, "indexedAt": at,
        }  # fmt: skip
        body = json.dumps({"notifications": [one]}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given: Any) -> None:
        """Say nothing."""


class Behind(real.Pds):
    """Bluesky's PDS, with our app view behind it."""

    def __init__(self, view: str) -> None:
        super().__init__()
        told = (real.place() / "server.mjs").read_text()
        mark = "inviteRequired: false,"
        assert mark in told
        made = told.replace(mark, f"{mark} bskyAppViewUrl: '{view}', bskyAppViewDid: 'did:web:view.test',")
        self.script = f"view-{self.port}.mjs"
        (real.place() / self.script).write_text(made)

    def __exit__(self, *fault: object) -> None:
        super().__exit__(*fault)
        (real.place() / self.script).unlink()


@pytest.mark.slow
@pytest.mark.skipif(bool(real.missing()), reason=real.missing() or "-")
def test_a_pds_hands_on_what_its_app_view_tells() -> None:
    view = View()
    threading.Thread(target=view.serve_forever, daemon=True).start()
    with Behind(f"http://127.0.0.1:{view.server_port}") as pds, contextlib.ExitStack() as stack:
        password, _owner = pds.account("findik.test")
        options = {"handle": "findik.test", "password": password, "service": pds.url}
        who, held = bluesky_publish.connect(options, now=now(), loopback=True)
        kept: list[Any] = []
        held = {**held, "access": "spent"}  # the session is made anew on the way
        session = bluesky_publish.open_publisher(who.account, held, keep=kept.append, loopback=True)
        stack.callback(session.close)
        found = notifications.poll(session, None, now=now())
        assert dict(found.kinds) == {"at://did:plc:naz/app.bsky.feed.post/3kaaaaaaaaaa2": "handle"} and kept
        told = [each for each in view.asked if each[0] == "/xrpc/app.bsky.notification.listNotifications"]
        _path, query, token = told[0]  # the server also knocks at /healthz when it likes
        assert query["reasons"] == ["reply", "quote", "mention"] and token.startswith("Bearer ")
        again = notifications.poll(session, found.batch.cursor, now=now())
        assert set(again.kinds) == set(found.kinds), "an overlap that the archive drops"
        view.shutdown()
        view.server_close()
        with pytest.raises(NetworkError):
            notifications.poll(session, found.batch.cursor, now=now())
