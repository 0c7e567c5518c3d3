"""One story as the follower holds it, what happened to it, and an alarm as it is raised.

Owns those shapes. Promises that a story knows by its terms which posts are its own. Decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kalkan.posts import key_of
from kalkan.stories.detect import Floats
from kalkan.stories.gravity import Gravity
from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.terms import Terms
from kalkan.stories.trace import Spread

STATES: Final = ("rising", "steady", "fading", "closed")


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that happened to a story: born, joined, turned, merged, split, or a new state."""

    minute: int
    what: str
    detail: str = ""


@dataclass(slots=True, eq=False)
class Story:
    """One story as it stands. Owned by :class:`Follower`; others read it."""

    id: str
    began: int  # minute, UTC since 1970
    told: int  # minute of the last alarm
    score: float
    term: Hashes  # ascending
    weight: Floats  # 1: the term alone means the story; below: it takes two
    usual: float  # authors a minute of its strongest term before
    title: str = ""
    names: list[str] = field(default_factory=list)
    state: str = "rising"
    n: int = 0  # posts
    authors: Hashes = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    gravity: Gravity = field(default_factory=Gravity)
    examples: list[dict[str, Any]] = field(default_factory=list)
    curve: list[tuple[int, int]] = field(default_factory=list)  # (minute, authors), minutes with any
    peak: int = 0  # authors' minutes in the busiest half hour
    turns: list[Turn] = field(default_factory=list)
    into: str = ""  # the story it was merged into
    gravest: int = 0  # the highest gravity told so far: only a graver turn is news at once
    stale: bool = False  # new terms have come since its words were written
    across: bool = False  # told in two languages, whose words never meet in a post
    spread: Spread = field(default_factory=Spread)
    harm_posts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    changed: bool = True  # since the follower's stories were last taken away
    new_keys: list[tuple[int, Rows]] = field(default_factory=list)  # (minute, the archive's keys)
    new_counts: list[tuple[int, int, int]] = field(default_factory=list)  # (minute, posts, authors)
    minutes: dict[int, int] = field(default_factory=dict)  # posts of the last hours' minutes: late ones still come

    def matches(self, terms: Terms) -> npt.NDArray[np.bool_]:
        """Which posts speak of it, (n,)."""
        if len(self.term) == 0:
            return np.zeros(terms.n, dtype=np.bool_)
        at = np.minimum(np.searchsorted(self.term, terms.term), len(self.term) - 1)
        hit = self.term[at] == terms.term
        sums = np.bincount(terms.row[hit], weights=self.weight[at[hit]], minlength=terms.n)
        found: npt.NDArray[np.bool_] = sums >= 1.0
        return found

    def forget(self, keys: set[int]) -> None:
        """Posts that are gone stand for nothing any more; its words are written again from what is left."""
        left = [one for one in self.examples if key_of(one["id"] or "") not in keys]
        if len(left) < len(self.examples):
            self.examples, self.stale, self.changed = left, True, True
        self.harm_posts = {
            kind: tuple(one for one in held if key_of(one) not in keys) for kind, held in self.harm_posts.items()
        }
        self.spread.forget(keys)

    def heard(self, since: int, until: int) -> int:
        """Authors' minutes from ``since`` up to but not at ``until``."""
        total = 0
        for minute, count in reversed(self.curve):
            if minute < since:
                break
            if minute < until:
                total += count
        return total


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """An alarm as it is raised: the story as it was at that moment. Times in minutes, UTC since 1970."""

    at: int
    story: str
    what: str  # born, turned
    title: str
    terms: tuple[str, ...]
    began: int
    n: int
    authors: int
    score: float
    usual: float
    gravity: Gravity
    examples: tuple[dict[str, Any], ...]
