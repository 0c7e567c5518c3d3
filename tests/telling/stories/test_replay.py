"""From posts to alarms: found soon, told once, silent when nothing happens, the same however it is cut."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pyarrow as pa
import pytest

from kalkan.errors import ArchiveDamaged
from kalkan.stories import Alarm, Rules, Stories, replay
from kalkan.stories.keeping import pack
from tests.telling.stories.streams import BLAST, PIPES, START, Row, everyday, story, table

QUIET = everyday(hours=30, per_hour=60)
STORY = story(PIPES, after_hours=26)


def alarms_of(stream: pa.Table, **options: object) -> list[Alarm]:
    return list(replay(stream, **options))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def planted() -> pa.Table:
    return table(QUIET, STORY)


@pytest.fixture(scope="module")
def found(planted: pa.Table) -> list[Alarm]:
    return alarms_of(planted)


def test_a_planted_story_is_told_once_and_soon(found: list[Alarm]) -> None:
    assert len(found) == 1
    (alarm,) = found
    fifth = sorted(at for at, _, _ in STORY)[4]
    assert timedelta() < alarm.at - fifth <= timedelta(minutes=3)
    assert alarm.at.second == 0
    assert alarm.began <= alarm.at
    assert alarm.authors >= 5 and alarm.n >= alarm.authors
    assert "Alder Street" in alarm.title or "ater main" in alarm.title
    assert all("water" in text.lower() for text in alarm.examples) and alarm.examples
    assert any("alder" in term.lower() for term in alarm.terms)


def test_a_quiet_stream_stays_silent() -> None:
    assert alarms_of(table(QUIET)) == []
    assert alarms_of(table(everyday(hours=30, per_hour=60, seed=9), authors=False)) == []


def test_the_line_has_exactly_the_promised_fields(found: list[Alarm]) -> None:
    line = json.loads(found[0].line())
    assert list(line) == ["at", "title", "terms", "began", "n", "authors", "score", "gravity", "examples"]
    assert line["at"].endswith("Z") and isinstance(line["terms"], list)
    assert "\n" not in found[0].line()


def test_a_rise_in_turkish_is_found_whatever_the_case_and_endings_and_weighed() -> None:
    first, *later = alarms_of(table(QUIET, story(BLAST, after_hours=25, n=60)))
    assert "amlıtepe" in first.title.lower() or "patlama" in first.title.lower()
    assert {alarm.story for alarm in later} == {first.story}
    last = [first, *later][-1]
    assert last.gravity == 3
    assert last.harm.dead in (None, 2)
    assert "death" in [harm.kind for harm in last.harm.harms]


@pytest.mark.parametrize("batch", [1, 7, 333, 10_000])
def test_batches_do_not_matter(planted: pa.Table, found: list[Alarm], batch: int) -> None:
    late = planted.filter(pa.compute.greater(planted["at"], pa.scalar(START + timedelta(hours=20))))
    whole = planted if batch > 1 else late
    assert alarms_of(whole, batch=batch) == (found if batch > 1 else alarms_of(late))


def test_four_people_are_no_story_however_much_they_write() -> None:
    few = story(PIPES, after_hours=26, n=60, authors=["a", "b", "c", "d"])
    assert alarms_of(table(QUIET, few)) == []


def test_one_loud_voice_among_five_is_no_story() -> None:
    loud = story(PIPES, after_hours=26, n=60, authors=["a"] * 15 + ["b", "c", "d", "e"])
    assert alarms_of(table(QUIET, loud)) == []


def test_one_text_from_many_accounts_is_no_story() -> None:
    spam = story(["Win a free holiday in Pelham Bay, only today, tell your friends"], after_hours=26, n=40)
    assert alarms_of(table(QUIET, spam)) == []


def test_two_stories_at_once_are_two() -> None:
    both = alarms_of(table(QUIET, story(PIPES, after_hours=26), story(BLAST, after_hours=26.2, seed=5, n=50)))
    assert len({alarm.story for alarm in both}) == 2


def test_a_restart_neither_forgets_nor_repeats(planted: pa.Table, found: list[Alarm]) -> None:
    cuts = [0, 300, 1555, 1572, 1590, planted.num_rows]
    stories, told = Stories(), []
    for start, end in pairwise(cuts):
        told += stories.hear(planted.slice(start, end - start))
        kept = stories.save()
        stories = Stories.restore(kept)
        assert stories.save() == kept
    told += stories.until(START + timedelta(days=3))
    assert told == found


def test_damaged_state_is_told() -> None:
    kept = Stories().save()
    for bad in (b"", b"nothing", kept[: len(kept) // 2], pack({"open": None, "late": 0})):
        with pytest.raises(ArchiveDamaged) as error:
            Stories.restore(bad)
        assert error.value.code == "stories_damaged"


def test_a_story_is_followed_until_nobody_speaks_of_it(planted: pa.Table) -> None:
    stories = Stories()
    stories.hear(planted)
    stories.hear(table([(START + timedelta(hours=30 + k / 6), f"a quiet remark {k}", f"q{k}") for k in range(60)]))
    assert stories.stories == []
    (done,) = stories.follower.closed
    assert done.state == "closed"
    assert done.n >= 35 and len(done.authors) >= 35
    assert done.turns[0].what == "born" and done.turns[-1].what == "closed"


def test_posts_that_come_late_do_not_turn_time_back(planted: pa.Table) -> None:
    stories = Stories()
    stories.hear(planted.slice(0, 1000))
    open_ = stories.open
    stories.hear(planted.slice(0, 50))
    assert stories.open == open_
    assert stories.late == 50


def test_the_hand_of_the_clock_ends_a_minute_when_nobody_posts() -> None:
    rows = table(QUIET, story(PIPES, after_hours=30, n=30, minutes=15))
    stories = Stories()
    before = stories.hear(rows)
    assert stories.until(START + timedelta(hours=30, minutes=1)) == []
    stories.until(START + timedelta(hours=31))
    assert len(before) == 1


def test_rules_are_policy_handed_in(planted: pa.Table) -> None:
    assert alarms_of(planted, rules=Rules(authors=41)) == []


@pytest.mark.parametrize(
    "text", ["", "\x00", "🔥" * 300, "a" * 100_000, "#" * 50, "@@@ ''' ###", "\u202eevil\u202c", "İ" * 700]
)
def test_no_text_stops_it(text: str) -> None:
    rows = [(START + timedelta(minutes=k), text, f"u{k}") for k in range(90)]
    assert alarms_of(table(rows)) == []


def later(rows: list[Row]) -> list[Row]:
    """The same a day later, by other people."""
    return [(at + timedelta(hours=24), text, f"new {who}") for at, text, who in rows]


def test_a_new_source_makes_nothing_rise() -> None:
    """Ten times the talk from one minute to the next, about the same things: a listener was switched on."""
    before = everyday(hours=24, per_hour=60)
    after = [
        (at + timedelta(hours=24), text, f"new {who}") for at, text, who in everyday(hours=3, per_hour=600, seed=5)
    ]
    assert alarms_of(table(before, after)) == []


def test_a_story_in_a_stream_that_grows_is_found_all_the_same() -> None:
    before = everyday(hours=24, per_hour=60)
    after = [
        (at + timedelta(hours=24), text, f"new {who}") for at, text, who in everyday(hours=3, per_hour=600, seed=5)
    ]
    found = alarms_of(table(before, after, story(PIPES, after_hours=25)))
    assert len(found) == 1 and found[0].at <= START + timedelta(hours=25, minutes=20)


def test_new_words_of_a_story_just_told_are_no_news() -> None:
    """People find other words for it: "flooded", "no taps", "#aldersea": one story, one alarm."""
    words = (
        "the flooded cellars of Alder Street, no taps running anywhere #aldersea",
        "no taps running on Alder Street #aldersea flooded again",
        "flooded shops, #aldersea, is no taps running what we pay for",
        "my cellar is flooded and no taps running, water main they say #aldersea",
    )
    found = alarms_of(table(QUIET, story(PIPES, after_hours=26, n=60), story(words, after_hours=26.7, n=60, seed=8)))
    assert [alarm.what for alarm in found] == ["born"]


def test_stories_that_nobody_looks_at_raise_the_same_alarms(planted: pa.Table, found: list[Alarm]) -> None:
    stream = Stories(shown=False)
    alarms = stream.hear(planted)
    assert [(one.line(), one.told) for one in alarms] == [(one.line(), one.told) for one in found]
