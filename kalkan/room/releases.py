"""Release rules: why something that touches a grave story may go out all the same.

Owns the rules that lower a finding: the story harms nobody, the post helps those who are harmed, it answers one person,
it answers a call, it owns up, it comes with an act, or there is a true tie and nothing for sale. Promises that each
release says what it rests on, and that none of them lets go of goods shown in grief, gifts with conditions, sweeping
words or a gap in the record. Which findings each rule may lower stands in :data:`kalkan.room.rules.RELEASES`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import regex

from kalkan.room.asked import Asked, Found, brand_names, fact_evidence, story_evidence
from kalkan.room.contact import touches
from kalkan.room.detectors import has_substance, substance
from kalkan.room.kinds import Kinds
from kalkan.room.rules import LIGHT, RELEASES
from kalkan.room.shapes import RANK, Release, Strength
from kalkan.room.vocabulary import in_text, ready

_REPLY: Final = regex.compile(r"^\s*@[\w.\-@]+\s")


def release(found: Found, asked: Asked, strength: Strength) -> Release | None:
    """The rule that lowers ``found`` most, if one applies; None where nothing does."""
    best: Release | None = None
    for name, (tables, to) in RELEASES.items():
        if not _applies(found.table, tables) or RANK[to] >= RANK[strength]:
            continue
        given = RULES[name](found, asked)
        if given is not None and (best is None or RANK[to] < RANK[best.to]):
            best = Release(rule=name, to=to, words=given.words, evidence=given.evidence)
    return best


def _applies(table: str, tables: tuple[str, ...]) -> bool:
    plain = table.removeprefix("light_").removesuffix("_light")
    return table in tables or plain in tables


def _yes(*words: str) -> Release:
    return Release(rule="", to="go", words=tuple(dict.fromkeys(words)))


def harmless_story(found: Found, asked: Asked) -> Release | None:
    """The story harms nobody: a power cut at a match, a hat, a cake."""
    return _yes(found.told.story.title) if found.told is not None and found.told.story.gravity == 0 else None


def one_to_one_reply(found: Found, asked: Asked) -> Release | None:
    """An answer to one person, with nothing to sell in it."""
    reply = asked.draft.reply_to or _REPLY.match(asked.draft.text)
    return _yes(*asked.kinds.words.get("service", ())[:3]) if reply and not _offers(asked.kinds) else None


def useful_to_affected(found: Found, asked: Asked) -> Release | None:
    """It helps those who are harmed: aid, free carriage, what is open, closed, late or off. Nothing is asked in return.

    Words of learning (facts, how to, a reminder) count where nothing is sold.
    """
    kinds = asked.kinds
    if "conditional" in kinds.words or _offers(kinds):
        return None
    if "help" in kinds.kinds:
        return _yes(*kinds.words.get("help", ())[:4])
    if "service" in kinds.kinds and "practical" in kinds.words:
        return _yes(*kinds.words["practical"][:4])
    if found.touch is not None and "education" in kinds.words and not any(kind in LIGHT for kind in kinds.kinds):
        return _yes(*kinds.words["education"][:4])
    return None


def answers_a_call(found: Found, asked: Asked) -> Release | None:
    """People call on the brand by name to help; the draft speaks to what they call for, and neither sells, jokes,
    celebrates nor asks the crowd for anything."""
    kinds = asked.kinds
    if found.told is None or _offers(kinds) or any(kind in (*LIGHT, "question") for kind in kinds.kinds):
        return None
    told, index = found.told, asked.heard.index
    touch = found.touch or touches(asked.draft.text, asked.draft.tags, told, asked.heard, asked.policy)
    own = regex.compile(brand_names(asked))
    spoken = touch is not None and any(not own.search(word.strip("#")) for word in (*touch.words, *touch.tags))
    if not (spoken or asked.draft.reply_to or "help" in kinds.kinds):
        return None
    asks = index.like(brand_names(asked)) & told.rows
    asks &= index.like(in_text("drafts", "who_asks en", "who_asks tr").pattern)
    angry = index.like(in_text("harm", "protest en", "protest tr").pattern) & told.rows
    if index.voices(asks) < asked.policy.contact_voices or index.voices(angry) > index.voices(asks):
        return None
    return Release(rule="", to="go", words=(), evidence=(story_evidence(told, asked, asks),))


def owns_up(found: Found, asked: Asked) -> Release | None:
    """It says sorry for the brand's own trouble and sells nothing."""
    kinds = asked.kinds
    if "apology" not in kinds.words or "sale" in kinds.kinds or "conditional" in kinds.words:
        return None
    return _yes(*kinds.words["apology"][:3])


def stand_with_substance(found: Found, asked: Asked) -> Release | None:
    """The stand comes with an act: a sum and who gets it, a policy asked for, or an act on record on this subject."""
    if "stand" not in asked.kinds.kinds and "help" not in asked.kinds.kinds:
        return None
    if has_substance(asked.kinds):
        words = [word for name in substance(asked.kinds) for word in asked.kinds.words[name][:2]]
        return _yes(*words)
    return None


def real_link_no_offer(found: Found, asked: Asked) -> Release | None:
    """A true tie to the subject is on record, and nothing is for sale."""
    if _offers(asked.kinds) or found.told is None:
        return None
    own = ready(asked.draft.text)
    terms = " ".join(found.told.terms)
    for fact in asked.brand.facts:
        if fact.kind == "link" and any(ready(topic) in own or ready(topic) in terms for topic in fact.topics):
            return Release(rule="", to="care", evidence=(fact_evidence(fact),))
    return None


def _offers(kinds: Kinds) -> bool:
    return "sale" in kinds.kinds or any(name in kinds.words for name in ("branding", "conditional"))


RULES: Final[dict[str, Callable[[Found, Asked], Release | None]]] = {
    "harmless_story": harmless_story,
    "one_to_one_reply": one_to_one_reply,
    "useful_to_affected": useful_to_affected,
    "answers_a_call": answers_a_call,
    "owns_up": owns_up,
    "stand_with_substance": stand_with_substance,
    "real_link_no_offer": real_link_no_offer,
}
