"""Stories in words: scopes, states, gravity with its evidence, severity part by part, the trace as a list of moments.

Promises that what is not known is said to be so, and that nothing is said of a person. Everything is said in the
active language, without a suffix on what is filled in. Never fetches and never makes HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kalkan import sentences
from kalkan.desk import formats, telling
from kalkan.desk.heard import title_of
from kalkan.desk.stories import Scope
from kalkan.stories.gravity import Gravity
from kalkan.stories.record import Course, Forecast, Measure, Reason, StoryRow, Trace

STATES: Final[dict[str, Any]] = {
    "rising": _("rising"),
    "steady": _("steady"),
    "fading": _("fading"),
    "closed": _("closed"),
}
_HARMS: Final[dict[str, Any]] = {
    "death": _("deaths"),
    "hurt": _("people hurt"),
    "disaster": _("a disaster"),
    "violence": _("violence"),
    "abuse": _("abuse of people"),
    "hate": _("hate against a group"),
    "missing": _("people missing"),
    "illness": _("illness"),
    "mourning": _("mourning"),
    "protest": _("protest"),
    "job_loss": _("lost work"),
    "unsafe_product": _("an unsafe product"),
}
_WHOM: Final[dict[str, Any]] = {
    "children": _("children"),
    "women": _("women"),
    "workers": _("workers"),
    "students": _("students"),
    "passengers": _("passengers"),
    "residents": _("residents"),
    "customers": _("customers"),
    "responders": _("responders"),
    "a_group": _("a group of people"),
    "animals": _("animals"),
}
_PARTS: Final[dict[str, Any]] = {
    "volume": _("Volume, against usual"),
    "growth": _("Growth, hours to double"),
    "spread": _("Spread, networks and languages"),
    "mood": _("Mood, share of anger, fear, sadness, disgust"),
    "vividness": _("Vividness, share with pictures or films"),
    "cause": _("Cause"),
    "responsibility": _("Our part in it"),
    "abuse": _("Abuse, share"),
}
_LABELS: Final[dict[str, Any]] = {
    "failure": _("a failure that people tell of"),
    "chatter": _("talk without a failure behind it"),
    "victim": _("we are struck by it, as others are"),
    "accident": _("an accident of ours, not meant"),
    "preventable": _("people say that we could have prevented it"),
}
_FAR: Final = 100  # times usual; beyond it the number says how little is usual, not how much there is
_LEVELS: Final = (_("calm"), _("raised"), _("high"))
_STEP: Final[dict[str, Any]] = {
    "same_text": _("the same text"),
    "in_step": _("posts within seconds of one another"),
    "one_origin": _("one post quoted by many"),
}
_COURSE: Final[dict[str, Any]] = {
    "born": _("First told"),
    "joined": _("More words joined it"),
    "turned": _("It took a turn"),
    "merged": _("Merged with another story"),
    "split": _("Split from another story"),
    "rising": _("Rising"),
    "steady": _("Steady"),
    "fading": _("Fading"),
    "closed": _("Closed: hardly anybody speaks of it any more"),
}


def scope(one: Scope) -> str:
    """What a scope is called."""
    match one.kind:
        case "all":
            return gettext("everything heard")
        case "market":
            return gettext("in %(lang)s") % {"lang": telling.lang(one.name)}
        case "brand":
            return gettext("about %(name)s") % {"name": one.name}
        case "peer":
            return gettext("peer %(name)s") % {"name": one.name}
    return gettext("topic %(name)s") % {"name": one.name}


def title(row: Any) -> str:
    """A story's (or an alarm's) title; a whole language has none of its own, and posts that are gone leave none."""
    if not row.title and row.scope.startswith("market:"):
        return gettext("More than usual is said in %(lang)s") % {"lang": telling.lang(row.scope.partition(":")[2])}
    return row.title or gettext("(its posts are gone)")


def state(row: StoryRow) -> str:
    """Its state in a word."""
    return str(STATES.get(row.state, row.state))


def said(reason: Reason, lang: str | None = None) -> str:
    """A reason as a sentence, its numbers as the language writes them."""
    params = {name: _number(value) if isinstance(value, float) else value for name, value in reason.params.items()}
    return sentences.say(reason.code, params, lang=formats.language(lang))


def _number(value: float) -> str:
    return formats.number(value, 0 if value == int(value) else 1)


def times(row: StoryRow) -> float | None:
    """How many times as many as usual speak of it an hour since it began; None where nothing usual is known."""
    volume = next((part for part in row.severity.parts if part.name == "volume" and part.value), None)
    if volume is not None and volume.unit == "times":
        return volume.value
    hours = max((row.last - row.began).total_seconds() / 3600, 1 / 3)
    return row.authors / hours / row.usual_per_hour if row.usual_per_hour * 24 >= 1 else None


def times_words(row: StoryRow) -> str:
    """:func:`times` as ×9.4; new where nobody spoke of it before."""
    found = times(row)
    if found is None:
        return gettext("new")
    if found > _FAR:
        return gettext("over ×%(n)s") % {"n": _FAR}
    return "×" + formats.number(found, 0 if found >= 20 else 1)


def gravity(found: Gravity) -> str:
    """The harm, to whom, and how many, in one line; empty for none."""
    words: list[str] = []
    if found.dead:
        words.append(
            ngettext("%(n)s dead by most accounts", "%(n)s dead by most accounts", found.dead) % _n(found.dead)
        )
    if found.hurt:
        words.append(
            ngettext("%(n)s hurt by most accounts", "%(n)s hurt by most accounts", found.hurt) % _n(found.hurt)
        )
    named = [str(_HARMS.get(one.kind, one.kind)) for one in found.harms]
    if named:
        words.append(gettext("people tell of %(what)s") % {"what": ", ".join(named[:4])})
    if found.whom:
        words.append(gettext("to whom: %(whom)s") % {"whom": ", ".join(str(_WHOM.get(one, one)) for one in found.whom)})
    return "; ".join(words)


def _n(number: int) -> dict[str, str]:
    return {"n": formats.number(number)}


@dataclass(frozen=True, slots=True)
class HarmRow:
    """One kind of harm as evidence: by how many, in which words, and the ids of posts that tell it."""

    name: str
    authors: str
    share: str
    words: tuple[str, ...]
    posts: tuple[str, ...]


def harms(row: StoryRow) -> tuple[HarmRow, ...]:
    """What the gravity rests on."""
    return tuple(
        HarmRow(
            str(_HARMS.get(one.kind, one.kind)),
            formats.number(one.authors),
            formats.share(one.share),
            one.words,
            tuple(row.harm_posts.get(one.kind, ())),
        )
        for one in row.gravity.harms
    )


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of the severity."""

    name: str
    value: str
    band: str
    level: str  # calm, raised, high, or empty where too little is known
    strength: int  # 0 to 2; -1: not known
    n: str
    why: str
    url: str = ""


