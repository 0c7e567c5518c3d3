"""The one HTTP door: every request Kalkan makes to the outside goes through here.

Owns time limits (for each step and for the whole answer), a cap on what is read, the guard against being sent into
the private network (see :mod:`kalkan.networks.addresses`), redirects (each checked anew, at most five), conditional
requests, what servers say about their limits, and a meter. Promises that the address connected to is the very one
that was checked, and that every fault leaves as a :class:`~kalkan.errors.NetworkError` that says whether waiting can
help. Never keeps cookies, never sends a token on to another host, never reads proxy settings (a proxy would resolve
names for itself, behind the guard's back).

A door serves one thread.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpcore
import httpx

from kalkan import __version__
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.addresses import Resolve, check_address, resolve_host
from kalkan.networks.guarded import Deadline, Guarded, Transport

AGENT: Final = f"Kalkan/{__version__} (self-hosted social listening; asks politely; one install, one team)"
REDIRECTS: Final = 5
MAX_WAIT: Final = 86_400.0
_MOVED: Final = frozenset({301, 302, 303, 307, 308})
_PLAIN: Final = frozenset({"", "identity"})
_ZIPPED: Final = frozenset({"gzip", "x-gzip"})


@dataclass(slots=True)
class Meter:
    """What went through a door so far: requests sent, and bytes of answers as they came over the wire."""

    requests: int = 0
    bytes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """What a server says about its limit: ``remaining`` of ``limit`` requests, fresh in ``reset`` seconds."""

    limit: int | None
    remaining: int
    reset: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A server's answer, read whole. Header names are lower case; ``url`` is where the last redirect led."""

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    rate: Rate | None

    @property
    def unchanged(self) -> bool:
        """The server says that what we have is still right (304)."""
        return self.status == 304


class Stream:
    """An answer that does not end. Read it in one thread; :meth:`stop` may be called from another."""

    def __init__(self, response: httpx.Response, meter: Meter) -> None:
        self._response = response
        self._meter = meter

    def chunks(self) -> Iterator[bytes]:
        """Bytes as they come.

        :raises NetworkError: the connection broke, or was silent for longer than the door's ``read_s``.
        """
        with _as_network_errors(self._response.url.host):
            for chunk in self._response.iter_raw():
                self._meter.bytes += len(chunk)
                yield chunk

    def stop(self) -> None:
        """End the stream: the reading thread sees it close at once."""
        line = self._response.extensions.get("network_stream")
        raw = line.get_extra_info("socket") if line is not None else None
        if raw is not None:
            with contextlib.suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)


