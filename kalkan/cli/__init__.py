"""The command line: every command, its help in English and Turkish, and the one place where errors become sentences.

Owns arguments, exit codes (0 done, 1 refused or failed with a sentence, 2 wrong use) and what goes to stdout (a
command's result and nothing else). Imports late: ``kalkan read`` never loads Django. Never shows a traceback unless
asked by ``KALKAN_DEBUG=1``.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import importlib
import locale
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Final, NoReturn

from kalkan import __version__
from kalkan.cli.words import COMMANDS, OPTIONS, Command, said, wrong_use
from kalkan.errors import InvalidInput, KalkanError
from kalkan.sentences import say, tell

WRONG_USE: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small products: more threads only wait for each other
    given = list(sys.argv[1:] if arguments is None else arguments)
    lang = language()
    try:
        parsed = parser(lang).parse_args(given)
    except SystemExit as left:
        return int(left.code or 0) if isinstance(left.code, int) else WRONG_USE
    command: Command = parsed.command
    try:
        module, _, name = command.run.partition(":")
        code: int = getattr(importlib.import_module(module), name)(parsed, lang)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of our pipe left: done, quietly
        _forget_stdout()
        return 0
    except KalkanError as error:
        _debug()
        return complain(tell(error, lang))
    except OSError as error:
        _debug()
        if error.errno == errno.ENOSPC:
            _forget_stdout()
            return complain(say("disk_full", {"path": error.filename or "stdout"}, lang=lang))
        return complain(say("file_trouble", {"path": error.filename or "", "detail": error.strerror or ""}, lang=lang))
    except Exception as error:
        _debug()
        return complain(say("unexpected", {"detail": f"{type(error).__name__}: {error}"[:300]}, lang=lang))


def complain(sentence: str) -> int:
    """One sentence to stderr, and the exit code that goes with it."""
    print(sentence, file=sys.stderr)
    return 1


def language() -> str:
    """English or Turkish: by KALKAN_LANG, else as the system says."""
    wanted = os.environ.get("KALKAN_LANG") or ""
    if not wanted:
        try:
            wanted = locale.setlocale(locale.LC_MESSAGES, "") if hasattr(locale, "LC_MESSAGES") else ""
        except locale.Error:
            wanted = ""
        wanted = wanted or os.environ.get("LANG", "")
    return "tr" if wanted.lower().startswith("tr") else "en"


def parser(lang: str) -> argparse.ArgumentParser:
    """All commands with their help in ``lang``."""
    top = _Parser(prog="kalkan", description=said("kalkan", lang), formatter_class=argparse.RawTextHelpFormatter)
    top.add_argument("--version", action="version", version=f"kalkan {__version__}", help=said("--version", lang))
    commands = top.add_subparsers(required=True, metavar="COMMAND", title=said("commands", lang))
    groups: dict[str, argparse._SubParsersAction[_Parser]] = {}
    for command in COMMANDS:
        *group, name = command.name.split()
        where: argparse._SubParsersAction[_Parser] = commands
        if group:
            if group[0] not in groups:
                outer = commands.add_parser(group[0], help=said(group[0], lang), description=said(group[0], lang))
                groups[group[0]] = outer.add_subparsers(required=True, metavar="COMMAND")
            where = groups[group[0]]
        about = said(command.name, lang)
        one = where.add_parser(
            name,
            help=about,
            description=f"{about}\n\n{said('example', lang)}\n  {command.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for option in (*command.options, "data"):
            flags, settings = OPTIONS[option]
            one.add_argument(*flags, help=said(f"--{option}", lang), **settings)
        one.set_defaults(command=command)
    return top


class _Parser(argparse.ArgumentParser):
    """Wrong use is exit code 2 with the usage and one line, as everywhere; all of it in the person's language."""

    def __init__(self, *positional: object, **named: object) -> None:
        super().__init__(*positional, **{"allow_abbrev": False, **named, "add_help": False})  # type: ignore[arg-type]
        lang = language()
        self._positionals.title, self._optionals.title = said("arguments", lang), said("options", lang)
        self.add_argument("-h", "--help", action="help", help=said("--help", lang))

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {wrong_use(message, language())}\n")

    def format_usage(self) -> str:
        return self._named(super().format_usage())

    def format_help(self) -> str:
        return self._named(super().format_help())

    def _named(self, text: str) -> str:
        return f"{said('usage', language())} {text.removeprefix('usage: ')}"


def settings(parsed: argparse.Namespace, **given: object) -> object:
    """The configuration for this command.

    :raises InvalidInput: a setting is wrong.
    """
    from kalkan import config

    return config.load(os.environ, data=parsed.data, **given)


def _forget_stdout() -> None:
    """What could not be put out is not tried again when the process ends."""
    with contextlib.suppress(OSError):  # some have no file behind them
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _debug() -> None:
    if os.environ.get("KALKAN_DEBUG") == "1":
        traceback.print_exc()


__all__ = ["InvalidInput", "complain", "language", "main", "parser", "settings"]
