"""What a client of the Jetstream server asked for: filters and cursors of both wires.

Owns the reading of their parameters, the limits on them, and the words of refusal. Never sends anything.

Source: bluesky-social/jetstream, docs/README.md, lexicons/network/bsky/jetstream/subscribeEvents.json and the legacy
README of the first wire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from kalkan.world.wire.log import EventLog
from kalkan.world.wire.names import micros

V1_PATH: Final = "/subscribe"
V2_PATH: Final = "/xrpc/network.bsky.jetstream.subscribeEvents"
SEQ_BELOW: Final = 10**15  # a cursor from here on is a time in microseconds
KINDS: Final = ("commit", "identity", "account", "sync")
MAX_COLLECTIONS: Final = 100
MAX_DIDS: Final = 10_000
_NSID: Final = re.compile(
    r"[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)+"
    r"\.[a-zA-Z][a-zA-Z0-9]{0,62}"
)
_DID: Final = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
_INTEGER: Final = re.compile(r"[+-]?[0-9]+")


class BadRequest(Exception):
    """A request refused before the upgrade: an error name of the second wire and the server's sentence."""

    def __init__(self, message: str, name: str = "InvalidRequest") -> None:
        super().__init__(message)
        self.name = name
        self.message = message


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which frames a client wants. None on an axis is all of them; collections only ever hold back commits."""

    kinds: frozenset[str] | None = None
    dids: frozenset[str] | None = None
    collections: frozenset[str] | None = None
    prefixes: tuple[str, ...] = ()
    max_bytes: int = 0

    @property
    def open(self) -> bool:
        """Whether it lets everything through."""
        return self.kinds is None and self.dids is None and self.collections is None and not self.max_bytes

    def wants(self, kind: str, did: str, collection: str) -> bool:
        """Whether a frame passes. ``collection`` is "" for what is no commit."""
        if self.kinds is not None and kind not in self.kinds:
            return False
        if self.dids is not None and did not in self.dids:
            return False
        if self.collections is None or kind != "commit" or not collection:
            return True
        return collection in self.collections or collection.startswith(self.prefixes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a stream begins. ``notice`` is the name and text of the #info frame that the second wire sends first."""

    seq: int
    replay: bool
    notice: tuple[str, str] | None = None


def parameters(query: str) -> dict[str, list[str]]:
    """The query string's values by name."""
    try:
        return parse_qs(query, keep_blank_values=True, errors="strict")
    except ValueError as fault:
        raise BadRequest(f"invalid options: {fault}") from fault


def filter_v1(asked: Mapping[str, Sequence[str]]) -> Filter:
    """The filter of a first-wire query string."""
    return _filter_v1(asked.get("wantedCollections", ()), asked.get("wantedDids", ()), _size(asked))


def filter_v1_update(payload: Any) -> Filter:
    """The filter of an ``options_update`` payload.

    :raises TypeError: a field has another type than it must.
    :raises BadRequest: a value is not allowed.
    """
    if not isinstance(payload, dict):
        raise TypeError("payload")
    lists = [payload.get(name) or [] for name in ("wantedCollections", "wantedDids")]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
        raise TypeError("wanted")
    size = payload.get("maxMessageSizeBytes") or 0
    if not isinstance(size, int):
        raise TypeError("maxMessageSizeBytes")
    return _filter_v1(lists[0], lists[1], max(size, 0))


def _filter_v1(collections: Sequence[str], dids: Sequence[str], size: int) -> Filter:
    names, prefixes = _collections(collections)
    if len(names) + len(prefixes) > MAX_COLLECTIONS:
        raise BadRequest(f"invalid options: too many wanted collections: > {MAX_COLLECTIONS}")
    people = _dids(dids)
    return Filter(
        dids=people or None, collections=names if names or prefixes else None, prefixes=prefixes, max_bytes=size
    )


