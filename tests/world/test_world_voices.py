"""The hand-written lines: enough of them, all different, all sayable, nobody real."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import pytest

from kalkan.text import fold
from kalkan.world.voices import Habits, Line, addressed_in, fill, links_in, say, tags_in, voices
from kalkan.world.voices.people import CAST, in_step, passers_by

GIVEN = {"@findik": "@findik.test", "@kiyi-kahve": "@kiyikahve.test"}
REAL = (
    *("nutella", "ulker", "sarelle", "fiskobirlik", "koska", "torku", "ferrero", "cadbury", "nescafe", "starbucks"),
    *("tesco", "sainsbury", "asda", "lidl", "migros", "carrefour", "greggs", "trendyol", "yemeksepeti"),
    *("galatasaray", "fenerbahce", "trabzonspor", "arsenal", "liverpool", "chelsea", "vodafone", "turkcell"),
    *("twitter", "facebook", "instagram", "tiktok", "netflix", "spotify"),
)


def test_there_are_hundreds_of_lines_in_each_language() -> None:
    counted = Counter(line.lang for lines in voices().pools.values() for line in lines)
    assert counted["tr"] >= 350
    assert counted["en"] >= 350


def test_no_line_is_written_twice() -> None:
    texts = Counter(fold(line.text) for lines in voices().pools.values() for line in lines)
    assert [text for text, n in texts.items() if n > 1] == []


def test_every_line_can_be_said_whole() -> None:
    for name, lines in voices().pools.items():
        for line in lines:
            for seed in range(3):
                text = say(line, habits=Habits(emoji=1, opens=1), random=Random(seed), given=GIVEN)
                assert text.strip(), name
                assert not re.search(r"[\[\]{}|\0]", text), (name, text)
                assert len(text) <= 300, (name, text)


def test_nobody_and_nothing_real_is_named() -> None:
    real = re.compile(rf"\b({'|'.join(REAL)})\b")
    everything = [line.text for lines in voices().pools.values() for line in lines]
    everything += [entry["text"] for entry in voices().script]
    everything += [word for words in voices().parts.values() for word in words]
    assert [text for text in everything if real.search(fold(text))] == []


def test_scripted_posts_fit_every_network() -> None:
    for entry in voices().script:
        assert len(entry["text"]) <= 300
        assert entry["by"] in CAST


def test_links_lead_nowhere_real() -> None:
    for lines in voices().pools.values():
        for line in lines:
            for link in links_in(fill(line.text, random=Random(1), given=GIVEN)):
                assert re.match(r"https://[a-z-]+\.example/", link)


def test_habits_change_the_writing_and_not_the_words() -> None:
    line = Line(text="ığdır'a {@findik} GİTTİM çok güzel", lang="tr", sentiment="positive", feeling="joy", kind="other")

    def written(**habits: bool) -> str:
        return say(line, habits=Habits(emoji=0, opens=0, **habits), random=Random(1), given=GIVEN)

    assert written() == "ığdır'a @findik.test GİTTİM çok güzel"
    assert written(lower=True) == "ığdır'a @findik.test gittim çok güzel"
    assert written(proper=True) == "Iğdır'a @findik.test GİTTİM çok güzel."
    assert written(letters_left_out=True) == "igdir'a @findik.test GITTIM cok guzel"
    assert written(plain=True) == "ığdır'a @findik.test GİTTİM çok güzel"


def test_what_a_text_holds_is_found() -> None:
    text = "@findik.test bak: https://poyraz.example/a. #ordu #küçükkavanoz #ordu"
    assert tags_in(text) == ("ordu", "küçükkavanoz")
    assert links_in(text) == ("https://poyraz.example/a",)
    assert addressed_in(text) == ("findik.test",)


def test_a_missing_part_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill("{nowhere}", random=Random(1), given={})


@pytest.mark.parametrize("lang", ["tr", "en"])
def test_passers_by_are_the_same_for_a_seed(lang: str) -> None:
    some = passers_by(1, lang=lang, n=230)
    assert len(some) == 230
    assert some == passers_by(1, lang=lang, n=230) != passers_by(2, lang=lang, n=230)
    assert {person.network for person, _ in some} == {"bluesky", "mastodon"}


def test_everyone_with_a_character_has_something_to_say() -> None:
    speaking = {line.by for lines in voices().pools.values() for line in lines if line.by}
    assert len(speaking) >= 12
    assert speaking <= set(CAST)
    assert len(in_step(1)) == 26
