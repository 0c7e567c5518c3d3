"""The one websocket reader against servers that behave well, badly, or not at all."""

from __future__ import annotations

import base64
import hashlib
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kalkan.errors import NetworkError
from kalkan.networks.websocket import Refusal, Stream, open_stream

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
_ACCEPT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


def frame(payload: bytes, *, opcode: int = 1, fin: bool = True) -> bytes:
    n = len(payload)
    size = bytes([n]) if n < 126 else b"\x7e" + n.to_bytes(2, "big") if n < 65536 else b"\x7f" + n.to_bytes(8, "big")
    return bytes([(0x80 if fin else 0) | opcode]) + size + payload


@contextmanager
def server(talk: Callable[[socket.socket, bytes], None]) -> Iterator[str]:
    """A server of one connection: ``talk`` gets the socket and the client's opening request."""
    listening = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        sock, _ = listening.accept()
        with sock:
            request = b""
            while b"\r\n\r\n" not in request:
                request += sock.recv(4096)
            talk(sock, request)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/subscribe?x=1"
    finally:
        thread.join(5)
        listening.close()


def welcome(request: bytes) -> bytes:
    lines = dict(line.split(b": ", 1) for line in request.split(b"\r\n")[1:] if b": " in line)
    proof = base64.b64encode(hashlib.sha1(lines[b"Sec-WebSocket-Key"] + _ACCEPT).digest())
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    return upgrade + proof + b"\r\n\r\n"


def opened(url: str, **options: float) -> Stream:
    stream = open_stream(url, now=NOW, timeout=options.get("timeout", 3.0))
    assert isinstance(stream, Stream)
    return stream


def drained(stream: Stream, *, most: int = 1000) -> list[bytes]:
    """Everything until the stream ends."""
    messages: list[bytes] = []
    until = time.monotonic() + 5
    while time.monotonic() < until:
        messages += stream.drain(most=most, wait=0.3, linger=0.05)
        if stream.fault is not None:
            break
    stream.close()
    return messages


def test_messages_come_in_order_whole_and_undecoded() -> None:
    def talk(sock: socket.socket, request: bytes) -> None:
        sock.sendall(welcome(request) + frame(b"together with the handshake"))
        sock.sendall(frame(b"in ", fin=False) + frame(b"", opcode=9) + frame(b"three ", opcode=0, fin=False))
        for byte in frame(b"parts", opcode=0) + frame("ş\xff".encode("latin-1", "ignore") + b"\xff", opcode=2):
            sock.sendall(bytes([byte]))
        sock.sendall(frame(b"x" * 70_000) + frame(b"\x03\xe9bye", opcode=8))
        assert b"\x8a" in sock.recv(100), "the ping is answered"

    with server(talk) as url:
        stream = opened(url)
        messages = drained(stream)
    assert messages == [b"together with the handshake", b"in three parts", b"\xff\xff", b"x" * 70_000]
    assert stream.fault == "closed by the server: 1001 (going away) bye"


def test_what_came_before_a_sudden_end_is_handed_out_first() -> None:
    def talk(sock: socket.socket, request: bytes) -> None:
        sock.sendall(welcome(request) + frame(b"one") + frame(b"two") + frame(b"never whole")[:5])

    with server(talk) as url:
        stream = opened(url)
        assert stream.drain(most=10, wait=1, linger=0.3) == [b"one", b"two"]
        assert stream.fault is not None
        assert stream.drain(most=10, wait=1, linger=0.3) == []
        stream.close()


def test_no_more_than_asked_and_nothing_lost() -> None:
    def talk(sock: socket.socket, request: bytes) -> None:
        sock.sendall(welcome(request) + b"".join(frame(b"%d" % n) for n in range(7)) + frame(b"\x03\xe8", opcode=8))

    with server(talk) as url:
        stream = opened(url)
        rows = [stream.drain(most=3, wait=0.5, linger=0.1) for _ in range(4)]
        stream.close()
    assert [len(row) for row in rows] == [3, 3, 1, 0]
    assert [message for row in rows for message in row] == [b"%d" % n for n in range(7)]


