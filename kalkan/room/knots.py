"""Words that are knotted together: a story of few posts, found by what it says in many ways rather than by how often.

Owns two looks, and which posts are the first to say what they say. ``knots``: words that stand together in pairs far
above chance, each with two others of the same knot; a phrase is a line of words, a story is a knot. ``bursts``: words
that nobody used before and several people use now, in the same posts. Promises the same for the same posts, and that
one text said by many counts once for a knot. Judges nothing: whether harm is told, and by how many, is
:mod:`kalkan.room.gather`'s to ask.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kalkan.room.index import Index, Ints, Mask
from kalkan.room.rules import Policy

_WIDE = 40  # words of a post, at most, that are paired
_LONG = 6  # words from which a post can be told from its copies by some of them
_STEPS = (0.6180339887498949, 0.7548776662466927, 0.5698402909980532, 0.8191725133961645)
_LARGE = 30  # words from which a knot without harm is looked at again, tighter


def knots(ready: Index, policy: Policy) -> Iterator[tuple[Mask, Ints]]:
    """The posts and words of each knot, largest first; ``ready`` may be of any size."""
    one, other = _edges(ready, policy)
    harmed = np.any(ready.harm, axis=1)
    size = len(ready.words)
    waiting = [(one, other, 2)]
    while waiting:
        one, other, least = waiting.pop()
        one, other = _core(one, other, least, size)
        for words in _parts(one, other):
            if len(words) < 3:
                continue
            rows = _of(words, ready, policy)
            telling = ready.voices(rows & harmed)
            if telling >= 3 and telling >= policy.knot_telling * ready.voices(rows):
                yield rows, words
            elif len(words) > _LARGE:
                mine = np.isin(one, words)
                waiting.append((one[mine], other[mine], least + 1))


def bursts(ready: Index, policy: Policy, *, now: int) -> Iterator[tuple[Mask, Ints]]:
    """The posts and words of what came up in the last hours (``now`` in microseconds), words that come together."""
    size = len(ready.words)
    for hours in policy.burst_hours:
        late = ready.at > now - int(hours * 3.6e9)
        n, part = int(late.sum()), float(late.mean()) if ready.n else 0.0
        if n < 3 * policy.voices or part > 0.25:
            continue
        inside = np.bincount(ready.word[late[ready.row]], minlength=size)
        # Log-likelihood (nats, twice) of so many of a word's posts being so late, had it been as usual all the while.
        usual = np.maximum(ready.often * part, 1e-9)
        news = (inside >= max(2, n // 1_000)) & (
            2 * inside * np.log(np.maximum(inside / usual, 1e-9)) >= policy.burst_surprise
        )
        mine = late[ready.row] & news[ready.word]
        one, other, _ = _pairs(ready.row[mine], ready.word[mine], size)
        for words in _parts(one, other):
            if len(words) >= 3:
                yield ready.having(words) & late, words


def _edges(ready: Index, policy: Policy) -> tuple[Ints, Ints]:
    """Pairs of words that stand together above chance, in different texts."""
    least = max(2, ready.n // 1_000)
    some = (ready.often >= least) & (ready.often <= max(10, policy.knot_often * ready.n))
    mine = some[ready.word] & first_said(ready)[ready.row]
    one, other, often = _pairs(ready.row[mine], ready.word[mine], len(ready.words))
    enough = often >= least
    one, other, often = one[enough], other[enough], often[enough]
    lift = np.log(often * ready.n / (ready.often[one] * ready.often[other]))
    fit = (2 * often * lift >= policy.knot_surprise) & (lift >= -policy.knot_tie * np.log(often / ready.n))
    return one[fit], other[fit]


def first_said(ready: Index) -> Mask:
    """The posts that are the first to say what they say: one text by many is one, also with a word changed.

    Copies are told by two pairs of min-hashes, of which one must be the same; short posts by all their words.
    """
    starts = np.flatnonzero(np.concatenate((ready.row[:1] >= 0, ready.row[1:] != ready.row[:-1])))
    rows, long = ready.row[starts], np.diff(np.append(starts, len(ready.row))) >= _LONG
    number = np.arange(len(ready.words)) + 1.0
    hashes = [np.modf(number * step)[0][ready.word] for step in _STEPS]
    least = [np.minimum.reduceat(one, starts) if len(starts) else one for one in hashes]
    whole = np.add.reduceat(hashes[0], starts) if len(starts) else hashes[0]
    out = np.zeros(ready.n, np.bool_)
    out[rows] = True
    for one, other in ((least[0], least[1]), (least[2], least[3])):
        said = np.where(long, one + 2 * other, 10 + np.round(whole, 9))
        first = np.zeros(len(rows), np.bool_)
        first[np.unique(said, return_index=True)[1]] = True
        out[rows] &= first
    return out


def _pairs(row: Ints, word: Ints, size: int) -> tuple[Ints, Ints, Ints]:
    """Each pair of words of the same post, the lower number first, and in how many posts; ``row`` is sorted."""
    found: list[Ints] = [np.zeros(0, np.int64)]
    for apart in range(1, _WIDE):
        same = np.flatnonzero(row[apart:] == row[:-apart]) if len(row) > apart else row[:0]
        if not len(same):
            break
        found.append(word[same] * size + word[same + apart])  # words of a post are sorted, so the lower is first
    said = np.sort(np.concatenate(found))
    begins = np.flatnonzero(np.concatenate((said[:1] >= 0, said[1:] != said[:-1])))
    pairs, often = said[begins], np.diff(np.append(begins, len(said)))
    return pairs // max(1, size), pairs % max(1, size), often.astype(np.int64)


def _core(one: Ints, other: Ints, least: int, size: int) -> tuple[Ints, Ints]:
    """The pairs between words that have ``least`` partners each, among such words."""
    while len(one):
        partners = np.bincount(one, minlength=size) + np.bincount(other, minlength=size)
        held = (partners[one] >= least) & (partners[other] >= least)
        if held.all():
            break
        one, other = one[held], other[held]
    return one, other


def _parts(one: Ints, other: Ints) -> list[Ints]:
    """The words that hang together, one array a part, largest first."""
    names, at = np.unique(np.concatenate((one, other)), return_inverse=True)
    label = np.arange(len(names))
    left, right = at[: len(one)], at[len(one) :]
    while True:
        lower = np.minimum(label[left], label[right])
        new = label.copy()
        np.minimum.at(new, left, lower)
        np.minimum.at(new, right, lower)
        new = new[new]
        if (new == label).all():
            break
        label = new
    parts = [names[label == one_] for one_ in np.unique(label)]
    return sorted(parts, key=lambda words: (-len(words), int(words[0])))


def _of(words: Ints, ready: Index, policy: Policy) -> Mask:
    """The posts that have two of these words, or one that is mostly theirs."""
    hits = np.bincount(ready.row[np.isin(ready.word, words)], minlength=ready.n)
    rows: Mask = hits >= 2
    inside = np.bincount(ready.word[rows[ready.row]], minlength=len(ready.words))
    own = words[inside[words] >= policy.together[1] * ready.often[words]]
    return np.asarray(rows | ready.having(own), dtype=np.bool_)
