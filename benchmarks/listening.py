"""Wire to archive: loopback Jetstream frames → parsed → read → matched → durable, and what each stage costs.

The server runs in a process of its own and sends prebuilt frames as fast as they are taken. Rates are counted by what
the archive acknowledged. Stage costs are CPU time of one core, measured alone afterwards on the same posts.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.texts import posts
from kalkan import archive as archives
from kalkan import pipeline, plugins, reading
from kalkan.brands import Brand, Watch, matcher
from kalkan.networks.base import Coverage
from kalkan.posts import POSTS
from kalkan.reading.local import reader_pool

WORDS = (
    "Boston",
    "Spotify",
    "Fındık",
    "Kıyı Kahve",
    "hurricane",
    "flood",
    "playlist",
    "explosion",
    "Queensland",
    "Texas",
)


def brand() -> Brand:
    """Fifty watches, ten of which the texts do mention."""
    more = (f"Marka{number}" for number in range(40))
    return Brand(slug="load", name="Load", watches=tuple(Watch(kind="name", text=word) for word in (*WORDS, *more)))


def serve(frames: int, port: Any, stop: Event, ready: Event) -> None:
    """The server's process."""
    from kalkan.world.wire import EventLog, JetstreamServer, frames_from_table

    table, _ = posts(frames)
    log = EventLog()
    start = datetime.now(UTC) - timedelta(hours=1)
    log.extend(frames_from_table(table, start=start, spacing=timedelta(microseconds=100)))
    with JetstreamServer(log) as server:
        port.value = server.port
        ready.set()
        stop.wait()


