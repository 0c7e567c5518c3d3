"""The posts of the last hours, with their terms: what a rise is checked against and what stories are gathered from.

Owns that window. Promises that it holds no more than so many posts and hours, the newest, in the order they came.
Never leaves this process but in a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.terms import BINS, Terms, among, join

POST: Final = pa.schema(
    [
        pa.field("text", pa.string()),
        pa.field("at", pa.timestamp("us", tz="UTC")),
        pa.field("id", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("network", pa.string()),
        pa.field("key", pa.int64()),  # the archive's
        pa.field("how", pa.int8()),  # own words, reply, quote: see trace
        pa.field("to", pa.string()),  # the post that it quotes or answers
        pa.field("site", pa.string()),  # host of its first link
        pa.field("scopes", pa.list_(pa.string())),  # of brands, peers, topics that it names
        pa.field("signs", pa.int32()),  # what its reading shows, as bits: see trace
    ]
)
"""What is held of a post. Whatever a stream does not say is null."""


def no_terms() -> Terms:
    """The terms of no posts."""
    none = np.zeros(0, dtype=np.uint64)
    row = np.zeros(0, dtype=np.int64)
    return Terms(0, row, none, none, none, np.zeros((0, BINS), dtype=np.uint32), np.zeros(0, dtype=np.bool_))


@dataclass(slots=True)
class Recent:
    """A window over the stream: ``minute`` (n,), ``posts`` (:data:`POST`, n rows) and their ``terms``."""

    minutes: int = 360
    most: int = 100_000
    minute: Rows = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    posts: pa.Table = field(default_factory=POST.empty_table)
    terms: Terms = field(default_factory=no_terms)

    def add(self, minute: int, posts: pa.Table, terms: Terms) -> None:
        """Take the posts of one minute, and let go of what has grown old."""
        times = np.concatenate([self.minute, np.full(terms.n, minute, dtype=np.int64)])
        drop = max(int(np.searchsorted(times, minute - self.minutes, side="right")), len(times) - self.most)
        both = join([self.terms, terms])
        table = pa.concat_tables([self.posts, posts])
        if drop > 0:
            both, table, times = both.take(np.arange(drop, len(times))), table.slice(drop), times[drop:]
        if table.num_columns and table["text"].num_chunks > 64:
            table = table.combine_chunks()
        self.minute, self.posts, self.terms = times, table, both

    def forget(self, keys: pa.Array) -> None:
        """Let go of the posts of these keys."""
        stays = np.flatnonzero(~pc.is_in(self.posts["key"], value_set=keys).to_numpy())
        if len(stays) < self.posts.num_rows:
            self.minute, self.posts, self.terms = self.minute[stays], self.posts.take(stays), self.terms.take(stays)

    def having(self, term: Hashes) -> tuple[Rows, Rows]:
        """Pairs (row, which of ``term``), by row; ``term`` ascending."""
        hit = among(self.terms.term, term)
        return self.terms.row[hit], np.searchsorted(term, self.terms.term[hit])
