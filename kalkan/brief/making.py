"""What the sections of one brief share while it is made: the question, the language, and the numbers kept.

Promises that a number and its question are kept once, under a name that the words can point to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from kalkan import formats, voice
from kalkan.brands import Brand
from kalkan.brief.words import worded
from kalkan.figures import Archive, Ask, Figure, Interval, Where, answer
from kalkan.figures.estimate import Estimate
from kalkan.posts import ABOUT


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """A story as a brief tells it: ``ids`` are posts of it (of anybody; of very many an even part), ``authors``
    different people, ``near`` whether it touches the brand itself."""

    title: str
    gravity: int
    authors: int
    began: datetime
    ids: tuple[str, ...] = ()
    near: bool = False
    last: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Act:
    """A brand's public act and how it was received: ``verdict`` as :mod:`kalkan.reception` gives it."""

    brand: str
    text: str
    at: datetime
    verdict: str  # praised, called_out, mixed, too_few, ignored, silent
    share: Interval | None = None
    value: float | None = None
    n: int = 0
    why: str = ""
    ids: tuple[str, ...] = ()  # posts of the 48 h after it that it was counted from
    own: bool = True


@dataclass(slots=True)
class Making:
    """What the sections of one brief share while it is made."""

    archive: Archive
    brand: Brand
    lang: str
    zone: ZoneInfo
    zone_name: str
    since: datetime
    until: datetime
    made_at: datetime
    long: bool
    honest: Mapping[str, Estimate]
    story: Told | None = None
    asks: dict[str, dict[str, Any]] = field(default_factory=dict)
    cited: dict[str, voice.Quote] = field(default_factory=dict)  # posts whose words stand in the brief

    @property
    def where(self) -> Where:
        """Posts to and of the brand itself; of a brief on one story, the story's posts."""
        if self.story is not None:
            return Where(ids=tuple(sorted(self.story.ids)))
        return Where(brand=self.brand.slug, kinds=ABOUT)

    def ask(self, **given: Any) -> Ask:
        """A question about this brand and period."""
        values: dict[str, Any] = {"where": self.where, "since": self.since, "until": self.until, "zone": self.zone_name}
        values |= {"measures": ("authors",), **given}
        return Ask(**values)

    def keep(self, ask: Ask, measure: str, figure: Figure) -> str:
        """Keep a question with its answer; the name by which words point to it."""
        said = {"measure": measure, "count": figure.count, "n": figure.n}
        for name, kept in self.asks.items():
            if kept["ask"] == ask.as_dict() and kept["says"] == said:
                return name
        name = f"a{len(self.asks) + 1}"
        self.asks[name] = {"ask": ask.as_dict(), "says": said}
        return name

    def posts(self, ask: Ask) -> str:
        """Keep "which posts are these", counted once; the name."""
        return self.keep(_plain(ask), "authors", self.one(ask))

    def one(self, ask: Ask) -> Figure:
        """How many authors."""
        return answer(_plain(ask), self.archive).one("authors")

    def cite(self, quotes: Iterable[voice.Quote]) -> None:
        """Remember that these posts' words stand in the brief."""
        self.cited.update((one.id, one) for one in quotes)

    def n(self, value: float) -> str:
        """A number as this language writes it."""
        return formats.number(value, lang=self.lang)

    def word(self, word: str, /, **given: object) -> str:
        """Words in this brief's language."""
        return worded(self.lang, word, **given)


def _plain(ask: Ask) -> Ask:
    return replace(ask, measures=("authors",), by=None, compare=None)


def rows_of(made: Making, condition: str, *, most: int) -> pa.Table:
    """The posts that the brief is about for which ``condition`` (SQL) holds, oldest first; of more than ``most`` a part
    that does not depend on what they say (by a hash of their ids)."""
    if made.story is not None:
        table, about, given = "posts", f"id IN ({', '.join('?' * len(made.story.ids))})", list(made.story.ids)
    else:
        table, about = "mentions", f"brand = ? AND kind IN ({', '.join('?' * len(ABOUT))})"
        given = [made.brand.slug, *ABOUT]
    found = made.archive.query(
        f'SELECT id, network, author_id, text, lang, "at" FROM {table}'
        f' WHERE {about} AND "at" >= ?::TIMESTAMPTZ AND "at" < ?::TIMESTAMPTZ AND ({condition})'
        " QUALIFY row_number() OVER (PARTITION BY id ORDER BY seen_at) = 1"
        f" ORDER BY hash(id), id LIMIT {most}",
        [*given, made.since, made.until],
        since=made.since,
        until=made.until,
        tables=(table,),
    )
    return found.sort_by([("at", "ascending"), ("id", "ascending")])


def names_of(made: Making) -> list[str]:
    """What the brand is called: words that bring nobody together."""
    return [
        made.brand.name,
        *(watch.text for watch in made.brand.watches if watch.kind in ("name", "handle", "hashtag")),
    ]
