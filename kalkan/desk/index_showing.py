"""The index as its page and its files show it: words, bars, links to what stands behind each number, rows of CSV.

Promises that every number is a link to what it was counted from, that a share never stands without its interval and
denominator, and that cells of a CSV cannot be taken for formulas. Never counts.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from kalkan import index
from kalkan.desk import formats, showing
from kalkan.desk.indexing import Made, Point, both_ask
from kalkan.figures import Interval
from kalkan.index import Campaign, Definition, Line, Period

WIDTH: Final = 168
_SCALES: Final = (4, 8, 12, 16, 20, 24, 32, 40, 48, 60, 80, 100)
PILLARS: Final[dict[str, Any]] = {
    "product": gettext_lazy("product"), "service": gettext_lazy("service"), "education": gettext_lazy("education"),
    "cause": gettext_lazy("cause"), "community": gettext_lazy("community"), "other": gettext_lazy("no kind chosen"),
}  # fmt: skip
VERDICTS: Final[dict[str, tuple[Any, str]]] = {
    "praised": (gettext_lazy("praised"), "go"), "called_out": (gettext_lazy("called out"), "hold"),
    "mixed": (gettext_lazy("mixed"), "care"), "ignored": (gettext_lazy("ignored"), "none"),
    "silent": (gettext_lazy("silent"), "none"), "too_few": (gettext_lazy("too few to say"), "none"),
}  # fmt: skip
_PLAIN: Final = ("leads", "service", "community", "learning")
_LADDER: Final = {
    "output": ("posts", "replies"),
    "outtake": ("voice_share", "negative", "thanks"),
    "outcome": ("first_reply", "answered", "opens", "visits"),
    "impact": ("conversions", "conversion_share", "value"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One figure as a row of a table."""

    figure: str
    title: str
    url: str
    value: str  # too few to say: empty
    band: str
    count: str  # 26 of 29
    was: str
    change: str  # up, down, same, none
    words: str
    few: bool
    bar: dict[str, str] | None
    spoken: str
    how: str
    verdict: str = ""
    tone: str = ""


def own(words: index.definitions.Words) -> str:
    """The one of two that the page is in."""
    return words[1] if formats.language() == "tr" else words[0]


def row(line: Line, made: Made, *, top: float = 1.0, title: str = "") -> Row:
    """``line`` as a row; ``top`` is where the scale of its bar ends."""
    word, tone = VERDICTS.get(line.verdict, ("", ""))
    named = title or own(line.definition.title)
    shown = "" if line.few and line.definition.unit == "share" else value(line)
    return Row(
        figure=line.figure, title=named, url=link(line, made), value=shown, band=band(line), count=count(line),
        was=was(line), change=line.direction, words=change(line), few=line.few, how=line.how,
        bar=bar(line, top) if line.definition.unit == "share" and not line.few and line.interval else None,
        spoken=spoken(named, line), verdict=str(word), tone=tone,
    )  # fmt: skip


def value(line: Line) -> str:
    """The number as people read it; empty where it is not known."""
    unit = line.definition.unit
    if unit == "money":
        return money(line.money, line.of)
    if line.value is None:
        return ""
    if unit == "share":
        return formats.share(line.value)
    return formats.span(line.value * 60) if unit == "minutes" else formats.number(line.count)


def money(amount: Any, currency: str) -> str:
    """An amount in its currency."""
    return f"{formats.number(float(amount or 0), 2)} {currency}".strip()


def band(line: Line) -> str:
    """The interval in words: (15–21), (28 min – 51 min); empty where there is none or it says nothing."""
    if line.interval is None or line.few:
        return ""
    if line.definition.unit == "minutes":
        return f"({formats.span(line.interval.low * 60)} – {formats.span(line.interval.high * 60)})"
    return f"({round(line.interval.low * 100)}–{round(line.interval.high * 100)})"


