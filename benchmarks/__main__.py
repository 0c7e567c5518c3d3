"""``python -m benchmarks NAME…``: runs the named benchmarks and keeps their figures, small and dated."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

NAMES = (
    "listening",
    "kills",
    "fuzz",
    "today",
    "accuracy",
    "stories",
    "rooms",
    "shield",
    "intervals",
    "histories",
    "publishing",
    "inbox",
    "figures",
    "brief",
)
RESULTS = Path(__file__).parent / "results"


def main() -> int:
    """Run what is named and write ``results/NAME.json``."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line does, before NumPy is loaded
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="+", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="a short run, to see that it works; nothing is kept")
    given = parser.parse_args()
    for name in given.names:
        figures = importlib.import_module(f"benchmarks.{name}").run(quick=given.quick)
        report = {
            "name": name,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.machine()},
            "figures": figures,
        }
        text = json.dumps(report, indent=1, ensure_ascii=False)
        print(text)
        if not given.quick:
            (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
