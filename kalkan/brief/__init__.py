"""The brief: one page for leadership and a longer one for the team, as a web page and as PDF, from one source.

Owns what the brief says and how it looks. Promises that every number carries its question (asked again, it gives the
same answer), its n and interval, its coverage and the reader it came from; that the file can be verified against itself
and against the archive; that posts are quoted without names and never as markup. No language model is asked anything.

>>> from kalkan.brief import compose, html, pdf, verify
"""

from __future__ import annotations

from kalkan.brief.making import Act, Told
from kalkan.brief.page import (
    Bar,
    Block,
    Brief,
    Cell,
    Chart,
    Items,
    Paragraph,
    Quotes,
    Section,
    Span,
    Table,
    from_json,
    from_plain,
)
from kalkan.brief.proof import Found, links, opened, verify
from kalkan.brief.render import html, pdf
from kalkan.brief.sections import compose

__all__ = [
    "Act", "Bar", "Block", "Brief", "Cell", "Chart", "Found", "Items", "Paragraph", "Quotes", "Section", "Span",
    "Table", "Told", "compose", "from_json", "from_plain", "html", "links", "opened", "pdf", "verify",
]  # fmt: skip
