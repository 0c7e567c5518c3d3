"""Laws of cutting posts into words."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.reading import current, weights
from kalkan.reading import words as cut

ABC = weights.load(current().name).alphabet
texts = st.lists(st.text(max_size=60) | st.text(alphabet="ab @:/.htpsw'!?I1 \u0301😂", max_size=40), max_size=12)


def shown(text: str) -> list[tuple[str, int]]:
    words = cut.split(pa.array([text]), ABC)
    spans = zip(words.start, words.length, words.flag, strict=True)
    return [("".join(map(chr, words.letters[at : at + n])), int(flag)) for at, n, flag in spans]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SOOOO good", [("soo", 5), ("good", 0)]),
        ("wait!!!", [("wait", 0), ("!!", 3)]),
        ("see https://t.co/abc?x=1#y now", [("see", 0), ("\ue000", 0), ("now", 0)]),
        ("@kalkan.example.org merhaba", [("\ue001", 0), ("merhaba", 0)]),
        ("me@mail.com", [("me", 0), ("@", 0), ("mail", 0), (".", 0), ("com", 0)]),
        ("Kalkan'ın don’t", [("kalkan'ın", 1), ("don't", 0)]),
        ("'quoted'", [("'", 0), ("quoted", 0), ("'", 0)]),
        ("😂😂😂", [("😂", 0), ("😂", 3)]),
        ("in 2013", [("in", 0), ("00", 0)]),
        ("日本語", [("日", 0), ("本", 0), ("語", 0)]),
        ("ŞİKÂYET", [("şikâyet", 2)]),
        ("go\u200bod", [("good", 0)]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_words_are_cut_as_people_write_them(text: str, expected: list[tuple[str, int]]) -> None:
    assert shown(text) == expected


def test_private_letters_do_not_pass_for_our_own_signs() -> None:
    link = cut.split(pa.array(["https://example.org"]), ABC).key
    assert cut.split(pa.array(["\ue000"]), ABC).key[0] != link[0]


@settings(max_examples=150, deadline=None)
@given(texts)
def test_a_posts_words_depend_on_that_post_alone(given_texts: list[str]) -> None:
    together = cut.split(pa.array(given_texts, pa.string()), ABC)
    assert len(together.offsets) == len(given_texts) + 1
    for at, text in enumerate(given_texts):
        alone = cut.split(pa.array([text]), ABC)
        span = slice(together.offsets[at], together.offsets[at + 1])
        assert together.key[span].tolist() == alone.key.tolist(), text


@settings(max_examples=60, deadline=None)
@given(texts, st.integers(0, 5), st.integers(0, 5))
def test_a_slice_of_a_column_is_cut_like_the_texts_in_it(given_texts: list[str], begin: int, count: int) -> None:
    column = pa.array(given_texts, pa.large_string()).slice(begin, count)
    fresh = pa.array(column.to_pylist(), pa.string())
    assert cut.split(column, ABC).key.tolist() == cut.split(fresh, ABC).key.tolist()


def test_a_very_long_post_is_read_from_its_beginning() -> None:
    words = cut.split(pa.array(["a b " * 5000, "c"]), ABC)
    assert np.diff(words.offsets).tolist() == [cut.MOST_WORDS, 1]


def test_pieces_are_all_runs_of_letters_with_edges() -> None:
    words = cut.split(pa.array(["abc de"]), ABC)
    two, three = cut.grams(words.letters, words.start, words.length, (2, 3))
    assert np.bincount(two.word).tolist() == [4, 3]  # <a ab bc c> · <d de e>
    assert np.bincount(three.word).tolist() == [3, 2]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="abcçşı", min_size=1, max_size=8), min_size=1, max_size=8))
def test_sums_over_pieces_equal_sums_made_one_by_one(names: list[str]) -> None:
    names.sort(key=len, reverse=True)
    words = cut.split(pa.array(names), ABC)
    (found,) = cut.grams(words.letters, words.start, words.length, (3,))
    order = np.argsort(-words.length, kind="stable")
    assert order.tolist() == sorted(range(len(words.length)), key=lambda at: -words.length[at])
    table = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
    (found,) = cut.grams(words.letters, words.start[order], words.length[order], (3,))
    buckets = (found.hashes & np.uint64(63)).astype(np.int64)
    out = np.zeros((len(order), 4), np.float32)
    counts = cut.sums(table, buckets, found.word, out)
    for at in range(len(order)):
        assert np.allclose(out[at], table[buckets[found.word == at]].sum(0), atol=1e-5)
        assert counts[at] == (found.word == at).sum()
