"""``kalkan check`` as a person and as a program use it."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from kalkan import archive as archives
from kalkan.cli import main
from kalkan.cli.checking import brand_of, draft_of
from kalkan.errors import InvalidInput
from tests.conftest import read_rows
from tests.room.rooms import NOW, QUAKE, TRAIN, room

Check = Callable[..., tuple[int, str, str]]


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    monkeypatch.setenv("KALKAN_LANG", "en")

    def run(draft: dict[str, Any] | str, *arguments: object, lang: str = "en") -> tuple[int, str, str]:
        monkeypatch.setenv("KALKAN_LANG", lang)
        path = tmp_path / "draft.json"
        path.write_text(draft if isinstance(draft, str) else json.dumps(draft), encoding="utf-8")
        code = main(["check", str(path), *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    """The quake's room as a file, with the column names of elsewhere."""
    path = tmp_path / "room.parquet"
    pq.write_table(room("tr", **QUAKE).posts.rename_columns(["id", "text", "created_at", "author", "lang"]), path)
    return path


SALE = {"text": "Sepette %60 indirim seni bekliyor", "lang": "tr"}


def test_a_program_gets_what_is_promised(check: Check, posts: Path) -> None:
    code, out, err = check(SALE, "--room", posts, "--at", NOW.isoformat(), "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["verdict"] == "hold"
    reason = said["reasons"][0]
    assert reason["code"] == "event_collision"
    assert "people" in reason["why"]
    story = reason["evidence"][0]
    assert story["kind"] == "story" and len(story["posts"]) == 3
    assert said["room"]["posts"] > 600
    assert said["room"]["from"] < said["room"]["to"] <= "2026-05-12T10:00:00Z"
    assert story["id"] in [one["id"] for one in said["room"]["stories"]]
    assert {one["kind"] for one in said["proposals"]} >= {"wait", "ask", "pause"}


def test_a_person_gets_sentences_in_their_language(check: Check, posts: Path) -> None:
    _, english, _ = check(SALE, "--room", posts)
    _, turkish, _ = check(SALE, "--room", posts, lang="tr")
    assert english.startswith("HOLD: not now")
    assert turkish.startswith("BEKLE: şimdi değil")
    assert "{" not in english + turkish


def test_a_csv_and_a_brand_file_will_do(check: Check, tmp_path: Path) -> None:
    table = room("en", **TRAIN).posts.select(["text", "at"])
    pc.write_csv(table, tmp_path / "room.csv")
    brand = tmp_path / "brand.json"
    brand.write_text(json.dumps({"brand": "Marlow", "country": "UK", "language": "en", "unknown": 1}), encoding="utf-8")
    code, out, _ = check({"text": "#Harwick jam lol"}, "--room", tmp_path / "room.csv", "--brand", brand, "--json")
    assert code == 0
    said = json.loads(out)
    assert said["verdict"] == "hold"
    assert all(one["evidence"] for one in said["reasons"])


def test_the_moment_is_the_one_given_else_planned_else_the_last_post(check: Check, posts: Path) -> None:
    early = (NOW - timedelta(hours=20)).isoformat()
    assert json.loads(check(SALE, "--room", posts, "--at", early, "--json")[1])["verdict"] == "go"
    planned = json.loads(check({**SALE, "planned_at": early}, "--room", posts, "--json")[1])
    assert planned["verdict"] == "go"
    last = json.loads(check(SALE, "--room", posts, "--json")[1])
    assert last["verdict"] == "hold"
    assert abs(datetime.fromisoformat(last["at"].replace("Z", "+00:00")) - NOW) < timedelta(hours=1)


def test_the_live_archive_is_the_room_where_none_is_given(check: Check, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    now = datetime.now(UTC)
    told = [f"at://q/{at}" for at in range(40)]
    rows = read_rows(
        told,
        at=now - timedelta(minutes=20),
        text=lambda one: f"earthquake in Velden, people under the rubble {one[-2:]}",
    )
    archives.open(data / "archive").append("bluesky:test", rows, now=now, cursor="c")
    code, out, err = check({"text": "Jam is 20% off", "lang": "en"}, "--data", data, "--json")
    assert (code, err) == (0, "")
    said = json.loads(out)
    assert said["verdict"] == "hold"
    assert set(said["reasons"][0]["evidence"][0]["posts"]) <= set(told)


def test_a_draft_comes_by_pipe_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, posts: Path
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(SALE).encode()), encoding="utf-8"))
    assert main(["check", "-", "--room", str(posts), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdict"] == "hold"


@pytest.mark.parametrize(
    "draft", ["", "[1]", "{", "{}", '{"text": "  "}', '{"text": 5}', '{"text": "x", "planned_at": "soon"}']
)
def test_what_is_no_draft_is_told_in_one_sentence(check: Check, posts: Path, draft: str) -> None:
    code, out, err = check(draft, "--room", posts)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1 and "did not foresee" not in err


def test_what_is_missing_is_told(check: Check, posts: Path, tmp_path: Path) -> None:
    wrong: list[list[object]] = [
        ["--room", tmp_path / "no.csv"],
        ["--room", posts, "--at", "soon"],
        ["--room", posts, "--brand", tmp_path / "no.json"],
        ["--data", tmp_path / "nowhere"],
    ]
    for arguments in wrong:
        code, out, err = check(SALE, *arguments)
        assert (code, out) == (1, "")
        assert err.count("\n") == 1 and "did not foresee" not in err, err


def test_files_may_be_loose() -> None:
    brand, mournings = brand_of(
        {
            "name": "Kestane", "markets": "tr", "langs": "Turkish", "crises": ["recall"], "gaps": [{"text": "fired"}],
            "facts": [{"kind": "link", "topics": "Ordu", "at": "2026-01-01"}],
            "mournings": [{"name": "Mourning", "from": "2026-05-12", "to": "2026-05-15"}],
        }
    )  # fmt: skip
    assert brand.markets == ("TR",) and brand.langs == ("tr",)
    assert [one.kind for one in brand.facts] == ["link", "crisis", "gap"]
    assert brand.facts[0].topics == ("Ordu",)
    assert mournings[0].until == datetime(2026, 5, 15, tzinfo=UTC)
    assert draft_of({"act": "silence"}).act == "silence"
    with pytest.raises(InvalidInput):
        draft_of({"text": ""})
