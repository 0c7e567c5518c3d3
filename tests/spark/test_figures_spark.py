"""One question, two engines: what this machine answers, the cluster answers, byte by byte."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kalkan import archive as archives
from kalkan import figures
from kalkan.figures import Ask, Where, answer
from kalkan.posts import GONE, table
from tests.conftest import NOW
from tests.reread.test_reading_counts import readings
from tests.reread.test_readings import filled

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None or importlib.util.find_spec("sqlglot") is None,
    reason="needs the extra “spark”",
)
PERIOD: dict[str, Any] = {
    "since": NOW - timedelta(days=3),
    "until": NOW + timedelta(hours=1),
    "zone": "Europe/Istanbul",
}
BRAND = Where(brand="findik")


def kept(root: Path) -> archives.Archive:
    """Posts of six days, some read again, one deleted and one author gone."""
    archive = filled(root, posts=200, mentions=60)
    readings(archive, [f"at://p{n}" for n in range(40)], "careful-1+aaa", feeling="anger")
    rows = [("at://p3", "deleted"), ("did:plc:5", "account")]
    gone = [{"id": one, "network": "bluesky", "at": NOW, "why": why} for one, why in rows]
    archive.remove(table(gone, GONE), now=NOW)
    return archive


def test_what_the_engines_call_differently_is_said_in_sparks_words() -> None:
    from kalkan.archive.spark import in_spark

    said = in_spark(
        "WITH a AS MATERIALIZED (SELECT hash(who) AS w, list_position(?::VARCHAR[], r) AS p FROM t"
        ' WHERE "at" >= ?::TIMESTAMPTZ AND epoch_us("at") // 5 > 1) SELECT * EXCLUDE (w) FROM a'
    )
    assert "MATERIALIZED" not in said and "HASH" not in said.upper()
    for words in ("NULLIF(ARRAY_POSITION(", "UNIX_MICROS(`at`) DIV 5", "EXCEPT (w)", "CAST(? AS TIMESTAMP)"):
        assert words in said, said


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # py4j leaves its sockets open
def test_the_cluster_gives_the_same_answer(tmp_path: Path, master: str) -> None:
    from kalkan.archive.spark import Cluster
    from kalkan.reading.spark import session

    archive = kept(tmp_path / "archive")
    every = Ask(**PERIOD, measures=figures.MEASURES, compare="before")
    asks = [
        every,
        Ask(**PERIOD, measures=("posts", "authors", "anger"), by="day", where=BRAND, compare="before"),
        Ask(**PERIOD, by="network", where=Where(says="REZALET", reads=("not_offensive",)),
            reading=("x", "careful-1+aaa", "heard"), copies="once"),
    ]  # fmt: skip
    with session(master, memory="512m") as there:
        for ask in asks:
            here = answer(ask, archive)
            assert here.one("authors").count if "authors" in ask.measures and ask.by is None else here.rows
            assert answer(ask, Cluster(archive, there)).to_json() == here.to_json(), ask
    file = tmp_path / "ask.json"
    file.write_text(asks[1].to_json(), encoding="utf-8")
    told = [
        subprocess.run(
            [sys.executable, "-m", "kalkan", "figures", str(file), "--data", str(tmp_path), *more],
            capture_output=True, check=False, timeout=200, env={**os.environ, "KALKAN_LANG": "en"},
        )
        for more in ([], ["--engine", "spark", "--master", master])
    ]  # fmt: skip
    assert [one.returncode for one in told] == [0, 0], told[1].stderr.decode()
    assert told[0].stdout == told[1].stdout
    assert json.loads(told[0].stdout)["coverage"]["gone"] == 2
