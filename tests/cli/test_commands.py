"""Every command as a person uses it: help in two languages, exit codes, one sentence for what is wrong, clean pipes."""

from __future__ import annotations

import contextlib
import errno
import importlib.util
import io
import json
import os
import re
import socket
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from kalkan import archive as archives
from kalkan.cli import main
from kalkan.cli.words import COMMANDS, said
from kalkan.posts import READINGS
from tests.conftest import NOW, mention_rows, read_rows

WEEK = {"since": "2026-11-17T00:00:00Z", "until": "2026-11-24T00:00:00Z"}


@dataclass(frozen=True)
class Told:
    """What a command left: its exit code, its result, and what it said beside."""

    code: int
    out: str
    err: str

    def sentence(self) -> str:
        """The one line it said, which is no traceback and has no hole in it."""
        assert self.out == "", "a command that failed has no result"
        assert self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err
        assert "did not foresee" not in self.err, self.err
        assert not re.search(r"\{\w*\}|\(\)", self.err), self.err
        return self.err.strip()


Kalkan = Callable[..., Told]


@pytest.fixture(autouse=True)
def _settings_of_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("KALKAN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("KALKAN_LANG", "en")
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with three posts, two of them mentions of Fındık."""
    folder = tmp_path / "data"
    folder.mkdir()
    posts = read_rows(["at://a/1", "at://a/2", "at://a/3"], text=lambda one: f"Fındık {one[-1]}")
    archives.open(folder / "archive").append(
        "bluesky:test", posts, now=NOW, cursor="c1", mentions=mention_rows(posts.slice(0, 2))
    )
    return folder


@pytest.fixture
def kalkan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Kalkan:
    """``kalkan …`` in this process. ``stdin`` is what a pipe would bring."""

    def run(*arguments: object, stdin: bytes = b"") -> Told:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        code = main([str(one) for one in arguments])
        said = capsys.readouterr()
        return Told(code, said.out, said.err)

    return run


def started(*arguments: object, stdin: bytes = b"", **environment: str) -> Told:
    """``kalkan …`` as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "kalkan", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        timeout=120,
    )
    return Told(done.returncode, done.stdout.decode(), done.stderr.decode())


def posts_in(data: Path) -> int:
    archive = archives.open(data / "archive", create=False)
    return int(archive.query("SELECT count(*) AS n FROM posts", tables=("posts",))["n"][0].as_py())


# — help and wrong use —


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_every_command_has_help_with_an_example(
    kalkan: Kalkan, monkeypatch: pytest.MonkeyPatch, command: Any, lang: str
) -> None:
    monkeypatch.setenv("KALKAN_LANG", lang)
    told = kalkan(*command.name.split(), "--help")
    assert (told.code, told.err) == (0, "")
    text = " ".join(told.out.split())
    assert said(command.name, lang) in text
    assert command.example in told.out
    assert command.example.startswith(f"kalkan {command.name}")
    for option in (*command.options, "data"):
        assert said(f"--{option}", lang) in text
    english = ("usage:", "options:", "arguments:", "show this help")
    assert any(word in told.out for word in english) == (lang == "en")


def test_examples_are_right_use() -> None:
    from kalkan.cli import parser

    for command in COMMANDS:
        assert parser("en").parse_args(command.example.split()[1:]).command is command


