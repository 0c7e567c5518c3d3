"""Figures in words: names, numbers with their intervals, and the sentence a page opens with.

Promises that a headline claims only what is certain: an interval of the difference that leaves out "no change" even
when all comparisons of the page are allowed for, and enough authors on both sides. Everything is said in the active
language, without a suffix on anything that is filled in. Never counts, never makes HTML.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import asin, log, sqrt
from typing import Any, Final

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from kalkan.desk import formats
from kalkan.desk.heard import Heard, title_of
from kalkan.figures import ENOUGH, Ask, Figure, Figures, Interval, Where
from kalkan.posts import ABOUT

NAMES: Final[dict[str, Any]] = {
    "posts": _("Posts"),
    "authors": _("Authors"),
    "anger": _("Anger"),
    "sadness": _("Sadness"),
    "fear": _("Fear"),
    "joy": _("Joy"),
    "optimism": _("Optimism"),
    "disgust": _("Disgust"),
    "surprise": _("Surprise"),
    "no_feeling": _("No clear feeling"),
    "feeling_not_sure": _("Feeling not sure"),
    "negative": _("Negative"),
    "neutral": _("Neutral"),
    "positive": _("Positive"),
    "sentiment_not_sure": _("Sentiment not sure"),
    "question": _("Questions"),
    "ask": _("Asks"),
    "complaint": _("Complaints"),
    "praise": _("Praise"),
    "offensive": _("Abuse"),
    "question_or_ask": _("Questions and asks"),
    "not_offensive": _("Without abuse"),
}
KINDS: Final[dict[str, Any]] = {
    "reply": _("replies to you"),
    "quote": _("quotes of you"),
    "handle": _("your handle"),
    "name": _("your name"),
    "hashtag": _("your hashtags"),
    "topic": _("your topics"),
    "peer": _("your peers"),
}
LANGS: Final[dict[str, Any]] = {
    "en": _("English"),
    "tr": _("Turkish"),
    "de": _("German"),
    "fr": _("French"),
    "es": _("Spanish"),
    "pt": _("Portuguese"),
    "it": _("Italian"),
    "nl": _("Dutch"),
    "ar": _("Arabic"),
    "ja": _("Japanese"),
    "unknown": _("language not sure"),
}

_LARGE: Final = {"x": "X", "instagram": "Instagram", "facebook": "Facebook", "tiktok": "TikTok"}

# What a change is called, upwards and downwards, and how much it matters that it be told first.
_CHANGES: Final[dict[str, tuple[Any, Any, float]]] = {
    "anger": (_("Anger is up"), _("Anger is down"), 3.0),
    "fear": (_("Fear is up"), _("Fear is down"), 2.5),
    "disgust": (_("Disgust is up"), _("Disgust is down"), 2.5),
    "complaint": (_("More people complain"), _("Fewer people complain"), 2.5),
    "sadness": (_("Sadness is up"), _("Sadness is down"), 2.0),
    "ask": (_("More people want something from you"), _("Fewer people want something from you"), 2.0),
    "question": (_("More people ask questions"), _("Fewer people ask questions"), 2.0),
    "praise": (_("More people praise"), _("Fewer people praise"), 2.0),
    "joy": (_("Joy is up"), _("Joy is down"), 1.5),
    "optimism": (_("Optimism is up"), _("Optimism is down"), 1.0),
    "surprise": (_("Surprise is up"), _("Surprise is down"), 1.0),
    "negative": (_("More of it is negative"), _("Less of it is negative"), 0.8),
    "positive": (_("More of it is positive"), _("Less of it is positive"), 0.8),
}
_SENTIMENTS: Final = ("negative", "positive")
_WORTH: Final = 0.02  # a share that moved by less than two points is no headline, however many people there are
_CROWD: Final = 1.2  # a number of authors has to part by at least a fifth
_DEAF: Final = 0.02  # gaps of more than this part of a period forbid comparing amounts


@dataclass(frozen=True, slots=True)
class Headline:
    """A sentence (or two) and the figures that it makes claims about."""

    text: str
    claims: tuple[Figure, ...] = ()


def lang(code: str) -> str:
    """A language by its name."""
    return str(LANGS.get(code, code))


def band(interval: Interval | None, n: int | None = None) -> str:
    """An interval of a share in whole per cent, with ``n`` if it is given: (15–21, n 2,963)."""
    if interval is None:
        return ""
    ends = f"{round(interval.low * 100)}–{round(interval.high * 100)}"
    return f"({ends})" if n is None else f"({ends}, n {formats.number(n)})"


def change(figure: Figure) -> str:
    """How a figure stands against the period before: ``up``, ``down``, ``same`` (no clear change) or ``none``.

    ``maybe_up`` and ``maybe_down``: clear if it were the only comparison, but one such row in twenty is chance.
    """
    if figure.before is None or figure.clear is None:
        return "none"
    if figure.measure not in ("posts", "authors") and min(figure.n, figure.before.n) < ENOUGH:
        return "none"
    if not figure.clear:
        return "same"
    way = "up" if figure.value > figure.before.value else "down"
    return way if figure.certain else f"maybe_{way}"


def change_words(figure: Figure) -> str:
    """:func:`change` as a person reads it."""
    return {
        "up": gettext("up"),
        "down": gettext("down"),
        "maybe_up": gettext("up, may be chance"),
        "maybe_down": gettext("down, may be chance"),
        "same": gettext("no clear change"),
        "none": gettext("nothing to compare with"),
    }[change(figure)]


def spoken(figure: Figure) -> str:
    """One share with its interval and the one before, whole, for those who hear the page."""
    words = {
        "what": NAMES[figure.measure],
        "share": formats.share(figure.value),
        "low": round(figure.interval.low * 100) if figure.interval else 0,
        "high": round(figure.interval.high * 100) if figure.interval else 0,
    }
    text = gettext("%(what)s: now %(share)s, between %(low)s and %(high)s") % words
    if figure.before is None or figure.before.interval is None or figure.before.n < ENOUGH:
        return text
    earlier = {
        "share": formats.share(figure.before.value),
        "low": round(figure.before.interval.low * 100),
        "high": round(figure.before.interval.high * 100),
    }
    return text + gettext("; before %(share)s, between %(low)s and %(high)s") % earlier


def period(length: timedelta) -> str:
    """A period that ends now: last 24 hours, last 7 days."""
    if length <= timedelta(days=2):
        hours = round(length / timedelta(hours=1))
        return ngettext("last hour", "last %(n)s hours", hours) % {"n": hours}
    return ngettext("last day", "last %(n)s days", length.days) % {"n": length.days}


def earlier(length: timedelta) -> str:
    """The period of the same length before it: the 24 hours before, the 7 days before."""
    if length <= timedelta(days=2):
        hours = round(length / timedelta(hours=1))
        return ngettext("the hour before", "the %(n)s hours before", hours) % {"n": hours}
    return ngettext("the day before", "the %(n)s days before", length.days) % {"n": length.days}


def headline(found: Figures, *, listening_since: datetime | None = None) -> Headline:
    """The sentence that a page opens with.

    ``found`` must answer for posts and authors; whatever shares it holds may be spoken of. ``listening_since`` is when
    the listeners began, for a desk that has heard nothing yet.
    """
    authors = found.one("authors")
    length = period(found.ask.length)
    if authors.count == 0:
        if listening_since is not None and listening_since > found.ask.since:
            text = gettext("Listening since %(time)s. First posts come in as they are written.")
            return Headline(text % {"time": formats.when(listening_since, now=found.asked_at)})
        return Headline(gettext("Nobody spoke of you in the %(period)s.") % {"period": length})
    if authors.count < ENOUGH:
        text = ngettext("Too few people to say: %(n)s author.", "Too few people to say: %(n)s authors.", authors.count)
        return Headline(text % {"n": formats.number(authors.count)})
    if authors.before is None or authors.before.count < ENOUGH:
        text = gettext("%(n)s authors spoke of you in the %(period)s. There is no earlier time to compare with yet.")
        return Headline(text % {"n": formats.number(authors.count), "period": length})
    claims = _claims(found)
    if not claims:
        return Headline(gettext("Nothing unusual in the %(period)s.") % {"period": length})
    sentences = [_sentence(claim, found, first=i == 0) for i, claim in enumerate(claims)]
    return Headline(" ".join(sentences), claims)


def _claims(found: Figures) -> tuple[Figure, ...]:
    """The (at most two) most important changes that are certain, the most important first."""
    sure = [row for row in found.rows if row.key is None and row.certain and _matters(row, found)]
    others = [row for row in sure if row.measure not in _SENTIMENTS and row.measure != "authors"]
    if others:  # a feeling says more than the sentiment it comes with
        sure = [row for row in sure if row.measure not in _SENTIMENTS]
    return tuple(sorted(sure, key=lambda row: (-_weight(row), row.measure))[:2])


def _matters(row: Figure, found: Figures) -> bool:
    if row.before is None:
        return False
    if row.measure == "authors":
        if row.ratio is None or not found.coverage.before_heard or _deaf(found):
            return False
        return row.ratio.low >= _CROWD or row.ratio.high <= 1 / _CROWD
    if row.measure not in _CHANGES or min(row.n, row.before.n) < ENOUGH:
        return False
    return abs(row.value - row.before.value) >= _WORTH


def _weight(row: Figure) -> float:
    """How large a change is times how much it matters. Shares: Cohen's h (Cohen 1988, Statistical Power Analysis)."""
    assert row.before is not None
    if row.measure == "authors":
        return 1.5 * abs(log(row.value / row.before.value)) if row.value else 3.0
    return _CHANGES[row.measure][2] * abs(2 * asin(sqrt(row.value)) - 2 * asin(sqrt(row.before.value)))


