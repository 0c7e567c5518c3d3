"""PySpark comes in by one door, and nothing of it is loaded by who does not ask for Spark."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import kalkan

HERE = Path(kalkan.__file__).parent


def test_one_file_imports_pyspark() -> None:
    found = [
        path.name for path in HERE.rglob("*.py") if re.search(r"^\s*(from|import) pyspark", path.read_text(), re.M)
    ]
    assert found == ["spark.py"]


def test_reading_again_loads_neither_spark_nor_torch() -> None:
    code = "import sys, kalkan.cli.again, kalkan.reading.again, kalkan.reading.tiers; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pyspark", "torch", "transformers", "django"} & set(loaded)
