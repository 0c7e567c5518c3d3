"""The listener against the world's Jetstream server: two independent readings of the same protocol must agree."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kalkan.errors import NetworkError
from kalkan.networks.base import Network
from kalkan.networks.bluesky import KIND
from kalkan.networks.jetstream import POST
from kalkan.testing.network import Kept, check_network, check_patience, listen
from kalkan.world.wire import EventLog, Faults, JetstreamServer

DEFNE = "did:plc:defnedefnedefnedefnedefne"
NOW = datetime(2026, 9, 21, 12, tzinfo=UTC)
START = int((NOW - timedelta(hours=1)).timestamp()) * 1_000_000


def post(n: int, at: int, **parts: Any) -> dict[str, Any]:
    record = {"$type": POST, "createdAt": "2026-09-21T11:00:00.000Z", "langs": ["tr"], "text": f"Yazı {n}", **parts}
    commit = {"rev": "3mrev", "operation": "create", "collection": POST, "rkey": f"3m{n:08d}", "record": record}
    commit["cid"] = "bafyreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy"
    return {"did": DEFNE, "time_us": at, "kind": "commit", "commit": commit}


def deletion(n: int, at: int) -> dict[str, Any]:
    commit = {"rev": "3mrev", "operation": "delete", "collection": POST, "rkey": f"3m{n:08d}"}
    return {"did": DEFNE, "time_us": at, "kind": "commit", "commit": commit}


def like(uri: str, at: int) -> dict[str, Any]:
    record = {
        "$type": "app.bsky.feed.like",
        "createdAt": "2026-09-21T11:00:00.000Z",
        "subject": {"cid": "b", "uri": uri},
    }
    commit = {"rev": "3m", "operation": "create", "collection": "app.bsky.feed.like", "rkey": "3ml", "record": record}
    return {"did": DEFNE, "time_us": at, "kind": "commit", "commit": commit | {"cid": "bafy"}}


def uri(n: int) -> str:
    return f"at://{DEFNE}/{POST}/3m{n:08d}"


def clock() -> datetime:
    return NOW


def filled(n: int, *, step: int = 1_000_000, start: int = START) -> EventLog:
    log = EventLog()
    log.extend(post(place, start + place * step) for place in range(n))
    return log


def opener(*servers: JetstreamServer, **options: str) -> Callable[[], Network]:
    addresses = "\n".join(server.url for server in servers)

    def opened() -> Network:
        _opened.append(KIND.open("bluesky:world", {"instances": addresses, **options}))
        return _opened[-1]

    return opened


_opened: list[Network] = []


def hang_up() -> None:
    """First we, then the server: it waits a while for good-byes."""
    while _opened:
        _opened.pop().close()


@pytest.fixture(autouse=True)
def tidy() -> Iterator[None]:
    yield
    hang_up()


def cursor(server: JetstreamServer, at: int, seq: int | None) -> str:
    return json.dumps({"instance": server.url, "time_us": at, "seq": seq})


@pytest.fixture(params=[True, False], ids=["v2", "v1"])
def server(request: pytest.FixtureRequest) -> Iterator[JetstreamServer]:
    with JetstreamServer(filled(600), now=clock, v2=request.param) as one:
        yield one
        hang_up()


def test_everything_comes_once_the_listener_is_killed_again_and_again(server: JetstreamServer) -> None:
    server.log.add(deletion(3, START + 700_000_000))
    server.corrupt(50)
    results = check_network(
        opener(server, max_rows="20"),
        posts=[uri(n) for n in range(600)],
        gone=[uri(3)],
        rejects=5,
        now=clock,
        rounds=2,
        chance=0.3,
        start=cursor(server, START, 1),
    )
    assert sum(kept.kills for kept in results) > 10


def test_cuts_while_the_stream_is_live_lose_nothing(server: JetstreamServer) -> None:
    stop = threading.Event()

    def live() -> None:
        dice = random.Random(3)
        for n in range(600, 1200):
            server.log.add(post(n, START + n * 1_000_000))
            if n % 100 == 0:
                server.disconnect_all()
            if n % 150 == 0:
                server.refuse(2, 503)
            if stop.wait(dice.random() * 0.004):
                return

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    try:
        kept = listen(
            opener(server, max_rows="40"),
            until=lambda kept: len(kept.posts) == 1200,
            now=clock,
            kept=Kept(cursor=cursor(server, START, 1)),
            chance=0.05,
            seed=9,
        )
    finally:
        stop.set()
        thread.join(5)
    assert kept.posts.keys() == {uri(n) for n in range(1200)}
    assert not kept.gaps


def test_another_server_takes_over(server: JetstreamServer) -> None:
    other_log = EventLog()
    other_log.extend(post(n, START + n * 1_000_000 + 321) for n in range(-50, 600) if n >= 0 or n % 7)
    with JetstreamServer(other_log, now=clock) as other:
        server.rate = 400.0
        opened = opener(server, other)()
        kept = Kept(cursor=cursor(server, START, 1))
        for turn in range(40):
            try:
                kept.keep(opened.poll(kept.cursor, now=clock()))
            except NetworkError as error:
                assert not error.permanent
            if turn == 2:
                server.refuse(1000, 502)
                server.disconnect_all()
            if len(kept.posts) >= 600:
                break
        hang_up()
    assert {uri(n) for n in range(600)} <= kept.posts.keys()
    assert json.loads(kept.cursor or "")["instance"] == other.url
    assert not kept.gaps


@pytest.mark.parametrize("v2", [True, False])
def test_a_replay_that_is_clamped_is_told(v2: bool) -> None:
    with JetstreamServer(filled(600, step=6_000_000), now=clock, v2=v2, lookback=timedelta(minutes=50)) as server:
        kept = listen(
            opener(server),
            until=lambda kept: uri(599) in kept.posts,
            now=clock,
            kept=Kept(cursor=cursor(server, START, 1)),
        )
    [gap] = kept.gaps
    assert gap.since == NOW - timedelta(hours=1)
    assert timedelta(0) <= gap.until - (NOW - timedelta(minutes=50)) <= timedelta(seconds=6)
    assert min(kept.posts.values()) == gap.until


def test_what_is_repeated_where_replay_meets_live_is_counted_once() -> None:
    log = filled(20)
    for n in range(10):
        log.add(like(uri(5), START + 30_000_000 + n))
    with JetstreamServer(log, now=clock, v2=False, faults=Faults(repeat_at_switch=8)) as server:
        open_network = opener(server)
        listened = Kept(cursor=cursor(server, START, None))
        network = open_network()
        network.watch(frozenset({uri(5)}))
        until = time.monotonic() + 5
        while listened.counts[uri(5), "likes"] < 10 and time.monotonic() < until:
            listened.keep(network.poll(listened.cursor, now=clock()))
        log.add(like(uri(5), START + 40_000_000))
        while listened.counts[uri(5), "likes"] < 11 and time.monotonic() < until:
            listened.keep(network.poll(listened.cursor, now=clock()))
        listened.keep(network.poll(listened.cursor, now=clock()))
        hang_up()
    assert listened.counts == {(uri(5), "likes"): 11}


def test_watching_later_loses_no_post(server: JetstreamServer) -> None:
    network = opener(server, max_rows="50")()
    kept = Kept(cursor=cursor(server, START, 1))
    kept.keep(network.poll(kept.cursor, now=clock()))
    network.watch(frozenset({uri(590)}))
    for n in range(4):
        server.log.add(like(uri(590), START + 601_000_000 + n))
    until = time.monotonic() + 10
    while (len(kept.posts) < 600 or not kept.counts) and time.monotonic() < until:
        kept.keep(network.poll(kept.cursor, now=clock()))
    kept.keep(network.poll(kept.cursor, now=clock()))
    assert (len(kept.posts), kept.counts) == (600, {(uri(590), "likes"): 4})


def test_being_dropped_as_too_slow(server: JetstreamServer) -> None:
    network = opener(server)()
    batch = network.poll(cursor(server, START, 1), now=clock())
    server.drop_as_too_slow()
    with pytest.raises(NetworkError) as failure:
        for _ in range(5):
            batch = network.poll(batch.cursor, now=clock())
    assert failure.value.code in ("bluesky_too_slow", "bluesky_ended")
    if "subscribeEvents" in server.requests[-1]:
        assert failure.value.code == "bluesky_too_slow"
    assert network.poll(batch.cursor, now=clock()).frames > 0


def test_patience_is_kept(server: JetstreamServer) -> None:
    server.refuse(1, 429, 75)
    check_patience(opener(server), seconds=75, now=clock)
    assert len(server.requests) == 1


def test_only_the_accounts_asked_for(server: JetstreamServer) -> None:
    other = post(7000, START + 700_000_000)
    server.log.add(other | {"did": "did:plc:somebodyelse"})
    server.log.add(post(7001, START + 700_000_001))
    kept = listen(
        opener(server, wanted_dids=DEFNE),
        until=lambda kept: uri(7001) in kept.posts,
        now=clock,
        kept=Kept(cursor=cursor(server, START, 1)),
    )
    assert len(kept.posts) == 601
    assert not any("somebodyelse" in name for name in kept.posts)
