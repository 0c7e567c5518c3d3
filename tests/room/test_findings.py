"""The seven detectors, the small ones beside them, and the release rules: each by itself."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest

from kalkan.room import BrandFacts, Fact, Verdict
from tests.room.rooms import FISH, NOW, NUT, QUAKE, TRAIN, judge, room

TRAIN_ROOM = room("en", **TRAIN)
QUAKE_ROOM = room("tr", **QUAKE)
CALM = {"en": room("en"), "tr": room("tr")}


def found(said: Verdict) -> dict[str, str]:
    """Detector → strength, with what was let go."""
    return {one.detector: one.strength for one in (*said.released, *reversed(said.findings))}


def released(said: Verdict) -> set[str]:
    return {one.released.rule for one in (*said.released, *said.findings) if one.released}


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("Our jars are 20% off", "hold"),
        ("Our jars miss the lid lol", "hold"),
        ("Congrats to our choir!", "hold"),
        ("Tell us your favourite jam", "care"),
        ("Our jam is made of figs", "care"),
        ("Our thoughts are with the families", None),
        ("Our shop is closed today", None),
    ],
)
def test_a_grave_story_weighs_by_what_the_draft_does(text: str, strength: str | None) -> None:
    said = judge(text, TRAIN_ROOM)
    assert found(said).get("grave_story") == strength
    calm = judge(text, CALM["en"])
    assert calm.verdict == "go"
    assert calm.risk < said.risk or strength is None


def test_a_story_in_another_language_or_market_stops_nothing() -> None:
    assert judge("Our jars are 20% off", QUAKE_ROOM).verdict == "go"
    both = BrandFacts(name="Marlow", markets=("GB",), langs=("en", "tr"))
    assert judge("Our jars are 20% off", QUAKE_ROOM, both, lang=None).verdict == "hold"


def test_a_touch_names_the_words_where_they_stand_and_posts_with_both() -> None:
    text = "Harwick, our scones are warm"
    said = judge(text, TRAIN_ROOM)
    touch = next(one for one in said.findings if one.detector == "contact")
    assert touch.strength == "hold"
    assert [text[start:end] for start, end in touch.marks] == ["Harwick"]
    texts = dict(zip(*(TRAIN_ROOM.posts[name].to_pylist() for name in ("id", "text")), strict=True))
    assert all("arwick" in texts[post] for post in touch.evidence[0].posts)
    assert "reword" in [one.kind for one in said.proposals] or touch.detector == "contact"


def test_turkish_endings_are_met() -> None:
    said = judge("Depremzedelere selam, Sarıyar'dan sevgiler", QUAKE_ROOM, NUT)
    assert {"contact"} <= set(found(said))


def test_a_tag_of_grief_is_a_hijack_unless_the_brand_has_used_it() -> None:
    text = "#Harwick goes well with our jam"
    assert found(judge(text, TRAIN_ROOM))["hijack"] == "hold"
    local = BrandFacts(name="Marlow", sector="food", markets=("GB",), langs=("en",), tags=("Harwick",))
    assert "hijack" not in found(judge(text, TRAIN_ROOM, local))


def test_a_word_with_a_second_sense_needs_a_story_of_that_sense() -> None:
    for text, one, brand in (
        ("Prices off the rails, everything must go: jars for all", TRAIN_ROOM, FISH),
        ("Yer yerinden oynuyor, ekmeğimiz çıktı", QUAKE_ROOM, NUT),
    ):
        said = judge(text, one, brand)
        assert found(said)["two_readings"] == "hold", text
        assert "two_readings" not in found(judge(text, CALM[brand.langs[0]], brand))


def test_grief_with_goods_is_never_let_go() -> None:
    said = judge("Rest in peace, Harwick. Our bread basket is with you.", TRAIN_ROOM)
    assert found(said)["goods_in_grief"] == "hold"
    assert said.codes[0] == "opportunistic"


def test_a_gift_with_a_condition_is_held_and_a_gift_is_not() -> None:
    held = judge("Her RT için Sarıyar'a bir koli yardım gönderiyoruz", QUAKE_ROOM, NUT)
    assert found(held)["conditional_gift"] == "hold"
    given = judge("Sarıyar'a 4 bin koli yardım gönderdik", QUAKE_ROOM, NUT)
    assert given.verdict == "go"
    assert "useful_to_affected" in released(given)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("Share your Marlow moment with us!", "hold"),
        ("Marlow jam, 20% off", "hold"),
        ("A new label for our jam", "care"),
        ("We are sorry. We got the wages wrong and pay them back on Friday.", "go"),
    ],
)
def test_own_trouble_told_by_the_room(text: str, verdict: str) -> None:
    strike = room("en", keywords=("marlow finch", "strike", "unpaid wages", "boycott"), hashtags=("#BoycottMarlow",))
    said = judge(text, strike)
    assert said.verdict == verdict
    assert "own_crisis" in found(said)


def test_own_trouble_entered_by_hand_is_a_fact_that_opens_and_ends() -> None:
    fact = Fact(
        id="f-7", kind="crisis", text="Lids recalled", at=NOW - timedelta(days=1), until=NOW + timedelta(days=2)
    )
    brand = BrandFacts(name="Marlow", markets=("GB",), langs=("en",), facts=(fact,))
    said = judge("Our jam is 20% off", CALM["en"], brand)
    assert said.verdict == "hold"
    assert [(one.kind, one.id) for one in said.findings[0].evidence] == [("fact", "f-7")]
    later = judge("Our jam is 20% off", CALM["en"], brand, planned_at=NOW + timedelta(days=3))
    assert later.verdict == "go"


@pytest.mark.parametrize(
    ("ends", "until"),
    [
        ([timedelta(days=2), timedelta(days=5)], timedelta(days=5)),
        ([timedelta(days=2), None], timedelta(days=1)),
        ([None], timedelta(days=1)),
    ],
)
def test_own_trouble_offers_to_pause_the_market_until_it_ends_or_for_a_day(
    ends: list[timedelta | None], until: timedelta
) -> None:
    facts = tuple(
        Fact(id=f"f-{n}", kind="crisis", text="Lids recalled", at=NOW, until=NOW + end if end else None)
        for n, end in enumerate(ends)
    )
    brand = BrandFacts(name="Marlow", markets=("GB",), langs=("en",), facts=facts)
    said = judge("Our jam is 20% off", CALM["en"], brand)
    assert said.verdict == "hold"
    offered = [(one.params["market"], one.until) for one in said.proposals if one.kind == "pause"]
    assert offered == [("GB", NOW + until)]
    calm = judge("A new label for our jam", CALM["en"], brand)
    assert calm.verdict == "care"
    assert "pause" not in {one.kind for one in calm.proposals}, "only a HOLD offers it"


def test_a_stand_is_weighed_by_what_is_done() -> None:
    words = "We stand with the dock workers"
    assert found(judge(words, CALM["en"]))["words_only"] == "care"
    act = judge(f"{words}: £50,000 to their strike fund, paid today", CALM["en"])
    assert act.verdict == "go"
    assert "stand_with_substance" in released(act)
    known = BrandFacts(name="M", langs=("en",), facts=(Fact(id="a", kind="act", text="fund", topics=("workers",)),))
    assert judge(words, CALM["en"], known).verdict == "go"
    gap = BrandFacts(name="M", langs=("en",), facts=(Fact(id="g", kind="gap", text="fired", topics=("workers",)),))
    said = judge(words, CALM["en"], gap)
    assert found(said)["record_gap"] == "hold"
    assert next(one for one in said.findings if one.code == "record_gap").evidence[0].id == "g"
    assert "show" in [one.kind for one in said.proposals]


def test_an_answer_to_one_person_goes_out() -> None:
    text = "@sam Sorry about the parcel, please send us your order number"
    said = judge(text, TRAIN_ROOM)
    assert said.verdict == "go"
    assert judge("Sorry about the parcel in Harwick, we will sort it", TRAIN_ROOM, reply_to="p1").verdict == "go"
    assert judge("@sam buy two jars and get 20% off", TRAIN_ROOM).verdict == "hold"


def test_a_true_tie_makes_a_hold_a_matter_of_care() -> None:
    text = "Harwick, where our bakery began"
    assert judge(text, TRAIN_ROOM).verdict == "hold"
    tie = BrandFacts(
        name="Marlow", langs=("en",), facts=(Fact(id="l", kind="link", text="home town", topics=("Harwick",)),)
    )
    said = judge(text, TRAIN_ROOM, tie)
    assert said.verdict == "care"
    assert "real_link_no_offer" in released(said)
    assert judge(f"{text}, 20% off", TRAIN_ROOM, tie).verdict == "hold"


def test_an_answer_to_a_call_by_name_goes_out() -> None:
    calls = [f"@marlow please help, send bread to Harwick {at}" for at in range(12)]
    calls += [f"Marlow & Finch we need you in Harwick, please help {at}" for at in range(12)]
    said = judge("Harwick, we heard you. The vans leave at six.", room("en", **TRAIN, extra=calls))
    assert "answers_a_call" in released(said)
    assert said.verdict in ("go", "care")
    idle = judge("Good morning! What is for breakfast? #marlow", room("en", **TRAIN, extra=calls))
    assert "answers_a_call" not in released(idle)
    assert idle.verdict != "go"


def test_a_story_that_hurts_nobody_is_let_go_and_shown() -> None:
    from kalkan.room import Story

    lights = {"keywords": ("floodlights", "cupfinal", "darkness"), "hashtags": ("#CupFinal",)}
    story = Story(id="s", title="Lights", terms=("floodlights", "darkness", "#CupFinal"), gravity=0)
    said = judge("Our lamps beat the darkness lol #CupFinal", room("en", **lights, stories=(story,)))
    assert said.verdict == "go"
    assert released(said) == {"harmless_story"}


@pytest.mark.parametrize(
    ("text", "brand"),
    [("Women belong in the kitchen", FISH), ("Kadınların yeri mutfak!", NUT), ("Old people can't drive", FISH)],
)
def test_a_sweeping_word_is_held_on_any_day(text: str, brand: BrandFacts) -> None:
    said = judge(text, CALM[brand.langs[0]], brand)
    assert found(said)["sweeping"] == "hold"
    assert said.codes[0] == "offensive"


def test_women_in_a_kitchen_are_no_insult() -> None:
    assert judge("Women who run our kitchen: meet the team", CALM["en"]).verdict == "go"


def test_what_is_before_a_court_goes_to_the_lawyers() -> None:
    said = judge("#FreeTheBun 😂", room("en", keywords=("bun", "court", "lawsuit"), hashtags=("#FreeTheBun",)))
    assert said.codes == ("legal_risk",)
    assert [one.whom for one in said.proposals if one.kind == "ask"] == ["legal"]


SILENT = [f"Kestane hâlâ sessiz, deprem oldu tek kelime yok {at}" for at in range(14)]


@pytest.mark.parametrize(
    ("peers", "extra", "verdict"),
    [
        (("A", "B", "C"), SILENT, "care"),
        (("A", "B"), SILENT, "go"),  # too few peers have spoken
        (("A", "B", "C"), [], "go"),  # nobody asks
        (None, SILENT, "care"),  # not known who spoke: twice as many must ask
        (None, SILENT[:7], "go"),
    ],
)
def test_silence_is_questioned_only_where_it_is_noticed(
    peers: tuple[str, ...] | None, extra: list[str], verdict: str
) -> None:
    brand = BrandFacts(name="Kestane", markets=("TR",), langs=("tr",), peers_spoke=peers)
    said = judge("", room("tr", **QUAKE, extra=extra), brand, act="silence")
    assert said.verdict == verdict
    if verdict == "care":
        assert said.codes == ("silence_questioned",)
        assert "answer" in [one.kind for one in said.proposals]


def test_comfort_after_days_of_asking_is_late() -> None:
    extra = [f"#{'Kestane'}Boykot sessiz kaldınız, deprem {at}" for at in range(20)]
    late = room("tr", **QUAKE, hours=90, extra=extra, posts=1_500)
    said = judge("Depremde hayatını kaybedenlere rahmet diliyoruz", late, NUT)
    assert "too_late" in said.codes


def test_an_open_call_by_a_brand_people_are_cross_with() -> None:
    cross = [f"Marlow & Finch made me sick, food poisoning again {at}" for at in range(8)]
    said = judge("Tell us your best jam story!", room("en", extra=cross))
    assert "invites_hijack" in said.codes
    kind = [f"Marlow & Finch jam is lovely {at}" for at in range(8)]
    assert judge("Tell us your best jam story!", room("en", extra=kind)).verdict == "go"


def test_a_tag_in_everyday_use_is_no_hijack() -> None:
    """A tag that people used as much before the story is theirs to use; one that they took up for it is not."""
    from kalkan.room.contact import lifted
    from kalkan.room.gather import Told
    from kalkan.room.index import index
    from kalkan.room.rules import DEFAULT
    from kalkan.room.shapes import Story

    began = NOW - timedelta(hours=4)
    rows = [
        {"id": f"d{i}", "text": "kitchens open #harbourtown", "at": NOW - timedelta(hours=1 + i)} for i in range(48)
    ]
    rows += [
        {"id": f"e{i}", "text": "search goes on #seekmila", "at": NOW - timedelta(minutes=5 * i)} for i in range(40)
    ]
    made = index(pa.Table.from_pylist(rows), at=NOW, most=1_000)
    story = Story(id="s", title="Mila", gravity=2, terms=("#seekmila",), began=began, share=0.1)
    none = np.zeros(made.n, np.bool_)
    told = Told(story=story, rows=none, harm_rows=none, terms=frozenset(("#seekmila",)))
    assert lifted("#seekmila", told, made, DEFAULT)
    assert not lifted("#harbourtown", told, made, DEFAULT)
    assert lifted("#never", told, made, DEFAULT)


def test_the_checklist_of_a_stand_has_five_points() -> None:
    from kalkan.room.detectors import CHECKLIST, checklist
    from kalkan.room.kinds import read_kinds

    bare = read_kinds("We stand with the dock workers", lang="en")
    assert checklist(bare) == ()
    full = (
        "We stand with the dock workers. £50,000 goes to their strike fund by the end of March, an independent auditor"
        " will report back, and we were wrong to stay quiet last year."
    )
    assert checklist(read_kinds(full, lang="en")) == CHECKLIST
    turkish = (
        "Liman işçilerinin yanındayız. Dayanışma derneğine 500 bin TL, yıl sonuna kadar; bağımsız denetim raporu"
        " yayımlanacak. Geçen yıl susarak hata yaptık."
    )
    assert checklist(read_kinds(turkish, lang="tr")) == CHECKLIST
    said = judge("We stand with the dock workers", CALM["en"])
    show = next(one for one in said.proposals if one.kind == "show")
    assert show.words == CHECKLIST and show.params == {"n": 0, "of": 5}
