"""Stories as drawings: sparklines, the curve with its usual band and alarms, ribbons of feelings. Numbers only.

Owns that geometry. Promises that every drawing has a twin in words or a table, made from the same rows. Never counts,
never fetches, never makes HTML: templates write SVG from these numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

import pyarrow as pa
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from kalkan.desk import formats, stories, stories_words, telling
from kalkan.desk.models import Brand
from kalkan.figures import Figure, Figures, moment
from kalkan.figures.intervals import difference
from kalkan.stories.record import AlarmRow, StoryRow

HOURS: Final = 24
TALK: Final = timedelta(hours=HOURS)  # of a watched curve
BINS: Final = 48
_SPARK: Final = (132, 26)
_STEPS: Final = (5, 10, 20, 60, 180, 360, 1440)
_MOST_BINS: Final = 96


@dataclass(frozen=True, kw_only=True, slots=True)
class Spark:
    """Posts of the last hours as a small line. ``words`` is its twin."""

    line: str
    base: str  # y of usual; empty where nothing usual is known
    base_height: str
    end_x: str
    end_y: str
    alarm: str  # x of the last alarm; empty where it is older
    words: str


def spark(counts: Sequence[int], row: StoryRow, *, now: datetime) -> Spark:
    """``counts`` of :meth:`Book.sparklines` for ``row``."""
    width, height = _SPARK
    usual = row.usual_per_hour * HOURS / BINS
    top = max([*counts, usual, 1])

    def y(value: float) -> str:
        return f"{height - 2 - value / top * (height - 4):.1f}"

    step = width / max(len(counts) - 1, 1)
    age = (now - row.told) / timedelta(hours=HOURS)
    words = gettext("%(n)s posts in %(hours)s hours, most in half an hour: %(top)s") % {
        "n": formats.number(sum(counts)),
        "hours": HOURS,
        "top": formats.number(max(counts, default=0)),
    }
    return Spark(
        line=" ".join(f"{at * step:.1f},{y(value)}" for at, value in enumerate(counts)),
        base=y(usual) if usual >= top / 40 else "",
        base_height=f"{height - float(y(usual)):.1f}",
        end_x=f"{width:.1f}",
        end_y=y(counts[-1]) if counts else y(0),
        alarm=f"{width * (1 - age):.1f}" if 0 <= age <= 1 else "",
        words=words,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A story as a row of a list."""

    id: str
    title: str
    gravity: int
    scope: str
    state: str
    rises: bool
    spark: Spark
    since: datetime
    times: str
    authors: int
    posts: int
    langs: str
    about_us: int  # authors who name the brand
    near: tuple[tuple[str, int], ...]  # topics and peers of the brand that it names, with authors
    pile_on: bool


def lines(rows: Sequence[StoryRow], brand: Brand, *, now: datetime) -> tuple[Line, ...]:
    """``rows`` as a list shows them, with their last day."""
    drawn = stories.opened().sparklines([row.id for row in rows], until=now, hours=HOURS, bins=BINS) if rows else {}
    return tuple(_line(row, drawn.get(row.id, [0] * BINS), brand, now) for row in rows)


def risen(brand: Brand, *, now: datetime) -> tuple[Line, ...]:
    """What rises now, for the first page."""
    return lines(stories.rising(brand, now=now), brand, now=now)


def _line(row: StoryRow, counts: Sequence[int], brand: Brand, now: datetime) -> Line:
    own = f"brand:{brand.slug}"
    near = [part for part in row.watches if part.name != own and stories.sees(brand, part.name)]
    return Line(
        id=row.id,
        title=stories_words.title(row),
        gravity=row.gravity.level,
        scope=stories_words.scope(stories.scope_of(row.scope, brand)),
        state=stories_words.state(row),
        rises=row.state == "rising",
        spark=spark(counts, row, now=now),
        since=row.began,
        times=stories_words.times_words(row),
        authors=row.authors,
        posts=row.n,
        langs=stories_words.langs(row),
        about_us=next((part.authors for part in row.watches if part.name == own), 0),
        near=tuple(
            (stories.scope_of(part.name, brand).name, part.authors)
            for part in sorted(near, key=lambda one: (-one.authors, one.name))[:3]
        ),
        pile_on=row.pile_on is not None,
    )


