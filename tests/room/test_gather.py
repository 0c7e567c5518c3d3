"""Stories found in a room that is only posts."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from kalkan.room import DEFAULT, Room, Story, room_from_posts
from kalkan.room.gather import heard
from tests.room.rooms import NOW, QUAKE, TRAIN, chatter, room, table


def stories(one: Room) -> tuple[Story, ...]:
    return tuple(told.story for told in heard(one, at=NOW).stories)


@pytest.mark.parametrize(("lang", "event", "word"), [("tr", QUAKE, "deprem"), ("en", TRAIN, "harwick")])
def test_a_grave_story_is_found_with_its_words_and_posts(lang: str, event: dict, word: str) -> None:
    one = room(lang, **event)
    found = stories(one)
    assert len(found) == 1
    story = found[0]
    assert story.gravity >= 2
    assert "disaster" in story.harms
    assert word in " ".join(story.terms)
    assert 0.05 < story.share < 0.15
    assert story.rising
    assert abs(story.began - (NOW - timedelta(hours=2))) < timedelta(minutes=20)
    texts = dict(zip(one.posts["id"].to_pylist(), one.posts["text"].to_pylist(), strict=True))
    assert len(story.examples) == 3
    assert all(any(key.split()[0] in texts[post] for key in event["keywords"]) for post in story.examples)


def test_chatter_makes_no_story() -> None:
    for lang in ("en", "tr"):
        assert stories(room(lang)) == ()


def test_an_event_that_harms_nobody_is_no_grave_story() -> None:
    assert stories(room("en", keywords=("lights out", "cup final", "laughing"), hashtags=("#CupFinal",))) == ()


@pytest.mark.parametrize(
    "text",
    [
        "this album is killing it",
        "I died laughing",
        "star wars night",
        "a photo shoot at noon",
        "perfect storm of cake",
    ],
)
def test_manners_of_speaking_are_no_harm(text: str) -> None:
    one = room("en", extra=[f"{text} {at}" for at in range(40)])
    assert all(story.gravity < 2 for story in stories(one))


def test_four_people_make_no_story_however_much_they_post() -> None:
    texts = chatter("en", 400) + ["bomb attack in velden, victims"] * 40
    posts = table(texts, "en", [NOW - timedelta(minutes=at) for at in range(440)])
    loud = pa.array([f"a{at}" for at in range(400)] + [f"loud{at % 4}" for at in range(40)])
    assert stories(room_from_posts(posts.set_column(3, "author_id", loud), at=NOW)) == ()
    assert stories(room_from_posts(posts, at=NOW)) != ()


def test_what_is_said_later_is_not_heard() -> None:
    late = room("tr", **QUAKE, at=NOW + timedelta(hours=3))
    assert stories(room_from_posts(late.posts, at=NOW)) == ()


def test_a_story_does_not_hang_on_the_order_of_posts() -> None:
    one = room("tr", **QUAKE)
    turned = room_from_posts(one.posts.take(list(reversed(range(one.posts.num_rows)))), at=NOW)
    assert stories(one) == stories(turned)


def test_an_epidemic_that_has_become_everyday_is_not_acute() -> None:
    one = room("en", keywords=("pandemic", "lockdown", "vaccine", "deaths"), hashtags=("#pandemic",))
    told = heard(one, at=NOW).stories
    assert told
    assert not any(story.acute for story in told)


def test_a_story_that_is_given_keeps_its_id_and_gets_its_posts() -> None:
    story = Story(id="s-1", title="Harwick", terms=("harwick", "#Harwick"), gravity=3, harms=("disaster",))
    one = room("en", **TRAIN, stories=(story,))
    given = heard(one, at=NOW).stories[0]
    assert given.story.id == "s-1"
    assert given.story.share > 0.02
    assert given.rows.sum() > 10


def test_a_story_known_and_found_is_one_and_the_graver_of_both() -> None:
    calm = Story(id="s-1", title="Harwick", terms=("harwick", "#Harwick", "rescuers"), gravity=0, examples=("x",))
    told = heard(room("en", **TRAIN, stories=(calm,)), at=NOW).stories
    assert [one.story.id for one in told] == ["s-1"]
    assert told[0].story.gravity >= 2
    assert told[0].acute


def test_a_table_with_nothing_but_texts_will_do() -> None:
    texts = room("tr", **QUAKE).posts.select(["text"])
    assert stories(room_from_posts(texts, at=NOW))
    assert stories(room_from_posts(texts.slice(0, 0), at=NOW)) == ()


@pytest.mark.parametrize("share", [0.1, 0.4, 0.7])
@pytest.mark.parametrize("hours", [2.0, 24.0])
def test_a_story_is_found_however_large_and_however_long(share: float, hours: float) -> None:
    found = stories(room("en", **TRAIN, share=share, hours=hours))
    assert sum(story.share for story in found) > 0.7 * share
    assert found[0].gravity >= 2


def test_a_room_that_speaks_of_nothing_else_is_still_heard() -> None:
    texts = [f"earthquake in velden, people under the rubble {at}" for at in range(40)]
    found = stories(room_from_posts(table(texts, "en", [NOW] * 40), at=NOW))
    assert found and found[0].gravity == 2 and found[0].share == 1.0


def test_more_posts_than_are_looked_at_are_thinned_out_and_counted_whole() -> None:
    from dataclasses import replace

    one = room("tr", **QUAKE, posts=3_000)
    few = heard(one, at=NOW, policy=replace(DEFAULT, most_posts=1_000)).stories
    all_ = heard(one, at=NOW).stories
    assert few[0].story.posts == pytest.approx(all_[0].story.posts, rel=0.3)
    assert few[0].story.share == pytest.approx(all_[0].story.share, rel=0.3)
