"""Whether a brief is what it was, and whether its numbers still are.

Owns taking a brief's data out of its file and asking every question again. Promises to say which number differs, what
it was and what it is. Differences need not be faults: posts are deleted, and erasure wins.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kalkan.brief.page import Brief, digest_of, from_json
from kalkan.errors import InvalidInput
from kalkan.figures import Archive, answer, from_dict

_LONGEST_LINK: Final = 1_800
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_MOST: Final = 64 << 20  # bytes of a brief's data
_EMBEDDED: Final = re.compile(r'<script type="application/json" id="kalkan-brief">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What asking again gave: ``whole`` = the file is as it was written; each of ``differ`` is (name, was, is)."""

    whole: bool
    asked: int
    differ: tuple[tuple[str, int, int], ...] = ()


def opened(path: Path) -> dict[str, Any]:
    """The data that a brief's file carries (HTML, JSON, or PDF: its attachment).

    :raises InvalidInput: ``file_missing``, ``brief_unreadable``.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput("file_missing", path=str(path)) from error
    if text.startswith(b"%PDF"):
        return from_json(_attached(text, path.name))
    if text.lstrip()[:1] == b"{":
        return from_json(text)
    found = _EMBEDDED.search(text.decode("utf-8", "replace"))
    if found is None:
        raise InvalidInput("brief_unreadable", detail=path.name)
    return from_json(found.group(1))


def _attached(pdf: bytes, name: str) -> bytes:
    """The brief's data in a PDF: the one stream that begins as JSON does and holds questions.

    :raises InvalidInput: ``brief_unreadable``.
    """
    for found in _STREAM.finditer(pdf):
        unpack = zlib.decompressobj()
        try:
            start = unpack.decompress(found.group(1), _MOST)
        except zlib.error:
            start = found.group(1)
        if start.lstrip()[:1] == b"{" and b'"asks"' in start and b'"digest"' in start:
            return start.strip()
    raise InvalidInput("brief_unreadable", detail=name)


def verify(brief: Mapping[str, Any], archive: Archive) -> Found:
    """Ask every question of ``brief`` (plain values) again.

    :raises InvalidInput: a question in it cannot be read.
    """
    differ = []
    asks = brief.get("asks", {})
    for name, kept in asks.items():
        ask, says = from_dict(kept["ask"]), kept["says"]
        now = answer(ask, archive).one(says["measure"])
        if now.count != says["count"]:
            differ.append((name, int(says["count"]), now.count))
    return Found(whole=digest_of(brief) == brief.get("digest"), asked=len(asks), differ=tuple(differ))


def links(brief: Brief, address: str) -> dict[str, str]:
    """Where each number's posts open on the desk at ``address``; questions too long for a link are left out."""
    base = address.rstrip("/")
    found = {}
    for name, kept in brief.asks.items():
        query = from_dict(kept["ask"]).behind(kept["says"]["measure"]).to_query()
        if len(query) <= _LONGEST_LINK:
            found[name] = f"{base}/posts/?{query}"
    return found
