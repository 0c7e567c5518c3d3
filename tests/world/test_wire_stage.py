"""The stage: a play on both servers, its past at once and its present as it comes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
from websockets.sync.client import connect

from kalkan.world.events import Event
from kalkan.world.wire import Stage
from tests.world.wire_plays import BLUESKY, MASTODON, NOON, PEOPLE, Play, said

POSTS = {event.key for event in (*BLUESKY, *MASTODON) if event.verb == "post"}


class Clock:
    """A clock that goes with the machine's, begun at a moment of the play."""

    def __init__(self, begin: datetime) -> None:
        self._begin, self._at = begin, time.monotonic()

    def __call__(self) -> datetime:
        return self._begin + timedelta(seconds=time.monotonic() - self._at)


def rkeys(stage: Stage, cursor: int, n: int) -> list[str]:
    """Whose posts the first ``n`` post commits from a cursor are, by key."""
    by_rkey = {uri.rsplit("/", 1)[1]: key for key, uri in stage.ids.items() if uri.startswith("at://")}
    with connect(f"{stage.jetstream.url}/subscribe?cursor={cursor}&wantedCollections=app.bsky.feed.post") as client:
        found = []
        while len(found) < n:
            told = json.loads(client.recv(timeout=5))
            if told["kind"] == "commit":
                found.append(by_rkey[told["commit"]["rkey"]])
        return found


def test_the_past_is_there_at_once_on_both() -> None:
    play = Play([*BLUESKY, *MASTODON])
    with Stage(play, now=Clock(NOON + timedelta(days=13))) as stage:
        assert rkeys(stage, 0, 7) == ["b1", "b2", "b3", "b4", "b5", "b1", "b3"]
        found = httpx.get(stage.mastodon.url + "/api/v1/timelines/public").json()
        assert {one["uri"] for one in found} == {stage.ids[f"m{n}"] for n in (1, 3, 4, 5, 6)}
        assert set(stage.ids) == POSTS


def test_nobody_hears_a_past_half_told() -> None:
    answers: list[int] = []

    class Asked(Play):
        def events(self, since: datetime, until: datetime) -> Iterator[Event]:
            for event in super().events(since, until):
                if len(answers) < 5:
                    answers.append(httpx.get(stage.mastodon.url + "/api/v1/timelines/public").status_code)
                yield event

    stage = Stage(Asked([*BLUESKY, *MASTODON]), now=Clock(NOON + timedelta(days=13)))
    with stage:
        assert answers == [503] * 5
        assert httpx.get(stage.mastodon.url + "/api/v1/timelines/public").status_code == 200


def test_handles_come_before_anything_is_said() -> None:
    with (
        Stage(Play(BLUESKY), now=Clock(NOON + timedelta(days=1))) as stage,
        connect(f"{stage.jetstream.url}/xrpc/network.bsky.jetstream.subscribeEvents?cursor=0") as client,
    ):
        told = [json.loads(client.recv(timeout=5))["payload"] for _ in range(5)]
    assert [one["$type"].split("#")[1] for one in told] == ["identity", "commit"] * 2 + ["commit"]
    assert told[0]["identity"]["handle"] == "defne.test"
    assert [one["time"] for one in told] == sorted(one["time"] for one in told)


def test_what_is_older_than_the_past_never_was() -> None:
    with Stage(Play(BLUESKY), now=Clock(NOON + timedelta(days=20))) as stage:
        assert stage.ids == {}
        assert len(stage.log) == 2 * sum(person.network == "bluesky" for person in PEOPLE.values())


def test_the_present_comes_as_it_happens_and_faster_if_asked() -> None:
    events = [said("b1", "defne", 0, "az önce"), said("b2", "emre", 0.5, "birazdan"), said("m1", "ada", 0.5, "toot")]
    begin = NOON + timedelta(seconds=10)
    with Stage(Play(events), now=Clock(begin), speed=40) as stage:
        assert set(stage.ids) == {"b1"}
        with connect(stage.jetstream.url + "/subscribe") as client:
            told = json.loads(client.recv(timeout=5))
        assert told["commit"]["record"]["text"] == "birazdan"
        assert told["time_us"] == int((NOON + timedelta(seconds=30)).timestamp() * 1e6)
        limit = time.monotonic() + 5
        while "m1" not in stage.ids and time.monotonic() < limit:
            time.sleep(0.02)
        assert httpx.get(stage.mastodon.url + "/api/v1/timelines/public").json()[0]["uri"] == stage.ids["m1"]
        assert stage.fault is None
        assert stage.clock() > begin + timedelta(seconds=20)


def test_the_present_does_not_come_early() -> None:
    with Stage(Play([said("b1", "defne", 60, "sonra")]), now=Clock(NOON)) as stage:
        time.sleep(0.5)
        assert stage.ids == {}


def test_a_world_that_fails_stops_the_play_and_says_why() -> None:
    class Broken(Play):
        def events(self, since: datetime, until: datetime) -> list[object]:  # type: ignore[override]
            if since >= NOON:
                raise RuntimeError("out of lines")
            return []

    with Stage(Broken([]), now=Clock(NOON)) as stage:
        limit = time.monotonic() + 5
        while stage.fault is None and time.monotonic() < limit:
            time.sleep(0.02)
        assert str(stage.fault) == "out of lines"
        assert httpx.get(stage.mastodon.url + "/api/v1/timelines/public").json() == []
