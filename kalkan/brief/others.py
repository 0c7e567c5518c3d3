"""What rose around the brand, how other brands did, what we did, and what we advise.

Promises that a share of fewer than thirty people is not given, that advice names its reason and its number, and that
"wait and watch" is advice too. Counts nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from kalkan import formats, voice
from kalkan.brief.feeling import behind, certain
from kalkan.brief.making import Act, Making, Told
from kalkan.brief.page import Bar, Cell, Items, Paragraph, Section, Span, Table
from kalkan.brief.words import part, within
from kalkan.figures import ENOUGH, Figure, Figures, Where, answer

_BAD: Final = ("anger", "sadness", "fear", "disgust", "complaint")
_RECEPTION: Final = {"praised": "good", "called_out": "bad", "mixed": "care"}
GRAVE: Final = 2
FEW: Final = 0.01  # of those who speak: fewer ask too little of us to be advised on


def stories_of(made: Making, stories: Sequence[Told]) -> Section:
    rows = tuple(
        (
            Cell(spans=(Span(text=one.title),)),
            Cell(spans=(Span(text=when(made, one.began)),)),
            Cell(spans=(authors_span(made, one),)),
            Cell(spans=(Span(text=f"{one.gravity} / 3", strong=one.gravity >= GRAVE),)),
        )
        for one in stories[: 8 if made.long else 3]
    )
    none = any(row[2].spans[0].ask is None for row in rows)
    large = (Paragraph(spans=(Span(text=made.word("stories_large")),), size="note"),) if none else ()
    head = (
        made.word("story"),
        made.word("began"),
        made.word("authors_head"),
        made.word("gravity"),
    )
    return Section(
        name="stories",
        title=made.word("stories"),
        blocks=(Table(head=head, rows=rows, right=(2, 3), caption=made.word("stories")), *large),
    )


def authors_span(made: Making, one: Told, *, words: bool = False) -> Span:
    """How many people speak of a story, with their posts where those are known."""
    number, ask = one.authors, None
    if one.ids:
        since = min(one.began, made.since)
        until = max(made.until, one.last or made.until)
        question = made.ask(where=Where(ids=tuple(sorted(one.ids))), since=since, until=until)
        counted = made.one(question)
        number, ask = counted.count, made.keep(question, "authors", counted)
    return Span(text=made.word("lead_authors", n=made.n(number)) if words else made.n(number), ask=ask)


def when(made: Making, at: datetime) -> str:
    return f"{formats.day(at, lang=made.lang, zone=made.zone)} {formats.clock(at, lang=made.lang, zone=made.zone)}"


def acts_of(made: Making, name: str, acts: Sequence[Act]) -> Section:
    rows = []
    for act in acts:
        tone = _RECEPTION.get(act.verdict, "")
        bar: Bar | None = None
        said: tuple[Span, ...] = ()
        if act.share is not None and act.value is not None:
            words = part(act.value, made.lang)
            alt = f"{words}, {within(act.share, made.lang)}"
            bar = Bar(
                top=1.0, value=act.value, low=act.share.low, high=act.share.high, tone=tone, marks=(0.4, 0.6), alt=alt
            )
            more = f" ({within(act.share, made.lang)}, n {made.n(act.n)})"
            said = (Span(text=words, ask=_voices(made, act)), Span(text=more, dim=True))
        rows.append(
            (
                Cell(spans=(Span(text=act.brand if not act.own else act.text, strong=True),)),
                Cell(spans=(Span(text=act.text if not act.own else when(made, act.at)),)),
                Cell(bar=bar),
                Cell(spans=said),
                Cell(spans=(Span(text=made.word(act.verdict), strong=True, tone=tone),)),
                Cell(spans=(Span(text=act.why, dim=True),)),
            )
        )
    first, second = ("act", "when") if name == "acts" else ("brand", "act")
    head = (
        made.word(first),
        made.word(second),
        "0–100",
        made.word("praise_among"),
        made.word("reception"),
        made.word("why"),
    )
    return Section(
        name=name,
        title=made.word(name),
        blocks=(Table(head=head, rows=tuple(rows), right=(3,), caption=made.word(name), widths=(5, 7, 4, 6, 4, 5)),),
    )


def _voices(made: Making, act: Act) -> str | None:
    """The posts that an act's reception was counted from; None where they are not known or too many."""
    if not act.ids:
        return None
    until = act.at + timedelta(hours=48)
    return made.posts(made.ask(where=Where(ids=tuple(sorted(act.ids))), since=act.at, until=until))


