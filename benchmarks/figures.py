"""Figures over ten million posts: how long an answer takes, over a mix of the questions that people and pages ask.

The archive is that of :mod:`benchmarks.today`, swept once as the worker does, so that closed days lie in few files;
250 newer deletions are not swept yet. Questions are about one brand (one post in fifty) and about everything heard,
over a day to four weeks. Each is asked once with everything cold, then in rounds, in a process of its own. Beside the
seconds waited stand those of the processor, which a busy machine does not change.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.today import build
from kalkan import archive as archives
from kalkan.archive.sweep import compact
from kalkan.figures import COUNTED, Ask, Where, answer
from kalkan.posts import FEELINGS, GONE, table

SHARES = (*COUNTED, *FEELINGS, "negative", "neutral", "positive", "question", "ask", "complaint", "praise")
FEW = (*COUNTED, "anger", "complaint")


def questions(now: datetime) -> Mapping[str, Ask]:
    """What is asked, by name."""

    def ask(days: float, where: Where | None = None, measures: tuple[str, ...] = FEW, **how: Any) -> Ask:
        return Ask(since=now - timedelta(days=days), until=now, where=where or Where(), measures=measures, **how)

    brand = Where(brand="findik")
    return {
        "brand, 7 days, compared": ask(7, brand, SHARES, compare="before"),
        "brand, 28 days by day": ask(28, brand, by="day"),
        "brand, 28 days by watch": ask(28, brand, by="watch"),
        "brand, 28 days by kind": ask(28, brand, by="kind"),
        "brand, 28 days by language": ask(28, brand, SHARES, by="lang"),
        "brand, 14 days by day, compared": ask(14, brand, by="day", compare="before"),
        "brand, 28 days, text": ask(28, Where(brand="findik", says="kargo")),
        "brand, 24 hours, near-copies once": ask(1, brand, copies="once"),
        "all, 24 hours by hour": ask(1, by="hour"),
        "all, 24 hours, text": ask(1, Where(says="kargo")),
        "all, 7 days, compared": ask(7, None, SHARES, compare="before"),
        "all, 14 days by day, compared": ask(14, by="day", compare="before"),
        "all, 28 days": ask(28, None, SHARES),
        "all, 28 days by day": ask(28, by="day"),
        "all, 28 days by network": ask(28, by="network"),
        "all, 28 days by language": ask(28, by="lang"),
        "all, 28 days by feeling": ask(28, by="feeling"),
        "all, 28 days, angry in Turkish": ask(28, Where(reads=("anger",), langs=("tr",)), by="network"),
    }


BEYOND = ("all, 28 days, text",)
"""Asked and told, but not in the mix: every text of four weeks is read."""


def measure(data: Path, *, rounds: int) -> dict[str, Any]:
    """Ask everything of the archive in ``data``: cold once, then ``rounds`` times."""
    archive = archives.open(data, hold=True)
    newest = archive.query('SELECT max("at") AS at FROM posts', tables=("posts",))["at"][0].as_py()
    now = newest.replace(microsecond=0) + timedelta(seconds=1)
    asked = questions(now)
    beyond = {BEYOND[0]: Ask(since=now - timedelta(days=28), until=now, measures=FEW, where=Where(says="kargo"))}
    cold = {name: _timed(ask, archive)[0] for name, ask in asked.items()}
    warm: dict[str, list[tuple[float, float]]] = {name: [] for name in {**asked, **beyond}}
    for _ in range(rounds):
        for name, ask in {**asked, **beyond}.items():
            warm[name].append(_timed(ask, archive))
    mix = [seconds for name in asked for seconds, _ in warm[name]]
    work = [seconds for name in asked for _, seconds in warm[name]]
    return {
        "questions": len(asked),
        "rounds": rounds,
        "p50_ms": _ms(mix, 50),
        "p95_ms": _ms(mix, 95),
        "processor_p50_ms": _ms(work, 50),
        "processor_p95_ms": _ms(work, 95),
        "cold_worst_ms": round(1000 * max(cold.values())),
        "each": {name: {"p50_ms": _ms([one for one, _ in times], 50), "p95_ms": _ms([one for one, _ in times], 95),
                        "processor_ms": _ms([one for _, one in times], 50)} for name, times in warm.items()},
    }  # fmt: skip


def _timed(ask: Ask, archive: archives.Archive) -> tuple[float, float]:
    begun, used = time.perf_counter(), time.process_time()
    found = answer(ask, archive)
    assert found.rows
    return time.perf_counter() - begun, time.process_time() - used


def _ms(times: list[float], percentile: float) -> int:
    return round(1000 * float(np.percentile(times, percentile)))


def run(*, quick: bool) -> dict[str, Any]:
    """Ten million posts and twelve rounds (200,000 and two when ``quick``)."""
    n, rounds = (200_000, 2) if quick else (10_000_000, 12)
    with tempfile.TemporaryDirectory() as folder:
        root, now = Path(folder) / "archive", datetime.now(UTC)
        build(root, n, now=now)
        settle(root, now=now)
        return asked_of(root, posts=n, rounds=rounds)


def settle(root: Path, *, now: datetime) -> None:
    """What the worker has done by now, and deletions that came since."""
    archive = archives.open(root)
    compact(archive, now=now)
    ids = archive.query("SELECT id FROM posts ORDER BY id LIMIT 250", tables=("posts",), since=now - timedelta(days=2))
    gone = [{"id": one, "network": "bluesky", "at": now, "why": "deleted"} for one in ids["id"].to_pylist()]
    archive.remove(table(gone, GONE), now=now)


def asked_of(root: Path, *, posts: int, rounds: int) -> dict[str, Any]:
    """The figures of an archive that stands already, measured in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.figures", str(root), str(rounds)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=True,
    )
    sizes = {
        "files": len(list((root / "posts").rglob("*.parquet"))),
        "megabytes": round(sum(path.stat().st_size for path in root.rglob("*.parquet")) / 1e6),
        "lean_megabytes": round(sum(path.stat().st_size for path in (root / "lean").rglob("*.parquet")) / 1e6),
    }
    return {"posts": posts, **sizes, **json.loads(done.stdout)}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), rounds=int(sys.argv[2]))))
