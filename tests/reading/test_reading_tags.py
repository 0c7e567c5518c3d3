"""The network's own language tags: weighed, never believed blindly."""

from __future__ import annotations

import pyarrow as pa
import pytest

from kalkan.posts import PROBABILITIES
from kalkan.reading import current, read
from kalkan.reading.local import reader_pool


def batch(rows: list[tuple[str, list[str] | None]]) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([text for text, _ in rows]), pa.array([tags for _, tags in rows], pa.list_(pa.string()))],
        names=["text", "langs"],
    )


def langs(rows: list[tuple[str, list[str] | None]], limits: tuple[str, ...] = ()) -> list[str | None]:
    found: list[str | None] = pa.Table.from_batches(read([batch(rows)], current(langs=limits)))["lang"].to_pylist()
    return found


LONG_TR = "Bugün hava çok güzel, akşam sahilde yürüyüşe çıkalım mı arkadaşlar"


def test_a_long_post_goes_its_own_way() -> None:
    assert langs([(LONG_TR, ["en"]), (LONG_TR, []), (LONG_TR, None), (LONG_TR, ["tr"])]) == ["tr"] * 4


def test_a_short_post_goes_with_its_tag() -> None:
    assert langs([("super", ["de"]), ("super", ["da"]), ("dobro", ["hr"]), ("dobro", ["sr"])]) == [
        "de", "da", "hr", "sr"
    ]  # fmt: skip


def test_text_and_tag_as_strong_are_doubted() -> None:
    texts = ["no", "da", "si", "a la", "der", "en", "man", "va", "fin", "ha", "super", "hotel", "ok", "mama", "data"]
    bare = pa.Table.from_batches(read([batch([(text, []) for text in texts])]))
    doubted = 0
    for tag in ("tr", "es", "sv", "en"):
        tagged = pa.Table.from_batches(read([batch([(text, [tag]) for text in texts])]))
        for before, after, unsure in zip(
            bare["lang"].to_pylist(), tagged["lang"].to_pylist(), tagged["abstained"].to_pylist(), strict=True
        ):
            assert (after is None) == ("lang" in unsure)
            assert after in (None, before, tag), "a tag never brings a third language"
            doubted += before is not None and after is None
    assert doubted, "somewhere between a text of one language and a tag of another lies doubt"


@pytest.mark.parametrize("tag", ["pt-BR", "PT", "pt_PT"])
def test_a_tag_is_its_language(tag: str) -> None:
    assert langs([("casa nova", [tag])]) == ["pt"]


def test_tags_that_say_nothing_change_nothing() -> None:
    texts = ["good morning all of you", "merhaba dünya", "1234", ""]
    for tags in (["xx"], ["i-klingon"], ["und"], [""], ["\x00" * 9]):
        assert langs([(text, tags) for text in texts]) == langs([(text, []) for text in texts])
    assert langs([("1234", ["en"]), ("", ["tr"]), ("🎉", ["de"])]) == [None, None, None]


def test_a_tag_shapes_the_language_not_the_scores() -> None:
    without = pa.Table.from_batches(read([batch([(LONG_TR, []), ("what a day it was", [])])]))
    tagged = pa.Table.from_batches(read([batch([(LONG_TR, ["en"]), ("what a day it was", ["en"])])]))
    for name in PROBABILITIES:
        assert tagged[name].equals(without[name])


def test_a_tag_outside_the_brands_languages_is_not_taken() -> None:
    assert langs([("ja ja", ["de"])], ("tr", "en"))[0] in ("tr", "en", None)


def test_several_processes_read_tags_as_one_does() -> None:
    rows = batch([("ja ja", ["de"]), ("ja ja", ["sv"]), (LONG_TR, ["en"])] * 5)
    with reader_pool(current(), 2) as pool:
        assert next(pool.read([rows])).equals(next(read([rows])))
