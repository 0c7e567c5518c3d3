"""The words of the room check: what goes in, what comes out. Frozen values, each with its form as plain JSON.

Owns those shapes. Promises that a finding without evidence cannot be made, that posts are named by their ids and never
quoted here, and that times are aware UTC datetimes. Reads nothing, decides nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import pyarrow as pa

KINDS: Final = (
    "sale", "joke", "celebration", "question", "condolence", "help", "stand", "service", "everyday",
)  # fmt: skip
"""What a draft does; it may do several. ``question``: an open call to the crowd; ``stand``: takes a side in a cause."""

CODES: Final = (
    "event_collision", "hashtag_hijack", "tone_clash", "insensitive_observance", "ambiguous_wording", "opportunistic",
    "performative", "record_gap", "too_late", "silence_questioned", "invites_hijack", "divisive", "offensive",
    "legal_risk",
)  # fmt: skip
"""Why something is not simply a go."""

Strength = Literal["go", "care", "hold"]
RANK: Final[dict[str, int]] = {"go": 0, "care": 1, "hold": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What is planned. ``act`` "silence" asks whether saying nothing is being noticed; the text is then empty."""

    text: str
    lang: str | None = None  # ISO 639-1; None: guessed between the languages of the brand
    kind: str | None = None  # one of KINDS, said by a person; None: read from the text
    planned_at: datetime | None = None  # None: now
    media_alts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # beside those in the text, with or without the sign
    reply_to: str | None = None  # id of the post it answers
    act: str = "post"  # post, silence


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """One thing known about the brand, by an id that opens it at the desk.

    ``kind``: ``crisis`` (an open issue of its own: recall, strike, accident), ``gap`` (something in its record that
    speaks against its words), ``act`` (something it did or pays for), ``link`` (a true tie to a subject: home town,
    song, guest), ``stand`` (a position it took before). ``topics``: words by which people speak of it.
    """

    id: str
    kind: str
    text: str
    topics: tuple[str, ...] = ()
    at: datetime | None = None
    until: datetime | None = None  # None: still open


@dataclass(frozen=True, kw_only=True, slots=True)
class BrandFacts:
    """What the check may know of the brand. Everything but the name may be empty."""

    name: str
    names: tuple[str, ...] = ()  # other names, handles and tags people use for it
    sector: str = ""
    markets: tuple[str, ...] = ()  # ISO 3166-1 alpha-2
    langs: tuple[str, ...] = ()
    sells: tuple[str, ...] = ()  # words for its goods
    facts: tuple[Fact, ...] = ()
    tags: tuple[str, ...] = ()  # hashtags it has used before
    peers: tuple[str, ...] = ()
    peers_spoke: tuple[str, ...] | None = None  # peers that have spoken of the grave story; None: not known


@dataclass(frozen=True, kw_only=True, slots=True)
class Story:
    """What many speak of now. From the archive's stories, or found by :func:`kalkan.room.room_from_posts`."""

    id: str
    title: str
    terms: tuple[str, ...]  # words and #tags that belong to it, strongest first
    gravity: int  # 0 nothing, 1 protest, lost work, unsafe goods, illness, 2 people hurt or a death, 3 many dead
    harms: tuple[str, ...] = ()  # kinds of harm told, most told first (kalkan.room.vocabulary.HARMS)
    began: datetime | None = None
    posts: int = 0
    authors: int = 0
    share: float = 0.0  # of the room's posts in its languages
    height: float = 0.0  # … at most: of any day, or of all since it began
    langs: tuple[str, ...] = ()  # empty: not known
    markets: tuple[str, ...] = ()  # empty: not known
    per_hour: float | None = None
    rising: bool = True
    examples: tuple[str, ...] = ()  # post ids


