"""What a draft does, read from its words in both languages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.room import KINDS, BrandFacts, read_kinds
from kalkan.room.kinds import ready_same_length


@pytest.mark.parametrize(
    ("text", "lang", "kind"),
    [
        ("20% off all teas this weekend", "en", "sale"),
        ("Sepette %40 indirim", "tr", "sale"),
        ("Our toast missed the train lol", "en", "joke"),
        ("Simit mi poğaça mı? 😂", "tr", "joke"),
        ("Congratulations to our running club!", "en", "celebration"),
        ("Bayramınız kutlu olsun!", "tr", "celebration"),
        ("Tell us your favourite pie", "en", "question"),
        ("En güzel anını bize anlat", "tr", "question"),
        ("Our thoughts are with the families", "en", "condolence"),
        ("Hayatını kaybedenlere rahmet, yakınlarına sabır diliyoruz", "tr", "condolence"),
        ("Blankets and tents are on their way, free of charge", "en", "help"),
        ("Bölgeye 4 bin battaniye gönderdik", "tr", "help"),
        ("We stand with the dock workers", "en", "stand"),
        ("Kadın haklarının yanındayız, susmuyoruz", "tr", "stand"),
        ("Our shop is closed today, parcels will be late", "en", "service"),
        ("Mağazamız bugün kapalı, siparişler gecikecek", "tr", "service"),
        ("Meet Sam, who has packed your parcels for years", "en", "everyday"),
        ("Ekmeğimiz taş fırında pişiyor", "tr", "everyday"),
    ],
)
def test_kind_of_a_draft(text: str, lang: str, kind: str) -> None:
    assert kind in read_kinds(text, lang=lang).kinds
    assert kind in read_kinds(text).kinds, "and where nobody said the language"


def test_the_words_it_rests_on_are_named_where_they_stand() -> None:
    text = "Bugün İNDİRİM var, kaçırma"
    found = read_kinds(text, lang="tr")
    places = [text[start:end] for start, end in found.marks["sale"]]
    assert places == ["İNDİRİM", "kaçırma"]


def test_a_person_can_say_the_kind() -> None:
    assert read_kinds("A plain sentence", said="celebration").kinds[0] == "celebration"
    assert read_kinds("A plain sentence", said="nonsense").kinds == ("everyday",)


def test_pictures_count_by_their_description() -> None:
    shown = read_kinds("Never forget", lang="en", media_alts=("our logo over a field",))
    assert shown.has("branding")
    assert read_kinds("Never forget [photo: our mascot waves]", lang="en").has("branding")
    assert not read_kinds("Never forget [plain image, no product]", lang="en").has("branding")


def test_goods_are_known_by_sector_and_by_name() -> None:
    brand = BrandFacts(name="Pomelo", sector="beverages", sells=("fizz",))
    assert "bottle" in read_kinds("A bottle for the road", brand=brand).words["goods"]
    assert "fizz" in read_kinds("Fizz for the road", brand=brand).words["goods"]
    assert read_kinds("Rest well [card: a pomelo as the dot]", brand=brand).has("goods")
    assert not read_kinds("For the road", brand=brand).has("goods")


def test_a_gift_with_a_condition_is_told_from_a_gift() -> None:
    for text in ("For every retweet we donate a meal", "Her RT için bir öğün yemek bağışlıyoruz"):
        assert read_kinds(text).has("conditional"), text
    for text in ("We donate 5,000 meals", "5 bin öğün yemek bağışladık"):
        assert not read_kinds(text).has("conditional"), text


def test_fares_held_low_for_those_who_are_hit_are_no_sale() -> None:
    text = "Bölgeye ek sefer koyduk, bilet fiyatlarını en düşükte tutuyoruz, ekipleri ücretsiz taşıyoruz"
    assert "sale" not in read_kinds(text, lang="tr").kinds
    assert "help" in read_kinds(text, lang="tr").kinds


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_kinds_and_places_inside_it(text: str) -> None:
    found = read_kinds(text)
    assert found.kinds
    assert set(found.kinds) <= set(KINDS)
    assert len(ready_same_length(text)) == len(text)
    for places in found.marks.values():
        assert all(0 <= start < end <= len(text) for start, end in places)
