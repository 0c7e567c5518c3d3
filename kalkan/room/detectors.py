"""The seven detectors. Each looks at one thing and says what it found, with evidence.

Owns what is looked for in stories, days, the brand's own trouble and stands; four small ones stand in
:mod:`kalkan.room.beside`. Promises that nothing is found without a story, a date, a brand fact or, where the draft
alone is the harm, its own words. How much a finding weighs stands in :mod:`kalkan.room.rules`, what lowers it in
:mod:`kalkan.room.releases`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import regex

from kalkan.room.asked import (
    Asked,
    Found,
    brand_names,
    concerns,
    date_evidence,
    fact_evidence,
    story_evidence,
    story_params,
    weight_of,
)
from kalkan.room.contact import Touch, lifted, second_senses, touches
from kalkan.room.gather import Told
from kalkan.room.kinds import Kinds, Span, ready_same_length
from kalkan.room.rules import CARING, LIGHT
from kalkan.room.shapes import Evidence, Fact, Observance
from kalkan.room.vocabulary import in_text, pattern_of, ready
from kalkan.text import fold

# ------------------------------------------------------------------------------------------------ 1, 2, 3: stories


def grave_story(asked: Asked) -> Iterator[Found]:
    """A grave story that everybody feels now, in the draft's language or market."""
    policy = asked.policy
    for told in asked.heard.stories:
        old = told.story.began is not None and told.story.began < asked.at - timedelta(days=policy.fresh_days)
        if not told.acute or old or not felt(told, asked) or not concerns(told, asked):
            continue
        light = [kind for kind in asked.kinds.kinds if kind in LIGHT]
        code = "tone_clash" if light and "sale" not in light else "event_collision"
        yield Found(
            table="grave_story", code=code, why="room_grave_story", params=story_params(told),
            evidence=(story_evidence(told, asked),), weight=weight_of(told), told=told, kinds=_weighed(asked),
        )  # fmt: skip


def felt(told: Told, asked: Asked) -> bool:
    """Everybody feels it: by its share of the last hours, or by its height while that is not long ago."""
    policy, story = asked.policy, told.story
    if story.share >= (policy.care_share if story.rising else policy.steady_share):
        return True
    lately = story.began is not None and asked.at - story.began <= timedelta(hours=policy.felt_hours)
    return lately and story.height >= policy.care_share


def _weighed(asked: Asked) -> tuple[str, ...]:
    """A draft that cares is not weighed as everyday; one that also sells is weighed as a sale."""
    kinds = asked.kinds.kinds
    if any(kind in CARING for kind in kinds):
        return tuple(kind for kind in kinds if kind not in ("question", "everyday"))
    return kinds


def contact(asked: Asked) -> Iterator[Found]:
    """Words or tags of the draft belong to a grave story; a tag the brand never used is a hijack."""
    used = {fold(tag).strip("#") for tag in asked.brand.tags}
    for told in asked.heard.stories:
        touch = touches(asked.draft.text, asked.draft.tags, told, asked.heard, asked.policy)
        if touch is None or (not told.acute and told.chronic and not _of_harm(touch)):
            continue
        shared = (*touch.tags, *touch.words)
        base: dict[str, Any] = {
            "evidence": (story_evidence(told, asked, touch.rows, shared),), "marks": touch.marks,
            "weight": 0.5 + weight_of(told) / 2, "told": told,
        }  # fmt: skip
        params = story_params(told, shared)
        if told.story.gravity < 1:  # found, and let go by the rule for stories that hurt nobody: shown, not counted
            yield Found(table="contact", code="event_collision", why="room_contact", params=params, touch=touch, **base)
            continue
        taken_up = [tag for tag in touch.tags if lifted(tag, told, asked.heard.index, asked.policy)]
        strange = [tag for tag in taken_up if tag.strip("#") not in used]
        if strange:
            yield Found(
                table="hijack", code="hashtag_hijack", why="room_hashtag",
                params={**params, "words": ", ".join(strange)}, kinds=_weighed(asked), touch=touch, **base,
            )  # fmt: skip
        yield from _touched(asked, told, touch, params, base)


def _touched(asked: Asked, told: Told, touch: Touch, params: dict[str, Any], base: dict[str, Any]) -> Iterator[Found]:
    kinds = asked.kinds
    grieves = "condolence" in kinds.kinds
    shows = kinds.has("branding") or any(one in kinds.kinds for one in ("sale", "joke"))
    # A shop that says it is closed names its goods; that is no show of them.
    shows = shows or (kinds.has("goods") and not any(one in kinds.kinds for one in ("service", "help")))
    table = "contact" if told.acute else "light_contact"
    if grieves and shows:
        shown = kinds.words.get("goods", ()) + kinds.words.get("branding", ()) + kinds.words.get("sale", ())
        yield Found(
            table="goods_in_grief", code="opportunistic", why="room_goods_in_grief",
            params={**params, "goods": ", ".join(shown)}, touch=touch, **base,
        )  # fmt: skip
    if kinds.has("conditional"):
        bait = ", ".join(kinds.words["conditional"])
        yield Found(
            table="conditional_gift", code="opportunistic", why="room_conditional",
            params={**params, "words": bait}, touch=touch,
            **{**base, "marks": base["marks"] + kinds.marks.get("conditional", ())},
        )  # fmt: skip
    code = "performative" if grieves or "stand" in kinds.kinds else "event_collision"
    why = {"performative": "room_words_only"}.get(code, "room_contact")
    yield Found(table=table, code=code, why=why, params=params, kinds=_weighed(asked), touch=touch, **base)


