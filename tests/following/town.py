"""An archive to follow: invented talk and a planted story, appended as listeners append it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from kalkan import archive as archives
from kalkan import pipeline
from kalkan.archive import Archive
from kalkan.brands import Brand, Watch, matcher
from kalkan.following import Following
from kalkan.stories import book
from tests.conftest import read_rows
from tests.telling.stories.streams import PIPES, START, Row, everyday, story

WATERWORKS = Brand(
    slug="waterworks",
    name="Waterworks",
    watches=(Watch(kind="name", text="Waterworks"), Watch(kind="peer", text="Springhouse")),
    langs=("en",),
)
QUIET = everyday(hours=9, per_hour=60)
BURST = story(PIPES, after_hours=8)
CALLED = [
    (at + timedelta(seconds=20), f"{text} and Waterworks does not even answer the phone", f"c{k}")
    for k, (at, text, _) in enumerate(BURST[10:])
]


def fill(archive: Archive, rows: Sequence[Row], *, source: str, network: str = "bluesky", **columns: Any) -> list[str]:
    """Append ``rows`` in batches of an hour, of three minutes from the eighth hour on; the ids they got."""
    match = matcher((WATERWORKS,))
    ids = [f"at://{source}/{at.timestamp():.6f}/{k}" for k, (at, _, _) in enumerate(rows)]
    start = 0
    while start < len(rows):
        end = start
        span = timedelta(minutes=3 if rows[start][0] >= START + timedelta(hours=7.9) else 60)
        while end < len(rows) and rows[end][0] < rows[start][0] + span:
            end += 1
        part = rows[start:end]
        given: dict[str, Any] = {
            name: value[start:end] if isinstance(value, list) else value for name, value in columns.items()
        }
        posts = read_rows(
            ids[start:end],
            moments=[at for at, _, _ in part],
            author_id=[who for _, _, who in part],
            source=source,
            network=network,
            **given,
        )
        texts = pa.array([text for _, text, _ in part], pa.string())
        posts = posts.set_column(posts.schema.get_field_index("text"), posts.schema.field("text"), texts)
        now = part[-1][0] + timedelta(seconds=2)
        archive.append(source, posts, now=now, cursor="x", mentions=pipeline.mentions(posts, match))
        start = end
    return ids


@cache
def _made(called: bool) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="town-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    archive = archives.open(folder)
    fill(archive, sorted([*QUIET, *BURST]), source="bluesky:test")
    if called:
        fill(archive, sorted(CALLED), source="mastodon:test", network="mastodon", media=1)
    return folder


def town(folder: Path, *, called: bool = True) -> Archive:
    """Two sources: the town on one network, what it says of the brand on another. Made once, then copied."""
    shutil.copytree(_made(called), folder / "archive")
    return archives.open(folder / "archive")


def follower(folder: Path, archive: Archive, **options: Any) -> Following:
    """A follower of the town that begins at once."""
    shelf = book.open(folder / "stories")
    return Following(archive, shelf, brands=lambda: (WATERWORKS,), settle=timedelta(), **options)


def run_through(one: Following, *, now: datetime, steps: int = 10_000) -> int:
    """Step until nothing is left (or ``steps`` were done); how many were done."""
    for done in range(steps):
        found = one.step(now=now)
        if not found.posts and not found.alarms:
            return done
    return steps


END = START + timedelta(hours=9, minutes=1)
