"""A recipe: which reader, with which weights, limited to which languages. It names every reading it makes.

Promises that two recipes of one ``id`` read alike. Never changes once made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Final

from kalkan.errors import InvalidInput
from kalkan.reading import careful, weights

TIERS: Final = ("fast", "careful")
FAST: Final = "fast-26.11"
CAREFUL: Final = careful.NAME
ARITHMETIC: Final = "3"  # raised whenever the same weights would read differently


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """``digest`` is the sha256 of the weights' first file, which names the others; ``langs`` empty = any language."""

    name: str
    digest: str
    tier: str = "fast"
    langs: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What the column ``recipe`` says: the name and twelve signs over weights, arithmetic and limits."""
        said = "\n".join((self.digest, ARITHMETIC, self.tier, *sorted(self.langs)))
        return f"{self.name}+{hashlib.sha256(said.encode()).hexdigest()[:12]}"


@cache
def current(tier: str = "fast", *, langs: tuple[str, ...] = ()) -> Recipe:
    """The recipe that new posts are read by.

    :raises InvalidInput: there is no such tier (``tier_unknown``), or it is not installed (``careful_missing``).
    """
    if tier not in TIERS:
        raise InvalidInput("tier_unknown", tier=tier, known=", ".join(TIERS))
    if tier == "careful":
        return Recipe(name=CAREFUL, digest=careful.load(CAREFUL).digest, tier=tier, langs=tuple(sorted(langs)))
    return Recipe(name=FAST, digest=weights.digest(FAST), tier=tier, langs=tuple(sorted(langs)))
