"""What counts as a term, and that its hash depends on nothing but itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.stories.letters import hash_strings, hash_words, pair, tokens
from kalkan.stories.terms import TAG, TWO, WORD, alike, canonical, kind_of, of_kind, terms
from kalkan.text import fold


def of(*texts: str, **columns: pa.Array) -> list[set[int]]:
    found = terms(pa.table({"text": pa.array(texts, pa.string()), **columns}))
    return [set(found.term[found.row == row].tolist()) for row in range(len(texts))]


def word(text: str) -> int:
    return int(of_kind(hash_words([text]), WORD)[0])


def tag(text: str) -> int:
    return int(of_kind(hash_words([text]), TAG)[0])


@pytest.mark.parametrize(
    "written",
    ["DEPREM", "deprem", "Deprem'de", "deprem’den", "deprem!", "(deprem)", "déprem", "dep\u00adrem", "ｄｅｐｒｅｍ"],
)
def test_a_word_is_the_same_however_it_is_written(written: str) -> None:
    assert word("deprem") in of(f"bak {written} var")[0]


def test_all_four_turkish_i_are_one() -> None:
    one, other = of("KIRMIZI ISPANAK", "kırmızı ıspanak")
    assert one == other
    assert word("kirmizi") in one


def test_a_name_with_an_irish_apostrophe_keeps_its_second_half() -> None:
    assert word("brien") in of("we met O'Brien there")[0]


def test_handles_addresses_numbers_and_small_words_are_no_terms() -> None:
    assert of("RT @somebody.example.social: the 2024 14:30 me@example.org") == [set()]


def test_a_hashtag_is_its_word_too_but_the_word_is_not_the_tag() -> None:
    tagged, plain = of("#Alder", "Alder")
    assert {tag("alder"), word("alder")} <= tagged
    assert word("alder") in plain and tag("alder") not in plain


def test_two_words_in_a_row_skip_small_words_and_stay_within_a_post() -> None:
    together = int(of_kind(pair(hash_words(["water"]), hash_words(["main"])), TWO)[0])
    assert together in of("the water of the main")[0]
    assert together not in of("water", "main")[0] | of("water", "main")[1]


def test_links_are_one_for_one_page() -> None:
    same = canonical(
        pa.array(["https://www.News.example/a/B/?utm_source=x&id=3#top", "http://m.news.example/a/B/?id=3&fbclid=zz"])
    ).to_pylist()
    assert same == ["news.example/a/B/?id=3"] * 2
    one, other = of("see https://news.example/a/?utm_source=q", "look www.news.example/a")
    assert {term for term in one if term % 8 == 4} == {term for term in other if term % 8 == 4} != set()


def test_links_and_tags_of_the_network_count_as_those_in_the_text() -> None:
    columns = {
        "links": pa.array([["https://news.example/a"], []], pa.list_(pa.string())),
        "tags": pa.array([["Alder"], []], pa.list_(pa.string())),
    }
    one, other = of("nothing here", "nothing here", **columns)
    assert tag("alder") in one and any(term % 8 == 4 for term in one)
    assert not other & {tag("alder")}


ENDING = ", and whoever has a ticket may go to the blue kiosk by the fountain to have it changed for a later crossing"


def test_near_copies_share_a_band_and_others_do_not() -> None:
    texts = [
        f"The ferry to the island is cancelled until Monday because of the wind{ENDING}",
        f"the ferry to the island is CANCELLED until Monday because of the wind!!{ENDING}",
        f"The ferry to the island is cancelled until Tuesday because of the wind{ENDING}",
        "I planted forty tulips behind the old stable and nobody noticed them",
    ]
    copies = [{term for term in found if term % 8 == 5} for found in of(*texts)]
    assert copies[0] == copies[1] != set()
    assert copies[0] & copies[2]
    assert not copies[0] & copies[3]
    bins = terms(pa.table({"text": texts})).bins
    assert alike(bins[0], bins[1]) == 1.0
    assert alike(bins[0], bins[3]) < 0.3


def test_without_authors_those_who_say_the_same_count_once() -> None:
    author = terms(pa.table({"text": ["Hello there ship", "hello THERE ship @you", "Another ship"]})).author
    assert author[0] == author[1] != author[2]
    given_ = terms(pa.table({"text": ["a ship"] * 3, "author_id": ["x", "y", None]})).author
    assert len(set(given_.tolist())) == 3


TEXTS = st.lists(st.text(max_size=60), max_size=8)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 8))
def test_the_terms_of_a_post_are_its_own_in_any_batch(texts: list[str], cut: int) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    whole = of(*texts)
    assert whole == of(*texts[:cut]) + of(*texts[cut:])


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aıİIiğşŞçöüĞ ßéñΣςд日本", min_size=1, max_size=30))
def test_tokens_hash_as_the_folded_text_does(text: str) -> None:
    assert tokens(pa.array([text])).hash.tolist() == tokens(pa.array([fold(text)])).hash.tolist()


def test_bytes_that_are_no_text_harm_only_their_own_row() -> None:
    broken = pa.array([b"fine ship", b"\xff\xfe ship"], pa.binary())
    texts = pa.Array.from_buffers(pa.string(), 2, broken.buffers())
    found = tokens(texts)
    assert hash_words(["ship"])[0] in found.hash[found.row == 0]


def test_hashes_are_the_same_on_every_machine() -> None:
    assert hash_strings(pa.array(["kalkan", "", None])).tolist()[1:] == [hash_strings(pa.array([""]))[0]] * 2
    assert kind_of(np.array([word("ship"), tag("ship")], np.uint64)).tolist() == [WORD, TAG]
    assert f"{word('kalkan'):016x}" == "c87283cca63fcc18"
