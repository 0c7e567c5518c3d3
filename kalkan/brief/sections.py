"""What a brief says, made from figures: each section is one function of what was counted.

Promises that a title claims only what is certain, that advice names its reason, and that a section with nothing to say
says so. Counts nothing itself; every number comes from :mod:`kalkan.figures` with its question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from kalkan import formats, voice
from kalkan.brands import Brand
from kalkan.brief.making import Act, Making, Told, names_of, rows_of
from kalkan.brief.page import Bar, Brief, Cell, Chart, Items, Paragraph, Quotes, Section, Span, Table
from kalkan.brief.words import count_within, within
from kalkan.figures import ENOUGH, Archive, Figure, Figures, answer
from kalkan.figures.estimate import Estimate
from kalkan.figures.intervals import count as count_interval
from kalkan.figures.select import READ_SQL
from kalkan.posts import FEELINGS

_FEELINGS: Final = 5
_LONG_FEELINGS: Final = len(FEELINGS)
_ASKS, _LONG_ASKS = 4, 12
_QUOTES, _LONG_QUOTES = 3, 8
_BAD: Final = ("anger", "sadness", "fear", "disgust", "complaint")
_RECEPTION: Final = {"praised": "good", "called_out": "bad", "mixed": "care"}


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
) -> Brief:
    """The brief on ``brand`` for ``since`` ≤ at < ``until``; ``sort`` is leadership (one page) or team (longer).

    Deterministic: the same archive, arguments and clock give the same bytes.
    """
    own = formats.language(lang)
    made = Making(archive, brand, own, ZoneInfo(zone), zone, since, until, made_at, sort == "team", honest or {})
    whole = answer(
        made.ask(
            measures=("posts", "authors", *FEELINGS, "feeling_not_sure", "complaint", "praise"),
            compare="before",
        ),
        archive,
        asked_at=made_at,
    )
    wanted = _wanted(made)
    authors = whole.one("authors")
    lead = _lead(made, whole, wanted, stories)
    sections: list[Section] = []
    if authors.count:
        sections = [_feelings(made, whole), _asks(made, wanted), _days(made, whole), _quotes(made)]
        if stories:
            sections.append(_stories(made, stories))
        for title, own_acts in (("peers", False), ("acts", True)):
            these = [act for act in acts if act.own is own_acts]
            if these:
                sections.append(_acts(made, title, these))
        sections.append(_advice(made, whole, wanted, stories))
        if stories and sections[-2].name == "acts":  # advice stands before what we did
            sections[-2:] = reversed(sections[-2:])
    period = formats.period(since, until, lang=own, zone=made.zone)
    stamp = made.word(
        "made",
        at=f"{formats.day(made_at, lang=own, zone=made.zone)} {formats.clock(made_at, lang=own, zone=made.zone)}",
    )
    brief = Brief(
        brand=brand.name,
        lang=own,
        sort=sort,
        title=_title(made, whole),
        head=(f"{brand.name} · {made.word(sort)} · {period}", stamp + (f" · {made.word('by', name=by)}" if by else "")),
        since=since,
        until=until,
        made_at=made_at,
        zone=zone,
        lead=lead,
        sections=tuple(sections),
        back=_back(made, whole),
        asks=made.asks,
        recipes=whole.recipes,
    )
    return replace(brief, digest=brief.fingerprint())


# — what happened —


def _certain(whole: Figures) -> list[Figure]:
    """Feelings whose share changed for certain, by how far their intervals are from none, strongest first."""
    if not whole.coverage.before_heard or not whole.coverage.read_alike:
        return []
    found = [whole.one(name) for name in (*FEELINGS, "complaint", "praise")]
    sure = [one for one in found if one.certain and one.n >= ENOUGH and one.before and one.before.n >= ENOUGH]
    return sorted(sure, key=lambda one: -abs(one.value - (one.before.value if one.before else 0)))


def _title(made: Making, whole: Figures) -> str:
    authors = whole.one("authors")
    brand = made.brand.name
    if not authors.count:
        return made.word("titled_none", brand=brand)
    if sure := _certain(whole):
        first = sure[0]
        name = made.word(first.measure)
        up = first.before is not None and first.value > first.before.value
        return made.word(
            "titled_rose" if up else "titled_fell", feeling=name, feeling_low=_low(name, made.lang), brand=brand
        )
    if authors.certain and authors.before is not None:
        return made.word("titled_more" if authors.count > authors.before.count else "titled_fewer", brand=brand)
    if authors.count < ENOUGH:
        return made.word("titled_few", brand=brand)
    if not whole.coverage.before_heard:
        return made.word("titled_alone", brand=brand, n=made.n(authors.count))
    return made.word("titled_calm", brand=brand)


def _low(name: str, lang: str) -> str:
    return (name[:1].replace("İ", "i").replace("I", "ı") if lang == "tr" else name[:1]).lower() + name[1:]


def _lead(made: Making, whole: Figures, wanted: Sequence[voice.Ask], stories: Sequence[Told]) -> Paragraph:
    authors, posts = whole.one("authors"), whole.one("posts")
    if not authors.count:
        return Paragraph(spans=(Span(text=made.word("titled_none", brand=made.brand.name)),), size="lead")
    base = made.ask()
    spans = [
        Span(text=made.word("lead_authors", n=made.n(authors.count)), ask=made.keep(base, "authors", authors)),
        Span(text=made.word("lead_spoke", posts=made.n(posts.count))),
    ]
    if whole.coverage.before_heard and authors.before is not None:
        spans.append(Span(text=made.word("lead_before", n=made.n(authors.before.count)) + " "))
    else:
        spans.append(Span(text=made.word("lead_unheard")))
    for one in _certain(whole)[:1]:
        before = one.before
        assert before is not None and before.interval is not None and one.interval is not None
        was, now = formats.share(before.value, lang=made.lang), formats.share(one.value, lang=made.lang)
        words = made.word(
            "lead_changed", feeling=made.word(one.measure), was=was, was_in=within(before.interval, made.lang)
        )
        spans.append(Span(text=words))
        spans.append(
            Span(text=f"{now} ({within(one.interval, made.lang)})", strong=True, ask=_behind(made, whole, one))
        )
        spans.append(Span(text="."))
    if wanted:
        spans.append(Span(text=made.word("lead_ask", title=wanted[0].title)))
        spans.append(_authors_of(made, wanted[0].ids, wanted[0].authors))
        spans.append(Span(text="."))
    for told in stories[:1]:
        spans.append(Span(text=made.word("lead_story", title=told.title)))
        spans.append(Span(text=made.word("lead_authors", n=made.n(told.authors))))
        spans.append(Span(text="."))
    return Paragraph(spans=tuple(spans), size="lead")


def _behind(made: Making, whole: Figures, one: Figure) -> str:
    return made.keep(replace(whole.ask, measures=(one.measure,), compare=None), one.measure, one)


def _authors_of(made: Making, ids: Sequence[str], authors: int) -> Span:
    ask = made.ask(where=replace(made.where, ids=tuple(sorted(ids))))
    words = made.word("lead_authors", n=made.n(authors))
    return Span(text=words, ask=made.posts(ask))


# — what they feel —


def _feelings(made: Making, whole: Figures) -> Section:
    figures = sorted((whole.one(name) for name in FEELINGS), key=lambda one: (-one.value, one.measure))
    shown = figures[: _LONG_FEELINGS if made.long else _FEELINGS]
    top = max([0.04, *(one.interval.high for one in shown if one.interval), *(
        one.before.interval.high for one in shown if one.before and one.before.interval
    )])  # fmt: skip
    comparable = whole.coverage.before_heard and whole.coverage.read_alike
    rows = tuple(_feeling(made, whole, one, top, comparable) for one in shown)
    unsure = whole.one("feeling_not_sure")
    note = made.word(
        "feel_note",
        n=made.n(whole.one("authors").count),
        unsure=formats.share(unsure.value, lang=made.lang),
        corrected=_corrected(made, shown),
    )
    head = (made.word("feeling"), f"0–{formats.share(top, lang=made.lang)}", made.word("now"), made.word("change"))
    table = Table(head=head, rows=rows, right=(2,), caption=made.word("feel"))
    return Section(
        name="feel",
        title=made.word("feel"),
        wide=False,
        blocks=(table, Paragraph(spans=(Span(text=note),), size="note")),
    )


def _corrected(made: Making, shown: Sequence[Figure]) -> str:
    """Which of the shares people's labels stand behind."""
    known = [one.measure for one in shown if one.measure in made.honest]
    if not known:
        return made.word("uncorrected")
    names = ", ".join(made.word(name) for name in known)
    return made.word("corrected", names=names, n=made.n(max(made.honest[name].labels for name in known)))


