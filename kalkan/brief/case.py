"""The case file: acts of brands side by side for leadership, from what a case keeps, as HTML and PDF like any brief.

Owns what it says and in which order. Promises that a verdict stands with its interval and its number of people, that
silence is told only together with where nobody listened, and that too few is said instead of a tendency. It is made
from kept numbers alone: it needs no archive, and what was erased is not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from kalkan import formats
from kalkan.brief.page import Bar, Brief, Cell, Paragraph, Section, Span, Table
from kalkan.brief.words import part, within, worded
from kalkan.figures import Interval

TONES: Final = {"praised": "good", "called_out": "bad", "mixed": "care"}
SOON: Final = timedelta(hours=2)
_DAY: Final = timedelta(hours=24)
_STANCES: Final = ("praise", "call_out", "joke", "ask", "none")
_VERDICTS: Final = ("praised", "mixed", "called_out", "ignored", "too_few", "silent")


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """An act as a case keeps it. ``who`` is empty for ours; ``after``: how long after what it answered began; ``ask``
    names the question behind it in the file's ``asks``."""

    who: str
    text: str
    at: datetime
    verdict: str
    authors: int
    sides: int
    share: float | None
    low: float
    high: float
    after: timedelta | None = None
    stances: Mapping[str, int] | None = None
    whys: tuple[tuple[str, int], ...] = ()
    unseen: str = ""
    ask: str | None = None


def case_file(
    *,
    brand: str,
    title: str,
    lesson: str,
    acts: Sequence[Kept],
    kept_at: datetime,
    made_at: datetime,
    zone: str = "UTC",
    lang: str = "en",
    by: str = "",
    asks: Mapping[str, Mapping[str, Any]] | None = None,
) -> Brief:
    """The case file on ``acts`` (at least one), in their order of time. Deterministic."""
    own, place = formats.language(lang), ZoneInfo(zone)
    ordered = sorted(acts, key=lambda one: (one.at, one.who, one.text))

    def told(word: str, /, **given: object) -> str:
        return worded(own, word, **given)

    def moment(at: datetime) -> str:
        return f"{formats.day(at, lang=own, zone=place)} {formats.clock(at, lang=own, zone=place)}"

    sections = [_acts(ordered, brand, own, told, moment), _stances(ordered, brand, own, told)]
    if any(one.after is not None for one in ordered):
        sections.append(_soon(ordered, own, told))
    if lesson.strip():
        lines = tuple(Paragraph(spans=(Span(text=line.strip()),)) for line in lesson.splitlines() if line.strip())
        sections.append(Section(name="lesson", title=told("lesson"), blocks=lines, boxed=True))
    first, last = ordered[0].at, ordered[-1].at
    period = formats.period(first, last + timedelta(seconds=1), lang=own, zone=place)
    stamp = told("made", at=f"{moment(made_at)}") + (f" · {told('by', name=by)}" if by else "")
    made = Brief(
        brand=brand, lang=own, sort="case", title=title, head=(f"{brand} · {told('case_file')} · {period}", stamp),
        since=first, until=last + timedelta(hours=48), made_at=made_at, zone=zone, lead=_lead(ordered, own, told),
        sections=tuple(sections), back=_back(ordered, brand, told, moment(kept_at)), asks=dict(asks or {}),
    )  # fmt: skip
    return replace(made, digest=made.fingerprint())


def _lead(acts: Sequence[Kept], lang: str, told: Any) -> Paragraph:
    """How many acts were received how, and the clearest of them."""
    tally = [(name, sum(one.verdict == name for one in acts)) for name in _VERDICTS]
    words = ", ".join(f"{formats.number(n, lang=lang)} {told(name)}" for name, n in tally if n)
    return Paragraph(
        spans=(Span(text=told("case_lead", n=formats.number(len(acts), lang=lang), words=words)),), size="lead"
    )


