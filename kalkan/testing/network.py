"""What a network owes to its listener, as checks that any network's author can run.

Owns the promises of :mod:`kalkan.networks.base` in executable form. A check raises :class:`AssertionError` with one
sentence on what was broken, and returns what it saw. It opens no connection itself: the network does, to a server that
the caller has set up so that everything it will ever send is known.

>>> from kalkan.testing.network import check_network      # doctest: +SKIP
>>> check_network(lambda: KIND.open("example:test", {"server": url}), posts=ids, now=clock)      # doctest: +SKIP
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kalkan.errors import NetworkError
from kalkan.networks.base import Limits, Network
from kalkan.posts import COUNTS, GONE, POSTS, Batch, Gap


@dataclass(slots=True)
class Kept:
    """An archive in memory: a batch and its cursor become true together or not at all."""

    cursor: str | None = None
    posts: dict[str, datetime] = field(default_factory=dict)  # id → seen_at of the latest version
    gone: set[str] = field(default_factory=set)
    gaps: list[Gap] = field(default_factory=list)
    rejects: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)  # (post id, "likes" …) → sum of "seen" rows
    rows: int = 0
    polls: int = 0
    kills: int = 0

    def keep(self, batch: Batch) -> None:
        """Take in a batch, as the archive would: each post once, deletions after the posts of their batch."""
        for name, seen in zip(batch.posts["id"].to_pylist(), batch.posts["seen_at"].to_pylist(), strict=True):
            self.posts[name] = max(seen, self.posts.get(name, seen))
        self.gone.update(batch.gone["id"].to_pylist())
        self.gaps.extend(batch.gaps)
        for reject in batch.rejects:
            self.rejects[reject.kind] += reject.n
        for row in batch.counts.to_pylist():
            for what in ("likes", "reposts", "replies", "quotes"):
                if row["mode"] == "seen" and row[what]:
                    self.counts[row["post_id"], what] += row[what]
        self.rows += batch.posts.num_rows
        if batch.cursor is not None:
            self.cursor = batch.cursor


def check_batch(batch: Batch, network: Network) -> None:
    """A batch has the shape that the archive and the desk rely on."""
    for table, schema, what in (
        (batch.posts, POSTS, "posts"),
        (batch.gone, GONE, "gone"),
        (batch.counts, COUNTS, "counts"),
    ):
        assert table.schema.equals(schema), f"{what} must have the schema kalkan.posts.{what.upper()}"
        table.validate(full=True)
        for name in table.schema.names:
            if not table.schema.field(name).nullable:
                assert table[name].null_count == 0, f"{what}.{name} may not be null"
    for row in batch.posts.select(["id", "network", "source", "langs", "created_at", "seen_at", "at"]).to_pylist():
        assert row["id"], "a post needs an id"
        assert row["network"] == network.name, f"network must be {network.name!r}, not {row['network']!r}"
        assert row["source"] == network.source, f"source must be {network.source!r}, not {row['source']!r}"
        assert all(lang == lang.lower() for lang in row["langs"]), f"langs must be lower case: {row['langs']}"
        at = min(row["created_at"], row["seen_at"]) if row["created_at"] else row["seen_at"]
        assert row["at"] == at, f"at must be the earlier of created_at and seen_at in {row['id']}"
    for reject in batch.rejects:
        assert reject.kind and reject.n > 0, "a reject has a kind and a number"
        assert len(reject.example) <= 200, "a reject's example is short"
    for gap in batch.gaps:
        assert gap.since.tzinfo and gap.until.tzinfo and gap.since < gap.until, (
            "a gap is a stretch of time, with a zone"
        )
    assert batch.heard_until is None or batch.heard_until.tzinfo is not None, "heard_until needs a zone"
    assert batch.cursor is None or isinstance(batch.cursor, str), "a cursor is a string"
    assert batch.wait >= 0, "nobody can wait a negative time"


def listen(
    open_network: Callable[[], Network],
    *,
    until: Callable[[Kept], bool],
    now: Callable[[], datetime],
    kept: Kept | None = None,
    watched: frozenset[str] = frozenset(),
    chance: float = 0.0,
    seed: int = 0,
    patience: float = 20.0,
) -> Kept:
    """Poll until ``until`` holds, as a listener would, killing it with ``chance`` at each step.

    A killed listener may have stored its last batch or not; the next one starts from what is stored. Network errors
    are waited out for at most a tenth of a second each (the checks are about order, not about manners).

    :raises AssertionError: ``until`` does not hold after ``patience`` seconds, or a batch has the wrong shape.
    """
    dice = random.Random(seed)
    kept = kept or Kept()
    deadline = time.monotonic() + patience
    network: Network | None = None
    try:
        while not until(kept):
            assert time.monotonic() < deadline, f"not heard in {patience:.0f} s; so far: {_summary(kept)}"
            if network is None:
                network = open_network()
                network.watch(watched)
            kept.polls += 1
            try:
                batch = network.poll(kept.cursor, now=now())
            except NetworkError as error:
                assert not error.permanent, f"the network gave up for good: {error}"
                time.sleep(min(0.1, error.retry_after or 0.02))
                continue
            check_batch(batch, network)
            killed = dice.random() < chance
            if not killed or dice.random() < 0.5:
                kept.keep(batch)
            if killed:
                kept.kills += 1
                network.close()
                network = None
    finally:
        if network is not None:
            network.close()
    return kept


def check_network(
    open_network: Callable[[], Network],
    *,
    posts: Collection[str],
    now: Callable[[], datetime],
    gone: Collection[str] = (),
    rejects: int = 0,
    rounds: int = 10,
    chance: float = 0.4,
    seed: int = 0,
    patience: float = 20.0,
    start: str | None = None,
) -> tuple[Kept, ...]:
    """A network brings everything and loses nothing, however often its listener dies.

    The server behind ``open_network`` holds exactly ``posts`` (ids), tells ``gone`` (ids) deleted, and mixes in
    ``rejects`` pieces that cannot be read, at least so many of which must be counted. Give the network a small batch
    size, so that there are many points to die at. ``start`` is the cursor to begin from, for networks that begin at the
    present. Listens once undisturbed and ``rounds`` times being killed with ``chance`` at every poll, half of the times
    before the last batch was stored.
    """
    network = open_network()
    assert isinstance(network, Network), "not a kalkan.networks.base.Network"
    assert network.name and network.source and isinstance(network.limits, Limits), "name, source and limits are due"
    network.close()
    wanted, told = frozenset(posts), frozenset(gone)

    def complete(kept: Kept) -> bool:
        return wanted <= kept.posts.keys() and told <= kept.gone and kept.rejects.total() >= rejects

    results = []
    for turn in range(rounds + 1):
        kept = listen(
            open_network,
            until=complete,
            now=now,
            kept=Kept(cursor=start),
            chance=chance if turn else 0.0,
            seed=seed + turn,
            patience=patience,
        )
        assert kept.cursor is not None, "a batch that brought something must say where to go on"
        strangers = kept.posts.keys() - wanted
        assert not strangers, f"posts that nobody sent: {sorted(strangers)[:3]}"
        assert not kept.gaps, f"a gap was told where nothing was lost: {kept.gaps[0]}"
        results.append(kept)
    return tuple(results)


def check_patience(
    open_network: Callable[[], Network], *, seconds: float, now: Callable[[], datetime], start: str | None = None
) -> NetworkError:
    """A server that asks for ``seconds`` of patience (429 or 503 with Retry-After) gets them.

    The server must refuse when called and go on refusing. The error must carry the wish and must not be permanent, and
    a second poll halfway through must still be told to wait for what is left.
    """
    network = open_network()
    errors: list[NetworkError] = []
    for later in (0.0, seconds / 2):
        try:
            network.poll(start, now=now() + timedelta(seconds=later))
        except NetworkError as refused:
            errors.append(refused)
        else:
            raise AssertionError("a refusal must be raised as a NetworkError")
    network.close()
    for told, left in zip(errors, (seconds, seconds / 2), strict=True):
        assert not told.permanent, "being asked for patience is not permanent"
        assert told.retry_after is not None, "the server said how long to wait: retry_after must carry it"
        assert told.retry_after >= left * 0.9 - 1, f"{left} s are left to wait, {told.retry_after} were told"
    return errors[0]


def _summary(kept: Kept) -> str:
    return f"{len(kept.posts)} posts, {len(kept.gone)} gone, {kept.rejects.total()} rejects, cursor {kept.cursor}"
