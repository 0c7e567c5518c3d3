"""Honest shares from end to end: units of a question, labels, and the truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from kalkan.errors import InvalidInput
from kalkan.figures import Ask, Where
from kalkan.figures.honest import corrected, to_label, units, verdicts
from tests.telling.shelf import NOON, Shelf, mention

WEEK = timedelta(days=7)
ASK = Ask(since=NOON - WEEK, until=NOON, where=Where(brand="findik"))


def stream(
    n: int = 1500, *, p: float = 0.2, se: float = 0.7, sp: float = 0.8, seed: int = 1
) -> tuple[Shelf, dict[str, bool]]:
    """Authors whose truth is known (by id), and a reader that is often wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < p
    said = np.where(truth, rng.random(n) < se, rng.random(n) < 1 - sp)
    rows = [
        mention(author_id=f"did:plc:{i}", at=NOON - WEEK * ((i + 1) / (n + 1)), lang="tr" if i % 3 else "en",
                feeling="anger" if said[i] else "none", text=f"söz {i}")
        for i in range(n)
    ]  # fmt: skip
    return Shelf(rows), {f"did:plc:{i}": bool(truth[i]) for i in range(n)}


def test_labels_of_random_units_find_the_truth() -> None:
    shelf, truth = stream()
    found = units(ASK, shelf, "anger", seed=5)
    share = np.mean(list(truth.values()))
    label = {name: truth[key] for name, key in zip(found.names.to_pylist(), found.keys, strict=True)}
    assert corrected(found, {}).how == "uncorrected"
    first = dict(list(label.items())[:300])
    told = corrected(found, first)
    assert told.how == "corrected"
    assert told.interval.low <= share <= told.interval.high
    assert not told.interval.low <= told.counted <= told.interval.high  # the bare count was wrong, and shows it
    fewer = corrected(found, dict(list(label.items())[:120]))
    assert fewer.interval.high - fewer.interval.low > told.interval.high - told.interval.low


def test_the_order_is_random_the_same_for_all_and_says_nothing_of_anybody() -> None:
    shelf, _ = stream(200)
    one, again, other = (units(ASK, shelf, "anger", seed=seed) for seed in (5, 5, 6))
    assert one.names.equals(again.names)
    assert set(one.names.to_pylist()).isdisjoint(other.names.to_pylist())
    assert list(one.keys) != sorted(one.keys)
    spread = np.flatnonzero(one.said) / len(one)
    assert 0.35 < spread.mean() < 0.65  # the reader's word does not decide who is asked about


def test_forty_more_go_on_where_the_last_ended() -> None:
    shelf, _ = stream(120)
    found = units(ASK, shelf, "anger", seed=5)
    first = to_label(ASK, shelf, found, 40)
    more = to_label(ASK, shelf, found, 40, without=[unit.name for unit in first])
    assert len({unit.name for unit in (*first, *more)}) == 80
    assert [unit.name for unit in (*first, *more)] == found.names.to_pylist()[:80]
    assert all(unit.posts and unit.posts[0][1].startswith("söz") for unit in first)
    assert to_label(ASK, shelf, found, 40, without=found.names.to_pylist()) == ()


def test_a_loud_author_is_one_unit_with_few_posts_shown() -> None:
    rows = [mention(author_id="did:plc:loud", at=NOON - timedelta(hours=i + 1), text=f"söz {i}") for i in range(30)]
    shelf = Shelf([*rows, mention(author_id="did:plc:b", at=NOON - timedelta(hours=2), text="öteki")])
    found = units(ASK, shelf, "anger", seed=1)
    assert len(found) == 2
    assert sorted(len(unit.posts) for unit in to_label(ASK, shelf, found, 9)) == [1, 5]


def test_what_is_gone_is_left_out() -> None:
    shelf, truth = stream(400)
    found = units(ASK, shelf, "anger", seed=5)
    labels = {name: truth[key] for name, key in zip(found.names.to_pylist(), found.keys, strict=True)}
    later = units(replace(ASK, since=NOON - WEEK / 2), shelf, "anger", seed=5)
    told = corrected(later, labels)
    assert told.labels == len(later) == told.n
    said, people = verdicts(later, labels)
    assert len(said) == len(people) == len(later)


def test_counts_cannot_be_labelled() -> None:
    shelf, _ = stream(10)
    with pytest.raises(InvalidInput, match="ask_name_unknown"):
        units(ASK, shelf, "posts", seed=1)
