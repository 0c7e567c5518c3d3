"""Text: one fold whatever the way, what people see, and Turkish endings by sound."""

from __future__ import annotations

import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.text import (
    byte_length,
    clean,
    clean_column,
    cut,
    display_host,
    fold,
    fold_column,
    graphemes,
    lower_tr,
    suffix,
    upper_tr,
    urls,
    words,
)

encodable = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.none() | encodable, max_size=8))
def test_the_two_folds_are_one(texts: list[str | None]) -> None:
    column = fold_column(pa.array(texts, pa.string()))
    assert column.to_pylist() == [None if text is None else fold(text) for text in texts]


def test_every_letter_folds_the_same_way_and_only_once() -> None:
    letters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    column = fold_column(pa.array(letters)).to_pylist()
    assert column == [fold(letter) for letter in letters]
    assert fold_column(pa.array(column)).to_pylist() == column


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ŞİKÂYET", "sikayet"),
        ("IĞDIR ığdır Iğdır", "igdir igdir igdir"),
        ("ΟΔΟΣ οδος οδός", "οδοσ οδοσ οδοσ"),
        ("Kal\u00adkan\u200b", "kalkan"),
        ("i\ufe0fPhone", "iphone"),
        ("Ｋａｌｋａｎ", "kalkan"),
        ("\u302e\u16ff0ı", "\u302e\u16ff0i"),
    ],
)
def test_folding(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_folding_keeps_shape_and_nulls() -> None:
    column = pa.chunked_array([["ÇAY", None], [], ["Şeker"]], pa.string())
    folded = fold_column(column)
    assert [chunk.to_pylist() for chunk in folded.chunks] == [["cay", None], [], ["seker"]]
    assert fold_column(pa.array([], pa.string())).to_pylist() == []


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_nothing_raises_for_any_text(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\0\x1b\x7f")
    assert graphemes(cut(text, 7)) <= 7
    assert graphemes(text) <= len(text)
    assert byte_length(text) >= len(text)
    fold(text), words(text), urls(text), display_host(text), suffix(text, "to"), lower_tr(text), upper_tr(text)


@settings(max_examples=200, deadline=None)
@given(encodable)
def test_the_two_cleanings_are_one(text: str) -> None:
    assert clean_column(pa.array([text], pa.string())).to_pylist() == [clean(text)]


def test_cleaning_says_where_something_was_unreadable() -> None:
    assert clean("a\u202eb\x00c\r\nd\ud800") == "abc\nd\ufffd"


@pytest.mark.parametrize(
    ("text", "n", "shown"),
    [
        ("kısa", 10, "kısa"),
        ("uzun bir metin", 9, "uzun bir…"),
        ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 2, "👨‍👩‍👧‍👦…"),
        ("🇹🇷🇹🇷", 1, "🇹🇷"),
        ("x", 0, ""),
    ],
)
def test_cutting_counts_what_people_see(text: str, n: int, shown: str) -> None:
    assert cut(text, n) == shown


def test_links_end_where_their_sentence_goes_on() -> None:
    text = "Bak: https://a.test/b_(c). (www.d.test/e) ve http://f.test/?q=1! mail x@www.g.test"
    assert urls(text) == ["https://a.test/b_(c)", "www.d.test/e", "http://f.test/?q=1"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://bank.test@evil.test/login", "evil.test"),
        ("https://good.test\\@evil.test/x", "good.test"),
        ("https://раураl.test", "xn--l-7sba6dbr.test"),
        ("https://аррӏе.test", "xn--80ak6aa92e.test"),
        ("http://xn--80ak6aa92e.test", "xn--80ak6aa92e.test"),
        ("https://пример.test/", "пример.test"),
        ("http://xn--mnchen-3ya.test/", "münchen.test"),
        ("https://日本語.test", "日本語.test"),
        ("https://kahve。test", "kahve.test"),
        ("http://a.test\u202e/gnp.exe", "a.test"),
        ("WWW.Example.TEST/a", "www.example.test"),
        ("javascript:alert(1)", ""),
        ("mailto:a@b.test", ""),
        ("https://[half", ""),
        ("", ""),
    ],
)
def test_the_host_shown_is_the_one_reached(url: str, host: str) -> None:
    assert display_host(url) == host


def test_words_keep_their_apostrophe() -> None:
    assert words("Kalkan’ın 2 ürünü, don't!") == ["Kalkan’ın", "2", "ürünü", "don't"]


def test_turkish_case() -> None:
    assert (lower_tr("IĞDIR İL"), upper_tr("ığdır il")) == ("ığdır il", "IĞDIR İL")


@pytest.mark.parametrize(
    ("name", "case", "said"),
    [
        ("Burak", "to", "Burak’a"),
        ("Ordu", "in", "Ordu’da"),
        ("2.000", "in", "2.000’de"),
        ("10", "to", "10’a"),
        ("1.000.000", "from", "1.000.000’dan"),
        ("2026", "of", "2026’nın"),
        ("3", "to", "3’e"),
        ("0", "from", "0’dan"),
        ("THY", "of", "THY’nin"),
        ("NATO", "to", "NATO’ya"),
        ("Ayşe", "object", "Ayşe’yi"),
        ("Üsküp", "in", "Üsküp’te"),
        ("Kalkan", "with", "Kalkan’la"),
        ("Göl", "object", "Göl’ü"),
        ("", "to", ""),
        ("Kalkan", "nominative", "Kalkan"),
    ],
)
def test_endings_by_sound(name: str, case: str, said: str) -> None:
    assert suffix(name, case) == said
