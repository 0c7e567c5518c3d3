"""A brief from figures: what is asked of the archive, in which order it is told, the title, the lead and the back.

Promises that a title claims only what is certain, and that a section with nothing to say says so or is left out. Counts
nothing itself; every number comes from :mod:`kalkan.figures` with its question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kalkan import formats, voice
from kalkan.brands import Brand
from kalkan.brief import asked, feeling, others, wording
from kalkan.brief.making import Act, Making, Told
from kalkan.brief.page import Block, Brief, Items, Paragraph, Section, Span
from kalkan.brief.words import part, within
from kalkan.figures import ENOUGH, Archive, Ask, Figures, Where, answer
from kalkan.figures.estimate import Estimate
from kalkan.posts import ABOUT, FEELINGS

_MOVED: Final = 0.1  # of those who speak: a story of so many may stand in the title
_MORE: Final = 1.2  # so many times as many authors as before may stand in the title


def compose(
    archive: Archive,
    *,
    brand: Brand,
    since: datetime,
    until: datetime,
    made_at: datetime,
    zone: str = "UTC",
    lang: str = "en",
    sort: str = "leadership",
    stories: Sequence[Told] = (),
    acts: Sequence[Act] = (),
    honest: Mapping[str, Estimate] | None = None,
    by: str = "",
    story: Told | None = None,
    afterwards: bool = False,
    speak: wording.Speak | None = None,
) -> Brief:
    """The brief on ``brand`` for ``since`` ≤ at < ``until``; ``sort`` is leadership (one page) or team (longer).

    With ``story`` it tells of the posts of that story (``story.ids``) instead of all that speak of the brand.
    ``afterwards``: the stories were found from what is held, not when they rose. Deterministic: the same archive,
    arguments and clock give the same bytes. ``speak``: a language model may propose wording (off without it); it is
    checked and marked, see :mod:`kalkan.brief.wording`, and the one part that need not be the same twice.
    """
    own = formats.language(lang)
    made = Making(archive, brand, own, ZoneInfo(zone), zone, since, until, made_at, sort == "team", honest or {}, story)
    measures = ("posts", "authors", *FEELINGS, "feeling_not_sure", "complaint", "praise")
    whole = answer(made.ask(measures=measures, compare=None if story else "before"), archive, asked_at=made_at)
    talk: Sequence[str] = ()
    wanted: tuple[voice.Ask, ...] = ()
    sections: list[Section] = []
    if whole.one("authors").count:
        talk = feeling.texts_of(made)
        wanted = asked.wanted(made, talk)
    about, themes = feeling.about(made, talk) if talk else (None, {})
    lead = _lead(made, whole, wanted, themes, stories)
    if talk:
        sections = _sections(made, whole, wanted, stories, acts)
        if about is not None:
            sections.insert(2, about)
        place = next((i for i, one in enumerate(sections) if one.name == "acts"), len(sections))
        sections.insert(place, others.advice(made, whole, wanted, themes, stories, acts))
        if speak is not None:
            sections.append(_worded(made, speak))
    brief = Brief(
        brand=brand.name,
        lang=own,
        sort=sort,
        title=_title(made, whole, stories),
        head=_head(made, sort, by),
        since=since,
        until=until,
        made_at=made_at,
        zone=zone,
        lead=lead,
        sections=tuple(sections),
        back=_back(made, whole, afterwards),
        asks=made.asks,
        recipes=whole.recipes,
    )
    return replace(brief, digest=brief.fingerprint())


def _sections(
    made: Making, whole: Figures, wanted: Sequence[voice.Ask], stories: Sequence[Told], acts: Sequence[Act]
) -> list[Section]:
    """What happened and what they feel, what they ask, how others did, what we did; advice and reasons come later."""
    found = [
        feeling.feelings(made, whole), asked.asks(made, wanted), feeling.days(made, whole), feeling.quotes(made),
    ]  # fmt: skip
    if stories and made.story is None:
        found.append(others.stories_of(made, stories))
    grave = [one for one in stories if made.long and one.near and one.gravity >= others.GRAVE]
    for told in [made.story] if made.story is not None else grave[:1]:
        found.append(asked.expected(made, told))
    if made.story is None and (made.long or not (acts or stories)):
        found += [table for table in (others.beside(made),) if table is not None]
    for title, own_acts in (("peers", False), ("acts", True)):
        these = [act for act in acts if act.own is own_acts]
        if these:
            found.append(others.acts_of(made, title, these))
    return found


def _worded(made: Making, speak: wording.Speak) -> Section:
    """What a language model proposed and what held of it, marked as such."""
    found = wording.propose(tuple(made.cited.values()), lang=made.lang, speak=speak, names=[made.brand.name])
    items = []
    for text, ids in found.kept:
        ask = made.ask(where=Where(ids=tuple(sorted(ids))))
        one = made.word("worded_posts", n=made.n(len(ids)))
        items.append((Span(text=text + " "), Span(text=one, ask=made.posts(ask), dim=True)))
    down, all_of = len(found.turned_down), len(found.turned_down) + len(found.kept)
    note = made.word("worded_note", kept=made.n(len(found.kept)), all=made.n(all_of), down=made.n(down))
    if found.fault:
        note = made.word("worded_fault", code=found.fault)
    small = Paragraph(spans=(Span(text=note),), size="note")
    blocks: tuple[Block, ...] = (Items(items=tuple(items)), small) if items else (small,)
    return Section(name="worded", title=made.word("worded"), blocks=blocks)


def _head(made: Making, sort: str, by: str) -> tuple[str, str]:
    period = formats.period(made.since, made.until, lang=made.lang, zone=made.zone)
    at = formats.day(made.made_at, lang=made.lang, zone=made.zone)
    if made.made_at.astimezone(made.zone).year != made.until.astimezone(made.zone).year:
        at += f" {made.made_at.astimezone(made.zone).year}"
    stamp = made.word("made", at=f"{at} {formats.clock(made.made_at, lang=made.lang, zone=made.zone)}")
    kind = made.word("one_story") + " · " if made.story is not None else ""
    return f"{made.brand.name} · {kind}{made.word(sort)} · {period}", stamp + (
        f" · {made.word('by', name=by)}" if by else ""
    )


# — what happened —


def _title(made: Making, whole: Figures, stories: Sequence[Told]) -> str:
    authors = whole.one("authors")
    brand = made.brand.name
    if not authors.count:
        return made.word("titled_none", brand=brand)
    if made.story is not None:
        return made.word("titled_of_story", title=made.story.title)
    moved = _moved(stories, authors.count)
    if moved is not None:
        return made.word("titled_story", brand=brand, title=moved.title)
    if sure := feeling.certain(whole):
        first = sure[0]
        name = made.word(first.measure)
        up = first.before is not None and first.value > first.before.value
        word = "titled_rose" if up else "titled_fell"
        return made.word(word, feeling=name, feeling_low=others.low(name, made.lang), brand=brand)
    if authors.count < ENOUGH:
        return made.word("titled_few", brand=brand)
    if not feeling.comparable(whole) or authors.before is None:
        return made.word("titled_alone", brand=brand, n=made.n(authors.count))
    times = authors.count / authors.before.count
    if authors.certain and not 1 / _MORE < times < _MORE:
        return made.word("titled_more" if times > 1 else "titled_fewer", brand=brand)
    return made.word("titled_calm", brand=brand)


def _moved(stories: Sequence[Told], authors: int) -> Told | None:
    """The story that most of those who speak of the brand speak of, if they are enough to say so."""
    near = [one for one in stories if one.near and one.authors >= max(ENOUGH, _MOVED * authors)]
    return max(near, key=lambda one: (one.authors, one.gravity), default=None)


def _lead(
    made: Making,
    whole: Figures,
    wanted: Sequence[voice.Ask],
    themes: Mapping[str, Sequence[voice.Ask]],
    stories: Sequence[Told],
) -> Paragraph:
    authors, posts = whole.one("authors"), whole.one("posts")
    if not authors.count:
        return Paragraph(spans=(Span(text=made.word("titled_none", brand=made.brand.name)),), size="lead")
    name = made.keep(made.ask(), "authors", authors)
    spans = [Span(text=made.word("lead_authors", n=made.n(authors.count)), ask=name)]
    if made.story is not None:
        spans.append(Span(text=made.word("lead_story_of", posts=made.n(posts.count))))
        if us := _naming(made):
            spans += [Span(text=made.word("lead_story_us")), Span(text=made.n(us), ask=made.posts(_us(made)))]
        spans.append(Span(text="."))
    else:
        spans.append(Span(text=made.word("lead_spoke", posts=made.n(posts.count))))
        spans.append(Span(text=_against(made, whole)))
    spans += _changed(made, whole) + _angry(made, whole, themes) + _asked_most(made, whole, wanted)
    moved = _moved(stories, authors.count)
    for told in ([moved] if moved else list(stories[:1])) if made.story is None else []:
        spans.append(Span(text=made.word("lead_story" if told.near else "lead_story_far", title=told.title)))
        spans.append(others.authors_span(made, told, words=True))
        spans.append(Span(text="."))
    return Paragraph(spans=tuple(spans), size="lead")


def _against(made: Making, whole: Figures) -> str:
    """How many spoke in the period before, where that can be set beside it."""
    before = whole.one("authors").before
    if not whole.coverage.before_heard or before is None:
        return made.word("lead_unheard")
    if before.count < ENOUGH:
        return made.word("lead_too_few", n=made.n(before.count))
    length = {timedelta(days=1): "before_day", timedelta(days=7): "before_week"}
    name = length.get(timedelta(days=round((made.until - made.since) / timedelta(days=1))), "before_period")
    return made.word("lead_before", before=made.word(name), n=made.n(before.count))


def _changed(made: Making, whole: Figures) -> list[Span]:
    spans = []
    for one in feeling.certain(whole)[:1]:
        before = one.before
        assert before is not None and before.interval is not None and one.interval is not None
        was, now = part(before.value, made.lang), part(one.value, made.lang)
        was_in = within(before.interval, made.lang)
        spans.append(Span(text=" " + made.word("lead_changed", feeling=made.word(one.measure), was=was, was_in=was_in)))
        said = f"{now} ({within(one.interval, made.lang)})"
        spans.append(Span(text=said, strong=True, ask=feeling.behind(made, whole, one)))
        spans.append(Span(text="."))
    return spans


def _angry(made: Making, whole: Figures, themes: Mapping[str, Sequence[voice.Ask]]) -> list[Span]:
    for one in list(themes.get("anger", ()))[:1]:
        if one.authors >= max(5, _MOVED * whole.one("anger").count):
            return [
                Span(text=made.word("lead_angry", about=one.about)), authors_of(made, one.ids, one.authors),
                Span(text="."),
            ]  # fmt: skip
    return []


def _asked_most(made: Making, whole: Figures, wanted: Sequence[voice.Ask]) -> list[Span]:
    for one in wanted[:1]:
        if one.authors >= max(3, others.FEW * whole.one("authors").count):
            return [
                Span(text=made.word("lead_ask", about=one.about)), authors_of(made, one.ids, one.authors),
                Span(text="."),
            ]  # fmt: skip
    return []


def authors_of(made: Making, ids: Sequence[str], authors: int) -> Span:
    """How many people, with their posts behind it."""
    ask = made.ask(where=replace(made.where, ids=tuple(sorted(ids))))
    return Span(text=made.word("lead_authors", n=made.n(authors)), ask=made.posts(ask))


def _us(made: Making) -> Ask:
    assert made.story is not None
    return made.ask(where=Where(brand=made.brand.slug, kinds=ABOUT, ids=tuple(sorted(made.story.ids))))


def _naming(made: Making) -> int:
    """How many of a story's authors name the brand."""
    return made.one(_us(made)).count if made.story is not None else 0


