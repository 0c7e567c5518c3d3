"""One question about what was said, and its three forms: an object, JSON, and the query of a link.

Owns the names of measures, groupings and filters. Promises that the three forms carry the same question, so that every
number can be a link to the posts behind it. Never asks about one author: there is no such filter or grouping.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from kalkan.errors import InvalidInput, Refused
from kalkan.posts import FEELINGS, MENTION_KINDS, SENTIMENTS

THRESHOLD: Final = 0.5
"""From which calibrated probability a post counts as a question, an ask, a complaint, praise or abuse."""

JUDGED: Final = ("question", "ask", "complaint", "praise", "offensive")
READS: Final = (
    *FEELINGS,
    "no_feeling",
    "feeling_not_sure",
    *SENTIMENTS,
    "sentiment_not_sure",
    *JUDGED,
    "question_or_ask",
    "not_offensive",
)
"""What a post can read as. Each is a measure (the share of authors with such a post) and a filter (these posts)."""

COUNTED: Final = ("posts", "authors")
MEASURES: Final = (*COUNTED, *READS)
GROUPINGS: Final = ("hour", "day", "network", "lang", "kind", "watch", "feeling")
MOST_BUCKETS: Final = 2000  # hours or days that one question may be split into
_FIRST_YEAR, _LAST_YEAR = 1970, 2200  # what lies outside is a slip of the pen, and breaks arithmetic with dates
HEARD: Final = "heard"
"""The reading a post got when it was heard, among the recipes of :attr:`Ask.reading`."""
_MOST_READINGS: Final = 4
UNKNOWN: Final = "unknown"  # the group and filter of posts whose language the reader would have to guess
_AUTHOR_NAMES: Final = frozenset({"author", "authors", "author_id", "author_handle", "author_name", "handle", "name"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Where:
    """Which posts are meant: each filter that is set must hold; within one, any of its values will do.

    ``brand`` = mentions of that brand; without it every post heard. ``reads`` is the exception: all of them must hold.
    ``says`` is text that must stand in the post, compared folded. ``answers`` are ids of posts: replies to them,
    anywhere below them, and quotes of them are meant. ``ids`` are the very posts meant. ``watches``: mentions by these
    watches of the brand, as the team wrote them (a peer’s name, a topic).
    """

    brand: str | None = None
    kinds: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    says: str = ""
    recipes: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()


_LISTS: Final = ("kinds", "networks", "langs", "reads", "recipes", "answers", "ids", "watches")
_QUERY_NAMES: Final = {
    "kinds": "kind",
    "networks": "network",
    "langs": "lang",
    "reads": "reads",
    "recipes": "recipe",
    "answers": "answers",
    "ids": "id",
    "watches": "watch",
    "measures": "measure",
    "reading": "reading",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """What to count (``measures``), of which posts (``where``), in which period (``since`` ≤ at < ``until``, UTC).

    ``by`` splits the answer into groups; days are days in ``zone`` (an IANA name). ``compare="before"`` sets every
    figure beside the same one for the period of the same length just before.

    ``reading`` says whose word counts: of the recipes named, the first that has read a post; :data:`HEARD` stands for
    the reading it was heard with. Empty = that one. A post that none of them has read is not counted.

    ``copies="once"`` sets beside every figure what it is when posts that say the same count once.

    :raises InvalidInput: an unknown name, a period that ends before it begins, a time without a zone.
    :raises Refused: ``figures_by_author``.
    """

    since: datetime
    until: datetime
    measures: tuple[str, ...] = COUNTED
    by: str | None = None
    where: Where = field(default_factory=Where)
    compare: str | None = None
    zone: str = "UTC"
    reading: tuple[str, ...] = ()
    copies: str | None = None

    def __post_init__(self) -> None:
        for name in (self.by, *self.measures):
            if name in _AUTHOR_NAMES - {"authors"} or (name == "authors" and name == self.by):
                raise Refused("figures_by_author")
        _known("measure", self.measures, MEASURES)
        _known("by", (self.by,) if self.by is not None else (), GROUPINGS)
        _known("kind", self.where.kinds, MENTION_KINDS)
        _known("reads", self.where.reads, READS)
        _known("compare", (self.compare,) if self.compare is not None else (), ("before",))
        _known("copies", (self.copies,) if self.copies is not None else (), ("once",))
        for name in self.reading[_MOST_READINGS:]:
            raise InvalidInput("ask_field_wrong", field="reading", value=name[:60])
        if not self.measures:
            raise InvalidInput("ask_without_measure", known=", ".join(MEASURES))
        if (self.where.kinds or self.where.watches or self.by in ("kind", "watch")) and self.where.brand is None:
            raise InvalidInput("ask_kind_without_brand")
        for moment in (self.since, self.until):
            if moment.tzinfo is None or not _FIRST_YEAR < moment.year < _LAST_YEAR:
                raise InvalidInput("ask_time_unreadable", value=moment.isoformat())
        if self.since >= self.until:
            raise InvalidInput("ask_period_empty", since=_said(self.since), until=_said(self.until))
        step = {"hour": timedelta(hours=1), "day": timedelta(days=1)}.get(self.by or "")
        if step is not None and self.length / step > MOST_BUCKETS:
            raise InvalidInput("ask_too_fine", by=self.by, most=MOST_BUCKETS)
        try:
            ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError) as error:
            raise InvalidInput("ask_zone_unknown", value=self.zone) from error
        object.__setattr__(self, "since", self.since.astimezone(UTC))
        object.__setattr__(self, "until", self.until.astimezone(UTC))

    @property
    def length(self) -> timedelta:
        """How long the period is."""
        return self.until - self.since

    @property
    def before(self) -> Ask:
        """The same question about the period of the same length just before."""
        return replace(self, since=self.since - self.length, until=self.since, compare=None)

    def behind(self, read: str | None = None, **only: object) -> Ask:
        """The posts behind one figure: narrowed to what reads as ``read`` and to other filters of :class:`Where`.

        ``since`` and ``until`` may be narrowed too. Counting posts and authors of the result gives the figure again.
        """
        period = {name: only.pop(name) for name in ("since", "until") if name in only}
        where = replace(self.where, **only)  # type: ignore[arg-type]
        if read is not None and read not in COUNTED and read not in where.reads:
            where = replace(where, reads=(*where.reads, read))
        whole = replace(self.alone(), measures=COUNTED, by=None, copies=None)
        return replace(whole, where=where, **period)  # type: ignore[arg-type]

    def alone(self) -> Ask:
        """The same question without the period before."""
        return replace(self, compare=None)

    def to_json(self) -> str:
        """As JSON text, for a file and for ``kalkan figures``."""
        return json.dumps(self.as_dict(), ensure_ascii=False)

    def as_dict(self) -> dict[str, Any]:
        """As plain values; what is not set is left out."""
        where = {f.name: getattr(self.where, f.name) for f in fields(Where)}
        return {
            "measures": list(self.measures),
            **({"by": self.by} if self.by else {}),
            "where": {name: list(v) if isinstance(v, tuple) else v for name, v in where.items() if v},
            "since": _said(self.since),
            "until": _said(self.until),
            **({"compare": self.compare} if self.compare else {}),
            **({"copies": self.copies} if self.copies else {}),
            "zone": self.zone,
            **({"reading": list(self.reading)} if self.reading else {}),
        }

    def to_query(self) -> str:
        """As the query of a link, without the question mark. Deterministic: the same question gives the same link."""
        flat = self.as_dict()
        flat |= flat.pop("where")
        if self.measures == COUNTED:
            del flat["measures"]
        if self.zone == "UTC":
            del flat["zone"]
        return urlencode([(_QUERY_NAMES.get(name, name), value) for name, value in flat.items()], doseq=True)


def from_json(text: str | bytes) -> Ask:
    """The question in ``text``.

    :raises InvalidInput: not JSON, an unknown or ill-typed field, or what :class:`Ask` refuses.
    """
    try:
        found = json.loads(text)
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput("ask_unreadable", detail=str(error)) from error
    return from_dict(found)


def from_dict(found: object) -> Ask:
    """The question in plain values, as :meth:`Ask.as_dict` gives them."""
    top = _object(found, ("measures", "by", "where", "since", "until", "compare", "zone", "reading", "copies"))
    inner = _object(top.get("where", {}), tuple(f.name for f in fields(Where)))
    for name in ("since", "until"):
        if name not in top:
            raise InvalidInput("ask_field_missing", field=name)
    where: dict[str, Any] = {n: _texts(n, v) if n in _LISTS else _text(n, v) for n, v in inner.items()}
    rest: dict[str, Any] = {n: _text(n, top[n]) for n in ("by", "compare", "zone", "copies") if top.get(n) is not None}
    for name in ("measures", "reading"):
        if name in top:
            rest[name] = _texts(name, top[name])
    return Ask(since=moment(top["since"]), until=moment(top["until"]), where=Where(**where), **rest)


def from_query(query: str | Mapping[str, Sequence[str]]) -> Ask:
    """The question in the query of a link (text, or names with lists of values). Other names are left alone.

    :raises InvalidInput: a field is missing or ill-typed, or what :class:`Ask` refuses.
    :raises Refused: the query names an author.
    """
    given = parse_qs(query) if isinstance(query, str) else query
    if any(name in _AUTHOR_NAMES for name in given):
        raise Refused("figures_by_author")
    plain: dict[str, Any] = {}
    where: dict[str, Any] = {}
    for name in ("since", "until", "by", "compare", "copies", "zone", "brand", "says"):
        if given.get(name):
            (where if name in ("brand", "says") else plain)[name] = given[name][-1]
    for name, short in _QUERY_NAMES.items():
        if given.get(short):
            (where if name in _LISTS else plain)[name] = list(dict.fromkeys(given[short]))
    return from_dict({**plain, "where": where})


def moment(value: object) -> datetime:
    """A time with its zone from ISO 8601 text, in UTC.

    :raises InvalidInput: ``ask_time_unreadable``.
    """
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
        if found.tzinfo is None or not _FIRST_YEAR < found.year < _LAST_YEAR:
            raise ValueError
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("ask_time_unreadable", value=str(value)[:60]) from error


def _said(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _known(what: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise InvalidInput("ask_name_unknown", field=what, name=str(name)[:60], known=", ".join(known))


def _object(found: object, known: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise InvalidInput("ask_unreadable", detail="{ }")
    if any(name in _AUTHOR_NAMES for name in found):
        raise Refused("figures_by_author")
    _known("field", list(found), known)
    return found


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput("ask_field_wrong", field=name, value=str(value)[:60])
    return value


def _texts(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
        raise InvalidInput("ask_field_wrong", field=name, value=str(value)[:60])
    return tuple(value)