def _feeling(made: Making, whole: Figures, one: Figure, top: float, comparable: bool) -> tuple[Cell, ...]:
    assert one.interval is not None
    before = one.before if comparable else None
    was = (before.value, before.interval.low, before.interval.high) if before and before.interval and before.n else None
    if was is None:
        change, tone = made.word("not_compared"), False
    elif one.certain:
        change, tone = made.word("rose" if one.value > was[0] else "fell"), True
    else:
        change, tone = made.word("no_clear"), False
    known = made.honest.get(one.measure)
    value, interval = (known.value, known.interval) if known else (one.value, one.interval)
    said = formats.share(value, lang=made.lang)
    if known:  # a corrected share is never set beside an uncorrected one
        was, change, tone = None, made.word("read_as", share=formats.share(one.value, lang=made.lang)), False
    bar = Bar(
        top=top, value=value, low=interval.low, high=interval.high, was=was, tone="" if tone else "calm",
        alt=f"{made.word(one.measure)}: {said}, {within(interval, made.lang)}",
    )  # fmt: skip
    number = Span(text=said, ask=_behind(made, whole, one))
    return (
        Cell(spans=(Span(text=made.word(one.measure)),)),
        Cell(bar=bar),
        Cell(spans=(number, Span(text=f" ({within(interval, made.lang)})", dim=True))),
        Cell(spans=(Span(text=change, strong=tone, dim=not tone),)),
    )