# — the back —


def _back(made: Making, whole: Figures, afterwards: bool) -> tuple[Section, ...]:
    networks = ", ".join(
        made.word("posts_of", network=feeling.network(made, name), n=made.n(n)) for name, n in whole.coverage.networks
    )
    seen = made.word("seen", what=networks) if networks else made.word("seen_none")
    gaps = [
        made.word(
            "gap",
            network=feeling.network(made, gap.network),
            since=others.when(made, gap.since),
            until=others.when(made, gap.until),
        )
        for gap in whole.coverage.gaps[:6]
    ]
    nameless = _nameless(made)
    more = [made.word("no_authors", n=made.n(nameless))] if nameless else []
    more += [made.word("not_followed")] if afterwards else []
    coverage = " ".join([seen, made.word("not_seen"), *gaps, *more])
    method = made.word("method_says", recipes=", ".join(whole.recipes) or "–")
    return (
        Section(
            name="coverage",
            title=made.word("coverage"),
            wide=False,
            blocks=(Paragraph(spans=(Span(text=coverage),), size="note"),),
        ),
        Section(
            name="method",
            title=made.word("method"),
            wide=False,
            blocks=(Paragraph(spans=(Span(text=method),), size="note"),),
        ),
    )


def _nameless(made: Making) -> int:
    """Posts of which no author is known: each counts as one person."""
    if made.story is not None:
        return 0
    kinds = ", ".join("?" * len(ABOUT))
    found = made.archive.query(
        "SELECT count(*)::BIGINT AS n FROM mentions WHERE brand = ? AND starts_with(author_id, 'file:unknown:')"
        f' AND kind IN ({kinds}) AND "at" >= ?::TIMESTAMPTZ AND "at" < ?::TIMESTAMPTZ',
        [made.brand.slug, *ABOUT, made.since, made.until],
        since=made.since,
        until=made.until,
        tables=("mentions",),
    )
    return int(found["n"][0].as_py())
