"""Where the numbers of stories and alarms open: the address of the posts behind each.

Owns those addresses. Promises that an address asks for what the number was counted from, in the brand looked at, and
for nothing of another brand. Never counts and never fetches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils.http import urlencode

from kalkan.desk import stories, stories_words
from kalkan.desk.models import Brand
from kalkan.figures import Ask, Where
from kalkan.posts import ABOUT
from kalkan.stories.record import AlarmRow, Measure, Part, StoryRow

_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


def posts(id: str, ask: Ask, **more: str) -> str:
    """The posts of a story that ``ask`` counts; ``more``: site, watch, sign."""
    query = ask.behind().to_query()
    return f"{reverse('story_posts', args=[id])}?{query}" + (f"&{urlencode(more)}" if more else "")


def only(id: str, ids: Sequence[str]) -> str:
    """A page with just these posts; empty for none."""
    return f"{reverse('story_posts', args=[id])}?{urlencode({'post': ids}, doseq=True)}" if ids else ""


def stretch(id: str, since: datetime, until: datetime) -> str:
    """The posts of a story from ``since`` up to but not at ``until``."""
    return posts(id, Ask(since=since, until=until))


def moment(row: StoryRow, one: stories_words.Moment, ask: Ask) -> str:
    """The posts behind one line of the trace; empty where it has none."""
    match one.kind:
        case "post_itself":
            return only(row.id, [one.what])
        case "network":
            return posts(row.id, ask.behind(networks=(one.what,)))
        case "language":
            return posts(row.id, ask.behind(langs=(one.what,)))
        case "site" | "feed":
            return posts(row.id, ask, site=one.what)
        case "post":
            return posts(row.id, ask.behind(answers=(one.what,)))
    return ""


def part(row: StoryRow, one: Measure, ask: Ask) -> str:
    """The posts that one part of the severity was counted from; empty where nothing was."""
    if one.value is None and not one.label:
        return ""
    heard = replace(ask, reading=())  # the follower counts what was read when it was heard
    match one.name:
        case "volume" | "growth":
            return stretch(row.id, row.last - _HOUR + _MINUTE, row.last + _MINUTE)
        case "mood" | "vividness" | "abuse":
            return posts(row.id, heard, sign=one.name)
        case "cause" | "responsibility":
            told = tuple(dict.fromkeys(id for ids in row.harm_posts.values() for id in ids))
            return only(row.id, told[:50]) or posts(row.id, heard.behind("complaint"))
    return posts(row.id, ask)


def alarm(row: AlarmRow, brand: Brand) -> str:
    """The posts that an alarm was raised on: those of its scope, from when it began until it was told."""
    kind, _, rest = row.scope.partition(":")
    since, until = min(row.began, row.at - _MINUTE), row.at
    if row.what != "reaches" or kind not in ("brand", "peer", "topic"):
        return stretch(row.story, since, until)
    return _named(row.story, Ask(since=since, until=until), kind, rest.partition(":")[2], brand)


def near(row: AlarmRow, one: Part, brand: Brand) -> str:
    """The posts of an alarm's story that name one watch of the brand."""
    kind, _, rest = one.name.partition(":")
    ask = Ask(since=min(row.began, row.at - _MINUTE), until=row.at)
    return _named(row.story, ask, kind, rest.partition(":")[2], brand)


def _named(id: str, ask: Ask, kind: str, watch: str, brand: Brand) -> str:
    if kind == "brand":
        return posts(id, replace(ask, where=Where(brand=brand.slug, kinds=ABOUT)))
    return posts(id, replace(ask, where=Where(brand=brand.slug, kinds=(kind,))), watch=watch)


def usual(row: AlarmRow) -> str:
    """Where the baseline of an alarm is drawn: the curve of its watch, or that of its story."""
    if row.what == "surge":
        return f"{reverse('stories')}?{urlencode({'scope': row.scope})}"
    return f"{reverse('story', args=[row.story])}#h-cu"


def talk(scope: stories.Scope, brand: Brand, since: datetime, until: datetime) -> str:
    """The posts behind a stretch of a watched curve."""
    where = Where()
    if scope.kind == "brand":
        where = Where(brand=brand.slug, kinds=ABOUT)
    elif scope.kind == "market":
        where = Where(langs=(scope.name,))
    elif scope.kind in ("peer", "topic"):
        where = Where(brand=brand.slug, kinds=(scope.kind,), says=scope.name)
    return f"{reverse('posts')}?{Ask(since=since, until=until, where=where).to_query()}"
