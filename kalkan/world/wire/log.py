"""The log behind the Jetstream server: every frame of the first wire once, in order, ready to be sent.

Owns the frames' order (``seq`` from 1, ``time_us`` never backwards). Frames are kept as websocket text frames, header
included, so that a reader without a filter is served by slicing: millions of frames cost their bytes and 16 more.
Promises that any thread may add and any may read. Never drops anything unless told to forget it.
"""

from __future__ import annotations

import bisect
import itertools
import threading
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

CHUNK: Final = 4096  # frames; a chunk is also closed at about CHUNK_BYTES
CHUNK_BYTES: Final = 8 << 20
_ADD_AT_ONCE: Final = 2048


def text_frame(payload: bytes) -> bytes:
    """``payload`` as one unmasked websocket text frame (RFC 6455, 5.2), as a server sends it."""
    return header(len(payload)) + payload


def header(size: int, opcode: int = 0x81) -> bytes:
    """The header of an unmasked websocket frame of ``size`` bytes."""
    if size < 126:
        return bytes((opcode, size))
    if size < 65_536:
        return bytes((opcode, 126)) + size.to_bytes(2)
    return bytes((opcode, 127)) + size.to_bytes(8)


class _Chunk:
    """Frames side by side in one buffer."""

    __slots__ = ("body", "ends", "first", "sealed", "times")

    def __init__(self, first: int) -> None:
        self.first = first  # seq of the first frame
        self.body: bytearray | bytes = bytearray()
        self.ends = array("Q", (0,))
        self.times = array("q")
        self.sealed = False

    def __len__(self) -> int:
        return len(self.times)

    @property
    def full(self) -> bool:
        return len(self.times) >= CHUNK or len(self.body) >= CHUNK_BYTES

    def seal(self) -> None:
        self.body = bytes(self.body)  # fixed from here on: readers may keep views of it
        self.sealed = True


@dataclass(frozen=True, slots=True)
class Slice:
    """Some frames in a row, as :meth:`EventLog.read` gives them. ``wire`` is what a reader without a filter is sent."""

    first: int
    wire: memoryview
    ends: array[int]
    times: array[int]

    def __len__(self) -> int:
        return len(self.times)

    @property
    def next(self) -> int:
        """The seq after the last frame."""
        return self.first + len(self.times)

    def payloads(self) -> list[bytes]:
        """The frames without their websocket headers."""
        wire, ends, found = self.wire, self.ends, []
        for start, end in itertools.pairwise(ends):
            mark = wire[start + 1]
            found.append(bytes(wire[start + (2 if mark < 126 else 4 if mark == 126 else 10) : end]))
        return found


