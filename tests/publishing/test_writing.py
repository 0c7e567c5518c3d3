"""Writing through the door: what a server gets, and whether it may have acted on a request that failed."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from kalkan.errors import NetworkError
from kalkan.networks.http import Door, was_sent

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Raw:
    """A server that reads one request whole and answers with the bytes it was given, or hangs up."""

    def __init__(self, answer: bytes | None) -> None:
        self.got = b""
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(5)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/write"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            line, _ = self._socket.accept()
        except TimeoutError:
            return
        with line, contextlib.suppress(OSError):
            line.settimeout(5)
            while b"\r\n\r\n" not in self.got or not self.got.endswith(b"end"):
                piece = line.recv(65536)
                if not piece:
                    break
                self.got += piece
            if self._answer is not None:
                line.sendall(self._answer)

    def close(self) -> None:
        self._thread.join(6)
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[[bytes | None], Raw]]:
    made: list[Raw] = []

    def start(answer: bytes | None) -> Raw:
        made.append(Raw(answer))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def door() -> Iterator[Door]:
    opened = Door(allow_private=True, read_s=0.4)
    yield opened
    opened.close()


def says(status: str, *headers: str, body: bytes = b"{}") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_a_body_arrives_whole_with_its_headers(serve: Callable[[bytes | None], Raw], door: Door) -> None:
    server = serve(says("200 OK", body=b'{"ok":1}'))
    content = b"x" * 300_000 + b"end"
    answer = door.send("POST", server.url, content, now=NOW, headers={"Content-Type": "image/png"})
    assert (answer.status, answer.body) == (200, b'{"ok":1}')
    head, _, body = server.got.partition(b"\r\n\r\n")
    assert body == content
    assert head.startswith(b"POST /write HTTP/1.1") and b"content-type: image/png" in head.lower()


def test_a_write_follows_no_redirect(serve: Callable[[bytes | None], Raw], door: Door) -> None:
    server = serve(says("307 Temporary Redirect", "Location: http://127.0.0.1:1/elsewhere"))
    with pytest.raises(NetworkError, match="request_refused") as error:
        door.send("POST", server.url, b"end", now=NOW)
    assert not was_sent(error.value)


@pytest.mark.parametrize(
    ("status", "sent"),
    [("503 Unavailable", True), ("500 Fault", True), ("408 Timeout", True), ("422 No", False), ("429 Wait", False)],
)
def test_what_a_refusal_says(serve: Callable[[bytes | None], Raw], door: Door, status: str, sent: bool) -> None:
    with pytest.raises(NetworkError) as error:
        door.send("POST", serve(says(status)).url, b"end", now=NOW)
    assert was_sent(error.value) is sent


def test_a_server_that_hangs_up_may_have_acted(serve: Callable[[bytes | None], Raw], door: Door) -> None:
    with pytest.raises(NetworkError) as error:
        door.send("POST", serve(None).url, b"end", now=NOW)
    assert was_sent(error.value)


def test_a_server_that_says_nothing_may_have_acted(serve: Callable[[bytes | None], Raw], door: Door) -> None:
    with pytest.raises(NetworkError, match="answer_timeout") as error:
        door.send("POST", serve(None).url, b"open", now=NOW)
    assert was_sent(error.value)


def test_who_was_never_reached_has_not_acted(door: Door) -> None:
    for url, code in (
        ("http://127.0.0.1:1/x", "host_unreachable"),
        ("http://no-such-host.invalid/x", "host_unknown"),
        ("ftp://x.example/", "address_scheme"),
    ):
        with pytest.raises(NetworkError, match=code) as error:
            door.send("POST", url, b"end", now=NOW)
        assert not was_sent(error.value), code
    with pytest.raises(NetworkError, match="address_private") as private:
        guarded = Door()
        try:
            guarded.send("POST", "http://127.0.0.1/x", b"end", now=NOW)
        finally:
            guarded.close()
    assert not was_sent(private.value)
