"""Asks gathered and told in somebody's own sentence; quotes that stand for the whole."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from kalkan import voice
from kalkan.posts import UTC_US
from kalkan.voice.sentences import asking

START = datetime(2026, 5, 4, 9, tzinfo=UTC)
SCHEMA = pa.schema(
    [("id", pa.string()), ("network", pa.string()), ("author_id", pa.string()), ("text", pa.string()),
     ("lang", pa.string()), ("at", UTC_US)]
)  # fmt: skip


def table(said: list[tuple[str, str]]) -> pa.Table:
    """(author, text) as posts, a minute apart."""
    rows: list[dict[str, Any]] = [
        {
            "id": f"p{i}",
            "network": "bluesky",
            "author_id": author,
            "text": text,
            "lang": "tr",
            "at": START + timedelta(minutes=i),
        }
        for i, (author, text) in enumerate(said)
    ]
    return pa.Table.from_pylist(rows, schema=SCHEMA)


WANTED = [
    ("a", "Eski kavanozu geri getirin lütfen"),
    ("b", "@marka.example eski kavanozu geri getirin!!"),
    ("c", "yeter artık. eski kavanozu geri getirin"),
    ("c", "Eski kavanozu geri getirin dedim"),
    ("d", "Palm yağı oranını etikete yazın"),
    ("e", "palm yağı oranını neden etikete yazmıyorsunuz?"),
    ("f", "Bugün hava çok güzel değil mi?"),
]


def test_asks_are_gathered_and_counted_by_author() -> None:
    found = voice.asks(table(WANTED))
    assert [(one.authors, one.posts) for one in found] == [(3, 4), (2, 2)]
    assert "kavanozu geri getirin" in found[0].title
    assert "@" not in found[0].title
    assert found[1].ids == ("p4", "p5")


def test_the_order_of_posts_does_not_matter() -> None:
    rows = table(WANTED)
    shuffled = rows.take(random.Random(3).sample(range(len(WANTED)), len(WANTED)))
    assert voice.asks(shuffled) == voice.asks(rows)


def test_one_loud_author_is_one_author() -> None:
    loud = [("a", "Bize eski tarifi geri verin")] * 30 + [
        ("b", "Kargo ücretini düşürün"),
        ("c", "kargo ücretini düşürün lütfen"),
    ]
    found = voice.asks(table(loud))
    assert [one.authors for one in found] == [2]
    assert "argo" in found[0].title


def test_the_brands_own_name_brings_nobody_together() -> None:
    said = [("a", "Fındık ne zaman Rize'ye gelecek?"), ("b", "Fındık niye bu kadar pahalı?")]
    assert voice.asks(table(said), names=["Fındık"]) == ()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Ürün güzel. Ama kapağı neden böyle? İyi günler.", "Ama kapağı neden böyle?"),
        ("Love it. Please bring back the big jar. Thanks", "Please bring back the big jar."),
        ("@desk.example https://a.example/x write the weight on the front", "write the weight on the front"),
    ],
)
def test_the_sentence_that_asks(text: str, sentence: str) -> None:
    assert asking(text) == sentence


def test_quotes_cover_the_whole_by_different_people() -> None:
    said = [(f"k{i}", f"kavanoz küçülmüş fiyat aynı kalmış numara {i}") for i in range(12)]
    said += [(f"s{i}", f"okullara kahvaltı götürmüşler bravo vallahi {i}") for i in range(8)]
    said += [("z", "tek")]
    found = voice.quotes(table(said), 2)
    assert {quote.text.split()[0] for quote in found} == {"kavanoz", "okullara"}
    assert len(voice.quotes(table(said[:1] * 5), 3)) == 1


def test_nothing_gives_nothing() -> None:
    assert voice.asks(table([])) == ()
    assert voice.quotes(table([]), 3) == ()