class Door:
    """One guarded way out.

    ``allow_private`` lets loopback and home networks be asked as well, on any port: for the demo world and tests.
    ``total_s`` bounds a whole answer from the first byte sent; streams are bounded by ``read_s`` of silence only.
    """

    def __init__(
        self,
        *,
        allow_private: bool = False,
        resolve: Resolve = resolve_host,
        connect_s: float = 10.0,
        read_s: float = 20.0,
        total_s: float = 60.0,
        max_bytes: int = 8 << 20,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        self.meter = Meter()
        self._allow_private = allow_private
        self._total_s = total_s
        self._max_bytes = max_bytes
        self._deadline = Deadline(tick)
        backend = Guarded(resolve, allow_private=allow_private, deadline=self._deadline)
        self._client = httpx.Client(
            transport=Transport(backend),
            timeout=httpx.Timeout(read_s, connect=connect_s),
            trust_env=False,
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip"},
        )

    def get(
        self,
        url: str,
        *,
        now: datetime,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        etag: str | None = None,
        modified: str | None = None,
        accept: frozenset[int] = frozenset(),
        max_bytes: int | None = None,
    ) -> Answer:
        """Ask for ``url`` and read the answer whole.

        ``etag`` and ``modified`` are what the same address said last time: a 304 then comes back as an answer that is
        ``unchanged``. Statuses in ``accept`` are answers too; every other one outside 2xx is an error. ``now`` is
        what dates in ``Retry-After`` are measured against when the server sends no clock of its own.

        :raises NetworkError: anything else; see :data:`ERRORS` and :mod:`kalkan.networks.addresses` for the codes.
        """
        sent = dict(headers or {})
        if etag:
            sent["If-None-Match"] = etag
        if modified:
            sent["If-Modified-Since"] = modified
        return self._ask("GET", url, None, params, sent, now=now, accept=accept | {304}, most=max_bytes)

    def send(
        self,
        method: str,
        url: str,
        content: bytes,
        *,
        now: datetime,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> Answer:
        """Write: POST, PUT, PATCH or DELETE with ``content``; the rest as in :meth:`get`. Follows no redirect.

        :raises NetworkError: as :meth:`get`; see :func:`was_sent` for whether the server may have acted on it.
        """
        return self._ask(method, url, content, None, headers or {}, now=now, accept=accept, most=None)

    def _ask(
        self,
        method: str,
        url: str,
        content: bytes | None,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        *,
        now: datetime,
        accept: frozenset[int],
        most: int | None,
    ) -> Answer:
        self._deadline.set(self._total_s)
        try:
            with self._open(url, params=params, headers=headers, method=method, content=content) as response:
                _raise_for(response, now, accept)
                return Answer(
                    status=response.status_code,
                    url=str(response.url),
                    headers={name.lower(): value for name, value in response.headers.items()},
                    body=_read(response, most or self._max_bytes, self.meter),
                    rate=rate_of(response.headers, now),
                )
        finally:
            self._deadline.set(None)

    @contextlib.contextmanager
    def stream(
        self,
        url: str,
        *,
        now: datetime,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Stream]:
        """Open an answer that does not end, uncompressed. Errors as in :meth:`get`, until the headers are there."""
        sent = {**(headers or {}), "Accept-Encoding": "identity"}
        with self._open(url, params=params, headers=sent) as response:
            _raise_for(response, now, frozenset())
            yield Stream(response, self.meter)

    def close(self) -> None:
        """Let go of every connection."""
        self._client.close()

    @contextlib.contextmanager
    def _open(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        method: str = "GET",
        content: bytes | None = None,
    ) -> Iterator[httpx.Response]:
        target = self._checked(url)
        if params:
            target = target.copy_merge_params(dict(params))
        sent = dict(headers)
        for _ in range(REDIRECTS + 1):
            request = self._client.build_request(method, target, headers=sent, content=content)
            self.meter.requests += 1
            with _as_network_errors(target.host):
                response = self._client.send(request, stream=True)
            self._client.cookies.clear()
            if method != "GET" or response.status_code not in _MOVED or "location" not in response.headers:
                try:
                    yield response
                finally:
                    response.close()
                return
            response.close()
            following = self._checked(_joined(target, response.headers["location"]))
            if _origin(following) != _origin(target):
                sent = {name: value for name, value in sent.items() if name.lower() != "authorization"}
            target = following
        raise NetworkError("redirects_too_many", permanent=True, host=target.host)

    def _checked(self, url: str) -> httpx.URL:
        try:
            return check_address(url, allow_private=self._allow_private)
        except InvalidInput as error:
            fault = NetworkError(error.code, permanent=True)
            fault.params = error.params
            raise fault from error


ERRORS: Final = {
    401: ("network_unauthorized", True),
    403: ("network_forbidden", True),
    404: ("not_found", True),
    408: ("answer_timeout", False),
    410: ("not_found", True),
    425: ("server_fault", False),
    429: ("rate_limited", False),
}
"""Status → (code, permanent). Other 4xx: ``request_refused``, permanent; 5xx: ``server_fault``, worth waiting for."""


def was_sent(error: NetworkError) -> bool:
    """Whether the server may have acted on a request that ended so: it was reached, and has not said no."""
    status = error.params.get("status")
    if isinstance(status, int):
        return status >= 500 or status == 408
    never = (httpcore.ConnectError, httpcore.ConnectTimeout, InvalidInput, ssl.SSLError)
    return error.code not in ("host_unknown", "address_private") and not any(
        isinstance(cause, never) for cause in _causes(error)
    )


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds the server asks us to wait: ``Retry-After`` as seconds or as a date (RFC 9110 §10.2.3), else None.

    A date is measured against the server's own ``Date``, so that a wrong clock on either side does no harm.
    """
    value = (headers.get("retry-after") or "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:12]), MAX_WAIT)
    when = _date(value)
    if when is None:
        return None
    return min(max((when - (_date(headers.get("date") or "") or now)).total_seconds(), 0.0), MAX_WAIT)


def rate_of(headers: Mapping[str, str], now: datetime) -> Rate | None:
    """What ``X-RateLimit-*`` say. ``Reset`` may be an ISO date (Mastodon), a Unix time, or seconds from now."""
    remaining = _whole(headers.get("x-ratelimit-remaining"))
    if remaining is None:
        return None
    reset = 0.0
    said = (headers.get("x-ratelimit-reset") or "").strip()
    number = _whole(said)
    if number is not None:
        reset = number - now.timestamp() if number > 10_000_000 else float(number)
    elif said:
        with contextlib.suppress(ValueError, OverflowError):
            when = datetime.fromisoformat(said)
            reset = ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds()
    limit = _whole(headers.get("x-ratelimit-limit"))
    return Rate(limit=limit, remaining=remaining, reset=min(max(reset, 0.0), MAX_WAIT))


def _raise_for(response: httpx.Response, now: datetime, accept: frozenset[int]) -> None:
    status = response.status_code
    if 200 <= status < 300 or status in accept:
        return
    code, permanent = ERRORS.get(status, ("request_refused", True) if 300 <= status < 500 else ("server_fault", False))
    wait = retry_after(response.headers, now)
    if wait is None and status == 429:
        rate = rate_of(response.headers, now)
        wait = rate.reset if rate else None
    raise NetworkError(code, permanent=permanent, retry_after=wait, host=response.url.host, status=status)


def _read(response: httpx.Response, limit: int, meter: Meter) -> bytes:
    """The body, unpacked here rather than by httpx so that a small answer cannot grow without bound in memory."""
    host = response.url.host
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in _PLAIN and encoding not in _ZIPPED:
        raise NetworkError("answer_unreadable", host=host, detail=f"content-encoding {encoding[:40]}")
    unzip = zlib.decompressobj(wbits=47) if encoding in _ZIPPED else None
    parts: list[bytes] = []
    have = 0
    with _as_network_errors(host):
        for chunk in response.iter_raw():
            meter.bytes += len(chunk)
            data = unzip.decompress(chunk, limit - have + 1) if unzip else chunk
            have += len(data)
            if have > limit:
                raise NetworkError("answer_too_large", permanent=True, host=host, limit=limit)
            parts.append(data)
    if unzip is not None and have and not unzip.eof:
        raise NetworkError("answer_unreadable", host=host, detail="cut short")
    return b"".join(parts)


@contextlib.contextmanager
def _as_network_errors(host: str) -> Iterator[None]:
    try:
        yield
    except (httpx.TimeoutException, httpcore.TimeoutException) as error:
        raise NetworkError("answer_timeout", host=host) from error
    except (httpx.HTTPError, httpx.StreamError, httpcore.ProtocolError, httpcore.NetworkError, OSError) as error:
        if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
            raise NetworkError("tls_failed", host=host) from error
        if isinstance(error, (httpcore.ProtocolError, httpx.ProtocolError)):
            raise NetworkError("answer_unreadable", host=host, detail=type(error).__name__) from error
        raise NetworkError("host_unreachable", host=host) from error
    except (zlib.error, ValueError) as error:
        raise NetworkError("answer_unreadable", host=host, detail=type(error).__name__) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _joined(base: httpx.URL, location: str) -> str:
    try:
        return str(base.join(location))
    except (httpx.InvalidURL, ValueError):
        return location


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _date(value: str) -> datetime | None:
    try:
        when = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _whole(value: str | None) -> int | None:
    value = (value or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else None
