"""Asks: sentences that want the same thing, gathered, counted by author, each told in one of its own sentences.

Gathering is by stars: the sentence with the most close neighbours becomes a centre and takes them, then the next, until
no star is left (Aslam, Pelekhov & Rus (2004), Journal of Graph Algorithms and Applications 8, 95–129). Closeness is the
cosine of tf–idf over word beginnings and pairs. The centre is what most of its neighbours say: that is the title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.text import cut, fold
from kalkan.voice.sentences import asking, bag, plain

_CLOSE: Final = 0.34
_MOST: Final = 3_000  # sentences compared with each other; of more, an even part in order of time
_TITLE: Final = 90
_LEAST_WORDS: Final = 3

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """One post's words with what is needed to open it. Nobody's name."""

    id: str
    network: str
    lang: str | None
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One thing that people ask: a sentence that somebody wrote, how many ask it, and the posts that do.

    ``authors`` counts each once; ``posts`` are all; ``ids`` are theirs, oldest first.
    """

    title: str
    authors: int
    posts: int
    ids: tuple[str, ...]
    first: datetime
    last: datetime
    quotes: tuple[Quote, ...]


def asks(
    posts: pa.Table, *, names: Sequence[str] = (), least: int = 2, most: int = 12, shown: int = 3
) -> tuple[Ask, ...]:
    """The asks in ``posts``, those of most authors first, at least ``least`` authors each.

    ``posts`` has the columns id, network, author_id, text, lang and at; every row is taken to ask something (filter by
    the reading before). ``names`` are the brand's own.
    """
    rows = _in_order(posts)
    if rows.num_rows == 0:
        return ()
    texts: list[str] = rows["text"].to_pylist()
    said = [asking(text) for text in texts]
    own = frozenset(word for name in names for word in fold(name).split())
    bags = [bag(text, without=own) for text in said]
    # "Can you help me?" wants an answer, but says nothing of what: it makes no ask of its own
    vectors = _vectors([each if sum(" " not in word for word in each) > 1 else frozenset() for each in bags])
    authors = rows["author_id"].to_pylist()
    found: list[tuple[int, npt.NDArray[np.int64]]] = _stars(vectors, _author_codes(authors))
    made = [_told(rows, said, authors, vectors, centre, members, shown) for centre, members in found]
    ranked = sorted((one for one in made if one.authors >= least), key=lambda one: (-one.authors, one.first, one.title))
    return tuple(ranked[:most])


def quotes(posts: pa.Table, n: int, *, names: Sequence[str] = (), longest: int = 200) -> tuple[Quote, ...]:
    """``n`` posts that together stand for ``posts``: each the most typical of what those before it left uncovered.

    Greedy cover of closeness (facility location; Nemhauser, Wolsey & Fisher (1978): within 1 − 1/e of the best). One
    post an author; posts of fewer than four words, or longer than ``longest`` signs, only where there is nothing else.
    """
    rows = _in_order(posts)
    if rows.num_rows == 0 or n <= 0:
        return ()
    texts = [plain(text) for text in rows["text"].to_pylist()]
    own = frozenset(word for name in names for word in fold(name).split())
    vectors = _vectors([bag(text, without=own) for text in texts])
    likeness = np.clip(vectors @ vectors.T, 0, 1)
    fit = np.array([1.0 if len(text.split()) >= 4 and len(text) <= longest else 0.2 for text in texts], np.float32)
    authors = rows["author_id"].to_pylist()
    covered = np.zeros(len(texts), np.float32)
    taken: list[int] = []
    held: set[str] = set()
    words: set[str] = set()
    while len(taken) < n:
        gain = np.maximum(likeness - covered[None, :], 0).sum(axis=1) * fit
        for i, author in enumerate(authors):
            if author in held or fold(texts[i]) in words:
                gain[i] = -1
        best = int(np.argmax(gain))
        if gain[best] < 0:
            break
        taken.append(best)
        held.add(authors[best])
        words.add(fold(texts[best]))
        covered = np.maximum(covered, likeness[best])
    return tuple(_quote(rows, i, cut(texts[i], longest)) for i in taken)


