"""Curves of brands, peers, topics and markets: surges once, newcomers without a past, kept and taken up."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from kalkan.stories.keeping import pack, unpack
from kalkan.stories.watched import Jumped, Watched

DAY = 1440


def hear(watched: Watched, minute: int, scope: str, people: int, *, seed: int = 0) -> list[Jumped]:
    who = [f"p{seed}-{minute}-{k}" for k in range(people)]
    return watched.hear(
        np.full(people, minute), pa.chunked_array([who]), pa.chunked_array([[[scope]] * people])
    ) if people else watched.until(minute)  # fmt: skip


def days(watched: Watched, scope: str, *, first: int, last: int, rate: float, seed: int = 1) -> list[Jumped]:
    counts = np.random.default_rng(seed).poisson(rate, last - first)
    return [one for k, n in enumerate(counts.tolist()) for one in hear(watched, first + k, scope, n, seed=seed)]


def test_a_surge_is_told_once_and_a_quiet_day_never() -> None:
    watched = Watched()
    watched.follow(["brand:x"])
    assert days(watched, "brand:x", first=0, last=2 * DAY, rate=0.3) == []
    surges = days(watched, "brand:x", first=2 * DAY, last=2 * DAY + 120, rate=3.0, seed=2)
    assert [one.scope for one in surges] == ["brand:x"]
    assert 2 * DAY < surges[0].minute <= 2 * DAY + 20 and surges[0].n > 5 * surges[0].usual / 3


def test_a_new_watch_is_not_held_against_a_past_it_did_not_have() -> None:
    watched = Watched()
    watched.follow(["brand:x"])
    days(watched, "brand:x", first=0, last=DAY, rate=0.3)
    watched.follow(["brand:x", "brand:new"])
    assert days(watched, "brand:new", first=DAY, last=DAY + 300, rate=2.0) == []


def test_a_watch_that_is_dropped_is_silent_and_its_cohort_goes_on() -> None:
    watched = Watched()
    watched.follow(["brand:x", "brand:y"])
    days(watched, "brand:y", first=0, last=DAY, rate=0.3)
    watched.follow(["brand:y"])
    assert hear(watched, DAY + 1, "brand:x", 500) == [] and hear(watched, DAY + 5, "brand:x", 500) == []
    surges = days(watched, "brand:y", first=DAY + 10, last=DAY + 100, rate=4.0, seed=4)
    assert {one.scope for one in surges} == {"brand:y"}


def test_bins_come_with_their_band() -> None:
    watched = Watched()
    watched.follow(["brand:x"])
    days(watched, "brand:x", first=0, last=600, rate=1.0)
    bins, watched.bins = watched.bins, []
    assert [one[1] for one in bins] == [at * 5 for at in range(len(bins))]
    later = bins[60:]
    assert all(low <= usual <= high for _, _, _, usual, low, high in later)
    inside = [low <= n <= high for _, _, n, _, low, high in later]
    assert sum(inside) >= 0.85 * len(inside)


def test_taken_up_it_goes_on_exactly() -> None:
    watched = Watched()
    watched.follow(["brand:x", "peer:x:y"])
    days(watched, "brand:x", first=0, last=DAY, rate=0.5)
    watched.bins = []
    again = Watched.resume(unpack(pack(watched.state())))
    ends = [days(one, "brand:x", first=DAY, last=DAY + 200, rate=4.0, seed=9) for one in (watched, again)]
    assert ends[0] == ends[1] != [] and watched.bins == again.bins


def test_a_margin_makes_it_harder() -> None:
    watched = Watched()
    watched.follow(["brand:x"])
    days(watched, "brand:x", first=0, last=DAY, rate=0.3)
    again = Watched.resume(unpack(pack(watched.state())))
    again.quieten({"brand:x": 3.0})
    soon, late = (
        days(one, "brand:x", first=DAY, last=DAY + 200, rate=1.5, seed=3)[0].minute for one in (watched, again)
    )
    assert soon < late
