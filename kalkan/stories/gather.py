"""Which rising terms are sound, and which belong together.

Owns those two judgements; keeps nothing. Promises that nothing passes on fewer than five people who speak about
evenly, nor on one text, and that the answer does not depend on the order of the terms.

Terms belong together where at least half of the posts of the rarer one have the other too and their normalised
pointwise mutual information (Bouma 2009) is above .3; copies of a text are terms like others.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from kalkan.stories.detect import Detector, Rising
from kalkan.stories.letters import Rows
from kalkan.stories.recent import Recent
from kalkan.stories.terms import WORD, Terms, kind_of

TOGETHER: Final = 0.5
_NPMI: Final = 0.3


def sound(terms: Terms, rows: Rows, detector: Detector) -> bool:
    """Whether enough different people, speaking about evenly, said enough different things."""
    authors, counts = np.unique(terms.author[rows], return_counts=True)
    if len(authors) < detector.rules.authors:
        return False
    shares = counts / counts.sum()
    even = float(np.exp(-(shares * np.log(shares)).sum()))
    if even < detector.rules.authors - 1:
        return False
    texts = np.unique(
        np.where(terms.long[rows], terms.bins[rows, :3].sum(axis=1, dtype=np.uint64), terms.text_key[rows])
    )
    return len(texts) >= 3


def says_enough(rising: Rising, picked: Rows, authors: int, detector: Detector) -> bool:
    """A lone common word is no story until twice as many people have it, and far more surely."""
    if len(picked) > 1 or int(kind_of(rising.term[picked])[0]) != WORD:
        return True
    return authors >= 2 * detector.rules.authors and float(rising.score[picked][0]) >= 1.5 * detector.bar()


def neighbours(row: Rows, which: Rows) -> tuple[Rows, Rows]:
    """Terms that stand next to each other in some post: enough to tie together all that meet in it."""
    same = row[:-1] == row[1:]
    return which[:-1][same], which[1:][same]


def grouped(row: Rows, which: Rows, sound: npt.NDArray[np.bool_], n: int, recent: Recent) -> Rows:
    """For each of ``n`` terms the least of its group; what is not sound stays alone."""
    keep = sound[which]
    posts, at = np.unique(row[keep], return_inverse=True)
    has = np.zeros((len(posts), n), dtype=np.float32)
    has[at, which[keep]] = 1.0
    both = has.T @ has
    each = np.diag(both)
    total = max(float((recent.minute >= recent.minute[posts].min()).sum()), float(len(posts)), 2.0)
    least = np.minimum(each[:, None], each[None, :])
    with np.errstate(divide="ignore", invalid="ignore"):
        pmi = np.log(both * total / (each[:, None] * each[None, :]))
        npmi = pmi / -np.log(both / total)
        tied = (both >= TOGETHER * least) & ((npmi > _NPMI) | (both >= 0.9 * total)) & (both >= 2)
    left, right = np.nonzero(np.triu(tied, 1))
    return linked(n, left, right)


def linked(n: int, left: Rows, right: Rows) -> Rows:
    """Groups of ``n`` things that ``left`` and ``right`` tie together: for each the least of its group, int64 (n,)."""
    group = np.arange(n)
    while True:
        low = np.minimum(group[left], group[right])
        was = group.copy()
        np.minimum.at(group, left, low)
        np.minimum.at(group, right, low)
        group = group[group]
        if (group == was).all():
            return group
