"""What people feel and why: shares with intervals, what each feeling is about, day by day, in their own words.

Promises that a change is named only where both periods have enough people, that what a feeling is about was written by
three people or more, and that quotes carry no names. Counts nothing itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from kalkan import formats, voice
from kalkan.brief.making import Making, names_of, rows_of
from kalkan.brief.page import Bar, Cell, Chart, Paragraph, Quotes, Section, Span, Table
from kalkan.brief.words import part, within
from kalkan.figures import ENOUGH, Figure, Figures, answer
from kalkan.figures.select import READ_SQL
from kalkan.posts import FEELINGS

_FEELINGS: Final = 5
_QUOTES, _LONG_QUOTES = 3, 8
_LOOKED_AT: Final = 4_000
_COMPARED: Final = 20_000  # posts up to which near-copies are looked for
_SAME: Final = 0.98
_OPENED: Final = 31  # days whose numbers open
_ABOUT: Final = (("about_angry", "anger"), ("about_hurt", "sadness"), ("about_afraid", "fear"), ("about_glad", "joy"))
CALM: Final = f"({READ_SQL['not_offensive']}) AND coalesce(warning, '') = ''"
_TELLING: Final = (
    f"coalesce(feeling, 'none') <> 'none' OR {READ_SQL['complaint']} OR {READ_SQL['praise']}"
    f" OR {READ_SQL['question_or_ask']}"
)
_IMPORTED: Final = "file"


def comparable(whole: Figures) -> bool:
    """Whether this period may be set beside the one before: it was heard, read alike, and enough people spoke."""
    before = whole.one("authors").before
    heard = whole.coverage.before_heard and whole.coverage.read_alike
    return heard and before is not None and before.count >= ENOUGH


def certain(whole: Figures) -> list[Figure]:
    """Feelings whose share changed for certain, by how far their intervals are from none, strongest first."""
    if not comparable(whole):
        return []
    found = [whole.one(name) for name in (*FEELINGS, "complaint", "praise")]
    sure = [one for one in found if one.certain and one.n >= ENOUGH and one.before and one.before.n >= ENOUGH]
    return sorted(sure, key=lambda one: -abs(one.value - (one.before.value if one.before else 0)))


def behind(made: Making, whole: Figures, one: Figure) -> str:
    """Keep the question behind a share; the name by which words point to it."""
    return made.keep(replace(whole.ask, measures=(one.measure,), compare=None), one.measure, one)


def network(made: Making, name: str) -> str:
    """A network as it is written; posts from files say so."""
    return made.word("imported") if name == _IMPORTED else name[:1].upper() + name[1:]


def texts_of(made: Making) -> list[str]:
    """What is said of the brand in this period: by it one tells the usual from what stands out."""
    return [str(text) for text in rows_of(made, "true", most=_LOOKED_AT)["text"].to_pylist()]


def feelings(made: Making, whole: Figures) -> Section:
    """The table of feelings."""
    figures = sorted((whole.one(name) for name in FEELINGS), key=lambda one: (-one.value, one.measure))
    shown = figures[: len(FEELINGS) if made.long else _FEELINGS]
    alike = comparable(whole)
    ends = [one.interval.high for one in shown if one.interval]
    ends += [one.before.interval.high for one in shown if alike and one.before and one.before.interval]
    top = max([0.04, *ends])
    rows = tuple(_feeling(made, whole, one, top, alike) for one in shown)
    unsure = whole.one("feeling_not_sure")
    note = made.word("feel_note", n=made.n(whole.one("authors").count), unsure=part(unsure.value, made.lang),
                     corrected=_corrected(made, shown))  # fmt: skip
    if not alike:
        note = note.replace(made.word("feel_note_line"), "")
    note += _once(made, whole, shown)
    head = (made.word("feeling"), f"0–{formats.share(top, lang=made.lang)}", made.word("now"), made.word("change"))
    table = Table(head=head, rows=rows, right=(2,), caption=made.word("feel"))
    small = Paragraph(spans=(Span(text=note),), size="note")
    return Section(name="feel", title=made.word("feel"), wide=False, blocks=(table, small))


def _once(made: Making, whole: Figures, shown: Sequence[Figure]) -> str:
    """What the number of people and the first share are when near-copies count once; nothing where there are few."""
    authors = whole.one("authors")
    if whole.one("posts").count > _COMPARED:
        return made.word("feel_not_once", n=made.n(_COMPARED))
    if not shown:
        return ""
    again = answer(made.ask(measures=("authors", shown[0].measure), copies="once"), made.archive)
    voices, first = again.one("authors").once, again.one(shown[0].measure).once
    if voices is None or first is None or voices.count > _SAME * authors.count:
        return ""
    share = part(first.value, made.lang)
    return made.word("feel_once", n=made.n(round(voices.count)), feeling=made.word(shown[0].measure), share=share)


def _corrected(made: Making, shown: Sequence[Figure]) -> str:
    """Which of the shares people's labels stand behind."""
    known = [one.measure for one in shown if one.measure in made.honest]
    if not known:
        return made.word("uncorrected")
    names = ", ".join(made.word(name) for name in known)
    return made.word("corrected", names=names, n=made.n(max(made.honest[name].labels for name in known)))


