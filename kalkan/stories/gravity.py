"""Gravity: how grave what people tell is, 0 to 3, with the evidence.

Owns that judgement. Promises that no level stands without the harm, the words and the posts it rests on; that figures
of speech ("killing it", "öldüm gülmekten") and denials ("nobody was hurt") count for nothing; that a lone voice decides
nothing. Word lists in English and Turkish only: in other languages it stays 0 and says that it could not be told.

0: nothing of the kind. 1: protest, lost work, unsafe goods, illness without deaths, mourning alone. 2: people hurt or
missing, a disaster, violence, abuse, hate, or a death. 3: several dead, or deaths in a disaster or by violence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import regex

from kalkan.stories import harm
from kalkan.stories.letters import Hashes
from kalkan.text import fold, lower_tr

_GRAVE: Final = {
    harm.DEATH: 2, harm.HURT: 2, harm.DISASTER: 2, harm.VIOLENCE: 2, harm.ABUSE: 2, harm.HATE: 2, harm.MISSING: 2,
    harm.ILLNESS: 1, harm.MOURNING: 1, harm.PROTEST: 1, harm.JOBS: 1, harm.PRODUCT: 1,
}  # fmt: skip
_FEWEST: Final = 3  # different people who must say it
_SHARE: Final = 0.15  # and this share of those who speak


@dataclass(frozen=True, kw_only=True, slots=True)
class Harm:
    """One kind of harm: by how many different people it is told, their share, the words, and which texts (indices)."""

    kind: str
    authors: int
    share: float
    words: tuple[str, ...]
    posts: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Gravity:
    """``level`` 0 to 3; what harm, to whom (most named first), and how many dead or hurt by most accounts."""

    level: int = 0
    harms: tuple[Harm, ...] = ()
    whom: tuple[str, ...] = ()
    dead: int | None = None
    hurt: int | None = None


def weigh(texts: Sequence[str], authors: Hashes | None = None) -> Gravity:
    """The gravity of what ``texts`` tell together; ``authors`` (one a text) so that nobody counts twice."""
    who = np.arange(len(texts)).astype(np.uint64) if authors is None else authors
    if len(texts) == 0:
        return Gravity()
    everyone = len(np.unique(who))
    each = [_harms(text) for text in texts]
    found = {kind: [dict(hits).get(kind, ()) for hits in each] for kind in _GRAVE}
    harms = []
    for kind, words in found.items():
        rows = np.array([at for at, hit in enumerate(words) if hit], dtype=np.int64)
        people = len(np.unique(who[rows]))
        if people >= _FEWEST and people >= _SHARE * everyone:
            counted = Counter(word for hit in words for word in set(hit))
            top = tuple(word for word, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:5])
            harms.append(
                Harm(kind=kind, authors=people, share=people / everyone, words=top, posts=tuple(rows[:5].tolist()))
            )
    harms.sort(key=lambda one: (-_GRAVE[one.kind], -one.authors, one.kind))
    if not harms:
        return Gravity()
    grave = [_accounts(text) for text, hits in zip(texts, each, strict=True) if hits]
    dead, hurt = _toll([one.dead for one in grave]), _toll([one.hurt for one in grave])
    whom = _whom([one.whom for one in grave])
    return Gravity(level=_level(harms, dead), harms=tuple(harms), whom=whom, dead=dead, hurt=hurt)


def _level(harms: Sequence[Harm], dead: int | None) -> int:
    kinds = {one.kind for one in harms}
    if dead is not None and dead >= 2:
        return 3
    if harm.DEATH in kinds and kinds & {harm.DISASTER, harm.VIOLENCE}:
        return 3
    return max(_GRAVE[one.kind] for one in harms)


_DIED: Final = regex.compile(r"\böl(?:dü|düler|müş|müşler)\b")


def _folded(text: str) -> str:
    """Folded, without addresses and handles; öldü (died) is kept apart from oldu (became)."""
    died = _DIED.sub("olduvefat", lower_tr(text[:2000]))
    return regex.sub(r"(?:https?://|www\.)\S+|@\w+", " ", fold(died)).replace("’", "'").replace("#", " ")


@lru_cache(maxsize=4096)
def _harms(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The kinds of harm that one text tells of, each with its words."""
    plain = _folded(text)
    patterns = harm.of_harm()
    if not any(pattern.search(plain) for pattern in patterns.values()) or harm.fiction().search(plain):
        return ()
    # Only now the long list of what is a manner of speaking.
    bare = harm.figurative().sub(" ", plain)
    hits = ((kind, tuple(match.group() for match in pattern.finditer(bare))) for kind, pattern in patterns.items())
    return tuple((kind, words) for kind, words in hits if words)


