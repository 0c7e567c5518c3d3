"""The rule table of the room check: every strength, floor and release on one page.

Owns what each detector says for each kind of draft, what lowers it, and the floors below which nothing is said.
Promises that no other file of this package holds a number that decides a verdict. Reads nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kalkan.room.shapes import Strength

VERSION: Final = "2"

LIGHT: Final = ("sale", "joke", "celebration")
"""Kinds that hurt beside grief. ``question`` (an open call) hurts less, and more beside the brand's own trouble."""
CARING: Final = ("condolence", "help", "service", "stand")

_ALL: Final = ("sale", "joke", "celebration", "question", "condolence", "help", "stand", "service", "everyday")


def _rule(*, hold: str = "", care: str = "", every: Strength = "go") -> dict[str, Strength]:
    """Kinds and what they weigh. A kind that is not named weighs ``every``."""
    table: dict[str, Strength] = dict.fromkeys((*_ALL, "silence"), every)
    table.update(dict.fromkeys(care.split(), "care"))
    table.update(dict.fromkeys(hold.split(), "hold"))
    return table


_OWN_WILL: Final = "sale joke celebration question everyday"
_CARES: Final = "condolence help stand service"

# What is found → what the draft does → what that says alone. A kind that is not named says "go".
ALONE: Final[dict[str, dict[str, Strength]]] = {
    # a grave story in the draft's language or market, nothing of it in the draft
    "grave_story": _rule(hold="sale joke celebration", care="question everyday"),
    # words or tags of the draft belong to a grave story
    "contact": _rule(hold=_OWN_WILL, care=_CARES),
    # … of a story without dead or hurt (protest, lost work, unsafe goods)
    "light_contact": _rule(hold="sale", care="joke celebration question everyday"),
    # a tag the brand never used, which people fill with grief or testimony
    "hijack": _rule(hold=_OWN_WILL),
    # mourns or commemorates, and sells, jokes or shows the goods in the same breath
    "goods_in_grief": _rule(hold="condolence"),
    # gives only if people follow, like or buy
    "conditional_gift": _rule(every="hold"),
    # the brand's own open trouble
    "own_crisis": _rule(hold="sale joke celebration question", care=f"everyday {_CARES}"),
    # words with a second sense that is live in a grave story; in one that is not; in the brand's own trouble
    "two_readings": _rule(hold=_OWN_WILL),
    "two_readings_light": _rule(care=_OWN_WILL),
    "two_readings_own": _rule(hold=_OWN_WILL),
    # a day of remembrance or of declared mourning: on it; beginning while the post is in view; named in the draft
    "solemn_day": _rule(hold="sale joke celebration", care="question"),
    "solemn_eve": _rule(care="sale joke celebration"),
    "solemn_day_named": _rule(hold="sale joke celebration question", care="everyday condolence stand"),
    # a day for a cause
    "cause_day": _rule(care="sale joke"),
    "cause_day_named": _rule(hold="sale joke", care="celebration everyday"),
    # a holy day or night
    "holy_day": _rule(),
    "holy_day_named": _rule(care="sale joke"),
    # a sweeping word on a group of people, on any day
    "sweeping": _rule(every="hold"),
    # a cause without an act; with a gap in the record
    "words_only": _rule(care="stand"),
    "record_gap": _rule(hold="stand", care="condolence"),
    # taking a side where people are divided
    "divisive": _rule(care="stand"),
    # an open call by a brand that people are cross with
    "open_call": _rule(care="question"),
    # a play on something that is before a court
    "in_court": _rule(care="joke sale everyday"),
    # a word of comfort or help that comes when people have asked for days
    "late_word": _rule(care="condolence help stand"),
    # saying nothing, and it is noticed
    "silence": _rule(care="silence"),
}

RELEASES: Final[dict[str, tuple[tuple[str, ...], Strength]]] = {
    # rule: (the detectors it may release, what is left)
    "harmless_story": (("contact", "hijack", "two_readings"), "go"),
    "one_to_one_reply": (("grave_story", "contact", "two_readings", "solemn_day", "solemn_eve", "own_crisis"), "go"),
    "useful_to_affected": (("grave_story", "contact", "hijack", "solemn_day", "solemn_eve", "late_word"), "go"),
    "answers_a_call": (("grave_story", "contact", "hijack", "own_crisis"), "go"),
    "owns_up": (("own_crisis", "contact", "two_readings"), "go"),
    "stand_with_substance": (("words_only", "contact", "hijack", "divisive", "grave_story"), "go"),
    "real_link_no_offer": (("contact", "hijack"), "care"),
}
"""Never released: a conditional gift, goods in grief, a sweeping word, a record gap, a solemn day that is sold on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """Floors. Shares are of the room's posts in the story's language; voices are different authors."""

    voices: int = 5  # fewer than this make no story
    contact_voices: int = 3  # fewer than this make no contact
    purity: float = 0.25  # share of a term's posts that tell of harm, for it to belong to a story
    together: tuple[float, float] = (0.1, 0.4)  # share of a word's posts in the story, first and second time round
    odds: float = 8.0  # odds of a word's posts to be of the story, against all posts
    surprise: float = 30.0  # log-likelihood ratio (nats, twice) from which two words are together by more than chance
    telling: float = 0.2  # share of a story's voices that tell of harm
    story_share: float = 0.004  # below this a story found in a file is no story
    care_share: float = 0.015  # a grave story this large is felt by everybody
    steady_share: float = 0.03  # … where it has been as large all the while: part of how people talk there
    hours: float = 24.0  # the share is counted in the last hours of the room
    fresh_days: float = 21.0  # older stories stop nothing that does not touch them
    late_hours: float = 60.0  # help or comfort later than this is late where people have asked
    peers: int = 3  # as many must have spoken before silence is questioned
    asked: int = 5  # voices that name the brand in "who has not"
    silence_share: float = 0.2  # share of a story's voices that ask who is silent, where none of them names the brand
    hostile: float = 0.2  # share of a brand's mentions that complain or tell of harm
    day_share: float = 0.01  # a lesser day counts when so many speak of it
    tag_lift: float = 5.0  # times as often as before the story: a tag that people took up for it
    knot_surprise: float = 14.0  # log-likelihood ratio from which two words of a knot are together
    knot_tie: float = 0.3  # … and their normalised pointwise mutual information
    knot_telling: float = 0.3  # share of a knot's voices that tell of harm
    knot_often: float = 0.05  # share of the posts above which a word ties no knot
    burst_hours: tuple[float, ...] = (1.0, 3.0)  # how far back something is looked for that just came up
    burst_surprise: float = 8.0  # log-likelihood ratio from which a word just came up
    felt_hours: float = 180.0  # a grave story that was that large is felt so long
    most_posts: int = 60_000  # more are thinned out evenly before they are looked at


DEFAULT: Final = Policy()


def alone(found: str, kinds: tuple[str, ...]) -> Strength:
    """What ``found`` says for a draft that does ``kinds``: the strongest of them."""
    said = {ALONE[found][kind] for kind in kinds}
    return "hold" if "hold" in said else "care" if "care" in said else "go"
