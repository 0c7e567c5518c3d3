"""The verdict as a whole: evidence or nothing, the same every time, quick, and said in two languages."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kalkan.room
from kalkan.room import CODES, KINDS, BrandFacts, Draft, Evidence, Fact, Finding, Verdict, check, plain, room_from_posts
from kalkan.room.page import page
from kalkan.room.rules import ALONE, RELEASES, alone
from kalkan.room.shapes import RANK
from kalkan.sentences import SENTENCES, say
from kalkan.text import fold
from tests.room.rooms import FISH, NOW, NUT, QUAKE, TRAIN, chatter, judge, room, table

ROOMS = {
    "calm": room("en"),
    "train": room("en", **TRAIN),
    "quake": room("tr", **QUAKE),
    "strike": room("en", keywords=("marlow finch", "strike", "boycott"), hashtags=("#BoycottMarlow",)),
    "court": room("en", keywords=("bun", "court", "lawsuit"), hashtags=("#FreeTheBun",)),
    "nothing": room_from_posts(room("en").posts.slice(0, 0), at=NOW),
}
WORDS = (
    "harwick", "#Harwick", "20% off", "lol", "rest in peace", "tell us", "we stand with", "sorry", "closed", "free",
    "deprem", "#deprem", "indirim", "rahmet", "yardım", "women", "belong", "to die for", "bomb", "10 Kasım", "logo",
    "for every retweet", "#FreeTheBun", "marlow", "never forget", "?", "!", "🎉", "@sam", "£5,000", "to the fund",
)  # fmt: skip
FACTS = (
    Fact(id="c", kind="crisis", text="Lids recalled"),
    Fact(id="g", kind="gap", text="Fired", topics=("workers",)),
    Fact(id="a", kind="act", text="Fund", topics=("bread",)),
    Fact(id="l", kind="link", text="Home", topics=("harwick",)),
)
texts = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
brands = st.builds(
    BrandFacts,
    name=st.sampled_from(["Marlow & Finch", "Kestane", "", "!?"]),
    sector=st.sampled_from(["food", "fashion", "", "zzz"]),
    markets=st.sampled_from([(), ("GB",), ("TR",), ("TR", "US"), ("??",)]),
    langs=st.sampled_from([(), ("en",), ("tr",), ("en", "tr"), ("de",)]),
    facts=st.lists(st.sampled_from(FACTS), max_size=2).map(tuple),
    peers_spoke=st.sampled_from([None, (), ("A", "B", "C")]),
)


@settings(max_examples=200, deadline=None)
@given(text=texts, brand=brands, name=st.sampled_from(sorted(ROOMS)), act=st.sampled_from(["post", "silence"]),
       kind=st.sampled_from([None, *KINDS]), days=st.integers(0, 400))  # fmt: skip
def test_no_reason_without_evidence_that_opens(
    text: str, brand: BrandFacts, name: str, act: str, kind: str | None, days: int
) -> None:
    one = ROOMS[name]
    draft = Draft(text=text, act=act, kind=kind, planned_at=NOW + timedelta(days=days))
    said = check(draft, brand=brand, room=one, at=NOW)
    posts = set(one.posts["id"].to_pylist())
    stories = {story.id for story in said.room.stories}
    assert (said.verdict == "go") == (not said.findings)
    assert RANK[said.verdict] == max((RANK[found.strength] for found in said.findings), default=0)
    for found in (*said.findings, *said.released):
        assert found.code in CODES
        assert found.evidence
        assert RANK[found.strength] <= RANK[found.alone]
        assert (found.strength != found.alone) == (found.released is not None)
        for proof in found.evidence:
            assert set(proof.posts) <= posts
            assert proof.kind != "story" or (proof.id in stories and proof.posts)
            assert proof.kind != "fact" or proof.id in {fact.id for fact in brand.facts}
            assert proof.kind != "date" or (proof.at is not None and proof.until is not None)
        assert all(0 <= start < end <= len(text) for start, end in found.marks)
    _can_be_said(said)


def _can_be_said(said: Verdict) -> None:
    json.dumps(plain(said), ensure_ascii=False).encode("utf-8", "surrogatepass")
    for lang in ("en", "tr"):
        assert say(f"room_verdict_{said.verdict}", {}, lang=lang)
        for found in (*said.findings, *said.released):
            assert "{" not in say(found.why, {**found.params, "words": "w", "goods": "g"}, lang=lang)
        for one in said.proposals:
            assert "{" not in say(one.why, one.params, lang=lang)


def test_a_finding_without_evidence_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="needs evidence"):
        Finding(
            code="tone_clash", detector="grave_story", why="room_grave_story", params={}, evidence=(), alone="care",
            strength="care", risk=0.4,
        )  # fmt: skip
    assert Finding(
        code="tone_clash", detector="grave_story", why="room_grave_story", params={}, alone="care", strength="care",
        evidence=(Evidence(kind="date", id="d"),), risk=0.4,
    )  # fmt: skip


def test_the_same_draft_in_the_same_room_gets_the_same_verdict_and_digest() -> None:
    one = judge("20% off in Harwick", room("en", **TRAIN))
    other = judge("20% off in Harwick", room("en", **TRAIN))
    assert plain(one) == plain(other)
    assert judge("21% off in Harwick", room("en", **TRAIN)).digest != one.digest
    assert judge("20% off in Harwick", room("en", **TRAIN, seed=4)).digest != one.digest
    assert judge("20% off in Harwick", room("en", **TRAIN), replace(FISH, tags=("x",))).digest != one.digest


def test_the_planned_time_counts_not_the_time_of_asking() -> None:
    brand = replace(FISH, facts=(Fact(id="c", kind="crisis", text="recall", until=NOW + timedelta(days=1)),))
    assert judge("Jam, 20% off", ROOMS["calm"], brand).verdict == "hold"
    assert judge("Jam, 20% off", ROOMS["calm"], brand, planned_at=NOW + timedelta(days=2)).verdict == "go"
    assert judge("Jam, 20% off", ROOMS["calm"], brand, planned_at=NOW - timedelta(days=9)).verdict == "hold"


def test_a_hold_says_what_to_do() -> None:
    said = judge("#Harwick jam, 20% off", ROOMS["train"])
    assert said.verdict == "hold"
    kinds = [one.kind for one in said.proposals]
    assert kinds[0] == "wait"
    assert {"reword", "ask", "pause"} <= set(kinds)
    assert all(one.until is None or one.until > NOW for one in said.proposals)
    assert said.room.posts == ROOMS["train"].posts.num_rows
    assert said.in_view_until - said.at == timedelta(hours=24)


def test_a_day_of_posts_is_checked_in_a_second() -> None:
    told = [f"train derailment in harwick, rescuers, {at} injured" for at in range(500)]
    posts = table(chatter("en", 25_000) + told, "en", [NOW - timedelta(seconds=3 * at) for at in range(25_500)])
    one = room_from_posts(posts, at=NOW)
    judge("warm up", one)
    begun = time.process_time()
    said = judge("Our Harwick jam is 20% off, tell us your favourite!", one)
    took = time.process_time() - begun
    assert said.verdict == "hold"
    assert took < 1.0, f"{took:.2f} s"


def test_the_rule_table_is_whole() -> None:
    assert all(set(table_) >= set(KINDS) for table_ in ALONE.values())
    assert {name for tables, _ in RELEASES.values() for name in tables} <= set(ALONE)
    never = {"goods_in_grief", "conditional_gift", "sweeping", "record_gap"}
    assert not never & {name for tables, _ in RELEASES.values() for name in tables}
    assert alone("grave_story", ("everyday", "sale")) == "hold"
    assert alone("grave_story", ("condolence",)) == "go"


def test_the_page_of_rules_tells_every_rule() -> None:
    told = page()
    for name in (*ALONE, *RELEASES):
        assert f"`{name}`" in told
    assert {"goods_in_grief", "conditional_gift", "sweeping", "record_gap"} <= set(
        re.findall(r"`(\w+)`", told.split("Nothing lowers:")[1].split("\n")[0])
    )


def test_every_release_and_verdict_has_its_sentence() -> None:
    codes = [f"room_release_{name}" for name in RELEASES] + [f"room_verdict_{name}" for name in RANK]
    for code in codes:
        assert set(SENTENCES[code]) == {"en", "tr"}


def test_the_product_knows_no_case(shared: Path) -> None:
    """No brand and no event of the documented cases stands in the code; days that people keep are facts."""
    folder = Path(kalkan.room.__file__).parent
    files = [*folder.rglob("*.py"), *(one for one in folder.rglob("*.txt") if one.name != "observances.txt")]
    text = "\n".join(fold(one.read_text(encoding="utf-8")) for one in files)
    words = set(re.findall(r"\w+", text))
    for line in (shared / "rooms" / "cases.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["constructed"]:
            continue
        brand = fold(re.sub(r"\(.*?\)", "", case["brand"])).strip()
        assert not re.search(rf"\b{re.escape(brand)}\b", text) or brand in _WORDS_TOO, brand
        tags = {fold(tag).strip("#") for tag in case["context"]["hashtags"]}
        assert not tags & words - _WORDS_TOO, case["id"]


# Brands and tags of the cases that are plain words, or words of the world everybody has.
_WORDS_TOO = {"deprem", "tahliye", "boykot", "blackout", "coronavirus", "neverforget", "anzac", "gap", "tide"}


def test_turkish_and_english_are_judged_alike() -> None:
    assert judge("Kavanozlarda %20 indirim", ROOMS["quake"], NUT).verdict == "hold"
    assert judge("20% off all jars", ROOMS["train"], FISH).verdict == "hold"
