"""Bursts planted in the made-up town are found, and the town without one stays silent."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from kalkan.stories import Alarm, replay
from kalkan.world.world import bursts
from tests.telling.stories.streams import START

ONSET = START + timedelta(hours=25, minutes=7)


def told(seed: int, factor: float) -> tuple[list[Alarm], set[str]]:
    events = list(
        bursts(
            seed=seed, start=START, hours=28, base_rate=60, onset=ONSET, factor=factor, ramp=timedelta(minutes=30)
        )
    )  # fmt: skip
    stream = pa.table(
        {
            "text": [event.text for event in events],
            "at": pa.array([event.at for event in events], pa.timestamp("us", tz="UTC")),
            "author_id": [event.actor for event in events],
        }
    )
    return list(replay(stream)), {event.text for event in events if not event.key.startswith("everyday")}


@pytest.mark.parametrize(("seed", "factor", "within"), [(1, 10.0, 15), (2, 10.0, 15), (3, 4.0, 35)])
def test_a_burst_in_the_town_is_found_in_time(seed: int, factor: float, within: int) -> None:
    alarms, planted = told(seed, factor)
    assert alarms
    assert timedelta() < alarms[0].at - ONSET <= timedelta(minutes=within)
    assert set(alarms[0].examples) <= planted


def test_the_town_without_a_burst_stays_silent() -> None:
    assert told(4, 1.0)[0] == []