def count(line: Line) -> str:
    """What it was counted from: 26 of 29; n 29."""
    if line.definition.unit == "share":
        return _("%(count)s of %(n)s") % {"count": formats.number(line.count), "n": formats.number(line.n)}
    return f"n {formats.number(line.n)}" if line.definition.unit == "minutes" else ""


def was(line: Line) -> str:
    """The same for the period before; empty where it may not be compared."""
    if line.was is None:
        return ""
    unit = line.definition.unit
    if unit == "share":
        if line.was.n < 30 or line.was.value is None:
            return _("%(count)s of %(n)s") % {
                "count": formats.number(line.was.count), "n": formats.number(line.was.n)
            } if line.was.n else ""  # fmt: skip
        return formats.share(line.was.value)
    if line.was.value is None:
        return ""
    if unit == "minutes":
        return formats.span(line.was.value * 60)
    return money(line.was.value, line.of) if unit == "money" else formats.number(line.was.count)


def change(line: Line) -> str:
    """How it stands against the period before."""
    return {
        "up": _("up"), "down": _("down"), "same": _("no clear change"),
        "none": "" if line.was is not None else _("nothing to compare with"),
    }[line.direction]  # fmt: skip


def spoken(title: str, line: Line) -> str:
    """The bar for those who hear the page."""
    if line.interval is None or line.value is None:
        return title
    return _("%(what)s: now %(share)s, between %(low)s and %(high)s") % {
        "what": title, "share": formats.share(line.value), "low": round(line.interval.low * 100),
        "high": round(line.interval.high * 100),
    }  # fmt: skip


def bar(line: Line, top: float) -> dict[str, str]:
    """The interval on 0 to WIDTH, with the one before."""

    def at(part: float) -> float:
        return min(part, top) / top * WIDTH

    assert line.interval is not None and line.value is not None
    drawn = {
        "x": f"{at(line.interval.low):.1f}",
        "width": f"{max(at(line.interval.high) - at(line.interval.low), 1):.1f}",
        "point": f"{max(at(line.value) - 1, 0):.1f}",
    }
    if line.was is not None and line.was.interval is not None and line.was.value is not None and line.was.n >= 30:
        then = line.was.interval
        drawn |= {
            "was_x": f"{at(then.low):.1f}", "was_width": f"{max(at(then.high) - at(then.low), 1):.1f}",
            "was_point": f"{max(at(line.was.value) - 0.75, 0):.1f}",
        }  # fmt: skip
    return drawn


def scale(lines: Iterable[Line]) -> float:
    """Where one scale for these shares ends."""
    ends = [line.interval.high for line in lines if line.interval and not line.few]
    ends += [line.was.interval.high for line in lines if line.was and line.was.interval and line.was.n >= 30]
    return next((one for one in _SCALES if one >= 100 * max(ends, default=0.0)), 100) / 100


def link(line: Line, made: Made) -> str:
    """Where what stands behind ``line`` is listed."""
    if line.ask is not None:
        return showing.link(line.ask)
    if line.figure == "acts":
        return reverse("cases")
    found = reverse("index_behind", args=(made.period.name, line.figure))
    return f"{found}?{urlencode({'of': line.of})}" if line.of else found


# — the page —


def page(made: Made) -> dict[str, Any]:
    """Everything the page shows, beside its frame."""
    voices = made.of("voice_share")
    return {
        "headline": headline(made), "people_n": sum(line.count for line in made.of("mentioners")),
        "made": made, "period": made.period, "title": made.period.title(formats.language()),
        "earlier": earlier(made), "ladder": ladder(made),
        "brands": brands(made), "brands_top": formats.share(scale(voices)) if voices else "",
        "mood_top": formats.share(scale(made.of("negative"))),
        "people": _of(made, "mentioners"), "voice": _of(made, "voice_share"), "ill": _of(made, "negative"),
        "well": _of(made, "positive"), "acts": [row(line, made) for line in made.of("acts")],
        "tables": {name: table(made, name) for name in _PLAIN}, "mix": mix(made),
        "campaigns": campaign_rows(made.campaigns, made.period),
        "sent": sum(line.count for line in made.of("posts_out")),
        "definitions": definitions({line.figure for line in made.lines}), "never": [own(one) for one in index.NEVER],
        "first_reply": _of(made, "first_reply"), "answered": _of(made, "answered"),
        "opens": _of(made, "opens"), "conversions": _of(made, "conversions"), "charts": charts(made),
        "how": how_read(made), "uncorrected": any(line.how == "uncorrected" for line in made.of("negative")),
        "goal": made.goal.total_seconds(),
    }  # fmt: skip


