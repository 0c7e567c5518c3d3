"""Kills at random moments: a known stream plays while its listener dies again and again; nothing is lost or doubled.

The listener is a process of its own (networks, reading, watches, archive and sweeps as in ``kalkan listen`` and
``kalkan work``). It is killed by SIGKILL, which no process can catch: while it starts, hears, stores or sweeps. In the
end the archive is compared with the stream, row by row, and proved whole.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.texts import posts
from kalkan import archive as archives
from kalkan import pipeline, plugins, reading
from kalkan.archive.check import check
from kalkan.archive.sweep import compact
from kalkan.brands import Brand, Watch, matcher
from kalkan.networks.base import Coverage
from kalkan.reading.local import reader_pool

SOURCE = "bluesky:kills"
POST = "app.bsky.feed.post"
BRAND = Brand(slug="load", name="Load", watches=(Watch(kind="name", text="the"), Watch(kind="name", text="Fındık")))
SECONDS_A_LIFE = 2.4  # about: what the pace of the stream is set by


# — the stream and its truth —


@dataclass
class Stream:
    """Frames of the first wire, and what an archive must hold once all are heard."""

    frames: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    deleted: int = 0
    edited: int = 0


def stream(n: int, *, seed: int) -> Stream:
    """About ``n`` frames: posts, one in twenty deleted and one in thirty edited, soon or late."""
    chance, made, alive = random.Random(seed), Stream(), []
    texts = posts(n)[0]["text"].to_pylist()
    start = int((datetime.now(UTC) - timedelta(hours=1)).timestamp() * 1e6)
    for number, text in enumerate(texts):
        did, rkey = f"did:plc:{number % 997:024d}", f"3k{number:011d}"
        at = start + number * 3000
        made.frames.append(_frame(did, rkey, at, "create", f"{text} the" if number % 50 == 0 else text))
        post_id = f"at://{did}/{POST}/{rkey}"
        made.texts[post_id] = made.frames[-1]["commit"]["record"]["text"]
        alive.append((did, rkey, post_id))
        drawn = chance.random()
        if drawn < 0.05:
            did, rkey, post_id = alive.pop(chance.randrange(max(0, len(alive) - 3000), len(alive)))
            made.frames.append(_frame(did, rkey, at + 1000, "delete"))
            made.deleted += made.texts.pop(post_id, None) is not None
        elif drawn < 0.085:
            did, rkey, post_id = chance.choice(alive[-3000:])
            made.texts[post_id] = f"{made.texts[post_id]} ({number})"
            made.edited += 1
            made.frames.append(_frame(did, rkey, at + 2000, "update", made.texts[post_id]))
    return made


def _frame(did: str, rkey: str, at: int, operation: str, text: str | None = None) -> dict[str, Any]:
    commit: dict[str, Any] = {"rev": "3k", "operation": operation, "collection": POST, "rkey": rkey}
    if text is not None:
        created = datetime.fromtimestamp(int(rkey[2:]) % 3600 + 1_790_000_000, UTC).isoformat()
        commit["record"] = {"$type": POST, "createdAt": created, "text": text}
        commit["cid"] = "bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
    return {"did": did, "time_us": at, "kind": "commit", "commit": commit}


# — the one that is killed —


def live(url: str, root: Path) -> None:
    """Listen and sweep until told to stop (SIGTERM) or killed; says "ready" once it hears."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    kind = plugins.load("kalkan.networks", "bluesky")
    archive = archives.open(root / "archive")
    with reader_pool(reading.current(), 1) as pool:
        listener = pipeline.Listener(
            network=kind.open(SOURCE, {"instances": url, "replay_hours": "2"}),
            archive=archive,
            read=pipeline.reading_by(pool),
            brands=lambda: (BRAND,),
            brands_version=lambda: 1,
            status=pipeline.Status(
                source=SOURCE, network="bluesky", title="Bluesky", coverage=Coverage(code="all_public")
            ),
            status_folder=root / "status",
            stop=stop,
            now=pipeline.utc_now,
            jitter=random.random,
        )
        threading.Thread(target=_say_ready, args=(listener.status, stop), daemon=True).start()
        sweeper = threading.Thread(target=_sweep, args=(root / "archive", stop))
        sweeper.start()
        try:
            listener.run()
        finally:
            stop.set()
            sweeper.join()


def _say_ready(status: pipeline.Status, stop: threading.Event) -> None:
    while status.state != "listening" and not stop.wait(0.01):
        pass
    print("ready", flush=True)


def _sweep(root: Path, stop: threading.Event) -> None:
    archive = archives.open(root)
    while not stop.wait(0.7):
        compact(archive, now=datetime.now(UTC))


# — the one that kills —


