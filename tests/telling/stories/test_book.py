"""The book of stories: whole steps or none, alarms once, words taken back, budgets, a copy while it is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from kalkan.errors import ArchiveDamaged, InvalidInput
from kalkan.stories import book
from kalkan.stories.book import Book
from kalkan.stories.gravity import Gravity
from kalkan.stories.record import AlarmRow, Example, Part, Reason, StoryRow, Trace
from kalkan.stories.times import minute_of
from tests.conftest import NOW

MINUTE = minute_of(NOW)


def story(id: str = "s", **more: object) -> StoryRow:
    one = StoryRow(
        id=id, scope="all", kind="terms", title="Water main", terms=("water",), state="rising", began=NOW, told=NOW,
        last=NOW, n=3, authors=3, usual_per_hour=2.0, score=20.0, examples=(Example(id="at://1", at=NOW),),
        trace=Trace(
            languages=(Part(name="en", posts=2, authors=2, first=NOW),),
            networks=(Part(name="bluesky", posts=3, authors=3, first=NOW),),
        ),
    )  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]


def alarm(number: int = 1, **more: object) -> AlarmRow:
    at = NOW + timedelta(minutes=number)
    one = AlarmRow(
        seq=0, id=f"s@{number}", story="s", scope="all", what="born", at=at, told_at=at, late=False, title="Water main",
        terms=("water",), began=NOW, n=5, authors=5, score=20.0, gravity=Gravity(), usual_per_hour=2.0, per_hour=60.0,
        after_first=5.0, after_fifth=1.0, reason=Reason(code="story_rises", params={"authors": 5}),
        examples=(Example(id="at://1", at=at),),
    )  # fmt: skip
    return replace(one, **more)  # type: ignore[arg-type]


@pytest.fixture
def shelf(tmp_path: Path) -> Book:
    one = book.open(tmp_path / "stories")
    with one.step({"batches": {}}, minute=MINUTE) as step:
        step.put(story())
        step.add("s", np.array([1, 2, 3]), np.array([MINUTE] * 3))
        step.count("s", [(MINUTE, 3, 3)])
        assert step.say(alarm())
    return one


def test_a_step_that_fails_leaves_nothing(shelf: Book) -> None:
    with pytest.raises(RuntimeError), shelf.step({"batches": {"a": [1, 2]}}, minute=MINUTE + 9) as step:
        step.put(story("other"))
        step.say(alarm(7))
        raise RuntimeError
    assert shelf.story("other") is None and len(shelf.alarms()) == 1 and len(shelf.steps()) == 1
    assert shelf.followed_until() == NOW.replace(second=0) + timedelta(minutes=1)


def test_an_alarm_is_entered_once_and_numbers_grow(shelf: Book) -> None:
    with shelf.entry() as step:
        assert not step.say(alarm())
        assert step.say(alarm(2)) and step.say(alarm(3, late=True))
    assert [one.seq for one in shelf.alarms(newest_first=False)] == sorted(one.seq for one in shelf.alarms())
    first = shelf.alarms(newest_first=False)[0].seq
    assert [one.id for one in shelf.alarms(after=first, late=False, newest_first=False)] == ["s@2"]
    assert shelf.alarms(since=NOW + timedelta(minutes=3))[0].id == "s@3"
    assert shelf.alarm(first) == replace(alarm(), seq=first) and shelf.alarm(999) is None


def test_stories_are_found_by_what_they_are(shelf: Book) -> None:
    with shelf.entry() as step:
        step.put(story("grave", gravity=Gravity(level=3), state="fading"))
        step.put(story("old", state="closed", last=NOW - timedelta(days=3)))
        step.put(story("merged", into="s"))
        step.put(story("brand", scope="brand:x", watches=(Part(name="peer:x:y", posts=1, authors=1, first=NOW),)))
    assert [one.id for one in shelf.stories()] == ["brand", "s", "grave", "old"]
    assert [one.id for one in shelf.stories(gravity=2)] == ["grave"]
    assert [one.id for one in shelf.stories(states=("closed", "fading"))] == ["grave", "old"]
    assert [one.id for one in shelf.stories(since=NOW - timedelta(days=1), scope="all")] == ["s", "grave"]
    assert [one.id for one in shelf.stories(watch="brand:x")] == ["brand"] == [
        one.id for one in shelf.stories(watch="peer:x:y")
    ]  # fmt: skip
    assert len(shelf.stories(lang="en", network="bluesky")) == 4 and shelf.stories(lang="n") == ()
    assert shelf.story("merged") is not None


def test_merging_brings_members_and_curve_together_once(shelf: Book) -> None:
    with shelf.entry() as step:
        step.add("t", np.array([3, 4]), np.array([MINUTE, MINUTE + 1]))
        step.count("t", [(MINUTE, 1, 1), (MINUTE + 1, 1, 1)])
        assert step.merge("s", "t") == 4
        assert step.merge("s", "t") == 4
    assert shelf.members("s")["key"].to_pylist() == [4, 1, 2, 3]
    assert shelf.members("t").num_rows <= 1
    assert shelf.curve("s", step=1)["posts"].to_pylist() == [3, 1]


def test_what_a_team_says_turns_the_bar(shelf: Book) -> None:
    with shelf.entry() as step:
        for number in range(2, 14):
            step.say(alarm(number))
    now = NOW + timedelta(days=7)
    assert shelf.budget("all", now=now).margin == 0
    for one in shelf.alarms():
        shelf.judge(one.seq, "false", at=now)
    tuned = shelf.budget("all", now=now)
    assert tuned.margin > 0.5 and tuned.false == 13 and shelf.alarms()[0].judged == "false"
    shelf.set_budget("all", 20)
    assert shelf.budget("all", now=now).margin < tuned.margin and shelf.budget("all", now=now).a_week == 20
    shelf.judge(shelf.alarms()[0].seq, "", at=now)
    assert shelf.budget("all", now=now).false == 12
    assert shelf.budget("brand:x", now=now).margin == 0


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda shelf: shelf.judge(1, "rubbish", at=NOW), "alarm_judged_how"),
        (lambda shelf: shelf.judge(77, "false", at=NOW), "alarm_unknown"),
        (lambda shelf: shelf.set_budget("all", 0), "alarm_budget_range"),
        (lambda shelf: shelf.set_budget("all", float("nan")), "alarm_budget_range"),
    ],
)
def test_what_cannot_be_is_refused(shelf: Book, ask: object, code: str) -> None:
    with pytest.raises(InvalidInput) as error:
        ask(shelf)  # type: ignore[operator]
    assert error.value.code == code


def test_a_copy_is_whole_while_it_is_written(shelf: Book, tmp_path: Path) -> None:
    shelf.keep(b"a state", taken={"taken": {"x": 4}}, upto=1)
    shelf.snapshot(tmp_path / "copy")
    copy = book.open(tmp_path / "copy")
    assert copy.story("s") == shelf.story("s") and copy.kept() == (b"a state", {"taken": {"x": 4}})
    assert shelf.steps() == [] and copy.alarms() == shelf.alarms()
    shelf.keep(b"a later state", taken={}, upto=1)
    assert len(list(shelf.folder.glob("checkpoint-*"))) == 1


def test_old_stories_are_let_go_of(shelf: Book) -> None:
    with shelf.entry() as step:
        step.put(story(state="closed"))
        step.watch("all", [(MINUTE, 1.0, 1.0, 0.0, 3.0)])
    shelf.prune(now=NOW + timedelta(days=300))
    assert shelf.story("s") is not None
    shelf.prune(now=NOW + timedelta(days=500))
    assert shelf.story("s") is None and shelf.alarms() == () and shelf.members("s").num_rows == 0


def test_damage_and_newer_books_are_told(shelf: Book, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / book.FILE).write_bytes(b"this is no database, and long enough to be taken for one" * 40)
    with pytest.raises(ArchiveDamaged):
        book.open(tmp_path / "bad")
    import sqlite3

    with sqlite3.connect(shelf.path) as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(InvalidInput) as error:
        book.open(shelf.folder)
    assert error.value.code == "archive_newer"
