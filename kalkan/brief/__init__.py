"""The brief: one page for leadership and a longer one for the team, as a web page and as PDF, from one source.

Owns what the brief says and how it looks. Promises that every number carries its question (asked again, it gives the
same answer), its n and interval, its coverage and the reader it came from; that the file can be verified against itself
and against the archive; that posts are quoted without names and never as markup. A language model is asked only where
somebody set one up, and its words are checked and marked.

>>> from kalkan.brief import compose, html, pdf, verify
"""

from __future__ import annotations

from kalkan.brief.around import POSTS, stories_of, told
from kalkan.brief.case import Kept, case_file, soon
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
from kalkan.brief.wording import Speak

__all__ = [
    "POSTS", "Act", "Bar", "Block", "Brief", "Cell", "Chart", "Found", "Items", "Kept", "Paragraph", "Quotes",
    "Section", "Span", "Speak", "Table", "Told", "case_file", "compose", "from_json", "from_plain", "html", "links",
    "opened", "pdf", "soon", "stories_of", "told", "verify",
]  # fmt: skip
