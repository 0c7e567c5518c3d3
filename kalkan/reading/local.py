"""Reading in several processes of this machine: batches go over as Arrow, come back in order.

Promises the same readings as the kernel in this process, in the order given, with at most two batches a process under
way. A worker that dies costs time, never a row: its batch is read here and the workers are started anew. Never leaves a
process behind.
"""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

import pyarrow as pa

from kalkan.reading.kernel import join, read, readings, tags
from kalkan.reading.recipe import Recipe


class ReaderPool:
    """Open readers. A context manager; with one process nothing is started."""

    def __init__(self, recipe: Recipe, processes: int) -> None:
        self.recipe = recipe
        self.processes = max(1, processes)
        self._workers: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """As :func:`kalkan.reading.read`: the same batches with their readings, in order."""
        if self.processes == 1:
            yield from read(batches, self.recipe)
            return
        waiting: deque[tuple[pa.RecordBatch, Future[bytes]]] = deque()
        for batch in batches:
            waiting.append((batch, self._submit(batch)))
            if len(waiting) >= 2 * self.processes:
                yield self._finish(*waiting.popleft())
        while waiting:
            yield self._finish(*waiting.popleft())

    def close(self) -> None:
        """End the workers and wait for them."""
        if self._workers is not None:
            self._workers.shutdown(wait=True, cancel_futures=True)
            self._workers = None

    def _submit(self, batch: pa.RecordBatch) -> Future[bytes]:
        for last in (False, True):
            if self._workers is None:
                os.environ.setdefault(
                    "OPENBLAS_NUM_THREADS", "1"
                )  # one core a process; it must be set before NumPy loads
                self._workers = ProcessPoolExecutor(self.processes, mp_context=multiprocessing.get_context("spawn"))
            try:
                return self._workers.submit(_work, _pack(_needed(batch)), self.recipe)
            except BrokenProcessPool:
                self._workers = None
                if last:
                    raise
        raise AssertionError("unreachable")

    def _finish(self, batch: pa.RecordBatch, coming: Future[bytes]) -> pa.RecordBatch:
        try:
            return join(batch, _unpack(coming.result()))
        except BrokenProcessPool:
            if self._workers is not None:
                self._workers.shutdown(wait=False, cancel_futures=True)
                self._workers = None
            return next(read([batch], self.recipe))


def reader_pool(recipe: Recipe, processes: int) -> ReaderPool:
    """Readers in ``processes`` processes; with 1 in this one."""
    return ReaderPool(recipe, processes)


def _work(packed: bytes, recipe: Recipe) -> bytes:
    batch = _unpack(packed)
    return _pack(readings(batch.column(0), recipe, tags=tags(batch)))


def _needed(batch: pa.RecordBatch) -> pa.RecordBatch:
    """What a reading depends on: the text, and the network's own tags where there are any."""
    return batch.select(["text"] if tags(batch) is None else ["text", "langs"])


def _pack(batch: pa.RecordBatch) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, batch.schema) as writer:
        writer.write_batch(batch)
    return out.getvalue().to_pybytes()  # type: ignore[no-any-return]


def _unpack(packed: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(packed) as reader:
        found = reader.read_all()
    if not found.num_rows:
        return pa.RecordBatch.from_pylist([], schema=found.schema)
    return found.combine_chunks().to_batches()[0]