@pytest.mark.parametrize(
    ("arguments", "english", "turkish"),
    [
        (["fly"], "there is no command 'fly'", "'fly' diye bir komut yok"),
        ([], "missing: COMMAND", "eksik: COMMAND"),
        (["archive"], "missing: COMMAND", "eksik: COMMAND"),
        (["archive", "burn"], "there is no command 'burn'", "'burn' diye bir komut yok"),
        (["read"], "missing: FILE, -o/--out", "eksik: FILE, -o/--out"),
        (["doctor", "--loud"], "not understood: --loud", "anlaşılmadı: --loud"),
        (["read", "x.csv", "-o"], "-o/--out needs a value", "-o/--out bir değer ister"),
        (["read", "x.csv", "-o", "y.csv", "--tier", "slow"], "--tier cannot be 'slow'", "--tier için 'slow' seçilemez"),
        (["archive", "check", "--jso"], "not understood: --jso", "anlaşılmadı: --jso"),
    ],
)
def test_wrong_use_is_told_in_one_line_with_the_usage(
    kalkan: Kalkan, monkeypatch: pytest.MonkeyPatch, arguments: list[str], english: str, turkish: str
) -> None:
    for lang, line, usage in (("en", english, "usage: kalkan"), ("tr", turkish, "kullanım: kalkan")):
        monkeypatch.setenv("KALKAN_LANG", lang)
        told = kalkan(*arguments)
        assert (told.code, told.out) == (2, "")
        assert told.err.startswith(usage)
        assert line in told.err.splitlines()[-1]


def test_the_version_is_said(kalkan: Kalkan) -> None:
    assert re.fullmatch(r"kalkan \d+\.\d+\.\d+\n", kalkan("--version").out)


def test_the_language_is_the_systems_unless_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from kalkan.cli import language

    monkeypatch.delenv("KALKAN_LANG")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "xx_unheard-of")
    assert language() == "en"
    monkeypatch.setenv("KALKAN_LANG", "tr_TR.UTF-8")
    assert language() == "tr"


# — settings —


