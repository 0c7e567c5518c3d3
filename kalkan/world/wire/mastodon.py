"""A Mastodon server on loopback: timelines, statuses, threads, the instance and streams, over one :class:`Board`.

Owns HTTP: paging, rate limits, tokens, streams, and faults on demand. Promises the answers of a 4.6 server, errors
included. Public timelines leave out answers to other people, as the real ones do; hashtag timelines carry them. Takes
posts of the world's own people (:mod:`kalkan.world.wire.taking`). Never opens itself to other machines unless told to.

Sources: https://docs.joinmastodon.org/methods/timelines/, /statuses/, /streaming/ and /api/rate-limits/.
"""

from __future__ import annotations

import asyncio
import http
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import TracebackType
from typing import Any, Final
from urllib.parse import parse_qs, quote, unquote, urlencode

import msgspec
import uvicorn

from kalkan.world.wire import names, notices
from kalkan.world.wire.board import Board, News, Status
from kalkan.world.wire.guarding import MastodonGuards
from kalkan.world.wire.jetstream import wall_clock
from kalkan.world.wire.loop import Loop
from kalkan.world.wire.statuses import Entities
from kalkan.world.wire.taking import MOST_BODY, Taking, read_body

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

LIMIT: Final = 300
WINDOW: Final = timedelta(minutes=5)
DEFAULT_PAGE: Final = 20
MAX_PAGE: Final = 40
TOKEN: Final = "sahil-token"  # noqa: S105  # opens nothing but a play on loopback
HEARTBEAT: Final = 15.0  # seconds
_FEEDS: Final = {
    "public": (False, ""),
    "public/local": (False, "local"),
    "public/remote": (False, "remote"),
    "hashtag": (True, ""),
    "hashtag/local": (True, "local"),
}


@dataclass(slots=True)
class _Asked:
    """One request."""

    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    client: str
    method: str = "GET"
    body: bytes = b""

    def one(self, name: str) -> str:
        return (self.query.get(name) or [""])[-1]

    def flag(self, name: str) -> bool:
        return self.one(name).lower() in ("true", "1", "t", "on")

    def number(self, name: str) -> int | None:
        value = self.one(name)
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None

    @property
    def token(self) -> str | None:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return value.strip() if kind.lower() == "bearer" and value else self.one("access_token") or None


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer, as JSON unless it is bytes."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class _Listener:
    """One open stream."""

    wants: Callable[[Status], bool]
    queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)


