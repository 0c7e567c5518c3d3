"""The index to hand on: HTML and PDF, from the same parts and with the same looks as the brief.

Promises the same numbers as the page, each with its interval and denominator, the definitions on the back, and that
numbers of posts carry their questions, so that the file can be asked again (``kalkan brief --verify``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import override

from kalkan import brief as paper
from kalkan import index
from kalkan.brief import Bar, Brief, Cell, Items, Paragraph, Section, Span, Table
from kalkan.desk import formats, index_showing
from kalkan.desk.index_showing import Row
from kalkan.desk.indexing import Made
from kalkan.index import Line

_WITH_PEERS: Final = (20, 15, 18, 10, 15, 18, 18)
_ALONE: Final = (24, 20, 20, 20)
_MIX: Final = (18, 13, 14, 34, 20)
_PLAIN: Final = (44, 22, 15, 13, 18)
_CAMPAIGNS: Final = (24, 18, 14, 14, 18, 22)
_TONES: Final = {"go": "good", "care": "care", "hold": "bad"}


def written(made: Made, suffix: str, *, lang: str, public_url: str = "") -> str | bytes:
    """The index as ``html`` or ``pdf`` in ``lang``; with ``public_url`` numbers of posts are links."""
    whole = compose(made, lang=lang)
    links = paper.links(whole, public_url) if public_url else {}
    return paper.pdf(whole, links=links) if suffix == "pdf" else paper.html(whole, links=links)


def compose(made: Made, *, lang: str) -> Brief:
    """The index as parts of a brief."""
    with override(lang):
        kept = _Kept(made)
        title = made.period.title(lang)
        parts = _sections(made, kept)
        whole = Brief(
            brand=made.brand.name, lang=lang, sort="index", title=index_showing.headline(made),
            head=(f"{made.brand.name} · {_('Index')} · {title}",
                  _("Made %(at)s") % {"at": formats.moment(made.made_at)}),
            since=made.period.since, until=made.period.until, made_at=made.made_at, zone=made.zone,
            lead=Paragraph(spans=_lead(made, kept), size="lead"), sections=parts, back=_back(made),
            asks=kept.asks, recipes=made.heard.own.recipes,
        )  # fmt: skip
    return replace(whole, digest=whole.fingerprint())


class _Kept:
    """The questions of the numbers, by name."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.asks: dict[str, dict[str, Any]] = {}

    def name(self, line: Line | None) -> str | None:
        """The name of the question behind ``line``; None where its rows are the desk's own."""
        if line is None or line.ask is None:
            return None
        says = {"measure": "authors", "count": line.count, "n": line.count}
        for name, kept in self.asks.items():
            if kept["ask"] == line.ask.as_dict():
                return name
        name = f"a{len(self.asks) + 1}"
        self.asks[name] = {"ask": line.ask.as_dict(), "says": says}
        return name

    def cell(self, line: Line | None, shown: Row | None) -> Cell:
        """The value of a figure, or that there is too little to say one."""
        if line is None or shown is None:
            return _cell("")
        if shown.value:
            spans = [Span(text=shown.value, ask=self.name(line), strong=True)]
            spans += [Span(text=f" {shown.band}", dim=True)] if shown.band else []
            return Cell(spans=tuple(spans))
        told = f"{shown.count}, {_('too few to say')}" if shown.few and line.n else "–"
        return Cell(spans=(Span(text=told, ask=self.name(line), dim=True),))

    def row(self, line: Line, title: str = "") -> tuple[Cell, ...]:
        """Figure, now, of how many, before, change."""
        shown = index_showing.row(line, self.made, title=title)
        of = shown.count if shown.value else ""
        return (
            _cell(shown.title), self.cell(line, shown), _cell(of, dim=True), _cell(shown.was, dim=True),
            _cell(shown.words if line.direction != "none" else "", dim=line.direction == "same"),
        )  # fmt: skip


