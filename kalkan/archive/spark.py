"""The archive asked on a Spark cluster: the same questions, over the same files, with the same answers.

Owns how a question in DuckDB's SQL is said in Spark's, and nothing else: who asks brings the session. Promises the rows
of :meth:`kalkan.archive.Archive.query`, with what is gone left out. Authors are told apart by their ids rather than by
a hash of them. Every machine of the cluster needs the archive's folder under the same path. Never writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import sqlglot
from sqlglot import exp

from kalkan.archive import Archive
from kalkan.archive.asking import view
from kalkan.archive.tables import Log
from kalkan.errors import InvalidInput

_TYPES: Final = {
    "string": "STRING",
    "int32": "INT",
    "int64": "BIGINT",
    "float": "FLOAT",
    "list<item: string>": "ARRAY<STRING>",
}
_CAST: Final = re.compile(r"\?::(\w+(?:\[\])?)")


class Cluster:
    """An archive that answers on the cluster of ``session`` (a ``pyspark.sql.SparkSession`` with its clock in UTC)."""

    def __init__(self, archive: Archive, session: Any) -> None:
        self._archive = archive
        self._session = session

    def query(
        self,
        sql: str,
        params: Sequence[Any] = (),
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        tables: Sequence[str] = ("mentions",),
    ) -> pa.Table:
        """The rows that ``sql`` gives, as :meth:`kalkan.archive.Archive.query` does.

        :raises InvalidInput: ``spark_question_failed``.
        """
        _ = self._archive.version  # see what other processes committed
        logs = {name: self._archive.logs[name] for name in tables}
        hidden = self._archive.gone.hidden()
        files = {name: log.between(since, until) for name, log in logs.items()}
        views = [view(log, files[name], hidden, since, until, held=True) for name, log in logs.items()]
        try:
            for name, log in logs.items():
                if files[name]:
                    self._listed(f"held_{name}", log, log.paths(files[name]))
            for name, rows in (("keys", hidden.keys), ("authors", hidden.authors), ("edits", hidden.edits)):
                if rows.num_rows:
                    self._session.createDataFrame(rows).createOrReplaceTempView(f"hidden_{name}")
            text = in_spark(f"WITH {', '.join(views)}\n{sql}")
            found: pa.Table = self._session.sql(text, args=[_plain(one) for one in params]).toArrow()
        except Exception as error:
            detail = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
            raise InvalidInput(
                "spark_question_failed", master=self._session.sparkContext.master, detail=detail[:300]
            ) from error
        return found

    def _listed(self, name: str, log: Log, paths: Sequence[str]) -> None:
        columns = ", ".join(f"`{field.name}` {_type(field.type)}" for field in log.schema)
        rows = self._session.read.schema(columns).option("recursiveFileLookup", "true").parquet(*paths)
        rows.createOrReplaceTempView(name)


def _type(kind: pa.DataType) -> str:
    return "TIMESTAMP" if pa.types.is_timestamp(kind) else _TYPES[str(kind)]


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value


def in_spark(sql: str) -> str:
    """``sql`` (DuckDB) as Spark says it. ``hash(x)``, which only tells values apart, becomes ``x`` itself."""
    tree = sqlglot.parse_one(_CAST.sub(r"CAST(? AS \1)", sql), read="duckdb")
    said: str = tree.transform(_said).sql(dialect="spark")
    return said


def _said(node: Any) -> Any:
    """What the two engines call differently, and the translator does not know."""
    if isinstance(node, exp.CTE):
        node.set("materialized", None)
    if not isinstance(node, exp.Func):
        return node
    name = node.sql(dialect="duckdb").partition("(")[0].upper()
    given = node.expressions or list(node.iter_expressions())
    if name == "HASH":
        return given[0]
    if name == "EPOCH_US":
        return exp.func("UNIX_MICROS", *given)
    if name == "LIST_POSITION":  # Spark says 0 where it is not there
        return exp.func("NULLIF", exp.Anonymous(this="ARRAY_POSITION", expressions=list(given)), exp.Literal.number(0))
    return node
