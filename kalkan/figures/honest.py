"""Honest shares: what a reader counted, corrected by people's labels of random authors.

The unit is an author with what they wrote in the period, as in every share: a unit counts when any of its posts does.
People see the posts of one unit at a time, without names and without the reader's word. Promises that a unit's name is
a number that means nothing outside its sample, so that labels are no profile of anybody, and that the order of units
is random and the same for everybody: two people who label begin with the same ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from kalkan.errors import InvalidInput
from kalkan.figures.ask import COUNTED, Ask
from kalkan.figures.estimate import Bools, Estimate, Stratum, share
from kalkan.figures.select import READ_SQL, Archive, condition, source

_LEAST_A_STRATUM: Final = 20
_MOST_POSTS: Final = 5
"""Posts of one unit that a person is shown; the reader's word on a unit is on the same ones."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """One author's posts as they are shown for labelling: (id, text, language), newest first. No name."""

    name: str
    posts: tuple[tuple[str, str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Units:
    """All units of a question in their random order: names, the reader's word on each, and its language."""

    names: pa.Array
    said: Bools
    langs: tuple[str, ...]
    keys: tuple[str, ...]  # author ids, for asking the posts; never shown, never kept

    def __len__(self) -> int:
        return len(self.names)


def units(ask: Ask, archive: Archive, measure: str, *, seed: int) -> Units:
    """Every author that ``ask`` counts, in the random order of ``seed``, with the reader's word on ``measure``.

    The word is on the newest posts of the author that a person would be shown, and so are the labels.

    :raises InvalidInput: ``ask_name_unknown``: the measure is a count, or none.
    """
    if measure in COUNTED or measure not in READ_SQL:
        raise InvalidInput("ask_name_unknown", field="measure", name=measure[:60], known=", ".join(READ_SQL))
    where, params = condition(ask.where, ask.since, ask.until)
    of = source(ask)
    sql = (
        f"SELECT author_id, bool_or({READ_SQL[measure]}) AS said, arg_max(coalesce(lang, ''), \"at\") AS lang FROM"
        f" (SELECT * FROM {of.sql} WHERE {where}"
        f' QUALIFY row_number() OVER (PARTITION BY author_id ORDER BY "at" DESC, id) <= {_MOST_POSTS})'
        " GROUP BY author_id"
    )
    found = archive.query(sql, [*of.params, *params], since=ask.since, until=ask.until, tables=of.tables)
    keys: list[str] = found["author_id"].to_pylist()
    places = np.array([_number(key, seed) for key in keys], np.uint64)
    order = np.argsort(places, kind="stable")
    langs: list[str] = found["lang"].to_pylist()
    said = np.asarray(found["said"].combine_chunks().fill_null(False), bool)
    return Units(
        pa.array([f"{int(places[i]):016x}" for i in order], pa.string()),
        said[order],
        tuple(langs[i] for i in order),
        tuple(keys[i] for i in order),
    )


def to_label(ask: Ask, archive: Archive, found: Units, n: int, *, without: Sequence[str] = ()) -> tuple[Unit, ...]:
    """The next ``n`` units that are not in ``without``, with their posts."""
    held = set(without)
    names: list[str] = found.names.to_pylist()
    rows = [i for i, name in enumerate(names) if name not in held][:n]
    if not rows:
        return ()
    where, params = condition(ask.where, ask.since, ask.until)
    of = source(ask)
    keys = [found.keys[i] for i in rows]
    sql = (
        f"SELECT author_id, id, text, lang FROM {of.sql} WHERE {where} AND author_id IN ({', '.join('?' * len(keys))})"
        f' QUALIFY row_number() OVER (PARTITION BY author_id ORDER BY "at" DESC, id) <= {_MOST_POSTS}'
        ' ORDER BY "at" DESC, id'
    )
    posts: dict[str, list[tuple[str, str, str | None]]] = {}
    given = [*of.params, *params, *keys]
    for row in archive.query(sql, given, since=ask.since, until=ask.until, tables=of.tables).to_pylist():
        posts.setdefault(row["author_id"], []).append((row["id"], row["text"], row["lang"]))
    return tuple(Unit(name=names[i], posts=tuple(posts.get(found.keys[i], ()))) for i in rows)


def corrected(found: Units, labels: Mapping[str, bool]) -> Estimate:
    """The share of units for which the truth is yes: see :func:`kalkan.figures.estimate.share`.

    Units are taken apart by language where at least 20 of one were labelled, and weighted by how many there are.
    Labels of units that are gone (deleted posts, a narrower period) are left out.
    """
    names: list[str] = found.names.to_pylist()
    labelled = np.fromiter((name in labels for name in names), bool, len(names))
    truth = np.fromiter((labels.get(name, False) for name in names), bool, len(names))
    langs = np.array(found.langs, dtype=object)
    groups = [
        lang for lang in sorted(set(found.langs)) if np.count_nonzero(labelled & (langs == lang)) >= _LEAST_A_STRATUM
    ]
    parts = [langs == lang for lang in groups]
    rest = ~np.any(parts, axis=0) if parts else np.ones(len(names), bool)
    if rest.any():
        parts.append(rest)
    return share(
        [
            Stratum(
                n=int(np.count_nonzero(part)),
                said=int(np.count_nonzero(found.said & part)),
                verdicts=found.said[part & labelled],
                labels=truth[part & labelled],
            )
            for part in parts
        ]
    )


def verdicts(found: Units, labels: Mapping[str, bool]) -> tuple[Bools, Bools]:
    """The reader's word and people's on the labelled units, in the random order: for its rates and for drift."""
    chosen = pc.is_in(found.names, value_set=pa.array(list(labels), pa.string())).to_numpy(zero_copy_only=False)
    names = found.names.filter(pa.array(chosen)).to_pylist()
    return found.said[chosen], np.array([labels[name] for name in names], bool)


def summary(told: Estimate) -> dict[str, Any]:
    """An estimate in plain values, for pages and files."""
    return {
        "value": told.value, "low": told.interval.low, "high": told.interval.high, "how": told.how,
        "counted": told.counted, "n": told.n, "labels": told.labels, "positives": told.positives,
    }  # fmt: skip


def _number(key: str, seed: int) -> int:
    return xxhash.xxh3_64_intdigest(key.encode(), seed=seed & (2**64 - 1))
