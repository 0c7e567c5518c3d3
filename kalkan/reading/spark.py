"""Reading on Spark: the same kernel, on many machines, over the archive's own files.

Owns the only door to PySpark. Promises the same readings as this machine's own engine, row by row, and that nothing is
stored by the cluster: its workers write to a bench beside the tables, and the archive takes from there in one step.
Every machine needs this Kalkan in its Python, and under the same path the archive's folder and that of a model of
one's own; a machine whose model is another one reads nothing.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq

from kalkan.errors import InvalidInput
from kalkan.posts import READINGS
from kalkan.reading.again import Store
from kalkan.reading.cluster import quiet, spark_home
from kalkan.reading.kernel import read
from kalkan.reading.tiers import Named, Opened, open_own

ROWS: Final = 2_000_000  # posts a step: a cluster's start is worth it
_AT_ONCE: Final = 200_000  # readings taken from the bench at once
_BATCH: Final = 5_000
_POSTS: Final = (
    "id string, network string, author_id string, `at` timestamp, edited_at timestamp, text string, langs"
    " array<string>, recipe string, key bigint"
)
_KEPT: Final = ("id", "network", "author_id", "at", "edited_at")
_KINDS: Final = {"string": "string", "float": "float", "list<item: string>": "array<string>"}
_READ: Final = ", ".join(
    [
        "id string, network string, author_id string, `at` timestamp, edited_at timestamp",
        *(f"{field.name} {_KINDS[str(field.type)]}" for field in READINGS),
    ]
)


class Spark:
    """An engine on the cluster at ``master`` (``spark://host:port``, ``local[2]`` …). A context manager.

    ``own`` names the reader of one's own whose recipe it is, as :func:`kalkan.reading.tiers.open_own` takes it.
    """

    def __init__(self, recipe: Named, master: str, *, memory: str = "", own: str = "") -> None:
        self.recipe: Any = recipe
        self._own = own
        self.more = False
        self._master = master
        self._memory = memory
        self._session: Any = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """:raises InvalidInput: PySpark or Java is missing, or nobody answers at the master's address."""
        spark_home()
        _knock(self._master)
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="kalkan-spark-")))
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
        os.environ["PYSPARK_SUBMIT_ARGS"] = f'--driver-java-options "{quiet(folder)}" pyspark-shell'
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master(self._master).appName("kalkan reread")
        for name, value in self._settings(folder).items():
            builder = builder.config(name, value)
        try:
            self._session = builder.getOrCreate()
        except Exception as error:
            self._stack.close()
            raise InvalidInput("spark_unreachable", master=self._master, detail=_short(error)) from error
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._session is not None:
            self._session.stop()
            self._session = None
        self._stack.close()

    def _settings(self, folder: Path) -> dict[str, str]:
        host = urlsplit(self._master).hostname
        near = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
        return {
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
            "spark.sql.execution.arrow.maxRecordsPerBatch": str(_BATCH),
            "spark.sql.shuffle.partitions": "8",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.local.dir": str(folder),
            "spark.executorEnv.OPENBLAS_NUM_THREADS": "1",
            **({"spark.executor.memory": self._memory} if self._memory else {}),
            **(near if host in (None, "127.0.0.1", "localhost", "::1") else {}),
        }

    @contextlib.contextmanager
    def read(self, store: Store, step: Any) -> Iterator[Iterable[pa.Table]]:
        """The readings of what ``step`` holds unread, table by table, while the bench stands.

        :raises InvalidInput: the cluster gave up; nothing of this step is stored then.
        """
        with store.bench() as bench:
            posts, readings = store.files(step)
            try:
                self._work(posts, readings, (step.since, step.until), bench / "out")
            except InvalidInput:
                raise
            except Exception as error:
                raise InvalidInput("spark_failed", master=self._master, detail=_short(error)) from error
            yield _taken(bench / "out")

    def _work(self, posts: list[str], readings: list[str], period: tuple[datetime, datetime], out: Path) -> None:
        from pyspark.sql import functions as f

        session = self._session
        since, until = map(_micros, period)
        moment = f.unix_micros(f.col("at"))
        rows = session.read.schema(_POSTS).parquet(*posts)
        rows = rows.filter((moment >= since) & (moment < until) & (f.col("recipe") != self.recipe.id))
        if readings:
            there = session.read.schema("key bigint, edited_at timestamp, recipe string").parquet(*readings)
            there = there.filter(f.col("recipe") == self.recipe.id).select("key", "edited_at").alias("r")
            same = (f.col("p.key") == f.col("r.key")) & f.col("p.edited_at").eqNullSafe(f.col("r.edited_at"))
            rows = rows.alias("p").join(there, same, "left_anti")
        rows = rows.select(*_KEPT, "text", "langs").repartition(2 * session.sparkContext.defaultParallelism)
        read_rows = rows.mapInArrow(_reading(self.recipe, self._own), _READ)
        read_rows.withColumn("day", f.date_format("at", "yyyy-MM-dd")).write.partitionBy("day").parquet(str(out))


@contextlib.contextmanager
def session(master: str, *, memory: str = "") -> Iterator[Any]:
    """A session on the cluster at ``master``, for questions rather than for reading.

    :raises InvalidInput: PySpark or Java is missing, or nobody answers there.
    """
    with Spark(None, master, memory=memory) as engine:  # type: ignore[arg-type]
        yield engine._session


def _reading(recipe: Any, own: str = "") -> Any:
    """What a worker does with the batches it is handed."""

    def work(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in _opened(own, recipe.id).read(batches) if own else read(batches, recipe):
            yield batch.select([*_KEPT, *READINGS.names])

    return work


@cache
def _opened(own: str, recipe: str) -> Opened:
    """A worker's own copy of a model, opened once; it must be the very model that was asked for."""
    found = open_own(own)
    if found.recipe.id != recipe:
        raise InvalidInput("own_model_differs", path=own, found=found.recipe.id, wanted=recipe)
    return found


def _taken(out: Path) -> Iterator[pa.Table]:
    """What the workers wrote, some files of one day at a time."""
    for day in sorted(out.glob("day=*")):
        held: list[pa.Table] = []
        for path in sorted(day.glob("*.parquet")):
            held.append(pq.read_table(path, partitioning=None))
            if sum(rows.num_rows for rows in held) >= _AT_ONCE:
                yield pa.concat_tables(held)
                held = []
        if held:
            yield pa.concat_tables(held)


def _knock(master: str) -> None:
    """Spark itself would try for a minute to reach a master that is not there."""
    where = urlsplit(master)
    if where.scheme != "spark":
        return
    try:
        socket.create_connection((where.hostname or "", where.port or 7077), timeout=5).close()
    except (OSError, ValueError) as error:
        raise InvalidInput("spark_unreachable", master=master, detail=str(error)) from error


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _short(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300]
