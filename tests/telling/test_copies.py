"""Near-copies counted once, beside the raw count, against counting by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalkan import figures
from kalkan.errors import InvalidInput
from kalkan.figures import Ask, Where, answer, copies
from tests.telling.shelf import NOON, Shelf, mention
from tests.telling.test_figures import _asks, _rows

ASK = Ask(since=NOON - timedelta(days=7), until=NOON, measures=("posts", "authors", "anger"),
          where=Where(brand="findik"), copies="once")  # fmt: skip
CALL = "Boykot zamanı geldi, bu markayı bir daha almıyoruz, herkes paylaşsın"


def said(author: str, text: str, *, feeling: str = "none", network: str = "bluesky") -> dict[str, Any]:
    return mention(id=f"at://{author}/{text}", author_id=author, text=text, feeling=feeling, network=network,
                   at=NOON - timedelta(hours=3))  # fmt: skip


def test_a_campaign_counts_once_beside_its_hands() -> None:
    rows = [said(f"c{i}", f"{CALL}{'!' * (i % 4)} https://ornek.test/{i}", feeling="anger") for i in range(20)]
    rows += [said(f"o{i}", f"Kavanozun kapağı {word} açılmıyor, nasıl açayım acaba") for i, word in enumerate("abcd")]
    rows += [said("o0", CALL, feeling="anger")]  # who says something of their own keeps a voice of their own
    found = answer(ASK, Shelf(rows))
    posts, authors, anger = found.rows
    assert (posts.count, authors.count, anger.count, anger.n) == (25, 24, 21, 24)
    assert posts.once and authors.once and anger.once
    assert posts.once.count == 1 + 4  # the call, and four questions that differ
    assert authors.once.count == pytest.approx(20 / 21 + 4, abs=1e-5)
    assert anger.once.count == pytest.approx(20 / 21 + 1, abs=1e-5)
    assert anger.once.interval and anger.once.interval.low < anger.once.value < anger.once.interval.high


def test_short_posts_are_copies_only_when_equal_and_thanks_are_no_campaign() -> None:
    rows = [said("a", "Başın sağ olsun"), said("b", "BAŞIN SAĞ OLSUN"), said("c", "Başınız sağ olsun")]
    authors = answer(ASK, Shelf(rows)).one("authors")
    assert authors.count == 3 and authors.once and authors.once.count == 2


def test_without_the_question_there_is_no_word_of_copies() -> None:
    told = answer(replace(ASK, copies=None), Shelf([said("a", CALL)])).to_json()
    assert "once" not in told and "copies" not in told


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_rows, max_size=30), _asks)
def test_asked_twice_in_any_order_the_bytes_are_the_same(rows: list[dict[str, Any]], ask: Ask) -> None:
    ask = replace(ask, copies="once", measures=("posts", "authors", "anger", "question"))
    told = answer(ask, Shelf(rows)).to_json()
    assert told == answer(figures.from_json(ask.to_json()), Shelf(rows[::-1])).to_json()
    for row in json.loads(told)["rows"]:
        if row["count"] == 0:
            continue
        once = row["once"]
        assert once["count"] <= row["count"] + 1e-6 and once["n"] <= row["n"] + 1e-6
        if row["measure"] == "authors":
            assert 0 < once["count"] == once["value"] == once["n"]


def test_too_many_to_compare_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "MOST", 2)
    with pytest.raises(InvalidInput, match="ask_copies_too_many"):
        answer(ASK, Shelf([said(name, CALL) for name in "abc"]))
    with pytest.raises(InvalidInput, match="ask_name_unknown"):
        replace(ASK, copies="twice")