def filter_v2(asked: Mapping[str, Sequence[str]]) -> Filter:
    """The filter of a second-wire query string. Names of the first wire are refused, not ignored."""
    for old, new in (("wantedDids", "use dids"), ("wantedCollections", "use collections")):
        if old in asked:
            raise BadRequest(f"invalid options: {old} is the legacy /subscribe parameter; {new}")
    if "requireHello" in asked:
        raise BadRequest("invalid options: requireHello is not supported on this endpoint; it is server-push only")
    kinds, dids, patterns = (asked.get(name, ()) for name in ("kinds", "dids", "collections"))
    for name, values, most in (("kinds", kinds, 4), ("dids", dids, MAX_DIDS), ("collections", patterns, 100)):
        if len(values) > most:
            raise BadRequest(f"invalid options: too many {name} values: {len(values)} > {most}")
    for kind in kinds:
        if kind not in KINDS:
            raise BadRequest(f'invalid options: unknown kind "{kind}" (valid: {", ".join(KINDS)})')
    for pattern in patterns:
        if pattern.endswith(".*") and not _NSID.fullmatch(pattern[:-1] + "x"):
            raise BadRequest(f"invalid options: invalid collection wildcard: {pattern}")
    names, prefixes = _collections(patterns)
    if (names or prefixes) and kinds and "commit" not in kinds:
        raise BadRequest("invalid options: collections filter can never apply: kinds excludes commit")
    return Filter(
        kinds=frozenset(kinds) or None,
        dids=_dids(dids) or None,
        collections=names if names or prefixes else None,
        prefixes=prefixes,
        max_bytes=_size(asked),
    )


def _collections(values: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    names, prefixes = [], []
    for value in values:
        if value.endswith(".*"):
            prefixes.append(value[:-1])
        elif _NSID.fullmatch(value):
            names.append(value)
        else:
            raise BadRequest(f"invalid options: invalid collection: {value}")
    return frozenset(names), tuple(dict.fromkeys(prefixes))


def _dids(values: Sequence[str]) -> frozenset[str]:
    for value in values:
        if not _DID.fullmatch(value):
            raise BadRequest(f"invalid options: invalid DID: {value}")
    found = frozenset(values)
    if len(found) > MAX_DIDS:
        raise BadRequest(f"invalid options: too many wanted DIDs: {len(found)} > {MAX_DIDS}")
    return found


def _size(asked: Mapping[str, Sequence[str]]) -> int:
    value = (asked.get("maxMessageSizeBytes") or ("",))[0]
    size = int(value) if _INTEGER.fullmatch(value) and len(value) < 20 else 0
    return size if 0 < size <= 0xFFFF_FFFF else 0  # nonsense means no limit, as it always did


def start(raw: str, log: EventLog, *, now: datetime, lookback: timedelta, v2: bool) -> Start:
    """Where a stream with this ``cursor`` begins. A cursor is inclusive.

    :raises BadRequest: no integer, negative, or (second wire only) a seq older than the look-back.
    """
    if raw == "":
        return Start(seq=log.next_seq, replay=False)
    if not _INTEGER.fullmatch(raw) or not 0 <= int(raw) < 1 << 63:
        raise BadRequest(f'subscribe: invalid cursor: "{raw[:40]}"')
    cursor, tip = int(raw), log.next_seq
    floor_us = micros(now - lookback)
    oldest = log.first()
    floor = log.seq_at(floor_us)
    if cursor < SEQ_BELOW:
        if cursor >= tip:
            text = f"requested seq cursor {cursor} is beyond this archive's next seq; starting at the live tip"
            # Asking for exactly what comes next is not asking beyond it.
            return Start(seq=tip, replay=False, notice=("FutureCursor", text) if cursor > tip else None)
        lowest = 0 if oldest is None or (log.whole and floor <= oldest[0]) else floor
        if cursor < lowest and v2:
            raise BadRequest(
                f"subscribe: cursor too old: requested seq {cursor} is below the retention floor seq {lowest}",
                "CursorTooOld",
            )
        return Start(seq=max(cursor, lowest, 1), replay=True)
    if cursor > micros(now) or oldest is None:
        return Start(seq=tip, replay=False)
    if cursor < floor_us:
        text = f"requested timestamp cursor below retention floor; starting at seq {floor}"
        return Start(seq=floor, replay=True, notice=("OutdatedCursor", text))
    if cursor < oldest[1]:
        text = f"requested timestamp cursor precedes the oldest archived event; starting at seq {oldest[0]}"
        return Start(seq=oldest[0], replay=True, notice=("OutdatedCursor", text))
    return Start(seq=log.seq_at(cursor), replay=True)