def headline(made: Made) -> str:
    """What a colleague would say of it, from the figures below alone; a change only where it is sure."""
    voice, people, ill = made.one("voice_share"), made.one("mentioners"), made.one("negative")
    if voice is not None and not voice.few and voice.value is not None:
        share = {"share": formats.share(voice.value)}
        said = {
            "up": _("%(share)s of the talk about us and our peers was about us, more than before."),
            "down": _("%(share)s of the talk about us and our peers was about us, less than before."),
        }.get(voice.direction, _("%(share)s of the talk about us and our peers was about us.")) % share  # fmt: skip
    elif people is not None and people.count:
        n = {"n": formats.number(people.count)}
        said = ngettext("%(n)s person spoke to or of us.", "%(n)s people spoke to or of us.", people.count) % n
    else:
        return _("Nothing was heard of us in %(period)s.") % {"period": made.period.title(formats.language())}
    mood = {"up": _("More of them spoke ill of us."), "down": _("Fewer of them spoke ill of us.")}
    return " ".join(filter(None, (said, mood.get(ill.direction, "") if ill is not None else "")))


def how_read(made: Made) -> str:
    """Whether the reader's own mistakes are taken out of how people speak, and by how many labels."""
    ill = made.one("negative")
    if ill is None or not ill.n:
        return ""
    if ill.how == "uncorrected":
        return _("How people speak is as the reader reads it, uncorrected:")
    said = _(
        "How people speak of us is corrected by %(n)s random labels (the reader alone: %(share)s); of peers it is not:"
    )
    return said % {"n": formats.number(ill.labels), "share": formats.share(ill.counted or 0.0)}


def earlier(made: Made) -> str:
    """What the period is set beside, in words."""
    here = formats.local(made.period.was_since)
    if made.period.kind == "year":
        name = str(here.year)
    else:
        name = f"{formats.MONTHS[formats.language()].split()[here.month - 1]} {here.year}"
    return _("the same days of %(period)s") % {"period": name} if made.period.running else name


def _of(made: Made, figure: str) -> Row | None:
    line = made.one(figure)
    return row(line, made) if line is not None else None


def ladder(made: Made) -> list[dict[str, Any]]:
    """A column for each stage with its first figures."""
    found = []
    for stage, names in _LADDER.items():
        rows = [_posts(made)] if "posts" in names else []
        for name in names:
            rows += [row(line, made, title=short(line)) for line in made.of(name) if not line.of or name == "value"]
        title, _colon, said = own(index.STAGES[stage]).partition(": ")
        found.append({"title": title, "said": said, "rows": [one for one in rows if one.value or one.count]})
    return found


def short(line: Line) -> str:
    """Its title, with what it is of."""
    title = own(line.definition.title)
    return f"{title}, {line.of}" if line.of and line.definition.unit != "money" else title


def _posts(made: Made) -> Row:
    """Posts that went out, all kinds together."""
    lines = made.of("posts_out")
    n = sum(line.count for line in lines)
    return Row(
        figure="posts_out", title=_("Posts that went out"), value=formats.number(n),
        url=reverse("index_behind", args=(made.period.name, "posts_out")),
        band="", count="", was="", change="none", words="", few=False, bar=None, spoken="", how="",
    )  # fmt: skip


