"""What stories cost: posts a second of a core, the follower on an archive, memory at a million live terms."""

from __future__ import annotations

import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.texts import posts
from kalkan.stories.detect import Detector, Rules
from kalkan.stories.replay import Stories
from kalkan.stories.terms import terms


def throughput(*, n: int, rate: float = 7_000.0) -> dict[str, Any]:
    """Posts a second of one core (CPU time) at ``rate`` posts a second of the stream's time."""
    table, origin = posts(n)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    at = np.datetime64(start.replace(tzinfo=None), "us") + (np.arange(n) * 1e6 / rate).astype("timedelta64[us]")
    table = table.append_column("at", pa.array(at).cast(pa.timestamp("us", tz="UTC")))
    table = table.append_column("author_id", pa.array([f"did:{k * 7919 % 90_001}" for k in range(n)]))
    terms(table.slice(0, 1000))
    began = time.process_time()
    found = sum(len(terms(table.slice(at, 5_000)).term) for at in range(0, n, 5_000))
    terms_s = time.process_time() - began
    stories = Stories()
    began = time.process_time()
    alarms = sum(len(stories.hear(table.slice(at, 5_000))) for at in range(0, n, 5_000))
    alarms += len(stories.until(start + timedelta(days=1)))
    whole_s = time.process_time() - began
    return {
        "texts": origin,
        "posts": n,
        "terms_a_post": round(found / n, 1),
        "terms_only_posts_per_s": round(n / terms_s),
        "all_posts_per_s": round(n / whole_s),
        "us_a_post": round(whole_s / n * 1e6, 1),
        "alarms": alarms,
    }


def following(*, n: int, rate: float = 7_000.0) -> dict[str, Any]:
    """The follower on an archive with batches of a second and a half at ``rate``: posts a second of one core; over
    everything, a brand, two markets, four peers and four topics."""
    from benchmarks.listening import WORDS, brand
    from kalkan import archive as archives
    from kalkan import pipeline
    from kalkan.brands import Watch, matcher
    from kalkan.following import Following
    from kalkan.stories import book

    table, origin = posts(n)
    start = datetime(2026, 3, 2, 12, tzinfo=UTC)
    scopes = tuple(Watch(kind=kind, text=word) for kind in ("peer", "topic") for word in WORDS[:4])
    watched = replace(brand(), langs=("en", "tr"), watches=(*brand().watches, *scopes))
    match = matcher((watched,))
    with tempfile.TemporaryDirectory() as folder:
        archive = archives.open(Path(folder) / "archive")
        for at in range(0, n, int(rate * 1.5)):
            rows = read_posts(table.slice(at, int(rate * 1.5)), at, start=start, rate=rate)
            archive.append("load:one", rows, now=start, cursor=str(at), mentions=pipeline.mentions(rows, match))
        shelf = book.open(Path(folder) / "stories")
        one = Following(archive, shelf, brands=lambda: (watched,), settle=timedelta())
        now = start + timedelta(seconds=n / rate)
        cpu, wall, done = time.process_time(), time.perf_counter(), 0
        while (step := one.step(now=now)).posts:
            done += step.posts
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        began = time.perf_counter()
        one.keep(now=now)
        kept = time.perf_counter() - began
    return {
        "texts": origin,
        "posts": done,
        "posts_per_s_of_a_core": round(done / cpu),
        "posts_per_s": round(done / wall),
        "share_of_a_core_at_7000": round(7_000 * cpu / done, 3),
        "checkpoint_s": round(kept, 2),
        "scopes_with_a_detector": len(one.streams.by_scope),
    }


def read_posts(table: pa.Table, first: int, *, start: datetime, rate: float) -> pa.Table:
    """Rows as the archive takes them, spaced evenly."""
    from kalkan.posts import READ_POSTS

    n = table.num_rows
    number = np.arange(first, first + n)
    at = pa.array(np.datetime64(start.replace(tzinfo=None), "us") + (number * 1e6 / rate).astype("timedelta64[us]"))
    at = at.cast(pa.timestamp("us", tz="UTC"))
    given = {
        "id": pa.array([f"at://load/{k}" for k in number.tolist()]),
        "network": pa.repeat("bluesky", n),
        "source": pa.repeat("load:one", n),
        "author_id": pa.array([f"did:{k * 7919 % 90_001}" for k in number.tolist()]),
        "text": table["text"],
        "seen_at": at,
        "at": at,
        "media": pa.repeat(pa.scalar(0, pa.int32()), n),
        "lang": table["lang"],
        "sentiment": pa.repeat("neutral", n),
        "recipe": pa.repeat("load+0", n),
    }
    columns = []
    for field in READ_POSTS:
        if field.name in given:
            columns.append(given[field.name])
        elif pa.types.is_list(field.type):
            columns.append(pa.ListArray.from_arrays(np.zeros(n + 1, dtype=np.int32), pa.array([], pa.string())))
        else:
            columns.append(pa.nulls(n, field.type))
    return pa.table(columns, schema=READ_POSTS)


def memory(*, terms_wanted: int) -> dict[str, Any]:
    """Bytes of the term table when more terms come than it may hold, and how many it then has."""
    from kalkan.stories.recent import no_terms
    from kalkan.stories.terms import Terms

    detector = Detector(rules=Rules(most_terms=terms_wanted))
    rng = np.random.default_rng(3)
    blank = no_terms()
    n = terms_wanted // 4
    for minute in range(12):
        term = rng.integers(1, 1 << 63, n).astype(np.uint64)
        author = rng.integers(1, 1 << 63, n).astype(np.uint64)
        detector.hear(minute, Terms(n, np.arange(n), term, author, author, np.zeros((n, 12), np.uint32), blank.long))
    sizes = [getattr(detector, name).nbytes for name in Detector._TABLE]
    return {"limit": terms_wanted, "live": detector.live, "mib": round(sum(sizes) / 2**20, 1)}
