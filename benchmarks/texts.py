"""Texts for the load: real ones where the shared folder is there, the made-up town's otherwise."""

from __future__ import annotations

import os
import random
import string
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SHARED = Path(os.environ.get("KALKAN_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def posts(n: int, *, seed: int = 1) -> tuple[pa.Table, str]:
    """``n`` rows of (text, lang) and where they come from.

    Texts repeat once the source is used up; then one in three gets a word that no post had before, so that caches of
    words see as much news as a real stream brings.
    """
    path = SHARED / "data" / "stream_replay.parquet"
    if path.exists():
        table = pq.read_table(path, columns=["text", "lang"])
        texts, langs, origin = table["text"].to_pylist(), table["lang"].to_pylist(), "stream_replay"
    else:
        from kalkan.world.world import demo_world

        now = datetime(2026, 11, 23, 9, tzinfo=UTC)
        world = demo_world(seed=1, now=now)
        said = [event for event in world.events(now.replace(day=9), now) if event.verb == "post"]
        texts, langs, origin = [event.text for event in said], [event.lang for event in said], "world"
    luck = random.Random(seed)
    rows = []
    for number in range(n):
        text = texts[number % len(texts)]
        if number >= len(texts) and number % 3 == 0:
            text = f"{text} {''.join(luck.choices(string.ascii_lowercase, k=luck.randint(4, 9)))}"
        rows.append(text)
    return pa.table({"text": rows, "lang": [langs[number % len(langs)] for number in range(n)]}), origin
