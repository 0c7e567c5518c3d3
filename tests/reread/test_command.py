"""``kalkan reread`` as people give it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from kalkan.cli import main
from tests.reread.test_readings import filled, stored


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KALKAN_LANG", "en")


def test_the_command_reads_everything_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = filled(tmp_path / "archive")
    assert main(["reread", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("60 posts were read anew by fast-")
    assert main(["reread", "--data", str(tmp_path)]) == 0
    assert capsys.readouterr().out.startswith("0 posts were read anew")
    assert stored(archive).num_rows == 60


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--master", "spark://127.0.0.1:1"], "Add --engine spark"),
        (["--engine", "spark", "--master", "spark://127.0.0.1:1"], "spark"),
    ],
)
def test_what_cannot_work_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    filled(tmp_path / "archive", posts=1, mentions=1)
    assert main(["reread", "--data", str(tmp_path), *given]) == 1
    assert said in capsys.readouterr().err


def test_without_an_archive_there_is_nothing_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["reread", "--data", str(tmp_path)]) == 1
    assert "archive" in capsys.readouterr().err


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is not None, reason="PySpark is installed here")
def test_without_pyspark_the_remedy_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path / "archive", posts=1, mentions=1)
    assert main(["reread", "--data", str(tmp_path), "--engine", "spark"]) == 1
    assert "kalkan[spark]" in capsys.readouterr().err