def _of_harm(touch: Touch) -> bool:
    """The shared words are themselves words of illness: not only something else that people speak of on such days."""
    return any(in_text("harm", "illness en", "illness tr").search(word.strip("#")) for word in touch.words)


def two_readings(asked: Asked) -> Iterator[Found]:
    """Words with a second sense that is live in a story."""
    if any(kind in CARING for kind in asked.kinds.kinds):
        return
    named = asked.heard.index.like(brand_names(asked))
    for told in asked.heard.stories:
        if told.story.gravity < 1 or told.chronic or not concerns(told, asked):
            continue
        touch = second_senses(asked.draft.text, told, asked.heard)
        if touch is None or not (
            felt(told, asked) or (told.story.rising and told.story.share >= asked.policy.story_share)
        ):
            continue
        own = asked.heard.index.voices(told.rows & named) >= asked.policy.voices
        table = "two_readings" if told.acute else "two_readings_own" if own else "two_readings_light"
        yield Found(
            table=table, code="ambiguous_wording", why="room_two_readings",
            params=story_params(told, touch.words), evidence=(story_evidence(told, asked, touch.rows, touch.words),),
            marks=touch.marks, weight=0.4 + weight_of(told) / 2, told=told, touch=touch,
        )  # fmt: skip


# ------------------------------------------------------------------------------------------------ 4: days


def solemn(asked: Asked) -> Iterator[Found]:
    """A day that people keep, within the hours the draft stays in view, or named in it within two weeks."""
    own = ready_same_length(asked.draft.text)
    for day in asked.days:
        named = named_in(day, own, asked.draft.tags)
        inside = day.begins < asked.until and day.until > asked.at
        if not named and not inside:
            continue
        spoken = _spoken(day, asked)
        if not named and day.weight != "whole" and spoken < asked.policy.day_share:
            continue
        table = _day_table(day, bool(named))
        if table is None:
            continue
        if table == "solemn_day" and day.begins > asked.at and not (day.hush and day.hush[0] < asked.until):
            table = "solemn_eve"
        sells = "insensitive_observance"
        kinds = _day_kinds(asked, bool(named))
        why = "room_day_named" if named else "room_day"
        params = {"day": day.name, "day_tr": day.name_tr, "at": day.begins.date().isoformat()}
        hush = day.hush is not None and day.hush[0] < asked.until and asked.at < day.hush[1]
        yield Found(
            table=table, code=sells, why=why, params=params, evidence=(date_evidence(day),),
            marks=tuple(named), weight=0.5 + 0.3 * bool(named) + 0.2 * hush, kinds=kinds,
        )  # fmt: skip
        if day.divisive and named:
            yield Found(
                table="divisive", code="divisive", why="room_day_divisive", params=params,
                evidence=(date_evidence(day),), marks=tuple(named), weight=0.3, kinds=("stand",),
            )  # fmt: skip


def _day_table(day: Observance, named: bool) -> str | None:
    if day.kind in ("remembrance", "mourning"):
        return "solemn_day_named" if named else "solemn_day"
    if day.kind == "awareness":
        if named:
            return "cause_day_named"
        return "solemn_day" if day.tone == "no-sale" else "cause_day" if day.weight == "whole" else None
    if day.kind == "religious":
        return "holy_day_named" if named else "holy_day"
    return None


def _day_kinds(asked: Asked, named: bool) -> tuple[str, ...]:
    """On a day it names, a draft that shows its goods is weighed as a sale, whatever else it says."""
    kinds = asked.kinds
    if named and (kinds.has("goods") or kinds.has("branding")):
        return (*kinds.kinds, "sale")
    if "help" in kinds.kinds or "service" in kinds.kinds:
        return tuple(kind for kind in kinds.kinds if kind not in ("celebration", "question"))
    return kinds.kinds


def named_in(day: Observance, own: str, tags: tuple[str, ...]) -> list[Span]:
    """Where a text names a day; (0, 0) where only its tags do."""
    if not day.words:
        return []
    text = own + " " + " ".join(f"#{fold(tag)}" for tag in tags)
    pattern = regex.compile(pattern_of(day.words))
    return [one.span() for one in pattern.finditer(text) if one.end() <= len(own)] or (
        [(0, 0)] if pattern.search(text) else []
    )