# — what they ask —


def _wanted(made: Making) -> tuple[voice.Ask, ...]:
    clean = READ_SQL["not_offensive"]
    posts = rows_of(made, f"({READ_SQL['question_or_ask']}) AND ({clean})")
    return voice.asks(posts, names=names_of(made), most=_LONG_ASKS * 4, shown=3)


def _asks(made: Making, wanted: Sequence[voice.Ask]) -> Section:
    title = made.word("want")
    if not wanted:
        return Section(
            name="want",
            title=title,
            wide=False,
            blocks=(Paragraph(spans=(Span(text=made.word("asks_none"), dim=True),)),),
        )
    shown = wanted[: _LONG_ASKS if made.long else _ASKS]
    rows = []
    for one in shown:
        ask = made.ask(where=replace(made.where, ids=tuple(sorted(one.ids))))
        interval = f" ({count_within(count_interval(one.authors), made.lang)})"
        number = (Span(text=made.n(one.authors), ask=made.posts(ask)), Span(text=interval, dim=True))
        rows.append((Cell(spans=(Span(text=one.title),)), Cell(spans=number)))
    asked = made.ask(where=replace(made.where, reads=("question_or_ask",)))
    note = made.word(
        "asks_note", shown=made.n(len(shown)), all=made.n(len(wanted)), authors=made.n(made.one(asked).count)
    )
    table = Table(head=(made.word("ask"), made.word("authors")), rows=tuple(rows), right=(1,), caption=title)
    return Section(
        name="want", title=title, wide=False, blocks=(table, Paragraph(spans=(Span(text=note),), size="note"))
    )


# — day by day —


def _days(made: Making, whole: Figures) -> Section:
    by_day = answer(made.ask(measures=("posts",), by="day", compare="before"), made.archive)
    found = by_day.of("posts")
    values = tuple(one.count for one in found)
    heard = whole.coverage.before_heard
    was = tuple(one.before.count if one.before else 0 for one in found) if heard else ()
    starts = [datetime.fromisoformat((one.key or "").replace("Z", "+00:00")).astimezone(made.zone) for one in found]
    names = formats.SHORT_DAYS[made.lang].split()
    labels = tuple(f"{names[at.weekday()]} {at.day}" if len(starts) <= 10 else str(at.day) for at in starts)
    labels = (
        tuple(dict.fromkeys(labels))
        if len(set(labels)) == len(labels)
        else tuple(f"{at.day}.{at.month}" for at in starts)
    )
    total, before = sum(values), sum(was)
    words = ", ".join(f"{label} {made.n(value)}" for label, value in zip(labels, values, strict=True))
    alt = made.word("days_alt", days=words)
    if was:
        alt += made.word("days_alt_before", days=", ".join(made.n(value) for value in was))
    highest = max(range(len(values)), key=lambda i: values[i]) if values else None
    marked = highest if highest is not None and len(values) > 2 and values[highest] > 1.5 * _median(values) else None
    caption = (
        made.word("days_note", total=made.n(total), was=made.n(before))
        if was
        else made.word("days_note_alone", total=made.n(total))
    )
    chart = Chart(labels=labels, values=values, was=was, marked=marked, alt=alt, caption=caption, lang=made.lang)
    return Section(name="days", title=made.word("days"), wide=False, blocks=(chart,))


