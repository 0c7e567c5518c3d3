"""The brief: asks found in a real week's inbox against what a person judged, and how long a weekly brief takes.

Asks: two hundred posts of the Spotify window of the replay stream were judged by one person (``asks_judged.json``: ids
and labels only). Of those that the voice takes to ask, how many do (precision); of the random ones that ask, how many
it takes (recall). Time: the weekly brief for leadership with its PDF over that window, and over the archive named by
``KALKAN_BRIEF_ARCHIVE`` (a data folder with brands.json), in seconds of clock and of processor.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow.compute as pc
import pyarrow.parquet as pq

from kalkan import archive as archives
from kalkan import brand_files, brief, pipeline, reading
from kalkan.archive import Archive
from kalkan.brands import Brand, Watch
from kalkan.brief.asked import asking_sql
from kalkan.figures.intervals import share
from kalkan.networks import files
from kalkan.reading.local import reader_pool

SHARED: Final = Path(os.environ.get("KALKAN_SHARED") or Path(__file__).resolve().parents[2] / "shared")
JUDGED: Final = Path(__file__).with_name("asks_judged.json")
BRAND: Final = Brand(
    slug="spotify",
    name="Spotify",
    watches=(Watch(kind="name", text="Spotify"), Watch(kind="handle", text="SpotifyCares")),
)
SINCE: Final = datetime(2017, 11, 6, tzinfo=UTC)
NOW: Final = datetime(2017, 11, 20, tzinfo=UTC)


def run(*, quick: bool = False) -> dict[str, Any]:
    """All figures; without the shared data only those of the named archive."""
    figures: dict[str, Any] = {"recipe": reading.current().id}
    if SHARED.is_dir():
        with tempfile.TemporaryDirectory() as folder:
            archive = _window(Path(folder), most=2_000 if quick else None)
            figures["asks"] = asks(archive)
            figures["week"] = weekly(archive, BRAND, SINCE)
    if named := os.environ.get("KALKAN_BRIEF_ARCHIVE"):
        data = Path(named)
        archive = archives.open(data / "archive", create=False)
        brand = brand_files.read(data / "brands.json")[0]
        since = _busiest(archive, brand)
        posts = archive.query("SELECT count(*) AS n FROM posts", tables=("posts",))["n"][0].as_py()
        figures["large"] = {"posts": posts, "since": f"{since:%Y-%m-%d}", **weekly(archive, brand, since)}
    return figures


def _busiest(archive: Archive, brand: Brand) -> datetime:
    """The Monday (UTC) of the week with the most mentions."""
    rows = archive.query(
        "SELECT date_trunc('week', \"at\" AT TIME ZONE 'UTC') AS monday FROM mentions WHERE brand = ?"
        " GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
        [brand.slug],
        tables=("mentions",),
    )
    found: datetime = rows["monday"][0].as_py()
    return found.replace(tzinfo=UTC)


def _window(folder: Path, *, most: int | None) -> Archive:
    """The Spotify window in an archive of its own, brought in as a person would."""
    rows = pq.read_table(SHARED / "data" / "stream_replay.parquet")
    rows = rows.filter(pc.equal(rows["source"], "twcs-spotifycares"))
    path = folder / "stream_replay.parquet"
    pq.write_table(rows.slice(0, most) if most else rows, path)
    archive = archives.open(folder / "archive")
    with reader_pool(reading.current(), 1) as readers:
        pipeline.bring_in(
            files.read(path, now=NOW), files.source_of(path), archive=archive, read=pipeline.reading_by(readers),
            brands=(BRAND,), now=NOW,
        )  # fmt: skip
    return archive


def asks(archive: Archive) -> dict[str, Any]:
    """Precision and recall on what was judged, with 95 % intervals."""
    judged = json.loads(JUDGED.read_text(encoding="utf-8"))
    taken = set(archive.query(f"SELECT id FROM mentions WHERE {asking_sql()}", tables=("mentions",))["id"].to_pylist())
    labels = {**judged["found"], **judged["random"]}
    held = [labels[id] for id in labels if id in taken]
    wanted = [id in taken for id, label in judged["random"].items() if label]
    return {
        "taken": len(taken),
        "precision": _share(sum(held), len(held)),
        "recall": _share(sum(wanted), len(wanted)),
        "judged": {"found": len(judged["found"]), "random": len(judged["random"])},
    }


def _share(count: int, n: int) -> dict[str, Any]:
    interval = share(count, n)
    return {
        "value": round(count / max(n, 1), 3),
        "n": n,
        "low": round(interval.low, 3),
        "high": round(interval.high, 3),
    }


def weekly(archive: Archive, brand: Brand, since: datetime) -> dict[str, Any]:
    """A weekly brief with its PDF, three times; the best, since other work on the machine only adds."""
    best: dict[str, Any] = {}
    for _ in range(3):
        clock, processor = time.perf_counter(), time.process_time()
        until = since + timedelta(days=7)
        stories, afterwards = brief.stories_of(archive, brand, since=since, until=until, book=None)
        made = brief.compose(
            archive, brand=brand, since=since, until=until, made_at=until, stories=stories, afterwards=afterwards
        )
        size = len(brief.pdf(made))
        took = {
            "seconds": round(time.perf_counter() - clock, 2), "processor": round(time.process_time() - processor, 2),
            "pdf_bytes": size, "numbers": len(made.asks),
            "found_afterwards": len(stories) if afterwards else 0, "load": round(os.getloadavg()[0], 1),
        }  # fmt: skip
        best = took if not best or took["seconds"] < best["seconds"] else best
    return best
