"""The word lists of the room check, as files a person can read and mend.

Owns reading them. Promises sections by heading, entries in order, comments left out. Decides nothing.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources


@cache
def lists(name: str) -> dict[str, tuple[str, ...]]:
    """The entries of ``name``.txt under each of its headings, as written."""
    found: dict[str, list[str]] = {}
    heading: list[str] = []
    for line in resources.files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if re.fullmatch(r"\[[\w .-]+\]", line):
            heading = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            heading.extend(entry for one in line.split(", ") if (entry := one.strip().rstrip(",")))
    return {head: tuple(entries) for head, entries in found.items()}