def _median(values: Sequence[int]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0


# — in their own words —


def _quotes(made: Making) -> Section:
    posts = rows_of(made, f"({READ_SQL['not_offensive']}) AND coalesce(warning, '') = ''")
    found = voice.quotes(posts, _LONG_QUOTES if made.long else _QUOTES, names=names_of(made))
    networks = ", ".join(dict.fromkeys(_title_case(one.network) for one in found))
    texts = tuple((one.text, one.lang or "") for one in found)
    return Section(
        name="quotes", title=made.word("own_words"), wide=False,
        blocks=(Quotes(texts=texts, note=made.word("quotes_note", networks=networks)),),
    )  # fmt: skip


def _title_case(network: str) -> str:
    return network[:1].upper() + network[1:]


# — stories, acts, advice —


def _stories(made: Making, stories: Sequence[Told]) -> Section:
    rows = tuple(
        (
            Cell(spans=(Span(text=one.title),)),
            Cell(spans=(Span(text=_when(made, one.began)),)),
            Cell(spans=(Span(text=made.n(one.authors)),)),
            Cell(spans=(Span(text=f"{one.gravity} / 3", strong=one.gravity >= 2),)),
        )
        for one in stories[: 8 if made.long else 4]
    )
    head = (
        made.word("story"),
        made.word("began"),
        made.word("lead_authors", n="").strip().capitalize(),
        made.word("gravity"),
    )
    return Section(
        name="stories",
        title=made.word("stories"),
        blocks=(Table(head=head, rows=rows, right=(2, 3), caption=made.word("stories")),),
    )


def _when(made: Making, at: datetime) -> str:
    return f"{formats.day(at, lang=made.lang, zone=made.zone)} {formats.clock(at, lang=made.lang, zone=made.zone)}"


def _acts(made: Making, name: str, acts: Sequence[Act]) -> Section:
    rows = []
    for act in acts:
        tone = _RECEPTION.get(act.verdict, "")
        bar: Bar | None = None
        said: tuple[Span, ...] = ()
        if act.share is not None and act.value is not None:
            words = formats.share(act.value, lang=made.lang)
            alt = f"{words}, {within(act.share, made.lang)}"
            bar = Bar(
                top=1.0, value=act.value, low=act.share.low, high=act.share.high, tone=tone, marks=(0.4, 0.6), alt=alt
            )
            more = f" ({within(act.share, made.lang)}, n {made.n(act.n)})"
            said = (Span(text=words), Span(text=more, dim=True))
        rows.append(
            (
                Cell(spans=(Span(text=act.brand if not act.own else act.text, strong=True),)),
                Cell(spans=(Span(text=act.text if not act.own else _when(made, act.at)),)),
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
        blocks=(Table(head=head, rows=tuple(rows), right=(3,), caption=made.word(name)),),
    )


def _advice(made: Making, whole: Figures, wanted: Sequence[voice.Ask], stories: Sequence[Told]) -> Section:
    """At most three things to do, each from a figure on this page; "wait and watch" where there is none."""
    items: list[tuple[Span, ...]] = []
    for told in (one for one in stories[:3] if one.gravity >= 2):
        items.append(_item(made, "advice_story", title=told.title, gravity=told.gravity))
    for one in wanted[:1]:
        if one.authors >= 3:
            items.append(_item(made, "advice_answer", title=one.title, n=made.n(one.authors)))
    for figure in _certain(whole):
        if figure.measure in _BAD and figure.before is not None and figure.value > figure.before.value:
            name = made.word(figure.measure)
            low = _low(name, made.lang) if made.lang == "en" else name
            items.append(_item(made, "advice_look", feeling=low, now=formats.share(figure.value, lang=made.lang)))
            break
    if not items:
        items.append(_item(made, "advice_wait"))
    return Section(name="advice", title=made.word("advice"), blocks=(Items(items=tuple(items[:3])),), boxed=True)


def _item(made: Making, name: str, **given: object) -> tuple[Span, ...]:
    return (Span(text=made.word(name, **given), strong=True), Span(text=made.word(f"{name}_why", **given)))


# — the back —


def _back(made: Making, whole: Figures) -> tuple[Section, ...]:
    networks = ", ".join(
        made.word("posts_of", network=_title_case(name), n=made.n(n)) for name, n in whole.coverage.networks
    )
    seen = made.word("seen", what=networks) if networks else made.word("seen_none")
    gaps = [
        made.word("gap", network=_title_case(gap.network), since=_when(made, gap.since), until=_when(made, gap.until))
        for gap in whole.coverage.gaps[:6]
    ]
    coverage = " ".join([seen, made.word("not_seen"), *gaps])
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
