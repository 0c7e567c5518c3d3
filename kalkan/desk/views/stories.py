"""Stories: the list, one story with everything known of it, and the posts behind each of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from kalkan import figures
from kalkan.desk import (
    access,
    alarms,
    formats,
    rereading,
    shelf,
    showing,
    stories,
    stories_showing,
    stories_words,
    telling,
)
from kalkan.desk import stories_opening as opening
from kalkan.desk.models import Brand
from kalkan.desk.views.cases import VERDICTS
from kalkan.desk.views.today import foot
from kalkan.figures import Where
from kalkan.posts import ABOUT, FEELINGS
from kalkan.stories.record import AlarmRow, StoryRow

STATES: Final = {
    "now": (_("now"), stories.OPEN),
    "rising": (_("rising"), ("rising",)),
    "closed": (_("closed"), ("closed",)),
    "all": (_("all"), (*stories.OPEN, "closed")),
}
GRAVITIES: Final = (0, 1, 2, 3)
_MEASURES: Final = (*figures.COUNTED, *FEELINGS, "question", "ask", "complaint", "praise")
_FELT: Final = 4
_ASKED: Final = 4
_EXAMPLES: Final = 6
_PAGE: Final = 40
_LISTED: Final = 60
TALK_STEP: Final = 20  # minutes


def listing(request: HttpRequest) -> HttpResponse:
    """Stories of the last seven days, narrowed by state, scope, language and gravity."""
    brand, now = access.current_brand(request), timezone.now()
    choices = stories_showing.choices(brand)
    state, scope, lang, gravity = wished(request, brand)
    found = stories.listed(brand, now=now, states=STATES[state][1], scope=scope, lang=lang, gravity=gravity)
    langs = sorted({part.name for row in found for part in row.trace.languages} | set(brand.langs) | {lang} - {""})
    shown = {
        "now": now,
        "lines": stories_showing.lines(found[:_LISTED], brand, now=now),
        "n": len(found),
        "more": max(0, len(found) - _LISTED),
        "rise": sum(row.state == "rising" for row in found),
        "states": [(name, title) for name, (title, _states) in STATES.items()],
        "state": state,
        "scopes": choices,
        "scope": scope,
        "langs": [(one, telling.lang(one)) for one in langs],
        "chosen_lang": lang,
        "gravities": GRAVITIES,
        "gravity": gravity,
        "narrowed": bool(scope or lang or gravity or state != "now"),
        "followed": stories.opened().followed_until(),
        "unread": alarms.unread(access.person_of(request), brand, now=now),
        "last_alarm": next(iter(alarms.told(brand, now=now, limit=1)), None),
        "budget": alarms.budget_words(brand, now=now),
        "csv": f"{reverse('stories_csv')}?{request.GET.urlencode()}",
        **_talk(brand, scope, now),
        **foot(request, now),
    }
    return render(request, "desk/stories.html", shown)


def _talk(brand: Brand, scope: str, now: datetime) -> dict[str, Any]:
    """The last day of a watched curve, with its band and alarms, where the list is narrowed to one."""
    kind = next((one for one in stories.scopes(brand) if one.id == scope), None)
    table = stories.opened().scope_curve(scope, since=now - stories_showing.TALK, until=now, step=TALK_STEP)
    if kind is None or table.num_rows < 2:
        return {"talk": ""}
    told = [one for one in stories.opened().alarms(scope=scope, since=now - stories_showing.TALK) if not one.late]
    draw = partial(stories_showing.curve, table, told, step=TALK_STEP)
    return {
        "talk": stories_words.scope(kind),
        "step": formats.span(TALK_STEP * 60),
        "charts": [("wide", draw(width=860, labels=6)), ("narrow", draw(width=340, labels=3))],
        "bins": (rows := stories_showing.bins(table, step=TALK_STEP, url=partial(opening.talk, kind, brand))),
        "busiest": stories_showing.busiest(rows),
        "talk_csv": f"{reverse('talk_csv')}?{urlencode({'scope': scope})}",
    }


def wished(request: HttpRequest, brand: Brand) -> tuple[str, str, str, int]:
    """State, scope, language and gravity that the address narrows to; what is not known narrows nothing."""
    state, scope, given = (request.GET.get(name, "") for name in ("state", "scope", "gravity"))
    return (
        state if state in STATES else "now",
        scope if scope in dict(stories_showing.choices(brand)) else "",
        request.GET.get("lang", "")[:20],
        int(given) if given in map(str, GRAVITIES) else 0,
    )


def reading_of(brand: Brand) -> tuple[str, ...]:
    return rereading.preferred(settings.CONFIG, brand.slug)


def row_of(request: HttpRequest, id: str) -> tuple[StoryRow, Brand]:
    """The story ``id``, if the brand looked at may see it.

    :raises Http404: there is none, or it is another brand's.
    """
    brand = access.current_brand(request)
    row = stories.opened().story(id)
    if row is None or not stories.sees(brand, row.scope):
        raise Http404
    return row, brand


def story(request: HttpRequest, id: str) -> HttpResponse:
    """Everything known of one story."""
    row, brand = row_of(request, id)
    if row.into and "as" not in request.GET:
        return redirect(f"{reverse('story', args=[row.into])}?from={row.id}")
    person, now, archive = access.person_of(request), timezone.now(), shelf.opened()
    book = stories.opened()
    kept = stories.members(row, archive, reading=reading_of(brand))
    told = [one for one in book.alarms(story=row.id, limit=40) if stories.sees(brand, one.scope)]
    zone = timezone.get_current_timezone_name()
    found = figures.answer(kept.ask(*_MEASURES, zone=zone), kept.archive, asked_at=now)
    came_from = book.story(request.GET["from"]) if request.GET.get("from") else None
    shown: dict[str, Any] = {
        "row": row,
        "now": now,
        "merged_from": came_from.id if came_from else "",
        "may_write": access.may(person, brand, "write"),
        "may_judge": access.may(person, brand, "moderate"),
        "alarms": alarms.lines(told, brand, now=now),
        "examples": _examples(row, kept, archive),
        "course": _course(row),
        "spoken": [_peer(one, row) for one in stories.spoken(brand, kept)],
        "near": _near(row, brand, found.ask),
        **_head(row, brand, kept, found, now),
        **_drawn(row, told, now),
        **_weighed(row, found.ask),
        **_spread(row, kept, found),
        **_feelings(row, kept, found, zone, now),
        **_pile_on(row, brand, archive),
        **foot(request, now),
    }
    shown["recipes"] = [telling.recipe(name) for name in found.recipes]
    return render(request, "desk/stories_story.html", shown)


def _head(row: StoryRow, brand: Brand, kept: stories.Members, found: figures.Figures, now: datetime) -> dict[str, Any]:
    """What the page opens with: what it is called, how many, and how many of them name the brand."""
    where = Where(brand=brand.slug, kinds=ABOUT)
    about = figures.answer(kept.ask("posts", "authors", "question_or_ask", where=where), kept.archive, asked_at=now)
    people = found.one("authors")
    return {
        "title": stories_words.title(row),
        "scope": stories_words.scope(stories.scope_of(row.scope, brand)),
        "state": stories_words.state(row),
        "langs": stories_words.langs(row),
        "times": stories_words.times_words(row) if stories_words.times(row) is not None else "",
        "gravity_words": stories_words.gravity(row.gravity),
        "people": people,
        "posts": found.one("posts"),
        "counted": row.n if row.n > found.one("posts").count else 0,
        "enough": people.count >= figures.ENOUGH,
        "url": opening.posts(row.id, found.ask),
        "links": {"posts": opening.posts(row.id, found.ask)},
        "about_people": about.one("authors"),
        "about_asks": about.one("question_or_ask"),
        "about_url": opening.posts(row.id, about.ask),
        "asks_url": opening.posts(row.id, about.ask.behind("question_or_ask")),
    }


def _drawn(row: StoryRow, told: Sequence[AlarmRow], now: datetime) -> dict[str, Any]:
    """The curve, wide and narrow, with its table, and what comes next."""
    step = stories_showing.step_of(row, now)
    table = stories.opened().curve(row.id, step=step)
    return {
        "step": formats.span(step * 60),
        "charts": [
            ("wide", stories_showing.curve(table, told, step=step, width=860, labels=6)),
            ("narrow", stories_showing.curve(table, told, step=step, width=340, labels=3)),
        ],
        "bins": (rows := stories_showing.bins(table, step=step, url=partial(opening.stretch, row.id))),
        "busiest": stories_showing.busiest(rows),
        "csv": reverse("story_curve", args=[row.id]),
        "forecasts": [stories_words.forecast(one) for one in row.forecasts],
    }


def _weighed(row: StoryRow, ask: figures.Ask) -> dict[str, Any]:
    """Severity part by part, and what the gravity rests on."""
    return {
        "parts": stories_words.severity(row.severity.parts, lambda one: opening.part(row, one, ask)),
        "advice_why": stories_words.said(row.severity.reason),
        "harms": [(one, opening.only(row.id, one.posts)) for one in stories_words.harms(row)],
    }


def _spread(row: StoryRow, kept: stories.Members, found: figures.Figures) -> dict[str, Any]:
    """How it spread, and what people want in it."""
    return {
        "trace": [(one, opening.moment(row, one, found.ask)) for one in stories_words.trace(row.trace)],
        "ways": stories_words.ways(row.trace),
        "wants": _wants(found, row),
        "asked": _asked(kept),
    }


def _wants(found: figures.Figures, row: StoryRow) -> list[tuple[str, str, str, str]]:
    """What people want in the story: name, share, interval, link; the largest share first."""
    wanted = sorted(
        (found.one(name) for name in ("question", "ask", "complaint", "praise")), key=lambda one: -one.value
    )
    return [
        (
            str(telling.NAMES[one.measure]),
            formats.share(one.value),
            telling.band(one.interval),
            opening.posts(row.id, found.ask.behind(one.measure)),
        )
        for one in sorted(wanted, key=lambda one: -one.value)
    ]


def _feelings(row: StoryRow, kept: stories.Members, found: figures.Figures, zone: str, now: datetime) -> dict[str, Any]:
    """The four strongest feelings through the hours (or days), with their table."""
    by = "hour" if kept.until - kept.since <= timedelta(hours=48) else "day"
    if found.one("authors").count < figures.ENOUGH:
        return {"ribbons": (), "felt": (), "felt_names": (), "by": by}
    top = sorted(FEELINGS, key=lambda name: -found.one(name).value)[:_FELT]
    over = figures.answer(kept.ask(*top, by=by, zone=zone), kept.archive, asked_at=now)
    urls = {name: opening.posts(row.id, found.ask.behind(name)) for name in top}
    whole = {name: found.one(name) for name in top}
    return {
        "ribbons": stories_showing.ribbons(found, over, top, urls),
        "overall": [
            (str(telling.NAMES[name]), formats.share(one.value), telling.band(one.interval), urls[name])
            for name, one in whole.items()
        ],
        "felt": stories_showing.felt(over, top),
        "felt_names": [str(telling.NAMES[name]) for name in top],
        "by": by,
    }


def _asked(kept: stories.Members) -> list[showing.Said]:
    """The newest different questions and asks without abuse."""
    ask = kept.ask(where=Where(reads=("question_or_ask", "not_offensive")))
    return [showing.said(one, short=True) for one in figures.newest(ask, kept.archive, limit=_ASKED, distinct=True)]


def _examples(row: StoryRow, kept: stories.Members, archive: figures.Archive) -> list[showing.Said]:
    ids = [one.id for one in row.examples][:_EXAMPLES]
    since = min((one.at for one in row.examples), default=kept.since)
    found = stories.texts(ids, archive, since=min(since, kept.since), until=kept.until)
    return [showing.said(found[one], short=True) for one in ids if one in found]


def _course(row: StoryRow) -> list[tuple[Any, str, str, str]]:
    """What happened to it, newest first: (when, words, the other story's title, its address)."""
    shown = []
    newest = sorted(row.course, key=lambda each: each.at, reverse=True)
    # more and more words join a story that grows: the last of a run of the same says it
    told = [one for at, one in enumerate(newest) if at == 0 or one.other or one.what != newest[at - 1].what]
    for one in told[:30]:
        other = stories.opened().story(one.other) if one.other else None
        link = f"{reverse('story', args=[other.id])}?as=was" if other else ""
        shown.append((one.at, stories_words.course(one), stories_words.title(other) if other else "", link))
    return shown


def _peer(one: stories.Spoken, row: StoryRow) -> dict[str, Any]:
    named = one.named
    authors = named.one("authors") if named else None
    enough = authors is not None and authors.count >= figures.ENOUGH
    return {
        "name": one.name,
        "own": [showing.said(post, short=True) for post in one.own],
        "authors": authors,
        "url": opening.posts(row.id, named.ask, watch=one.name) if named else "",
        "negative": named.one("negative") if named and enough else None,
        "negative_url": opening.posts(row.id, named.ask.behind("negative"), watch=one.name) if named else "",
        "band": telling.band(named.one("negative").interval) if named and enough else "",
        **_reception(one, row),
    }


def _reception(one: stories.Spoken, row: StoryRow) -> dict[str, Any]:
    """How what a peer said was received: a word, the share of praise among those who take a side, their posts."""
    said = one.received
    if said is None or one.named is None or one.since is None:
        return {"verdict": "", "tone": "none"}
    word, tone = VERDICTS[said.verdict]
    later = one.named.ask.behind(since=one.since)
    return {
        "verdict": word,
        "tone": tone,
        "sides": said.sides,
        "praise": formats.share(said.share) if said.share is not None and said.verdict != "too_few" else "",
        "praise_band": f"({round(said.low * 100)}–{round(said.high * 100)})",
        "heard": said.authors,
        "heard_url": opening.posts(row.id, later, watch=one.name),
    }


def _near(row: StoryRow, brand: Brand, ask: figures.Ask) -> list[tuple[str, int, str]]:
    """The brand's own topics that the story names: name, authors, link."""
    prefix = f"topic:{brand.slug}:"
    found = [part for part in row.watches if part.name.startswith(prefix)]
    return [
        (
            part.name.removeprefix(prefix),
            part.authors,
            opening.posts(row.id, ask.behind(brand=brand.slug, kinds=("topic",)), watch=part.name.removeprefix(prefix)),
        )
        for part in sorted(found, key=lambda one: (-one.authors, one.name))
    ]


def _pile_on(row: StoryRow, brand: Brand, archive: figures.Archive) -> dict[str, Any]:
    """The incident of accounts that act in step; to whom they speak only where it is the brand's own."""
    one = row.pile_on
    if one is None:
        return {"pile_on": None}
    target = bool(one.target) and stories.sees(brand, one.target)
    ids = [each.id for each in one.examples][:3]
    found = stories.texts(ids, archive, since=one.since, until=one.until)
    return {
        "pile_on": one,
        "target": stories.scope_of(one.target, brand).name if target else "",
        "in_step": stories_words.in_step(one.kinds),
        "in_step_posts": [showing.said(found[each], short=True) for each in ids if each in found],
        "origin_url": opening.only(row.id, [one.origin]) if one.origin else "",
    }


def posts(request: HttpRequest, id: str) -> HttpResponse:
    """The posts of a story that a number of its page counts; ``?post=`` names them one by one."""
    row, brand = row_of(request, id)
    archive = shelf.opened()
    only = {name: request.GET[name][:200] for name in ("site", "watch", "sign") if request.GET.get(name)}
    if only.get("sign", "mood") not in stories.SIGNS:
        del only["sign"]
    kept = stories.members(row, archive, reading=reading_of(brand), **only)
    named = request.GET.getlist("post")[:50]
    narrowed: figures.Archive = kept.archive
    ask = _ask(request, kept, brand)
    if named:
        narrowed = stories.named(named, archive)
        ask = replace(ask, since=kept.since - timedelta(days=2), until=kept.until + timedelta(days=2), where=Where())
    found = figures.answer(ask, narrowed, asked_at=timezone.now())
    page = figures.behind(ask, narrowed, after=request.GET.get("after"), limit=_PAGE)
    here = reverse("story_posts", args=[row.id])
    query = ask.to_query() + (f"&{urlencode(only)}" if only else "")
    told = [stories_words.part(value) if name == "sign" else value for name, value in only.items()]
    words = [*telling.filters(ask.where), *told]
    narrower = bool(words or named) or ask.since > kept.since or ask.until < kept.until
    shown = {
        "row": row,
        "title": stories_words.title(row),
        "people": found.one("authors"),
        "posts": found.one("posts"),
        "filters": words,
        "span": telling.span(ask),
        "list": [showing.said(each) for each in page.posts],
        "recipes": [telling.recipe(name) for name in found.recipes],
        "older": f"{here}?{query}&{urlencode({'after': page.next})}" if page.next and not named else "",
        "first": f"{here}?{query}" if request.GET.get("after") else "",
        "all": here if narrower else "",
        "gone": 0 if narrower else max(0, row.n - found.one("posts").count),
    }
    return render(request, "desk/stories_posts.html", shown)


def _ask(request: HttpRequest, kept: stories.Members, brand: Brand) -> figures.Ask:
    """The question in the address, within the story; a brand that is named must be the one looked at.

    :raises KalkanError: no such question.
    :raises Http404: it names another brand.
    """
    given = {name: request.GET.getlist(name) for name in request.GET}
    given |= {
        name: [at.isoformat()] for name, at in (("since", kept.since), ("until", kept.until)) if not given.get(name)
    }
    plain = not any(request.GET.get(name) for name in ("since", "until"))
    ask = figures.from_query(given)
    if plain and not ask.reading:
        ask = replace(ask, reading=kept.reading)
    if ask.where.brand not in (None, brand.slug):
        raise Http404
    return replace(ask, measures=figures.COUNTED, by=None, compare=None)
