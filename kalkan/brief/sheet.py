"""A sheet of plain paper as PDF: a title, a few sentences, and entries with what was said word for word.

For what is handed over outside: evidence to HR, a lawyer or the police. Promises PDF/UA-1, the same bytes for the same
sheet, and that what people wrote is text, whatever it contains. Fetches nothing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib import resources
from typing import Any

from kalkan.brief.fonts import FAMILIES, folder


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """Something said: who and when in one line, and the words."""

    who: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry: what was said, facts about it by name, and what stood around it."""

    heading: str
    said: Said
    facts: tuple[tuple[str, str], ...]
    around: tuple[Said, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A whole sheet. ``around``: the heading over what stood around an entry."""

    lang: str
    title: str
    intro: tuple[str, ...]
    around: str
    entries: tuple[Entry, ...]


def pdf(sheet: Sheet, *, made_at: datetime) -> bytes:
    """The sheet as PDF, dated ``made_at`` (aware)."""
    import typst

    look = (resources.files("kalkan.brief") / "looks" / "sheet.typ").read_text(encoding="utf-8")
    given = {
        "sheet": json.dumps(asdict(sheet), ensure_ascii=False), "fonts": json.dumps(list(FAMILIES)),
        "year": str(made_at.year), "month": str(made_at.month), "day": str(made_at.day),
    }  # fmt: skip
    compile_page: Any = typst.compile  # its overloads know no list of one kind of path
    made = compile_page(
        look.encode(),
        sys_inputs=given,
        font_paths=[str(folder())],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards="ua-1",
        timestamp=int(made_at.timestamp()),
    )
    return bytes(made)