def beside(made: Making) -> Section | None:
    """The brands that are watched beside ours: how many people name each, and who of them is angry or glad."""
    ask = made.ask(
        where=Where(brand=made.brand.slug, kinds=("peer",)), measures=("authors", "anger", "joy"), by="watch"
    )
    found = answer(ask, made.archive)
    names = [one.key for one in found.of("authors") if one.key and one.count][: 8 if made.long else 4]
    if not names:
        return None
    ours = answer(made.ask(measures=("authors", "anger", "joy")), made.archive)
    figures = [(made.word("we", brand=made.brand.name), made.where, [ours.one(name) for name in ask.measures])]
    figures += [
        (name, replace(ask.where, watches=(name,)), [found.one(measure, name) for measure in ask.measures])
        for name in names
    ]
    top = max(
        [0.1, *(one.interval.high for _, _, each in figures for one in each[1:] if one.interval and one.n >= ENOUGH)]
    )
    rows = []
    for name, where, each in figures:
        own = made.ask(where=where)
        count = Span(text=made.n(each[0].count), ask=made.keep(replace(own, measures=("authors",)), "authors", each[0]))
        cells = [Cell(spans=(Span(text=name, strong=where == made.where),)), Cell(spans=(count,))]
        for one in each[1:]:
            cells += _share(made, where, one, top)
        rows.append(tuple(cells))
    scale = f"0–{formats.share(top, lang=made.lang)}"
    head = (made.word("brand"), made.word("authors_head"), made.word("beside_angry"), scale,
            made.word("beside_glad"), scale)  # fmt: skip
    title = made.word("beside")
    table = Table(head=head, rows=tuple(rows), right=(1,), caption=title, widths=(6, 3, 5, 4, 5, 4))
    note = Paragraph(spans=(Span(text=made.word("beside_note")),), size="note")
    return Section(name="beside", title=title, blocks=(table, note))


def _share(made: Making, where: Where, one: Figure, top: float) -> list[Cell]:
    if one.n < ENOUGH or one.interval is None:
        return [Cell(spans=(Span(text=made.word("too_few"), dim=True),)), Cell()]
    said = part(one.value, made.lang)
    ask = made.keep(made.ask(where=where, measures=(one.measure,)), one.measure, one)
    bar = Bar(top=top, value=one.value, low=one.interval.low, high=one.interval.high, tone="calm",
              alt=f"{made.word(one.measure)}: {said}, {within(one.interval, made.lang)}")  # fmt: skip
    spans = (Span(text=said, ask=ask), Span(text=f" ({within(one.interval, made.lang)})", dim=True))
    return [Cell(spans=spans), Cell(bar=bar)]


# — advice —


def advice(
    made: Making,
    whole: Figures,
    wanted: Sequence[voice.Ask],
    themes: Mapping[str, Sequence[voice.Ask]],
    stories: Sequence[Told],
    acts: Sequence[Act],
) -> Section:
    """At most three things to do, each from a figure on this page; "wait and watch" where there is none."""
    items: list[tuple[Span, ...]] = []
    enough = max(5, FEW * whole.one("authors").count)
    for told in [one for one in stories if one.gravity >= GRAVE][:1]:
        items.append(_item(made, "advice_story", title=told.title, gravity=told.gravity))
    for one in [one for one in wanted if one.authors >= enough][:1]:
        items.append(_item(made, "advice_answer", about=one.about, title=one.title, n=made.n(one.authors)))
    rose = [one for one in certain(whole) if one.measure in _BAD and one.before and one.value > one.before.value]
    angry = [one for one in themes.get("anger", ()) if one.authors >= enough]
    if rose:
        name = made.word(rose[0].measure)
        given = {"feeling": low(name, "en") if made.lang == "en" else name, "now": part(rose[0].value, made.lang)}
        first, second = _item(made, "advice_rose", **given)
        items.append((first, replace(second, ask=behind(made, whole, rose[0]))))
    elif angry and not any(one.near and one.gravity >= GRAVE for one in stories):  # else the story is what angers
        items.append(_item(made, "advice_look", about=angry[0].about, n=made.n(angry[0].authors)))
    for act in [act for act in acts if not act.own and act.verdict == "praised" and act.value is not None][:1]:
        given = {"brand": act.brand, "text": act.text, "share": part(act.value or 0, made.lang), "n": made.n(act.n)}
        items.append(_item(made, "advice_peer", **given))
    if not items:
        items.append(_item(made, "advice_wait"))
    return Section(name="advice", title=made.word("advice"), blocks=(Items(items=tuple(items[:3])),), boxed=True)


def low(name: str, lang: str) -> str:
    """A name within a sentence."""
    return (name[:1].replace("İ", "i").replace("I", "ı") if lang == "tr" else name[:1]).lower() + name[1:]


def _item(made: Making, name: str, **given: object) -> tuple[Span, ...]:
    return (Span(text=made.word(name, **given), strong=True), Span(text=made.word(f"{name}_why", **given)))
