"""The HTTP door against a real server on loopback."""

from __future__ import annotations

import gzip
import queue
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kalkan.errors import NetworkError
from kalkan.networks.http import Door, rate_of, retry_after
from kalkan.networks.streams import Ear, Event, EventReader, Heard
from tests.networks.http_served import Served, answer, say, serve

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def refused(door: Door, url: str, **options: object) -> NetworkError:
    with pytest.raises(NetworkError) as fault:
        door.get(url, now=NOW, **options)  # type: ignore[arg-type]
    return fault.value


def test_an_answer_with_its_validators_and_meter() -> None:
    with serve({"/a": answer(200, b"hello", ETag='"1"', X_RateLimit_Remaining="7")}) as served:
        door = Door(allow_private=True)
        got = door.get(served.url + "/a", now=NOW, params={"q": "çay & simit"})
        assert (got.status, got.body, got.headers["etag"]) == (200, b"hello", '"1"')
        assert got.rate is not None
        assert got.rate.remaining == 7
        assert (door.meter.requests, door.meter.bytes) == (1, 5)
        path, headers = served.seen[0]
        assert path == "/a?q=%C3%A7ay+%26+simit" or path == "/a?q=%C3%A7ay%20%26%20simit"
        assert headers["user-agent"].startswith("Kalkan/")
        assert "cookie" not in headers
        door.close()


def test_unchanged() -> None:
    def route(request: BaseHTTPRequestHandler) -> None:
        known = request.headers.get("If-None-Match") == '"1"' and request.headers.get("If-Modified-Since") == "x"
        say(request, 304 if known else 200)

    with serve({"/a": route}) as served:
        door = Door(allow_private=True)
        assert door.get(served.url + "/a", now=NOW, etag='"1"', modified="x").unchanged
        door.close()


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (400, "request_refused", True),
        (401, "network_unauthorized", True),
        (403, "network_forbidden", True),
        (404, "not_found", True),
        (410, "not_found", True),
        (408, "answer_timeout", False),
        (422, "request_refused", True),
        (429, "rate_limited", False),
        (500, "server_fault", False),
        (503, "server_fault", False),
    ],
)
def test_statuses(status: int, code: str, permanent: bool) -> None:
    with serve({"/a": answer(status, b"{}", Retry_After="17")}) as served:
        door = Door(allow_private=True)
        fault = refused(door, served.url + "/a")
        assert (fault.code, fault.permanent, fault.retry_after) == (code, permanent, 17.0)
        assert fault.params == {"host": "127.0.0.1", "status": status}
        assert door.get(served.url + "/a", now=NOW, accept=frozenset({status})).status == status
        door.close()


