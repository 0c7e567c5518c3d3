"""Stories, alarms and curves as they are kept and shown: frozen rows, each with everything that stands behind it.

Owns those shapes and their form as JSON. Promises that a row names posts by their ids only (texts are asked of the
archive, so that what is erased there is gone here too), names no author, and that no number stands without what it was
counted from. Times are aware UTC datetimes. Keeps nothing itself: see :mod:`kalkan.stories.book`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from kalkan.stories.gravity import Gravity

EVERYTHING: Final = "all"
SCOPES: Final = ("all", "brand", "peer", "topic", "market")
"""What is followed: ``all``, ``brand:SLUG``, ``peer:SLUG:WATCH``, ``topic:SLUG:WATCH``, ``market:LANGUAGE``.

A market is told by the language people write in there: posts do not say where they come from."""

WHATS: Final = ("born", "turned", "reaches", "surge")
"""Why an alarm: a new story; a known one takes a turn or gets graver; one reaches a brand; a watched curve jumps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Words as a code of :mod:`kalkan.sentences` and its parameters: ``say(reason.code, reason.params, lang=…)``."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """A post that stands for many. Its text is asked of the archive by ``id`` (it may be gone there)."""

    id: str
    at: datetime
    network: str = ""
    lang: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """One thing that happened to a story: born, joined, turned, merged, split, or a new state. ``other``: a story."""

    at: datetime
    what: str
    other: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Some of a story: of one network, language, or watch (``name``). ``authors`` are different people."""

    name: str
    posts: int
    authors: int
    first: datetime
    first_post: str = ""  # id; empty where it is gone
    arrived: datetime | None = None  # when the third author had spoken here: before that it is an echo


