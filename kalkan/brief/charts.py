"""Charts and small drawings as SVG: Altair for the chart of days, plain shapes for intervals.

Owns their looks: few colours, legible in print and for the colour-blind (bars differ by lightness, lines by weight).
Promises the same bytes for the same numbers. The words beside a chart say what it shows; never decides what that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from kalkan.brief.page import Bar, Chart
from kalkan.formats import number

INK, BAR, NOW, GREY, LINE = "#1b1b1a", "#9cc4d1", "#0b5268", "#c4c2b9", "#8a887f"
TONES: Final = {"": "#9cc4d1", "calm": "#c4c2b9", "good": "#9cc4d1", "care": "#e6cf9c", "bad": "#dfb3c0"}
POINTS: Final = {"": "#0b5268", "calm": "#5d5b54", "good": "#0b5268", "care": "#7a5200", "bad": "#8c2144"}
WIDTH, HEIGHT = 330, 104
_FEW: Final = 14  # bars: of more, the highest alone is labelled, and every third day
BAR_WIDTH, BAR_HEIGHT = 96, 16


@cache
def _fonts() -> None:
    """Let chart text be measured and drawn with the fonts that the page carries."""
    import vl_convert

    from kalkan.brief.fonts import folder

    vl_convert.register_font_directory(str(folder()))


def days(chart: Chart, *, links: Mapping[str, str] | None = None) -> str:
    """The chart of days as SVG, as wide as half a page (330 × 104); a day opens where ``links`` has its question."""
    import altair
    import vl_convert

    _fonts()
    few, highest = len(chart.values) <= _FEW, max(chart.values, default=0)
    rows: list[dict[str, Any]] = [
        {
            "day": label,
            "n": value,
            "was": chart.was[i] if i < len(chart.was) else None,
            "said": number(value, lang=chart.lang) if few or value == highest else "",
            "marked": i == chart.marked,
            "href": (links or {}).get(chart.asks[i]) if i < len(chart.asks) else None,
        }
        for i, (label, value) in enumerate(zip(chart.labels, chart.values, strict=True))
    ]
    top = max([*chart.values, *chart.was, 1]) * 1.18
    axis = altair.Axis(title=None, labelAngle=0, ticks=False, domain=False, labelPadding=4, labelOverlap=False)
    if not few:
        axis.values = list(chart.labels[::3])
    x = altair.X("day:N", sort=list(chart.labels), axis=axis, scale=altair.Scale(paddingInner=0.25, paddingOuter=0.1))
    scale = altair.Scale(domain=[0, top])
    base = altair.Chart(altair.InlineData(values=rows))
    shade = altair.condition("datum.marked", altair.value(NOW), altair.value(BAR))
    bars = base.mark_bar().encode(x=x, y=altair.Y("n:Q", axis=None, scale=scale), color=shade)
    counts = base.mark_text(dy=-7, fontSize=9, color=INK).encode(
        x=x, y=altair.Y("n:Q", axis=None, scale=scale), text="said:N"
    )
    if any(row["href"] for row in rows):
        bars, counts = bars.encode(href="href:N"), counts.encode(href="href:N")
    layers = [bars, counts]
    if chart.was:
        layers.insert(
            1,
            base.transform_filter("datum.was !== null")
            .mark_tick(color=INK, thickness=1.6, orient="horizontal", size=WIDTH / max(len(rows), 1) * 0.8)
            .encode(x=x, y=altair.Y("was:Q", axis=None, scale=scale)),
        )
    drawn = (
        altair.layer(*layers)
        .properties(width=WIDTH - 10, height=HEIGHT - 24)
        .configure(font="Noto Sans", background="transparent", padding={"left": 2, "right": 2, "top": 2, "bottom": 2})
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=9, labelColor=LINE)
    )
    return str(vl_convert.vegalite_to_svg(drawn.to_json()))


def interval(bar: Bar, *, standalone: bool = False) -> str:
    """An interval on its scale as SVG, 96 × 16: a band with its point, the one before as a thin line below."""
    scale = BAR_WIDTH / (bar.top or 1)

    def x(value: float) -> float:
        return round(min(max(value, 0.0), bar.top) * scale, 1)

    def rect(low: float, high: float, y: float, height: float, fill: str) -> str:
        return f'<rect x="{low:g}" y="{y:g}" width="{max(high - low, 1):g}" height="{height:g}" fill="{fill}"/>'

    parts = [f'<line x1="0" x2="{BAR_WIDTH}" y1="15.5" y2="15.5" stroke="{GREY}" stroke-width="1"/>']
    parts += [
        f'<line x1="{x(mark):g}" x2="{x(mark):g}" y1="0" y2="15" stroke="{LINE}" stroke-dasharray="1.5 2"/>'
        for mark in bar.marks
    ]
    parts.append(rect(x(bar.low), x(bar.high), 2, 6, TONES[bar.tone]))
    parts.append(rect(x(bar.value) - 1, x(bar.value) + 1, 0, 10, POINTS[bar.tone]))
    if bar.was is not None:
        value, low, high = bar.was
        parts.append(rect(x(low), x(high), 11.5, 2, LINE))
        parts.append(rect(x(value) - 0.75, x(value) + 0.75, 10.5, 4, LINE))
    space = ' xmlns="http://www.w3.org/2000/svg"' if standalone else ""
    size = f'width="{BAR_WIDTH}" height="{BAR_HEIGHT}" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}"'
    return f"<svg{space} {size}>{''.join(parts)}</svg>"