_SPELT: Final = (
    *("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_ONES: Final = ("bir", "iki", "uc", "dort", "bes", "alti", "yedi", "sekiz", "dokuz")
_TENS: Final = ("on", "yirmi", "otuz", "kirk", "elli")
_WORDS: Final = {
    **{word: n for n, word in enumerate(_SPELT, 2)},
    **{word: n for n, word in enumerate(_ONES, 1) if n > 1},
    **{word: 10 * n for n, word in enumerate(_TENS, 1)},
    **{f"{ten} {one}": 10 * n + m for n, ten in enumerate(_TENS, 1) for m, one in enumerate(_ONES, 1)},
}
# Longer ones first: on dört is not on.
_SAID: Final = "|".join(sorted(_WORDS, key=lambda word: (-len(word), word)))
_NUMBER: Final = rf"(\d{{1,3}}(?:[.,]\d{{3}})+|\d{{1,5}}|{_SAID})"
_SOME: Final = r"(?:\s+[a-z']+){0,2}\s+"
_ABOUT: Final = r"\s+(?:at least |more than |over |about )?"
_DEAD: Final = regex.compile(
    rf"\b{_NUMBER}{_SOME}(?:dead|killed|die[ds]?|deaths|fatalities|bodies|lost their lives)\b"
    rf"|\b(?:kill(?:s|ed|ing)|death toll\s+\w+){_ABOUT}{_NUMBER}\b"
    rf"|\b{_NUMBER}{_SOME}(?:hayatini kaybet|hayatini yitir|yasamini yitir|olduvefat\b|can verdi|vefat|sehit|can kayb)"
    rf"|\b{_NUMBER}\s+(?:olu\b|sehit|can kayb|dead\b|killed\b)"
)
_HURT: Final = regex.compile(
    rf"\b{_NUMBER}{_SOME}(?:injured|hurt|wounded|in hospital|hospitali[sz]ed)\b"
    rf"|\b(?:injur(?:es|ed|ing)|wound(?:s|ed|ing)){_ABOUT}{_NUMBER}\b"
    rf"|\b{_NUMBER}{_SOME}(?:yarali|yaralan|hastaneye|hastanede)"
    rf"|\b{_NUMBER}\s+(?:yarali|injured\b|wounded\b|hurt\b)"
)


@dataclass(frozen=True, slots=True)
class _Accounts:
    """What one grave text says of how many, and of whom."""

    dead: frozenset[int]
    hurt: frozenset[int]
    whom: frozenset[str]


@lru_cache(maxsize=4096)  # a story is weighed every few minutes, by much the same posts
def _accounts(text: str) -> _Accounts:
    plain = _folded(text)
    return _Accounts(
        frozenset(_number(match) for match in _DEAD.finditer(plain)),
        frozenset(_number(match) for match in _HURT.finditer(plain)),
        frozenset(whom for whom, pattern in harm.of_people().items() if pattern.search(plain)),
    )


def _toll(each: Sequence[frozenset[int]]) -> int | None:
    """The number that most posts name, of those named by two at least; the higher one where as many name each."""
    named: Counter[int] = Counter()
    for numbers in each:
        named.update(numbers)
    often = {number: n for number, n in named.items() if n >= 2 and number > 0}
    return max(often, key=lambda number: (often[number], number)) if often else None


def _number(match: Any) -> int:
    said = next(group for group in match.groups() if group)
    return _WORDS.get(said) or int(regex.sub(r"\D", "", said))


def _whom(each: Sequence[frozenset[str]]) -> tuple[str, ...]:
    counts = Counter(whom for named in each for whom in named)
    named = [whom for whom, n in counts.items() if n >= max(2, 0.05 * len(each))]
    return tuple(sorted(named, key=lambda whom: (-counts[whom], whom))[:3])
