"""The shield's word list (``signs.txt``): insults and attacks, threats, and what grievances are made of.

Owns reading it. Promises sections by their heading, entries in their order, comments left out. Decides nothing.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def sections() -> dict[str, tuple[str, ...]]:
    """The entries under each heading, e.g. ``insult tr``."""
    found: dict[str, list[str]] = {}
    entries: list[str] = []
    for line in resources.files(__package__).joinpath("signs.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            entries = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            entries.append(line)
    return {heading: tuple(entries) for heading, entries in found.items()}
