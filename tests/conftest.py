"""What all tests share: no internet, a fixed clock, an archive of one's own, and rows to put into it."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop in the test's own thread

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
SHARED = Path(os.environ.get("KALKAN_SHARED") or Path(__file__).resolve().parents[2] / "shared")


@pytest.fixture(autouse=True)
def _no_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections leave this machine in no test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = address[0]
            try:
                local = ipaddress.ip_address(host).is_loopback
            except ValueError:
                local = host == "localhost"
            if not local:
                raise OSError(101, f"tests may not reach {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def now() -> datetime:
    """The moment that tests happen at."""
    return NOW


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the checkout; the test is skipped where there is none."""
    if not SHARED.is_dir():
        pytest.skip("needs the shared data folder")
    return SHARED


def read_rows(
    ids: Sequence[str],
    *,
    at: datetime = NOW,
    source: str = "bluesky:test",
    text: Callable[[str], str] = lambda one: f"Post {one}",
    moments: Sequence[datetime] | None = None,
    **columns: Any,
) -> pa.Table:
    """Posts as :data:`kalkan.posts.READ_POSTS` with these ids; other columns plain, or as given (a value or a list)."""
    from kalkan.posts import READ_POSTS

    rows = []
    for number, one in enumerate(ids):
        row: dict[str, Any] = {field.name: [] if pa.types.is_list(field.type) else None for field in READ_POSTS}
        row |= {
            "id": one,
            "network": "bluesky",
            "source": source,
            "author_id": f"did:plc:{number % 7}",
            "text": text(one),
            "created_at": at,
            "seen_at": at + timedelta(seconds=1),
            "at": at,
            "media": 0,
            "recipe": "test+0",
            "lang": "en",
            "sentiment": "neutral",
            "feeling": "none",
        }
        if moments is not None:
            row |= {"at": moments[number], "created_at": moments[number]}
        row |= {name: value[number] if isinstance(value, list) else value for name, value in columns.items()}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=READ_POSTS)


def mention_rows(posts: pa.Table, *, brand: str = "findik", kind: str = "name", watch: str = "Fındık") -> pa.Table:
    """All of ``posts`` as mentions of one brand."""
    from kalkan.posts import MENTIONS

    for position, value in enumerate((brand, kind, watch)):
        posts = posts.add_column(position, MENTIONS.field(position), pa.array([value] * posts.num_rows))
    return posts
