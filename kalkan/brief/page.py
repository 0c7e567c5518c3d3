"""What a brief is made of, and its one canonical form.

Owns the frozen parts (sections of paragraphs, tables, charts, quotes, lists) and the digest over them. Promises that
the same content gives the same bytes, and that whatever is rendered is rendered from these parts alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from kalkan.errors import InvalidInput

VERSION: Final = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Some words. ``ask`` names the question (in :attr:`Brief.asks`) whose posts stand behind them."""

    text: str
    ask: str | None = None
    strong: bool = False
    dim: bool = False
    tone: str = ""  # good, care, bad: a verdict, said in words too


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """An interval on a scale from 0 to ``top``, with the one before (drawn thin) and dotted ``marks``."""

    top: float
    value: float
    low: float
    high: float
    was: tuple[float, float, float] | None = None  # value, low, high
    tone: str = ""  # "", calm, good, care, bad
    marks: tuple[float, ...] = ()
    alt: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One cell of a table: words, or an interval drawn."""

    spans: tuple[Span, ...] = ()
    bar: Bar | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Paragraph:
    """Words in a row. ``size``: lead, body or note."""

    spans: tuple[Span, ...]
    size: str = "body"
    kind: str = "paragraph"


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows under a head; the first cell of a row names it. ``right``: columns of numbers. ``widths``: how the width is
    shared out, one number a column; without it, by what stands in them."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    right: tuple[int, ...] = ()
    caption: str = ""
    widths: tuple[int, ...] = ()
    kind: str = "table"


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """Counts a day, beside the period before; ``alt`` says all of it in words."""

    labels: tuple[str, ...]
    values: tuple[int, ...]
    was: tuple[int, ...]
    marked: int | None
    alt: str
    caption: str
    lang: str
    asks: tuple[str, ...] = ()  # the question behind each value, by name; empty where there are too many
    kind: str = "chart"


@dataclass(frozen=True, kw_only=True, slots=True)
class Quotes:
    """People's own words, without names."""

    texts: tuple[tuple[str, str], ...]  # (text, language or "")
    note: str
    kind: str = "quotes"


@dataclass(frozen=True, kw_only=True, slots=True)
class Items:
    """A numbered list."""

    items: tuple[tuple[Span, ...], ...]
    kind: str = "items"


Block = Paragraph | Table | Chart | Quotes | Items


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A heading and what stands under it. ``wide``: over both columns. ``boxed``: set apart (advice)."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    wide: bool = True
    boxed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """A whole brief. ``asks``: name → question and the answer it gave (``ask``, ``says``: measure, count, n)."""

    brand: str
    lang: str
    sort: str  # leadership, team
    title: str
    head: tuple[str, str]
    since: datetime
    until: datetime
    made_at: datetime
    zone: str
    lead: Paragraph
    sections: tuple[Section, ...]
    back: tuple[Section, ...]
    asks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    recipes: tuple[str, ...] = ()
    digest: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As plain values; times as ISO 8601."""
        return {"kalkan": "brief", "version": VERSION, **_plain(asdict(self))}

    def fingerprint(self) -> str:
        """SHA-256 over the canonical form, without the digest itself."""
        return digest_of(self.as_dict())

    def to_json(self) -> str:
        """The canonical form: sorted names, no spaces, UTF-8."""
        return _canonical(self.as_dict())


def digest_of(plain: Mapping[str, Any]) -> str:
    """The digest of a brief in plain values."""
    return sha256(_canonical({**plain, "digest": ""}).encode()).hexdigest()


def from_json(text: str | bytes) -> dict[str, Any]:
    """A brief's plain values.

    :raises InvalidInput: ``brief_unreadable``: not a brief, or of a later version.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("brief_unreadable", detail=str(error)[:200]) from error
    if not isinstance(found, dict) or found.get("kalkan") != "brief" or found.get("version") != VERSION:
        raise InvalidInput("brief_unreadable", detail="kalkan: brief, version 1")
    return found


_KINDS: Final[dict[str, type[Any]]] = {
    "paragraph": Paragraph, "table": Table, "chart": Chart, "quotes": Quotes, "items": Items,
}  # fmt: skip


def from_plain(plain: Mapping[str, Any]) -> Brief:
    """The brief whose plain values these are, equal to the one they were made from.

    :raises InvalidInput: ``brief_unreadable``.
    """
    try:
        rest = {name: value for name, value in plain.items() if name not in ("kalkan", "version")}
        for name in ("since", "until", "made_at"):
            rest[name] = datetime.fromisoformat(rest[name])
        for name in ("sections", "back"):
            rest[name] = tuple(_section(one) for one in rest[name])
        rest["lead"] = _block(rest["lead"])
        rest["head"], rest["recipes"] = tuple(rest["head"]), tuple(rest["recipes"])
        return Brief(**rest)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput("brief_unreadable", detail=str(error)[:200]) from error


def _section(plain: Mapping[str, Any]) -> Section:
    return Section(**{**plain, "blocks": tuple(_block(one) for one in plain["blocks"])})


def _block(plain: Mapping[str, Any]) -> Any:
    kind = _KINDS[plain["kind"]]
    given = {name: _tuples(value) for name, value in plain.items()}
    if kind is Paragraph:
        given["spans"] = _spans(plain["spans"])
    if kind is Items:
        given["items"] = tuple(_spans(item) for item in plain["items"])
    if kind is Table:
        given["rows"] = tuple(tuple(_cell(cell) for cell in row) for row in plain["rows"])
    return kind(**given)


def _cell(plain: Mapping[str, Any]) -> Cell:
    bar = plain["bar"]
    return Cell(
        spans=_spans(plain["spans"]),
        bar=None if bar is None else Bar(**{name: _tuples(value) for name, value in bar.items()}),
    )


def _spans(plain: Any) -> tuple[Span, ...]:
    return tuple(Span(**one) for one in plain)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(one) for one in value) if isinstance(value, list) else value


def _canonical(plain: Mapping[str, Any]) -> str:
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value
