"""The team's own rules: words and accounts, and what they do. Data with a test of their own effect.

Owns what a rule may say. Promises that no rule hides a grievance: a rule that folds leaves questions, asks, complaints
and criticism open, and counts them (rule 6). Never decides alone: :func:`kalkan.shield.triage` applies rules in order,
the first that matches wins.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import regex

from kalkan.errors import InvalidInput
from kalkan.text import fold, fold_column

KINDS: Final = ("words", "account")
DOES: Final = ("fold", "hold", "show", "praise", "criticism", "spam")
MOST_VALUES: Final = 500
_APOSTROPHE: Final = "['’‘ʼ`´]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Where one of ``values`` stands in a post (words) or wrote it (account), do what ``does`` says.

    A word matches as a whole word in any case, with or without Turkish marks and with Turkish endings; "*" stands for
    any letters. ``hold`` holds a post for a named person only where it also reads as a threat or as doxing;
    everywhere else it folds. ``langs`` empty = any language.
    """

    name: str
    kind: str
    values: tuple[str, ...]
    does: str
    langs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InvalidInput("shield_rule_wrong", name=self.name, field="kind", known=", ".join(KINDS))
        if self.does not in DOES:
            raise InvalidInput("shield_rule_wrong", name=self.name, field="does", known=", ".join(DOES))
        if not any(one.strip(" *@#") for one in self.values) or len(self.values) > MOST_VALUES:
            raise InvalidInput("shield_rule_empty", name=self.name, most=MOST_VALUES)

    def to_json(self) -> str:
        """The rule as a JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)


def rule_from_json(text: str) -> Rule:
    """The rule that :meth:`Rule.to_json` wrote.

    :raises InvalidInput: it is no rule.
    """
    try:
        told: Any = json.loads(text)
        lists = {name: told[name] for name in ("values", "langs") if name in told}
        if any(not isinstance(value, list) or not all(isinstance(x, str) for x in value) for value in lists.values()):
            raise TypeError("values")
        return Rule(**{**told, **{name: tuple(value) for name, value in lists.items()}})
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidInput("shield_rule_unreadable", detail=str(error)) from error


def first_match(rules: Iterable[Rule], posts: pa.Table) -> npt.NDArray[np.int64]:
    """For each row the place of the first rule that matches it; −1 where none does."""
    found = np.full(posts.num_rows, -1, np.int64)
    rules = list(rules)
    if not rules:
        return found
    folded = fold_column(_one(posts["text"]))
    for at, rule in enumerate(rules):
        hit = _words(rule, folded) if rule.kind == "words" else _accounts(rule, posts)
        if rule.langs:
            hit &= pc.fill_null(pc.is_in(_one(posts["lang"]), pa.array(rule.langs)), False).to_numpy(False)
        found[(found < 0) & hit] = at
    return found


def spans_of(rule: Rule, text: str) -> list[tuple[int, int]]:
    """Where the words of ``rule`` stand in ``text``, as half-open spans; none for a rule about accounts."""
    if rule.kind != "words":
        return []
    letters = [fold(letter) for letter in text]
    back = [*(at for at, letter in enumerate(letters) for _ in letter), len(text)]
    found = regex.finditer(_pattern(rule.values), "".join(letters), overlapped=True)
    return [(back[one.start("word")], back[one.end("word")]) for one in found]


@lru_cache(maxsize=256)
def _pattern(values: tuple[str, ...]) -> str:
    parts = [_word(one) for one in values if one.strip(" *@#")]
    return rf"(?:^|[^\pL\pN_])(?P<word>{'|'.join(parts)})(?:$|[^\pL\pN_])"


def _word(value: str) -> str:
    """A word or phrase as a pattern over folded text, with Turkish endings after an apostrophe or a known suffix."""
    body = ""
    for sign in fold(value).strip():
        if sign == "*":
            body += r"[\pL\pN]*"
        elif sign.isspace():
            body += r"\s+"
        else:
            body += sign if sign.isalnum() else "\\" + sign if sign.isascii() else sign
    return rf"{body}(?:{_APOSTROPHE}\pL+|{_ENDINGS})?"


_ENDINGS: Final = (
    "(?:l[ae]r)?(?:[iu]m[iu]z|[iu]n[iu]z|s[iu]n|s[iu]n[iu]z|s[iu]|[iu]|y[iu])?(?:n?[dt][ae]n?|n?[iu]n|y?l[ae]|y?[ae])?"
)


def _words(rule: Rule, folded: pa.Array) -> npt.NDArray[np.bool_]:
    hit: npt.NDArray[np.bool_] = pc.fill_null(pc.match_substring_regex(folded, _pattern(rule.values)), False).to_numpy(
        zero_copy_only=False
    )
    return hit.copy()


def _accounts(rule: Rule, posts: pa.Table) -> npt.NDArray[np.bool_]:
    names = pa.array(sorted({one.strip().lstrip("@").lower() for one in rule.values}))
    hit = np.zeros(posts.num_rows, bool)
    for column in ("author_id", "author_handle"):
        if column in posts.column_names:
            plain = pc.utf8_ltrim(pc.utf8_lower(pc.fill_null(_one(posts[column]), "")), "@")
            hit |= pc.is_in(plain, names).to_numpy(zero_copy_only=False)
    return hit


def _one(column: Any) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
