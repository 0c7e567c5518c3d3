"""A file replayed: any of three kinds, bad rows counted, the promised lines out."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kalkan.errors import InvalidInput
from kalkan.stories import replay_file
from kalkan.stories.files import posts_at
from tests.telling.stories.streams import PIPES, everyday, story, table

STREAM = table(everyday(hours=27, per_hour=50), story(PIPES, after_hours=26))


def lines_of(path: Path) -> list[str]:
    out = io.StringIO()
    done = replay_file(path, out)
    lines = out.getvalue().splitlines()
    assert done.alarms == len(lines) and done.posts == STREAM.num_rows
    return lines


def test_the_three_kinds_of_file_give_the_same_lines(tmp_path: Path) -> None:
    named = STREAM.rename_columns(["text", "created_at", "author"])
    pq.write_table(named, tmp_path / "posts.parquet")
    rows = named.to_pylist()
    with (tmp_path / "posts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["created_at", "author", "text"])
        writer.writeheader()
        writer.writerows({**row, "created_at": row["created_at"].isoformat()} for row in rows)
    with (tmp_path / "posts.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps({**row, "created_at": row["created_at"].timestamp() * 1000}) + "\n")
    parquet = lines_of(tmp_path / "posts.parquet")
    assert len(parquet) == 1
    assert json.loads(parquet[0])["authors"] >= 5
    assert lines_of(tmp_path / "posts.csv") == parquet
    assert lines_of(tmp_path / "posts.jsonl") == parquet


def test_a_bad_row_is_counted_and_never_stops_it(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    path.write_text(
        '{"text": "one", "created_at": "2026-03-02T10:00:00Z"}\n'
        "not json\n[1, 2]\n\n"
        '{"text": "two", "created_at": "the day before yesterday"}\n'
        '{"text": null, "created_at": "2026-03-02"}\n'
        '{"text": "three", "created_at": "Mon Mar 02 11:00:00 +0300 2026"}\n'
        '{"text": "four \\ud800", "created_at": 1772445600}\n',
        encoding="utf-8",
    )
    posts, rejects = posts_at(path)
    assert [text.rstrip(" ?\ufffd") for text in posts["text"].to_pylist()] == ["one", "three", "four"]
    assert {one.kind: one.n for one in rejects} == {"unreadable_row": 2, "no_time": 1, "no_text": 1}
    assert posts["at"][1].as_py().hour == 8


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("posts.csv", "a,b\n1,2\n", "stories_no_column"),
        ("posts.jsonl", '{"text": "x"}\n', "stories_no_column"),
        ("posts.jsonl", "", "stories_no_column"),
        ("posts.parquet", "no parquet", "file_unreadable"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str, content: str, code: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        posts_at(tmp_path / name)
    assert error.value.code == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as error:
        posts_at(tmp_path / "nowhere.csv")
    assert error.value.code == "file_missing"


def test_progress_is_told_and_people_get_a_plain_line(tmp_path: Path) -> None:
    pq.write_table(STREAM.rename_columns(["text", "created_at", "author"]), tmp_path / "posts.parquet")
    seen: list[tuple[int, int]] = []
    out = io.StringIO()
    replay_file(tmp_path / "posts.parquet", out, as_json=False, progress=lambda done, of: seen.append((done, of)))
    assert seen[-1] == (STREAM.num_rows, STREAM.num_rows)
    (line,) = out.getvalue().splitlines()
    assert line.startswith("2026-03-03 02:")


def test_times_without_a_zone_are_utc(tmp_path: Path) -> None:
    stamps = pa.array([1_772_445_600_000], pa.timestamp("ms"))
    pq.write_table(pa.table({"text": ["x"], "date": stamps}), tmp_path / "a.parquet")
    assert posts_at(tmp_path / "a.parquet")[0]["at"][0].as_py().isoformat() == "2026-03-02T10:00:00+00:00"


def test_rows_in_any_order_and_larger_than_a_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unsorted file is put in order on the disk; cutting it into pieces of any size changes nothing."""
    named = STREAM.rename_columns(["text", "created_at", "author"])
    pq.write_table(named, tmp_path / "sorted.parquet")
    mixed = named.take(pa.array([k * 7919 % named.num_rows for k in range(named.num_rows)]))
    pq.write_table(mixed, tmp_path / "unsorted.parquet", row_group_size=100)
    (tmp_path / "unsorted.jsonl").write_text(
        "".join(
            json.dumps({"metin": row["text"], "tarih": row["created_at"].isoformat(), "yazar": row["author"]}) + "\n"
            for row in mixed.to_pylist()
        ),
        encoding="utf-8",
    )
    whole = lines_of(tmp_path / "sorted.parquet")
    monkeypatch.setattr("kalkan.stories.files._PIECE", 37)
    monkeypatch.setattr("kalkan.stories.files._BATCH", 101)
    assert lines_of(tmp_path / "unsorted.parquet") == whole
    assert lines_of(tmp_path / "unsorted.jsonl") == whole


def test_a_column_that_only_later_rows_have_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kalkan.stories.files._PIECE", 2)
    rows = [
        {"text": f"t{k}", "created_at": f"2026-03-02T10:0{k}:00Z"} | ({"lang": "tr"} if k > 3 else {}) for k in range(6)
    ]
    path = tmp_path / "posts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert posts_at(path)[0]["lang"].to_pylist() == [None] * 4 + ["tr"] * 2
