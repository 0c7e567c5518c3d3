"""The desk made ready from outside: settings, tables, the set-up word, the database's address, and a real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from django.core.management import call_command

from kalkan.desk import keys
from kalkan.errors import InvalidInput

READY = """
import sys
from kalkan import config
from kalkan.desk.ready import ready, setup_token
found = config.load({}, data=sys.argv[1])
ready(found)
first = setup_token(found)
ready(found)
assert setup_token(found) == first
from kalkan.desk import listening
assert listening.brands() == listening.sources() == ()
print(first, listening.version())
"""


def run(folder: Path, program: str = READY) -> subprocess.CompletedProcess[str]:
    """``program`` in a process of its own, as the command line has it."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("KALKAN_", "DJANGO_"))}
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(folder)], env=environ, capture_output=True, text=True
    )


def test_ready_twice(tmp_path: Path) -> None:
    done = run(tmp_path / "new" / "data")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()[0]) >= 20
    assert {each.name for each in (tmp_path / "new" / "data").iterdir()} >= {"desk.sqlite3", "setup_token"}


def test_an_unwritable_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run(tmp_path / "file" / "data")
    assert done.returncode == 1
    assert "data_unwritable" in done.stderr.splitlines()[-1]


def test_a_damaged_database_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "desk.sqlite3").write_bytes(b"not a database at all" * 100)
    done = run(tmp_path)
    assert done.returncode == 1
    assert "database_unusable" in done.stderr.splitlines()[-1]


@pytest.mark.django_db
def test_the_tables_are_those_of_the_models() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_postgresql_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    found = keys.postgres("postgresql://ay%C5%9Fe:p%40ss@db.example.com:5433/kalkan?sslmode=require")
    assert (found["USER"], found["PASSWORD"], found["HOST"], found["PORT"]) == (
        "ayşe",
        "p@ss",
        "db.example.com",
        "5433",
    )
    assert (found["NAME"], found["OPTIONS"]) == ("kalkan", {"sslmode": "require"})
    for wrong in ("mysql://a/b", "postgresql://host", "postgresql://host:port/x", "kalkan", "http://x/y"):
        with pytest.raises(InvalidInput, match="database_"):
            keys.postgres(wrong)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(InvalidInput, match="database_driver_missing"):
        keys.postgres("postgresql://host/kalkan")


def test_the_desk_answers_to_its_own_names() -> None:
    assert keys.hosts_of("127.0.0.1", None) == ["localhost", "127.0.0.1", "[::1]"]
    assert keys.hosts_of("192.0.2.4", "Desk.example.com")[3:] == ["192.0.2.4", "desk.example.com"]
    assert "[2001:db8::1]" in keys.hosts_of("2001:db8::1", None)
    everywhere = keys.hosts_of("0.0.0.0", None)
    assert socket.gethostname().lower() in everywhere and "*" not in everywhere


@pytest.mark.parametrize(
    ("address", "here"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True), ("localhost", True),
     ("192.0.2.1", False), ("::ffff:192.0.2.1", False), ("", False), ("127.0.0.1.example.com", False)],
)  # fmt: skip
def test_what_is_this_machine(address: str, here: bool) -> None:
    assert keys.is_loopback(address) is here


@pytest.mark.slow
def test_a_real_server_serves_pages_and_style_without_a_warning(tmp_path: Path) -> None:
    assert run(tmp_path).returncode == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("KALKAN_", "DJANGO_"))}
    environ = {**plain, "KALKAN_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "kalkan.desk.settings"}
    command = [sys.executable, "-W", "error::Warning:django", "-m", "uvicorn", "kalkan.desk.asgi:application"]
    server = subprocess.Popen(
        [*command, "--port", str(port), "--log-level", "warning", "--lifespan", "off"],
        env=environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        base, until = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            try:
                page = urllib.request.urlopen(f"{base}/", timeout=20)
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < until
                time.sleep(0.2)
        assert page.url.endswith("/setup/") and b"Kalkan" in page.read()
        style = urllib.request.urlopen(f"{base}/static/desk/desk.css", timeout=20)
        assert style.headers["Content-Type"].startswith("text/css") and len(style.read()) > 10_000
        assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    finally:
        server.terminate()
        said = server.communicate(timeout=20)[1]
    assert said.strip() == ""