class EventLog:
    """Append-only frames of the first Jetstream wire, each with a seq and the server's time."""

    def __init__(self) -> None:
        self._adding = threading.Lock()  # one writer at a time: the order of times is the order of seqs
        self._lock = threading.Lock()  # the chunks, for as long as a lookup takes
        self._chunks: list[_Chunk] = [_Chunk(1)]
        self._last_us = 0
        self._forgotten = False
        self._wakes: dict[int, Callable[[], None]] = {}
        self._wake_key = 0

    def __len__(self) -> int:
        with self._lock:
            return sum(map(len, self._chunks))

    @property
    def next_seq(self) -> int:
        """The seq that the next frame will get."""
        with self._lock:
            return self._next()

    def _next(self) -> int:
        return self._chunks[-1].first + len(self._chunks[-1])

    @property
    def last_us(self) -> int:
        """The time of the newest frame, 0 where there is none."""
        return self._last_us

    def add(self, frame: Mapping[str, Any] | bytes, time_us: int | None = None) -> int:
        """Append one frame; its seq. See :meth:`extend`."""
        with self._adding:
            return self._append([self._settled(frame, time_us)]) - 1

    def extend(self, frames: Iterable[Mapping[str, Any] | bytes], times: Iterable[int] | None = None) -> int:
        """Append frames in order and wake the readers; how many there were.

        A mapping gets its ``time_us`` set: that of ``times``, else its own, and later than the frame before it.
        Bytes are kept as they are; ``times`` (else the ``time_us`` inside) must not run backwards.

        :raises ValueError: the time of a frame of bytes is missing or earlier than the one before.
        """
        moments = iter(times) if times is not None else None
        added = 0
        waiting: list[tuple[bytes, int]] = []
        with self._adding:
            try:
                for frame in frames:
                    waiting.append(self._settled(frame, next(moments) if moments is not None else None))
                    added += 1
                    if len(waiting) >= _ADD_AT_ONCE:
                        self._append(waiting)
                        waiting = []
            finally:
                self._append(waiting)
        return added

    def _settled(self, frame: Mapping[str, Any] | bytes, time_us: int | None) -> tuple[bytes, int]:
        last = self._last_us
        if isinstance(frame, bytes):
            found = time_of(frame) if time_us is None else time_us
            if found is None or found < last:
                raise ValueError(f"a frame's time_us must be there and not run backwards: {found} after {last}")
            self._last_us = found
            return frame, found
        found = max(int(frame["time_us"]) if time_us is None else time_us, last + 1)
        self._last_us = found
        shaped = {name: found if name == "time_us" else value for name, value in frame.items()}
        return msgspec.json.encode(shaped), found

    def _append(self, frames: list[tuple[bytes, int]]) -> int:
        if not frames:
            return self.next_seq
        with self._lock:
            chunk = self._chunks[-1]
            for payload, time_us in frames:
                if chunk.full:
                    chunk.seal()
                    chunk = _Chunk(self._next())
                    self._chunks.append(chunk)
                body = chunk.body
                assert isinstance(body, bytearray)
                body += header(len(payload))
                body += payload
                chunk.ends.append(len(body))
                chunk.times.append(time_us)
            following, wakes = self._next(), list(self._wakes.values())
        for wake in wakes:
            wake()
        return following

    def read(self, seq: int, limit: int = 1024) -> Slice | None:
        """At most ``limit`` frames from ``seq`` on (or from the oldest kept), or None at the tip."""
        with self._lock:
            if seq >= self._next():
                return None
            place = max(bisect.bisect_right(self._chunks, seq, key=lambda chunk: chunk.first) - 1, 0)
            chunk = self._chunks[place]
            while not len(chunk):
                chunk = self._chunks[place := place + 1]
            start = max(seq - chunk.first, 0)
            stop = min(start + limit, len(chunk))
            begin, end = chunk.ends[start], chunk.ends[stop]
            # A growing buffer must not be viewed (it could not grow then), so the tip is copied.
            view = memoryview(chunk.body)[begin:end] if chunk.sealed else memoryview(bytes(chunk.body[begin:end]))
            ends = chunk.ends[start : stop + 1]
            times = chunk.times[start:stop]
            first = chunk.first + start
        if begin:
            ends = array("Q", [value - begin for value in ends])
        return Slice(first, view, ends, times)

    def seq_at(self, time_us: int) -> int:
        """The seq of the first frame at or after ``time_us``; the next seq where all are older."""
        with self._lock:
            chunks = [chunk for chunk in self._chunks if len(chunk)]
            place = bisect.bisect_left(chunks, time_us, key=lambda chunk: chunk.times[-1])
            if place == len(chunks):
                return self._next()
            return chunks[place].first + bisect.bisect_left(chunks[place].times, time_us)

    def first(self) -> tuple[int, int] | None:
        """Seq and time of the oldest frame kept."""
        with self._lock:
            for chunk in self._chunks:
                if len(chunk):
                    return chunk.first, chunk.times[0]
        return None

    @property
    def whole(self) -> bool:
        """Whether nothing was ever forgotten."""
        return not self._forgotten

    def forget(self, before_us: int) -> None:
        """Let go of whole chunks that are older than ``before_us``, to bound memory in a long run."""
        with self._lock:
            kept = [chunk for chunk in self._chunks[:-1] if chunk.times[-1] >= before_us]
            self._forgotten |= len(kept) < len(self._chunks) - 1
            self._chunks[:-1] = kept

    def on_growth(self, wake: Callable[[], None]) -> Callable[[], None]:
        """Call ``wake`` (from the adding thread) whenever frames came; returns how to stop that."""
        with self._lock:
            self._wake_key += 1
            key = self._wake_key
            self._wakes[key] = wake

        def stop() -> None:
            with self._lock:
                self._wakes.pop(key, None)

        return stop


def time_of(frame: bytes) -> int | None:
    """The ``time_us`` that stands in a frame of the first wire, read from its front."""
    place = frame.find(b'"time_us":', 0, 512)
    if place < 0:
        return None
    digits = frame[place + 10 : place + 28].lstrip()
    end = 0
    while end < len(digits) and 48 <= digits[end] <= 57:
        end += 1
    return int(digits[:end]) if end else None
