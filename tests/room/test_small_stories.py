"""Stories of few voices, and stories of last week: what is felt of them, and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from kalkan.room import DEFAULT, Room, Story, room_from_posts
from kalkan.room.gather import heard
from kalkan.room.index import index
from kalkan.room.knots import bursts, knots
from tests.room.rooms import FISH, NOW, NUT, TRAIN, chatter, judge, room, table

SALE = "Our jars are 20% off"
FEW = (
    "derailment at harwick bridge, people injured",
    "harwick: rescuers at the bridge",
    "my cousin was on the harwick train",
    "rescuers still at harwick #harwick",
    "injured taken from the derailment #harwick",
    "#harwick bridge closed, train on its side",
    "the harwick derailment, I cannot believe it",
    "bridge and train, rescuers everywhere #harwick",
)


def among(told: Sequence[str], *, hours: float, days: float = 1.0, posts: int = 600) -> Room:
    """Chatter of ``days``, with ``told`` spread over its last ``hours``."""
    rng = np.random.default_rng(5)
    ages = [*rng.uniform(0, 24 * days, posts), *np.linspace(0.05, hours, len(told))]
    texts = [*chatter("en", posts), *told]
    return room_from_posts(table(texts, "en", [NOW - timedelta(hours=float(age)) for age in ages]), at=NOW)


def test_eight_people_within_the_hour_are_heard_eight_in_a_day_are_not_felt() -> None:
    at_once, all_day = among(FEW, hours=1.0), among(FEW, hours=24.0)
    story = next(told.story for told in heard(at_once, at=NOW).stories if "harwick" in told.story.terms)
    assert (story.gravity, story.authors) == (2, 8)
    assert story.share < DEFAULT.care_share < story.height
    assert judge(SALE, at_once).verdict == "hold"
    assert judge(SALE, all_day).verdict == "go"
    assert judge("Harwick, our jars are 20% off", all_day).verdict == "hold"  # what touches them is still seen


def test_one_text_by_many_and_a_phrase_without_harm_tie_no_knot() -> None:
    copied = [FEW[0]] * 12
    phrase = [f"happy birthday dear {name}, make a wish" for name in ("ann", "bob", "cem", "dia", "eli", "fay", "gus")]
    ready = index(among([*copied, *phrase], hours=24.0).posts, at=NOW, most=10_000)
    assert list(knots(ready, DEFAULT)) == []
    ready = index(among(FEW, hours=24.0).posts, at=NOW, most=10_000)
    (found,) = knots(ready, DEFAULT)
    assert {"harwick", "bridge"} <= {str(ready.words[int(at)]) for at in found[1]}
    assert found[0].sum() == len(FEW)


def test_what_is_said_all_day_is_no_burst() -> None:
    now = int(NOW.timestamp() * 1e6)
    new = index(among(FEW, hours=1.0).posts, at=NOW, most=10_000)
    old = index(among(FEW * 3, hours=24.0).posts, at=NOW, most=10_000)
    assert max(rows.sum() for rows, _ in bursts(new, DEFAULT, now=now)) >= 6
    assert list(bursts(old, DEFAULT, now=now)) == []


@pytest.mark.parametrize(("days", "verdict"), [(5.0, "hold"), (8.5, "go")])
def test_a_week_later_a_grave_story_is_still_felt_and_then_no_longer(days: float, verdict: str) -> None:
    early = room("en", **TRAIN, posts=300).posts
    shifted = early.set_column(
        early.column_names.index("at"),
        "at",
        [[one - timedelta(days=days) for one in early["at"].to_pylist()]],
    )
    late = among((), hours=1.0, days=days).posts
    both = table(
        [*shifted["text"].to_pylist(), *late["text"].to_pylist()],
        "en",
        [*shifted["at"].to_pylist(), *late["at"].to_pylist()],
    )
    assert judge(SALE, room_from_posts(both, at=NOW, hours=24 * 12)).verdict == verdict


def test_a_remembered_story_needs_no_crowd_today() -> None:
    """The desk followed it; hardly anybody speaks of it now."""
    kept = Story(
        id="s1", title="Harwick", terms=("harwick", "derailment"), gravity=3, harms=("death", "disaster"),
        began=NOW - timedelta(days=4), posts=900, authors=700, height=0.2, langs=("en",), examples=("x1", "x2", "x3"),
    )  # fmt: skip
    few = among(FEW[2:3], hours=20.0).posts
    with_it, without = room_from_posts(few, at=NOW, stories=[kept]), room_from_posts(few, at=NOW)
    text = "Harwick, here we come: our jam is made of figs"
    assert (judge(text, with_it).verdict, judge(text, without).verdict) == ("hold", "go")
    assert judge(SALE, with_it).verdict == "hold"
    assert judge("Our jam is made of figs", with_it).verdict == "care"
    assert judge(SALE, with_it, at=NOW + timedelta(days=5)).verdict == "go"
    assert judge("Our shop in the valley is closed today", with_it).verdict == "go"


def test_silence_is_told_when_many_ask_who_is_silent_and_name_nobody() -> None:
    quake = {"keywords": ("deprem", "sarıyar", "enkaz", "arama kurtarma"), "hashtags": ("#deprem",)}
    asking = [f"deprem bölgesi için susan markalar kim, hâlâ sessiz {at}" for at in range(20)]
    said = judge("", room("tr", **quake, extra=asking), NUT, act="silence")
    assert (said.verdict, said.findings[0].why) == ("care", "room_silence_many")
    assert judge("", room("tr", **quake, extra=asking[:4]), NUT, act="silence").verdict == "go"
    assert judge("", room("en", extra=asking), FISH, act="silence").verdict == "go"
