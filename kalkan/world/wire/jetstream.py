"""A Jetstream server on loopback: both wires over one :class:`EventLog`, and faults on demand.

Owns connections, pacing and the faults. Promises what the real server promises: at least once, in seq order, every
frame that the filter wants and the look-back still holds. Never opens itself to other machines unless told to.

``/subscribe`` is the first wire, ``/xrpc/network.bsky.jetstream.subscribeEvents`` the second. zstd is not offered: the
second wire answers its opt-in as for an unknown dictionary, the first refuses it, and a client goes on without.
"""

from __future__ import annotations

import asyncio
import http
import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import msgspec
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.protocol import State
from websockets.typing import Subprotocol

from kalkan.world.wire import asking, frames
from kalkan.world.wire.asking import BadRequest, Filter
from kalkan.world.wire.log import EventLog
from kalkan.world.wire.loop import Loop

SUBPROTOCOL: Final = Subprotocol("xrpc.v1.json")
_log: Final = logging.getLogger(__name__)
_READ: Final = 1024  # frames taken from the log at once
_MAX_CLIENT_MESSAGE: Final = 10_000_000
_ZSTD: Final = "network.bsky.jetstream.getZstdDictionary"


def wall_clock() -> datetime:
    """The machine's time."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Faults:
    """What goes wrong by itself. Everything off unless said."""

    corrupt_every: int = 0  # after this many good frames comes a damaged copy of one; none is taken away
    repeat_at_switch: int = 0  # how many of the last replayed frames come again when a replay reaches the live tip
    too_slow_after: float = 60.0  # seconds without taking anything until a client is dropped
    seed: int = 0


NO_FAULTS: Final = Faults()


@dataclass(slots=True)
class _Stream:
    """One connection and how far it is."""

    connection: ServerConnection
    v2: bool
    wants: Filter
    position: int
    replaying: bool
    notice: tuple[str, str] | None
    hello: asyncio.Event = field(default_factory=asyncio.Event)
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    last: list[bytes] = field(default_factory=list)  # newest payloads sent, for the repetition at the switch
    since_damage: int = 0


class JetstreamServer:
    """Serves ``log`` from the moment it is made until it is closed; a context manager.

    :param lookback: how far back a cursor may reach: older seqs are clamped (first wire) or refused (second).
    :param now: the server's clock, for the look-back and for cursors in the future.
    :param v2: False is a server that knows only the first wire: the second's path is not found.
    :param rate: frames a second and connection, None = as fast as the client takes them.
    """

    def __init__(
        self,
        log: EventLog,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        lookback: timedelta = timedelta(hours=36),
        now: Callable[[], datetime] = wall_clock,
        v2: bool = True,
        rate: float | None = None,
        faults: Faults = NO_FAULTS,
    ) -> None:
        self.log = log
        self.lookback = lookback
        self.rate = rate
        self.sent = 0  # good frames sent, over all connections, repetitions included
        self.corrupted = 0  # damaged frames sent between them
        self.requests: list[str] = []  # path and query of every request, refused ones included
        self._now = now
        self._v2 = v2
        self._faults = faults
        self._chance = random.Random(faults.seed)
        self._refusals: list[tuple[int, float | None]] = []
        self._planned: WeakKeyDictionary[ServerConnection, _Stream] = WeakKeyDictionary()  # between request and upgrade
        self._streams: dict[ServerConnection, _Stream] = {}
        self._stalled_until = 0.0
        self._waking = False
        self._loop = Loop("jetstream")
        try:
            self._server = self._loop.run(self._open(host, port))
        except BaseException:
            self._loop.close()
            raise
        self.host, self.port = self._server.sockets[0].getsockname()[:2]
        self._stop_listening = log.on_growth(self._on_growth)

    @property
    def url(self) -> str:
        """Where it answers, without a path: ``ws://127.0.0.1:PORT``."""
        return f"ws://{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How many clients are being served."""
        return len(self._streams)

    def __enter__(self) -> JetstreamServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye to every client (1001) and stop. May be called twice."""
        if self._loop.closed:
            return
        self._stop_listening()
        self._loop.run(self._shut())
        self._loop.close()

    # Faults on demand

    def disconnect_all(self) -> int:
        """Cut every connection without a closing frame, as a dying server does; how many there were."""
        return self._loop.run(self._cut())

    def refuse(self, n: int, status: int = 503, retry_after: float | None = None) -> None:
        """Answer the next ``n`` requests with ``status`` before the upgrade."""
        self._refusals.extend([(status, retry_after)] * n)

    def corrupt(self, every: int) -> None:
        """Send a damaged frame after each ``every`` good ones from now on; 0 stops it."""
        self._faults = replace(self._faults, corrupt_every=every)

    def stall(self, seconds: float) -> None:
        """Send nothing for so long, on open connections."""
        self._loop.run(self._hold(seconds))

    def drop_as_too_slow(self) -> int:
        """End every stream as for a client that does not keep up (second wire: with the error frame); how many."""
        return self._loop.run(self._drop())

    async def _hold(self, seconds: float) -> None:
        self._stalled_until = asyncio.get_running_loop().time() + seconds

    async def _cut(self) -> int:
        connections = list(self._streams)
        for connection in connections:
            connection.transport.abort()
        return len(connections)

    async def _drop(self) -> int:
        streams = list(self._streams.values())
        for stream in streams:
            await self._too_slow(stream)
        return len(streams)

    # Opening and closing

    async def _open(self, host: str, port: int) -> Server:
        return await serve(
            self._serve,
            host,
            port,
            process_request=self._process,
            select_subprotocol=self._subprotocol,
            compression=None,
            ping_interval=30,
            ping_timeout=None,  # a client that is busy is told by pacing, not by a missing pong
            max_size=_MAX_CLIENT_MESSAGE,
            server_header="jetstream",
        )

    async def _shut(self) -> None:
        self._server.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._server.wait_closed(), 3)
        for connection in list(self._streams):
            connection.transport.abort()

    def _on_growth(self) -> None:
        # Called for every frame added, from any thread: one wake-up in flight is enough.
        if not self._waking:
            self._waking = True
            self._loop.soon(self._wake)

    def _wake(self) -> None:
        self._waking = False
        for stream in self._streams.values():
            stream.grown.set()

    # Before the upgrade

    def _process(self, connection: ServerConnection, request: Request) -> Response | None:
        parts = urlsplit(request.path)
        self.requests.append(request.path)
        v2 = parts.path == asking.V2_PATH
        if self._refusals:
            status, retry_after = self._refusals.pop(0)
            return _refusal(v2, status, http.HTTPStatus(status).phrase, "RequestRefused", retry_after)
        if parts.path == f"/xrpc/{_ZSTD}" and self._v2:
            return _refusal(True, 501, "no dictionary is offered here", "MethodNotImplemented")
        if parts.path != asking.V1_PATH and not (v2 and self._v2):
            return _refusal(False, 404, "404 page not found")
        try:
            stream = self._plan(connection, request, parts.query, v2=v2)
        except BadRequest as fault:
            return _refusal(v2, 400, fault.message, fault.name)
        self._planned[connection] = stream
        return None

    def _plan(self, connection: ServerConnection, request: Request, query: str, *, v2: bool) -> _Stream:
        asked = asking.parameters(query)
        zstd = asked.get("compress") == ["true"] or "zstd" in request.headers.get("Socket-Encoding", "")
        if v2:
            _refuse_zstd(asked.get("zstdDictionary", [""])[0], old_way=zstd)
            wants = asking.filter_v2(asked)
        elif zstd:
            raise BadRequest("zstd is not offered here; connect without compress=true")
        else:
            wants = asking.filter_v1(asked)
        cursor = (asked.get("cursor") or [""])[0]
        begin = asking.start(cursor, self.log, now=self._now(), lookback=self.lookback, v2=v2)
        stream = _Stream(connection, v2, wants, begin.seq, begin.replay, begin.notice if v2 else None)
        if v2 or asked.get("requireHello") != ["true"]:
            stream.hello.set()
        return stream

    def _subprotocol(self, connection: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
        return SUBPROTOCOL if self._planned[connection].v2 and SUBPROTOCOL in offered else None

    # After it

    async def _serve(self, connection: ServerConnection) -> None:
        stream = self._streams[connection] = self._planned.pop(connection)
        sending = asyncio.create_task(self._send(stream))
        listening = asyncio.create_task(self._listen(stream))
        try:
            await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
            if sending.done() and not sending.cancelled() and (fault := sending.exception()) is not None:
                _log.error("a stream failed", exc_info=fault)
                await connection.close(1011)
            await listening
        finally:
            sending.cancel()
            listening.cancel()
            await asyncio.gather(sending, listening, return_exceptions=True)
            self._streams.pop(connection, None)

    async def _listen(self, stream: _Stream) -> None:
        connection = stream.connection
        with suppress(ConnectionClosed):
            async for said in connection:
                if stream.v2:
                    await connection.close(1008, "unexpected data message")
                    return
                if isinstance(said, bytes):
                    continue
                try:
                    update = msgspec.json.decode(said)
                    if not isinstance(update, dict):
                        raise TypeError("envelope")
                except (msgspec.MsgspecError, TypeError):
                    await connection.close(1007, "bad SubscriberSourcedMessage envelope")
                    return
                if update.get("type") == "options_update" and not await self._updated(stream, update.get("payload")):
                    return

    @staticmethod
    async def _updated(stream: _Stream, payload: Any) -> bool:
        try:
            stream.wants = asking.filter_v1_update(payload)
        except TypeError:
            await stream.connection.close(1007, "bad options_update payload")
            return False
        except BadRequest as fault:
            await stream.connection.close(1008, fault.message.encode()[:120].decode(errors="ignore"))
            return False
        stream.hello.set()
        return True

    async def _send(self, stream: _Stream) -> None:
        await stream.hello.wait()
        if stream.notice is not None:
            await self._write(stream, frames.packed([frames.info(*stream.notice)]))
        clock = asyncio.get_running_loop().time
        due = clock()
        while stream.connection.state is State.OPEN:
            if (wait := self._stalled_until - clock()) > 0:
                await asyncio.sleep(wait)
                continue
            stream.grown.clear()
            limit = _READ if self.rate is None else max(1, min(_READ, int(self.rate / 20)))
            some = self.log.read(stream.position, limit)
            if some is None:
                await self._at_tip(stream)
                continue
            if self.rate is not None:
                due = max(due, clock() - 0.5) + len(some) / self.rate
                await asyncio.sleep(max(due - clock(), 0))
            plain = stream.wants.open and not stream.v2 and not self._faults.corrupt_every
            if plain and not (stream.replaying and self._faults.repeat_at_switch):
                self.sent += len(some)
                await self._write(stream, some.wire)
            else:
                found = frames.wanted(some, stream.wants, v2=stream.v2)
                await self._write(stream, self._dressed(stream, found))
            stream.position = some.next

    async def _at_tip(self, stream: _Stream) -> None:
        if stream.replaying:
            stream.replaying = False
            again, stream.last = stream.last, []
            if again:
                self.sent += len(again)
                await self._write(stream, frames.packed(again))
        await stream.grown.wait()

    def _dressed(self, stream: _Stream, payloads: list[bytes]) -> bytes:
        """The payloads as websocket frames, with what the faults add."""
        self.sent += len(payloads)
        faults = self._faults
        if stream.replaying and faults.repeat_at_switch:
            stream.last = (stream.last + payloads)[-faults.repeat_at_switch :]
        if not faults.corrupt_every:
            return frames.packed(payloads)
        mixed = []
        for payload in payloads:
            mixed.append(payload)
            stream.since_damage += 1
            if stream.since_damage >= faults.corrupt_every:
                stream.since_damage = 0
                self.corrupted += 1
                mixed.append(frames.mutated(payload, self._chance))
        return frames.packed(mixed)

    async def _write(self, stream: _Stream, wire: bytes | memoryview) -> None:
        connection = stream.connection
        if not len(wire):
            await asyncio.sleep(0)
            return
        if connection.state is not State.OPEN:
            return
        # Whole text frames, ready made: the library's own framing would cost as much as everything else together.
        connection.transport.write(wire)
        try:
            await asyncio.wait_for(connection.drain(), self._faults.too_slow_after)
        except TimeoutError:
            await self._too_slow(stream)
        await asyncio.sleep(0)

    async def _too_slow(self, stream: _Stream) -> None:
        connection = stream.connection
        if stream.v2 and connection.state is State.OPEN:
            lag = self.log.next_seq - stream.position
            text = f"reading below the floor rate {lag} events behind the tip; reconnect with cursor={stream.position}"
            connection.transport.write(frames.packed([frames.error("ConsumerTooSlow", text)]))
        connection.transport.close()  # as the real server: no closing frame, and no waiting for one who reads nothing
        asyncio.get_running_loop().call_later(1, connection.transport.abort)


def _refuse_zstd(dictionary: str, *, old_way: bool) -> None:
    if old_way:
        raise BadRequest("compress=true is the /subscribe (v1) opt-in; this endpoint uses zstdDictionary=<id>")
    if not dictionary:
        return
    if not dictionary.isascii() or not dictionary.isdigit() or int(dictionary) == 0:
        raise BadRequest("zstdDictionary must be a positive integer zstd dictionary ID")
    raise BadRequest(f"unknown zstd dictionary id {int(dictionary)}; none is offered here", "UnknownZstdDictionary")


def _refusal(v2: bool, status: int, text: str, name: str = "", retry_after: float | None = None) -> Response:
    """A refused upgrade: plain text on the first wire, the XRPC error envelope on the second."""
    body = msgspec.json.encode({"error": name, "message": text}) if v2 else f"{text}\n".encode()
    headers = Headers()
    headers["Content-Type"] = "application/json" if v2 else "text/plain; charset=utf-8"
    headers["Content-Length"] = str(len(body))
    headers["Connection"] = "close"
    if retry_after is not None:
        headers["Retry-After"] = str(int(retry_after))
    return Response(status, http.HTTPStatus(status).phrase, headers, body)