class MastodonServer:
    """Serves ``board`` from the moment it is made until it is closed; a context manager.

    :param token: an access token for reading; streams need it, or the :func:`~kalkan.world.wire.password` of a person.
    :param open_to_all: False refuses timelines without a token (401), as servers may choose since 4.5.
    :param now: the clock of rate limits.
    :param domain: the name under which statuses have their lasting addresses.
    """

    def __init__(
        self,
        board: Board,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        domain: str = "sahil.test",
        token: str = TOKEN,
        open_to_all: bool = True,
        limit: int = LIMIT,
        now: Callable[[], datetime] = wall_clock,
    ) -> None:
        self.board = board
        self.entities = Entities(board, domain)
        self.taking = Taking(board, self.entities, now)
        self.guards = MastodonGuards(board.people, self.entities.account)
        self.token = token
        self.requests: list[str] = []  # path and query of every request, refused ones included
        self._open_to_all = open_to_all
        self._limit = limit
        self._now = now
        self._spent: dict[tuple[str, int], int] = {}
        self._refusals: list[tuple[int, float | None]] = []
        self.ready = True  # while False every request is refused: the instance is being filled
        self._delay = 0.0
        self._listeners: set[_Listener] = set()
        self._socket = socket.create_server((host, port))
        self.host, self.port = self._socket.getsockname()[:2]
        self._loop = Loop("mastodon")
        config = uvicorn.Config(
            self._app,
            interface="asgi3",
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
            date_header=False,  # the stage's clock is told, not the machine's
        )
        self._server = uvicorn.Server(config)
        self._serving = self._loop.start(self._server.serve([self._socket]))
        self._stop_hearing = board.listen(self._hear)

    @property
    def url(self) -> str:
        """Where it answers: ``http://127.0.0.1:PORT``."""
        return f"http://{self.host}:{self.port}"

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._listeners)

    def __enter__(self) -> MastodonServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End streams and stop. May be called twice."""
        if self._loop.closed:
            return
        self._stop_hearing()
        self._end_streams()
        self._server.should_exit = True
        with suppress(TimeoutError):
            self._serving.result(10)
        self._loop.close()
        self._socket.close()

    # Faults on demand

    def refuse(self, n: int, status: int = 503, retry_after: float | None = None) -> None:
        """Answer the next ``n`` requests with ``status``."""
        self._refusals.extend([(status, retry_after)] * n)

    def disconnect_all(self) -> None:
        """End every open stream."""
        self._end_streams()

    def delay(self, seconds: float) -> None:
        """Wait so long before every answer from now on."""
        self._delay = seconds

    def _end_streams(self) -> None:
        def end() -> None:
            for listener in self._listeners:
                listener.queue.put_nowait(None)

        self._loop.soon(end)

    # Streams

    def _hear(self, news: News) -> None:
        if not self._listeners:
            return
        if news.kind == "delete":
            payload = str(news.status.id).encode()
        else:
            payload = msgspec.json.encode(self.entities.status(news.status, streamed=True))
        event = b"event: %s\ndata: %s\n\n" % (news.kind.encode(), payload)

        def pass_on() -> None:
            for listener in self._listeners:
                if listener.wants(news.status):
                    listener.queue.put_nowait(event)

        self._loop.soon(pass_on)

    def _stream_of(self, asked: _Asked, feed: str) -> _Listener | _Answer:
        if asked.token is None:
            return _Answer({"error": "Missing access token"}, 401)
        if asked.token != self.token and self.taking.who(asked.token) is None:
            return _Answer({"error": "Invalid access token"}, 401)
        by_tag, side = _FEEDS[feed]
        tag = asked.one("tag")
        if by_tag and not tag:
            return _Answer({"error": "Missing tag name parameter"}, 400)

        def wants(status: Status) -> bool:
            if side and status.local != (side == "local"):
                return False
            return status.tagged(tag) if by_tag else status.broadcast

        return _Listener(wants)

    async def _stream(self, listener: _Listener, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"private, no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b":)\n", "more_body": True})
        self._listeners.add(listener)
        leaving = asyncio.ensure_future(_left(receive))
        try:
            while not leaving.done():
                waiting = asyncio.ensure_future(listener.queue.get())
                await asyncio.wait((waiting, leaving), timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    await send({"type": "http.response.body", "body": b":thump\n", "more_body": True})
                    continue
                event = waiting.result()
                if event is None:
                    break
                await send({"type": "http.response.body", "body": event, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()
            self._listeners.discard(listener)

    # Requests

    async def _app(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        query = scope["query_string"].decode("latin-1")
        asked = _Asked(
            path=scope["path"],
            query=parse_qs(query, keep_blank_values=True),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            client=(scope.get("client") or ("?",))[0],
            method=scope["method"],
            body=await _body(receive) if scope["method"] != "GET" else b"",
        )
        self.requests.append(f"{asked.path}?{query}" if query else asked.path)
        if self._delay:
            await asyncio.sleep(self._delay)
        feed = asked.path.removeprefix("/api/v1/streaming/") if asked.path.startswith("/api/v1/streaming/") else None
        if not self.ready:
            self._refusals[:0] = [(503, 1.0)]
        if self._refusals:
            answer = self._refused()
        elif feed == "health":
            answer = _Answer(b"OK")
        elif feed is not None:
            listener = self._stream_of(asked, feed) if feed in _FEEDS else _Answer({"error": "Not Found"}, 404)
            if isinstance(listener, _Listener):
                await self._stream(listener, receive, send)
                return
            answer = listener
        else:
            answer = self._limited(asked)
        await _give(answer, send, self._now())

    def _refused(self) -> _Answer:
        status, retry_after = self._refusals.pop(0)
        headers = {} if retry_after is None else {"retry-after": str(int(retry_after))}
        body = {"error": "Too many requests" if status == 429 else http.HTTPStatus(status).phrase}
        return _Answer(body, status, headers)

    def _limited(self, asked: _Asked) -> _Answer:
        """The answer, counted: so many requests in each five minutes of the clock, by token or by address."""
        now, seconds = self._now(), int(WINDOW.total_seconds())
        window = names.micros(now) // 1_000_000 // seconds
        who = asked.token if asked.token == self.token or self.taking.who(asked.token) else asked.client
        assert who is not None
        self._spent = {key: n for key, n in self._spent.items() if key[1] >= window}
        spent = self._spent[who, window] = self._spent.get((who, window), 0) + 1
        reset = names.moment((window + 1) * seconds * 1_000_000)
        headers = {
            "x-ratelimit-limit": str(self._limit),
            "x-ratelimit-remaining": str(max(self._limit - spent, 0)),
            "x-ratelimit-reset": reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        answer = _Answer({"error": "Too many requests"}, 429) if spent > self._limit else self._answer(asked)
        return _Answer(answer.body, answer.status, {**headers, **answer.headers})

    def _answer(self, asked: _Asked) -> _Answer:
        parts = asked.path.strip("/").split("/")
        person = self.taking.who(asked.token)
        if asked.token is not None and asked.token != self.token and person is None:
            return _Answer({"error": "The access token is invalid"}, 401)
        if person is not None:
            sent = read_body(asked.headers.get("content-type", ""), asked.body)
            told = self.taking.answer(person, asked.method, parts, sent, asked.headers.get("idempotency-key", ""))
            told = told or self.guards.answer(person, asked.method, parts, sent.fields, asked.one)
            if asked.method == "GET" and parts == ["api", "v1", "notifications"]:
                types = asked.query.get("types[]", [])
                return _Answer(notices.statuses(self.board, self.entities, person, asked.one, types))
            if told is not None:
                return _Answer(told[1], told[0])
        if asked.method != "GET":
            return _Answer({"error": "Not Found"}, 404)
        match parts:
            case ["api", "v2", "instance"]:
                return _Answer(self.entities.instance(self.url.replace("http", "ws", 1)))
            case ["api", "v1", "accounts", number, "statuses"]:
                return self._timeline(asked, lambda one: str(self.entities.account_id(one.author)) == number)
            case ["api", "v2", "search"]:
                return _Answer({"accounts": [], "hashtags": [], "statuses": self._resolved(asked)})
            case ["api", "v1", "timelines", "public"]:
                return self._timeline(asked, lambda status: status.broadcast)
            case ["api", "v1", "timelines", "tag", tag]:
                return self._timeline(asked, lambda status: status.tagged(unquote(tag)))
            case ["api", "v1", "statuses", number, *rest] if rest in ([], ["context"]):
                status = self.board.status(int(number)) if number.isascii() and number.isdigit() else None
                if status is None:
                    return _Answer({"error": "Record not found"}, 404)
                return self._thread(status, asked) if rest else _Answer(self._told(status, asked))
        return _Answer({"error": "Not Found"}, 404)

    def _told(self, status: Status, asked: _Asked) -> dict[str, Any]:
        return self.entities.status(status, signed_in=asked.token is not None)

    def _resolved(self, asked: _Asked) -> list[dict[str, Any]]:
        """The status whose address is searched for."""
        number = asked.one("q").rstrip("/").rpartition("/")[2]
        status = self.board.status(int(number)) if number.isascii() and number.isdigit() else None
        known = status is not None and asked.one("q") in (self.entities.uri(status), self.entities.url(status))
        return [self._told(status, asked)] if status is not None and known else []

    def _timeline(self, asked: _Asked, keep: Callable[[Status], bool]) -> _Answer:
        if not self._open_to_all and asked.token is None:
            return _Answer({"error": "This method requires an authenticated user"}, 401)
        local, remote, media = asked.flag("local"), asked.flag("remote"), asked.flag("only_media")
        found = self.board.timeline(
            lambda status: (
                keep(status)
                and not (local and not status.local)
                and not (remote and not local and status.local)
                and not (media and not status.event.alts)
            ),
            limit=min(asked.number("limit") or DEFAULT_PAGE, MAX_PAGE),
            max_id=asked.number("max_id"),
            since_id=asked.number("since_id"),
            min_id=asked.number("min_id"),
        )
        headers = {}
        if found:
            kept = {name: asked.one(name) for name in ("limit", "local", "only_media", "remote") if asked.one(name)}
            # The address that the client used is the one that it can use again.
            base = f"http://{asked.headers.get('host', f'{self.host}:{self.port}')}{quote(asked.path)}"
            older = urlencode({**kept, "max_id": found[-1].id})
            newer = urlencode({**kept, "min_id": found[0].id})
            headers["link"] = f'<{base}?{older}>; rel="next", <{base}?{newer}>; rel="prev"'
        return _Answer([self._told(status, asked) for status in found], headers=headers)

    def _thread(self, status: Status, asked: _Asked) -> _Answer:
        signed_in = asked.token is not None
        above = self.board.ancestors(status, 4096 if signed_in else 40)
        below = self.board.descendants(status, 4096 if signed_in else 60, 4096 if signed_in else 20)
        return _Answer(
            {
                "ancestors": [self._told(one, asked) for one in above],
                "descendants": [self._told(one, asked) for one in below],
            }
        )


async def _left(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(receive: Receive) -> bytes:
    """What the client sends, as far as it is not too much."""
    parts, size, more = [], 0, True
    while more and size <= MOST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)


async def _give(answer: _Answer, send: Send, now: datetime) -> None:
    plain = isinstance(answer.body, bytes)
    body = answer.body if plain else msgspec.json.encode(answer.body)
    headers = {
        "content-type": "text/plain" if plain else "application/json; charset=utf-8",
        "content-length": str(len(body)),
        "date": format_datetime(now.astimezone(UTC), usegmt=True),
        **answer.headers,
    }
    pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