def test_a_wrong_setting_is_told_wherever_it_stands(
    kalkan: Kalkan, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = data / "kalkan.toml"
    for text, word in (("prot = 1", "prot"), ("port = [", "kalkan.toml"), ('port = "soon"', "soon")):
        file.write_text(text, encoding="utf-8")
        told = kalkan("archive", "check", "--data", data)
        assert told.code == 1
        assert word in told.sentence()
    file.write_bytes(b"\xff\xfe")
    assert kalkan("archive", "check", "--data", data).code == 1
    file.unlink()
    monkeypatch.setenv("KALKAN_PORT", "many")
    assert "many" in kalkan("archive", "check", "--data", data).sentence()
    monkeypatch.delenv("KALKAN_PORT")
    monkeypatch.setenv("KALKAN_SECRET_KEY_FILE", str(data / "nothing"))
    assert "nothing" in kalkan("archive", "check", "--data", data).sentence()


def test_turkish_sentences_are_turkish(kalkan: Kalkan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KALKAN_LANG", "tr")
    told = kalkan("archive", "check", "--data", tmp_path / "none")
    assert "arşiv yok" in told.sentence()


# — starting: ports and folders —


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_port_in_use_is_told(tmp_path: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        more = ("--demo", "--no-browser") if command == "up" else ()
        told = started(command, "--port", port, "--data", tmp_path / "data", *more)
    assert told.code == 1
    assert str(port) in told.sentence()


@pytest.mark.parametrize("command", ["serve", "listen", "work", "up"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, command: str) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder", encoding="utf-8")
    ports = {"serve": ("--port", "0"), "up": ("--port", "0", "--demo", "--no-browser")}
    told = started(command, "--data", file, *ports.get(command, ()))
    assert told.code == 1
    assert str(file) in told.sentence()


def test_a_host_or_port_that_cannot_be_is_told(tmp_path: Path) -> None:
    for arguments in (("--port", "99999"), ("--host", "no-such-host.invalid"), ("--port", "eighty")):
        told = started("serve", "--data", tmp_path / "data", *arguments)
        assert told.code == 1
        assert arguments[1] in told.sentence()


# — import —

ROWS = """id,text,created_at,author
1,Fındık bugün harika!,2026-11-20T10:00:00Z,ayla
2,The jar got smaller,2026-11-20T11:00:00Z,tom
3,,2026-11-20T11:00:00Z,tom
4,ok then,not a time,tom
"""


def test_an_import_takes_what_is_good_and_counts_the_rest(tmp_path: Path) -> None:
    file, broken, missing = tmp_path / "rows.csv", tmp_path / "broken.parquet", tmp_path / "missing.csv"
    file.write_text(ROWS, encoding="utf-8")
    broken.write_bytes(b"PAR1 and then nothing")
    told = started("import", missing, broken, file, "--data", tmp_path / "data")
    assert told.code == 1, "two of the three files could not be read"
    assert "2 posts brought in" in told.out
    assert told.out.count("\n") == 1
    assert "missing.csv" in told.err
    assert "broken.parquet" in told.err
    assert told.err.count("1 rows kept out") == 2
    assert "Traceback" not in told.err and not re.search(r"\{\w*\}", told.err)
    again = started("import", file, "--data", tmp_path / "data")
    assert (again.code, "0 posts brought in, 2 were there already" in again.out) == (0, True)
    assert posts_in(tmp_path / "data") == 2


def test_an_import_takes_a_mapping_and_refuses_a_wrong_one(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"body": "merhaba dünya", "when": "2026-11-20T10:00:00Z"}\n', encoding="utf-8")
    common = ("import", file, "--data", tmp_path / "data")
    wrong = started(*common, "--map", "text")
    assert wrong.code == 1
    assert "text" in wrong.sentence()
    told = started(*common, "--map", "text=body", "--map", "created_at=when", "--network", "x")
    assert (told.code, "1 posts brought in" in told.out) == (0, True)


# — read —


def test_read_from_pipe_to_pipe(kalkan: Kalkan) -> None:
    lines = b'{"n": 1, "text": "What a lovely day!"}\nnot json\n{"n": 2, "text": "Berbat, iade istiyorum."}\n'
    told = started("read", "-", "-o", "-", stdin=lines)
    assert told.code == 0
    rows = [json.loads(line) for line in told.out.splitlines()]
    assert [row["n"] for row in rows] == [1, 2]
    assert all(set(READINGS.names) <= set(row) for row in rows)
    assert rows[1]["lang"] == "tr"
    assert "1 rows kept out" in told.err


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_read_keeps_the_rows_of_a_table(kalkan: Kalkan, tmp_path: Path, suffix: str) -> None:
    file, out = tmp_path / "rows.csv", tmp_path / f"out{suffix}"
    file.write_text("n,body\n1,iyi\n2,good\n", encoding="utf-8")
    told = kalkan("read", file, "-o", out, "--text", "body")
    assert (told.code, told.out) == (0, "")
    if suffix == ".parquet":
        assert pq.read_table(out)["body"].to_pylist() == ["iyi", "good"]
    else:
        assert len(out.read_text(encoding="utf-8").splitlines()) == 2 + (suffix == ".csv")


def test_what_cannot_be_read_is_told(kalkan: Kalkan, tmp_path: Path) -> None:
    file, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    file.write_text("n,body\n1,iyi\n", encoding="utf-8")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1")
    for arguments, word in (
        ((tmp_path / "none.csv", "-o", out), "none.csv"),
        ((file, "-o", out), "body"),  # names the columns that are there
        ((file, "-o", tmp_path / "out.doc", "--text", "body"), "out.doc"),
        ((file, "-o", tmp_path / "none" / "out.csv", "--text", "body"), "out.csv"),
        *(
            [((file, "-o", out, "--text", "body", "--tier", "careful"), "careful")]
            if importlib.util.find_spec("onnxruntime") is None
            else []
        ),
        ((broken, "-o", out), "broken.parquet"),
    ):
        told = kalkan("read", *arguments)
        assert told.code == 1, arguments
        assert word in told.sentence()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("command", ["read", "figures"])
def test_a_full_disk_behind_the_pipe_is_told_once(data: Path, command: str) -> None:
    arguments = ("-", "-o", "-") if command == "read" else ("-",)
    stdin = b'{"text": "good"}\n' if command == "read" else json.dumps(WEEK).encode()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kalkan", command, *arguments, "--data", str(data)],
            input=stdin, stdout=full, stderr=subprocess.PIPE, timeout=60,
        )  # fmt: skip
    assert done.returncode == 1
    assert Told(1, "", done.stderr.decode()).sentence()


def test_a_reader_of_the_pipe_may_leave() -> None:
    lines = b'{"text": "good morning"}\n' * 20_000
    one = subprocess.Popen(
        [sys.executable, "-m", "kalkan", "read", "-", "-o", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert one.stdin and one.stdout and one.stderr
    feeder = threading.Thread(target=_feed, args=(one.stdin, lines), daemon=True)
    feeder.start()
    assert one.stdout.readline().startswith(b"{")
    one.stdout.close()
    feeder.join(30)
    assert (one.wait(30), one.stderr.read()) == (0, b"")
    one.stderr.close()


def _feed(pipe: Any, lines: bytes) -> None:
    for close in (lambda: pipe.write(lines), pipe.close):
        with contextlib.suppress(BrokenPipeError):
            close()


# — figures —


def test_figures_answer_a_question(kalkan: Kalkan, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "ask.json"
    file.write_text(json.dumps({**WEEK, "where": {"brand": "findik"}}), encoding="utf-8")
    by_file = kalkan("figures", file, "--data", data)
    by_pipe = kalkan("figures", "-", "--data", data, stdin=file.read_bytes())
    assert (by_file.code, by_file.err) == (0, "")
    found = json.loads(by_file.out)
    assert {row["measure"]: row["posts"] for row in found["rows"]}["posts"] == 2
    assert json.loads(by_pipe.out)["rows"] == found["rows"]
    everything = json.loads(kalkan("figures", "-", "--data", data, stdin=json.dumps(WEEK).encode()).out)
    assert {row["measure"]: row["posts"] for row in everything["rows"]}["posts"] == 3
    unknown = {**WEEK, "where": {"brand": "nobody"}}
    nothing = json.loads(kalkan("figures", "-", "--data", data, stdin=json.dumps(unknown).encode()).out)
    assert {row["measure"]: row["posts"] for row in nothing["rows"]}["posts"] == 0


@pytest.mark.parametrize(
    "ask",
    [
        "what?",
        "[]",
        "{}",
        {"since": 1, "until": 2},
        {**WEEK, "wher": {}},
        {**WEEK, "where": {"author": "ayla"}},
        {**WEEK, "by": "author_id"},
        {**WEEK, "measures": ["happiness"]},
        {**WEEK, "measures": "posts"},
        {**WEEK, "zone": "Moon/Base"},
        {"since": WEEK["until"], "until": WEEK["since"]},
        {"since": "2026-11-17T00:00:00", "until": WEEK["until"]},
        "[" * 100_000,
    ],
    ids=lambda ask: json.dumps(ask)[:40],
)
def test_a_question_that_cannot_be_answered_is_told(kalkan: Kalkan, data: Path, ask: object) -> None:
    text = ask if isinstance(ask, str) else json.dumps(ask)
    told = kalkan("figures", "-", "--data", data, stdin=text.encode())
    assert told.code == 1
    assert told.sentence()


def test_a_question_in_no_text_at_all_is_told(kalkan: Kalkan, data: Path, tmp_path: Path) -> None:
    file = tmp_path / "ask.json"
    file.write_bytes(b"\xff\xfe\x00")
    for ask in (file, tmp_path / "none.json", tmp_path):
        told = kalkan("figures", ask, "--data", data)
        assert told.code == 1
        assert told.sentence()


# — the archive —


def test_a_whole_archive_is_proved(kalkan: Kalkan, data: Path) -> None:
    told = kalkan("archive", "check", "--data", data)
    assert (told.code, told.err) == (0, "")
    assert "3 posts" in told.out
    found = json.loads(kalkan("archive", "check", "--json", "--data", data).out)
    assert (found["rows"]["posts"], found["faults"]) == (3, [])


@pytest.mark.parametrize("command", [("archive", "check"), ("archive", "compact"), ("erase", "x")])
def test_no_archive_is_told(kalkan: Kalkan, tmp_path: Path, command: tuple[str, ...]) -> None:
    told = kalkan(*command, "--data", tmp_path / "none")
    assert told.code == 1
    assert "none" in told.sentence()
    assert not (tmp_path / "none").exists(), "asking makes nothing"


def damage(data: Path) -> Path:
    """Turn one byte of the posts."""
    file = next((data / "archive" / "posts").glob("day=*/*.parquet"))
    content = bytearray(file.read_bytes())
    content[len(content) // 10] ^= 0xFF
    file.write_bytes(content)
    return file


def test_a_damaged_file_is_named(kalkan: Kalkan, data: Path) -> None:
    file = damage(data)
    told = kalkan("archive", "check", "--data", data)
    assert told.code == 1
    assert str(file) in told.sentence()
    found = json.loads(kalkan("archive", "check", "--json", "--data", data).out)
    assert found["faults"][0]["params"]["path"] == str(file)


def test_a_missing_file_and_a_broken_log_are_named(kalkan: Kalkan, data: Path) -> None:
    file = next((data / "archive" / "posts").glob("day=*/*.parquet"))
    file.unlink()
    assert str(file) in kalkan("archive", "check", "--data", data).sentence()
    for entry in (data / "archive" / "mentions" / "_delta_log").glob("*.json"):
        entry.write_text("{", encoding="utf-8")
    told = kalkan("archive", "check", "--data", data)
    assert told.code == 1
    assert "mentions" in told.sentence()


def test_figures_stop_at_damage(kalkan: Kalkan, data: Path) -> None:
    next((data / "archive" / "posts").glob("day=*/*.parquet")).write_bytes(b"nothing that was here")
    told = kalkan("figures", "-", "--data", data, stdin=json.dumps(WEEK).encode())
    assert told.code == 1
    assert "kalkan restore" in told.sentence()


def test_compacting_says_what_it_did(kalkan: Kalkan, data: Path) -> None:
    archives.open(data / "archive").append("bluesky:test", read_rows(["at://a/4"]), now=NOW)
    told = kalkan("archive", "compact", "--data", data)
    assert (told.code, told.err) == (0, "")
    assert "2 files merged into 1" in told.out
    assert posts_in(data) == 4


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_an_export_has_every_post(kalkan: Kalkan, data: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"all's{suffix}"
    told = kalkan("archive", "export", "-o", out, "--data", data, "--since", "2026-11-01", "--until", "2026-12-01")
    assert (told.code, told.out) == (0, "")
    assert "3 rows" in told.err
    if suffix == ".parquet":
        assert sorted(pq.read_table(out)["id"].to_pylist()) == ["at://a/1", "at://a/2", "at://a/3"]
    else:
        assert "Fındık 2" in out.read_text(encoding="utf-8")


def test_an_export_may_go_to_a_pipe(kalkan: Kalkan, data: Path) -> None:
    told = kalkan("archive", "export", "-o", "-", "--table", "mentions", "--data", data)
    assert (told.code, told.err) == (0, "")
    assert sorted(json.loads(line)["id"] for line in told.out.splitlines()) == ["at://a/1", "at://a/2"]


def test_an_export_that_cannot_be_is_told(kalkan: Kalkan, data: Path, tmp_path: Path) -> None:
    for arguments, word in (
        (("-o", tmp_path / "all.doc"), "all.doc"),
        (("-o", tmp_path / "none" / "all.csv"), "all.csv"),
        (("-o", tmp_path / "all.csv", "--since", "yesterday"), "yesterday"),
    ):
        told = kalkan("archive", "export", *arguments, "--data", data)
        assert told.code == 1
        assert word in told.sentence()


def test_what_is_erased_is_gone_for_good(kalkan: Kalkan, data: Path) -> None:
    told = kalkan("erase", "at://a/2", "at://never/seen", "--data", data)
    assert (told.code, told.err) == (0, "")
    assert "2 ids" in told.out
    assert "2 rows" in told.out, "the post and its mention"
    assert posts_in(data) == 2
    kept = b"".join(file.read_bytes() for file in (data / "archive").rglob("*.parquet") if "/gone/" not in str(file))
    assert b"at://a/2" not in kept
    archives.open(data / "archive").append("bluesky:test", read_rows(["at://a/2"]), now=NOW)
    assert posts_in(data) == 2, "it is not taken in again"


# — a full disk —


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing reaches the disk any more."""

    def fsync(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def addfile(self: tarfile.TarFile, *positional: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(tarfile.TarFile, "addfile", addfile)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_a_full_disk_is_told_and_loses_nothing(
    kalkan: Kalkan, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, full: None, lang: str
) -> None:
    monkeypatch.setenv("KALKAN_LANG", lang)
    word = {"en": "No space left|disk is full", "tr": "No space left|Disk dolu"}[lang]
    for arguments in (("erase", "at://a/1"), ("backup", tmp_path / "b.tar")):
        told = kalkan(*arguments, "--data", data)
        assert told.code == 1
        assert re.search(word, told.sentence())
    assert not list(tmp_path.glob("b.tar*")), "half a backup is no backup"
    monkeypatch.undo()
    assert kalkan("archive", "check", "--data", data).code == 0
    assert posts_in(data) == 3


# — backup and restore —


def test_a_backup_comes_back_whole(kalkan: Kalkan, data: Path, tmp_path: Path) -> None:
    (data / "secret_key").write_text("hush", encoding="utf-8")
    tar, new = tmp_path / "kalkan.tar", tmp_path / "new"
    assert kalkan("backup", tar, "--data", data).code == 0
    told = kalkan("restore", tar, "--data", new)
    assert (told.code, told.err) == (0, "")
    assert "3 posts" in told.out
    assert kalkan("archive", "check", "--data", new).code == 0
    assert (new / "secret_key").read_text(encoding="utf-8") == "hush"
    assert archives.open(new / "archive").cursor("bluesky:test") == "c1"
    assert not list(data.glob("backup-*")), "nothing is left behind"


def test_a_backup_taken_while_a_writer_appends_is_whole(kalkan: Kalkan, data: Path, tmp_path: Path) -> None:
    stop, stored = threading.Event(), [3]

    def write() -> None:
        archive = archives.open(data / "archive")
        while not stop.is_set():
            first = stored[0]
            ids = [f"at://b/{first + n}" for n in range(20)]
            stored[0] += archive.append("bluesky:busy", read_rows(ids), now=NOW, cursor=str(first)).posts
            stop.wait(0.1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round_ in range(3):
            least = stored[0]
            assert kalkan("backup", tmp_path / f"{round_}.tar", "--data", data).code == 0
            assert kalkan("restore", tmp_path / f"{round_}.tar", "--data", tmp_path / f"new{round_}").code == 0
            assert least <= posts_in(tmp_path / f"new{round_}") <= stored[0] + 20
    finally:
        stop.set()
        writer.join()
    assert kalkan("archive", "check", "--data", data).code == 0
    last = archives.open(tmp_path / "new2" / "archive")
    cursor = last.cursor("bluesky:busy")
    assert cursor is not None
    assert posts_in(tmp_path / "new2") == int(cursor) + 20, "the cursor came with its rows"


def test_a_backup_or_restore_that_cannot_be_is_told(kalkan: Kalkan, data: Path, tmp_path: Path) -> None:
    tar, short, foreign = tmp_path / "good.tar", tmp_path / "short.tar", tmp_path / "foreign.tar"
    assert kalkan("backup", tar, "--data", data).code == 0
    short.write_bytes(tar.read_bytes()[: tar.stat().st_size // 2])
    with tarfile.open(foreign, "w") as other:
        other.add(data, arcname="kalkan")
    text = tmp_path / "text.tar"
    text.write_text("not a tar\n" * 100, encoding="utf-8")
    new = tmp_path / "new"
    for arguments in (
        ("backup", tar, "--data", data),  # there already
        ("backup", tmp_path / "none" / "b.tar", "--data", data),
        ("backup", tmp_path / "b.tar", "--data", new),  # no archive
        ("restore", tar, "--data", data),  # not empty
        ("restore", tmp_path / "none.tar", "--data", new),
        ("restore", short, "--data", new),
        ("restore", foreign, "--data", new),
        ("restore", text, "--data", new),
    ):
        told = kalkan(*arguments)
        assert told.code == 1, arguments
        assert told.sentence()
        assert not new.exists()
    assert posts_in(data) == 3


def test_a_hostile_backup_writes_nothing_outside(kalkan: Kalkan, tmp_path: Path) -> None:
    evil = tmp_path / "evil.tar"
    with tarfile.open(evil, "w") as tar:
        for name in ("kalkan-backup.json", "kalkan/../../escaped"):
            entry = tarfile.TarInfo(name)
            entry.size = 2
            tar.addfile(entry, io.BytesIO(b"{}"))
    told = kalkan("restore", evil, "--data", tmp_path / "deep" / "new")
    assert told.code == 1
    assert told.sentence()
    assert not list(tmp_path.rglob("escaped"))


# — doctor —


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """No waiting for networks that tests may not reach."""
    monkeypatch.setattr("kalkan.cli.doctor._PROBES", (("bluesky", "127.0.0.1", 1),))


def findings(told: Told) -> dict[str, str]:
    """Code → level of what the doctor found."""
    assert told.err == ""
    return {found["code"]: found["level"] for found in json.loads(told.out)}


@pytest.mark.usefixtures("unreachable")
@pytest.mark.django_db
def test_the_doctor_finds_a_healthy_kalkan_well(kalkan: Kalkan, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KALKAN_PORT", "0")
    told = kalkan("doctor", "--json", "--data", data)
    found = findings(told)
    assert told.code == 0
    assert set(found.values()) == {"well", "care"}
    assert found["doctor_unreachable"] == "care", "listening waits and catches up"
    assert {"doctor_archive", "doctor_models", "doctor_clock", "doctor_disk", "doctor_port"} <= set(found)
    shown = kalkan("doctor", "--data", data)
    assert (shown.code, len(shown.out.splitlines())) == (0, len(found))


@pytest.mark.usefixtures("unreachable")
@pytest.mark.django_db
def test_the_doctor_finds_planted_faults(kalkan: Kalkan, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "desk.sqlite3").write_bytes(b"no database at all " * 100)
    next((data / "archive" / "posts").glob("day=*/*.parquet")).unlink()
    (data / "status").mkdir()
    word = {"source": "bluesky:test", "state": "failed"}
    (data / "status" / "a.json").write_text(json.dumps(word), encoding="utf-8")
    (data / "status" / "b.json").write_text("half a wo", encoding="utf-8")
    monkeypatch.setattr("kalkan.cli.doctor._LEAST_FREE_MB", 1 << 60)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("KALKAN_PORT", str(taken.getsockname()[1]))
        threading.Thread(target=_hang_up, args=(taken,), daemon=True).start()
        told = kalkan("doctor", "--json", "--data", data)
    faults = {code for code, level in findings(told).items() if level == "fault"}
    assert told.code == 1
    assert faults == {
        "doctor_database_damaged", "archive_file_missing", "doctor_listener", "doctor_disk_low", "port_in_use",
    }  # fmt: skip


def _hang_up(server: socket.socket) -> None:
    try:
        server.accept()[0].close()
    except OSError:
        return


@pytest.mark.usefixtures("unreachable")
@pytest.mark.django_db
def test_the_doctor_knows_a_wrong_setting_a_bad_folder_and_a_wrong_clock(
    kalkan: Kalkan, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KALKAN_PORT", "0")
    entry = next((data / "archive" / "posts" / "_delta_log").glob("*.json"))
    os.utime(entry, (entry.stat().st_mtime + 86_400,) * 2)
    assert findings(kalkan("doctor", "--json", "--data", data))["doctor_clock_wrong"] == "fault"
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    told = kalkan("doctor", "--json", "--data", file / "data")
    assert findings(told)["data_unwritable"] == "fault"
    monkeypatch.setenv("KALKAN_PORT", "many")
    told = kalkan("doctor", "--json", "--data", data)
    assert (told.code, findings(told)["setting_wrong_type"]) == (1, "fault")
