"""Pile-ons: many accounts that act in step, as one incident counted by authors.

Owns that judgement. Promises that ordinary crowds are not called one (every sign is held against chance), that an
incident says which signs hold and on how many people they rest, and that nothing is hidden on this ground: a real
boycott acts in step, too. Words: "acts in step". Never names an account.

Three signs. *Same text*: near-copies (Jaccard of five-letter shingles ≥ .8 by twelve MinHash bins; short texts only
when equal) by eight people at least who make up a fifth of the story. *In step*: pairs of near-copies by different
accounts within ten seconds (the window of CooRTweet), more than in 99 of 100 stories whose times are permuted within
blocks of a quarter of an hour, two hundred times. *One origin*: a third of the authors, eight at least, quote or answer
the same post.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.stories.letters import Hashes, Rows
from kalkan.stories.record import Example, PileOn
from kalkan.stories.terms import Terms, alike
from kalkan.stories.times import moment_us
from kalkan.stories.title import typical

WINDOW: Final = 10.0  # seconds
_FEWEST: Final = 10  # authors before anything is said
_COPIES: Final = 8
_COPY_SHARE: Final = 0.2
_ALIKE: Final = 0.75  # of twelve bins: nine
_STEP_TEXTS: Final = 3
_BLOCK: Final = 900.0  # seconds
_TIMES: Final = 200
_MOST: Final = 3_000  # posts looked at: the latest
_ORIGIN: Final = 8
_ORIGIN_SHARE: Final = 0.34


@dataclass(frozen=True, slots=True, eq=False)
class InStep:
    """What was found: masks over the posts looked at, and the pairs behind "in step"."""

    same_text: npt.NDArray[np.bool_]
    in_step: npt.NDArray[np.bool_]
    one_origin: npt.NDArray[np.bool_]
    observed: int
    by_chance: float
    origin: str

    @property
    def any(self) -> npt.NDArray[np.bool_]:
        """Posts with any sign."""
        found: npt.NDArray[np.bool_] = self.same_text | self.in_step | self.one_origin
        return found

    @property
    def kinds(self) -> tuple[str, ...]:
        """The signs that hold."""
        signs = (("same_text", self.same_text), ("in_step", self.in_step), ("one_origin", self.one_origin))
        return tuple(name for name, mask in signs if mask.any())


def in_step(
    seconds: npt.NDArray[np.float64], found: Terms, targets: list[str | None], *, seed: int = 0
) -> InStep | None:
    """The signs among a story's posts: their times, terms, and which post each quotes or answers. None: no sign holds.

    ``seed`` makes the permutations repeatable.
    """
    n = found.n
    authors = found.author
    people = len(np.unique(authors))
    none = np.zeros(n, dtype=np.bool_)
    if people < _FEWEST:
        return None
    copies = _copies(found)
    same = _of_size(copies, authors, least=max(_COPIES, _COPY_SHARE * people))
    observed, chance, pairs = _stepping(seconds, authors, copies, seed=seed)
    step = pairs if observed > chance and observed >= _COPIES else none
    origin, answered = _origin(authors, targets, people)
    if not (same.any() or step.any() or answered.any()):
        return None
    # An origin that many answer is how talk goes; it is a sign beside another, or when hardly anything else is said.
    if not (same.any() or step.any()) and answered.mean() < 2 * _ORIGIN_SHARE:
        return None
    return InStep(same, step, answered, observed, chance, origin)


def incident(posts: pa.Table, found: Terms, *, seed: int = 0) -> PileOn | None:
    """The incident among a story's posts (rows of ``recent.POST`` with their terms), where there is one."""
    at = pc.cast(posts["at"], pa.int64()).to_numpy()
    signs = in_step(at / 1e6, found, posts["to"].to_pylist(), seed=seed)
    if signs is None:
        return None
    rows = np.flatnonzero(signs.any)

    def people(mask: npt.NDArray[np.bool_]) -> int:
        return len(np.unique(found.author[mask]))

    scopes = posts["scopes"].take(pa.array(rows)).combine_chunks()
    named = pc.value_counts(pc.list_flatten(scopes)).to_pylist()
    most = max(named, key=lambda one: (one["counts"], one["values"]), default=None)
    target = str(most["values"]) if most is not None and 2 * most["counts"] >= len(rows) else ""
    shown = posts.take(typical(found, rows)).to_pylist()
    return PileOn(
        kinds=signs.kinds, since=moment_us(int(at[rows].min())), until=moment_us(int(at[rows].max())),
        authors=people(signs.any), posts=len(rows), of=len(np.unique(found.author)),
        same_text_authors=people(signs.same_text), in_step_authors=people(signs.in_step),
        origin_authors=people(signs.one_origin), origin=signs.origin, observed=signs.observed,
        by_chance=round(signs.by_chance, 1), target=target,
        examples=tuple(
            Example(id=one["id"], at=one["at"], network=one["network"] or "", lang=one["lang"] or "")
            for one in shown
            if one["id"]
        ),
    )  # fmt: skip


