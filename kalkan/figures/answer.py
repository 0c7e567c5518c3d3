"""Answers: counts and shares with what is needed to trust them.

Owns the arithmetic of every number Kalkan shows. Promises that a share is a share of authors with its 95 % interval,
that a change is called clear only when the interval of the difference leaves out no change at all, and that every
number names its recipes, its coverage and how far the archive had heard. Never gives a figure by author.

Numbers that a reader's verdicts are counted for are *uncorrected*: the reader's own mistakes are not taken out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from math import inf
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from kalkan.figures import intervals
from kalkan.figures.ask import COUNTED, Ask
from kalkan.figures.copies import Once, once
from kalkan.figures.intervals import Interval
from kalkan.figures.select import (
    LEAN,
    LEAN_READS,
    LIVE_SQL,
    READ_SQL,
    Archive,
    Buckets,
    Quick,
    condition,
    group,
    lean,
    source,
)

ENOUGH: Final = 30
"""Fewer authors than this are too few to say anything about shares."""
_ALIKE: Final = 0.1  # so much of the posts may have been read by another recipe in one of two periods compared
_UNHEARD: Final = 0.001  # an empty beginning that is less probable than this is doubted


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """The same figure for the period just before."""

    count: int
    n: int
    value: float
    interval: Interval | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One number. For a share: ``count`` of ``n`` authors, ``value`` = count / n, ``posts`` of theirs behind it.

    For ``posts`` and ``authors``: ``value`` = ``count``, no interval (it is a count of what was heard).
    ``difference`` is of shares (now − before), ``ratio`` of numbers of authors (now / before). ``clear``: that interval
    leaves out "no change". ``certain``: so does the wider one that allows for all comparisons of this answer at once
    (Bonferroni). Both are None where nothing can be compared, and for posts, which come in bursts by one author.
    """

    measure: str
    key: str | None  # the group: a name, or the beginning of an hour or day (ISO 8601, UTC)
    count: int
    n: int
    posts: int
    value: float
    interval: Interval | None = None
    before: Before | None = None
    difference: Interval | None = None
    ratio: Interval | None = None
    clear: bool | None = None
    certain: bool | None = None
    once: Once | None = None  # with near-copies counted once, where the question asks for it


