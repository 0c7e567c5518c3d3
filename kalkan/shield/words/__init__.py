"""The shield's word lists: ``signs.txt`` (insults, attacks, threats, what grievances are made of), ``harm.txt`` (harm).

Owns reading them. Promises sections by their heading, entries in their order, comments left out, and each ``<name>``
written out as its ``@name`` says. Decides nothing.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

LISTS = ("signs.txt", "harm.txt")


@cache
def sections() -> dict[str, tuple[str, ...]]:
    """The entries under each heading, e.g. ``insult tr``."""
    found: dict[str, list[str]] = {}
    for name in LISTS:
        entries: list[str] = []
        named: dict[str, str] = {}
        for line in resources.files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines():
            if line.startswith("[") and line.endswith("]"):
                entries = found.setdefault(line[1:-1], [])
            elif line.startswith("@"):
                key, value = line[1:].split(" = ", 1)
                named[key] = _written_out(value, named)
            elif line and not line.startswith("#"):
                entries.append(_written_out(line, named))
    return {heading: tuple(entries) for heading, entries in found.items()}


def _written_out(entry: str, named: dict[str, str]) -> str:
    return re.sub(r"<([a-z]+)>", lambda match: named[match[1]], entry)
