"""The main job on real input: a stream of real posts, heard over the wire and imported as a file, counted the same."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from kalkan import archive as archives
from kalkan import pipeline, plugins, reading
from kalkan.archive.check import check
from kalkan.brands import Brand, Watch, matcher
from kalkan.figures import Ask, Where, answer
from kalkan.networks import files
from kalkan.networks.base import Coverage
from kalkan.posts import Post, posts_table
from kalkan.reading.local import reader_pool
from kalkan.text import clean
from kalkan.world.wire import EventLog, JetstreamServer, frames_from_table

pytestmark = pytest.mark.slow
BRAND = Brand(slug="spotify", name="Spotify", watches=(Watch(kind="name", text="Spotify"),))
# A plain reading of "about Spotify": the word, possessive, plural, with a hyphen or an apostrophe; not inside another
# word, an address or another account's handle. Ours also sees camel-case hashtags and Turkish endings.
PLAIN = re.compile(r"(?<![\w@./])spotify(?:['’]?s|['’]\w+)?(?!\w|\.\w)", re.IGNORECASE)


@pytest.fixture(scope="module")
def stream() -> pa.Table:
    from tests.conftest import SHARED

    path = SHARED / "data" / "stream_replay.parquet"
    if not path.exists():
        pytest.skip("needs the shared data folder")
    return pq.read_table(path, columns=["text", "created_at", "lang"])


@contextmanager
def reader() -> Iterator[pipeline.Read]:
    with reader_pool(reading.current(), 1) as pool:
        yield pipeline.reading_by(pool)


def imported(root: Path) -> archives.Archive:
    from tests.conftest import SHARED

    path, now = SHARED / "data" / "stream_replay.parquet", datetime.now(UTC)
    archive = archives.open(root)
    with reader() as read:
        done = pipeline.bring_in(
            files.read(path, now=now, rows=50_000),
            files.source_of(path),
            archive=archive,
            read=read,
            brands=(BRAND,),
            now=now,
        )
    assert not done.rejects
    return archive


def heard(root: Path, stream: pa.Table) -> archives.Archive:
    log = EventLog()
    log.extend(frames_from_table(stream, start=datetime.now(UTC) - timedelta(hours=1)))
    archive, stop = archives.open(root / "archive"), threading.Event()
    with JetstreamServer(log) as server, reader() as read:
        kind = plugins.load("kalkan.networks", "bluesky")
        listener = pipeline.Listener(
            network=kind.open("bluesky:replay", {"instances": server.url, "replay_hours": "2"}),
            archive=archive,
            read=read,
            brands=lambda: (BRAND,),
            brands_version=lambda: 1,
            status=pipeline.Status(
                source="bluesky:replay", network="bluesky", title="Bluesky", coverage=Coverage(code="all_public")
            ),
            status_folder=root / "status",
            stop=stop,
            now=pipeline.utc_now,
            jitter=lambda: 0.5,
        )
        thread = threading.Thread(target=listener.run)
        thread.start()
        limit = time.monotonic() + 150
        while listener.status.posts_total < stream.num_rows and time.monotonic() < limit and thread.is_alive():
            time.sleep(0.2)
        stop.set()
        thread.join(timeout=60)
    assert listener.status.rejects == {}
    return archive


def said(texts: list[str], moments: list[datetime]) -> Counter[tuple[str, datetime]]:
    return Counter(zip((clean(text) for text in texts), moments, strict=True))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("way", ["heard", "imported"])
def test_every_post_is_there_once_and_figures_equal_those_of_the_file(
    tmp_path: Path, stream: pa.Table, way: str
) -> None:
    archive = heard(tmp_path, stream) if way == "heard" else imported(tmp_path)
    rows = archive.query('SELECT id, text, "at" FROM posts', tables=("posts",))
    assert rows.num_rows == len(set(rows["id"].to_pylist())) == stream.num_rows
    moments = stream["created_at"].to_pylist()
    expected = said(stream["text"].to_pylist(), moments)
    assert said(rows["text"].to_pylist(), rows["at"].to_pylist()) == expected

    since, until = datetime(2013, 4, 15, tzinfo=UTC), datetime(2013, 4, 20, tzinfo=UTC)
    by_day = answer(Ask(since=since, until=until, measures=("posts",), by="day"), archive)
    counted = {str(row.key)[:10]: row.count for row in by_day.of("posts") if row.count}
    assert counted == days_of_file(stream, since, until)

    period: dict[str, Any] = {"since": datetime(2017, 10, 1, tzinfo=UTC), "until": datetime(2017, 11, 20, tzinfo=UTC)}
    found = answer(Ask(measures=("posts",), where=Where(brand="spotify"), **period), archive).one("posts")
    about = within(stream, **period)
    straight = matcher((BRAND,)).match(
        posts_table(Post(**_PLAIN_POST, text=text) for text in about["text"].to_pylist())
    )
    assert found.count == straight.num_rows
    plain = sum(1 for text in about["text"].to_pylist() if PLAIN.search(text))
    assert plain <= found.count <= plain * 1.015
    assert check(archive).faults == []


_PLAIN_POST: Final[dict[str, Any]] = {
    "id": "x", "network": "x", "source": "x", "author_id": "x", "seen_at": datetime(2026, 1, 1, tzinfo=UTC),
}  # fmt: skip


def within(stream: pa.Table, *, since: datetime, until: datetime) -> pa.Table:
    """The rows of a period, straight from the file."""
    moments = stream["created_at"]
    return stream.filter(
        pc.and_(
            pc.greater_equal(moments, pa.scalar(since, moments.type)), pc.less(moments, pa.scalar(until, moments.type))
        )
    )


def days_of_file(stream: pa.Table, since: datetime, until: datetime) -> dict[str, int]:
    """Posts a day straight from the file."""
    window = within(stream, since=since, until=until)
    return dict(Counter(pc.strftime(window["created_at"], format="%Y-%m-%d").to_pylist()))
