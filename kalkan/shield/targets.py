"""Whom or what a post is aimed at: the first of the shield's two axes.

Owns the order in which targets are looked for: the brand where the post speaks to or of it, then a group, a person, an
event. Promises one answer a row. Never looks up who an author is.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.brands import Brand, matcher
from kalkan.posts import ABOUT, POSTS
from kalkan.shield.weigh import Weighed

TARGETS: Final = ("brand", "person", "group", "event", "none")

Objects = npt.NDArray[np.object_]


def targets(posts: pa.Table, weighed: Weighed, brand: Brand | None) -> Objects:
    """One of :data:`TARGETS` a row."""
    found = weighed.signs
    person = (found["you"] + found["they"] > 0) | _flags(posts, r"(?:^|[^\w])@\w")
    group = (found["group"] > 0) & ((found["they"] > 0) | (found["slur"] > 0) | (weighed.read["p_hate"] >= 0.3))
    named = _named(posts, brand) if brand is not None else np.zeros(posts.num_rows, bool)
    about_brand = named & ((found["you"] > 0) | (found["trade"] > 0) | (found["they"] == 0))
    event = _flags(posts, r"#\w")
    chosen: Objects = np.select(
        [about_brand & (found["slur"] == 0), group | (found["slur"] > 0), person, named, event],
        ["brand", "group", "person", "brand", "event"],
        "none",
    ).astype(object)
    return chosen


def _named(posts: pa.Table, brand: Brand) -> npt.NDArray[np.bool_]:
    """Where the post speaks to or of the brand; columns that the table lacks count as empty."""
    columns = {}
    for field in POSTS:
        if field.name in posts.column_names:
            columns[field.name] = posts[field.name]
        elif pa.types.is_list(field.type):
            columns[field.name] = pa.array([[]] * posts.num_rows, field.type)
        else:
            columns[field.name] = pa.nulls(posts.num_rows, field.type)
    columns["text"] = pc.fill_null(posts["text"], "")
    ties = matcher([brand]).match(pa.table(columns))
    named = np.zeros(posts.num_rows, bool)
    about = pc.is_in(ties["kind"], pa.array(ABOUT)).to_numpy()
    named[ties["row"].to_numpy()[about]] = True
    return named


def _flags(posts: pa.Table, pattern: str) -> npt.NDArray[Any]:
    flags: npt.NDArray[Any] = pc.fill_null(pc.match_substring_regex(posts["text"], pattern), False).to_numpy()
    return flags
