"""Tables in, the same rows plus readings out; and several processes, in order."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest

from kalkan.errors import InvalidInput
from kalkan.posts import READINGS
from kalkan.reading import current, read
from kalkan.reading.local import reader_pool
from kalkan.reading.tables import read_table
from kalkan.testing.reader import posts

ROWS = [
    {"id": str(at), "text": f"Çok güzel {at}, teşekkürler!" if at % 2 else f'awful "service",\n number {at}'}
    for at in range(50)
]


def written(folder: Path, suffix: str) -> Path:
    path = folder / f"in{suffix}"
    table = pa.Table.from_pylist(ROWS)
    if suffix == ".parquet":
        pq.write_table(table, path)
    elif suffix == ".csv":
        csv.write_csv(table, path)
    else:
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    return path


def rows_of(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()  # type: ignore[no-any-return]
    if path.suffix == ".csv":
        options = csv.ParseOptions(newlines_in_values=True)
        convert = csv.ConvertOptions(column_types={"id": pa.string()})
        return csv.read_csv(path, parse_options=options, convert_options=convert).to_pylist()  # type: ignore[no-any-return]
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
@pytest.mark.parametrize("into", [".parquet", ".csv", ".jsonl"])
def test_rows_come_back_with_their_readings(tmp_path: Path, suffix: str, into: str) -> None:
    out = tmp_path / f"out{into}"
    told = read_table(written(tmp_path, suffix), out)
    assert told.rows == 50 and told.rejects == () and told.recipe == current().id
    found = rows_of(out)
    assert [(row["id"], row["text"]) for row in found] == [(row["id"], row["text"]) for row in ROWS]
    straight = pa.Table.from_batches(read([posts([row["text"] for row in ROWS])])).to_pylist()
    for row, right in zip(found, straight, strict=True):
        assert set(row) == {"id", "text", *READINGS.names}
        assert row["sentiment"] == (right["sentiment"] or (None if into != ".csv" else ""))
        assert abs(float(str(row["p_positive"])) - right["p_positive"]) <= 0.001
    assert list(tmp_path.glob(".out*")) == []


def test_another_column_may_hold_the_text(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({"text": [1, 2], "body": ["harika", "awful"]}), path)
    read_table(path, tmp_path / "out.parquet", text="body")
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == ["text", "body", *READINGS.names]
    assert found["text"].to_pylist() == [1, 2]


def test_bad_lines_are_counted_and_stop_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    lines = [
        b'{"text": "good"}',
        b"{not json",
        b'["a"]',
        b'{"id": 3}',
        b'{"text": null}',
        b"\xff\xfe",
        b"",
        b'{"text": "bad", "n": 1}',
    ]
    path.write_bytes(b"\n".join(lines))
    told = read_table(path, tmp_path / "out.jsonl")
    assert told.rows == 2
    assert {one.kind: one.n for one in told.rejects} == {"line_not_json": 3, "row_without_text": 2}
    assert told.rejects[0].example.startswith("2: {not json")


def test_values_of_a_jsonl_row_come_back_as_they_were(tmp_path: Path) -> None:
    rows = [
        {"text": "a", "n": 1, "x": 1.5, "tags": ["a"], "ok": True},
        {"text": "b", "none": None},
        {"text": "c", "lang": "xx"},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text(
        "".join(json.dumps(row) + "\n" for row in rows) + '{"text": "\\ud83d", "n": "\\ud83d"}\n', encoding="utf-8"
    )
    read_table(path, tmp_path / "out.jsonl")
    found = rows_of(tmp_path / "out.jsonl")
    for row, back in zip(rows, found, strict=False):
        assert {name: back[name] for name in row if name != "lang"} == {
            name: row[name] for name in row if name != "lang"
        }
    assert found[2]["lang"] != "xx"
    read_table(path, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet")["n"].to_pylist()[0] == "1"


def test_bad_rows_of_a_csv_are_counted_and_stop_nothing(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(b"id,text\n1,good\n2,a,b,c\n3,caf\xe9\n4,fine\n")
    told = read_table(path, tmp_path / "out.csv")
    assert told.rows == 3
    assert [row["id"] for row in rows_of(tmp_path / "out.csv")] == ["1", "3", "4"]
    assert {one.kind for one in told.rejects} == {"row_has_wrong_columns", "bytes_not_utf8"}


def test_a_pipe_speaks_jsonl(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe_in, pipe_out = io.BytesIO(b'{"text": "harika", "n": {"a": 1}}\n'), io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe_in))
    out = io.TextIOWrapper(pipe_out)
    monkeypatch.setattr(sys, "stdout", out)
    read_table("-", "-")
    row = json.loads(pipe_out.getvalue())
    assert (
        row["text"] == "harika" and row["recipe"] == current().id and row["p_positive"] == round(row["p_positive"], 3)
    )


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("in.xlsx", b"", "suffix_unknown"),
        ("absent.csv", None, "file_missing"),
        ("in.parquet", b"not parquet", "file_damaged"),
        ("in.csv", b"id,body\n1,a\n", "text_column_missing"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path: Path, name: str, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as told:
        read_table(tmp_path / name, tmp_path / "out.parquet")
    assert told.value.code == code
    assert not (tmp_path / "out.parquet").exists()


def test_progress_is_told(tmp_path: Path) -> None:
    seen: list[tuple[int, int, int]] = []
    read_table(written(tmp_path, ".csv"), tmp_path / "out.csv", progress=lambda *told: seen.append(told))
    assert seen[-1][0] == 50 and 0 < seen[-1][1] <= seen[-1][2]


def test_several_processes_read_in_order_like_one() -> None:
    batches = [posts([f"post {at} number {n} çok güzel" for n in range(20)]) for at in range(6)]
    alone = pa.Table.from_batches(read(batches))
    with reader_pool(current(), 2) as pool:
        many = pa.Table.from_batches(pool.read(batches))
    assert many.select(["id", "text", "lang", "sentiment"]).equals(alone.select(["id", "text", "lang", "sentiment"]))
    with reader_pool(current(), 1) as pool:
        assert pa.Table.from_batches(pool.read(batches)).equals(alone)


def test_a_worker_that_dies_costs_no_row() -> None:
    batches = [posts([f"post {at}"]) for at in range(4)]
    with reader_pool(current(), 2) as pool:
        list(pool.read(batches[:1]))
        assert pool._workers is not None
        for process in list(pool._workers._processes.values()):
            process.kill()
        found = list(pool.read(batches))
    assert [batch["text"][0].as_py() for batch in found] == [f"post {at}" for at in range(4)]
