"""The line behind the door: connections to checked addresses only, every wait on them bounded.

Owns the httpx transport of :mod:`kalkan.networks.http`. Promises that what is connected to is one of the addresses that
were checked, never the name again, and that a server that drips bytes cannot hold us. Never sees what is asked for.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import httpcore
import httpx

from kalkan.networks.addresses import Resolve, open_addresses


class Deadline:
    """When the answer being read must be there; asked before every wait on the socket."""

    def __init__(self, tick: Callable[[], float]) -> None:
        self._tick = tick
        self._until: float | None = None

    def set(self, seconds: float | None) -> None:
        self._until = None if seconds is None else self._tick() + seconds

    def cut(self, timeout: float | None) -> float | None:
        if self._until is None:
            return timeout
        left = self._until - self._tick()
        if left <= 0:
            raise httpcore.ReadTimeout("deadline")
        return left if timeout is None else min(timeout, left)


class _Line(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline: a server that drips bytes cannot hold us."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Line(self._inner.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class Guarded(httpcore.NetworkBackend):
    """Connects to a checked address instead of to a name. Host header and TLS name stay those of the URL."""

    def __init__(self, resolve: Resolve, *, allow_private: bool, deadline: Deadline) -> None:
        self._resolve = resolve
        self._allow_private = allow_private
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        found = open_addresses(host, port, resolve=self._resolve, allow_private=self._allow_private)
        fault: Exception | None = None
        for address in found[:4]:
            try:
                line = self._inner.connect_tcp(
                    address, port, self._deadline.cut(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
            else:
                return _Line(line, self._deadline)
        raise fault or httpcore.ConnectError(host)


class Transport(httpx.BaseTransport):
    """httpx over a pool whose connections go through the guard."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls(), max_connections=10, keepalive_expiry=30.0, network_backend=backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.read(),
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@cache
def tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()
