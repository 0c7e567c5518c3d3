"""Listening to a Mastodon server: one by other authors (mastodon-mock), and a small one that misbehaves on demand."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks.base import Network
from kalkan.networks.mastodon import KIND, LATE, Mastodon
from kalkan.posts import Batch
from kalkan.testing.network import Kept, check_network, check_patience, listen
from tests.networks.http_served import Served, say, serve

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
START = '{"v":1,"lines":{"public":{"head":"0","sweep":"0"}}}'


def wall() -> datetime:
    return datetime.now(UTC)


# -- the server by other authors ---------------------------------------------------------------------------------------


class Mock:
    """mastodon-mock as a process of its own, and what a person does on it."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory", "--port", str(port)]
        self._process = subprocess.Popen(
            [*command, "--log-level", "error"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(base_url=self.url, headers={"Authorization": "Bearer mock_token"}, trust_env=False)
        for _ in range(400):
            try:
                self._client.get("/api/v1/streaming/health")
                return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("mastodon-mock did not start")

    def stop(self) -> None:
        self._client.close()
        os.kill(self._process.pid, signal.SIGKILL)  # it waits for open streams otherwise
        self._process.wait(timeout=10)

    def post(self, text: str, **more: Any) -> dict[str, Any]:
        answer = self._client.post("/api/v1/statuses", json={"status": text, **more})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def edit(self, number: str, text: str) -> None:
        assert self._client.put(f"/api/v1/statuses/{number}", json={"status": text}).status_code == 200

    def delete(self, number: str) -> None:
        assert self._client.delete(f"/api/v1/statuses/{number}").status_code == 200

    def favourite(self, number: str) -> None:
        assert self._client.post(f"/api/v1/statuses/{number}/favourite").status_code == 200

    def fault(self, path: str, **effect: Any) -> None:
        rule = {"match": {"path": path}, "effect": effect, "count": effect.pop("count", None)}
        assert self._client.post("/api/v1/_mock/faults", json=rule).status_code == 200

    def mend(self) -> None:
        assert self._client.delete("/api/v1/_mock/faults").status_code == 200


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    server = Mock()
    yield server
    server.stop()


@pytest.fixture
def start(mock: Mock) -> str:
    """A cursor that stands just behind everything the shared server holds."""
    mock.mend()
    first = mock.post("start")["id"]
    return json.dumps({"v": 1, "lines": {"public": {"head": first, "sweep": first}}})


def opened(url: str, **options: str) -> Mastodon:
    network = KIND.open("mastodon:test", {"server": url, "loopback": "yes", **options})
    assert isinstance(network, Mastodon)
    return network


def test_a_hundred_and_one_posts_through_every_kill(mock: Mock, start: str) -> None:
    sent = [mock.post(f"gönderi {number}", language="tr")["uri"] for number in range(101)]
    results = check_network(lambda: opened(mock.url), posts=sent, now=wall, start=start, rounds=5, chance=0.5)
    assert sum(kept.kills for kept in results) > 0


def test_streaming_through_every_kill(mock: Mock, start: str) -> None:
    sent = [mock.post(f"akış {number}", language="tr")["uri"] for number in range(60)]
    check_network(lambda: opened(mock.url, token="mock_token"), posts=sent, now=wall, start=start, rounds=4)


def test_what_a_post_carries(mock: Mock, start: str) -> None:
    mock.post("Sıcak #kahve ve https://findik.test/a?b=1&c=2 <b>x</b>", spoiler_text="uzun", language="tr")
    network = opened(mock.url)
    row = network.poll(start, now=wall()).posts.to_pylist()[0]
    network.close()
    assert row["text"] == "Sıcak #kahve ve https://findik.test/a?b=1&c=2 <b>x</b>"
    assert (row["langs"], row["tags"], row["links"]) == (["tr"], ["kahve"], ["https://findik.test/a?b=1&c=2"])
    assert row["warning"] == "uzun"
    assert row["author_handle"] == "testuser@localhost"


def test_hashtags_alone(mock: Mock, start: str) -> None:
    mock.post("#fındık bir")
    wanted = mock.post("#findik iki")["uri"]
    mock.post("hiçbiri")
    network = opened(mock.url, timeline="none", hashtags="#Findik")
    assert network.poll(None, now=wall()).posts["id"].to_pylist() == [wanted]
    network.close()


def _until(network: Network, cursor: str | None, what: Callable[[Batch], bool]) -> Batch:
    for _ in range(20):
        batch = network.poll(cursor, now=wall())
        cursor = batch.cursor
        if what(batch):
            return batch
    raise AssertionError("never heard")


def test_streams_bring_posts_edits_and_deletions(mock: Mock, start: str) -> None:
    network = opened(mock.url, token="mock_token", hashtags="kahve")
    batch = network.poll(start, now=wall())
    _until(network, batch.cursor, lambda batch: batch.posts.num_rows == 0 and batch.requests == 0)
    began = time.monotonic()
    sent = mock.post("canlı")
    heard = _until(network, None, lambda batch: batch.posts.num_rows > 0)
    assert time.monotonic() - began < 1.0
    assert heard.posts["id"].to_pylist() == [sent["uri"]]
    assert heard.posts["edited_at"].to_pylist() == [None]
    mock.edit(sent["id"], "canlı, düzeltilmiş")
    row = _until(network, None, lambda batch: batch.posts.num_rows > 0).posts.to_pylist()[0]
    assert (row["id"], row["text"]) == (sent["uri"], "canlı, düzeltilmiş")
    assert row["edited_at"] is not None
    mock.delete(sent["id"])
    gone = _until(network, None, lambda batch: batch.gone.num_rows > 0).gone.to_pylist()[0]
    assert (gone["id"], gone["why"]) == (sent["uri"], "deleted")
    network.close()


def test_watched_posts_are_looked_at_again(mock: Mock, start: str) -> None:
    sent = mock.post("izlenen")
    network = opened(mock.url)
    at = wall()
    cursor = network.poll(start, now=at).cursor
    network.watch(frozenset([sent["uri"], "https://elsewhere.test/1"]))
    mock.favourite(sent["id"])
    count = network.poll(cursor, now=at).counts.to_pylist()
    assert [(row["post_id"], row["mode"], row["likes"], row["reposts"]) for row in count] == [
        (sent["uri"], "total", 1, 0)
    ]
    mock.edit(sent["id"], "izlenen, yeni")
    assert network.poll(cursor, now=at).counts.num_rows == 0  # not so soon
    batch = network.poll(cursor, now=at + timedelta(minutes=1))
    texts = batch.posts["text"].to_pylist()
    assert texts == ["izlenen, yeni"]
    mock.delete(sent["id"])
    assert network.poll(cursor, now=at + timedelta(minutes=2)).gone["id"].to_pylist() == [sent["uri"]]
    assert network.poll(cursor, now=at + timedelta(minutes=3)).gone.num_rows == 0
    network.close()


def test_a_busy_server_gets_its_patience(mock: Mock, start: str) -> None:
    mock.fault("/api/v1/timelines/public", type="ratelimit")
    fault = check_patience(lambda: opened(mock.url), seconds=300, now=wall, start=start)
    assert fault.code == "rate_limited"
    mock.mend()


@pytest.mark.parametrize(
    ("effect", "code"),
    [({"type": "status", "status": 503}, "server_fault"), ({"type": "malformed"}, "answer_unreadable")],
)
def test_faults_pass(mock: Mock, start: str, effect: dict[str, Any], code: str) -> None:
    sent = mock.post("arızadan sonra")["uri"]
    mock.fault("/api/v1/timelines/public", **effect, count=2)
    network = opened(mock.url)
    for _ in range(2):
        with pytest.raises(NetworkError) as fault:
            network.poll(start, now=wall())
        assert (fault.value.code, fault.value.permanent) == (code, False)
    assert network.poll(start, now=wall()).posts["id"].to_pylist() == [sent]
    network.close()


@pytest.mark.parametrize("status", [401, 403, 422])
def test_a_server_that_shows_nothing_says_so_for_good(mock: Mock, start: str, status: int) -> None:
    mock.fault("/api/v1/timelines/public", type="status", status=status)
    network = opened(mock.url)
    for _ in range(2):
        with pytest.raises(NetworkError) as fault:
            network.poll(start, now=wall())
        assert (fault.value.code, fault.value.permanent) == ("timeline_refused", True)
        assert fault.value.params == {"server": "127.0.0.1", "timeline": "public", "status": status}
    network.close()
    mock.mend()


def test_without_streams_polling_goes_on(mock: Mock, start: str) -> None:
    mock.fault("/api/v1/streaming/*", type="status", status=404)
    sent = mock.post("akışsız")["uri"]
    kept = listen(
        lambda: opened(mock.url, token="mock_token"),
        until=lambda kept: sent in kept.posts,
        now=wall,
        kept=Kept(cursor=start),
    )
    assert kept.posts.keys() == {sent}
    mock.mend()


# -- a server that misbehaves on demand --------------------------------------------------------------------------------


class Small:
    """A timeline in memory, served as Mastodon does: numbers by time of writing, pages by ``min_id``."""

    def __init__(self) -> None:
        self.statuses: dict[int, Any] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[dict[str, list[str]]] = []

    def add(self, number: int, *, at: datetime, **more: Any) -> str:
        uri = f"https://uzak.test/{number}"
        account = {"acct": "ada@uzak.test", "uri": "https://uzak.test/ada"}
        created = at.isoformat().replace("+00:00", "Z")
        status = {"id": str(number), "uri": uri, "visibility": "public", "content": f"<p>{number}</p>"}
        self.statuses[number] = status | {"account": account, "created_at": created} | more
        return uri

    def route(self, request: BaseHTTPRequestHandler) -> None:
        asked = parse_qs(urlsplit(request.path).query)
        self.asked.append(asked)
        limit = int(asked["limit"][0])
        numbers = sorted(self.statuses)
        if "min_id" in asked:
            numbers = [number for number in numbers if number > int(asked["min_id"][0])][:limit]
        page = [self.statuses[number] for number in reversed(numbers[-limit:])]
        say(request, 200, json.dumps(page).encode(), **self.headers)


@pytest.fixture
def small() -> Iterator[tuple[Small, Served]]:
    server = Small()
    with serve({"/api/v1/timelines/public": server.route}) as served:
        yield server, served


def test_posts_that_reach_the_server_late_are_swept_up(small: tuple[Small, Served]) -> None:
    """A remote post is filed under the number of its own time: behind us, where paging forward never looks."""
    server, served = small
    early = [server.add(1000 + 10 * number, at=NOW + timedelta(seconds=number)) for number in range(100)]
    network = opened(served.url)
    kept = Kept(cursor=START)
    at = NOW + timedelta(minutes=2)
    for _ in range(3):
        kept.keep(network.poll(kept.cursor, now=at))
    assert kept.posts.keys() == set(early)
    late = server.add(1015, at=NOW + timedelta(seconds=1, milliseconds=500))
    kept.keep(network.poll(kept.cursor, now=at + timedelta(minutes=1)))
    assert late not in kept.posts
    for minute in range(8):
        kept.keep(network.poll(kept.cursor, now=NOW + LATE + timedelta(minutes=3 + minute)))
    assert late in kept.posts
    asked = len(server.asked)
    kept.keep(network.poll(kept.cursor, now=NOW + LATE + timedelta(minutes=11)))
    assert len(server.asked) - asked <= 2  # in step, a sweep costs one request a minute
    network.close()


def test_nothing_is_asked_when_few_requests_are_left(small: tuple[Small, Served]) -> None:
    server, served = small
    for number in range(400):
        server.add(1000 + number, at=NOW)
    server.headers = {"X_RateLimit_Remaining": "3", "X_RateLimit_Reset": (NOW + timedelta(seconds=90)).isoformat()}
    network = opened(served.url)
    batch = network.poll(START, now=NOW)
    assert (batch.posts.num_rows, batch.requests, batch.wait) == (40, 1, 90.0)
    assert network.poll(batch.cursor, now=NOW + timedelta(seconds=30)).requests == 0
    server.headers = {}
    assert network.poll(batch.cursor, now=NOW + timedelta(seconds=91)).posts.num_rows == 320
    network.close()


def test_a_first_start_takes_the_newest_page_and_goes_on_from_there(small: tuple[Small, Served]) -> None:
    server, served = small
    network = opened(served.url)
    empty = network.poll(None, now=NOW)
    assert (empty.posts.num_rows, empty.heard_until) == (0, NOW)
    first = server.add(50, at=NOW)
    batch = network.poll(empty.cursor, now=NOW)
    assert batch.posts["id"].to_pylist() == [first]
    again = opened(served.url)
    for number in range(100):
        server.add(100 + number, at=NOW)
    assert again.poll("not a cursor", now=NOW).posts.num_rows == 40
    assert again.poll(batch.cursor, now=NOW).posts.num_rows == 100
    network.close()
    again.close()


def test_mutated_pages_never_stop_it(small: tuple[Small, Served]) -> None:
    server, served = small
    dice = random.Random(5)
    noise: list[Any] = [
        None,
        7,
        [],
        {},
        {"id": "9"},
        {"id": 5},
        {"id": "²"},
        {"reblog": {"uri": "https://uzak.test/1000"}},
    ]
    sound = set()
    for number in range(600):
        if dice.random() < 0.5:
            sound.add(server.add(1000 + number, at=NOW))
        else:
            change = {
                dice.choice(["uri", "account", "visibility", "created_at", "content", "tags"]): dice.choice(noise)
            }
            server.add(1000 + number, at=NOW, **change)
            if "uri" in change:
                server.statuses[1000 + number]["url"] = None
    kept = Kept(cursor=START)
    network = opened(served.url)
    frames = 0
    for _ in range(5):
        batch = network.poll(kept.cursor, now=NOW)
        kept.keep(batch)
        frames += batch.frames
    network.close()
    assert sound <= kept.posts.keys()
    assert frames == 600
    assert len(kept.posts) + kept.rejects.total() == 600
    assert kept.rejects.keys() <= {"not_a_status", "no_id", "no_author", "not_public"}


def test_a_page_that_is_no_page(small: tuple[Small, Served]) -> None:
    _, served = small
    bodies = [b"", b"{}", b"[", b"null", b"\xff\xfe", b"[" * 100_000, b"<html>", b'"x"', b"1" * 10_000]
    network = opened(served.url)
    for body in bodies:
        served.routes["/api/v1/timelines/public"] = lambda request, body=body: say(request, 200, body)
        with pytest.raises(NetworkError) as fault:
            network.poll(START, now=NOW)
        assert (fault.value.code, fault.value.permanent) == ("answer_unreadable", False)
    network.close()


def test_one_refused_timeline_does_not_stop_the_others(small: tuple[Small, Served]) -> None:
    server, served = small
    sent = server.add(7, at=NOW)
    served.routes["/api/v1/timelines/tag/kahve"] = lambda request: say(request, 403, b"{}")
    network = opened(served.url, hashtags="kahve")
    batch = network.poll(None, now=NOW)
    assert batch.posts["id"].to_pylist() == [sent]
    assert [(reject.kind, reject.example) for reject in batch.rejects] == [("timeline_refused", "tag:kahve")]
    assert network.poll(batch.cursor, now=NOW + timedelta(minutes=5)).rejects == ()
    network.close()


def test_a_broken_stream_loses_nothing(small: tuple[Small, Served]) -> None:
    """Streams that end without warning, again and again, while posts go on, some arriving late."""
    server, served = small
    told: list[dict[str, Any]] = []
    turns = iter(range(100))

    def stream(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.send_header("Connection", "close")
        request.end_headers()
        turn = next(turns)
        for number in range(3):
            at = NOW + timedelta(seconds=turn)
            for name in (2000 + 100 * turn + number, 1900 + 100 * turn + number):  # the second one is late
                server.add(name, at=at)
                if number != 1:
                    told.append(server.statuses[name])
                    request.wfile.write(b"event: update\ndata: " + json.dumps(told[-1]).encode() + b"\n\n")
        request.wfile.write(b"event: update\ndata: {broken\n\nevent: delete\ndata: 1\n\nevent: filters_changed\n\n")
        request.close_connection = True

    served.routes["/api/v1/streaming/public"] = stream
    network = opened(served.url, token="t")
    kept = Kept(cursor=START)
    breaks = 0
    for _ in range(60):
        try:
            kept.keep(network.poll(kept.cursor, now=NOW + timedelta(seconds=30)))
        except NetworkError as fault:
            assert fault.code == "stream_ended"
            breaks += 1
        if breaks >= 4:
            break
    served.routes["/api/v1/streaming/public"] = lambda request: say(request, 404)
    for _ in range(4):
        kept.keep(network.poll(kept.cursor, now=NOW + timedelta(seconds=30)))
    network.close()
    assert breaks == 4
    assert kept.posts.keys() == {status["uri"] for status in server.statuses.values()}
    assert kept.rejects["not_json"] > 0
    assert kept.rejects["delete_of_unknown"] > 0
    authorized = [headers.get("authorization") for _, headers in served.seen]
    assert set(authorized) == {"Bearer t"}


def test_reblogs_are_counted_for_watched_posts_only(small: tuple[Small, Served]) -> None:
    server, served = small
    for number in range(3):
        server.add(10 + number, at=NOW, reblog={"uri": f"https://uzak.test/reblogged{number}"})
    network = opened(served.url)
    network.watch(frozenset(["https://uzak.test/reblogged1"]))
    batch = network.poll(START, now=NOW)
    network.close()
    assert (batch.posts.num_rows, batch.rejects) == (0, ())
    assert [(row["post_id"], row["mode"], row["reposts"]) for row in batch.counts.to_pylist()] == [
        ("https://uzak.test/reblogged1", "seen", 1)
    ]


# -- what a person may set ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "option_missing"),
        ({"server": "  "}, "option_missing"),
        ({"server": "http://127.0.0.1:3000"}, "address_port"),
        ({"server": "127.0.0.1"}, "address_private"),
        ({"server": "ftp://meydan.test"}, "address_scheme"),
        ({"server": "meydan.test", "timeline": "home"}, "option_unknown"),
        ({"server": "meydan.test", "timeline": "none"}, "nothing_to_listen_to"),
        ({"server": "meydan.test", "timeline": "none", "hashtags": " # , "}, "nothing_to_listen_to"),
        ({"server": "http://meydan.test", "token": "t"}, "token_needs_https"),
        ({"server": "meydan.test", "token": "ş"}, "token_unreadable"),
        ({"server": "meydan.test", "token": "a\nb"}, "token_unreadable"),
    ],
)
def test_wrong_options(options: dict[str, str], code: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        KIND.open("mastodon:x", options)
    assert fault.value.code == code


def test_options_as_people_type_them() -> None:
    network = KIND.open("mastodon:x", {"server": " meydan.test/ ", "hashtags": "#Kahve\nçay, #kahve"})
    assert isinstance(network, Network)
    network.close()
    assert KIND.coverage({"server": "https://meydan.test/"}).params == {"server": "meydan.test"}
    assert KIND.coverage({"server": "meydan.test", "timeline": "none", "hashtags": "#a"}).code == "hashtags"
