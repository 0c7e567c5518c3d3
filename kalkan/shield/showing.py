"""A triaged post as a page shows it: its text in pieces, the sentence of its reason, and what speaks for what.

Promises that the pieces put together are the text, character for character. Never makes markup: a page escapes the
pieces as it escapes everything that people wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kalkan.sentences import say
from kalkan.text import graphemes


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A stretch of a post's text. ``characters`` is what opening it adds to a person's dose (0: not folded)."""

    text: str
    fold: bool
    words: int = 0
    characters: int = 0


def folded(text: str, folds: Iterable[Mapping[str, int] | Sequence[int]]) -> tuple[Piece, ...]:
    """``text`` cut at ``folds`` (as triage gives them); spans that reach outside or overlap are cut short."""
    pieces: list[Piece] = []
    at = 0
    spans = [(one["start"], one["end"]) if isinstance(one, Mapping) else (one[0], one[1]) for one in folds]
    for start, end in sorted(spans):
        start, end = max(start, at), min(end, len(text))
        if end <= start:
            continue
        if start > at:
            pieces.append(Piece(text=text[at:start], fold=False))
        inside = text[start:end]
        pieces.append(Piece(text=inside, fold=True, words=len(inside.split()), characters=graphemes(inside)))
        at = end
    if at < len(text) or not pieces:
        pieces.append(Piece(text=text[at:], fold=False))
    return tuple(pieces)


def say_reason(reason: str, params: str | Mapping[str, Any] = "{}", *, lang: str) -> str:
    """The sentence of a triaged row's ``reason`` and ``params`` in ``lang`` (en, tr)."""
    return say(reason, json.loads(params) if isinstance(params, str) else params, lang=lang)


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """One line under a post: a code of ``kalkan.sentences`` with its parameters, and how much speaks for it (0–1)."""

    code: str
    params: Mapping[str, Any]
    p: float | None = None


_SAID = (("p_question", "question"), ("p_ask", "ask"), ("p_complaint", "complaint"), ("p_praise", "praise"))


def why(row: Mapping[str, Any]) -> tuple[Why, ...]:
    """The lines under one post, the deciding one first. ``row`` has the columns of its reading and of its triage."""
    lines = [Why(code=row["reason"], params=json.loads(row["params"]), p=_p_of(row))]
    lines += [
        Why(code=f"shield_why_{name}", params={}, p=round(float(row[column]), 2))
        for column, name in _SAID
        if (row.get(column) or 0) >= 0.5 and row["reason"] != f"shield_shown_{name}"
    ]
    if row.get("hard"):
        lines.append(Why(code=f"shield_why_hard_{row['hard']}", params={}))
    if row["p_critic"] >= 0.5 and row["place"] != "hold":
        lines.append(Why(code="shield_why_grievance", params={}, p=round(float(row["p_critic"]), 2)))
    if row["content"] in ("threat", "doxing"):
        return tuple(lines)
    lines.append(Why(code="shield_why_no_threat", params={}))
    if not row["folds"]:
        lines.append(Why(code="shield_why_not_abuse", params={}, p=round(float(row["p_abuse"]), 2)))
    return tuple(lines)


def _p_of(row: Mapping[str, Any]) -> float | None:
    """How much speaks for the deciding reason, where it is a matter of degree."""
    reason = row["reason"]
    if reason.startswith(("shield_folded_", "shield_softened")) and not reason.endswith(("_rule", "_spam")):
        return round(float(row["p_abuse"]), 2)
    named = {f"shield_shown_{name}": column for column, name in _SAID}
    value = row.get(named.get(reason, ""))
    return None if value is None else round(float(value), 2)
