"""Server-sent events: telling events apart in a stream of bytes, and an ear that listens while others work.

Owns the reading thread and its mailbox. Promises that a slow reader slows the sender instead of filling memory, that
an event too large to hold is reported and skipped, and that :meth:`Ear.close` ends the thread soon. Knows nothing of
what the events mean. Format: WHATWG HTML, section 9.2 (event streams).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kalkan.errors import NetworkError
from kalkan.networks.http import Door, Stream

MAX_EVENT: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``data`` is None when it was too large to keep."""

    name: str
    data: str | None


class EventReader:
    """Cuts bytes into events, whatever the pieces they come in."""

    def __init__(self, *, max_event: int = MAX_EVENT) -> None:
        self._max = max_event
        self._rest = b""
        self._name = ""
        self._data: list[str] = []
        self._size = 0
        self._too_large = False

    def feed(self, chunk: bytes) -> list[Event]:
        """The events that ``chunk`` completes."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > self._max:
            self._rest, self._too_large, self._data = b"data:", True, []
        found = []
        for line in lines:
            event = self._line(line.removesuffix(b"\r"))
            if event is not None:
                found.append(event)
        return found

    def _line(self, line: bytes) -> Event | None:
        if not line:
            return self._end()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            self._name = value[:200].decode("utf-8", "replace")
        elif field == b"data":
            self._size += len(value)
            if self._size > self._max:
                self._too_large, self._data = True, []
            elif not self._too_large:
                self._data.append(value.decode("utf-8", "replace"))
        return None

    def _end(self) -> Event | None:
        name, data, too_large = self._name, self._data, self._too_large
        self._name, self._data, self._size, self._too_large = "", [], 0, False
        if too_large:
            return Event(name or "message", None)
        return Event(name or "message", "\n".join(data)) if data else None


@dataclass(frozen=True, slots=True)
class Heard:
    """What an ear put into the mailbox: that it is open, an event, or why it fell silent."""

    ear: str
    event: Event | None = None
    fault: NetworkError | None = None


class Ear:
    """Listens to one stream in a thread of its own and puts what it hears into ``mailbox``.

    The first thing heard is a bare :class:`Heard` (the stream is open), the last one carries the fault that ended it.
    """

    def __init__(
        self,
        name: str,
        door: Door,
        mailbox: queue.Queue[Heard],
        *,
        url: str,
        params: Mapping[str, str],
        headers: Mapping[str, str],
        now: datetime,
    ) -> None:
        self.name = name
        self.meter = door.meter
        self._door = door
        self._mailbox = mailbox
        self._url, self._params, self._headers = url, params, headers
        self._now = now
        self._stopped = threading.Event()
        self._stream: Stream | None = None
        self._thread = threading.Thread(target=self._listen, name=f"ear:{name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and wait a moment for the thread to be gone."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.stop()
        self._thread.join(timeout=2.0)

    def _listen(self) -> None:
        fault = NetworkError("stream_ended", url=self._url)
        try:
            with self._door.stream(
                self._url, now=self._now, params=self._params, headers=self._headers
            ) as self._stream:
                self._put(Heard(self.name))
                reader = EventReader()
                for chunk in self._stream.chunks():
                    for event in reader.feed(chunk):
                        self._put(Heard(self.name, event=event))
                    if self._stopped.is_set():
                        break
        except NetworkError as error:
            fault = error
        except (
            Exception
        ):  # closing a socket under its reader fails in ways of its own; the stream has ended all the same
            if not self._stopped.is_set():
                raise
        finally:
            self._put(Heard(self.name, fault=fault))
            self._door.close()

    def _put(self, heard: Heard) -> None:
        while not self._stopped.is_set():
            try:
                self._mailbox.put(heard, timeout=0.5)
            except queue.Full:
                continue
            return