@dataclass(frozen=True, kw_only=True, slots=True)
class Carrier:
    """What set off posts: a ``feed``, a ``site`` people link to, or one ``post`` answered and quoted. Never a profile:
    of a post only its id is known here."""

    kind: str  # feed, site, post
    name: str  # feed's or site's name; a post's id
    posts: int  # set off
    authors: int
    first: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Jump:
    """The story came to another network or language (``kind``), from where it was strongest until then."""

    kind: str  # network, language
    origin: str
    to: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Trace:
    """How it spread. ``own``, ``replies``, ``quotes`` add up to the story's posts; ``reposts`` were counted for
    ``counted`` of its posts only (None: for none)."""

    first: Example | None = None
    fifth_author: datetime | None = None
    networks: tuple[Part, ...] = ()
    languages: tuple[Part, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    jumps: tuple[Jump, ...] = ()
    own: int = 0
    replies: int = 0
    quotes: int = 0
    texts: int = 0  # different texts, near-copies as one
    reposts: int | None = None
    counted: int = 0
    half_life_minutes: float | None = None  # None: cannot be said yet


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """How many more posts the next ``hours`` bring, if it goes on like ``like`` stories before. ``low`` to ``high``
    holds ``level`` of the time by claim; such a range ``held`` so often ``of`` so many times before."""

    hours: int
    made: datetime
    posts: float
    low: float
    high: float
    level: float
    like: int
    held: int
    of: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One part of a story's severity. ``value`` with its interval; ``n`` behind it; ``level`` 0 calm, 1 raised, 2 high,
    None where too little is known (``why`` says what is missing)."""

    name: str  # volume, growth, spread, mood, vividness, cause, responsibility, abuse
    value: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""  # times, hours, networks, share, ""
    n: int = 0
    level: int | None = None
    label: str = ""  # cause: failure, chatter; responsibility: victim, accident, preventable
    why: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Severity:
    """Parts side by side, never one number. ``advice``: watch, answer or act, with its reason."""

    parts: tuple[Measure, ...] = ()
    advice: str = "watch"
    reason: Reason = field(default_factory=lambda: Reason(code="severity_too_little"))


@dataclass(frozen=True, kw_only=True, slots=True)
class PileOn:
    """Acts in step: one incident, counted by authors. Nothing is hidden on this ground.

    ``kinds``: which signs hold (same_text, in_step, one_origin). ``authors`` take part in any of them, ``of`` people
    speak in the story at all. ``target``: the watch they speak to, where there is one. ``observed`` pairs within ten
    seconds against ``by_chance``, the 99th percentile of two hundred permutations."""

    kinds: tuple[str, ...]
    since: datetime
    until: datetime
    authors: int
    posts: int
    of: int
    same_text_authors: int = 0
    in_step_authors: int = 0
    origin_authors: int = 0
    origin: str = ""  # a post's id
    observed: int = 0
    by_chance: float = 0.0
    target: str = ""
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryRow:
    """One story as it stands."""

    id: str
    scope: str
    kind: str  # terms: rising words; surge: a watched curve out of the ordinary
    title: str
    terms: tuple[str, ...]
    state: str  # rising, steady, fading, closed
    began: datetime
    told: datetime  # its last alarm
    last: datetime  # the last minute in which anybody spoke of it
    n: int
    authors: int
    usual_per_hour: float  # authors, before it
    score: float
    gravity: Gravity = field(default_factory=Gravity)
    examples: tuple[Example, ...] = ()
    harm_posts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # kind of harm → ids of posts that tell it
    course: tuple[Course, ...] = ()
    into: str = ""  # the story it was merged into
    watches: tuple[Part, ...] = ()  # scopes of brands, peers, topics that its posts name
    trace: Trace = field(default_factory=Trace)
    forecasts: tuple[Forecast, ...] = ()
    severity: Severity = field(default_factory=Severity)
    pile_on: PileOn | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmRow:
    """One alarm, as it was raised: it never changes but for posts that are erased.

    ``at``: the moment it could be known, in the stream's time; ``told_at``: when it was stored, by our clock. ``late``:
    found in posts older than an hour (a backfill, a stop): shown in the story, never delivered. ``after_first`` and
    ``after_fifth``: minutes from the first post and the fifth author to ``at``. ``seq`` grows by one an alarm."""

    seq: int
    id: str
    story: str
    scope: str
    what: str  # of WHATS
    at: datetime
    told_at: datetime
    late: bool
    title: str
    terms: tuple[str, ...]
    began: datetime
    n: int
    authors: int
    score: float
    gravity: Gravity
    usual_per_hour: float
    per_hour: float  # authors an hour since it began
    after_first: float
    after_fifth: float | None
    reason: Reason
    examples: tuple[Example, ...]
    watches: tuple[Part, ...] = ()
    judged: str = ""  # "", useful, false: what the team said of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """False alarms a week that a scope may cost, and how the bar follows: ``margin`` in nats on top of the rules.

    ``told`` and ``false`` in the last four weeks; ``expected`` false ones a week with the margin as it is."""

    scope: str
    a_week: float
    margin: float
    told: int
    false: int
    useful: int
    expected: float


# — as JSON —

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Rows as what :mod:`json` writes; defaults are left out."""
    if is_dataclass(value):
        found = {}
        for one in fields(value):
            part = getattr(value, one.name)
            optional = one.default is not MISSING or one.default_factory is not MISSING
            if not (optional and (part is one.default or part in ((), None))):
                found[one.name] = to_json(part)
        return found
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): to_json(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(part) for part in value]
    return value


def from_json(kind: type[T], record: Mapping[str, Any]) -> T:
    """The row of ``kind`` whose :func:`to_json` this is; names not known here are left out."""
    known: Any = kind
    hints = _hints(known)
    return kind(**{name: _typed(hints[name], value) for name, value in record.items() if name in hints})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(hint, UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint is datetime:
        return datetime.fromisoformat(value)
    if get_origin(hint) is tuple:
        return tuple(_typed(get_args(hint)[0], one) for one in value)
    if get_origin(hint) is not None and isinstance(value, Mapping):
        return {name: _typed(get_args(hint)[1], one) for name, one in value.items()}
    if is_dataclass(hint) and isinstance(hint, type):
        return from_json(hint, value)
    return value