@dataclass
class Lives:
    """What became of the listeners."""

    kills: int = 0
    before_ready: int = 0
    ready_after: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def kill(n: int, url: str, root: Path, *, chance: random.Random) -> Lives:
    """Start a listener and kill it, ``n`` times: one in seven while it starts, the others at any moment after."""
    lives = Lives()
    for _ in range(n):
        with _started(url, root) as (process, ready):
            early = chance.random() < 1 / 7
            waited = ready(chance.uniform(0.05, 0.9) if early else 60)
            if waited is not None:
                lives.ready_after.append(waited)
                time.sleep(chance.uniform(0, 1.5))
            lives.before_ready += waited is None
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                lives.kills += 1
            else:  # it must not end by itself
                lives.faults.append(f"code {process.returncode}")
    return lives


class _started:
    """A listener's process; gives it and a function that waits until it is ready (seconds it took, or None)."""

    def __init__(self, url: str, root: Path) -> None:
        self._begun = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.kills", url, str(root)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )

    def __enter__(self) -> tuple[subprocess.Popen[bytes], Callable[[float], float | None]]:
        return self._process, self._ready

    def _ready(self, seconds: float) -> float | None:
        assert self._process.stdout is not None
        found, _, _ = select.select([self._process.stdout], [], [], seconds)
        said = os.read(self._process.stdout.fileno(), 64) if found else b""
        return time.monotonic() - self._begun if said else None

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None and not self._process.returncode:
            self._process.terminate()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def play(frames: list[dict[str, Any]], log: Any, *, seconds: float, over: threading.Event) -> None:
    """Let the frames happen over about ``seconds``; the rest at once when ``over``."""
    began, done = time.monotonic(), 0
    while done < len(frames):
        due = len(frames) if over.wait(0.05) else int(len(frames) * (time.monotonic() - began) / seconds)
        log.extend(iter(frames[done:due]))
        done = max(done, due)


def compare(made: Stream, root: Path) -> dict[str, Any]:
    """The archive against the stream."""
    archive = archives.open(root / "archive", create=False)
    rows = archive.query("SELECT id, text FROM posts", tables=("posts",))
    held = dict(zip(rows["id"].to_pylist(), rows["text"].to_pylist(), strict=True))
    mentions = archive.query("SELECT id FROM mentions")["id"].to_pylist()
    match = matcher((BRAND,))
    columns = ", ".join(f'"{name}"' for name in pipeline.READ_POSTS.names)
    everything = archive.query(f"SELECT {columns} FROM posts", tables=("posts",)).cast(pipeline.READ_POSTS)
    tied = pipeline.mentions(everything, match)["id"].to_pylist()
    return {
        "posts": len(made.texts),
        "lost": len(made.texts.keys() - held.keys()),
        "not_deleted": len(held.keys() - made.texts.keys()),
        "doubled": rows.num_rows - len(held),
        "not_the_last_words": sum(held[one] != text for one, text in made.texts.items() if one in held),
        "mentions": len(tied),
        "mentions_lost": len(set(tied) - set(mentions)),
        "mentions_doubled": len(mentions) - len(set(mentions)),
        "faults_found_by_check": [str(fault) for fault in check(archive).faults],
    }


def whole(made: Stream, root: Path) -> bool:
    """Whether the last frame's post and as many posts as there must be are there."""
    archive = archives.open(root / "archive")
    return bool(archive.query("SELECT count(*) AS n FROM posts", tables=("posts",))["n"][0].as_py() == len(made.texts))


def run(*, quick: bool) -> dict[str, Any]:
    """200 kills while 40,000 posts play (10 and 4,000 when ``quick``)."""
    from kalkan.world.wire import EventLog, JetstreamServer

    kills, n = (10, 4_000) if quick else (200, 40_000)
    made, log, over = stream(n, seed=7), EventLog(), threading.Event()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, JetstreamServer(log) as server:
        root = Path(folder)
        archives.open(root / "archive")
        log.extend(iter(made.frames[:1]))
        player = threading.Thread(
            target=play, args=(made.frames[1:], log), kwargs={"seconds": kills * SECONDS_A_LIFE, "over": over}
        )
        player.start()
        lives = kill(kills, server.url, root, chance=random.Random(11))
        over.set()
        player.join()
        with _started(server.url, root):
            for _ in _until(lambda: whole(made, root), seconds=60):
                time.sleep(0.5)
        found = compare(made, root)
    ready = sorted(lives.ready_after)
    return {
        "kills": lives.kills,
        "killed_while_starting": lives.before_ready,
        "ended_by_themselves": lives.faults,
        "frames": len(made.frames),
        "deleted": made.deleted,
        "edited": made.edited,
        **found,
        "ready_after_s_median": round(ready[len(ready) // 2], 2) if ready else None,
        "ready_after_s_longest": round(ready[-1], 2) if ready else None,
        "seconds": round(time.monotonic() - begun),
    }


def _until(done: Callable[[], bool], *, seconds: float) -> Iterator[None]:
    limit = time.monotonic() + seconds
    while not done() and time.monotonic() < limit:
        yield


if __name__ == "__main__":
    if len(sys.argv) == 3:
        live(sys.argv[1], Path(sys.argv[2]))
    else:
        print(json.dumps(run(quick="--quick" in sys.argv), indent=1))
