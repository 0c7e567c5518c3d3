"""Rule 1: what is acknowledged is never lost and never there twice, and the cursor comes with its rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalkan import archive as archives
from kalkan.archive import Archive
from kalkan.archive.check import check
from kalkan.archive.sweep import compact
from kalkan.archive.tables import Log
from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.posts import COUNTS, GONE, Gap, Reject
from tests.conftest import NOW, mention_rows, read_rows


def ids(archive: Archive) -> list[str]:
    rows = archive.query("SELECT id FROM posts ORDER BY id", tables=("posts",))
    found: list[str] = rows["id"].to_pylist()
    return found


def gone(*rows: tuple[str, str], at: datetime = NOW) -> pa.Table:
    return pa.Table.from_pylist([{"id": one, "network": "bluesky", "at": at, "why": why} for one, why in rows], GONE)


def test_what_is_appended_is_there_with_its_cursor_for_another_process_too(tmp_path: Path) -> None:
    here, there = archives.open(tmp_path), archives.open(tmp_path)
    done = here.append("bluesky:test", read_rows(["a", "b"]), now=NOW, cursor="17")
    assert (done.posts, done.repeats, done.batch) == (2, 0, 1)
    assert ids(there) == ["a", "b"]
    assert there.cursor("bluesky:test") == "17"
    assert there.cursor("mastodon:other") is None


def test_each_post_is_there_once_however_often_and_by_whomever_it_is_delivered(tmp_path: Path) -> None:
    here, there = archives.open(tmp_path), archives.open(tmp_path)
    here.append("one", read_rows(["a", "b", "b"]), now=NOW, cursor="1")
    done = there.append("two", read_rows(["b", "c"]), now=NOW, cursor="1")
    assert (done.posts, done.repeats) == (1, 1)
    done = here.append("one", read_rows(["c", "a", "d"]), now=NOW, cursor="2")
    assert (done.posts, done.repeats) == (1, 2)
    assert ids(here) == ["a", "b", "c", "d"]


def test_a_repeat_is_known_after_a_restart_and_after_a_sweep(tmp_path: Path) -> None:
    for n in range(10):
        archives.open(tmp_path).append("s", read_rows([f"p{n}", f"q{n}"]), now=NOW, cursor=str(n))
    archive = archives.open(tmp_path)
    compact(archive, now=NOW, everything=True)
    assert archive.append("s", read_rows([f"p{n}" for n in range(10)]), now=NOW, cursor="x").posts == 0
    assert len(ids(archive)) == 20


def test_an_empty_batch_still_moves_the_cursor(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    archive.append("s", read_rows([]), now=NOW, cursor="5")
    archive.append("s", read_rows([]), now=NOW, cursor="6")
    assert archives.open(tmp_path).cursor("s") == "6"


def test_a_later_version_takes_the_place_of_the_earlier_one(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    archive.append("s", read_rows(["a", "b"]), now=NOW, cursor="1")
    later = read_rows(["a"], text=lambda _: "mended", edited_at=NOW + timedelta(minutes=5))
    assert archive.append("s", later, now=NOW, cursor="2").posts == 1
    assert archive.append("s", later, now=NOW, cursor="3").posts == 0, "the same edit again is a repeat"
    rows = archive.query("SELECT id, text FROM posts ORDER BY id", tables=("posts",)).to_pylist()
    assert rows == [{"id": "a", "text": "mended"}, {"id": "b", "text": "Post b"}]
    compact(archive, now=NOW)
    assert archive.query("SELECT id, text FROM posts ORDER BY id", tables=("posts",)).to_pylist() == rows
    assert check(archive).faults == []


def test_what_is_deleted_is_out_of_the_next_answer_and_does_not_come_back(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    posts = read_rows(["a", "b", "c"])
    archive.append("s", posts, now=NOW, cursor="1", mentions=mention_rows(posts))
    archive.append("s", read_rows([]), now=NOW, cursor="2", gone=gone(("b", "deleted")))
    assert ids(archive) == ["a", "c"]
    assert archive.query("SELECT count(*) AS n FROM mentions")["n"].to_pylist() == [2]
    assert archive.append("s", read_rows(["b"]), now=NOW, cursor="3").posts == 0
    assert ids(archive) == ["a", "c"]


def test_an_account_that_goes_takes_its_posts_along(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    archive.append("s", read_rows(["a", "b", "c"], author_id=["x", "y", "x"]), now=NOW, cursor="1")
    archive.append("s", read_rows([]), now=NOW, cursor="2", gone=gone(("x", "account")))
    assert ids(archive) == ["b"]


def test_mentions_are_stored_for_new_posts_only(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    posts = read_rows(["a", "b"])
    archive.append("s", posts, now=NOW, cursor="1", mentions=mention_rows(posts))
    more = read_rows(["b", "c"])
    assert archive.append("s", more, now=NOW, cursor="2", mentions=mention_rows(more)).mentions == 1
    assert archive.add_mentions(mention_rows(read_rows(["c", "d"]))) == 1
    assert archive.add_mentions(mention_rows(read_rows(["c"]), brand="other")) == 1
    assert archive.query("SELECT count(*) AS n FROM mentions")["n"].to_pylist() == [5]


def test_counts_gaps_and_rejects_are_kept(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    counts = pa.Table.from_pylist(
        [{"post_id": "a", "network": "bluesky", "at": NOW, "mode": "seen", "likes": 3}], schema=COUNTS
    )
    archive.append(
        "bluesky:test",
        read_rows(["a"]),
        now=NOW,
        cursor="1",
        counts=counts,
        gaps=[Gap(since=NOW - timedelta(hours=40), until=NOW - timedelta(hours=36), why="clamped")],
        rejects=[Reject(kind="not_json", n=2, example="{oops")],
    )
    rows = archive.query('SELECT kind, code, n, example FROM events ORDER BY "kind"', tables=("events",)).to_pylist()
    assert rows == [
        {"kind": "gap", "code": "clamped", "n": 1, "example": None},
        {"kind": "reject", "code": "not_json", "n": 2, "example": "{oops"},
    ]
    assert archive.query("SELECT likes FROM counts", tables=("counts",))["likes"].to_pylist() == [3]


def test_search_folds_turkish(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    archive.append("s", read_rows(["a"], text=lambda _: "KIRMIZI ŞİKÂYET"), now=NOW, cursor="1")
    found = archive.query("SELECT id FROM posts WHERE folded LIKE ?", ["%kirmizi sikayet%"], tables=("posts",))
    assert found["id"].to_pylist() == ["a"]


def test_a_period_is_half_open_and_opens_only_its_days(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    moments = [NOW - timedelta(days=2), NOW - timedelta(days=1), NOW]
    archive.append("s", read_rows(["a", "b", "c"], moments=moments), now=NOW, cursor="1")
    rows = archive.query("SELECT id FROM posts ORDER BY id", tables=("posts",), since=moments[0], until=moments[2])
    assert rows["id"].to_pylist() == ["a", "b"]
    assert len(archive.logs["posts"].between(moments[1], moments[1])) == 1


class Crash(Exception):
    """Stands for the death of the process."""


@pytest.mark.parametrize("step", range(6))
@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_step_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int, after: bool
) -> None:
    """A batch has five commits (four beside, then the posts); die before or after each, start again, deliver again."""
    archive = archives.open(tmp_path)
    first, second = read_rows(["a", "b"]), read_rows(["b", "c", "d"])
    archive.append("s", first, now=NOW, cursor="1", mentions=mention_rows(first))
    commit, calls = Log.commit, []

    def dying(self: Log, *positional: object, **named: object) -> None:
        calls.append(self.name)
        if len(calls) == step + 1:
            if after:
                commit(self, *positional, **named)  # type: ignore[arg-type]
            raise Crash
        commit(self, *positional, **named)  # type: ignore[arg-type]

    counts = pa.Table.from_pylist(
        [{"post_id": "a", "network": "bluesky", "at": NOW, "mode": "seen", "likes": 1}], schema=COUNTS
    )

    def deliver(archive: Archive) -> None:
        archive.append(
            "s",
            second,
            now=NOW,
            cursor="2",
            mentions=mention_rows(second),
            counts=counts,
            gone=gone(("z", "deleted")),
            rejects=[Reject(kind="not_json", n=1)],
        )

    with monkeypatch.context() as patched:
        patched.setattr(Log, "commit", dying)
        try:
            deliver(archive)
        except Crash:
            pass
        else:
            assert step >= 5, "every step before the last must have been reached"
    again = archives.open(tmp_path)
    if again.cursor("s") == "1":
        deliver(again)
    assert again.cursor("s") == "2"
    assert ids(again) == ["a", "b", "c", "d"]
    for table, rows in (("mentions", 4), ("counts", 1), ("events", 1), ("gone", 1)):
        assert again.query(f"SELECT count(*) AS n FROM {table}", tables=(table,))["n"].to_pylist() == [rows], table
    assert check(again).faults == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.lists(st.integers(0, 15), max_size=6)),
            st.tuples(st.just("edit"), st.lists(st.integers(0, 15), min_size=1, max_size=3, unique=True)),
            st.tuples(st.just("delete"), st.lists(st.integers(0, 15), min_size=1, max_size=3)),
            st.tuples(st.sampled_from(["sweep", "reopen"]), st.just([])),
        ),
        max_size=12,
    )
)
def test_any_history_gives_what_a_plain_dictionary_gives(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, list[int]]]
) -> None:
    root = tmp_path_factory.mktemp("history")
    archive, model, deleted = archives.open(root), {}, set()
    for step, (what, numbers) in enumerate(history):
        names = [f"p{number}" for number in numbers]
        moment = NOW + timedelta(minutes=step)
        if what == "add":
            archive.append("s", read_rows(names), now=moment, cursor=str(step))
            for name in names:
                if name not in deleted:
                    model.setdefault(name, f"Post {name}")
        elif what == "edit":
            text = f"edited {step}"
            rows = read_rows(names, text=lambda _, text=text: text, edited_at=moment)
            archive.append("s", rows, now=moment, cursor=str(step))
            model |= {name: text for name in names if name not in deleted}
        elif what == "delete":
            archive.append(
                "s", read_rows([]), now=moment, cursor=str(step), gone=gone(*((n, "deleted") for n in names))
            )
            deleted |= set(names)
            for name in names:
                model.pop(name, None)
        elif what == "sweep":
            compact(archive, now=moment, everything=True)
        else:
            archive = archives.open(root)
    rows = archive.query("SELECT id, text FROM posts", tables=("posts",)).to_pylist()
    assert {row["id"]: row["text"] for row in rows} == model
    assert len(rows) == len(model)
    assert check(archive).faults == []


def test_there_is_a_sentence_for_an_archive_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as told:
        archives.open(tmp_path / "nothing", create=False)
    assert told.value.code == "archive_missing"


def test_a_cursor_that_was_lost_is_damage_and_not_a_fresh_start(tmp_path: Path) -> None:
    archive = archives.open(tmp_path)
    archive.append("s", read_rows(["a"]), now=NOW, cursor="1")
    for path in (tmp_path / "cursors").glob("*/*.json"):
        path.unlink()
    with pytest.raises(ArchiveDamaged) as told:
        archive.cursor("s")
    assert told.value.code == "archive_cursor_damaged"
