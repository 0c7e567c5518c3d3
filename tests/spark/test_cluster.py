"""A real standalone cluster, master and two workers on loopback, over the archive's own files."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from kalkan.archive.check import check
from kalkan.archive.sweep import erase
from kalkan.posts import READINGS
from tests.conftest import NOW, read_rows
from tests.reread.test_readings import again, filled, stored

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(importlib.util.find_spec("pyspark") is None, reason="needs the extra “spark”"),
    pytest.mark.skipif(shutil.which("java") is None, reason="needs Java"),
]


def command(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """``kalkan reread`` in a process of its own, as people run it."""
    given = [sys.executable, "-m", "kalkan", "reread", "--engine", "spark", "--data", str(data), *more]
    environ = {**os.environ, "KALKAN_LANG": "en"}
    return subprocess.run(given, capture_output=True, text=True, env=environ, check=False, timeout=200)


def test_a_cluster_goes_on_where_this_machine_left_off_and_reads_the_same(tmp_path: Path, master: str) -> None:
    here, there = filled(tmp_path / "here/archive", posts=400), filled(tmp_path / "there/archive", posts=400)
    edited = read_rows(["at://p3"], text=lambda _: "Berbat oldu", edited_at=NOW, at=NOW - timedelta(days=3, minutes=3))
    for archive in (here, there):
        archive.append("s", edited, now=NOW, cursor="2")
        erase(archive, ["at://p7"], now=NOW)
    seen: list[object] = []
    before = again(there, rows=150, progress=seen.append, stop=lambda: bool(seen))
    left = tmp_path / "there/archive/tmp/readings-killed"
    left.mkdir(parents=True)
    done = command(tmp_path / "there", "--master", master)
    assert done.returncode == 0, done.stderr
    assert 0 < before < 399
    assert done.stdout.startswith(f"{399 - before} posts were read anew")
    assert again(here) == 399
    one, other = stored(here), stored(there)
    same = [name for name in one.column_names if name not in ("read_at", "day") and not name.startswith("p_")]
    assert one.select(same).to_pylist() == other.select(same).to_pylist()
    for name in (name for name in READINGS.names if name.startswith("p_")):
        assert np.abs(one[name].to_numpy() - other[name].to_numpy()).max() <= 0.001, name
    assert check(there).faults == []
    assert not list((tmp_path / "there/archive/tmp").glob("readings-*"))
