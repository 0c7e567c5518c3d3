"""What training promises about its data: nothing of val, nothing of sets that may only be measured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kalkan.posts import PROBABILITIES
from training import patterns, sets

DATA = Path(os.environ.get("KALKAN_SHARED") or Path(__file__).parents[3] / "shared") / "data"


def test_tasks_are_the_probabilities_in_their_order() -> None:
    assert tuple(f"p_{task}" for task in sets.TASKS) == PROBABILITIES


def test_sets_that_may_only_be_measured_train_nothing() -> None:
    assert not set(sets.MEASURED_ONLY) & set(sets.TRAINED)


@pytest.mark.parametrize(
    ("source", "label", "expected"),
    [
        ("olid_hierarchy", "OFF/TIN/IND", {"offensive": 1.0, "targeted": 1.0}),
        ("olid_hierarchy", "OFF/UNT", {"offensive": 1.0, "targeted": 0.0}),
        ("germeval2018_de", "PROFANITY", {"offensive": 1.0, "targeted": 0.0}),
        ("edos_sexism", "threats", {"hate": 1.0, "threat": 1.0}),
        ("tweet_acts", "suggestion", {"question": 0.0, "ask": 1.0, "threat": 0.0}),
        ("disaster_requests", "related|request", {"ask": 1.0}),
    ],
)
def test_labels_become_targets(source: str, label: str, expected: dict[str, float]) -> None:
    assert sets.TRAINED[source][0](label) == expected


def test_targets_name_tasks_only() -> None:
    for name, label in (
        ("goemotions", "joy|love"),
        ("xed_emotions", "anger|trust"),
        ("semeval2018_emotions_en", "none"),
    ):
        assert set(sets.TRAINED[name][0](label)) <= set(sets.TASKS)


@pytest.mark.parametrize(
    ("text", "lang", "question", "ask"),
    [
        ("Bu renk var mı", "tr", True, False),
        ("Ne zaman açılacak?", "tr", True, False),
        ("Ne güzel olmuş", "tr", False, False),
        ("ŞUBE AÇIN ARTIK", "tr", False, True),
        ("Daha büyük boy üretmelisiniz", "tr", False, True),
        ("Bakar mısınız?", "tr", True, True),
        ("Bugün hava güzel", "tr", False, False),
        ("When does it open?", "en", True, False),
        ("how do I cancel", "en", None, False),
        ("Bring back the old one", "en", False, True),
        ("It was lovely", "en", False, False),
    ],
)
def test_patterns(text: str, lang: str, question: bool | None, ask: bool) -> None:
    found = patterns.silver(text, lang)
    assert (found.get("question") is None) if question is None else ((found["question"] > 0.5) == question)
    assert (found["ask"] > 0.5) == ask


def test_criticism_without_abuse_is_shown_as_not_offensive() -> None:
    assert (
        patterns.criticism("worst service ever, two hours late", "negative", "tweeteval_sentiment")["offensive"] < 0.1
    )
    assert patterns.criticism("you stupid idiots", "negative", "tweeteval_sentiment") == {}
    assert patterns.criticism("lovely day", "positive", "tweeteval_sentiment") == {}
    assert patterns.criticism("worst service", "OFF", "olid_hierarchy") == {}


@pytest.mark.skipif(not DATA.is_dir(), reason="the labelled sets are not on this machine")
def test_no_val_text_is_trained_on() -> None:
    held = sets.held_out(DATA)
    assert len(held) > 20_000
    assert sets.key("@a Hello, WORLD! https://x.y") == sets.key("hello world") == "helloworld"