@pytest.mark.parametrize(
    "junk", [b"\xff\xff\xff\xff\xff\xff", b"\x81\xff" + b"a" * 60, b"\x83\x01a", b"\x80\x01a", b"\xc1\x01a"]
)
def test_junk_after_the_handshake_is_a_fault_not_a_crash(junk: bytes) -> None:
    def talk(sock: socket.socket, request: bytes) -> None:
        sock.sendall(welcome(request) + frame(b"good") + junk)

    with server(talk) as url:
        stream = opened(url)
        assert drained(stream) == [b"good"]
    assert stream.fault


def test_a_message_beyond_all_reason_ends_the_stream() -> None:
    def talk(sock: socket.socket, request: bytes) -> None:
        sock.sendall(welcome(request) + b"\x81\x7f" + (1 << 40).to_bytes(8, "big") + b"x" * 1000)

    with server(talk) as url:
        stream = opened(url)
        assert drained(stream) == []
    assert "exceeds limit" in (stream.fault or "")


def test_a_silent_server_is_asked_and_then_given_up() -> None:
    asked = []

    def talk(sock: socket.socket, request: bytes) -> None:
        sock.sendall(welcome(request))
        asked.append(sock.recv(100))
        sock.recv(100)

    clock = itertools.count(0, 7)  # seven seconds pass at every look
    with server(talk) as url:
        stream = open_stream(url, now=NOW, timeout=100, clock=lambda: float(next(clock)))
        assert isinstance(stream, Stream)
        waits = 0
        while stream.fault is None and waits < 10:
            assert stream.drain(most=1, wait=7.02, linger=0) == []
            waits += 1
        assert waits > 1, "asked before it is given up"
        assert stream.fault is not None
        assert stream.fault.startswith("nothing heard for")
        stream.close()
    assert asked[0][:1] == b"\x89", "a ping"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (b"", None),
        (b"Retry-After: 120\r\n", 120.0),
        (b"Retry-After: Sun, 01 Nov 2026 12:00:30 GMT\r\n", 30.0),
        (b"Retry-After: Sun, 01 Nov 2020 12:00:30 GMT\r\n", 0.0),
        (b"Retry-After: soon\r\n", None),
        (b"Retry-After: -5\r\n", None),
    ],
)
def test_a_refusal_brings_its_status_body_and_wish(header: bytes, seconds: float | None) -> None:
    def talk(sock: socket.socket, request: bytes) -> None:
        assert b"/subscribe?x=1 HTTP/1.1" in request
        assert b"User-Agent: kalkan/" in request
        assert b"Sec-WebSocket-Extensions" not in request
        sock.sendall(b"HTTP/1.1 429 Too Many Requests\r\n" + header + b"Content-Length: 5\r\n\r\nlater")

    with server(talk) as url:
        assert open_stream(url, now=NOW) == Refusal(status=429, body=b"later", retry_after=seconds)


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9\r\n\r\n", b"HTTP/1.1 101 Yes\r\n\r\n", b"\x00" * 300])
def test_something_else_at_the_other_end(answer: bytes) -> None:
    with server(lambda sock, request: sock.sendall(answer)) as url, pytest.raises(NetworkError) as failure:
        open_stream(url, now=NOW, timeout=2)
    assert failure.value.code == "websocket_unreachable"
    assert failure.value.params["host"] == "127.0.0.1"


def test_no_answer_at_all_is_not_waited_for_forever() -> None:
    done = threading.Event()
    with server(lambda sock, request: done.wait(5) and None) as url:
        began = time.monotonic()
        with pytest.raises(NetworkError):
            open_stream(url, now=NOW, timeout=0.3)
        assert time.monotonic() - began < 2
        done.set()


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ws://", "ws://127.0.0.1:1/", "ws://name.invalid/", "nonsense"])
def test_addresses_where_nobody_is(url: str) -> None:
    with pytest.raises(NetworkError) as failure:
        open_stream(url, now=NOW, timeout=2)
    assert failure.value.code == "websocket_unreachable"


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(today - timedelta(1)).not_valid_after(today + timedelta(1))
    signed = builder.sign(key, hashes.SHA256())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "both.pem").write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    listening = socket.create_server(("127.0.0.1", 0))

    def work() -> None:
        sock, _ = listening.accept()
        try:
            context.wrap_socket(sock, server_side=True).close()
        except (ssl.SSLError, OSError):
            sock.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    with pytest.raises(NetworkError) as failure:
        open_stream(f"wss://localhost:{listening.getsockname()[1]}/", now=NOW, timeout=3)
    thread.join(5)
    listening.close()
    assert "certificate" in str(failure.value.params["detail"]).lower()