def _cell(text: str, *, dim: bool = False, tone: str = "", strong: bool = False) -> Cell:
    return Cell(spans=(Span(text=text, dim=dim, tone=tone, strong=strong),) if text else ())


def _lead(made: Made, kept: _Kept) -> tuple[Span, ...]:
    people, reply, answered = made.one("mentioners"), made.one("first_reply"), made.one("answered")
    spans = [Span(text=_("Set beside %(period)s.") % {"period": index_showing.earlier(made)} + " ", dim=True)]
    if people is not None:
        spans += [
            Span(text=formats.number(people.count), ask=kept.name(people), strong=True),
            Span(text=" " + _("different people spoke to or of us.") + " "),
        ]
    if reply is not None and reply.value is not None and not reply.few:
        said = _("Half of those who were answered had a reply by a person within %(span)s of business time.")
        spans.append(Span(text=said % {"span": formats.span(reply.value * 60)} + " "))
    if answered is not None and answered.value is not None and not answered.few:
        said = _("%(share)s of the posts that needed a person were answered.")
        spans.append(Span(text=said % {"share": formats.share(answered.value)} + " "))
    if made.demo:
        spans.append(Span(text=_("Demo: clicks and conversions are made up."), strong=True, tone="care"))
    return tuple(spans)


def _sections(made: Made, kept: _Kept) -> tuple[Section, ...]:
    head = (_("Figure"), _("Now"), _("Of how many"), _("Before"), _("How it moved"))

    def plain(name: str, *, wide: bool = True) -> Section:
        lines = [line for line in made.lines if line.definition.section == name]
        rows = tuple(kept.row(line, index_showing.short(line)) for line in lines)
        blocks = (Table(head=head, rows=rows, right=(1, 2, 3), widths=_PLAIN),) if rows else (_none(),)
        return Section(name=name, title=index_showing.own(index.SECTIONS[name]), blocks=blocks, wide=wide)

    leads = plain("leads")
    campaigns = _campaigns(made)
    return (
        _brand(made, kept),
        replace(leads, blocks=(*leads.blocks, *campaigns)),
        plain("service"),
        plain("community"),
        _mix(made, kept),
        plain("learning"),
    )


def _none() -> Paragraph:
    return Paragraph(spans=(Span(text=_("None in these days."), dim=True),))


def _brand(made: Made, kept: _Kept) -> Section:
    top = index_showing.scale(made.of("voice_share"))
    mood = index_showing.scale(made.of("negative"))
    rows = []
    for name in ("", *made.peers):
        voice, ill, well = (made.one(figure, name) for figure in ("voice_share", "negative", "positive"))

        def shown(line: Line | None, top: float = 1.0) -> Row | None:
            return index_showing.row(line, made, top=top) if line is not None else None

        cells = [_cell(name or made.brand.name, strong=not name)]
        if made.peers:
            cells += [_bar(voice, top), kept.cell(voice, shown(voice)),
                      _cell(index_showing.was(voice) if voice else "", dim=True)]  # fmt: skip
        cells += [_bar(ill, mood), kept.cell(ill, shown(ill)), kept.cell(well, shown(well))]
        rows.append(tuple(cells))
    head = [_("Brand")]
    if made.peers:
        head += [f"0 – {formats.share(top)}", _("Share of voice"), _("Before")]
    head += [f"0 – {formats.share(mood)}", _("Speak ill"), _("Speak well")]
    right = (2, 3, 5, 6) if made.peers else (2, 3)
    acts = made.of("acts")
    told = ", ".join(f"{index_showing.VERDICTS[line.of][0]} {line.count}" for line in acts) or _("none was entered")
    note = Paragraph(spans=(Span(text=_("Our acts, by how they were received: %(acts)s.") % {"acts": told}),))
    how = index_showing.how_read(made).rstrip(":")
    said = Paragraph(spans=(Span(text=f"{how}.", dim=True),), size="note") if how else note
    drawn = Table(head=tuple(head), rows=tuple(rows), right=right, widths=_WITH_PEERS if made.peers else _ALONE)
    title = index_showing.own(index.SECTIONS["brand"])
    return Section(name="brand", title=title, blocks=(drawn, said, note) if how else (drawn, note))


