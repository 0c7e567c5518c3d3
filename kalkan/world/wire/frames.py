"""Frames of the two Jetstream wires: their shapes, what a filter keeps of them, and how frames get damaged.

Owns the second wire's envelope and the mutations that the fault tests send. Promises that a mutated frame is never a
readable post. Never keeps state.

Source: bluesky-social/jetstream, internal/subscribe (encoder.go, encoderv2.go), lexicon subscribeEvents.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from kalkan.world.wire.asking import Filter
from kalkan.world.wire.log import Slice, text_frame
from kalkan.world.wire.names import wire_time

EVENTS: Final = "network.bsky.jetstream.subscribeEvents"
_UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
_PREFIX: Final = b'{"$type":"message","payload":'


class _Commit(msgspec.Struct):
    rev: str
    operation: str
    collection: str
    rkey: str
    record: msgspec.Raw = msgspec.Raw()
    cid: str = ""


class _Frame(msgspec.Struct):
    did: str
    kind: str
    commit: _Commit | None = None
    identity: msgspec.Raw = msgspec.Raw()
    account: msgspec.Raw = msgspec.Raw()


class _GoneV2(msgspec.Struct, rename={"type_": "$type"}):
    type_: str
    seq: int
    did: str
    time: str
    rev: str
    operation: str
    collection: str
    rkey: str


class _CommitV2(_GoneV2):
    cid: str
    record: msgspec.Raw


_read: Final[Callable[[bytes], _Frame]] = msgspec.json.Decoder(_Frame).decode
_write: Final = msgspec.json.Encoder().encode


def message(payload: Mapping[str, Any]) -> bytes:
    """``payload`` in the second wire's envelope."""
    return _PREFIX + _write(payload) + b"}"


def info(name: str, text: str) -> bytes:
    """An advisory frame of the second wire."""
    return message({"$type": f"{EVENTS}#info", "name": name, "message": text})


def error(name: str, text: str) -> bytes:
    """The last frame of a stream of the second wire."""
    return _write({"$type": "error", "error": name, "message": text})


def enveloped(payload: bytes, seq: int, time_us: int) -> bytes:
    """A frame of the first wire as the second sends it; one that cannot be read goes out as it is."""
    try:
        frame = _read(payload)
    except _UNREADABLE:
        return payload
    return _enveloped(frame, seq, time_us)


def _enveloped(frame: _Frame, seq: int, time_us: int) -> bytes:
    commit, kind = frame.commit, frame.kind
    if commit is not None:
        place = (f"{EVENTS}#commit", seq, frame.did, wire_time(time_us), commit.rev, commit.operation)
        flat = (
            _CommitV2(*place, commit.collection, commit.rkey, commit.cid, commit.record)
            if commit.cid  # a delete has neither
            else _GoneV2(*place, commit.collection, commit.rkey)
        )
        return _PREFIX + _write(flat) + b"}"
    body = {"identity": frame.identity, "account": frame.account}.get(kind, msgspec.Raw(b"null"))
    return message({"$type": f"{EVENTS}#{kind}", "seq": seq, "did": frame.did, "time": wire_time(time_us), kind: body})


def wanted(some: Slice, wants: Filter, *, v2: bool) -> list[bytes]:
    """Those frames of a slice that pass, without websocket headers, in the shape of the wire asked for."""
    found = []
    for place, payload in enumerate(some.payloads()):
        try:
            frame = _read(payload)
        except _UNREADABLE:
            found.append(payload)  # nothing can be told about it, so no filter holds it back
            continue
        collection = frame.commit.collection if frame.commit is not None else ""
        if not wants.wants(frame.kind, frame.did, collection):
            continue
        if v2:
            payload = _enveloped(frame, some.first + place, some.times[place])
        if wants.max_bytes and len(payload) > wants.max_bytes:
            continue
        found.append(payload)
    return found


def packed(payloads: list[bytes]) -> bytes:
    """Payloads as websocket text frames, one after the other."""
    return b"".join([text_frame(payload) for payload in payloads])


def mutated(payload: bytes, chance: random.Random) -> bytes:
    """A damaged copy of a frame: cut off, garbled or of the wrong types, and always valid UTF-8.

    It can never be read as a post: either it is no JSON, or something a post cannot do without has another type.
    """
    kind = chance.randrange(7)
    if kind == 0:
        return payload[: chance.randrange(1, max(len(payload), 2))].decode(errors="ignore").encode()
    if kind == 1:
        return bytes(chance.choices(b'{}[]",:0aZ \\', k=chance.randrange(1, 200))) + b"{"
    if kind == 2:
        return b"[" * chance.randrange(1, 5000)
    if kind == 3:
        return payload + payload
    if kind == 4:
        return payload.replace(b'"did":"', b'"did":"\\ud800', 1).replace(b"}", b"", 1)
    wrong = chance.choice((b"null", b"17", b"[]", b'"\\u0000"', b"-1e999", b"true"))
    if kind == 5:
        return b'{"did":' + wrong + b',"time_us":' + wrong + b',"kind":"commit","commit":' + wrong + b"}"
    return _PREFIX + wrong + b',"did":{' * chance.randrange(1, 40)
