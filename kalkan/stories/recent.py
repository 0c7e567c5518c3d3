"""The posts of the last hours, with their terms: what a rise is checked against and what stories are gathered from.

Owns that window. Promises that it holds no more than so many posts and hours, the newest, in the order they came.
Never leaves this process but in a checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa

from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.terms import BINS, Terms, among, join

POST: Final = pa.schema(
    [
        pa.field("text", pa.string()),
        pa.field("at", pa.timestamp("us", tz="UTC")),
        pa.field("id", pa.string()),
        pa.field("lang", pa.string()),
        pa.field("network", pa.string()),
    ]
)


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

    def having(self, term: Hashes) -> tuple[Rows, Rows]:
        """Pairs (row, which of ``term``), by row; ``term`` ascending."""
        hit = among(self.terms.term, term)
        return self.terms.row[hit], np.searchsorted(term, self.terms.term[hit])
