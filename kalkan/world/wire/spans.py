"""Where links, hashtags and mentions stand in a text.

Owns the finding only; each wire marks the spans in its own way. Never overlaps spans.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """``text[start:end]`` is a "link" to, a "tag" named, or a "mention" of ``target``."""

    start: int
    end: int
    kind: str
    target: str


def spans(text: str, *, links: Sequence[str], tags: Sequence[str], names: Mapping[str, Sequence[str]]) -> list[Span]:
    """What stands in ``text``, in order. ``names`` gives for each person's key the names they may be called by.

    Longer things come first (#a never takes the front of #ab), every place of a tag counts, and a link or a person
    counts once.
    """
    found: list[Span] = []
    for link in sorted({*links} - {""}, key=len, reverse=True):
        _take(found, text, re.escape(link), "link", link, once=True)
    for tag in sorted({*tags} - {""}, key=len, reverse=True):
        _take(found, text, rf"(?i)(?<![\w/&]){re.escape('#' + tag)}(?!\w)", "tag", tag)
    for key, called in names.items():
        for name in called:
            pattern = rf"(?i)(?<![\w/@]){re.escape('@' + name)}(?![\w@]|\.\w)"
            if name and _take(found, text, pattern, "mention", key, once=True):
                break
    return sorted(found, key=lambda span: span.start)


def _take(found: list[Span], text: str, pattern: str, kind: str, target: str, *, once: bool = False) -> bool:
    before = len(found)
    for match in re.finditer(pattern, text):
        start, end = match.span()
        if all(end <= span.start or start >= span.end for span in found):
            found.append(Span(start, end, kind, target))
            if once:
                break
    return len(found) > before
