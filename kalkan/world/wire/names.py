"""The lasting names that the wires use: record keys, content ids, status ids and times.

Promises that the same input gives the same name in every process. Never reads a clock and is never random.

Sources: TIDs https://atproto.com/specs/tid; CIDs https://github.com/multiformats/cid (version 1,
sha2-256); Mastodon's ids are milliseconds shifted by 16 bits (lib/mastodon/snowflake.rb of mastodon/mastodon).
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
_ALPHABET: Final = "234567abcdefghijklmnopqrstuvwxyz"
_PAIRS: Final = tuple(high + low for high in _ALPHABET for low in _ALPHABET)  # 10 bits at a time
_BASE32: Final = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648, as CIDs use it
_PAIRS_32: Final = tuple(high + low for high in _BASE32 for low in _BASE32)
_DAG_CBOR: Final = b"\x01\x71\x12\x20"  # CID version 1, dag-cbor, sha2-256, 32 bytes
_RAW: Final = b"\x01\x55\x12\x20"  # the same for a blob


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly. ``at`` must know its zone."""
    return (at - EPOCH) // MICROSECOND


def moment(time_us: int) -> datetime:
    """The moment that :func:`micros` made ``time_us`` of."""
    return EPOCH + timedelta(microseconds=time_us)


def tid(time_us: int, clock: int = 0) -> str:
    """A record key: 13 signs that sort by time. ``clock`` (0–1023) keeps writers of the same microsecond apart."""
    value = ((time_us & ((1 << 53) - 1)) << 10) | (clock & 1023)
    high = _ALPHABET[value >> 60]
    return high + "".join([_PAIRS[(value >> shift) & 1023] for shift in (50, 40, 30, 20, 10, 0)])


def cid(record: bytes) -> str:
    """A content id as a commit carries it. Stable for the same bytes, though those are JSON and not the repo's CBOR."""
    return _base32(_DAG_CBOR + hashlib.sha256(record).digest())


def blob(content: bytes) -> str:
    """The content id of a picture."""
    return _base32(_RAW + hashlib.sha256(content).digest())


def _base32(raw: bytes) -> str:
    """36 bytes in multibase's lower base32 ("b"), without padding; several times as fast as the standard library's."""
    value = int.from_bytes(raw) << 2  # 288 bits as 29 pairs of signs
    return "b" + "".join([_PAIRS_32[(value >> shift) & 1023] for shift in range(280, -1, -10)])


def clock_id(key: str) -> int:
    """A number from 0 to 1023 that stands for a writer in its TIDs."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:2]) & 1023


def snowflake(at: datetime, key: str) -> int:
    """A Mastodon id: milliseconds since 1970, then 16 bits of ``key``'s digest."""
    return ((micros(at) // 1000) << 16) | int.from_bytes(hashlib.sha256(key.encode()).digest()[:2])


def stamp(at: datetime) -> str:
    """A time as clients write it: milliseconds, or microseconds where those would lose something."""
    precision = "milliseconds" if at.microsecond % 1000 == 0 else "microseconds"
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def millis(at: datetime) -> str:
    """A time as Mastodon writes it: always three digits."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return (EPOCH + timedelta(seconds=seconds)).isoformat()[:19]


def wire_time(time_us: int) -> str:
    """A time as the second Jetstream wire writes it: always six digits."""
    seconds, rest = divmod(time_us, 1_000_000)
    return f"{_second(seconds)}.{rest:06d}Z"