def severity(parts: Sequence[Measure], url: Callable[[Measure], str]) -> tuple[PartRow, ...]:
    """The parts side by side, in a fixed order, those not known among them; ``url``: where a part's posts open."""
    order = {name: at for at, name in enumerate(_PARTS)}
    return tuple(_part(one, url(one)) for one in sorted(parts, key=lambda one: order.get(one.name, 99)))


def part(name: str) -> str:
    """What a part of the severity is called."""
    return str(_PARTS.get(name, name))


def _part(one: Measure, url: str) -> PartRow:
    known = one.level is not None
    return PartRow(
        url=url,
        name=part(one.name),
        value=str(_LABELS.get(one.label, one.label)) if one.label else _value(one, one.value),
        band=_band(one),
        level=str(_LEVELS[min(one.level, 2)]) if one.level is not None else gettext("too little is known"),
        strength=one.level if one.level is not None and known else -1,
        n=formats.number(one.n) if one.n else "",
        why=_why(one.why),
    )


def _why(code: str) -> str:
    """What is missing, where the core names it by a code of the catalogue."""
    return sentences.say(code, {}, lang=formats.language()) if code in sentences.SENTENCES else ""


def _value(one: Measure, value: float | None) -> str:
    if value is None:
        return "–"
    if one.unit == "share":
        return formats.share(value)
    if one.unit == "times":
        return f"×{_FAR}+" if value > _FAR else "×" + formats.number(value, 0 if value >= 20 else 1)
    return formats.number(value, 0 if value == int(value) else 1)


def _band(one: Measure) -> str:
    if one.low is None or one.high is None or (one.unit == "times" and one.low > _FAR):
        return ""
    if one.unit == "share":
        return f"({round(one.low * 100)}–{round(one.high * 100)})"
    return f"({_value(one, one.low)}–{_value(one, one.high)})"