def _in_order(posts: pa.Table) -> pa.Table:
    """Oldest first and the same however they came; of very many, an even part."""
    rows = posts.select(["id", "network", "author_id", "text", "lang", "at"])
    rows = rows.sort_by([("at", "ascending"), ("id", "ascending")])
    if rows.num_rows > _MOST:
        rows = rows.take(np.linspace(0, rows.num_rows - 1, _MOST).astype(np.int64))
    return rows


def _vectors(bags: Sequence[frozenset[str]]) -> Floats:
    """Unit tf–idf vectors, n × vocabulary. Words of one sentence alone are left out: they bring nobody together."""
    counts: dict[str, int] = {}
    for each in bags:
        for word in each:
            counts[word] = counts.get(word, 0) + 1
    kept = {word: i for i, word in enumerate(sorted(word for word, n in counts.items() if n > 1))}
    weights = np.log((1 + len(bags)) / (1 + np.array([counts[word] for word in kept], np.float32))) + 1
    out: Floats = np.zeros((len(bags), max(1, len(kept))), np.float32)
    for row, each in enumerate(bags):
        columns = [kept[word] for word in each if word in kept]
        out[row, columns] = weights[columns] if columns else 0
        alone = sum(1 for word in each if word not in kept and " " not in word)
        # what it says besides still makes it less like the others
        length = float(np.sqrt(np.square(out[row]).sum() + 0.5 * alone * (np.log(1 + len(bags)) + 1) ** 2))
        if length:
            out[row] /= length
    return out


def _author_codes(authors: Sequence[str]) -> npt.NDArray[np.int64]:
    codes: dict[str, int] = {}
    return np.array([codes.setdefault(author, len(codes)) for author in authors], np.int64)


def _stars(vectors: Floats, authors: npt.NDArray[np.int64]) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """Centres with their members. A centre's weight is its neighbours' likeness, one neighbour an author."""
    likeness = vectors @ vectors.T
    near = np.where(likeness >= _CLOSE, likeness, 0).astype(np.float32)
    np.fill_diagonal(near, 1.0)
    free = np.ones(len(vectors), bool)
    found: list[tuple[int, npt.NDArray[np.int64]]] = []
    repeats = np.array([np.count_nonzero(authors == author) for author in authors], np.float32)
    pull = near / repeats[None, :]
    strength = pull.sum(axis=1)
    while free.any():
        centre = int(np.argmax(np.where(free, strength, -1)))
        members = np.flatnonzero((near[centre] > 0) & free)
        if len(members) == 1 and strength[centre] <= 1.0 + 1e-6:
            break
        found.append((centre, members))
        free[members] = False
        strength -= pull[:, members].sum(axis=1)
    return found


def _told(
    rows: pa.Table,
    said: Sequence[str],
    authors: Sequence[str],
    vectors: Floats,
    centre: int,
    members: npt.NDArray[np.int64],
    shown: int,
) -> Ask:
    of = rows.take(members)
    return Ask(
        title=_title([said[i] for i in members], (vectors[members] @ vectors[centre]).tolist()),
        authors=len({authors[i] for i in members}),
        posts=len(members),
        ids=tuple(of["id"].to_pylist()),
        first=of["at"][0].as_py(),
        last=of["at"][-1].as_py(),
        quotes=quotes(of, shown),
    )


def _title(sentences: Sequence[str], likeness: Sequence[float]) -> str:
    """The sentence nearest the centre that is short enough to be read at a glance."""

    def cost(i: int) -> tuple[float, int]:
        words = len(sentences[i].split())
        return (-likeness[i] + 0.02 * max(0, words - 8) + (0.3 if words < _LEAST_WORDS else 0), i)

    best = sentences[min(range(len(sentences)), key=cost)]
    best = re.sub(r"^[\s\W_]+", "", best).strip(" \"'“”‘’")
    if sum(best.count(sign) for sign in '"“”') % 2:
        best = re.sub('["“”]', "", best)  # half a quotation says less than none
    return cut(best[:1].upper() + best[1:], _TITLE)


def _quote(rows: pa.Table, i: int, text: str) -> Quote:
    row = rows.slice(i, 1).to_pylist()[0]
    return Quote(id=row["id"], network=row["network"], lang=row["lang"], text=text, at=row["at"])