def _bar(line: Line | None, top: float, *, marks: tuple[float, ...] = (), tone: str = "") -> Cell:
    if line is None or line.few or line.interval is None or line.value is None:
        return _cell("")
    then = line.was if line.was is not None and line.was.interval is not None and line.was.n >= 30 else None
    was = (
        (then.value, then.interval.low, then.interval.high)
        if then and then.value is not None and then.interval
        else None
    )
    alt = index_showing.spoken(index_showing.own(line.definition.title), line)
    return Cell(
        bar=Bar(top=top, value=line.value, low=line.interval.low, high=line.interval.high, was=was, marks=marks,
                tone=tone, alt=alt)
    )  # fmt: skip


def _campaigns(made: Made) -> tuple[Table, ...]:
    rows = []
    for one in index_showing.campaign_rows(made.campaigns, made.period)[:12]:
        told = f"{one['share']} {one['band']}" if one["share"] else ""
        rows.append(
            (_cell(one["name"]), _cell(one["opens"]), _cell(one["visits"] or "–"), _cell(one["conversions"] or "–"),
             _cell(told), _cell(", ".join(one["worth"])))
        )  # fmt: skip
    head = (_("Campaign"), _("Opens of our links"), _("Visits"), _("Conversions"), _("Of visits"), _("Value"))
    return (Table(head=head, rows=tuple(rows), right=(1, 2, 3, 4, 5), widths=_CAMPAIGNS),) if rows else ()


def _mix(made: Made, kept: _Kept) -> Section:
    rows = []
    for line in made.of("posts_out"):
        reception = made.one("mix_reception", line.of)
        word, tone = index_showing.VERDICTS[reception.verdict] if reception else ("", "")
        rows.append(
            (_cell(str(index_showing.PILLARS.get(line.of, line.of))), _cell(index_showing.count(line)),
             _bar(reception, 1.0, marks=(0.4, 0.6)),
             kept.cell(reception, index_showing.row(reception, made)) if reception else _cell(""),
             _cell(str(word), tone=_TONES.get(tone, ""), strong=True))
        )  # fmt: skip
    head = (_("Kind"), _("Posts"), _("0 – 100 %"), _("Praise among those who take sides"), _("Reception"))
    blocks = (Table(head=head, rows=tuple(rows), right=(1, 3), widths=_MIX),) if rows else (_none(),)
    return Section(name="mix", title=index_showing.own(index.SECTIONS["mix"]), blocks=blocks)


def _back(made: Made) -> tuple[Section, ...]:
    shown = {line.figure for line in made.lines}
    items: list[tuple[Span, ...]] = []
    for group in index_showing.definitions(shown):
        for one in group["rows"]:
            told = (
                f" = {one['formula']}.", f"{_('Denominator:')} {one['base']}.", one["says"],
                f"{_('Counted from:')} {one['counted']}.", f"{_('Source:')} {one['source']}.",
            )  # fmt: skip
            items.append((Span(text=one["title"], strong=True), Span(text=" ".join(told))))
    never = tuple((Span(text=index_showing.own(one)),) for one in index.NEVER)
    networks = _seen(made)
    return (
        Section(name="coverage", title=_("Coverage"), blocks=(Paragraph(spans=(Span(text=networks),), size="note"),)),
        Section(name="never", title=_("What never stands here"), blocks=(Items(items=never),)),
        Section(name="definitions", title=_("What each number is"), blocks=(Items(items=tuple(items)),)),
    )


def _seen(made: Made) -> str:
    networks: Sequence[tuple[str, int]] = made.heard.own.coverage.networks
    if not networks:
        return _("Nothing was heard in these days.")
    told = ", ".join(f"{name} {formats.number(n)}" for name, n in networks)
    said = _("Posts by network: %(networks)s. No number speaks for a network that is not named here.")
    return said % {"networks": told}