def brands(made: Made) -> list[dict[str, Any]]:
    """A row for us and each peer: share of voice, how people speak of them."""
    top, mood = scale(made.of("voice_share")), scale(made.of("negative"))
    found = []
    for name in ("", *made.peers):
        voice, ill, well = (made.one(figure, name) for figure in ("voice_share", "negative", "positive"))
        found.append(
            {
                "name": name or made.brand.name, "own": not name,
                "voice": row(voice, made, top=top) if voice else None,
                "authors": formats.number(voice.count) if voice else "",
                "ill": row(ill, made, top=mood) if ill else None, "well": row(well, made, top=mood) if well else None,
                "both": showing.link(both_ask(made.brand, made.period, name)) if name else "",
            }
        )  # fmt: skip
    return found


def table(made: Made, section: str) -> list[Row]:
    """The plain figures of one section."""
    lines = [line for line in made.lines if line.definition.section == section]
    return [row(line, made, title=short(line)) for line in lines]


def campaign_rows(rows: Iterable[Campaign], period: Period) -> list[dict[str, Any]]:
    """A row for each campaign."""
    when = period.name
    found = []
    for one in rows:
        share = one.share() if one.both else None
        found.append(
            {
                "name": one.name, "opens": formats.number(one.opens), "links": one.links,
                "visits": formats.number(one.visits) if one.visits is not None else "",
                "conversions": formats.number(one.conversions) if one.conversions is not None else "",
                "share": value(share) if share and not share.few else "", "band": band(share) if share else "",
                "few": bool(share and share.few),
                "worth": [money(amount, currency) for currency, amount in sorted(one.value.items())],
                "url": f"{reverse('index_behind', args=(when, 'campaign'))}?{urlencode({'of': one.name})}",
            }
        )  # fmt: skip
    return found


def mix(made: Made) -> list[dict[str, Any]]:
    """A row for each kind of post: how much, and how received."""
    found = []
    for line in made.of("posts_out"):
        reception = made.one("mix_reception", line.of)
        found.append(
            {
                "name": str(PILLARS.get(line.of, line.of)), "url": link(line, made), "n": formats.number(line.count),
                "of": count(line), "width": f"{(line.value or 0.0) * WIDTH:.1f}",
                "was": formats.number(line.was.count) if line.was else "",
                "reception": row(reception, made) if reception else None,
            }
        )  # fmt: skip
    return found


def definitions(shown: set[str]) -> list[dict[str, Any]]:
    """What each figure on the page is, by section."""
    found = []
    for section, title in index.SECTIONS.items():
        rows = [said(one) for one in index.DEFINITIONS.values() if one.section == section and one.name in shown]
        if rows:
            found.append({"title": own(title), "rows": rows})
    return found


def said(one: Definition) -> dict[str, str]:
    """A definition in the page's language."""
    return {
        "name": one.name, "title": own(one.title), "stage": own(index.STAGES[one.stage]).partition(":")[0],
        "formula": own(one.formula), "base": own(one.base), "says": own(one.says), "counted": own(one.counted),
        "source": one.source,
    }  # fmt: skip


# — charts —

_HIGH: Final = 72


def charts(made: Made) -> list[dict[str, Any]]:
    """Small drawings of the months: share of voice, those who speak ill, opens; each with its rows for the twin."""
    if len(made.points) < 2:
        return []
    found = []
    for name, title in (("voice", own(index.DEFINITIONS["voice_share"].title)),
                        ("negative", own(index.DEFINITIONS["negative"].title))):  # fmt: skip
        lines = [getattr(one, name) for one in made.points]
        if any(line and not line.few for line in lines):
            found.append({"name": name, "title": title, **_intervals(made, lines)})
    if any(one.opens for one in made.points):
        found.append({"name": "opens", "title": own(index.DEFINITIONS["opens"].title), **_bars(made)})
    return found


