"""What in a Bluesky post is a link, a mention, a hashtag: facets, counted in bytes of UTF-8.

Owns the finding of them in plain text, as the official apps find them. Promises facets that never overlap, in order,
whose bytes are exactly those of the marked signs. Never changes the text: a mention of nobody stays plain.

Sources: lexicon app.bsky.richtext.facet; the detection of github.com/bluesky-social/atproto, packages/api/rich-text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import regex

from kalkan.text import graphemes, urls

_MENTION: Final = regex.compile(
    r"(?<=^|[\s(\[{\"'“‘])@((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)"
)
_UNSEEN: Final = r"\u00AD\u2060\u200A-\u200D\u20E2"
_TAG: Final = regex.compile(rf"(?<=^|\s)[#＃](?!\uFE0F)([^\s{_UNSEEN}]*[^\d\s\p{{P}}{_UNSEEN}]+[^\s{_UNSEEN}]*)")
_TAIL: Final = regex.compile(r"\p{P}+$")
LONGEST_TAG: Final = 64  # graphemes

Resolve = Callable[[str], str | None]
"""A handle → the DID behind it, or None: nobody has that name."""


def facets(text: str, resolve: Resolve) -> list[dict[str, Any]]:
    """The facets of ``text``, as they stand in a record."""
    found: list[dict[str, Any]] = []
    free = 0
    for start, end, feature in sorted((*_links(text), *_mentions(text, resolve), *_tags(text)), key=lambda one: one[0]):
        if start >= free:
            begin = len(text[:start].encode())
            index = {"byteStart": begin, "byteEnd": begin + len(text[start:end].encode())}
            found.append({"index": index, "features": [feature]})
            free = end
    return found


def _links(text: str) -> Iterator[tuple[int, int, dict[str, str]]]:
    after = 0
    for url in urls(text):
        start = text.index(url, after)
        after = start + len(url)
        address = url if "://" in url else f"https://{url}"
        yield start, after, {"$type": "app.bsky.richtext.facet#link", "uri": address}


def _mentions(text: str, resolve: Resolve) -> Iterator[tuple[int, int, dict[str, str]]]:
    for match in _MENTION.finditer(text):
        did = resolve(match.group(1).lower())
        if did is not None:
            yield match.start(), match.end(), {"$type": "app.bsky.richtext.facet#mention", "did": did}


def _tags(text: str) -> Iterator[tuple[int, int, dict[str, str]]]:
    for match in _TAG.finditer(text):
        tag = _TAIL.sub("", match.group(1))
        if tag and graphemes(tag) <= LONGEST_TAG:
            yield match.start(), match.start() + 1 + len(tag), {"$type": "app.bsky.richtext.facet#tag", "tag": tag}