def _deaf(found: Figures) -> bool:
    """Whether gaps take so much of either period that amounts cannot be compared."""
    length = found.ask.length
    for since, until in ((found.ask.since, found.ask.until), (found.ask.since - length, found.ask.since)):
        lost = sum(
            (max(min(gap.until, until) - max(gap.since, since), timedelta()) for gap in found.coverage.gaps),
            timedelta(),
        )
        if lost > _DEAF * length:
            return True
    return False


def _sentence(row: Figure, found: Figures, *, first: bool) -> str:
    assert row.before is not None
    up = row.value > row.before.value
    if row.measure == "authors":
        text = (
            gettext("More people speak of you: %(n)s authors; %(before)s: %(was)s.")
            if up
            else gettext("Fewer people speak of you: %(n)s authors; %(before)s: %(was)s.")
        )
        numbers = {"n": formats.number(row.count), "was": formats.number(row.before.count)}
        return text % {**numbers, "before": earlier(found.ask.length)}
    words = {
        "what": _CHANGES[row.measure][0 if up else 1],
        "share": formats.share(row.value),
        "was": formats.share(row.before.value),
        "n": formats.number(row.n),
    }
    if first:
        return gettext("%(what)s: %(share)s of %(n)s authors, from %(was)s.") % words
    return gettext("%(what)s: %(share)s, from %(was)s.") % words