@dataclass(frozen=True, kw_only=True, slots=True)
class Observance:
    """A day or an hour that people keep. ``tone`` is a code; ``until`` is the first moment after it."""

    id: str
    name: str
    name_tr: str
    kind: str  # remembrance, mourning, religious, awareness, celebration
    tone: str
    begins: datetime
    until: datetime
    markets: tuple[str, ...] = ()  # empty: everywhere
    words: tuple[str, ...] = ()  # by which a text names it
    weight: str = "part"  # whole: the market stops for it; part: those who keep it do
    divisive: bool = False
    hush: tuple[datetime, datetime] | None = None  # minutes of silence inside it


@dataclass(frozen=True, kw_only=True)
class Room:
    """What is being said. ``posts``: id, text, at, and where known author_id, lang, tags; any may be missing but text.

    ``coverage``: one line on what was heard and what was not. ``observances`` None: computed for the brand's markets
    from the calendar; ``mournings`` are declared by hand and come on top.
    """

    posts: pa.Table
    stories: tuple[Story, ...] = ()
    observances: tuple[Observance, ...] | None = None
    mournings: tuple[Observance, ...] = ()
    begins: datetime | None = None
    until: datetime | None = None
    coverage: str = ""
    _seen: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Something that opens. ``kind``: ``story`` (id, posts), ``post`` (id), ``date`` (observance id), ``fact`` (brand
    fact id), ``words`` (of the draft itself: only beside another, or where the draft alone is the harm)."""

    kind: str
    id: str
    title: str = ""
    at: datetime | None = None
    until: datetime | None = None
    posts: tuple[str, ...] = ()  # ids, three at most
    n: int | None = None  # posts counted
    authors: int | None = None
    per_hour: float | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """Why a finding weighs less: a rule of :data:`kalkan.room.rules.RELEASES` and what it rests on."""

    rule: str
    to: Strength
    words: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One reason. ``detector`` found it; ``alone`` is what it says by itself, ``strength`` what is left after release.

    ``why`` is a code of :mod:`kalkan.sentences` with ``params``; ``marks`` are half-open spans of the draft's text.

    :raises ValueError: no evidence, no finding.
    """

    code: str  # one of CODES
    detector: str
    why: str
    params: Mapping[str, Any]
    evidence: tuple[Evidence, ...]
    alone: Strength
    strength: Strength
    risk: float  # 0–1, for ordering and for comparing rooms; not a probability
    marks: tuple[tuple[int, int], ...] = ()
    released: Release | None = None

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"a finding needs evidence: {self.code}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What to do. ``kind``: wait (``until``), reword (``words``, ``marks``), ask (``whom``: a role), pause (a market,
    ``until``), answer (the people who name the brand), show (what a stand lacks)."""

    kind: str
    why: str  # a code of kalkan.sentences
    params: Mapping[str, Any]
    until: datetime | None = None
    words: tuple[str, ...] = ()
    marks: tuple[tuple[int, int], ...] = ()
    whom: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Summary:
    """What was looked at."""

    posts: int
    begins: datetime | None
    until: datetime | None
    coverage: str
    stories: tuple[Story, ...]
    observances: tuple[Observance, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """``verdict`` go, care or hold; findings strongest first; ``digest`` names exactly what was looked at."""

    verdict: Strength
    risk: float
    kinds: tuple[str, ...]
    findings: tuple[Finding, ...]  # care and hold
    released: tuple[Finding, ...]  # found, and let go by a release rule: shown folded
    proposals: tuple[Proposal, ...]
    room: Summary
    at: datetime
    in_view_until: datetime
    digest: str
    rules: str  # version of the rule table

    @property
    def codes(self) -> tuple[str, ...]:
        """The reason codes, strongest first, each once."""
        return tuple(dict.fromkeys(one.code for one in self.findings))


def plain(value: Any) -> Any:
    """Any of these values as what JSON can say: dicts, lists, numbers, texts; times as ISO 8601 in UTC."""
    if is_dataclass(value) and not isinstance(value, type):
        names = [one.name for one in fields(value) if not one.name.startswith("_")]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def digest_of(*parts: Any) -> str:
    """SHA-256 over the canonical JSON of ``parts``, in hex."""
    text = json.dumps([plain(part) for part in parts], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