def listen(seconds: float, frames: int, readers: int) -> dict[str, Any]:
    """Listen for ``seconds``; posts a second from the first stored post on, and memory at the start and the end."""
    pipeline.keep_memory_flat()  # as ``kalkan listen`` does
    spawn = multiprocessing.get_context("spawn")
    port, stop, ready = spawn.Value("i", 0), spawn.Event(), spawn.Event()
    server = spawn.Process(target=serve, args=(frames, port, stop, ready), daemon=True)
    server.start()
    ready.wait()
    with tempfile.TemporaryDirectory() as folder, reader_pool(reading.current(), readers) as pool:
        root = Path(folder)
        archive = archives.open(root / "archive")
        kind = plugins.load("kalkan.networks", "bluesky")
        network = kind.open("bluesky:load", {"instances": f"ws://127.0.0.1:{port.value}", "replay_hours": "2"})
        ends = threading.Event()
        listener = pipeline.Listener(
            network=network,
            archive=archive,
            read=pipeline.reading_by(pool),
            brands=lambda: (brand(),),
            brands_version=lambda: 1,
            status=pipeline.Status(
                source="bluesky:load", network="bluesky", title="Bluesky", coverage=Coverage(code="all_public")
            ),
            status_folder=root / "status",
            stop=ends,
            now=pipeline.utc_now,
            jitter=lambda: 0.5,
        )
        thread = threading.Thread(target=listener.run)
        thread.start()
        while listener.status.posts_total == 0 and thread.is_alive():
            time.sleep(0.01)
        begun, first = time.monotonic(), listener.status.posts_total
        samples: list[tuple[float, int, int]] = []
        followed = spawn.Value("q", 0)
        sweeper = spawn.Process(target=works, args=(root / "archive", stop, followed), daemon=True)
        sweeper.start()
        while time.monotonic() - begun < seconds and thread.is_alive():
            time.sleep(1.0)
            samples.append((time.monotonic() - begun, listener.status.posts_total - first, _memory()))
            if listener.status.posts_total >= frames * 0.98:
                break
        sweeper_mb, followed_by_then = _memory(sweeper.pid), followed.value
        ends.set()
        thread.join()
        stored = archive.query("SELECT count(*) AS n FROM posts", tables=("posts",))["n"][0].as_py()
        stop.set()
        sweeper.join(timeout=60)
    server.join(timeout=10)
    elapsed, counted, _ = samples[-1]
    tenth = max(1, len(samples) // 10)
    rates = [
        (after[1] - before[1]) / (after[0] - before[0])
        for before, after in zip(samples[:-10:10], samples[10::10], strict=False)
    ]
    return {
        "readers": readers,
        "seconds": round(elapsed, 1),
        "posts_per_s": round(counted / elapsed),
        "slowest_10_s": round(min(rates)) if rates else None,
        "stored": stored,
        "mentions": listener.status.mentions_total,
        "followed_by_stories": followed_by_then,
        "memory_mb_first_tenth": max(sample[2] for sample in samples[:tenth]),
        "memory_mb_last_tenth": max(sample[2] for sample in samples[-tenth:]),
        "memory_mb_by_tenth": [
            max(sample[2] for sample in samples[i : i + tenth]) for i in range(0, len(samples), tenth)
        ],
        "worker_memory_mb": sweeper_mb,
    }


def works(root: Path, stop: Event, followed: Any) -> None:
    """The worker's process: stories are followed and the archive is tidied while it is written."""
    from kalkan.archive.sweep import compact
    from kalkan.following import Following
    from kalkan.stories import book

    archive = archives.open(root)
    stories = Following(archive, book.open(root.parent / "stories"), brands=lambda: (brand(),))
    swept = time.monotonic()
    while not stop.wait(3):
        while not stop.is_set() and (step := stories.step(now=datetime.now(UTC))).posts:
            followed.value += step.posts
        if time.monotonic() - swept > 30:
            compact(archive, now=datetime.now(UTC))
            swept = time.monotonic()


def _memory(pid: int | None = None) -> int:
    """Resident memory of a process (this one), in MB."""
    for line in Path(f"/proc/{pid or 'self'}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def stages(n: int) -> dict[str, float]:
    """CPU microseconds a post of each stage, alone, on ``n`` posts."""
    from kalkan.networks.jetstream import Decoder
    from kalkan.world.wire import frames_from_table

    table, _ = posts(n)
    frames = list(frames_from_table(table, start=datetime.now(UTC) - timedelta(hours=1)))
    found: dict[str, float] = {}
    heard: list[Any] = []

    def cost(name: str, work: Callable[[], Any]) -> Any:
        begun = time.process_time()
        answer = work()
        found[name] = round((time.process_time() - begun) / n * 1e6, 2)
        return answer

    decoder = Decoder("bluesky:load")
    cost("decode", lambda: heard.append(decode(decoder, frames)))
    rows: pa.Table = heard[0]
    with reader_pool(reading.current(), 1) as pool:
        read = pipeline.reading_by(pool)
        read(rows.slice(0, 2000))  # caches as warm as after the first second
        cost("read", lambda: heard.append(read(rows)))
    match = matcher((brand(),))
    mentions = cost("match", lambda: pipeline.mentions(heard[1], match))
    with tempfile.TemporaryDirectory() as folder:
        archive = archives.open(Path(folder))

        def store() -> None:
            for start in range(0, n, 20_000):
                posts_now = heard[1].slice(start, 20_000)
                archive.append("s", posts_now, now=datetime.now(UTC), cursor=str(start), mentions=mentions.slice(0, 0))

        cost("store", store)
    found["together"] = round(sum(found.values()), 2)
    return found


def decode(decoder: Any, frames: list[bytes]) -> pa.Table:
    """The listener's own decoding of frames, in polls of 20,000."""
    from kalkan.networks.jetstream import Counted

    common: dict[str, Any] = {"wire": 1, "now": datetime.now(UTC), "watched": frozenset(), "counted": Counted()}
    starts = range(0, len(frames), 20_000)
    parts = [decoder.read(frames[start : start + 20_000], **common).posts for start in starts]
    return pa.concat_tables(parts).select(POSTS.names)


def run(*, quick: bool) -> dict[str, Any]:
    """Five minutes, read in the listening process itself, and the stages."""
    seconds, frames = (15.0, 300_000) if quick else (300.0, 4_500_000)
    return {
        "texts": posts(1)[1],
        "stages_us": stages(20_000 if quick else 60_000),
        "listening": [listen(seconds, frames, readers) for readers in ((1, 2) if quick else (1,))],
    }