def span(ask: Ask) -> str:
    """The period of a question, from and to."""
    words = {"since": formats.moment(ask.since), "until": formats.moment(ask.until)}
    return gettext("%(since)s to %(until)s") % words


def filters(where: Where) -> list[str]:
    """Each filter of a question in words, in a fixed order; an empty list means all posts."""
    words: list[str] = []
    words += [str(NAMES[name]) for name in where.reads]
    if where.brand is not None and not where.kinds:
        words.append(gettext("with topics and peers"))
    elif where.kinds and where.kinds != ABOUT:
        words.append(gettext("through %(ties)s") % {"ties": _or(str(KINDS[kind]) for kind in where.kinds)})
    if where.watches:
        words.append(gettext("by the watch %(names)s") % {"names": _or(f"“{name}”" for name in where.watches)})
    if where.answers:
        words.append(ngettext("answers to a post of ours", "answers to posts of ours", len(where.answers)))
    if where.networks:
        words.append(gettext("on %(networks)s") % {"networks": _or(map(title_of, where.networks))})
    if where.langs:
        words.append(gettext("in %(langs)s") % {"langs": _or(map(lang, where.langs))})
    if where.says:
        words.append(gettext("saying “%(text)s”") % {"text": where.says})
    if where.recipes:
        words.append(gettext("read by %(recipes)s") % {"recipes": _or(map(recipe, where.recipes))})
    return words


def recipe(name: str) -> str:
    """A recipe short enough to read: fast-26.11 (9c41)."""
    title, plus, digest = name.partition("+")
    digest, adjusted, shift = digest.partition("~")
    if adjusted:
        return gettext("%(recipe)s, adjusted %(shift)s") % {"recipe": f"{title} ({digest[:4]})", "shift": shift[:4]}
    return f"{title} ({digest[:4]})" if plus else title


def _or(words: Iterable[str]) -> str:
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return gettext("%(first)s or %(last)s") % {"first": ", ".join(listed[:-1]), "last": listed[-1]}


def seen(rows: Iterable[Heard]) -> list[str]:
    """What is listened to now: each source's coverage, or how many there are where one network has several."""
    found: dict[str, list[Heard]] = {}
    for row in rows:
        if row.state in ("listening", "starting", "waiting"):
            found.setdefault(row.network, []).append(row)
    phrases = []
    for network, group in sorted(found.items()):
        if len(group) == 1:
            phrases.append(group[0].coverage or group[0].title)
        else:
            text = ngettext("%(n)s source on %(network)s", "%(n)s sources on %(network)s", len(group))
            phrases.append(text % {"n": formats.number(len(group)), "network": title_of(network)})
    return phrases


def unseen(rows: Iterable[Heard]) -> str:
    """The large networks that no number here speaks for."""
    heard = {row.network for row in rows}
    return ", ".join(title for name, title in _LARGE.items() if name not in heard)
