"""How the careful reader cuts texts: the likeliest pieces, masks, and nothing that stops it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.reading import pieces as cut
from kalkan.reading.pieces import BEGIN, END, SPECIAL, UNKNOWN, Pieces, tidy

LIKELY = {
    "▁": -4.0,
    "▁new": -5.0,
    "▁n": -6.5,
    "er": -5.0,
    "new": -7.0,
    "e": -6.0,
    "r": -6.0,
    "w": -6.5,
    "n": -6.0,
    "s": -5.0,
}


def pieces() -> Pieces:
    return Pieces(list(LIKELY), np.array(list(LIKELY.values()), np.float32))


def shown(numbers: list[int]) -> list[str]:
    names = ["<begin>", "<pad>", "<end>", "<unknown>", *LIKELY]
    return [names[one] for one in numbers]


def test_a_word_is_cut_where_its_pieces_are_likeliest() -> None:
    assert shown(pieces().numbers("newer news")) == ["<begin>", "▁new", "er", "▁new", "s", "<end>"]


def test_the_likeliest_way_is_the_best_of_all_ways() -> None:
    one = pieces()

    def every(word: str) -> list[list[str]]:
        if not word:
            return [[]]
        return [
            [word[:end], *rest] for end in range(1, len(word) + 1) if word[:end] in LIKELY for rest in every(word[end:])
        ]

    for word in ("newer", "ern", "wren", "nnn", "sewer"):
        best = max(every("▁" + word), key=lambda way: sum(LIKELY[piece] for piece in way))
        assert shown(one.numbers(word))[1:-1] == best


def test_letters_that_are_not_known_are_one_sign() -> None:
    assert pieces().numbers("ξψ") == [BEGIN, SPECIAL, UNKNOWN, END]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@ayse.example.org merhaba", ["@user", "merhaba"]),
        ("@a@town.example, bak: https://t.example/x?y=1!", ["@user", ",", "bak:", "http"]),
        ("www.shop.example güzel", ["http", "güzel"]),
        ("write to me@shop.example", ["write", "to", "me@shop.example"]),
        ("çoooook iyi!!!!!!!", ["çoook", "iyi!!!"]),
        ("ｆｕｌｌ\u200b wi\u00addth", ["full", "width"]),
        ("👍🏽 tamam", ["👍", "tamam"]),
        ("a\x00b\tc\u00a0d", ["a", "b", "c", "d"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_links_handles_and_unseen_signs(text: str, words: list[str]) -> None:
    assert tidy(text) == words


def test_who_is_meant_never_shapes_the_pieces() -> None:
    assert pieces().numbers("@one new") == pieces().numbers("@someone.else.example new")


def test_long_posts_end_where_reading_ends() -> None:
    found = pieces().numbers("new " * 500)
    assert len(found) == cut.LONGEST and found[0] == BEGIN and found[-1] == END
    assert len(pieces().numbers("s" * 5000 + "ers" * 3000)) <= cut.LONGEST


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120))
def test_any_text_is_cut_and_always_alike(text: str) -> None:
    one = pieces()
    found = one.numbers(text)
    assert found[0] == BEGIN and found[-1] == END and all(0 <= at < SPECIAL + len(LIKELY) for at in found)
    assert found == one.numbers(text) == pieces().numbers(text)


def test_words_beyond_what_is_kept_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{a}{b} newer" for a in ("new", "er", "sew") for b in ("s", "er", "n")]
    before = [pieces().numbers(text) for text in texts]
    monkeypatch.setattr(cut, "KEPT", 3)
    small = pieces()
    assert [small.numbers(text) for text in texts] == before
    assert len(small._words) <= 3


def test_a_vocabulary_comes_back_as_it_was_put_away() -> None:
    again = cut.unpack(cut.pack(list(LIKELY), np.array(list(LIKELY.values()), np.float32)))
    assert again.numbers("newer ξ news") == pieces().numbers("newer ξ news")
