"""The listener on Bluesky: resuming, failing over, and saying honestly what was lost."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from kalkan.errors import ArchiveDamaged, InvalidInput, NetworkError
from kalkan.networks.base import Network
from kalkan.networks.bluesky import INSTANCES, KIND, Bluesky
from kalkan.networks.jetstream import POST
from kalkan.posts import Batch
from kalkan.testing.network import Kept, check_network, check_patience, listen

AYLIN = "did:plc:aylinaylinaylinaylinayli"
MINUTE = 60_000_000


def micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


@dataclass
class Instance:
    """A stand-in for one Jetstream instance: forty lines that do what its documentation says, and faults on demand."""

    log: list[tuple[int, int, dict[str, object]]] = field(default_factory=list)  # seq, time_us, commit
    v2: bool = True
    floor: int = 0  # the oldest place in the log that is replayed
    refusals: list[Response] = field(default_factory=list)
    hang_up_after: int | None = None
    raw: dict[int, bytes] = field(default_factory=dict)  # sent in place of the event at this place
    last_words: bytes | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def post(self, n: int, at: int, *, text: str = "", **parts: object) -> str:
        body = {"$type": POST, "text": text or f"Yazı {n}", "createdAt": "2026-09-21T13:33:20Z", **parts}
        commit = {"rev": "3m", "operation": "create", "collection": POST, "rkey": f"3m{n:08d}", "record": body}
        self.log.append((self.log[-1][0] + 1 if self.log else 1, at, commit))
        return f"at://{AYLIN}/{POST}/3m{n:08d}"

    def like(self, at: int, post: str) -> None:
        body = {"subject": {"uri": post, "cid": "bafy"}}
        commit = {"operation": "create", "collection": "app.bsky.feed.like", "rkey": "3ml", "record": body}
        self.log.append((self.log[-1][0] + 1, at, commit))

    def refuse(
        self, status: int, body: dict[str, str] | None = None, *, wait: int | None = None, times: int = 1
    ) -> None:
        headers = Headers({"Content-Type": "application/json"})
        if wait is not None:
            headers["Retry-After"] = str(wait)
        answer = json.dumps(body or {}).encode()
        headers["Content-Length"] = str(len(answer))
        self.refusals += [Response(status, HTTPStatus(status).phrase, headers, answer)] * times

    def greet(self, connection: ServerConnection, request: Request) -> Response | None:
        self.asked.append(request.path)
        parts = urlsplit(request.path)
        if self.refusals:
            return self.refusals.pop(0)
        if parts.path.startswith("/xrpc"):
            if not self.v2:
                return connection.respond(HTTPStatus.NOT_FOUND, "not found\n")
            cursor = int(parse_qs(parts.query).get("cursor", ["0"])[0])
            if 0 < cursor < 10**15 and self.log and cursor < self.log[self.floor][0]:
                body = json.dumps({"error": "CursorTooOld", "message": f"floor {self.log[self.floor][0]}"})
                return connection.respond(HTTPStatus.BAD_REQUEST, body)
        return None

    def serve(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        newer, query = parts.path.startswith("/xrpc"), parse_qs(parts.query)
        wanted = query.get("collections" if newer else "wantedCollections", [])
        place, sent = self.start(connection, newer, query.get("cursor")), 0
        try:
            while True:
                while place < len(self.log):
                    seq, at, commit = self.log[place]
                    if commit["collection"] in wanted:
                        connection.send(self.raw.get(place) or self.frame(newer, seq, at, commit), text=True)
                        sent += 1
                    place += 1
                    if sent == self.hang_up_after:
                        if self.last_words:
                            connection.send(self.last_words, text=True)
                        connection.close(1001, "going away")
                        return
                connection.ping()
                time.sleep(0.005)
        except ConnectionClosed:
            return

    def start(self, connection: ServerConnection, newer: bool, given: list[str] | None) -> int:
        if given is None:
            return len(self.log)
        cursor, by_number = int(given[0]), int(given[0]) < 10**15
        if by_number and self.log and cursor > self.log[-1][0] + 1:
            if newer:
                connection.send(self.info("FutureCursor"), text=True)
            return len(self.log)
        place = next(
            (n for n, (seq, at, _) in enumerate(self.log) if (seq if by_number else at) >= cursor), len(self.log)
        )
        if place < self.floor:
            if newer:
                connection.send(self.info("OutdatedCursor"), text=True)
            return self.floor
        return place

    @staticmethod
    def info(name: str) -> bytes:
        payload = {"$type": "network.bsky.jetstream.subscribeEvents#info", "name": name}
        return json.dumps({"$type": "message", "payload": payload}).encode()

    @staticmethod
    def frame(newer: bool, seq: int, at: int, commit: dict[str, object]) -> bytes:
        if not newer:
            return json.dumps({"did": AYLIN, "time_us": at, "kind": "commit", "commit": commit}).encode()
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
        payload = {"$type": "network.bsky.jetstream.subscribeEvents#commit", "seq": seq, "did": AYLIN}
        payload |= {"time": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), **commit}
        return json.dumps({"$type": "message", "payload": payload}).encode()


@contextmanager
def running(instance: Instance) -> Iterator[Instance]:
    server: Server = serve(
        instance.serve, "127.0.0.1", 0, process_request=instance.greet, compression=None, close_timeout=0.2
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    instance.url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
    try:
        yield instance
    finally:
        server.shutdown()
        thread.join(5)


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def instance() -> Iterator[Instance]:
    with running(Instance()) as one:
        yield one


def opened(*instances: Instance, **options: str) -> Bluesky:
    addresses = "\n".join(one.url for one in instances)
    network = KIND.open("bluesky:test", {"instances": addresses, **options})
    assert isinstance(network, Bluesky)
    _opened.append(network)
    return network


_opened: list[Bluesky] = []


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def polled(network: Network, cursor: str | None, now: datetime, *, until: int = 1) -> tuple[list[Batch], str | None]:
    """Polls until ``until`` posts have come, or ten polls have passed."""
    batches: list[Batch] = []
    for _ in range(10):
        batches.append(network.poll(cursor, now=now))
        cursor = batches[-1].cursor
        if sum(batch.posts.num_rows for batch in batches) >= until:
            break
    return batches, cursor


def ids(batches: list[Batch]) -> list[str]:
    return [name for batch in batches for name in batch.posts["id"].to_pylist()]


def cursor_at(instance: Instance, place: int, *, url: str | None = None, seq: bool = True) -> str:
    number, at, _ = instance.log[place]
    return json.dumps({"instance": url or instance.url, "time_us": at, "seq": number if seq else None})


def filled(instance: Instance, now: datetime, n: int = 40, *, step: int = 1_000_000) -> list[str]:
    start = micros(now) - n * step
    return [instance.post(place, start + place * step) for place in range(n)]


def test_the_first_call_begins_at_the_present_and_says_where_it_is(instance: Instance, now: datetime) -> None:
    filled(instance, now)
    network = opened(instance)
    batch = network.poll(None, now=now)
    assert batch.posts.num_rows == 0
    assert json.loads(batch.cursor or "") == {"instance": instance.url, "time_us": micros(now), "seq": None}
    new = instance.post(99, micros(now) + 5)
    [*_, last], _ = polled(network, batch.cursor, now)
    assert ids([last]) == [new]
    assert json.loads(last.cursor or "") == {"instance": instance.url, "time_us": micros(now) + 5, "seq": 41}
    assert last.heard_until == now + timedelta(microseconds=5)
    assert (last.frames, batch.requests, last.requests) == (1, 1, 0)
    assert last.bytes > 100


def test_the_first_call_may_begin_earlier(instance: Instance, now: datetime) -> None:
    posts = filled(instance, now, 10, step=60 * MINUTE)
    network = opened(instance, replay_hours="3")
    batches, _ = polled(network, None, now, until=3)
    assert ids(batches) == posts[-3:]


@pytest.mark.parametrize("v2", [True, False])
def test_it_goes_on_from_the_cursor(instance: Instance, now: datetime, v2: bool) -> None:
    instance.v2 = v2
    posts = filled(instance, now, 200)
    batches, cursor = polled(opened(instance), cursor_at(instance, 100), now, until=100)
    assert set(posts[100:]) <= set(ids(batches))
    assert all(not batch.gaps for batch in batches)
    if v2:
        assert ids(batches) == posts[100:], "by number: from the very event, and nothing before"
        assert "cursor=101" in instance.asked[0]
    else:
        assert ids(batches) == posts[40:], "by the clock: a minute again"
        assert [path.partition("?")[0] for path in instance.asked][-1] == "/subscribe"
    assert json.loads(cursor or "")["time_us"] == instance.log[-1][1]


def test_the_older_wire_is_remembered(instance: Instance, now: datetime) -> None:
    instance.v2 = False
    filled(instance, now)
    network = opened(instance)
    cursor = network.poll(cursor_at(instance, 0), now=now).cursor
    network.watch(frozenset({"at://x"}))
    network.poll(cursor, now=now)
    assert [path.partition("?")[0].rpartition("/")[2] for path in instance.asked] == [
        "network.bsky.jetstream.subscribeEvents", "subscribe", "subscribe",
    ]  # fmt: skip


def test_another_instance_goes_on_by_the_clock(now: datetime) -> None:
    first, second = Instance(), Instance()
    with running(first), running(second):
        posts = filled(first, now, 200)
        second.log = [(seq + 5000, at, commit) for seq, at, commit in first.log]
        first.refuse(503, times=1)
        network = opened(first, second)
        with pytest.raises(NetworkError) as failure:
            network.poll(cursor_at(first, 150), now=now)
        assert (failure.value.code, failure.value.permanent) == ("bluesky_busy", False)
        batches, cursor = polled(network, cursor_at(first, 150), now, until=110)
        assert ids(batches) == posts[90:]
        assert json.loads(cursor or "") == {"instance": second.url, "time_us": first.log[-1][1], "seq": 5200}
        assert not any(batch.gaps for batch in batches)


def test_numbers_of_another_archive_are_not_believed(instance: Instance, now: datetime) -> None:
    posts = filled(instance, now, 100)
    cursor = json.dumps({"instance": instance.url, "time_us": instance.log[80][1], "seq": 900_000})
    batches, _ = polled(opened(instance), cursor, now, until=80)
    assert ids(batches) == posts[20:]
    assert ["cursor=900000" in path for path in instance.asked] == [True, False]


def test_numbers_that_have_moved_are_noticed_by_the_clock(instance: Instance, now: datetime) -> None:
    posts = filled(instance, now, 100, step=MINUTE)
    cursor = json.dumps(
        {"instance": instance.url, "time_us": instance.log[50][1], "seq": 90}
    )  # was 51 before a rebuild
    batches, _ = polled(opened(instance), cursor, now, until=50)
    assert ids(batches) == posts[49:]
    assert not any(batch.gaps for batch in batches)


@pytest.mark.parametrize("v2", [True, False])
@pytest.mark.parametrize("seq", [True, False])
def test_what_is_too_old_is_told_as_a_gap(instance: Instance, now: datetime, v2: bool, seq: bool) -> None:
    instance.v2, instance.floor = v2, 60
    posts = filled(instance, now, 100, step=60 * MINUTE)
    network = opened(instance)
    batches, cursor = polled(network, cursor_at(instance, 10, seq=seq), now, until=40)
    assert ids(batches) == posts[60:]
    [gap] = [gap for batch in batches for gap in batch.gaps]
    assert (micros(gap.since), micros(gap.until), gap.why) == (instance.log[10][1], instance.log[60][1], "clamped")
    assert batches[0].gaps == (gap,), "the gap comes with the first rows behind it"
    instance.post(500, micros(now))
    more, _ = polled(network, cursor, now)
    assert not any(batch.gaps for batch in more), "told once"


def test_a_shorter_window_than_usual_shows_by_the_first_event(instance: Instance, now: datetime) -> None:
    instance.v2, instance.floor = False, 60
    filled(instance, now, 100, step=MINUTE)
    batches, _ = polled(opened(instance), cursor_at(instance, 10), now, until=40)
    [gap] = [gap for batch in batches for gap in batch.gaps]
    assert micros(gap.until) == instance.log[60][1]


def test_an_account_that_rests_is_no_gap(instance: Instance, now: datetime) -> None:
    filled(instance, now, 2, step=60 * MINUTE)
    cursor = json.dumps({"instance": "ws://elsewhere:1", "time_us": instance.log[0][1] + 5 * MINUTE, "seq": 4})
    batches, _ = polled(opened(instance, wanted_dids=AYLIN), cursor, now)
    assert not any(batch.gaps for batch in batches)
    assert f"dids={AYLIN.replace(':', '%3A')}" in instance.asked[0]


def test_rows_before_a_fault_come_before_the_fault(instance: Instance, now: datetime) -> None:
    posts = filled(instance, now, 30)
    instance.hang_up_after = 7
    network = opened(instance)
    start = cursor_at(instance, 0)
    batch = network.poll(start, now=now)
    assert ids([batch]) == posts[:7]
    with pytest.raises(NetworkError) as failure:
        network.poll(start, now=now)
    assert failure.value.code == "bluesky_ended"
    assert "1001" in str(failure.value.params["detail"])
    again = network.poll(batch.cursor, now=now)
    assert ids([again]) == posts[6:13], "inclusive: from the last event that was stored"


def test_one_that_only_hung_up_is_asked_again_by_its_number(now: datetime) -> None:
    first, second = Instance(hang_up_after=7), Instance()
    with running(first), running(second):
        filled(first, now, 30)
        network = opened(first, second)
        cursor = network.poll(cursor_at(first, 0), now=now).cursor
        with pytest.raises(NetworkError):
            network.poll(cursor, now=now)
        network.poll(cursor, now=now)
        assert "cursor=7" in first.asked[-1]
        assert not second.asked


def test_a_first_start_further_back_than_is_kept_is_no_gap(instance: Instance, now: datetime) -> None:
    instance.floor = 10
    posts = filled(instance, now, 20, step=60 * MINUTE)
    network = opened(instance, replay_hours="900")
    batches, cursor = polled(network, None, now, until=10)
    assert ids(batches) == posts[10:]
    assert not any(batch.gaps for batch in batches)
    assert json.loads(cursor or "")["seq"] == 20


def test_being_too_slow_is_told(instance: Instance, now: datetime) -> None:
    filled(instance, now, 5)
    instance.hang_up_after = 3
    instance.last_words = b'{"$type":"error","error":"ConsumerTooSlow","message":"reconnect with cursor=3"}'
    network = opened(instance)
    batch = network.poll(cursor_at(instance, 0), now=now)
    assert batch.posts.num_rows == 3
    with pytest.raises(NetworkError) as failure:
        network.poll(batch.cursor, now=now)
    assert failure.value.code == "bluesky_too_slow"


def test_patience_is_kept(instance: Instance, now: datetime) -> None:
    filled(instance, now)
    instance.refuse(429, wait=90, times=1)
    network = opened(instance)
    error = check_patience(lambda: network, seconds=90, now=lambda: now, start=cursor_at(instance, 0))
    assert (error.code, error.retry_after) == ("bluesky_busy", 90)
    assert len(instance.asked) == 1, "the second poll did not disturb the server"
    network = opened(instance)
    assert network.poll(cursor_at(instance, 0), now=now).posts.num_rows > 0


def test_patience_as_a_date(instance: Instance, now: datetime) -> None:
    filled(instance, now)
    instance.refuse(503, wait=None)
    when = (now + timedelta(seconds=45)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    instance.refusals[0].headers["Retry-After"] = when
    with pytest.raises(NetworkError) as failure:
        opened(instance).poll(None, now=now)
    assert 43 <= (failure.value.retry_after or 0) <= 45


def test_one_that_asks_for_patience_does_not_hold_up_the_others(now: datetime) -> None:
    first, second = Instance(), Instance()
    with running(first), running(second):
        first.refuse(429, wait=600)
        network = opened(first, second)
        with pytest.raises(NetworkError) as failure:
            network.poll(None, now=now)
        assert failure.value.retry_after is None
        network.poll(None, now=now)
        assert len(second.asked) == 1


@pytest.mark.parametrize(("status", "permanent"), [(403, False), (400, True)])
def test_refusals_say_whether_waiting_helps(instance: Instance, now: datetime, status: int, permanent: bool) -> None:
    instance.refuse(status, {"error": "InvalidRequest", "message": "no"}, times=2)
    with pytest.raises(NetworkError) as failure:
        opened(instance).poll(None, now=now)
    assert (failure.value.code, failure.value.permanent) == ("bluesky_refused", permanent)
    assert failure.value.params["detail"] == f"{status} InvalidRequest"


def test_nobody_there(now: datetime) -> None:
    with running(Instance()) as gone:
        pass
    with pytest.raises(NetworkError) as failure:
        opened(gone).poll(None, now=now)
    assert (failure.value.code, failure.value.permanent) == ("bluesky_unreachable", False)


def test_likes_are_asked_for_only_when_something_is_watched(instance: Instance, now: datetime) -> None:
    posts = filled(instance, now, 5)
    network = opened(instance)
    cursor = network.poll(cursor_at(instance, 0), now=now).cursor
    assert "like" not in instance.asked[-1]
    network.watch(frozenset({posts[2]}))
    instance.like(micros(now), posts[2])
    instance.like(micros(now) + 1, posts[3])
    instance.post(70, micros(now) + 2, reply={"parent": {"uri": posts[2], "cid": "b"}, "root": {"uri": posts[2]}})
    batches, cursor = polled(network, cursor, now, until=2)
    assert "app.bsky.feed.like" in instance.asked[-1]
    rows = [row for batch in batches for row in batch.counts.to_pylist()]
    assert [(row["post_id"], row["likes"], row["replies"], row["mode"]) for row in rows] == [(posts[2], 1, 1, "seen")]
    again = opened(instance)
    again.watch(frozenset({posts[2]}))
    repeated, _ = polled(again, cursor, now)
    assert not any(batch.counts.num_rows for batch in repeated), "a replay counts nothing twice"


def test_a_change_of_wire_counts_nothing_twice(instance: Instance, now: datetime) -> None:
    posts = filled(instance, now, 5)
    instance.like(micros(now), posts[2])
    network = opened(instance)
    network.watch(frozenset({posts[2]}))
    batches, cursor = polled(network, cursor_at(instance, 0), now, until=5)
    assert [row["likes"] for batch in batches for row in batch.counts.to_pylist()] == [1]
    network.close()
    instance.v2 = False
    network = opened(instance)
    network.watch(frozenset({posts[2]}))
    repeated, _ = polled(network, cursor, now, until=5)
    assert len(ids(repeated)) == 5
    assert not any(batch.counts.num_rows for batch in repeated)


@pytest.mark.parametrize("v2", [True, False])
def test_nothing_is_lost_however_often_the_listener_dies(instance: Instance, now: datetime, v2: bool) -> None:
    instance.v2 = v2
    posts = filled(instance, now, 300, step=MINUTE)
    for place in (3, 50, 51, 200):
        instance.log.insert(place, (0, instance.log[place][1], instance.log[place][2]))
        instance.raw[place] = b'{"$type":"message","payload":{"seq":' if v2 else b'{"did":"did:plc:x","time_us":'
    instance.log = [(n, at, commit) for n, (_, at, commit) in enumerate(instance.log, 1)]
    gone = {"operation": "delete", "collection": POST, "rkey": "3m00000007"}
    instance.log.append((len(instance.log) + 1, micros(now), gone))
    instance.hang_up_after = 17
    results = check_network(
        lambda: opened(instance, max_rows="5"),
        posts=posts,
        gone=[posts[7]],
        rejects=4,
        now=lambda: now,
        rounds=2,
        start=cursor_at(instance, 0),
        patience=60,
    )
    assert sum(kept.kills for kept in results) > 30
    assert results[0].kills == 0
    assert set(results[0].rejects) == {"bluesky_frame_unreadable"}


def test_two_instances_that_fail_in_turn_lose_nothing(now: datetime) -> None:
    first, second = Instance(hang_up_after=90), Instance(hang_up_after=85)
    turns = itertools.count()

    def another() -> Bluesky:
        able, ill = (first, second) if next(turns) % 2 else (second, first)
        able.refusals.clear()
        ill.refuse(502, times=1000)
        return opened(first, second, max_rows="30")

    with running(first), running(second):
        posts = filled(first, now, 400)
        second.log = [(seq + 777, at + 900, commit) for seq, at, commit in first.log]
        kept = listen(
            another,
            until=lambda kept: set(posts) <= kept.posts.keys(),
            now=lambda: now,
            kept=Kept(cursor=cursor_at(first, 0)),
            chance=0.3,
            seed=4,
        )
        assert not kept.gaps
        assert kept.kills > 1
        assert any("subscribe" in path for path in second.asked)
        assert next(turns) > 2, "both had their turn"


def test_a_cursor_that_is_none_of_ours_stops(instance: Instance, now: datetime) -> None:
    for cursor in ("", "12345", "{}", '{"instance":1,"time_us":2}'):
        with pytest.raises(ArchiveDamaged):
            opened(instance).poll(cursor, now=now)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"instances": "http://example.org"}, "bluesky_instance_invalid"),
        ({"instances": "wss://user:secret@example.org"}, "bluesky_instance_invalid"),
        ({"instances": "wss://example.org:99999"}, "bluesky_instance_invalid"),
        ({"instances": "ws://[::1"}, "bluesky_instance_invalid"),
        ({"wanted_dids": "@aylin.test"}, "bluesky_account_invalid"),
        ({"wanted_dids": "\n".join(f"did:plc:{n}" for n in range(10_001))}, "bluesky_too_many_accounts"),
        ({"max_rows": "many"}, "option_not_a_number"),
        ({"replay_hours": "-3"}, "option_not_a_number"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        KIND.open("bluesky:test", options)
    assert wrong.value.code == code


def test_addresses_as_people_write_them() -> None:
    network = KIND.open(
        "s", {"instances": "jetstream.example.org, WSS://Other.Example.org:8443/subscribe\nws://[::1]:6008"}
    )
    assert isinstance(network, Bluesky)
    assert network._instances == ("wss://jetstream.example.org", "wss://other.example.org:8443", "ws://[::1]:6008")
    plain = KIND.open("s", {})
    assert isinstance(plain, Bluesky)
    assert plain._instances == INSTANCES
    assert isinstance(plain, Network)


def test_coverage_is_said() -> None:
    assert KIND.coverage({}).code == "all_public"
    narrowed = KIND.coverage({"wanted_dids": AYLIN})
    assert (narrowed.code, narrowed.params) == ("accounts", {"n": 1})


def test_a_poll_waits_no_longer_than_about_a_second(instance: Instance, now: datetime) -> None:
    network = opened(instance)
    network.poll(None, now=now)
    began = time.monotonic()
    assert network.poll(None, now=now).posts.num_rows == 0
    assert 0.5 < time.monotonic() - began < 1.6


def test_a_batch_is_no_larger_than_asked(instance: Instance, now: datetime) -> None:
    filled(instance, now, 3000)
    network = opened(instance, max_rows="100")
    first = network.poll(cursor_at(instance, 0), now=now)
    assert first.posts.num_rows == 100
