"""A table of posts as Jetstream frames: how a known stream is played to Kalkan in full.

Promises one post a row, each with its own author-and-key, the same in every run. Never keeps more than a row.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import pyarrow as pa

from kalkan.world.wire import names
from kalkan.world.wire.records import POST
from kalkan.world.world import did as did_of

AUTHORS: Final = 20_000
_FIRST_KEY_US: Final = 1_500_000_000_000_000  # record keys count up from here, one a row
_MICROSECOND: Final = timedelta(microseconds=1)
_quoted: Final = msgspec.json.Encoder().encode


def frames_from_table(
    table: pa.Table,
    *,
    start: datetime,
    spacing: timedelta = timedelta(microseconds=100),
    first: int = 0,
) -> Iterator[bytes]:
    """One create frame of the first wire for each row of ``table``, in its order.

    :param table: ``text`` (string); ``created_at`` (timestamp; null = the moment of the frame) and ``lang`` (null or
        empty = no tag) if there; ``author`` (string) if there, else ``AUTHORS`` made-up ones take turns.
    :param start: the server's clock at the first frame; each further frame is ``spacing`` later, whatever its row says.
    :param first: the number of the first row: another number makes the same rows into other posts, so that a table
        can be played many times over.
    """
    began, step = names.micros(start), spacing // _MICROSECOND
    columns = {
        name: table.column(name) for name in ("text", "created_at", "lang", "author") if name in table.schema.names
    }
    place = first
    dids: dict[str, str] = {}
    for batch in pa.table(columns).to_batches(max_chunksize=8192):
        for row in _rows(batch):
            time_us = began + (place - first) * step
            who = row["author"] or f"author {place % AUTHORS}"
            did = dids.get(who)
            if did is None:
                did = dids[who] = did_of(who)
            created = time_us if row["created_at"] is None else row["created_at"]
            yield _frame(did, place, time_us=time_us, text=row["text"] or "", created_us=created, lang=row["lang"])
            place += 1


def _rows(batch: pa.RecordBatch) -> Iterator[dict[str, Any]]:
    """Rows with times as microseconds since 1970."""
    columns: dict[str, list[Any]] = {name: [None] * len(batch) for name in ("text", "created_at", "lang", "author")}
    for name in batch.schema.names:
        values = batch.column(name)
        if name == "created_at":
            values = values.cast(pa.timestamp("us", tz=values.type.tz), safe=False).cast(pa.int64())
        columns[name] = values.to_pylist()
    labels = list(columns)
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(labels, values, strict=True))


def _frame(did: str, place: int, *, time_us: int, text: str, created_us: int, lang: str | None) -> bytes:
    rkey = names.tid(_FIRST_KEY_US + place, place & 1023)
    langs = b'"langs":[' + _quoted(lang) + b"]," if lang else b""
    created = names.wire_time(created_us)
    if created_us % 1000 == 0:
        created = created[:-4] + "Z"
    record = b'{"$type":"%s","createdAt":"%s",%s"text":%s}' % (
        POST.encode(),
        created.encode(),
        langs,
        _quoted(text),
    )
    head = b'{"did":"%s","time_us":%d,"kind":"commit","commit":{"rev":"%s","operation":"create","collection":"%s"' % (
        did.encode(),
        time_us,
        names.tid(time_us, place & 1023).encode(),
        POST.encode(),
    )
    return b'%s,"rkey":"%s","record":%s,"cid":"%s"}}' % (
        head,
        rkey.encode(),
        record,
        names.cid(rkey.encode() + record).encode(),
    )
