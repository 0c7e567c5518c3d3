"""A brief as a web page and as PDF, from the same parts and the same drawings.

Promises one file each, which fetches nothing and holds the brief's own data; that what people wrote is text, whatever
it contains; PDF that passes PDF/UA-1 (headings, alt texts, language, title) and is the same bytes for the same brief.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any, Final
from zoneinfo import ZoneInfo

from kalkan.brief import charts
from kalkan.brief.fonts import FAMILIES, folder
from kalkan.brief.page import Block, Brief, Cell, Chart, Items, Paragraph, Quotes, Section, Span, Table
from kalkan.brief.words import worded

_QUOTES: Final = ("“", "”")
Links = Mapping[str, str]
"""Where a question's posts can be opened: its name in the brief → an address. Those left out are words only."""


def _look(name: str) -> str:
    return (resources.files("kalkan.brief") / "looks" / name).read_text(encoding="utf-8")


def _proof(brief: Brief) -> str:
    digest = " ".join(brief.digest[i : i + 4] for i in range(0, 16, 4))
    return worded(brief.lang, "proof_says" if brief.asks else "proof_case", digest=digest)


# — HTML —


def html(brief: Brief, *, links: Links | None = None, whole: bool = True) -> str:
    """The page. ``whole``: a file of its own with its style and data; else the ``<article>`` alone, for the desk."""
    where = links or {}
    body = "".join(_grid(brief.sections, where))
    back = "".join(_grid(brief.back, where))
    article = (
        f'<article class="brief" lang="{brief.lang}"><header class="top"><span>{escape(brief.head[0])}</span>'
        f"<span>{escape(brief.head[1])}</span></header><h1>{escape(brief.title)}</h1>"
        f'<p class="lead">{_spans(brief.lead.spans, where)}</p>{body}<footer class="back">{back}'
        f'<p class="proof">{escape(_proof(brief))}</p></footer></article>'
    )
    if not whole:
        return article
    data = brief.to_json().replace("<", "\\u003c")  # JSON that cannot end its element
    return (
        f'<!doctype html>\n<html lang="{brief.lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(brief.head[0])}</title>\n<style>\n{_look('brief.css')}</style>\n</head>\n"
        f'<body class="sheet">\n<main>{article}</main>\n'
        f'<script type="application/json" id="kalkan-brief">{data}</script>\n</body>\n</html>\n'
    )


def _grid(sections: Sequence[Section], links: Links) -> list[str]:
    """Two narrow sections side by side; wide ones alone."""
    out: list[str] = []
    i = 0
    while i < len(sections):
        pair = sections[i : i + 2]
        if len(pair) == 2 and not any(one.wide for one in pair):
            out.append(f'<div class="b-pair">{_section(pair[0], links)}{_section(pair[1], links)}</div>')
            i += 2
        else:
            out.append(_section(pair[0], links))
            i += 1
    return out


def _section(section: Section, links: Links) -> str:
    blocks = "".join(_block(block, links) for block in section.blocks)
    name = "b-boxed" if section.boxed else "b-wide" if section.wide else "b-half"
    return f'<section class="{name}"><h2>{escape(section.title)}</h2>{blocks}</section>'


def _block(block: Block, links: Links) -> str:
    match block:
        case Paragraph():
            return f'<p class="{block.size}">{_spans(block.spans, links)}</p>'
        case Table():
            return _table(block, links)
        case Chart():
            svg = charts.days(block, links=links)
            role = "group" if "<a " in svg else "img"  # links within a picture are there for nobody
            drawing = f'<div role="{role}" aria-label="{escape(block.alt)}">{svg}</div>'
            return f'<figure>{drawing}<figcaption class="note">{escape(block.caption)}</figcaption></figure>'
        case Quotes():
            texts = "".join(
                f'<blockquote dir="auto"{_lang(lang)}>{_QUOTES[0]}{escape(text)}{_QUOTES[1]}</blockquote>'
                for text, lang in block.texts
            )
            return f'{texts}<p class="note">{escape(block.note)}</p>'
        case Items():
            return f"<ol>{''.join(f'<li>{_spans(item, links)}</li>' for item in block.items)}</ol>"


def _lang(lang: str) -> str:
    return f' lang="{escape(lang)}"' if lang else ""


def _table(table: Table, links: Links) -> str:
    def number(i: int) -> str:
        return ' class="num"' if i in table.right else ""

    total = sum(table.widths) or 1
    columns = "".join(f'<col style="width:{100 * one / total:.1f}%">' for one in table.widths)
    group = f"<colgroup>{columns}</colgroup>" if columns else ""
    head = "".join(f'<th scope="col"{number(i)}>{escape(name)}</th>' for i, name in enumerate(table.head))
    rows = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{_cell(cell, links)}</th>' if i == 0 else f"<td{number(i)}>{_cell(cell, links)}</td>"
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in table.rows
    )
    name = ' class="b-set"' if group else ""
    return (
        f'<div class="b-scroll"><table{name}>{group}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _cell(cell: Cell, links: Links) -> str:
    if cell.bar is not None:
        return charts.interval(cell.bar).replace("<svg", f'<svg role="img" aria-label="{escape(cell.bar.alt)}"', 1)
    return _spans(cell.spans, links)


def _spans(spans: Sequence[Span], links: Links) -> str:
    return "".join(_span(span, links) for span in spans)


def _span(span: Span, links: Links) -> str:
    text = escape(span.text)
    names = " ".join(name for name in (span.tone, "dim" if span.dim else "") if name)
    if span.strong:
        text = f"<b{f' class={chr(34)}{names}{chr(34)}' if names else ''}>{text}</b>"
    elif names:
        text = f'<span class="{names}">{text}</span>'
    address = links.get(span.ask or "")
    return f'<a href="{escape(address)}">{text}</a>' if address else text


# — PDF —


def pdf(brief: Brief, *, links: Links | None = None) -> bytes:
    """The PDF, with the brief's data attached.

    PDF/UA-1 is asked of the typesetter: a document without alt texts, title or language is refused, not written.
    """
    import typst

    day = brief.made_at.astimezone(ZoneInfo(brief.zone))
    given = {
        "brief": brief.to_json(),
        "drawn": json.dumps(_drawn(brief), ensure_ascii=False),
        "links": json.dumps(dict(links or {})),
        "fonts": json.dumps(list(FAMILIES)),
        "words": json.dumps({"open": _QUOTES[0], "close": _QUOTES[1], "proof": _proof(brief)}, ensure_ascii=False),
        "year": str(day.year), "month": str(day.month), "day": str(day.day),
    }  # fmt: skip
    compile_page: Any = typst.compile  # its overloads know no list of one kind of path
    made = compile_page(
        _look("brief.typ").encode(),
        sys_inputs=given,
        font_paths=[str(folder())],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(brief.made_at.timestamp()),
    )
    return bytes(made)


def _drawn(brief: Brief) -> dict[str, str]:
    """Every drawing of the brief by its place, as SVG."""
    out: dict[str, str] = {}
    for letter, sections in (("s", brief.sections), ("b", brief.back)):
        for s, section in enumerate(sections):
            for b, block in enumerate(section.blocks):
                key = f"{letter}{s}.{b}"
                if isinstance(block, Chart):
                    out[key] = charts.days(block)
                if isinstance(block, Table):
                    for r, row in enumerate(block.rows):
                        for c, cell in enumerate(row):
                            if cell.bar is not None:
                                out[f"{key}.{r}.{c}"] = charts.interval(cell.bar, standalone=True)
    return out


def plain(brief: Brief) -> dict[str, Any]:
    """The brief's plain values, as the files carry them."""
    return brief.as_dict()
