"""Minutes and microseconds since 1970 as moments, and back: the follower counts in whole numbers, people read dates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def minute_of(moment: datetime) -> int:
    """Minutes since 1970, UTC."""
    return int((moment - _EPOCH) // timedelta(minutes=1))


def moment_of(minute: int) -> datetime:
    """The beginning of that minute."""
    return _EPOCH + timedelta(minutes=minute)


def moment_us(microseconds: int) -> datetime:
    """That many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)