def _intervals(made: Made, lines: Sequence[Line | None]) -> dict[str, Any]:
    top, step = scale([line for line in lines if line]), WIDTH * 1.5 / len(lines)
    columns = []
    for at, (point, line) in enumerate(zip(made.points, lines, strict=True)):
        column = _column(point, at, step)
        if line and line.interval and line.value is not None and not line.few:
            low, high = (_HIGH * (1 - min(end, top) / top) for end in (line.interval.low, line.interval.high))
            column |= {
                "y": f"{high:.1f}", "height": f"{max(low - high, 1.5):.1f}",
                "tick": f"{_HIGH * (1 - min(line.value, top) / top) - 1:.1f}", "value": value(line), "band": band(line),
                "count": count(line), "url": showing.link(line.ask) if line.ask else "",
            }  # fmt: skip
        columns.append(column)
    return {"columns": columns, "top": formats.share(top), "width": WIDTH * 1.5, "height": _HIGH}


def _bars(made: Made) -> dict[str, Any]:
    most, step = max(one.opens for one in made.points), WIDTH * 1.5 / len(made.points)
    columns = []
    for at, point in enumerate(made.points):
        high = point.opens / most * _HIGH
        columns.append(
            _column(point, at, step)
            | {"y": f"{_HIGH - high:.1f}", "height": f"{high:.1f}", "value": formats.number(point.opens), "band": "",
               "count": ""}
        )  # fmt: skip
    return {"columns": columns, "top": formats.number(most), "width": WIDTH * 1.5, "height": _HIGH}


def _column(point: Point, at: int, step: float) -> dict[str, Any]:
    month = formats.MONTHS[formats.language()].split()[(point.period.month or 1) - 1]
    return {
        "x": f"{at * step + step * 0.3:.1f}", "width": f"{step * 0.4:.1f}", "middle": f"{at * step + step / 2:.1f}",
        "label": month[:3], "name": point.period.title(formats.language()), "period": point.period.name,
        "value": "", "band": "", "count": "", "url": "", "running": point.period.running,
    }  # fmt: skip


def chart_rows(made: Made, name: str) -> list[tuple[Any, ...]]:
    """The numbers of one chart, its head first."""
    if name == "opens":
        return [("period", "opens", "conversions"),
                *((one.period.name, one.opens, one.conversions) for one in made.points)]  # fmt: skip
    found: list[tuple[Any, ...]] = [("period", "value", "low", "high", "count", "n")]
    for point in made.points:
        line: Line | None = getattr(point, name)
        if line is None:
            found.append((point.period.name, "", "", "", 0, 0))
            continue
        numbers = (line.value, _end(line.interval, "low"), _end(line.interval, "high"))
        found.append((point.period.name, *(_known(one, line.few) for one in numbers), line.count, line.n))
    return found


# — as a file —

COLUMNS: Final = (
    "period", "section", "stage", "figure", "of", "value", "count", "n", "low", "high", "before", "before_n", "change",
    "unit", "currency", "how", "formula", "denominator",
)  # fmt: skip


def plain(made: Made) -> list[dict[str, Any]]:
    """Every line as plain values: shares 0–1, times in minutes; what is too few to say has no value."""
    found = []
    for line in made.lines:
        what, few = line.definition, line.few and line.definition.unit == "share"
        then = line.was
        found.append(
            {
                "period": made.period.name, "section": what.section, "stage": what.stage, "figure": line.figure,
                "of": line.of, "value": _known(line.money if line.money is not None else line.value, few),
                "count": line.count, "n": line.n, "low": _known(_end(line.interval, "low"), few),
                "high": _known(_end(line.interval, "high"), few), "before": _known(then.value if then else None, False),
                "before_n": then.n if then else "", "change": line.direction, "unit": what.unit,
                "currency": line.of if what.unit == "money" else "", "how": line.how, "formula": own(what.formula),
                "denominator": own(what.base),
            }
        )  # fmt: skip
    return found


def _end(interval: Interval | None, name: str) -> float | None:
    return getattr(interval, name) if interval is not None else None


def _known(value: Any, few: bool) -> Any:
    if value is None or few:
        return ""
    return round(value, 4) if isinstance(value, float) else str(value)


def sheet(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV (RFC 4180). Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for one in rows:
        writer.writerow([_calm(cell) for cell in one])
    return "\ufeff" + out.getvalue()


def _calm(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
