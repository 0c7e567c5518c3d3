#!/usr/bin/env python3
"""Runs Kalkan, or its tests, on a machine that has only Python 3.11 or newer and pip.

    python3 start.py              Kalkan opens in your browser
    python3 start.py test         the tests run
    python3 start.py kalkan ...   any command of Kalkan, e.g. python3 start.py kalkan doctor

Everything it needs goes into the folder .run beside this file; nothing else on the machine is changed. It can be run
again at any time: what is there already is used.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PLACE = HERE / ".run"
VENV = PLACE / "venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
TURKISH = (os.environ.get("KALKAN_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "").startswith("tr")


def say(english: str, turkish: str) -> None:
    """One line to the person who started this."""
    print(f"· {turkish if TURKISH else english}", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Set up what is missing, then hand over."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this file must run to say so)
        say(
            f"Kalkan needs Python 3.11 or newer; this is {sys.version.split()[0]}.",
            f"Kalkan için Python 3.11 ya da yenisi gerekir; bu {sys.version.split()[0]}.",
        )
        return 1
    what = arguments[0] if arguments else "up"
    try:
        prepare(tests=what == "test")
    except subprocess.CalledProcessError as error:
        say(
            f"Setting up failed: {' '.join(map(str, error.cmd[-4:]))}. The lines above say why; without a connection to"
            " the Python package index the first set-up cannot work.",
            f"Kurulum başarısız: {' '.join(map(str, error.cmd[-4:]))}. Nedeni yukarıdaki satırlarda; Python paket"
            " dizinine bağlantı olmadan ilk kurulum yapılamaz.",
        )
        return 1
    if what == "test" and arguments[1:] == ["--setup-only"]:
        return 0
    if what == "test":
        command = [str(PYTHON), "-m", "pytest", *side_by_side(arguments[1:]), *arguments[1:]]
    elif what == "kalkan":
        command = [str(PYTHON), "-m", "kalkan", *arguments[1:]]
    else:
        command = [str(PYTHON), "-m", "kalkan", "up", *(arguments[1:] if what == "up" else arguments)]
    try:
        return subprocess.call(command, cwd=HERE if what == "test" else None)
    except KeyboardInterrupt:
        return 130


def side_by_side(given: list[str]) -> list[str]:
    """How many test files run at once, where nothing else is asked: as many as there are cores, at most four."""
    several = min(4, os.cpu_count() or 1)
    return (
        [] if several == 1 or any(each.startswith("-n") for each in given) else ["-n", str(several), "--dist=loadfile"]
    )


def prepare(*, tests: bool) -> None:
    """A virtual environment with Kalkan in it (and its tests' tools), made or brought up to date if need be."""
    recipe = (HERE / "pyproject.toml").read_bytes() + sys.version.encode() + str(HERE).encode()
    mark = hashlib.sha256(recipe).hexdigest()
    stamps = [PLACE / "kalkan.stamp"] + ([PLACE / "tests.stamp"] if tests else [])
    if PYTHON.exists() and all(stamp.exists() and stamp.read_text() == mark for stamp in stamps):
        return
    make_venv()
    say("Installing what Kalkan needs (about a minute, once) …", "Gerekenler kuruluyor (bir kez, bir dakika kadar) …")
    pip("install", "--quiet", "--upgrade", "pip>=25.1")
    pip(
        "install",
        "--quiet",
        "--editable",
        str(HERE),
        *(["--group", f"{HERE / 'pyproject.toml'}:test"] if tests else []),
    )
    for stamp in stamps:
        stamp.write_text(mark)
    say("Ready.", "Hazır.")


def make_venv() -> None:
    """The virtual environment; also where Debian's Python comes without ensurepip."""
    if PYTHON.exists() and subprocess.call([str(PYTHON), "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0:
        return
    say(f"Making a virtual environment in {PLACE} …", f"{PLACE} içinde sanal ortam hazırlanıyor …")
    shutil.rmtree(VENV, ignore_errors=True)
    PLACE.mkdir(exist_ok=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    if subprocess.call([sys.executable, "-m", "venv", str(VENV)], **quiet) == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.check_call([sys.executable, "-m", "venv", "--without-pip", str(VENV)])
    subprocess.check_call([sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "pip"])


def pip(*arguments: str) -> None:
    """pip of the virtual environment."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.check_call([str(PYTHON), "-m", "pip", *arguments], env=environment, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
