"""One story in two languages: whether what English and Turkish posts tell is the same thing.

Owns that judgement. Promises that it never rests on words of one meaning alone (two fires are two fires): a name, a
number, a link or a post that both speak of must be there too. Word lists only; knows these two languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from kalkan.stories.detect import Detector
from kalkan.stories.gravity import Gravity
from kalkan.stories.letters import Hashes, hash_words
from kalkan.stories.terms import LINK, NAME, TAG, WORD, Terms, kind_of, of_kind
from kalkan.stories.words import lines

LANGUAGES: Final = ("en", "tr")
_ENOUGH: Final = 2.0
_OFTEN: Final = 0.1  # of a story's posts
_FEWEST: Final = 2  # authors
_RARE: Final = 5.0  # times above what the term usually has


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What one story's posts tell. ``own``: terms far above their usual, ascending; ``means``: meanings."""

    own: Hashes
    means: frozenset[int]
    answers: frozenset[str]
    gravity: Gravity


@cache
def _meanings() -> tuple[Hashes, Hashes]:
    """Words of both languages as terms, ascending, and the number of their meaning."""
    terms, numbers = [], []
    for number, line in enumerate(lines("both")["both"]):
        words = [word for part in line.split("|") for word in part.split()]
        terms.append(of_kind(hash_words(words), WORD))
        numbers.append(np.full(len(words), number, dtype=np.uint64))
    term, first = np.unique(np.concatenate(terms), return_index=True)
    return term, np.concatenate(numbers)[first]


def tell(posts: Terms, detector: Detector, *, minutes: int, answers: set[str], gravity: Gravity) -> Told:
    """What these posts of the last ``minutes`` tell, by terms that a tenth of the people and two at least have."""
    who = posts.author[posts.row]
    pairs = np.unique(np.stack([posts.term, who], axis=1), axis=0)
    term, people = np.unique(pairs[:, 0], return_counts=True)
    often = people >= max(_FEWEST, _OFTEN * len(np.unique(posts.author)))
    term, people = term[often], people[often]
    own = people / max(minutes, 1) >= _RARE * detector.usual(term)
    known, numbers = _meanings()
    at = np.minimum(np.searchsorted(known, term), len(known) - 1)
    means = frozenset(numbers[at][known[at] == term].tolist())
    return Told(term[own], means, frozenset(answers), gravity)


def same(one: Told, other: Told) -> bool:
    """Whether both tell the same thing."""
    shared = np.intersect1d(one.own, other.own, assume_unique=True)
    kinds = kind_of(shared)
    # A word, its tag and the name it stands in are one sign.
    names = min(int(np.isin(kinds, (WORD, TAG, NAME)).sum()), 2)
    links = int((kinds == LINK).sum())
    hard = 1.0 * names + 2.0 * min(links, 1) + 2.0 * bool(one.answers & other.answers)
    for mine, theirs in ((one.gravity.dead, other.gravity.dead), (one.gravity.hurt, other.gravity.hurt)):
        hard += 1.0 * (mine is not None and mine == theirs and mine > 1)
    if hard == 0:
        return False
    harms = {harm.kind for harm in one.gravity.harms} & {harm.kind for harm in other.gravity.harms}
    soft = min(0.5 * len(harms), 1.0) + min(0.5 * len(one.means & other.means), 1.5)
    return hard + soft >= _ENOUGH and soft > 0
