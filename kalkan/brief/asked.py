"""What people ask, and what they expect of the brand on a public question.

Promises that an ask is told in somebody's own sentence and counted by author, and that what consumers said in general
stands beside it with its source, its year and its caveat, never as a figure of ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kalkan import voice
from kalkan.brief.making import Making, Told, names_of, rows_of
from kalkan.brief.page import Cell, Paragraph, Section, Span, Table
from kalkan.brief.words import count_within
from kalkan.figures import Where
from kalkan.figures.intervals import count as count_interval
from kalkan.figures.select import READ_SQL
from kalkan.posts import ABOUT

_ASKS, _LONG_ASKS = 5, 14
_MOST: Final = 12_000
_WORDS: Final = 70


def asking_sql() -> str:
    """The condition (SQL) of a post that asks: it was read so, or is read so in part and asks in so many words."""
    openly = f"(coalesce(p_ask, 0) + coalesce(p_question, 0) >= 0.1 AND regexp_matches(folded, '{voice.OPENLY}'))"
    return f"(({READ_SQL['question_or_ask']}) OR {openly}) AND ({READ_SQL['not_offensive']})"


def wanted(made: Making, talk: Sequence[str]) -> tuple[voice.Ask, ...]:
    """The asks of the period, those of most people first."""
    posts = rows_of(made, asking_sql(), most=_MOST)
    return voice.asks(posts, names=names_of(made), talk=talk, most=_LONG_ASKS * 3, shown=3)


def asks(made: Making, found: Sequence[voice.Ask]) -> Section:
    """The table of asks."""
    title = made.word("want" if _addressed(made) else "want_story")
    if not found:
        nothing = Paragraph(spans=(Span(text=made.word("asks_none"), dim=True),))
        return Section(name="want", title=title, wide=False, blocks=(nothing,))
    shown = sorted(found[: _LONG_ASKS if made.long else _ASKS], key=lambda one: -one.authors)
    rows = []
    for one in shown:
        made.cite(one.quotes)
        ask = made.ask(where=replace(made.where, ids=tuple(sorted(one.ids))))
        interval = f" ({count_within(count_interval(one.authors), made.lang)})"
        number = (Span(text=made.n(one.authors), ask=made.posts(ask)), Span(text=interval, dim=True))
        said = _short(one.title)
        rows.append((Cell(spans=(Span(text=one.about, strong=True), Span(text=f"  {said}"))), Cell(spans=number)))
    note = Paragraph(spans=_note(made, len(shown), len(found)), size="note")
    head = (made.word("ask"), made.word("authors"))
    table = Table(head=head, rows=tuple(rows), right=(1,), caption=title)
    return Section(name="want", title=title, wide=False, blocks=(table, note))


def _addressed(made: Making) -> bool:
    """Whether most of what is said of the brand is said to it: in answers, quotes or by its handle."""
    if made.story is not None:
        return False
    to_us = made.one(made.ask(where=replace(made.where, kinds=("reply", "quote", "handle"))))
    return to_us.count * 2 >= made.one(made.ask()).count


def _note(made: Making, shown: int, of: int) -> tuple[Span, ...]:
    ask = made.ask(where=replace(made.where, reads=("question_or_ask",)))
    asked = made.one(ask)
    first, _, rest = made.word("asks_note", shown=made.n(shown), all=made.n(of), authors="\0").partition("\0")
    rest += made.word("asks_part", n=made.n(_MOST)) if asked.posts > _MOST else ""
    number = Span(text=made.n(asked.count), ask=made.keep(ask, "authors", asked))
    return Span(text=first), number, Span(text=rest)


def _short(title: str) -> str:
    return title if len(title) <= _WORDS else title[: title.rfind(" ", 0, _WORDS)] + "…"


def expected(made: Making, told: Told) -> Section:
    """What they expect of us on a public question: who asks us in the story ``told``, the general facts beside."""
    blocks: list[Paragraph] = []
    if told.ids:
        where = Where(brand=made.brand.slug, kinds=ABOUT, ids=tuple(sorted(told.ids)), reads=("question_or_ask",))
        ask = made.ask(where=where)
        one = made.one(ask)
        said = [Span(text=made.word("expect_none", title=told.title))]
        if one.count:
            number = Span(text=made.word("lead_authors", n=made.n(one.count)), ask=made.posts(ask))
            said = [number, Span(text=made.word("expect_asked", title=told.title))]
        blocks.append(Paragraph(spans=tuple(said)))
    blocks.append(Paragraph(spans=(Span(text=made.word("expect_facts")),), size="note"))
    return Section(name="expect", title=made.word("expect"), blocks=tuple(blocks))
