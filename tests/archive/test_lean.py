"""Lean copies: the same counts as from the rows themselves, nothing stale, nothing left of what is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kalkan import archive as archives
from kalkan import figures
from kalkan.archive import lean
from kalkan.archive.sweep import compact, erase
from kalkan.figures import Ask, Where, answer
from tests.conftest import NOW, read_rows

ASK = Ask(since=NOW - timedelta(days=4), until=NOW + timedelta(hours=1), measures=figures.MEASURES, compare="before")


class Plain:
    """The archive without its lean copies."""

    def __init__(self, archive: archives.Archive) -> None:
        self.query = archive.query


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> archives.Archive:
    monkeypatch.setattr(lean, "_LEAST_ROWS", 5)
    monkeypatch.setattr(lean, "_WORTH", 1)
    made = archives.open(tmp_path)
    for batch, n in enumerate((60, 5, 60)):
        ids = [f"at://p{batch}-{i}" for i in range(n)]
        feelings = [("anger", "joy", None, "none")[i % 4] for i in range(n)]
        moments = [NOW - timedelta(hours=(i * 37 + batch) % 150) for i in range(n)]
        rows = read_rows(ids, moments=moments, feeling=feelings, p_question=0.9, lang=["tr", None][batch % 2])
        made.append("s", rows, now=NOW, cursor=str(batch))
    return made


def copies(archive: archives.Archive) -> list[Path]:
    return sorted(archive.lean.root.glob("*/*/*"))


def test_lean_answers_are_those_of_the_rows(archive: archives.Archive) -> None:
    wheres = (Where(), Where(reads=("anger", "question")), Where(langs=("unknown",), recipes=("test+0",)))
    for number, by in enumerate((None, "day", "hour", "lang", "network", "feeling")):
        ask = replace(ASK, by=by, where=wheres[number % 3], compare=("before", None)[number % 2])
        assert answer(ask, archive).to_json() == answer(ask, Plain(archive)).to_json(), ask
    assert copies(archive)
    names = {name for path in copies(archive) for name in pq.read_schema(path).names}
    assert names.isdisjoint({"text", "folded", "id", "author_id", "author_handle", "author_name"})


def test_what_is_gone_is_out_at_once_and_off_the_disk_after_the_sweep(archive: archives.Archive) -> None:
    before = answer(ASK, archive)
    held = copies(archive)
    erase(archive, ["at://p0-0", "at://p2-4"], now=NOW)
    now = answer(ASK, archive)
    assert now.one("posts").count == before.one("posts").count - 2
    assert (before.coverage.gone, now.coverage.gone) == (0, 2)
    assert now.to_json() == answer(ASK, Plain(archive)).to_json()
    stale = [path for path in held if path.exists() and path.name not in _live(archive)]
    assert stale == []
    compact(archive, now=NOW, everything=True)
    assert answer(ASK, archive).to_json() == now.to_json()
    assert {path.name for path in copies(archive)} <= _live(archive)


def _live(archive: archives.Archive) -> set[str]:
    return {Path(file.path).name for file in archive.logs["posts"].files}


def test_where_no_copy_can_be_written_the_rows_are_read(archive: archives.Archive, tmp_path: Path) -> None:
    (tmp_path / "lean").write_text("in the way", encoding="utf-8")
    assert answer(ASK, archive).to_json() == answer(ASK, Plain(archive)).to_json()


def test_a_copy_taken_away_by_another_process_is_made_again(archive: archives.Archive) -> None:
    told = answer(ASK, archive).to_json()
    for path in copies(archive):
        path.unlink()
    assert answer(ASK, archive).to_json() == told
