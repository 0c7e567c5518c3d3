"""Asks and themes: what many people want or speak of, counted by author, each told in one of their own sentences.

Gathering is by phrases (:mod:`kalkan.voice.gather`); the sentence that tells a group is the one nearest to all others
in it that is short enough to be read at a glance, as somebody wrote it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from kalkan.text import cut, fold
from kalkan.voice.gather import Group, groups, key_of, passed_on
from kalkan.voice.sentences import asking, bag, named, plain, weight

MOST: Final = 12_000  # posts looked at; of more, an even part in order of time
_COMPARED: Final = 1_200  # posts compared with each other for quotes
_TITLE: Final = 90
_LEAST_WORDS: Final = 4
_LIFT: Final = 1.5

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
    """One thing that people ask for or speak of: a sentence that somebody wrote, how many say it, and their posts.

    ``about``: the phrase that they share, as most write it. ``authors`` counts each once; ``posts`` are all; ``texts``
    are different texts (near-copies count once); ``ids`` are the posts', oldest first.
    """

    title: str
    authors: int
    posts: int
    ids: tuple[str, ...]
    first: datetime
    last: datetime
    quotes: tuple[Quote, ...]
    about: str = ""
    texts: int = 0


def asks(
    posts: pa.Table,
    *,
    names: Sequence[str] = (),
    talk: Sequence[str] = (),
    least: int = 2,
    most: int = 12,
    shown: int = 3,
) -> tuple[Ask, ...]:
    """The asks in ``posts``, those of most authors first, at least ``least`` authors each.

    ``posts`` has the columns id, network, author_id, text, lang and at; every row is taken to ask something (filter by
    the reading before). ``names`` are the brand's own. ``talk``: texts of the talk around, which say what is usual.
    Of more than :data:`MOST` posts an even part is looked at.
    """
    return _gathered(posts, asking, names=names, talk=talk, least=least, most=most, shown=shown)


def themes(
    posts: pa.Table,
    *,
    names: Sequence[str] = (),
    talk: Sequence[str] = (),
    least: int = 3,
    most: int = 3,
    shown: int = 1,
) -> tuple[Ask, ...]:
    """What ``posts`` are about, in the shape of :func:`asks`: the title is a whole short post."""
    found = _gathered(posts, plain, names=names, talk=talk, least=least, most=2 * most, shown=shown)
    if not talk:
        return found[:most]
    said = [fold(text) for text in talk]
    kept = [one for one in found if _stands_out(one, posts.num_rows, said)]
    return tuple(kept[:most])


def _stands_out(one: Ask, n: int, talk: Sequence[str]) -> bool:
    """Whether what a group is about is clearly more frequent among its posts than in all that is said."""
    around = sum(fold(one.about) in text for text in talk) / len(talk)
    return one.posts / n >= _LIFT * around


def _gathered(
    posts: pa.Table,
    say: Callable[[str], str],
    *,
    names: Sequence[str],
    talk: Sequence[str],
    least: int,
    most: int,
    shown: int,
) -> tuple[Ask, ...]:
    rows = _in_order(posts, MOST)
    if rows.num_rows == 0:
        return ()
    texts: list[str] = [passed_on(text) for text in rows["text"].to_pylist()]
    said: list[str] = [say(text) for text in texts]
    own = frozenset(word for name in names for word in fold(name).split())
    authors: list[str] = rows["author_id"].to_pylist()
    bags = [
        bag(sentence, without=own) | bag(plain(text), without=own) for sentence, text in zip(said, texts, strict=True)
    ]
    around = [bag(plain(passed_on(text)), without=own) for text in talk]
    found = groups(bags, authors, [key_of(text) for text in texts], talk=around, least=least, most=4 * most)
    found.sort(key=lambda one: (-min(one.authors, 3 * one.texts), -one.authors, one.members))
    return tuple(_told(rows, said, texts, bags, one, own, shown) for one in found[:most])


def _told(
    rows: pa.Table,
    said: Sequence[str],
    texts: Sequence[str],
    bags: Sequence[frozenset[str]],
    one: Group,
    own: frozenset[str],
    shown: int,
) -> Ask:
    of = rows.take(list(one.members))
    return Ask(
        title=_title([said[i] for i in one.members], [bag(said[i], without=own) for i in one.members], one.phrase),
        authors=one.authors,
        posts=len(one.members),
        ids=tuple(of["id"].to_pylist()),
        first=of["at"][0].as_py(),
        last=of["at"][-1].as_py(),
        quotes=quotes(of, shown),
        about=named([texts[i] for i in one.members], one.phrase, without=own),
        texts=one.texts,
    )


def quotes(posts: pa.Table, n: int, *, names: Sequence[str] = (), longest: int = 200) -> tuple[Quote, ...]:
    """``n`` posts that together stand for ``posts``: each the most typical of what those before it left uncovered.

    Greedy cover of closeness (facility location; Nemhauser, Wolsey & Fisher (1978): within 1 − 1/e of the best). One
    post an author, one of each text. Posts that say little (under eight words), are cut off at their end or longer than
    ``longest`` signs are taken only where there is nothing else.
    """
    rows = _in_order(posts, _COMPARED)
    if rows.num_rows == 0 or n <= 0:
        return ()
    texts = [_bare(passed_on(text)) for text in rows["text"].to_pylist()]
    own = frozenset(word for name in names for word in fold(name).split())
    vectors = _vectors([bag(text, without=own) for text in texts])
    likeness = np.clip(vectors @ vectors.T, 0, 1)
    fit = np.array([_fit(text, longest) for text in texts], np.float32)
    authors = rows["author_id"].to_pylist()
    keys = [key_of(text) for text in texts]
    covered = np.zeros(len(texts), np.float32)
    taken: list[int] = []
    held: set[str] = set()
    words: set[str] = set()
    while len(taken) < n:
        gain = np.maximum(likeness - covered[None, :], 0).sum(axis=1) * fit
        for i, author in enumerate(authors):
            if author in held or keys[i] in words:
                gain[i] = -1
        best = int(np.argmax(gain))
        if gain[best] < 0:
            break
        taken.append(best)
        held.add(authors[best])
        words.add(keys[best])
        covered = np.maximum(covered, likeness[best])
    return tuple(_quote(rows, i, cut(texts[i], longest)) for i in taken)


def _bare(text: str) -> str:
    """A post as it is quoted: without links, addressed handles and what is left over around it."""
    found = re.sub(r"\s+([?!.,;:])", r"\1", plain(text)).strip(" \"“”'‘’/|:–-")
    return found if found.count('"') % 2 == 0 else found.replace('"', "")


def _fit(text: str, longest: int) -> float:
    """How well a text stands on its own: 0.2 to 1."""
    n = len(text.split())
    whole = not re.search(r"(?:…|\.\.\.)\W*$", text) and not re.search(r"(?i)\b(?:retweet|rt)\b", text)
    says = 1.0 if n >= 8 else 0.7 if n >= 6 else 0.4 if n >= 4 else 0.2
    return says * (1.0 if len(text) <= longest else 0.2) * (1.0 if whole else 0.4)


def _in_order(posts: pa.Table, most: int) -> pa.Table:
    """Oldest first and the same however they came; of very many, an even part."""
    rows = posts.select(["id", "network", "author_id", "text", "lang", "at"])
    rows = rows.sort_by([("at", "ascending"), ("id", "ascending")])
    if rows.num_rows > most:
        rows = rows.take(np.linspace(0, rows.num_rows - 1, most).astype(np.int64))
    return rows


def _vectors(bags: Sequence[frozenset[str]]) -> Floats:
    """Unit tf–idf vectors, n × vocabulary. Words of one sentence alone are left out: they bring nobody together."""
    counts = Counter(word for each in bags for word in each)
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


def _title(sentences: Sequence[str], bags: Sequence[frozenset[str]], phrase: str) -> str:
    """The sentence nearest to all others that holds the phrase and is short enough to be read at a glance."""
    vectors = _vectors(bags)
    middle = vectors.mean(axis=0)
    nearness = vectors @ middle

    def cost(i: int) -> tuple[float, int]:
        words = len(sentences[i].split())
        cost = -float(nearness[i]) + 0.02 * max(0, words - 10) + (0.3 if words < _LEAST_WORDS else 0)
        cost += (0.0 if phrase in bags[i] else 0.5) - 0.04 * weight(sentences[i])
        return (cost + (0.2 if _shouted(sentences[i]) or len(sentences[i]) > _TITLE else 0), i)

    best = sentences[min(range(len(sentences)), key=cost)]
    best = re.sub(r"^[\s\W_]+", "", best).strip(" \"'“”‘’")
    if sum(best.count(sign) for sign in '"“”') % 2:
        best = re.sub('["“”]', "", best)  # half a quotation says less than none
    best = re.sub(r"\s+([?!.,;:])", r"\1", re.sub(r"([?!])[?!]+", r"\1", best))
    return cut(best[:1].upper() + best[1:], _TITLE).removesuffix(".")


def _shouted(text: str) -> bool:
    letters = [sign for sign in text if sign.isalpha()]
    return len(letters) > 8 and sum(sign.isupper() for sign in letters) > 0.7 * len(letters)


def _quote(rows: pa.Table, i: int, text: str) -> Quote:
    row = rows.slice(i, 1).to_pylist()[0]
    return Quote(id=row["id"], network=row["network"], lang=row["lang"], text=text, at=row["at"])
