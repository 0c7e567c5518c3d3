"""The Today page over an archive of ten million posts: how long a person waits for it, and what for.

The archive is written as Kalkan writes it: some twenty settled files a day for four weeks, a hundred small ones of
today, deletions that are not swept yet. One post in fifty mentions the brand. The page is asked for through the whole
of Django (sessions, templates) in a process of its own: first with everything cold, then again and again, and again
while a writer appends, so that nothing asked before may be answered from memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.texts import posts as sample_texts
from kalkan import archive as archives
from kalkan.archive import keys_of
from kalkan.posts import COUNTS, FEELINGS, GONE, MENTIONS, PROBABILITIES, READ_POSTS, SENTIMENTS, table
from kalkan.text import fold_column

DAYS, FILES_A_DAY, LIVE_FILES, LIVE_ROWS = 28, 20, 100, 500
SHARE = 50  # one post in so many mentions the brand
PERIODS = ("24h", "7d", "28d")
AUTHORS = 400_000


# — the archive —


class Press:
    """Makes rows as the archive stores them: texts of real posts, readings drawn at random."""

    def __init__(self, n: int, *, seed: int) -> None:
        self._luck = np.random.default_rng(seed)
        texts = sample_texts(n)[0]["text"]
        self._texts = pa.chunked_array([chunk.cast(pa.string()) for chunk in texts.chunks])
        self._folded = fold_column(self._texts)
        self._made = 0

    def rows(self, n: int, *, since: datetime, until: datetime) -> pa.Table:
        """``n`` posts between two moments, with ``key`` and ``folded``."""
        luck, first = self._luck, self._made
        self._made += n
        start, end = int(since.timestamp() * 1e6), int(until.timestamp() * 1e6)
        at = pa.array(np.sort(luck.integers(start, end, n))).cast(pa.timestamp("us", "UTC"))
        picked = pa.array(luck.integers(0, len(self._texts), n))
        who = luck.zipf(1.3, n) % AUTHORS
        ids = pa.array([f"at://did:plc:{author:024d}/app.bsky.feed.post/3k{first + i:011d}"
                        for i, author in enumerate(who.tolist())])  # fmt: skip
        columns: dict[str, Any] = {
            "id": ids,
            "network": _drawn(luck, ("bluesky", "mastodon"), (0.9, 0.1), n),
            "source": pa.repeat("bluesky:jetstream", n),
            "author_id": pa.array([f"did:plc:{author:024d}" for author in who.tolist()]),
            "author_handle": pa.array([f"u{author}.test" for author in who.tolist()]),
            "text": self._texts.take(picked),
            "created_at": at, "seen_at": at, "at": at,
            "lang": _drawn(luck, ("en", "tr", "de", None), (0.5, 0.35, 0.1, 0.05), n),
            "sentiment": _drawn(luck, (*SENTIMENTS, None), (0.25, 0.35, 0.25, 0.15), n),
            "feeling": _drawn(luck, (*FEELINGS, "none", None), (*[0.05] * len(FEELINGS), 0.5, 0.15), n),
            "recipe": pa.repeat("fast-26.11+000000000000", n),
            "media": pa.repeat(pa.scalar(0, pa.int32()), n),
            "key": pa.array(keys_of(pa.chunked_array([ids]))),
            "folded": self._folded.take(picked),
            "batch": pa.repeat(pa.scalar(1, pa.int64()), n),
            **{name: pa.array(luck.beta(0.4, 4, n).astype(np.float32)) for name in PROBABILITIES},
            "lang_score": pa.array(luck.random(n, dtype=np.float32)),
        }  # fmt: skip
        return _as(READ_POSTS, columns, n)


def _drawn(luck: np.random.Generator, values: tuple[Any, ...], shares: tuple[float, ...], n: int) -> pa.Array:
    weights = np.array(shares) / sum(shares)
    return pa.array(values, pa.string()).take(pa.array(luck.choice(len(values), n, p=weights)))


def _as(schema: pa.Schema, columns: dict[str, Any], n: int) -> pa.Table:
    """Columns of ``schema`` first, empty where not given, then the others."""
    filled = {}
    for field in schema:
        empty = pa.array([[]] * n, field.type) if pa.types.is_list(field.type) else pa.nulls(n, field.type)
        filled[field.name] = columns.get(field.name, empty)
    return pa.table({**filled, **{name: value for name, value in columns.items() if name not in filled}})


def about_brand(rows: pa.Table) -> pa.Table:
    """One in :data:`SHARE` of ``rows`` as mentions."""
    kept = rows.filter(pa.array(np.arange(rows.num_rows) % SHARE == 0))
    for place, (name, value) in enumerate((("brand", "findik"), ("kind", "name"), ("watch", "Fındık"))):
        kept = kept.add_column(place, MENTIONS.field(name), pa.repeat(value, kept.num_rows))
    return kept


def build(root: Path, n: int, *, now: datetime) -> int:
    """An archive of ``n`` posts that end at ``now``; how many files it has."""
    archive, press = archives.open(root), Press(min(n, 200_000), seed=3)
    a_file = (n - LIVE_FILES * LIVE_ROWS) // (DAYS * FILES_A_DAY)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    posts, mentions = archive.logs["posts"], archive.logs["mentions"]
    for day in range(DAYS):
        begin = midnight - timedelta(days=DAYS - day - 1)
        end = min(begin + timedelta(days=1), now)
        settled = [press.rows(a_file, since=begin, until=end) for _ in range(FILES_A_DAY)]
        posts.commit([add for rows in settled for add in posts.write(rows)])
        mentions.commit([add for rows in settled for add in mentions.write(about_brand(rows))])
    for number in range(LIVE_FILES):
        until = now - (now - midnight) / 10 * (LIVE_FILES - 1 - number) / LIVE_FILES
        rows = press.rows(LIVE_ROWS, since=until - timedelta(minutes=1), until=until)
        posts.commit(posts.write(rows), source="bluesky:jetstream", batch=number + 1)
        mentions.commit(mentions.write(about_brand(rows)))
    lately = rows["id"].to_pylist()[: LIVE_ROWS // 2]
    gone = [{"id": one, "network": "bluesky", "at": now, "why": "deleted"} for one in lately]
    archive.remove(table(gone, GONE), now=now)
    return sum(len(log.files) for log in archive.logs.values())


# — the page, in a process of its own —


def ask(data: Path, *, rounds: int) -> dict[str, Any]:
    """Set the desk up in ``data`` and ask for the page: cold, warm, and while posts arrive."""
    os.environ["KALKAN_DATA"] = str(data)
    from kalkan import config
    from kalkan.desk.ready import ready

    ready(config.load(os.environ))
    from django.test import Client

    from kalkan.desk import shelf
    from kalkan.desk.models import Brand, Membership, Person, Watch

    person = Person.objects.create(name="Ayşe", email="ayse@example.com", zone="Europe/Istanbul", founder=True)
    brand = Brand.objects.create(slug="findik", name="Fındık")
    Watch.objects.create(brand=brand, kind="name", text="Fındık")
    Membership.objects.create(person=person, brand=brand, role="owner")
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(person)
    begun = time.perf_counter()
    archive = shelf.opened()
    opened = time.perf_counter() - begun
    spent = [0.0]
    inner = archive.query

    def query(*positional: Any, **named: Any) -> pa.Table:
        start = time.perf_counter()
        try:
            return inner(*positional, **named)
        finally:
            spent[0] += time.perf_counter() - start

    archive.query = query  # type: ignore[method-assign]

    def page(period: str) -> tuple[float, float]:
        spent[0] = 0.0
        start = time.perf_counter()
        answer = client.get("/", {"period": period}, follow=True)
        seconds = time.perf_counter() - start
        assert answer.status_code == 200, answer.status_code
        assert b"F\xc4\xb1nd\xc4\xb1k" in answer.content
        return seconds * 1000, spent[0] * 1000

    cold = {period: page(period) for period in PERIODS}
    warm = [(period, page(period)) for _ in range(rounds) for period in PERIODS]
    now = datetime.now(UTC)
    writer, press, live = archives.open(data / "archive"), Press(2000, seed=9), []
    for number in range(rounds):
        for period in PERIODS:
            rows = press.rows(50, since=now - timedelta(seconds=5), until=now).select(READ_POSTS.names)
            rows = rows.cast(READ_POSTS)
            told = about_brand(rows).select(MENTIONS.names).cast(MENTIONS)
            writer.append(f"bench:{number}:{period}", rows, now=now, mentions=told, counts=COUNTS.empty_table())
            live.append((period, page(period)))
    return {
        "open_archive_ms": round(opened * 1000),
        "cold": {period: _shown([times]) for period, times in cold.items()},
        "warm": _each(warm),
        "while_posts_arrive": _each(live),
        "p95_ms": round(float(np.percentile([times[0] for _, times in warm + live], 95))),
    }


def _each(found: list[tuple[str, tuple[float, float]]]) -> dict[str, Any]:
    return {period: _shown([times for one, times in found if one == period]) for period in PERIODS}


def _shown(times: list[tuple[float, float]]) -> dict[str, int]:
    whole, queries = [one for one, _ in times], [one for _, one in times]
    return {
        "n": len(times),
        "p50_ms": round(float(np.percentile(whole, 50))),
        "p95_ms": round(float(np.percentile(whole, 95))),
        "queries_percent": round(100 * sum(queries) / sum(whole)),
    }


@contextmanager
def _clock(seconds: list[float]) -> Iterator[None]:
    begun = time.monotonic()
    yield
    seconds.append(time.monotonic() - begun)


def run(*, quick: bool) -> dict[str, Any]:
    """Ten million posts (200,000 when ``quick``), the page 60 times warm and 60 times while posts arrive."""
    n, rounds, took = (200_000, 4, []) if quick else (10_000_000, 20, [])  # type: tuple[int, int, list[float]]
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        with _clock(took):
            held = build(data / "archive", n, now=datetime.now(UTC))
        size = sum(path.stat().st_size for path in (data / "archive").rglob("*.parquet"))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.today", str(data), str(rounds)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            check=True,
        )
    return {
        "posts": n,
        "files": held,
        "megabytes": round(size / 1e6),
        "build_seconds": round(took[0]),
        **json.loads(done.stdout),
    }


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]), rounds=int(sys.argv[2]))))
