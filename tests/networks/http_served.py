"""A small real HTTP server on loopback whose answers a test writes as functions."""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Route = Callable[[BaseHTTPRequestHandler], None]


class Served:
    """The running server: its address, and every request it saw as (path, headers)."""

    def __init__(self, routes: dict[str, Route], tls: ssl.SSLContext | None = None) -> None:
        seen: list[tuple[str, dict[str, str]]] = []

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
                route = routes.get(self.path.split("?")[0])
                with contextlib.suppress(OSError):
                    if route is None:
                        say(self, 404, b"no")
                    else:
                        route(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        self.seen = seen
        self.routes = routes

        class Server(ThreadingHTTPServer):
            def handle_error(self, request: object, client_address: object) -> None:
                return  # clients that hang up are what some tests are about

        self._server = Server(("127.0.0.1", 0), Answers)
        if tls is not None:  # the handshake belongs to the thread that answers, not to the one that accepts
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


@contextlib.contextmanager
def serve(routes: dict[str, Route], tls: ssl.SSLContext | None = None) -> Iterator[Served]:
    served = Served(routes, tls)
    try:
        yield served
    finally:
        served.stop()


def say(request: BaseHTTPRequestHandler, status: int, body: bytes = b"", **headers: str) -> None:
    """Answer whole; ``content_type="…"`` becomes the header Content-Type."""
    request.send_response(status)
    for name, value in headers.items():
        request.send_header(name.replace("_", "-"), value)
    if "Content_Length" not in headers and "content_length" not in headers:
        request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def answer(status: int, body: bytes = b"", **headers: str) -> Route:
    """A route that always says the same."""
    return lambda request: say(request, status, body, **headers)