# — the curve —


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid or a label under the curve."""

    at: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """An alarm on the curve."""

    x: str
    label: str
    words: tuple[str, ...]
    text_x: str
    anchor: str
    top: int  # lower where the line would cross the words of the first


@dataclass(frozen=True, kw_only=True, slots=True)
class Bin:
    """One stretch of the curve, for its table."""

    at: datetime
    posts: int
    authors: int
    usual: str
    band: str
    url: str  # its posts


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """The curve at one width."""

    width: int
    height: int
    left: int
    right: int
    base: int
    line: str
    band: str
    usual: str
    ticks: tuple[Tick, ...]
    labels: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    last: str
    last_x: str
    last_y: str
    words: str


_TOP: Final = 24
_BASE: Final = 196
_LEFT: Final = 34
_WORDS: Final = 170  # what the words beside the first alarm take


def step_of(row: StoryRow, now: datetime) -> int:
    """The stretch, in minutes, in which the story fits a curve."""
    end = now if row.state != "closed" else row.last
    length = max((end - row.began).total_seconds() / 60, 60)
    return next((step for step in _STEPS if length / step <= _MOST_BINS), _STEPS[-1])


def bins(table: pa.Table, *, step: int, url: Callable[[datetime, datetime], str]) -> tuple[Bin, ...]:
    """The rows of :meth:`Book.curve` (or of a watched curve, which counts no posts), as the table beside the drawing
    has them; ``url``: where the posts from one moment to another open."""
    return tuple(
        Bin(
            at=row["at"],
            posts=int(row["posts"] or 0),
            authors=int(row["authors"]),
            usual=formats.number(row["usual"], 0 if row["usual"] >= 10 else 1),
            band=f"{formats.number(row['low'])}–{formats.number(row['high'])}",
            url=url(row["at"], row["at"] + timedelta(minutes=step)),
        )
        for row in table.to_pylist()
    )


def busiest(rows: Sequence[Bin]) -> Bin | None:
    """The stretch with the most authors, the first of several; None of none."""
    return max(rows, key=lambda one: one.authors, default=None)


def curve(table: pa.Table, alarms: Sequence[AlarmRow], *, step: int, width: int, labels: int) -> Curve | None:
    """The curve of authors in stretches of ``step`` minutes; None where there is nothing to draw yet."""
    rows = table.to_pylist()
    if not rows:
        return None
    right, span = width - 8, max(len(rows) - 1, 1)
    first = rows[0]["at"]
    top = _top(max([*(row["authors"] for row in rows), *(row["high"] for row in rows), 4]))

    def x(at: float) -> float:
        return _LEFT + at / span * (right - _LEFT)

    def y(value: float) -> float:
        return _BASE - value / top * (_BASE - _TOP)

    def path(name: str) -> list[str]:
        return [f"{x(at):.1f} {y(row[name]):.1f}" for at, row in enumerate(rows)]

    last = rows[-1]["authors"]
    return Curve(
        width=width,
        height=230,
        left=_LEFT,
        right=right,
        base=_BASE,
        line=" ".join(point.replace(" ", ",") for point in path("authors")),
        band="M" + " L".join([*path("high"), *reversed(path("low"))]) + "Z",
        usual=" ".join(point.replace(" ", ",") for point in path("usual")),
        ticks=tuple(Tick(f"{y(value):.1f}", formats.number(value)) for value in _grid(top)),
        labels=_times(rows, x, labels),
        marks=_marks(alarms, lambda at: x((at - first) / timedelta(minutes=step)), (_LEFT, right)),
        last=formats.number(last),
        last_x=f"{right:.1f}",
        last_y=f"{max(y(last) - 8, 12):.1f}",
        words=_curve_words(rows, alarms, step),
    )


def _top(value: float) -> int:
    scale = 1
    while True:
        for round_one in (1, 2, 5):
            if value <= round_one * scale * 4:
                return round_one * scale * 4
        scale *= 10


def _grid(top: int) -> list[int]:
    return [top * part // 4 for part in range(5)]


def _times(rows: Sequence[dict[str, Any]], x: Any, labels: int) -> tuple[Tick, ...]:
    """Up to ``labels`` times under the curve; the day is named where it is another than in the label before."""
    every = max(1, ceil((len(rows) - 1) / max(labels - 1, 1)))
    found, before = [], formats.local(timezone.now()).date()
    for at in range(0, len(rows), every):
        moment_ = rows[at]["at"]
        label = formats.clock(moment_)
        here = formats.local(moment_).date()
        if here != before:
            label = f"{formats.day(moment_)} {label}"
        before = here
        found.append(Tick(f"{x(at):.1f}", label))
    return tuple(found)


def _marks(alarms: Sequence[AlarmRow], x: Any, ends: tuple[int, int]) -> tuple[Mark, ...]:
    found: list[Mark] = []
    for number, alarm in enumerate(sorted(alarms, key=lambda one: one.at)):
        at = min(max(x(alarm.at), ends[0]), ends[1])
        before = at > (ends[0] + ends[1]) / 2
        first = number == 0
        beside = not first and (at - float(found[0].x)) * (-1 if found[0].anchor == "end" else 1) < _WORDS
        found.append(
            Mark(
                x=f"{at:.1f}",
                label=gettext("Alarm %(time)s") % {"time": formats.clock(alarm.at)} if first else "",
                words=delays(alarm) if first else (),
                text_x=f"{at - 6 if before else at + 6:.1f}",
                anchor="end" if before else "start",
                top=64 if beside and at >= float(found[0].x) else 18,
            )
        )
    return tuple(found)


def delays(alarm: AlarmRow) -> tuple[str, ...]:
    """How long after the first post and the fifth author an alarm came."""
    words = [gettext("%(span)s after the first post") % {"span": stories_words.minutes(alarm.after_first)}]
    if alarm.after_fifth is not None:
        words.append(gettext("%(span)s after the fifth author") % {"span": stories_words.minutes(alarm.after_fifth)})
    return tuple(words)


def _curve_words(rows: Sequence[dict[str, Any]], alarms: Sequence[AlarmRow], step: int) -> str:
    peak = max(rows, key=lambda row: row["authors"])
    words = gettext(
        "Authors in each %(step)s. Usual: %(low)s to %(high)s. Most: %(peak)s at %(at)s; last: %(last)s."
    ) % {
        "step": formats.span(step * 60),
        "low": formats.number(rows[-1]["low"]),
        "high": formats.number(rows[-1]["high"]),
        "peak": formats.number(peak["authors"]),
        "at": formats.clock(peak["at"]),
        "last": formats.number(rows[-1]["authors"]),
    }
    times = ", ".join(formats.clock(alarm.at) for alarm in sorted(alarms, key=lambda one: one.at)[:3])
    if not times:
        return words
    return words + " " + ngettext("Alarm at %(times)s.", "Alarms at %(times)s.", len(alarms)) % {"times": times}


# — feelings —


@dataclass(frozen=True, kw_only=True, slots=True)
class Ribbon:
    """One feeling over time: a band of its 95 % interval and a line, on one scale with the others."""

    name: str
    value: str
    band: str
    url: str
    rib: str
    line: str
    clear: bool
    first: str
    last: str
    words: str


_RIBBON: Final = (190, 62)
_LEAST: Final = 5  # authors in a stretch, for a point to be drawn


def ribbons(whole: Figures, by: Figures, measures: Sequence[str], urls: dict[str, str]) -> tuple[Ribbon, ...]:
    """Feelings over the hours (or days) of ``by``, those with the largest share in ``whole``."""
    kept = [row for row in by.of(measures[0]) if row.n >= _LEAST]
    if len(kept) < 2:
        return ()
    keys = [row.key for row in kept]
    series = {name: [row for row in by.of(name) if row.key in keys] for name in measures}
    ends = [row.interval.high for rows in series.values() for row in rows if row.interval]
    top = max([*ends, 0.05])
    return tuple(_ribbon(whole.one(name), series[name], top, urls[name], str(by.ask.by)) for name in measures)


def _ribbon(total: Figure, rows: Sequence[Figure], top: float, url: str, by: str) -> Ribbon:
    width, height = _RIBBON

    def point(at: int, value: float) -> str:
        return f"{2 + at / (len(rows) - 1) * (width - 4):.1f} {height - value / top * (height - 4):.1f}"

    intervals = [row.interval for row in rows if row.interval is not None]
    upper = [point(at, one.high) for at, one in enumerate(intervals)]
    lower = [point(at, one.low) for at, one in enumerate(intervals)]
    first, last = rows[0], rows[-1]
    change = difference(last.count, last.n, first.count, first.n)
    name = str(telling.NAMES[total.measure])
    words = gettext("%(name)s from %(was)s at %(from)s to %(now)s at %(to)s") % {
        "name": name,
        "was": formats.share(first.value),
        "from": _bucket(first, by),
        "now": formats.share(last.value),
        "to": _bucket(last, by),
    }
    return Ribbon(
        name=name,
        value=formats.share(total.value),
        band=telling.band(total.interval),
        url=url,
        rib="M" + " L".join([*upper, *reversed(lower)]) + "Z",
        line=" ".join(point(at, row.value).replace(" ", ",") for at, row in enumerate(rows)),
        clear=not change.touches(0.0),
        first=_bucket(first, by),
        last=_bucket(last, by),
        words=words,
    )


def _bucket(row: Figure, by: str) -> str:
    at = moment(row.key)
    return formats.clock(at) if by == "hour" else formats.day(at)


@dataclass(frozen=True, slots=True)
class FeltRow:
    """One hour (or day) of the feelings' table."""

    at: str
    n: str
    shares: tuple[tuple[str, str], ...]


def felt(by: Figures, measures: Sequence[str]) -> tuple[FeltRow, ...]:
    """The table beside the ribbons."""
    rows = {name: by.of(name) for name in measures}
    return tuple(
        FeltRow(
            _bucket(row, str(by.ask.by)),
            formats.number(row.n),
            tuple((formats.share(rows[name][at].value), telling.band(rows[name][at].interval)) for name in measures),
        )
        for at, row in enumerate(rows[measures[0]])
        if row.n
    )


def choices(brand: Brand) -> list[tuple[str, str]]:
    """The scopes that a list may be narrowed to, by name."""
    return [(one.id, stories_words.scope(one)) for one in stories.scopes(brand)]
