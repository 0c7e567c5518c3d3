"""Surges: a watched curve above its bar as a story, with the posts of its last hour.

Owns how such a story is made, filled, written and ended. Promises that a whole language has no title and no gravity of
its own (what people speak of in it is told as stories), and that a story already told is not told again as a surge.
Decides nothing about curves: see :mod:`kalkan.stories.watched`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.stories.gather import TOGETHER
from kalkan.stories.gravity import weigh
from kalkan.stories.letters import Rows
from kalkan.stories.scopes import kind_of
from kalkan.stories.story import Story, Told, Turn
from kalkan.stories.terms import Terms
from kalkan.stories.title import typical, write_title
from kalkan.stories.watched import Jumped

SILENT: Final = 180  # minutes that must be calm before a surge is over
_MOST_AUTHORS: Final = 50_000
_PLAIN: Final = ("text", "at", "id", "network", "lang")


def surge(jumped: Jumped, began: int) -> Story:
    """A story for a curve that jumped; it has no posts yet."""
    story = Story(
        id=f"surge-{jumped.scope}-{jumped.minute}", began=began, told=jumped.minute, score=jumped.score,
        term=np.zeros(0, dtype=np.uint64), weight=np.zeros(0), usual=jumped.usual / 60,
    )  # fmt: skip
    story.turns.append(Turn(jumped.minute, "born"))
    return story


def scope_of(story: Story) -> str:
    """The scope whose curve jumped."""
    return story.id.removeprefix("surge-").rpartition("-")[0]


def told_of(jumped: Jumped, story: Story, n: int) -> Told:
    """The alarm of a surge."""
    return Told(
        at=jumped.minute, story=story.id, what="surge", title=story.title, terms=tuple(story.names),
        began=jumped.minute - 59, n=n, authors=round(jumped.n), score=jumped.score, usual=jumped.usual / 60,
        gravity=story.gravity, examples=tuple(story.examples),
    )  # fmt: skip


def add(story: Story, minute: int, posts: pa.Table, found: Terms) -> None:
    """More posts of a surge."""
    authors = np.unique(found.author)
    story.n += found.n
    if len(story.authors) < _MOST_AUTHORS:
        story.authors = np.union1d(story.authors, authors)
    story.changed = True
    story.spread.take(np.full(found.n, minute), found, posts)
    if story.curve and story.curve[-1][0] == minute:
        story.curve[-1] = (minute, story.curve[-1][1] + len(authors))
    else:
        story.curve.append((minute, len(authors)))
    story.new_keys.append((minute, pc.fill_null(posts["key"], 0).to_numpy()))
    story.minutes[minute] = story.minutes.get(minute, 0) + found.n
    story.new_counts.append((minute, story.minutes[minute], story.curve[-1][1]))


def add_all(story: Story, posts: pa.Table, found: Terms, minutes: Rows) -> None:
    """The posts of the last hour, minute by minute."""
    for at in np.unique(minutes).tolist():
        rows = np.flatnonzero(minutes == at)
        add(story, at, posts.take(rows), found.take(rows))


def write(story: Story, scope: str, posts: pa.Table, found: Terms) -> None:
    """A surge's words, from the posts of the last hour."""
    texts = [str(text) for text in posts["text"].to_pylist()[-400:]]
    if not texts:
        return
    chosen = posts.take(typical(found, np.arange(found.n)))
    story.examples = [_example(post) for post in chosen.to_pylist()]
    if kind_of(scope) == "market":
        return
    story.title = write_title(texts, turkish=posts["lang"].to_pylist().count("tr") * 2 > posts.num_rows)
    story.gravity = weigh(texts, found.author[-len(texts) :])


def _example(post: dict[str, Any]) -> dict[str, Any]:
    return {name: post[name] for name in _PLAIN}


def home_of(jumped: Jumped, found: Terms, stories: list[Story]) -> Story | None:
    """The story that explains a jump: most of the hour's posts speak of it; in a market, half of those too many do.

    Of a whole language most is said of nothing in particular, so there stories add up.
    """
    if not found.n or not stories:
        return None
    hits = [(one.matches(found), one) for one in stories]
    share, home = max(((float(hit.mean()), one) for hit, one in hits), key=lambda each: each[0])
    if share >= TOGETHER:
        return home
    if kind_of(jumped.scope) == "market" and share > 0:
        explained = float(np.any([hit for hit, _ in hits], axis=0).mean()) * jumped.n
        return home if explained >= TOGETHER * (jumped.n - jumped.usual) else None
    return None


def over(story: Story, minute: int) -> bool:
    """Whether three hours brought hardly more than is usual."""
    usual = max(story.usual * SILENT, 3.0)
    return minute - story.told >= SILENT and story.heard(minute - SILENT, minute) < 1.5 * usual