def _spoken(day: Observance, asked: Asked) -> float:
    index = asked.heard.index
    if not day.words or index.n == 0:
        return 0.0
    return index.voices(index.like(pattern_of(day.words))) / max(1, index.n)


# ------------------------------------------------------------------------------------------------ 5: own crisis


def own_crisis(asked: Asked) -> Iterator[Found]:
    """The brand's own open trouble: a fact somebody entered, or a story of harm that names it."""
    for fact in asked.brand.facts:
        open_ = (
            fact.kind == "crisis"
            and (fact.at is None or fact.at <= asked.until)
            and (fact.until is None or fact.until > asked.at)
        )
        if open_:
            yield Found(
                table="own_crisis", code=_crisis_code(asked), why="room_own_crisis_fact", params={"fact": fact.text},
                evidence=(fact_evidence(fact),), weight=0.6,
            )  # fmt: skip
    pattern = brand_names(asked)
    named = asked.heard.index.like(pattern)
    if not named.any():
        return
    for told in asked.heard.stories:
        mine = told.rows & named
        people = asked.heard.index.voices(mine)
        everyone = max(1, asked.heard.index.voices(told.rows))
        if told.story.gravity < 1 or people < asked.policy.voices or people < 0.1 * everyone:
            continue
        yield Found(
            table="own_crisis", code=_crisis_code(asked), why="room_own_crisis", params=story_params(told),
            evidence=(story_evidence(told, asked, mine),), weight=0.5 + weight_of(told) / 2, told=told,
        )  # fmt: skip


def _crisis_code(asked: Asked) -> str:
    if "question" in asked.kinds.kinds:
        return "invites_hijack"
    if any(kind in asked.kinds.kinds for kind in ("condolence", "stand")):
        return "record_gap"
    return "tone_clash" if "joke" in asked.kinds.kinds else "event_collision"


# ------------------------------------------------------------------------------------------------ 6: stands


def substance(kinds: Kinds) -> tuple[str, ...]:
    """Which of the checklist's items the draft itself has: sum, recipient, policy."""
    return tuple(name for name in ("sum", "recipient", "policy") if name in kinds.words)


CHECKLIST: Final = ("done", "sum", "deadline", "checked", "owned")
"""What a stand shows: what is done, how much, by when, who checks it, and what the brand got wrong itself."""


def checklist(kinds: Kinds) -> tuple[str, ...]:
    """Which of :data:`CHECKLIST` the draft has; "done" is a policy asked for or somebody who gets something."""
    done = "policy" in kinds.words or "recipient" in kinds.words
    return tuple(name for name in CHECKLIST if (done if name == "done" else name in kinds.words))


def has_substance(kinds: Kinds) -> bool:
    """A sum and who gets it, or a policy asked for."""
    found = substance(kinds)
    return "policy" in found or ("sum" in found and "recipient" in found)


def stand(asked: Asked) -> Iterator[Found]:
    """A cause in words: with no act, against the record, or where people are divided."""
    kinds = asked.kinds
    if "stand" not in kinds.kinds:
        return
    words = kinds.words.get("stand", ())
    marks = kinds.marks.get("stand", ())
    own = Evidence(kind="words", id="draft", words=words)
    told = _nearest(asked)
    evidence = ((story_evidence(told, asked),) if told else ()) + (own,)
    topic = set(words) | (set(told.terms) if told else set())
    acts = [fact for fact in asked.brand.facts if fact.kind in ("act", "stand") and _about(fact, topic, asked)]
    if not acts:
        yield Found(
            table="words_only", code="performative", why="room_words_only_stand", params={"words": ", ".join(words)},
            evidence=evidence, marks=marks, weight=0.4, told=told,
        )  # fmt: skip
    for fact in asked.brand.facts:
        if fact.kind == "gap" and _about(fact, topic, asked):
            yield Found(
                table="record_gap", code="record_gap", why="room_record_gap", params={"fact": fact.text},
                evidence=(fact_evidence(fact),), marks=marks, weight=0.8, told=told,
            )  # fmt: skip
    if told is not None and set(told.story.harms) & {"conflict", "protest", "hate"}:
        yield Found(
            table="divisive", code="divisive", why="room_divisive", params=story_params(told),
            evidence=(story_evidence(told, asked),), marks=marks, weight=0.3, told=told,
        )  # fmt: skip


def _about(fact: Fact, topic: set[str], asked: Asked) -> bool:
    """The fact is of this subject; a fact without topics is of every subject."""
    if not fact.topics:
        return True
    own = ready(asked.draft.text)
    return any(ready(one) in own or any(ready(one)[:5] == word.strip("#")[:5] for word in topic) for one in fact.topics)


def _nearest(asked: Asked) -> Told | None:
    """The story the draft touches, if any."""
    for told in asked.heard.stories:
        if touches(asked.draft.text, asked.draft.tags, told, asked.heard, asked.policy) is not None:
            return told
    return None


SEVEN = (grave_story, contact, two_readings, solemn, own_crisis, stand)
"""Contact and hijack are one look: words and tags that a story owns."""
