"""Scopes beside everything: which get a detector of their own, how large, for whose eyes, and whose posts are whose.

Owns those rules. Promises that all scopes together hold no more terms than the stream of everything alone, that a brand
comes before its topics where there are too many, and that the posts of a scope are found once a batch, not once a
scope. Never looks at a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.stories.detect import Rules
from kalkan.stories.letters import Rows
from kalkan.stories.record import EVERYTHING

MOST: Final = 48  # scopes with a detector of their own; the others have their curve
SHARED_TERMS: Final = 1_000_000  # held by all of them together
FEWEST_TERMS: Final = 5_000
_ORDER: Final = ("brand", "market", "peer", "topic")
_MARKET_SHARE: Final = 8  # a market is much of everything, a brand is not
_OWN_WORDS: Final = 360  # all mentions have the same few words: what is usual among them takes longer to learn
_MOST_POSTS: Final = {"market": 60_000}
_FEW_POSTS: Final = 20_000


def kind_of(scope: str) -> str:
    """``all``, ``brand``, ``peer``, ``topic`` or ``market``."""
    return scope.partition(":")[0]


def team_of(scope: str) -> str:
    """The brand whose team a scope is for; empty for what is everybody's."""
    kind, _, rest = scope.partition(":")
    return "" if kind in (EVERYTHING, "market") else rest.partition(":")[0]


def seen_by(scope: str, other: str) -> bool:
    """Whether the team of ``scope`` may know what is told in ``other``."""
    return team_of(other) in ("", team_of(scope))


def mark_of(scope: str) -> str:
    """What ends the ids of a scope's stories."""
    return f".{crc32(scope.encode()):08x}"


def most_posts(scope: str) -> int:
    """How many posts of its last hours a scope holds."""
    return _MOST_POSTS.get(kind_of(scope), _FEW_POSTS)


def chosen(scopes: Sequence[str], rules: Rules) -> dict[str, Rules]:
    """Which of ``scopes`` get a detector, brands first, and its rules."""
    known = [scope for scope in scopes if kind_of(scope) in _ORDER]
    some = sorted(known, key=lambda scope: _ORDER.index(kind_of(scope)))[:MOST]
    weight = {scope: _MARKET_SHARE if kind_of(scope) == "market" else 1 for scope in some}
    part = SHARED_TERMS // max(sum(weight.values()), 1)
    return {
        scope: replace(
            rules,
            warm_up=rules.warm_up if kind_of(scope) == "market" else max(_OWN_WORDS, rules.warm_up),
            most_terms=max(part * weight[scope], FEWEST_TERMS),
        )
        for scope in some
    }


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """Which posts of a batch belong to which scopes: pairs of a row (never falling) and a place in ``names``."""

    row: Rows
    which: Rows
    names: tuple[str, ...]

    def between(self, start: int, end: int) -> Iterator[tuple[str, Rows]]:
        """Scopes of the rows from ``start`` up to but not at ``end``, each with its rows, counted from ``start``."""
        low, high = np.searchsorted(self.row, [start, end])
        row, which = self.row[low:high] - start, self.which[low:high]
        if not len(row):
            return
        order = np.argsort(which, kind="stable")
        edges = [0, *(np.flatnonzero(np.diff(which[order])) + 1).tolist(), len(order)]
        for first, last in pairwise(edges):
            yield self.names[which[order[first]]], np.unique(row[order[first:last]])

    def of(self, scope: str) -> Rows:
        """All rows of one scope."""
        if scope not in self.names:
            return np.zeros(0, dtype=np.int64)
        return np.unique(self.row[self.which == self.names.index(scope)])


def named(posts: pa.Table, markets: frozenset[str]) -> Named:
    """The scopes of ``posts``: what their column ``scopes`` names, and the market of their language."""
    column = posts["scopes"]
    flat = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    row, names = pc.list_parent_indices(flat).to_numpy().astype(np.int64), pc.list_flatten(flat).cast(pa.string())
    if markets and "lang" in posts.column_names:
        lang = posts["lang"].combine_chunks()
        there = pc.fill_null(pc.is_in(lang, value_set=pa.array(sorted(markets), pa.string())), False)
        at = np.flatnonzero(there.to_numpy(zero_copy_only=False))
        market = pc.binary_join_element_wise("market", lang.take(pa.array(at)), ":")
        row, names = np.concatenate([row, at]), pa.concat_arrays([names, market.cast(pa.string())])
    coded = pc.dictionary_encode(names)
    which = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    order = np.argsort(row, kind="stable")
    return Named(row[order], which[order], tuple(coded.dictionary.to_pylist()))
