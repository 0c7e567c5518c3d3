"""A story's own words: its title, its terms as people wrote them, and the posts that stand for it.

Owns the choice of words. Promises that a title is a phrase people did write, in their own case, without handles and
links; that the posts shown are the most typical ones, by different people, not the loudest. Never makes up a word.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.stories.letters import Hashes, Rows, Tokens, pair, tokens
from kalkan.stories.terms import NAME, TAG, TWO, WORD, Terms, alike, among, of_kind, plain, stop_hashes
from kalkan.text import clean, cut, upper_tr

_LOOKED_AT: Final = 200
_LONGEST: Final = 7  # words of a title
_SHARE: Final = 0.12  # a word adds to a title when more than so many of the posts have it


def _tokens(texts: list[str]) -> Tokens:
    return tokens(plain(pa.array([unicodedata.normalize("NFC", clean(text)) for text in texts], pa.string())))


def spread(rows: Rows, n: int) -> Rows:
    """At most ``n`` of ``rows``, evenly from first to last."""
    if len(rows) <= n:
        return rows
    return rows[np.linspace(0, len(rows) - 1, n).astype(np.int64)]


def seems_turkish(texts: list[str]) -> bool:
    """Whether enough of the texts have letters that only Turkish and its kin write, where no language is known."""
    return sum(any(letter in text for letter in "ğışİĞŞ") for text in texts) > 0.3 * len(texts)


def write_title(texts: list[str], *, turkish: bool = False) -> str:
    """A phrase that covers what most of ``texts`` (different posts about one thing) say; empty where there is none."""
    found = _tokens(texts[:_LOOKED_AT])
    n = max(1, found.n)
    stop = among(found.hash, stop_hashes()) & ~found.tag | found.digits | (found.size < 2)
    share = _shares(found, stop, n)
    best: dict[int, float] = {}
    written: dict[int, Counter[str]] = defaultdict(Counter)
    by: dict[int, set[int]] = defaultdict(set)
    least = 1 if n < 4 else 2 if n < 20 else 3
    starts, ends = _by_enough(found, *_phrases(found, stop), least)
    for first, last in zip(starts.tolist(), ends.tolist(), strict=True):
        span = range(first, last + 1)
        key = hash(tuple(found.hash[first : last + 1].tolist()))
        if key not in best:
            words = {int(found.hash[at]): share[at] - _SHARE for at in span if not stop[at]}
            best[key] = sum(sorted(words.values(), reverse=True)[:5]) - 0.02 * len(span)
        by[key].add(int(found.row[first]))
        written[key][found.written(first, last)] += 1
    usable = [key for key in best if len(by[key]) >= least] or list(best)
    if not usable:
        return ""
    # What more people wrote wins among phrases that cover about the same.
    key = max(usable, key=lambda one: (best[one] + 0.25 * min(1.0, 3 * len(by[one]) / n), len(by[one]), -one))
    return _cased(written[key], turkish=turkish)


def _shares(found: Tokens, stop: npt.NDArray[np.bool_], n: int) -> npt.NDArray[np.float64]:
    """For each token, in what share of the texts its word stands."""
    words, which = np.unique(found.hash, return_inverse=True)
    once = np.unique(found.row * len(words) + which) % max(1, len(words))
    share: npt.NDArray[np.float64] = np.bincount(once, minlength=len(words))[which] / n
    share[stop] = 0.0
    return share


def _phrases(found: Tokens, stop: npt.NDArray[np.bool_]) -> tuple[Rows, Rows]:
    """First and last token of every phrase: inside one sentence, neither beginning nor ending with a stop word."""
    sentence = np.cumsum(found.opens)
    starts, ends = [], []
    places = np.arange(len(found.row))
    for length in range(1, min(_LONGEST, len(places)) + 1):
        first, last = places[: len(places) - length + 1], places[length - 1 :]
        fits = (sentence[first] == sentence[last]) & ~stop[first] & ~stop[last]
        starts.append(first[fits])
        ends.append(last[fits])
    none = np.zeros(0, dtype=np.int64)
    return np.concatenate([none, *starts]), np.concatenate([none, *ends])


def _by_enough(found: Tokens, starts: Rows, ends: Rows, least: int) -> tuple[Rows, Rows]:
    """Of these phrases those that at least ``least`` texts have, or all where there are none: most stand in one."""
    key = np.zeros(len(starts), dtype=np.uint64)
    for step in range(_LONGEST):
        at = starts + step
        inside = at <= ends
        key[inside] = pair(key[inside], found.hash[at[inside]])
    _, which = np.unique(key, return_inverse=True)
    once = np.unique(which * max(1, found.n) + found.row[starts]) // max(1, found.n)
    enough = np.bincount(once, minlength=len(key))[which] >= least
    return (starts[enough], ends[enough]) if enough.any() else (starts, ends)


def _cased(written: Counter[str], *, turkish: bool) -> str:
    """The commonest way of writing it that is neither all capitals nor careless."""

    def rank(one: tuple[str, int]) -> tuple[float, str]:
        text, n = one
        shouted = text.isupper() and len(text) > 5
        return (n * (0.3 if shouted else 0.6 if text.islower() else 1.0), text)

    text = " ".join(max(written.items(), key=rank)[0].replace("#", "").split())
    first = upper_tr(text[0]) if turkish else text[0].upper()
    return cut(first + text[1:], 80)


def name_terms(term: Hashes, texts: list[str]) -> dict[int, str]:
    """How people wrote these terms, most common first form, as found in ``texts``. Links and copies have no name."""
    found = _tokens(texts[:_LOOKED_AT])
    content = (found.size >= 3) & (found.size <= 40) & ~found.digits
    content &= ~among(found.hash, stop_hashes()) | found.tag
    at = np.flatnonzero(content)
    places = np.arange(len(found.row))
    two = found.row[at[:-1]] == found.row[at[1:]]
    looked: list[tuple[Hashes, Rows, Rows, str]] = [
        (of_kind(found.hash, TAG), places[found.tag], places[found.tag], "#"),
        (of_kind(found.hash, WORD), places, places, ""),
    ]
    wanted = set(term.tolist())
    names: dict[int, Counter[str]] = defaultdict(Counter)
    for hashes, first, last, sign in looked:
        for here, start, end in zip(hashes[first].tolist(), first.tolist(), last.tolist(), strict=True):
            if here in wanted:
                names[here][sign + found.written(start, end)] += 1
    pairs = of_kind(pair(found.hash[at[:-1]], found.hash[at[1:]]), TWO)
    for here, start, end, same in zip(pairs.tolist(), at[:-1].tolist(), at[1:].tolist(), two.tolist(), strict=True):
        if same and here in wanted:
            names[here][" ".join(found.written(k, k) for k in (start, end))] += 1
    if len(places) >= 3:
        triple = of_kind(pair(pair(found.hash[:-2], found.hash[1:-1]), found.hash[2:]), NAME)
        for start, here in enumerate(triple.tolist()):
            if here in wanted:
                names[here][found.written(start, start + 2)] += 1
    return {key: max(forms.items(), key=lambda one: (one[1], one[0]))[0] for key, forms in names.items()}


def unlike(names: list[str]) -> list[str]:
    """Each name once, whatever its case."""
    seen: dict[str, str] = {}
    for name in names:
        seen.setdefault(name.casefold(), name)
    return list(seen.values())


def typical(terms: Terms, rows: Rows, *, n: int = 3) -> list[int]:
    """The rows that say what most of ``rows`` say: medoids by shared terms, each by another author and not a copy."""
    rows = spread(rows, _LOOKED_AT)
    _, first = np.unique(terms.text_key[rows], return_index=True)
    rows = rows[np.sort(first)]
    if len(rows) == 0:
        return []
    part = terms.take(rows)
    _, which, n_of = np.unique(part.term, return_inverse=True, return_counts=True)
    size = np.bincount(part.row, minlength=part.n).astype(np.float32)
    shared = n_of > 1  # what one post alone has is common to no two
    here = shared[which]
    has = np.zeros((part.n, int(shared.sum())), dtype=np.float32)
    has[part.row[here], (np.cumsum(shared) - 1)[which[here]]] = 1.0
    common = has @ has.T
    np.fill_diagonal(common, size)
    like = common / np.maximum(size[:, None] + size[None, :] - common, 1.0)
    score = like.mean(axis=1) * np.where(part.long, 1.0, 0.5)
    chosen: list[int] = []
    for at in np.argsort(-score, kind="stable").tolist():
        seen = part.author[chosen]
        if part.author[at] in seen or any(float(alike(part.bins[at], part.bins[other])) > 0.5 for other in chosen):
            continue
        chosen.append(at)
        if len(chosen) == n:
            break
    return [int(rows[at]) for at in chosen]
