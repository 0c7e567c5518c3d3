"""Text as Mastodon's own formatter writes it: paragraphs, breaks, and anchors for links, hashtags and mentions.

Source: app/lib/text_formatter.rb of mastodon/mastodon, and recorded answers of a 4.6 server. Never keeps markup that
somebody typed: everything that is not made here is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kalkan.world.wire.spans import Span

_PREFIX: Final = re.compile(r"https?://(?:www\.)?")
_BLANK: Final = re.compile(r"\n\s*\n")
_SHOWN: Final = 30  # signs of an address that are shown
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


def escaped(text: str) -> str:
    """``text`` with the five signs of HTML written out, as Ruby on Rails does it."""
    return text.translate(_ESCAPES)


def link(address: str) -> str:
    """An address as an anchor: its front and its tail are there, but invisible."""
    match = _PREFIX.match(address)
    front = match.group() if match else ""
    rest = address[len(front) :]
    kind = "ellipsis" if len(rest) > _SHOWN else ""
    return (
        f'<a href="{escaped(address)}" target="_blank" rel="nofollow noopener" translate="no">'
        f'<span class="invisible">{escaped(front)}</span><span class="{kind}">{escaped(rest[:_SHOWN])}</span>'
        f'<span class="invisible">{escaped(rest[_SHOWN:])}</span></a>'
    )


def hashtag(name: str, base: str) -> str:
    """A hashtag as an anchor to its page."""
    page = f"{base}/tags/{escaped(name.lower())}"
    return f'<a href="{page}" class="mention hashtag" rel="tag">#<span>{escaped(name)}</span></a>'


def mention(handle: str, url: str) -> str:
    """A person addressed, as an anchor to their page; of a handle with a server only the name is shown."""
    shown = escaped(handle.split("@", 1)[0])
    anchor = f'<a href="{escaped(url)}" class="u-url mention">@<span>{shown}</span></a>'
    return f'<span class="h-card" translate="no">{anchor}</span>'


def content(text: str, found: Sequence[tuple[Span, str]], *, quoted: str | None = None) -> str:
    """The HTML of a status. ``found`` are spans in order, each with its markup; ``quoted`` is the address quoted."""
    # Paragraphs are cut first and filled after, so that no break can fall inside an anchor.
    parts: list[str] = []
    for begin, end in _paragraphs(text):
        place, made = begin, []
        for span, markup in found:
            if begin <= span.start and span.end <= end:
                made += [_lines(text[place : span.start]), markup]
                place = span.end
        parts.append(f"<p>{''.join(made)}{_lines(text[place:end])}</p>")
    front = f'<p class="quote-inline">RE: {link(quoted)}</p>' if quoted else ""
    return front + "".join(parts)


def _lines(text: str) -> str:
    return escaped(text).replace("\n", "<br />")


def _paragraphs(text: str) -> list[tuple[int, int]]:
    found, place = [], 0
    for match in _BLANK.finditer(text):
        if match.start() > place:
            found.append((place, match.start()))
        place = match.end()
    if place < len(text):
        found.append((place, len(text)))
    return found
