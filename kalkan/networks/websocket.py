"""The one websocket reader: takes messages off a socket in bulk.

Owns the socket, its encryption, the opening handshake, answers to pings, and when a silent peer counts as dead.
Promises that everything received before a fault is handed out before the fault is told. Never decodes a message, never
opens a connection again by itself, never sends data of ours.

The protocol itself (RFC 6455) is the sans-I/O core of ``websockets``, fed straight from a blocking socket: half the
cost a message of its thread- or loop-bound clients, and one thread less to think about.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import certifi
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import Event
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from kalkan import __version__
from kalkan.errors import NetworkError

_CHUNK: Final = 1 << 18
_LARGEST: Final = 1 << 24  # a record may have 1 MiB, a frame of it somewhat more; beyond this somebody is joking
_SILENCE: Final = 20.0  # seconds without a byte until we ask, and again as many until we give up
_USER_AGENT: Final = f"kalkan/{__version__} (self-hosted listening)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """The server answered the handshake with something else than a stream."""

    status: int
    body: bytes
    retry_after: float | None  # seconds, as the server wished


class Stream:
    """An open websocket, read only. Made by :func:`open_stream`."""

    def __init__(self, sock: socket.socket, protocol: ClientProtocol, clock: Callable[[], float]) -> None:
        self._sock = sock
        self._protocol = protocol
        self._clock = clock
        self._heard = clock()
        self._asked = False
        self._parts: list[bytes] = []
        self._waiting: list[bytes] = []
        self.fault: str | None = None
        self.bytes = 0

    def drain(self, *, most: int, wait: float, linger: float) -> list[bytes]:
        """Messages as they came: undecoded, in order, at most ``most`` of them (the others stay for the next call).

        Waits up to ``wait`` seconds for the first and then gathers for ``linger`` seconds more. When the stream has
        ended, :attr:`fault` says why, and what had come before is returned first.
        """
        messages, self._waiting = self._waiting, []
        until = self._clock() + (linger if messages else wait)
        while len(messages) < most and self.fault is None:
            left = until - self._clock()
            if left <= 0:
                break
            had = len(messages)
            self._receive(left, messages)
            if had == 0 and messages:
                until = min(until, self._clock() + linger)
        if len(messages) > most:
            messages, self._waiting = messages[:most], messages[most:]
        return messages

    def shake_hands(self, *, timeout: float, now: datetime) -> Refusal | None:
        """Read the answer to the opening request; ``None`` when the stream is open.

        :raises OSError: no answer within ``timeout`` seconds.
        :raises WebSocketException: an answer that is no websocket's.
        """
        until = self._clock() + timeout
        while True:
            self._sock.settimeout(max(until - self._clock(), 0.001))
            data = self._sock.recv(_CHUNK)
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
            events = iter(self._protocol.events_received())
            response = next(events, None)
            if isinstance(response, Response):
                if isinstance(self._protocol.handshake_exc, InvalidStatus):
                    return _refusal(response, now)
                self._take(events, self._waiting)
                self._send()
            if self._protocol.handshake_exc is not None:
                raise self._protocol.handshake_exc
            if isinstance(response, Response):
                if self._protocol.parser_exc is not None:
                    self.fault = self.fault or _words(self._protocol.parser_exc)
                return None
            if not data:
                raise ConnectionError("the connection ended before an answer came")

    def close(self) -> None:
        """Say good-bye without waiting for an answer, and let go of the socket."""
        with contextlib.suppress(OSError, WebSocketException):
            if self.fault is None:
                self._sock.settimeout(1.0)
                self._protocol.send_close(1000)
                self._send()
        self.fault = self.fault or "closed by us"
        with contextlib.suppress(OSError):
            self._sock.close()

    def _receive(self, left: float, messages: list[bytes]) -> None:
        try:
            self._sock.settimeout(max(left, 0.001))
            data = self._sock.recv(_CHUNK)
        except TimeoutError:
            self._mind_silence()
            return
        except OSError as error:
            self.fault = _words(error)
            return
        self._heard = self._clock()
        self._asked = False
        self.bytes += len(data)
        try:
            if data:
                self._protocol.receive_data(data)
            else:
                self._protocol.receive_eof()
        except WebSocketException as error:
            self.fault = _words(error)
        self._take(self._protocol.events_received(), messages)
        with contextlib.suppress(OSError):  # a broken pipe shows again at the next read, with what was still in it
            self._send()
        if self._protocol.parser_exc is not None:
            self.fault = _words(self._protocol.parser_exc)
        elif not data:
            self.fault = self.fault or "the connection ended without a good-bye"

    def _take(self, events: Iterable[Event], messages: list[bytes]) -> None:
        for event in events:
            if not isinstance(event, Frame):
                continue
            opcode = event.opcode
            if opcode is Opcode.TEXT or opcode is Opcode.BINARY:
                if event.fin:
                    messages.append(bytes(event.data))
                else:
                    self._parts = [bytes(event.data)]
            elif opcode is Opcode.CONT:
                self._parts.append(bytes(event.data))
                if event.fin:
                    messages.append(b"".join(self._parts))
                    self._parts = []
            elif opcode is Opcode.CLOSE and self._protocol.close_rcvd is not None:
                self.fault = f"closed by the server: {self._protocol.close_rcvd}"

    def _mind_silence(self) -> None:
        silent = self._clock() - self._heard
        if silent > 2 * _SILENCE:
            self.fault = f"nothing heard for {silent:.0f} s"
        elif silent > _SILENCE and not self._asked:
            self._asked = True
            try:
                self._protocol.send_ping(b"kalkan")
                self._send()
            except (OSError, WebSocketException) as error:
                self.fault = _words(error)

    def _send(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._sock.sendall(data)


def open_stream(
    url: str,
    *,
    now: datetime,
    subprotocols: Sequence[str] = (),
    timeout: float = 10.0,
    clock: Callable[[], float] = time.monotonic,
) -> Stream | Refusal:
    """Open ``url`` (ws or wss) for reading, or return the server's refusal.

    ``now`` is what a Retry-After given as a date is measured from. No compression is offered: it costs more than the
    bytes it saves.

    :raises NetworkError: ``websocket_unreachable``: no connection, no encryption, or no websocket at the other end.
    """
    host = url
    sock: socket.socket | None = None
    try:
        uri = parse_uri(url)
        host = uri.host
        offered = [Subprotocol(name) for name in subprotocols] or None
        protocol = ClientProtocol(uri, subprotocols=offered, max_size=_LARGEST)
        request = protocol.connect()
        request.headers["User-Agent"] = _USER_AGENT
        sock = socket.create_connection((uri.host, uri.port), timeout=timeout)
        if uri.secure:
            trust = ssl.create_default_context()
            trust.load_verify_locations(certifi.where())  # some Pythons come without the system's authorities
            sock = trust.wrap_socket(sock, server_hostname=uri.host)
        protocol.send_request(request)
        for data in protocol.data_to_send():
            sock.sendall(data)
        stream = Stream(sock, protocol, clock)
        refusal = stream.shake_hands(timeout=timeout, now=now)
    except (OSError, WebSocketException, InvalidURI, ValueError) as error:
        if sock is not None:
            sock.close()
        raise NetworkError("websocket_unreachable", host=host, detail=_words(error)) from error
    if refusal is not None:
        sock.close()
        return refusal
    return stream


def _refusal(response: Response, now: datetime) -> Refusal:
    wish = response.headers.get("Retry-After")
    return Refusal(status=response.status_code, body=bytes(response.body or b""), retry_after=_seconds(wish, now))


def _seconds(wish: str | None, now: datetime) -> float | None:
    """A Retry-After value (RFC 9110 10.2.3: seconds or a date) as seconds from ``now``; ``None`` if it says nothing."""
    if wish is None:
        return None
    if wish.strip().isascii() and wish.strip().isdigit():
        return float(wish.strip()[:9])
    try:
        when = parsedate_to_datetime(wish)
    except ValueError:
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


def _words(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