def langs(row: StoryRow) -> str:
    """The languages it is told in, the most first; a lone voice in another is an echo and not named."""
    found = [part for part in row.trace.languages if part.arrived is not None] or list(row.trace.languages[:1])
    return ", ".join(telling.lang(part.name) for part in found[:4])


def in_step(kinds: Sequence[str]) -> str:
    """By which signs accounts act in step."""
    return ", ".join(str(_STEP.get(one, one)) for one in kinds)


def course(one: Course) -> str:
    """One thing that happened to a story."""
    return str(_COURSE.get(one.what, one.what))


def forecast(one: Forecast) -> str:
    """What the next hours bring, how it is known, and how often such a range was right."""
    words = {
        "hours": ngettext("hour", "%(n)s hours", one.hours) % _n(one.hours),
        "low": formats.number(round(one.low)),
        "high": formats.number(round(one.high)),
        "level": formats.share(one.level),
        "like": formats.number(one.like),
        "held": formats.number(one.held),
        "of": formats.number(one.of),
    }
    text = gettext(
        "Next %(hours)s: %(low)s to %(high)s more posts (%(level)s), if it goes on like %(like)s stories before."
    )
    if not one.of:
        return (text % words) + " " + gettext("How often such a range held is not known yet.")
    return (text % words) + " " + gettext("Such a range held %(held)s times of %(of)s.") % words


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the trace. ``kind`` and ``what`` say what a link to its posts narrows to."""

    at: datetime
    words: str
    kind: str = ""  # network, language, site, feed, post
    what: str = ""
    linked: str = ""  # the part of the line that is the link; empty: none


def trace(found: Trace) -> tuple[Moment, ...]:
    """How it spread, in the order it happened: first seen, the fifth author, carriers, jumps."""
    rows: list[Moment] = []
    if found.first is not None:
        where = ", ".join(word for word in (title_of(found.first.network), _lang(found.first.lang)) if word)
        rows.append(Moment(found.first.at, where, "post_itself", found.first.id, gettext("First seen")))
    if found.fifth_author is not None:
        rows.append(Moment(found.fifth_author, gettext("Fifth author")))
    for one in found.carriers:
        rows.append(_carried(one.kind, one.name, one.posts, one.authors, one.first))
    for jump in found.jumps:
        to = title_of(jump.to) if jump.kind == "network" else telling.lang(jump.to)
        origin = title_of(jump.origin) if jump.kind == "network" else telling.lang(jump.origin)
        rows.append(
            Moment(
                jump.at,
                gettext("from %(origin)s, with the third author there") % {"origin": origin},
                jump.kind,
                jump.to,
                gettext("Jump: %(to)s") % {"to": to},
            )
        )
    return tuple(sorted(rows, key=lambda row: row.at))


def _carried(kind: str, name: str, posts: int, authors: int, first: datetime) -> Moment:
    set_off = gettext("set off %(posts)s posts by %(authors)s authors") % {
        "posts": formats.number(posts),
        "authors": formats.number(authors),
    }
    if kind == "post":
        return Moment(first, set_off, kind, name, gettext("One post"))
    word = gettext("feed") if kind == "feed" else gettext("site")
    return Moment(first, f"{word}, {set_off}", kind, name, name)


def _lang(code: str) -> str:
    return telling.lang(code) if code else ""


def ways(found: Trace) -> str:
    """Own words, replies and quotes as shares of posts, reposts where they were counted, different texts, half-life."""
    total = found.own + found.replies + found.quotes
    words = []
    if total:
        shares = {
            name: formats.share(part / total)
            for name, part in (("own", found.own), ("replies", found.replies), ("quotes", found.quotes))
        }
        words.append(gettext("Own words %(own)s, replies %(replies)s, quotes %(quotes)s of posts.") % shares)
    if found.texts:
        words.append(gettext("%(n)s different texts, near-copies as one.") % _n(found.texts))
    if found.reposts is None:
        words.append(gettext("Reposts were not counted."))
    else:
        counted = {"n": formats.number(found.reposts), "of": formats.number(found.counted)}
        words.append(gettext("Reposts: %(n)s, counted for %(of)s of its posts.") % counted)
    if found.half_life_minutes is None:
        words.append(gettext("Half-life not yet to be said."))
    else:
        words.append(gettext("Half-life %(span)s.") % {"span": formats.span(found.half_life_minutes * 60)})
    return " ".join(words)


def minutes(n: float | None) -> str:
    """A delay in words."""
    return "" if n is None else formats.span(n * 60)