def _feeling(made: Making, whole: Figures, one: Figure, top: float, alike: bool) -> tuple[Cell, ...]:
    assert one.interval is not None
    before = one.before if alike else None
    was = (before.value, before.interval.low, before.interval.high) if before and before.interval and before.n else None
    if was is None:
        change, tone = made.word("not_compared"), False
    elif one.certain:
        change, tone = made.word("rose" if one.value > was[0] else "fell"), True
    else:
        change, tone = made.word("no_clear"), False
    known = made.honest.get(one.measure)
    value, interval = (known.value, known.interval) if known else (one.value, one.interval)
    said = part(value, made.lang)
    if known:  # a corrected share is never set beside an uncorrected one
        was, change, tone = None, made.word("read_as", share=part(one.value, made.lang)), False
    bar = Bar(
        top=top, value=value, low=interval.low, high=interval.high, was=was, tone="" if tone else "calm",
        alt=f"{made.word(one.measure)}: {said}, {within(interval, made.lang)}",
    )  # fmt: skip
    number = Span(text=said, ask=behind(made, whole, one))
    return (
        Cell(spans=(Span(text=made.word(one.measure)),)),
        Cell(bar=bar),
        Cell(spans=(number, Span(text=f" ({within(interval, made.lang)})", dim=True))),
        Cell(spans=(Span(text=change, strong=tone, dim=not tone),)),
    )


# — what it is about —


def about(made: Making, talk: Sequence[str]) -> tuple[Section | None, dict[str, tuple[voice.Ask, ...]]]:
    """What they are angry about, hurt by, afraid of and glad about; and the same as found, by feeling."""
    found: dict[str, tuple[voice.Ask, ...]] = {}
    rows = []
    for word, feeling in _ABOUT:
        posts = rows_of(made, f"({READ_SQL[feeling]}) AND {CALM}", most=_LOOKED_AT)
        most = 5 if made.long else 3
        found[feeling] = voice.themes(posts, names=names_of(made), talk=talk, most=most)
        if posts.num_rows:
            rows.append(_about(made, word, found[feeling], voice.quotes(posts, 1, names=names_of(made), longest=160)))
    if not any(found.values()):
        return None, found
    head = (made.word("feeling"), made.word("about_phrase"), made.word("about_said"))
    title = made.word("about")
    table = Table(head=head, rows=tuple(rows), caption=title, widths=(3, 7, 12))
    note = Paragraph(spans=(Span(text=made.word("about_note")),), size="note")
    return Section(name="about", title=title, blocks=(table, note)), found


def _about(made: Making, word: str, themes: Sequence[voice.Ask], fallback: Sequence[voice.Quote]) -> tuple[Cell, ...]:
    spans: list[Span] = []
    for one in themes:
        if spans:
            spans.append(Span(text=" · "))
        ask = made.ask(where=replace(made.where, ids=tuple(sorted(one.ids))))
        spans += [Span(text=f"{one.about} ("), Span(text=made.n(one.authors), ask=made.posts(ask)), Span(text=")")]
    if not spans:
        spans = [Span(text=made.word("about_nothing"), dim=True)]
    quotes = themes[0].quotes if themes else fallback
    made.cite(quote for one in themes for quote in one.quotes)
    said = Span(text=f"“{quotes[0].text}”") if quotes else Span(text="")
    return Cell(spans=(Span(text=made.word(word)),)), Cell(spans=tuple(spans)), Cell(spans=(said,))


# — day by day —


def days(made: Making, whole: Figures) -> Section:
    by_day = answer(made.ask(measures=("posts",), by="day", compare=None if made.story else "before"), made.archive)
    found = by_day.of("posts")
    values = tuple(one.count for one in found)
    heard = comparable(whole)
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
    chart = Chart(labels=labels, values=values, was=was, marked=marked, alt=alt, caption=caption, lang=made.lang,
                  asks=_each_day(made, starts, found) if len(starts) <= _OPENED else ())  # fmt: skip
    return Section(name="days", title=made.word("days"), wide=False, blocks=(chart,))


def _each_day(made: Making, starts: Sequence[datetime], found: Sequence[Figure]) -> tuple[str, ...]:
    """The question behind each day's number."""
    ends = [*starts[1:], made.until]
    asks = [
        made.ask(measures=("posts",), since=max(start, made.since), until=end)
        for start, end in zip(starts, ends, strict=True)
    ]
    return tuple(made.keep(ask, "posts", one) for ask, one in zip(asks, found, strict=True))


def _median(values: Sequence[int]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0.0


# — in their own words —


def quotes(made: Making) -> Section:
    """A few posts that stand for the whole."""
    posts = rows_of(made, f"{CALM} AND ({_TELLING})", most=_LOOKED_AT)
    if posts.num_rows < 3:
        posts = rows_of(made, CALM, most=_LOOKED_AT)
    found = voice.quotes(posts, _LONG_QUOTES if made.long else _QUOTES, names=names_of(made))
    made.cite(found)
    networks = ", ".join(dict.fromkeys(network(made, one.network) for one in found))
    texts = tuple((one.text, one.lang or "") for one in found)
    return Section(
        name="quotes", title=made.word("own_words"), wide=False,
        blocks=(Quotes(texts=texts, note=made.word("quotes_note", networks=networks)),),
    )  # fmt: skip
