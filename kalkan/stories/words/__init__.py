"""The word lists of stories: what no story is made of (``stop.txt``) and words of harm (``harm.txt``).

Owns reading them. Promises sections by their heading, entries in their order, comments left out. Decides nothing.
"""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def lines(name: str) -> dict[str, tuple[str, ...]]:
    """The entries of a list (``stop``, ``harm``) under each of its headings."""
    found: dict[str, list[str]] = {}
    heading: list[str] = []
    for line in resources.files(__package__).joinpath(f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.endswith("]"):
            heading = found.setdefault(line[1:-1], [])
        elif line and not line.startswith("#"):
            heading.append(line)
    return {head: tuple(entries) for head, entries in found.items()}


@cache
def stop_words() -> tuple[str, ...]:
    """Words that no story is made of, each once, in alphabetical order."""
    words = {word for entries in lines("stop").values() for entry in entries for word in entry.split()}
    return tuple(sorted(words))
