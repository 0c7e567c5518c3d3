"""Tables as frames: every row one post, its time and its words unchanged."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from kalkan.world.wire import EventLog, frames_from_table

START = datetime(2026, 5, 1, tzinfo=UTC)
MOMENTS = [datetime(2012, 5, 18, 11, 4, 31, tzinfo=UTC), datetime(2020, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC), None]


def table() -> pa.Table:
    return pa.table(
        {
            "text": ['İki "söz"\n\\', "same", "same"],
            "created_at": pa.array(MOMENTS, pa.timestamp("us", tz="UTC")),
            "lang": ["tr", None, ""],
            "extra": [1, 2, 3],
        }
    )


def test_rows_become_create_frames() -> None:
    told = [json.loads(frame) for frame in frames_from_table(table(), start=START)]
    records = [one["commit"]["record"] for one in told]
    assert list(told[0]) == ["did", "time_us", "kind", "commit"]
    assert list(told[0]["commit"]) == ["rev", "operation", "collection", "rkey", "record", "cid"]
    assert [record["text"] for record in records] == table()["text"].to_pylist()
    assert [record["createdAt"] for record in records] == [
        "2012-05-18T11:04:31.000Z",
        "2020-01-01T00:00:00.123456Z",
        "2026-05-01T00:00:00.000200Z",
    ]
    assert [record.get("langs") for record in records] == [["tr"], None, None]
    assert [one["time_us"] for one in told] == [int(START.timestamp() * 1e6) + n * 100 for n in range(3)]


def test_every_row_is_another_post_and_the_same_one_next_time() -> None:
    once = list(frames_from_table(table(), start=START))
    assert once == list(frames_from_table(table(), start=START))
    later = list(frames_from_table(table(), start=START + timedelta(days=1), first=3))
    names = {(one["did"], one["commit"]["rkey"]) for one in map(json.loads, once + later)}
    assert len(names) == 6


def test_an_author_keeps_one_did() -> None:
    rows = table().append_column("author", pa.array(["a", "b", "a"]))
    dids = [json.loads(frame)["did"] for frame in frames_from_table(rows, start=START)]
    assert dids[0] == dids[2] != dids[1]


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8")), max_size=20))
def test_any_text_survives(texts: list[str]) -> None:
    frames = frames_from_table(pa.table({"text": pa.array(texts, pa.string())}), start=START)
    assert [json.loads(frame)["commit"]["record"]["text"] for frame in frames] == texts


def test_a_real_stream_fits_the_log(shared: Path) -> None:
    rows = pq.read_table(shared / "data" / "stream_replay.parquet").slice(0, 20_000)
    log = EventLog()
    assert log.extend(frames_from_table(rows, start=START)) == rows.num_rows
    some = log.read(1, 4096)
    assert some is not None
    told = [json.loads(payload) for payload in some.payloads()]
    assert [one["commit"]["record"]["text"] for one in told] == rows["text"].to_pylist()[: len(told)]
    created = [datetime.fromisoformat(one["commit"]["record"]["createdAt"]) for one in told]
    assert created == rows["created_at"].to_pylist()[: len(told)]
