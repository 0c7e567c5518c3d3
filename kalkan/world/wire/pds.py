"""A Bluesky server that takes publications into the repositories of a play, and resolves names.

Owns XRPC over HTTP: sessions from app passwords, blobs, putting and deleting records under keys of the client's choice,
reading them back. Promises that a post put here is in the play at once, and comes out of its Jetstream; that
``swapRecord: null`` never replaces a record. Never takes anything but posts, of anybody but the people of the play.

Sources: lexicons com.atproto.server.*, com.atproto.repo.* and com.atproto.identity.resolveHandle of
bluesky-social/atproto.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs

import msgspec
import uvicorn

from kalkan.text import byte_length, graphemes
from kalkan.world.events import Event, Person
from kalkan.world.wire import names, notices
from kalkan.world.wire.guarding import BlueskyGuards
from kalkan.world.wire.log import EventLog
from kalkan.world.wire.loop import Loop
from kalkan.world.wire.records import POST, Repositories
from kalkan.world.wire.taking import MOST_BODY, password, published

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Answer = tuple[int, dict[str, Any]]


def _fault(name: str, message: str = "", status: int = 400) -> Answer:
    return status, {"error": name, "message": message or name}


class PdsServer:
    """Serves the people of ``repositories`` until it is closed; a context manager.

    :param lock: held while a record comes into the play, by whoever else tells it events too.
    :param now: the clock of what is published.
    """

    def __init__(
        self,
        repositories: Repositories,
        people: Mapping[str, Person],
        log: EventLog,
        *,
        now: Callable[[], datetime],
        lock: threading.Lock | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.requests: list[str] = []  # the methods asked for, in order
        self.guards = BlueskyGuards()
        self._repositories = repositories
        self._people = people
        self._log = log
        self._now = now
        self._lock = lock or threading.Lock()
        self._blobs: dict[str, dict[str, Any]] = {}
        self._count = 0
        self._refusals: list[int] = []
        self._socket = socket.create_server((host, port))
        self.host, self.port = self._socket.getsockname()[:2]
        self._loop = Loop("pds")
        config = uvicorn.Config(
            self._app, interface="asgi3", lifespan="off", ws="none", proxy_headers=False, server_header=False,
            log_config=None, access_log=False, timeout_graceful_shutdown=2,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._serving = self._loop.start(self._server.serve([self._socket]))

    @property
    def url(self) -> str:
        """Where it answers: ``http://127.0.0.1:PORT``."""
        return f"http://{self.host}:{self.port}"

    def refuse(self, n: int, status: int = 503) -> None:
        """Answer the next ``n`` requests with ``status``, having done nothing."""
        self._refusals += [status] * n

    def __enter__(self) -> PdsServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop. May be called twice."""
        if self._loop.closed:
            return
        self._server.should_exit = True
        with suppress(TimeoutError):
            self._serving.result(10)
        self._loop.close()
        self._socket.close()

    # Requests

    async def _app(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        body = await _read(receive)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked = parse_qs(scope["query_string"].decode("latin-1"))
        query = {name: values[-1] for name, values in asked.items()}
        method = scope["path"].removeprefix("/xrpc/")
        self.requests.append(method)
        status, told = self._answer(method, query, headers, body, asked)
        content = msgspec.json.encode(told)
        pairs = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})

    def _answer(
        self,
        method: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        asked: Mapping[str, list[str]],
    ) -> Answer:
        if self._refusals:
            return _fault("UpstreamFailure", status=self._refusals.pop(0))
        token = headers.get("authorization", "").removeprefix("Bearer ")
        told = _object(body) if headers.get("content-type", "").startswith("application/json") else {}
        match method:
            case "com.atproto.server.createSession":
                key = self._repositories.person(str(told.get("identifier", "")))
                if key is None or told.get("password") != password(key):
                    return _fault("AuthenticationRequired", "Invalid identifier or password", 401)
                return 200, self._session(key)
            case "com.atproto.server.refreshSession":
                key = self._person(token, "refresh")
                return (200, self._session(key)) if key else _fault("ExpiredToken", "Token has expired")
            case "com.atproto.identity.resolveHandle":
                key = self._repositories.person(query.get("handle", ""))
                return (
                    (200, {"did": self._repositories.did(key)})
                    if key
                    else _fault("InvalidRequest", "Unable to resolve")
                )
            case "com.atproto.repo.getRecord":
                return self._get(query)
        key = self._person(token, "access")
        if key is None:
            return _fault("InvalidToken" if token else "AuthMissing", status=400 if token else 401)
        guarded = self.guards.answer(self._repositories.did(key), method, told)
        if guarded is not None:
            return guarded
        match method:
            case "com.atproto.server.getSession":
                return 200, {**self._known(key), "active": True}
            case "app.bsky.notification.listNotifications":
                with self._lock:
                    return 200, notices.listed(self._repositories, self._people, key, query, asked.get("reasons", []))
            case "app.bsky.feed.getPosts":
                return 200, {"posts": self._views(asked.get("uris", []))}
            case "com.atproto.repo.uploadBlob":
                return self._upload(body, headers.get("content-type", ""))
            case "com.atproto.repo.putRecord":
                return self._put(key, told)
            case "com.atproto.repo.deleteRecord":
                return self._delete(key, told)
        return _fault("MethodNotImplemented", status=501)

    def _person(self, token: str, kind: str) -> str | None:
        front, _, key = token.partition(":")
        return key if front == kind and key in self._people and self._people[key].network == "bluesky" else None

    def _known(self, key: str) -> dict[str, Any]:
        did = self._repositories.did(key)
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
        return {"did": did, "handle": self._people[key].handle, "didDoc": {"id": did, "service": [service]}}

    def _session(self, key: str) -> dict[str, Any]:
        return {**self._known(key), "accessJwt": f"access:{key}", "refreshJwt": f"refresh:{key}", "active": True}

    def _upload(self, body: bytes, mime: str) -> Answer:
        link = names.blob(body)
        self._blobs[link] = {"$type": "blob", "ref": {"$link": link}, "mimeType": mime, "size": len(body)}
        return 200, {"blob": self._blobs[link]}

    def _get(self, query: Mapping[str, str]) -> Answer:
        uri = f"at://{query.get('repo')}/{query.get('collection')}/{query.get('rkey')}"
        if (guard := self.guards.record(uri)) is not None:
            return guard
        with self._lock:
            found = self._repositories.find(uri)
        if found is None:
            return _fault("RecordNotFound", f"Could not locate record: {uri}")
        return 200, {"uri": uri, "cid": found[0].cid, "value": found[1]}

    def _views(self, uris: list[str]) -> list[dict[str, Any]]:
        with self._lock:
            found = [self._repositories.find(uri) for uri in uris]
            return [notices.view(self._repositories, self._people, one[0]) for one in found if one is not None]

    def _put(self, key: str, told: Mapping[str, Any]) -> Answer:
        record, rkey = told.get("record"), str(told.get("rkey", ""))
        did = self._repositories.did(key)
        if told.get("repo") not in (did, self._people[key].handle) or told.get("collection") != POST or not rkey:
            return _fault("InvalidRequest", "Only posts, into one's own repository")
        if not isinstance(record, dict) or (wrong := self._wrong(record)):
            return _fault(
                "InvalidRequest", f"Invalid {POST} record" + (f": {wrong}" if isinstance(record, dict) else "")
            )
        uri = f"at://{did}/{POST}/{rkey}"
        with self._lock:
            stands = self._repositories.find(uri)
            if stands is not None and stands[1] == record:
                return 200, {"uri": uri, "cid": stands[0].cid}
            if stands is not None:
                return _fault("InvalidSwap", f"Record was at {stands[0].cid}")
            self._count += 1
            frame = self._repositories.put(self._event(key, record), rkey, record)
            self._log.add(frame)
        return 200, {"uri": uri, "cid": frame["commit"]["cid"]}

    def _wrong(self, record: Mapping[str, Any]) -> str:
        """What of a post the lexicon does not allow."""
        text = record.get("text")
        if not isinstance(text, str) or not isinstance(record.get("createdAt"), str):
            return "Record must have text and createdAt"
        if graphemes(text) > 300 or byte_length(text) > 3000:
            return "text must not be longer than 300 graphemes"
        for image in _images(record):
            link = image.get("image", {}).get("ref", {}).get("$link")
            if link not in self._blobs or not isinstance(image.get("alt"), str):
                return "Could not find blob"
        return ""

    def _event(self, key: str, record: Mapping[str, Any]) -> Event:
        reply, langs = record.get("reply"), record.get("langs")
        above = self._repositories.find(str(reply["parent"]["uri"])) if isinstance(reply, dict) else None
        return published(
            self._people[key],
            str(record["text"]),
            key=f"{key}/own/{self._count}",
            at=self._now(),
            people=self._people,
            lang=str(langs[0]) if isinstance(langs, list) and langs else None,
            reply_to=above[0].event.key if above else None,
            alts=tuple(str(image["alt"]) for image in _images(record)),
        )

    def _delete(self, key: str, told: Mapping[str, Any]) -> Answer:
        uri = f"at://{self._repositories.did(key)}/{told.get('collection')}/{told.get('rkey')}"
        with self._lock:
            found = self._repositories.find(uri)
            if found is not None:
                gone = Event(at=self._now(), verb="delete", actor=key, key=found[0].event.key)
                frame = self._repositories.frame(gone)
                assert frame is not None
                self._log.add(frame)
        return 200, {}


def _images(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    embed = record.get("embed")
    images = embed.get("images") if isinstance(embed, dict) else None
    return [one for one in images if isinstance(one, dict)] if isinstance(images, list) else []


def _object(body: bytes) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(body or b"{}")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


async def _read(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more and size <= MOST_BODY:
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
    return b"".join(parts)
