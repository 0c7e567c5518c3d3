"""A Spark cluster of this machine alone: a master and some workers on loopback, as real as one of many machines.

Owns the processes it starts and promises that none of them outlives it (on Linux not even where it is killed). Needs
the PySpark wheel and a Java; never downloads either.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from kalkan.errors import InvalidInput

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 90.0
_STOP_SECONDS: Final = 10.0
_DEATH_SIGNAL: Final = 1  # PR_SET_PDEATHSIG
_MEMORY: Final = "1g"  # a worker; its executors get three quarters of it
_QUIET: Final = """rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %p %c{1}: %m%n
"""


def spark_home() -> Path:
    """Where the wheel put Spark.

    :raises InvalidInput: PySpark or Java is missing.
    """
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise InvalidInput("spark_missing")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise InvalidInput("java_missing")
    return Path(found.origin).parent


def quiet(folder: Path) -> str:
    """The Java option that leaves everything but errors out of Spark's log."""
    path = folder / "log4j2.properties"
    path.write_text(_QUIET, encoding="utf-8")
    return f"-Dlog4j2.configurationFile=file:{path}"


@contextlib.contextmanager
def cluster(workers: int = 2) -> Iterator[str]:
    """The address (``spark://…``) of a cluster with so many workers of one core each.

    :raises InvalidInput: PySpark or Java is missing, or the cluster does not come up.
    """
    home = spark_home()
    port, page = _free_port(), _free_port()
    address = f"spark://{_HOST}:{port}"
    with tempfile.TemporaryDirectory(prefix="kalkan-spark-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        start = _starter(home, folder, stack)
        start("org.apache.spark.deploy.master.Master", "--host", _HOST, "--port", str(port), "--webui-port", str(page))
        until = time.monotonic() + _START_SECONDS
        _wait_for(page, 0, until)
        for number in range(workers):
            work = ("--cores", "1", "--memory", _MEMORY, "--webui-port", "0", "--work-dir", str(folder / f"w{number}"))
            start("org.apache.spark.deploy.worker.Worker", "--host", _HOST, *work, address)
        _wait_for(page, workers, until)
        yield address


def _starter(home: Path, folder: Path, stack: contextlib.ExitStack) -> Callable[..., None]:
    environ = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": _HOST,
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": quiet(folder),
    }

    def start(*arguments: str) -> None:
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [str(home / "bin" / "spark-class"), *arguments],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                start_new_session=True,  # Ctrl-C goes to us, and we end them
                preexec_fn=_die_with_us if sys.platform == "linux" else None,
            )
        stack.callback(_end, process)

    return start


def _die_with_us() -> None:
    """In the child: be ended by the system when the process that started it is gone."""
    ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGTERM)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(page: int, workers: int, until: float) -> None:
    """Wait until the master's page counts so many workers."""
    while True:
        with contextlib.suppress(OSError, ValueError, KeyError):
            answer = urllib.request.urlopen(f"http://{_HOST}:{page}/json/", timeout=2)
            with answer:
                if json.loads(answer.read())["aliveworkers"] >= workers:
                    return
        if time.monotonic() > until:
            raise InvalidInput("spark_unreachable", master=f"{_HOST}:{page}", detail=f"{_START_SECONDS:.0f} s")
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