def _copies(found: Terms) -> Rows:
    """For each post the first that it is a near-copy of, int64 (n,). Texts share a bin band to be compared at all."""
    group = np.arange(found.n)
    keys = np.where(found.long, 0, found.text_key).astype(np.uint64)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    short = ~found.long
    group[short] = first[inverse][short]
    rows = np.flatnonzero(found.long)
    for band in range(4):
        part = found.bins[rows, band * 3 : band * 3 + 3]
        order = np.lexsort(part.T[::-1])
        part, here = part[order], rows[order]
        new = np.ones(len(here), dtype=np.bool_)
        new[1:] = (part[1:] != part[:-1]).any(axis=1)
        leader = here[np.flatnonzero(new)[np.cumsum(new) - 1]] if len(here) else here
        close = alike(found.bins[here], found.bins[leader]) >= _ALIKE
        low = np.minimum(group[here[close]], group[leader[close]])
        np.minimum.at(group, here[close], low)
    for _ in range(4):
        group = group[group]
    return group


def _of_size(group: Rows, authors: Hashes, *, least: float) -> npt.NDArray[np.bool_]:
    """Posts of groups in which so many different people take part."""
    pairs = np.unique(np.stack([group.astype(np.uint64), authors], axis=1), axis=0)
    size = np.bincount(pairs[:, 0].astype(np.int64), minlength=len(group))
    found: npt.NDArray[np.bool_] = size[group] >= least
    return found


def _stepping(
    seconds: npt.NDArray[np.float64], authors: Hashes, copies: Rows, *, seed: int
) -> tuple[int, float, npt.NDArray[np.bool_]]:
    """Pairs of near-copies by different accounts within the window; the 99th percentile by chance; who is in a pair."""
    use = _of_size(copies, authors, least=_STEP_TEXTS)
    rows = np.flatnonzero(use)[-_MOST:]
    mask = np.zeros(len(seconds), dtype=np.bool_)
    if len(rows) < _COPIES:
        return 0, 0.0, mask
    when, who, what = seconds[rows], authors[rows], copies[rows]
    observed, places = _pairs(when, who, what)
    mask[rows[places]] = True
    rng = np.random.default_rng(seed)
    block = np.floor(when / _BLOCK)
    null = np.empty(_TIMES)
    for turn in range(_TIMES):
        # Times are dealt out anew within a quarter of an hour: the crowd's rhythm stays, who meets whom does not.
        null[turn] = _pairs(block * _BLOCK + rng.random(len(when)) * _BLOCK, who, what)[0]
    return observed, float(np.quantile(null, 0.99)), mask


def _pairs(when: npt.NDArray[np.float64], who: Hashes, what: Rows) -> tuple[int, Rows]:
    """How many neighbours in time, within the window, are of one text and two accounts; and which posts those are."""
    order = np.lexsort((when, what))
    when, who, what = when[order], who[order], what[order]
    near = (what[1:] == what[:-1]) & (who[1:] != who[:-1]) & (when[1:] - when[:-1] <= WINDOW)
    both = np.flatnonzero(near)
    return len(both), order[np.unique(np.concatenate([both, both + 1]))]


def _origin(authors: Hashes, targets: list[str | None], people: int) -> tuple[str, npt.NDArray[np.bool_]]:
    """The post that most people quote or answer, where enough do."""
    names, which = np.unique(np.array([one or "" for one in targets], dtype=object).astype(str), return_inverse=True)
    none = np.zeros(len(authors), dtype=np.bool_)
    best, most = -1, 0
    pairs = np.unique(np.stack([which.astype(np.uint64), authors], axis=1), axis=0)
    size = np.bincount(pairs[:, 0].astype(np.int64), minlength=len(names))
    for place, name in enumerate(names.tolist()):
        if name and size[place] > most:
            best, most = place, int(size[place])
    if best < 0 or most < max(_ORIGIN, _ORIGIN_SHARE * people):
        return "", none
    return str(names[best]), which == best
