"""The ledger: advice, decision, outcome, in a chain in which no entry can be changed, taken out or put in unseen.

Owns the form of an entry, its hash, and the proof of a whole chain. Promises that :func:`verify` names the first entry
that is not what it was; that an export carries everything the chain is made of and no private note. Pure functions over
rows: whoever keeps the rows writes them once and never again. Never judges what stands in an entry.

An entry's hash is SHA-256 over the canonical JSON of its other fields, ``prev`` (the hash before it) among them. A
private note is bound by a salted hash and is no part of the entry: it can be erased without breaking the chain.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from kalkan.drafts.words import canonical, moment
from kalkan.errors import InvalidInput

KINDS: Final = (
    "advice",  # the room check's verdict, with what it rested on, at typing, submission, approval or sending
    "decision",  # what a person decided, and why: submitted, approved, changes requested, let go, overruled, withdrawn
    "sent",  # a receipt of a network
    "held",  # stopped, and by what
    "failed",  # a network refused it
    "outcome",  # how it was received, one hour, one day, seven days after
    "hindsight",  # what people think of the decision afterwards
    "pause",  # a pause began or ended
)
START: Final = "0" * 64
"""What the first entry has before it."""
_ENTRY: Final = b"kalkan ledger 1\n"
_NOTE: Final = b"kalkan note 1\n"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of a brand's ledger. ``body`` holds plain JSON values without floats: shares go in as text."""

    seq: int  # 1, 2, 3 …
    at: str  # ISO 8601, UTC, microseconds
    brand: str
    kind: str  # one of KINDS
    about: str  # what it is about: a draft's lasting name, a pause's key
    who: str  # the person's lasting key; "" where Kalkan itself speaks
    body: Mapping[str, Any]
    note: str = ""  # the salted hash of a private note, or ""
    prev: str = START
    hash: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """The first place where a chain is not what it was."""

    seq: int  # the entry, counted as it should be
    why: str  # entry_changed, entry_missing, entry_unreadable, end_missing, note_changed


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """How far a chain reached when somebody looked: keep it elsewhere, and a cut-off end is seen too."""

    seq: int = 0
    hash: str = START


def entry(
    kind: str,
    body: Mapping[str, Any],
    *,
    brand: str,
    about: str,
    at: datetime,
    who: str = "",
    after: Entry | Head | None = None,
    note: str = "",
    salt: str = "",
) -> Entry:
    """The next entry after ``after`` (None: the first of its brand).

    ``note`` is a private note: only its hash with ``salt`` (random, at least 16 signs, kept beside the note) goes in.

    :raises InvalidInput: an unknown ``kind``, a body that has no canonical form, a note without salt.
    """
    if kind not in KINDS:
        raise InvalidInput("ledger_kind", kind=kind)
    if note and len(salt) < 16:
        raise InvalidInput("ledger_salt")
    made = Entry(
        seq=after.seq + 1 if after else 1,
        at=moment(at),
        brand=brand,
        kind=kind,
        about=about,
        who=who,
        body=body,
        note=note_hash(note, salt) if note else "",
        prev=after.hash if after else START,
    )
    try:
        return replace(made, hash=_hash(made))
    except TypeError as error:
        raise InvalidInput("ledger_body", detail=str(error)) from error


def head(last: Entry | None) -> Head:
    """Where the chain that ends with ``last`` stands."""
    return Head(seq=last.seq, hash=last.hash) if last else Head()


def note_hash(note: str, salt: str) -> str:
    """The hash that stands in an entry for a private note."""
    return hmac.new(salt.encode(), _NOTE + note.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def row_of(one: Entry) -> dict[str, Any]:
    """An entry as a plain row."""
    return {name: getattr(one, name) for name in _NAMES} | {"body": dict(one.body)}


def read(row: Mapping[str, Any]) -> Entry:
    """An entry from a row of :func:`row_of`, or of an export.

    :raises InvalidInput: it is none (``ledger_row``).
    """
    try:
        kinds = {"seq": int, "body": Mapping}
        if set(row) != set(_NAMES) or not all(isinstance(row[name], kinds.get(name, str)) for name in _NAMES):
            raise InvalidInput("ledger_row")
        return Entry(**row)
    except TypeError as error:
        raise InvalidInput("ledger_row") from error


def verify(rows: Iterable[Mapping[str, Any]], *, known: Head | None = None) -> Break | None:
    """The first break of one brand's chain, its rows in order of ``seq``; None where it is whole.

    ``known``: what was seen of the chain before; then a chain that ends earlier, or had another entry there, is broken.
    """
    place, prev = 0, START
    for row in rows:
        place += 1
        try:
            one = read(row)
            found = _hash(one)
        except (InvalidInput, TypeError):
            return Break(seq=place, why="entry_unreadable")
        if one.seq != place:
            return Break(seq=place, why="entry_missing")
        if one.prev != prev or one.hash != found:
            return Break(seq=place, why="entry_changed")
        if known is not None and place == known.seq and one.hash != known.hash:
            return Break(seq=place, why="entry_changed")
        prev = one.hash
    if known is not None and place < known.seq:
        return Break(seq=place + 1, why="end_missing")
    return None


def verify_note(one: Entry, note: str, salt: str) -> bool:
    """Whether ``note`` is the private note that was written with this entry."""
    return bool(one.note) and hmac.compare_digest(one.note, note_hash(note, salt))


def export(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The chain as JSON lines that anybody can verify (:func:`lines`); private notes are not in it."""
    for row in rows:
        yield json.dumps(row_of(read(row)), ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def lines(exported: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """The rows of an export, for :func:`verify`; a line that cannot be read becomes a row that breaks the chain."""
    for line in exported:
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        yield found if isinstance(found, dict) else {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """What :func:`examine` found: ``level`` well or fault, and the code and parameters of its sentence."""

    level: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)


def examine(brand: str, rows: Iterable[Mapping[str, Any]], *, known: Head | None = None) -> Examined:
    """For ``kalkan doctor``: one brand's chain in one sentence (``doctor_ledger`` or ``doctor_ledger_broken``)."""
    count = 0

    def counted() -> Iterator[Mapping[str, Any]]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    broken = verify(counted(), known=known)
    if broken is None:
        return Examined(level="well", code="doctor_ledger", params={"brand": brand, "entries": count})
    params = {"brand": brand, "entry": broken.seq, "why": broken.why}
    return Examined(level="fault", code="doctor_ledger_broken", params=params)


def told(value: Any) -> Any:
    """``value`` in the form a body takes: dataclasses as objects, times in UTC, shares as text with four digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, enum.Enum):
        return told(value.value)
    if isinstance(value, Mapping):
        return {str(name): told(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [told(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(told(one) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: told(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return value if value is None or isinstance(value, (str, bool, int)) else str(value)


_NAMES: Final = ("seq", "at", "brand", "kind", "about", "who", "body", "note", "prev", "hash")


def _hash(one: Entry) -> str:
    told = {name: getattr(one, name) for name in _NAMES if name != "hash"}
    return hashlib.sha256(_ENTRY + canonical(told)).hexdigest()
