"""The shield's figures as a page and a picture, from ``results/shield.json``: the whole trade-off, by language.

Owns their layout only; ``docs/make.py`` writes them. Promises that every number in them stands in the results.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kalkan.shield import CUTS

ROWS: Final = {
    "airline_negative": "complaints to six airlines (negative tweets)",
    "complaints": "complaints to support accounts",
    "olid_targeted": "English abuse aimed at somebody (OLID)",
    "turkish_offence": "Turkish offence (OffensEval 2020)",
    "turkish_incivil": "Turkish incivility",
    "olid_not_offensive": "English not offensive (OLID, mostly politics)",
    "turkish_not_offensive": "Turkish not offensive",
    "turkish_university_negative": "Turkish, negative about universities (many of them curses)",
    "praise": "thanks to airlines",
    "threats": "threats, harm and incitement (EDOS)",
    "sexism_other": "other sexism (EDOS)",
    "not_sexist": "the other posts of EDOS (Gab and Reddit)",
}
PILE: Final = {
    "posts": "mentions in the list",
    "of_the_pile_on": "of them in the pile-on",
    "cards": "cards",
    "rows_in_cards": "rows in cards",
    "wrongly_merged": "wrongly merged",
    "missed": "missed",
    "rows_left_in_the_list": "rows left in the list, cards counted",
    "grievances_kept_beside": "questions and complaints of the cards kept in the list as well",
    "abuse_characters_before": "characters of abuse that stand open without the shield",
    "abuse_characters_after_folding": "with folding",
    "abuse_characters_after_cards": "with the card",
}
AT: Final = (0.1, 0.2, 0.3, 0.4, 0.46, 0.5, 0.54, 0.6, 0.7, 0.8, 0.9)
WIDE: Final = 700
HIGH: Final = 330
BOX: Final = 250  # of a panel
FONT: Final = 'font-family="sans-serif" font-size="12"'


def page(figures: dict[str, Any]) -> str:
    """The page ``docs/reference/shield-figures.md``."""
    lines = ["# What the shield folds, in figures\n"]
    lines.append(
        "On the val rows of labelled sets, read by the fast tier (recipe "
        f"`{figures['recipe']}`), by `python -m benchmarks shield`. In brackets 95 % intervals. Folded or held counts a"
        " post of which one word is folded; as a whole counts those of which nothing can be read before a click. What"
        " they mean and where they are weak: [the shield](../explanation/shield.md).\n"
    )
    lines += [
        "## At the policy as shipped\n",
        "| rows | n | folded or held | as a whole | held |",
        "|---|---|---|---|---|",
    ]
    both, inbox = {"held": None, **figures["critics_pooled"]}, figures["support_inbox"]
    told = [(title, figures["default"][name]) for name, title in ROWS.items()]
    told += [
        ("both sets of complaints together", both),
        ("a music service's support inbox, six weeks as they came", inbox),
    ]
    for title, one in told:
        shares = [_share(one[what]) for what in ("folded_or_held", "whole", "held")]
        lines.append(f"| {title} | {one['n']:,} | {' | '.join(shares)} |")
    lines += ["", *_folds(figures), "## Strictness\n", "| | " + " | ".join(CUTS) + " |", "|---|---|---|---|"]
    for name in figures["strictness"]["balanced"]:
        shares = [_share(figures["strictness"][one][name]) for one in CUTS]
        lines.append(f"| {ROWS[name]} | {' | '.join(shares)} |")
    lines += ["", "## The whole trade-off\n", "![The trade-off by language](../pictures/shield-trade-off.svg)\n"]
    lines.append("The picture in words: for each cut, the share of which anything is folded or held.\n")
    kept = [one for one in figures["curve"] if one["cut"] in AT]
    names = [name for name in ROWS if name in kept[0]]
    lines += ["| cut | " + " | ".join(ROWS[name] for name in names) + " |", "|" + "---|" * (len(names) + 1)]
    lines += ["| " + " | ".join([f"{one['cut']:.2f}", *(_percent(one[name]) for name in names)]) + " |" for one in kept]
    pile = figures["pile_on"]
    lines += ["", "## A pile-on replayed (demo town)\n"]
    lines += ["| | |", "|---|---|"]
    lines += [f"| {title} | {pile[name]:,} |" for name, title in PILE.items()]
    lines.append("")
    return "\n".join(lines)


def _folds(figures: dict[str, Any]) -> list[str]:
    """The same figures with each row scored by a fit that had not seen it."""
    told = {lang: figures["by_folds"][lang] for lang in ("en", "tr")}
    shares = {
        "English abuse": told["en"]["olid_targeted"],
        "Turkish offence": told["tr"]["offence"],
        "complaints": told["en"]["complaints"],
    }
    listed = ", ".join(f"{name} {_percent(one['folded'])}" for name, one in shares.items())
    return [
        "The mixture of readings and signs is twelve numbers a language, fitted on these val rows. From five folds,"
        f" each row scored by a fit that had not seen it, before anything is held: {listed}. Airline tweets are never"
        " fitted on: their train rows say where the policy turns, their val rows stand above.\n"
    ]


def picture(figures: dict[str, Any]) -> str:
    """The trade-off as SVG: abuse folded against what is touched that should not be, English and Turkish."""
    curve = figures["curve"]
    default = figures["default"]
    airline, complaints = default["airline_negative"]["n"], default["complaints"]["n"]

    def critics(one: dict[str, float], what: str) -> float:
        airlines, others = one[f"airline_negative{what}"], one[f"complaints{what}"]
        return float((airlines * airline + others * complaints) / (airline + complaints))

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" {FONT}>',
        "<title>Abuse folded or held against what is touched beside it, at every cut</title>",
        f'<rect width="{WIDE}" height="{HIGH}" fill="#ffffff"/>',
    ]
    english = [([(critics(one, what), one[f"olid_targeted{what}"]) for one in curve], what) for what in ("", "_whole")]
    turkish = [
        ([(one[f"turkish_not_offensive{what}"], one[f"turkish_offence{what}"]) for one in curve], what)
        for what in ("", "_whole")
    ]
    parts += _panel(55, "English: complaints touched", english, 0.04, _at(figures, "en"))
    parts += _panel(405, "Turkish: inoffensive posts touched", turkish, 0.3, _at(figures, "tr"))
    return "\n".join([*parts, "</svg>", ""])


def _at(figures: dict[str, Any], lang: str) -> list[tuple[str, float, float]]:
    """Where the three policies stand."""
    found = []
    for name, one in figures["strictness"].items():
        if lang == "tr":
            found.append((name, one["turkish_not_offensive"]["share"], one["turkish_offence"]["share"]))
        else:
            critics = [one["airline_negative"], one["complaints"]]
            share = sum(each["count"] for each in critics) / sum(each["n"] for each in critics)
            found.append((name, share, one["olid_targeted"]["share"]))
    return found


def _panel(
    left: int, title: str, lines: Sequence[tuple[list[tuple[float, float]], str]], most: float,
    policies: Sequence[tuple[str, float, float]],
) -> list[str]:  # fmt: skip
    top = 35

    def place(x: float, y: float) -> tuple[float, float]:
        return round(left + min(x / most, 1) * BOX, 1), round(top + (1 - y) * BOX, 1)

    parts = [f'<text x="{left}" y="20" font-weight="bold" fill="#1d2330">{title}</text>']
    for step in range(5):
        share = step / 4
        y, x = place(0, share)[1], place(share * most, 0)[0]
        parts.append(f'<line x1="{left}" y1="{y}" x2="{left + BOX}" y2="{y}" stroke="#d9dde5"/>')
        parts.append(_label(left - 6, y + 4, "end", "#4a5163", f"{100 * share:g} %"))
        parts.append(_label(x, top + BOX + 16, "middle", "#4a5163", f"{100 * share * most:g} %"))
    for (points, what), style in zip(lines, ("", ' stroke-dasharray="5 4"'), strict=True):
        inside = [place(x, y) for x, y in sorted(points) if x <= most]
        path = " ".join(f"{x},{y}" for x, y in inside)
        parts.append(f'<polyline points="{path}" fill="none" stroke="#1f5fbf" stroke-width="2"{style}/>')
        if what:
            x, y = inside[-1]
            parts.append(_label(x + 8, y + 34, "end", "#1f5fbf", "folded as a whole"))
    for name, x, y in policies:
        at, high = place(x, y)
        parts.append(f'<circle cx="{at}" cy="{high}" r="4" fill="#b3261e"/>')
        if at > left + 50:
            parts.append(_label(at - 6, high - 8, "end", "#1d2330", name))
        else:
            parts.append(_label(at + 10, high + 16, "start", "#1d2330", name))
    parts.append(_label(left, top + BOX + 36, "start", "#4a5163", "up: abuse of which anything is folded or held"))
    return parts


def _label(x: float, y: float, anchor: str, colour: str, text: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{text}</text>'


def _share(one: dict[str, Any] | None) -> str:
    if one is None:
        return ""
    return f"{_percent(one['share'])} ({100 * one['low']:.1f}–{100 * one['high']:.1f})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"