def test_retry_after_and_rates_in_every_spelling() -> None:
    assert retry_after({}, NOW) is None
    assert retry_after({"retry-after": "120"}, NOW) == 120
    assert retry_after({"retry-after": "9" * 30}, NOW) == 86_400
    assert retry_after({"retry-after": "Mon, 23 Nov 2026 09:02:00 GMT"}, NOW) == 120
    skewed = {"retry-after": "Mon, 23 Nov 2026 05:00:30 GMT", "date": "Mon, 23 Nov 2026 05:00:00 GMT"}
    assert retry_after(skewed, NOW) == 30
    for nonsense in ("soon", "-3", "1e9", "Mon, 99 Nov", "²"):
        assert retry_after({"retry-after": nonsense}, NOW) is None
    for reset in ("2026-11-23T09:05:00.000000Z", str(int(NOW.timestamp()) + 300), "300"):
        rate = rate_of({"x-ratelimit-limit": "300", "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}, NOW)
        assert rate is not None
        assert (rate.limit, rate.remaining, rate.reset) == (300, 0, 300.0)
    assert rate_of({"x-ratelimit-remaining": "few"}, NOW) is None


def test_429_without_retry_after_waits_for_the_reset() -> None:
    headers = {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2026-11-23T09:01:00Z"}
    with serve({"/a": answer(429, **headers)}) as served:
        door = Door(allow_private=True)
        assert refused(door, served.url + "/a").retry_after == 60
        door.close()


def test_bodies_are_capped_plain_and_packed() -> None:
    bomb = gzip.compress(b"\0" * 3_000_000)
    routes = {
        "/plain": answer(200, b"x" * 200_000),
        "/bomb": answer(200, bomb, Content_Encoding="gzip"),
        "/good": answer(200, gzip.compress(b"hello"), Content_Encoding="gzip"),
        "/cut": answer(200, gzip.compress(b"hello")[:-6], Content_Encoding="gzip"),
        "/torn": answer(200, b"not gzip at all", Content_Encoding="gzip"),
        "/nested": answer(200, gzip.compress(bomb), Content_Encoding="gzip, gzip"),
        "/odd": answer(200, b"x", Content_Encoding="br"),
    }
    with serve(routes) as served:
        door = Door(allow_private=True, max_bytes=100_000)
        assert door.get(served.url + "/good", now=NOW).body == b"hello"
        codes = {path: refused(door, served.url + path).code for path in routes if path != "/good"}
        assert codes == {
            "/plain": "answer_too_large",
            "/bomb": "answer_too_large",
            "/cut": "answer_unreadable",
            "/torn": "answer_unreadable",
            "/nested": "answer_unreadable",
            "/odd": "answer_unreadable",
        }
        assert door.meter.bytes < 300_000
        door.close()


def test_a_dripping_server_is_let_go_at_the_deadline() -> None:
    def headers(request: BaseHTTPRequestHandler) -> None:
        for sign in b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100:
            request.wfile.write(bytes([sign]))
            time.sleep(0.05)

    def body(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        for _ in range(100):
            request.wfile.write(b"z")
            time.sleep(0.05)

    with serve({"/headers": headers, "/body": body}) as served:
        door = Door(allow_private=True, total_s=0.4)
        for path in ("/headers", "/body"):
            began = time.monotonic()
            assert refused(door, served.url + path).code == "answer_timeout"
            assert time.monotonic() - began < 2
        door.close()


def test_broken_answers() -> None:
    def torn(request: BaseHTTPRequestHandler) -> None:
        say(request, 200, b"half", Content_Length="1000")
        request.connection.shutdown(socket.SHUT_RDWR)

    def noise(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"\x16\x03\x01 not http\r\n\r\n")
        request.close_connection = True

    with serve({"/torn": torn, "/noise": noise}) as served:
        door = Door(allow_private=True)
        assert refused(door, served.url + "/torn").code in ("answer_unreadable", "host_unreachable")
        assert refused(door, served.url + "/noise").code == "answer_unreadable"
        port = served.port
        door.close()
    door = Door(allow_private=True)
    fault = refused(door, f"http://127.0.0.1:{port}/")
    assert (fault.code, fault.permanent) == ("host_unreachable", False)
    assert refused(door, f"https://127.0.0.1:{port}/").code == "host_unreachable"
    door.close()


def test_tls_faults_have_a_name() -> None:
    with serve({}) as served:
        door = Door(allow_private=True)
        assert refused(door, f"https://127.0.0.1:{served.port}/").code == "tls_failed"
        door.close()


def _certificate(folder: Path, name: str) -> Path:
    """A certificate for ``name`` that vouches for itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    written = folder / "both.pem"
    written.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return written


def test_certificates_are_checked_against_the_name_not_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connecting to a checked address must not loosen what TLS promises about the name."""
    pem = _certificate(tmp_path, "feeds.example")
    trusted = ssl.create_default_context(cafile=str(pem))
    monkeypatch.setattr("kalkan.networks.guarded.tls", lambda: trusted)
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(pem)
    names: list[str | None] = []
    ours.sni_callback = lambda line, name, context: names.append(name)
    with serve({"/a": answer(200, b"safe")}, tls=ours) as served:
        door = Door(allow_private=True, resolve=lambda host, port: ["127.0.0.1"])
        assert door.get(f"https://feeds.example:{served.port}/a", now=NOW).body == b"safe"
        assert refused(door, f"https://other.example:{served.port}/a").code == "tls_failed"
        door.close()
    assert names == ["feeds.example", "other.example"]


def test_loopback_is_closed_unless_asked_for() -> None:
    with serve({"/a": answer(200)}) as served:
        door = Door(resolve=lambda host, port: ["127.0.0.1"])
        assert refused(door, served.url + "/a").code in ("address_port", "address_private")
        assert refused(door, "http://innocent.example:8080/a").code == "address_private"
        assert served.seen == []
        door.close()


def test_the_address_checked_is_the_address_connected_to() -> None:
    """Rebinding: a name that is open when checked and loopback when asked again is never asked again."""
    with serve({"/a": answer(200)}) as served:
        answers = iter([["93.184.216.34"], ["127.0.0.1"]])
        asked: list[str] = []

        def resolve(host: str, port: int) -> list[str]:
            asked.append(host)
            return next(answers)

        connected: list[tuple[str, int]] = []
        real = socket.create_connection

        def connect(address: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
            connected.append(address)
            raise OSError("not in a test")

        socket.create_connection = connect  # type: ignore[assignment]
        try:
            door = Door(resolve=resolve)
            assert refused(door, "http://rebinding.example:8080/a").code == "host_unreachable"
            assert refused(door, "http://rebinding.example:8080/a").code == "address_private"
        finally:
            socket.create_connection = real
        assert asked == ["rebinding.example"] * 2
        assert connected == [("93.184.216.34", 8080)]
        assert served.seen == []
        door.close()


def test_host_header_keeps_the_name() -> None:
    with serve({"/a": answer(200)}) as served:
        door = Door(allow_private=True, resolve=lambda host, port: ["127.0.0.1"])
        door.get(f"http://feeds.example:{served.port}/a", now=NOW)
        assert served.seen[0][1]["host"] == f"feeds.example:{served.port}"
        door.close()


def test_redirects_are_checked_anew_and_counted() -> None:
    with serve({"/end": answer(200, b"end")}) as served:
        hops = {f"/hop{n}": answer(302, Location=f"/hop{n + 1}") for n in range(4)}
        served.routes |= {**hops, "/hop4": answer(307, Location="/end"), "/loop": answer(301, Location="/loop")}
        served.routes |= {
            "/meta": answer(302, Location="http://169.254.169.254/latest/meta-data"),
            "/file": answer(302, Location="file:///etc/passwd"),
            "/creds": answer(302, Location="http://a:b@example.org/"),
            "/broken": answer(302, Location="http://[::1"),
        }
        door = Door(allow_private=True)
        got = door.get(served.url + "/hop0", now=NOW)
        assert (got.body, got.url) == (b"end", served.url + "/end")
        codes = [refused(door, served.url + path).code for path in ("/loop", "/meta", "/file", "/creds", "/broken")]
        assert codes == [
            "redirects_too_many",
            "address_private",
            "address_scheme",
            "address_credentials",
            "answer_unreadable",  # httpx itself will not read such a redirect
        ]
        door.close()


def test_redirect_from_outside_to_loopback_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An open server that sends us home: the second address is judged like the first."""
    with serve({"/a": answer(302, Location="http://127.0.0.1:8080/secret")}) as served:
        real = socket.create_connection
        monkeypatch.setattr(socket, "create_connection", lambda a, *r, **k: real(("127.0.0.1", served.port), *r, **k))
        door = Door(resolve=lambda host, port: ["93.184.216.34"])
        assert refused(door, "http://open.example/a").code == "address_private"
        assert [path for path, _ in served.seen] == ["/a"]
        door.close()


def test_tokens_stay_with_their_host() -> None:
    with serve({"/end": answer(200)}) as there, serve({"/same": answer(302, Location="/end2")}) as here:
        here.routes |= {"/end2": answer(200), "/away": answer(302, Location=f"{there.url}/end")}
        door = Door(allow_private=True)
        for path in ("/same", "/away"):
            door.get(here.url + path, now=NOW, headers={"Authorization": "Bearer s3cret"})
        assert all(headers.get("authorization") == "Bearer s3cret" for _, headers in here.seen)
        assert "authorization" not in there.seen[0][1]
        door.close()


def test_events_from_any_pieces() -> None:
    wire = b':)\nevent: update\ndata: {"a":\ndata: 1}\n\n:thump\n\nevent: delete\r\ndata: 42\r\n\r\n'
    wire += b"data: bare\n\nevent: x\n\n"
    expected = [Event("update", '{"a":\n1}'), Event("delete", "42"), Event("message", "bare")]
    for size in (1, 2, 3, 7, 1000):
        reader = EventReader()
        pieces = [wire[at : at + size] for at in range(0, len(wire), size)]
        assert [event for piece in pieces for event in reader.feed(piece)] == expected


def test_an_event_too_large_is_told_and_skipped() -> None:
    reader = EventReader(max_event=100)
    found = reader.feed(b"event: update\ndata: " + b"x" * 500) + reader.feed(b"y" * 500 + b"\n\nevent: ok\ndata: 1\n\n")
    assert found == [Event("update", None), Event("ok", "1")]


def _open(served: Served, path: str) -> tuple[Ear, queue.Queue[Heard]]:
    mailbox: queue.Queue[Heard] = queue.Queue(maxsize=10)
    door = Door(allow_private=True)
    return Ear("e", door, mailbox, url=served.url + path, params={}, headers={}, now=NOW), mailbox


def test_an_ear_hears_and_closes_at_once() -> None:
    going = threading.Event()

    def events(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        request.wfile.write(b":)\n\nevent: update\ndata: 1\n\n")
        going.wait(20)

    with serve({"/s": events, "/ends": answer(200, b"event: a\ndata: b\n\n"), "/no": answer(401)}) as served:
        ear, mailbox = _open(served, "/s")
        assert mailbox.get(timeout=5) == Heard("e")
        assert mailbox.get(timeout=5).event == Event("update", "1")
        began = time.monotonic()
        ear.close()
        assert time.monotonic() - began < 1.5
        going.set()
        ear, mailbox = _open(served, "/ends")
        heard = [mailbox.get(timeout=5) for _ in range(3)]
        assert heard[2].fault is not None
        assert (heard[2].fault.code, heard[2].fault.permanent) == ("stream_ended", False)
        ear.close()
        ear, mailbox = _open(served, "/no")
        fault = mailbox.get(timeout=5).fault
        assert fault is not None
        assert (fault.code, fault.permanent) == ("network_unauthorized", True)
        ear.close()