@dataclass(frozen=True, kw_only=True, slots=True)
class Missed:
    """A stretch that a network could not give us."""

    network: str
    source: str
    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """What the numbers speak for: posts by network in the period, and the gaps in it (and in the one before)."""

    networks: tuple[tuple[str, int], ...] = ()
    gaps: tuple[Missed, ...] = ()
    before_heard: bool = True  # whether the whole period before was listened to; else amounts cannot be compared
    read_alike: bool = True  # whether the same recipes read both periods; else what they read as cannot be compared
    gone: int = 0  # deletions and erasures since the period began, of any post: earlier answers may have counted some


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The answer to an :class:`Ask`."""

    ask: Ask
    rows: tuple[Figure, ...]
    coverage: Coverage
    recipes: tuple[str, ...]
    asked_at: datetime
    heard_until: datetime | None  # the newest post behind these numbers, by when it was seen

    @property
    def correction(self) -> str | None:
        """``uncorrected`` where a reader's verdicts are counted (its own mistakes are in them); else None.

        Shares corrected by people's labels are :mod:`kalkan.figures.honest`'s.
        """
        return "uncorrected" if _reads(self.ask) else None

    def one(self, measure: str, key: str | None = None) -> Figure:
        """The figure of that measure and group. :raises KeyError: it was not asked for."""
        for row in self.rows:
            if row.measure == measure and row.key == key:
                return row
        raise KeyError((measure, key))

    def of(self, measure: str) -> tuple[Figure, ...]:
        """All groups of one measure, in their order."""
        return tuple(row for row in self.rows if row.measure == measure)

    def to_json(self) -> str:
        """As JSON text, for ``kalkan figures``: strict JSON, in which a ratio without an upper end has none."""
        return json.dumps(self.as_dict(), ensure_ascii=False, allow_nan=False, indent=2)

    def as_dict(self) -> dict[str, Any]:
        """As plain values for JSON; times as ISO 8601."""
        return {
            "ask": self.ask.as_dict(),
            "rows": [_plain(asdict(row)) for row in self.rows],
            "coverage": {
                "networks": dict(self.coverage.networks),
                "gaps": [
                    {**asdict(gap), "since": gap.since.isoformat(), "until": gap.until.isoformat()}
                    for gap in self.coverage.gaps
                ],
                "before_heard": self.coverage.before_heard,
                "read_alike": self.coverage.read_alike,
                "gone": self.coverage.gone,
            },
            "recipes": list(self.recipes),
            "correction": self.correction,
            "asked_at": self.asked_at.isoformat(),
            "heard_until": self.heard_until.isoformat() if self.heard_until else None,
        }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is not known, and without infinity, which JSON lacks."""
    return {
        name: _plain(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if value is not None and value != inf
    }


@dataclass(frozen=True, slots=True)
class _Counted:
    """Raw counts of one group in one period."""

    posts: int = 0
    authors: int = 0
    read_posts: Mapping[str, int] = field(default_factory=dict)
    read_authors: Mapping[str, int] = field(default_factory=dict)

    def of(self, measure: str) -> tuple[int, int]:
        """Count and posts of a measure."""
        if measure in COUNTED:
            return (self.posts if measure == "posts" else self.authors), self.posts
        return self.read_authors.get(measure, 0), self.read_posts.get(measure, 0)


def answer(ask: Ask, archive: Archive, *, asked_at: datetime | None = None, beside: Figures | None = None) -> Figures:
    """Count what ``ask`` asks, in two queries whatever it asks (three where it is in doubt who listened).

    ``asked_at`` is the clock of who asks; without it the end of the period. Groups by network, language, kind and
    feeling come with the most authors first; hours and days in order, empty ones included. ``beside`` answers for the
    same posts and period: what it says of coverage and recipes holds here too, and is not asked again.
    """
    key, now_buckets, was_buckets = group(ask)
    table = _tallied(ask, archive, key, whole=beside is None)
    counted = _counted(_places(ask, archive), table)
    keys = _keys(counted, now_buckets)
    comparisons = sum(measure != "posts" for measure in ask.measures) * max(len(keys), 1)
    strict = 1 - (1 - intervals.LEVEL) / max(comparisons, 1)
    if beside is None:
        heard = table.filter(pc.is_valid(table["network"])).drop_columns(["mask", "k"]).to_pylist()
        coverage = _coverage(ask, archive, heard)
        recipes = tuple(sorted({row["recipe"] for row in heard}))
        heard_until = max((row["seen"] for row in heard if not row["before"]), default=None)
    else:
        assert (beside.ask.where, beside.ask.since, beside.ask.until) == (ask.where, ask.since, ask.until)
        coverage, recipes, heard_until = beside.coverage, beside.recipes, beside.heard_until
    folded = once(ask, archive) if ask.copies else {}
    rows: list[Figure] = []
    for place, name in keys:
        now = counted.get((False, name), _Counted())
        was = counted.get((True, name), _Counted()) if ask.compare else None
        if was_buckets and now_buckets and int(name) >= len(was_buckets.starts):
            was = None  # a day more in this period than in the one before (its clock was changed)
        of_place = [_figure(measure, place, now, was, strict, coverage) for measure in ask.measures]
        rows.extend(replace(row, once=folded.get((name, row.measure))) if folded else row for row in of_place)
    return Figures(
        ask=ask,
        rows=tuple(rows),
        coverage=coverage,
        recipes=recipes,
        asked_at=asked_at or ask.until,
        heard_until=heard_until,
    )


def _reads(ask: Ask) -> list[str]:
    return [measure for measure in ask.measures if measure not in COUNTED]


def _quick(ask: Ask, archive: Archive) -> Quick | None:
    return archive if lean(ask) and isinstance(archive, Quick) else None


def _places(ask: Ask, archive: Archive) -> dict[str, int]:
    """Which bit stands for which measure: lean rows have theirs."""
    every = list(READ_SQL) if _quick(ask, archive) is not None else _reads(ask)
    return {name: every.index(name) for name in _reads(ask)}


def _tallied(ask: Ask, archive: Archive, key: str, *, whole: bool) -> pa.Table:
    """How many posts, and how many authors, read as which combination of measures (one bit each), by group and period.

    Rows about posts name their network and recipe; rows about authors have null there, and their bits are those of
    any post of that author. Without ``whole``, networks, recipes and clocks are left out. Authors are told apart by a
    64-bit hash: that any two of a million share one has a chance of one in 37 million.
    """
    since = ask.before.since if ask.compare else ask.since
    quick = _quick(ask, archive)
    reads = READ_SQL if quick is None else LEAN_READS
    where, params = condition(ask.where, since, ask.until, reads=reads)
    of = source(ask)
    place = _places(ask, archive)
    if quick is None:
        bits = [f"CASE WHEN {reads[name]} THEN {1 << bit}::BIGINT ELSE 0::BIGINT END" for name, bit in place.items()]
        mask = " | ".join(bits) or "0::BIGINT"
    else:
        mask = f"(reads & {sum(1 << bit for bit in place.values())})::BIGINT"
    heard = "network, recipe" if whole else "'' AS network, '' AS recipe"
    live = LIVE_SQL if quick is None else "live"
    clock = f'seen_at, "at" AS moment, {live} AS live' if whole else "NULL::TIMESTAMPTZ AS seen_at"
    first = "min(moment) FILTER (live), count_if(live)::BIGINT" if whole else "NULL, 0::BIGINT"
    sql = (
        "SELECT before, CAST(k AS VARCHAR) AS k, mask, network, recipe, n, seen, first, lives FROM ("
        'WITH heard AS (SELECT *, "at" < ?::TIMESTAMPTZ AS before'
        f" FROM {of.sql if quick is None else 'lean'} WHERE {where}),"
        f" verdicts AS {'' if quick is None else 'NOT '}MATERIALIZED (SELECT before, {key} AS k,"
        f" {'hash(author_id) AS ' if quick is None else ''}who, {mask} AS mask, {heard}, {clock} FROM heard),"
        " people AS (SELECT before, k, who, bit_or(mask) AS mask FROM verdicts GROUP BY before, k, who)"
        f" SELECT before, k, mask, network, recipe, count(*)::BIGINT AS n, max(seen_at) AS seen, {first}"
        " FROM verdicts GROUP BY before, k, mask, network, recipe"
        " UNION ALL SELECT before, k, mask, NULL, NULL, count(*)::BIGINT, NULL, NULL, 0::BIGINT FROM people"
        " GROUP BY before, k, mask) AS tally(before, k, mask, network, recipe, n, seen, first, lives)"
    )
    given = [ask.since, *of.params, *params]
    if quick is not None:
        return quick.query_lean(sql, given, table="posts", columns=LEAN, since=since, until=ask.until)
    return archive.query(sql, given, since=since, until=ask.until, tables=of.tables)


def _counted(reads: Mapping[str, int], table: pa.Table) -> dict[tuple[bool, str], _Counted]:
    """The counts of each group and period: bits (where each measure has its own) taken apart and added up."""
    names = pc.binary_join_element_wise(pc.cast(table["before"], pa.string()), table["k"], " ").combine_chunks()
    groups = names.dictionary_encode()
    where = groups.indices.to_numpy()
    authors = table["network"].is_null().to_numpy()
    n = table["n"].to_numpy()
    masks = table["mask"].to_numpy()
    size = len(groups.dictionary)

    def summed(rows: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        found = np.zeros((len(reads) + 1, size), dtype=np.int64)
        place, weight, mask = where[rows], n[rows], masks[rows]
        found[-1] = np.bincount(place, weight, size)
        for i, bit in enumerate(reads.values()):
            found[i] = np.bincount(place, weight * ((mask >> bit) & 1), size)
        return found

    of_posts, of_authors = summed(~authors), summed(authors)
    return {
        (name.startswith("true "), name.partition(" ")[2]): _Counted(
            int(of_posts[-1, i]),
            int(of_authors[-1, i]),
            dict(zip(reads, of_posts[:-1, i].tolist(), strict=True)),
            dict(zip(reads, of_authors[:-1, i].tolist(), strict=True)),
        )
        for i, name in enumerate(groups.dictionary.to_pylist())
    }


def _keys(
    counted: Mapping[tuple[bool, str], _Counted], now_buckets: Buckets | None
) -> Sequence[tuple[str | None, str]]:
    """Groups to show: (how a figure names it, how the query does)."""
    if now_buckets is not None:
        return [(start.isoformat().replace("+00:00", "Z"), str(i)) for i, start in enumerate(now_buckets.starts)]
    names = {key for _, key in counted}
    if names <= {""}:
        return [(None, "")]
    return [
        (name, name) for name in sorted(names, key=lambda name: (-counted.get((False, name), _Counted()).authors, name))
    ]


def _figure(
    measure: str, key: str | None, now: _Counted, was: _Counted | None, strict: float, coverage: Coverage
) -> Figure:
    count, posts = now.of(measure)
    if measure in COUNTED:
        before, ratio, sure = None, None, None
        if was is not None:
            n_was = was.of(measure)[0]
            before = Before(count=n_was, n=was.authors, value=n_was, interval=None)
            if measure == "authors" and coverage.before_heard and count + n_was > 0:
                ratio = intervals.ratio(count, n_was)
                sure = intervals.ratio(count, n_was, level=strict)
        return Figure(
            measure=measure,
            key=key,
            count=count,
            n=now.authors,
            posts=posts,
            value=count,
            before=before,
            ratio=ratio,
            clear=None if ratio is None else not ratio.touches(1.0),
            certain=None if sure is None else not sure.touches(1.0),
        )
    before, difference, wide = None, None, None
    if was is not None:
        count_was, n_was = was.of(measure)[0], was.authors
        before = Before(
            count=count_was, n=n_was, value=_part(count_was, n_was), interval=intervals.share(count_was, n_was)
        )
        if now.authors and n_was and coverage.read_alike:
            difference = intervals.difference(count, now.authors, count_was, n_was)
            wide = intervals.difference(count, now.authors, count_was, n_was, level=strict)
    return Figure(
        measure=measure,
        key=key,
        count=count,
        n=now.authors,
        posts=posts,
        value=_part(count, now.authors),
        interval=intervals.share(count, now.authors),
        before=before,
        difference=difference,
        clear=None if difference is None else not difference.touches(0.0),
        certain=None if wide is None else not wide.touches(0.0),
    )


def _part(count: int, n: int) -> float:
    return count / n if n else 0.0


def _coverage(ask: Ask, archive: Archive, heard: Sequence[Mapping[str, Any]]) -> Coverage:
    networks: dict[str, int] = {}
    for row in heard:
        if not row["before"]:
            networks[row["network"]] = networks.get(row["network"], 0) + row["n"]
    gaps, gone = _lost(archive, ask.before.since if ask.compare else ask.since, ask.until)
    return Coverage(
        networks=tuple(sorted(networks.items(), key=lambda item: (-item[1], item[0]))),
        gaps=gaps,
        before_heard=not ask.compare or _listened(ask, archive, [row for row in heard if row["before"]]),
        read_alike=not ask.compare or _alike(heard),
        gone=gone,
    )


def _alike(heard: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the recipes that read both periods did so in about the same shares: what a better reader finds in the
    later period is no change in what people say.
    """
    shares: dict[str, list[int]] = {}
    for row in heard:
        shares.setdefault(row["recipe"], [0, 0])[bool(row["before"])] += row["n"]
    now, was = (max(sum(both[period] for both in shares.values()), 1) for period in (0, 1))
    apart = sum(abs(both[0] / now - both[1] / was) for both in shares.values()) / 2
    return apart <= _ALIKE or not all(sum(both[period] for both in shares.values()) for period in (0, 1))


def _listened(ask: Ask, archive: Archive, earlier: Sequence[Mapping[str, Any]]) -> bool:
    """Whether we listened from the beginning of the period before. Where nothing at all was heard: no.

    The posts themselves may vouch for it: ``n`` of them, the first after a share ``f`` of the period; were they spread
    evenly, such an empty beginning would have the probability (1 − f)^n. Where that is too improbable (people sleep),
    any other post that was heard in the first fourteenth of that period vouches.
    """
    begin = ask.before.since
    first = min((row["first"] for row in earlier if row["lives"]), default=None)
    if first is None:
        return False
    if (1 - (first - begin) / ask.length) ** sum(row["lives"] for row in earlier) >= _UNHEARD:
        return True
    until = begin + ask.length / 14
    sql = f'SELECT 1 AS heard FROM posts WHERE "at" >= ?::TIMESTAMPTZ AND "at" < ?::TIMESTAMPTZ AND {LIVE_SQL} LIMIT 1'
    found = archive.query(sql, [begin, until], since=begin, until=until, tables=("posts",))
    return bool(found.num_rows)


def _lost(archive: Archive, since: datetime, until: datetime) -> tuple[tuple[Missed, ...], int]:
    """The gaps in a period, and how many deletions and erasures were heard since it began, whatever they took away."""
    sql = (
        "SELECT network, source, since, until, code, NULL::BIGINT AS n FROM events WHERE kind = 'gap'"
        " AND until > ?::TIMESTAMPTZ AND since < ?::TIMESTAMPTZ"
        " UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, count(*)::BIGINT FROM gone WHERE why <> 'edited'"
        " ORDER BY since, source"
    )
    found = archive.query(sql, [since, until], since=since, tables=("events", "gone")).to_pylist()
    gaps = tuple(
        Missed(network=row["network"], source=row["source"], since=row["since"], until=row["until"], why=row["code"])
        for row in found
        if row["n"] is None
    )
    return gaps, sum(row["n"] or 0 for row in found)
