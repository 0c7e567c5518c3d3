"""Writes the reference pages that can be generated: commands, settings, errors, the archive's tables.

python docs/make.py            write them
python docs/make.py --check    fail when one is stale
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from kalkan.archive.tables import SCHEMA_VERSION, STORED
from kalkan.cli import parser
from kalkan.cli.words import COMMANDS
from kalkan.config import SETTINGS
from kalkan.sentences import SENTENCES

HERE = Path(__file__).parent / "reference"
NOTE = "<!-- made by docs/make.py -->\n"


def commands() -> str:
    """Every command's help, as it prints it."""
    top = parser("en")
    lines = [NOTE, "# Commands\n", "Exit codes: 0 done, 1 refused or failed with a sentence, 2 wrong use.\n"]
    for command in COMMANDS:
        one: argparse.ArgumentParser = top
        for word in command.name.split():
            choices = next(a for a in one._actions if isinstance(a, argparse._SubParsersAction))
            one = choices.choices[word]
        lines.append(f"## kalkan {command.name}\n\n```\n{one.format_help().strip()}\n```\n")
    return "\n".join(lines)


def settings() -> str:
    """The one table of settings."""
    where = "In `kalkan.toml` in the data folder, or as `KALKAN_NAME` in the environment, or from the file that"
    lines = [NOTE, "# Settings\n", f"{where} `KALKAN_NAME_FILE` names.\n"]
    lines += ["| name | default | what it is for |", "|---|---|---|"]
    lines += [f"| `{one.name}` | `{one.default!r}` | {one.help} |" for one in SETTINGS]
    return "\n".join(lines) + "\n"


def errors() -> str:
    """Every sentence a person may meet, by code."""
    lines = [NOTE, "# Errors and messages\n", "| code | English | Türkçe |", "|---|---|---|"]
    lines += [f"| `{code}` | {texts['en']} | {texts['tr']} |" for code, texts in sorted(SENTENCES.items())]
    return "\n".join(lines) + "\n"


def tables() -> str:
    """The archive's tables as stored."""
    lines = [NOTE, "# The archive's tables\n"]
    lines.append(
        f"Layout {SCHEMA_VERSION}. Delta Lake tables in the folder `archive`, partitioned by `day` (the UTC day of"
        " `at`). Any Delta or Parquet reader opens them; to leave out what is gone and earlier versions of edited"
        " posts, use `kalkan archive export`.\n"
    )
    for name, schema in STORED.items():
        lines += [f"## {name}\n", "| column | type | may be missing |", "|---|---|---|"]
        lines += [f"| `{field.name}` | {field.type} | {'yes' if field.nullable else ''} |" for field in schema]
        lines.append("")
    return "\n".join(lines)


def accuracy() -> str:
    """How right the readers are, from the last full run of the benchmark."""
    root = HERE.parents[1]
    sys.path.insert(0, str(root))  # measuring is no part of the package
    from benchmarks.accuracy import page

    report = json.loads((root / "benchmarks" / "results" / "accuracy.json").read_text(encoding="utf-8"))
    return NOTE + page(report["figures"])


def room_rules() -> str:
    """What the room check says, when, and what lowers it."""
    from kalkan.room.page import page

    return NOTE + "\n" + page()


def index_figures() -> str:
    """What each figure of the index is."""
    from kalkan.index import reference

    return NOTE + "\n" + reference()


def shield(what: str) -> str:
    """What the shield folds, from the last full run of its benchmark: ``page`` or ``picture``."""
    root = HERE.parents[1]
    sys.path.insert(0, str(root))
    from benchmarks import shield_page

    report = json.loads((root / "benchmarks" / "results" / "shield.json").read_text(encoding="utf-8"))
    return NOTE + str(getattr(shield_page, what)(report["figures"]))


PAGES = {
    "shield-figures.md": lambda: shield("page"),
    "../pictures/shield-trade-off.svg": lambda: shield("picture"),
    "accuracy.md": accuracy,
    "room-rules.md": room_rules,
    "index-figures.md": index_figures,
    "commands.md": commands,
    "settings.md": settings,
    "errors.md": errors,
    "archive-schema.md": tables,
}


def main() -> int:
    """Write or compare."""
    stale = []
    for name, make in PAGES.items():
        path, text = HERE / name, make()
        if "--check" in sys.argv:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(name)
        else:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"docs/reference/{name} is stale: run `just docs`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