def _acts(acts: Sequence[Kept], brand: str, lang: str, told: Any, moment: Any) -> Section:
    rows = []
    for one in acts:
        tone = TONES.get(one.verdict, "")
        bar: Bar | None = None
        said: tuple[Span, ...] = (Span(text=told("authors_only", n=formats.number(one.authors, lang=lang)), dim=True),)
        if one.share is not None and one.verdict not in ("too_few", "silent", "ignored"):
            share, interval = part(one.share, lang), Interval(one.low, one.high)
            bar = Bar(top=1.0, value=one.share, low=one.low, high=one.high, tone=tone, marks=(0.4, 0.6),
                      alt=f"{share}, {within(interval, lang)}")  # fmt: skip
            more = f" ({within(interval, lang)}, n {formats.number(one.sides, lang=lang)})"
            said = (Span(text=share, ask=one.ask), Span(text=more, dim=True))
        elif one.verdict == "silent":
            said = (Span(text=told("not_seen_at", where=one.unseen) if one.unseen else told("feed_seen"), dim=True),)
        hours = [] if one.after is None else [Span(text=" · " + _after(one.after, lang, told), dim=True)]
        rows.append((
            Cell(spans=(Span(text=one.who or told("we", brand=brand), strong=True),)),
            Cell(spans=(Span(text=one.text), Span(text=f"  {moment(one.at)}", dim=True), *hours)),
            Cell(bar=bar),
            Cell(spans=said),
            Cell(spans=(Span(text=told(one.verdict), strong=True, tone=tone),)),
        ))  # fmt: skip
    head = (told("brand"), told("act"), "0–100", told("praise_among"), told("reception"))
    table = Table(head=head, rows=tuple(rows), right=(3,), caption=told("case_acts"), widths=(5, 10, 5, 7, 4))
    return Section(name="acts", title=told("case_acts"), blocks=(table,))


def _stances(acts: Sequence[Kept], brand: str, lang: str, told: Any) -> Section:
    """Who took which stance, and why they called it out, act by act."""
    rows = []
    for one in acts:
        if not one.stances:
            continue
        numbers = [Cell(spans=(Span(text=formats.number(one.stances.get(name, 0), lang=lang)),)) for name in _STANCES]
        whys = ", ".join(f"{told('why_' + name)} ({formats.number(n, lang=lang)})" for name, n in one.whys) or "–"
        name = f"{one.who or told('we', brand=brand)}: {one.text}"
        rows.append((Cell(spans=(Span(text=name),)), *numbers, Cell(spans=(Span(text=whys, dim=True),))))
    head = (told("act"), *(told("stance_" + name) for name in _STANCES), told("why"))
    title = told("case_stances")
    if not rows:
        return Section(name="stances", title=title, blocks=(Paragraph(spans=(Span(text=told("too_few"), dim=True),)),))
    table = Table(head=head, rows=tuple(rows), right=(1, 2, 3, 4, 5), caption=title, widths=(8, 3, 3, 3, 3, 3, 5))
    return Section(name="stances", title=title, blocks=(table,))


def soon(acts: Sequence[Kept]) -> list[tuple[str, dict[str, int]]]:
    """How acts were received by how soon they came: (within two hours, within a day, later) → verdict → how many."""

    def place(after: timedelta) -> str:
        return "soon_2" if after <= SOON else "soon_24" if after <= _DAY else "soon_later"

    found: dict[str, dict[str, int]] = {"soon_2": {}, "soon_24": {}, "soon_later": {}}
    for one in acts:
        if one.after is not None and one.verdict != "silent":
            row = found[place(one.after)]
            row[one.verdict] = row.get(one.verdict, 0) + 1
    return [(name, row) for name, row in found.items() if row]


def _soon(acts: Sequence[Kept], lang: str, told: Any) -> Section:
    shown = _VERDICTS[:5]
    rows = tuple(
        (Cell(spans=(Span(text=told(name)),)),
         *(Cell(spans=(Span(text=formats.number(row.get(verdict, 0), lang=lang)),)) for verdict in shown))
        for name, row in soon(acts)
    )  # fmt: skip
    table = Table(
        head=(told("when"), *(told(name) for name in shown)), rows=rows, right=(1, 2, 3, 4, 5), caption=told("soon")
    )
    note = Paragraph(spans=(Span(text=told("soon_note")),), size="note")
    return Section(name="soon", title=told("soon"), blocks=(table, note))


def _after(after: timedelta, lang: str, told: Any) -> str:
    return str(told("after_hours", hours=formats.number(after.total_seconds() / 3600, 1, lang=lang)))


def _back(acts: Sequence[Kept], brand: str, told: Any, kept_at: str) -> tuple[Section, ...]:
    unseen = sorted({f"{one.who or brand}: {one.unseen}" for one in acts if one.unseen})
    coverage = told("case_unseen", where="; ".join(unseen)) if unseen else told("case_all_seen")
    said = (("coverage", f"{coverage} {told('case_kept', at=kept_at)}"), ("method", told("case_method")))
    return tuple(
        Section(name=name, title=told(name), wide=False, blocks=(Paragraph(spans=(Span(text=text),), size="note"),))
        for name, text in said
    )
