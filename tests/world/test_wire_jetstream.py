"""The Jetstream server against a foreign client (the websockets library), behaviour by documented behaviour."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from kalkan.world.wire import EventLog, Faults, JetstreamServer
from kalkan.world.wire.names import micros

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
V2 = "/xrpc/network.bsky.jetstream.subscribeEvents"
ALICE, BOB = "did:plc:alice" + "2" * 19, "did:plc:bob" + "2" * 21
POST, LIKE = "app.bsky.feed.post", "app.bsky.feed.like"


def commit(
    did: str, rkey: str, collection: str = POST, operation: str = "create", text: str = "hello"
) -> dict[str, Any]:
    told: dict[str, Any] = {"rev": "3mmoojp7vgo2g", "operation": operation, "collection": collection, "rkey": rkey}
    if operation != "delete":
        told["record"] = {"$type": collection, "createdAt": "2026-05-01T11:00:00.000Z", "text": text}
        told["cid"] = "bafyreidqpc7si3dbimffi64lz3xsx2qt45ip7rpna2qpslcddp23itjjzm"
    return {"did": did, "time_us": 0, "kind": "commit", "commit": told}


def account(did: str) -> dict[str, Any]:
    return {
        "did": did,
        "time_us": 0,
        "kind": "account",
        "account": {"active": False, "did": did, "seq": 9, "time": "x"},
    }


@pytest.fixture
def log() -> EventLog:
    """Seven frames: the first two 40 hours old, the rest of the last five minutes."""
    log = EventLog()
    hours = micros(NOW - timedelta(hours=40))
    recent = micros(NOW - timedelta(minutes=5))
    log.add(commit(ALICE, "old1"), hours)
    log.add(commit(BOB, "old2"), hours + 10)
    log.add(commit(ALICE, "a1"), recent)
    log.add(commit(BOB, "b1", LIKE), recent + 10)
    log.add(account(BOB), recent + 20)
    log.add(commit(ALICE, "a1", operation="delete"), recent + 30)
    log.add(commit(BOB, "b2", text="x" * 2000), recent + 40)
    return log


@pytest.fixture
def server(log: EventLog) -> Iterator[JetstreamServer]:
    with JetstreamServer(log, now=lambda: NOW) as server:
        yield server


def names(connection: ClientConnection, n: int) -> list[str]:
    """Record keys (or kinds) of the next ``n`` frames of either wire."""
    found = []
    for _ in range(n):
        told = json.loads(connection.recv(timeout=5))
        told = told.get("payload", told)
        commit = told.get("commit", told)
        found.append(commit.get("rkey") or told.get("name") or told.get("kind") or told["$type"].split("#")[1])
    return found


def silent(connection: ClientConnection) -> bool:
    with pytest.raises(TimeoutError):
        connection.recv(timeout=0.15)
    return True


def asked(server: JetstreamServer, path: str = "/subscribe", **params: object) -> str:
    return f"{server.url}{path}?{urlencode(params, doseq=True)}" if params else server.url + path


def refusal(server: JetstreamServer, path: str, **params: object) -> tuple[int, bytes, Headers]:
    with pytest.raises(InvalidStatus) as caught, connect(asked(server, path, **params)):
        pass
    answer = caught.value.response
    return answer.status_code, answer.body or b"", answer.headers


# The first wire


def test_without_a_cursor_only_what_comes_now(server: JetstreamServer, log: EventLog) -> None:
    with connect(asked(server)) as client:
        assert silent(client)
        log.add(commit(ALICE, "new"))
        assert names(client, 1) == ["new"]


def test_a_small_cursor_is_a_seq_and_inclusive(server: JetstreamServer) -> None:
    with connect(asked(server, cursor=4)) as client:
        assert names(client, 4) == ["b1", "account", "a1", "b2"]
        assert silent(client)


def test_a_large_cursor_is_a_time_and_inclusive(server: JetstreamServer) -> None:
    with connect(asked(server, cursor=micros(NOW - timedelta(minutes=5)) + 10)) as client:
        assert names(client, 2) == ["b1", "account"]


@pytest.mark.parametrize("cursor", [0, 1, 2, 10**15, micros(NOW - timedelta(hours=40))])
def test_an_old_cursor_is_clamped_to_36_hours_without_a_word(server: JetstreamServer, cursor: int) -> None:
    with connect(asked(server, cursor=cursor)) as client:
        assert names(client, 1) == ["a1"]


@pytest.mark.parametrize("cursor", [8, 9999, micros(NOW + timedelta(seconds=5))])
def test_a_cursor_in_the_future_means_live(server: JetstreamServer, log: EventLog, cursor: int) -> None:
    with connect(asked(server, cursor=cursor)) as client:
        assert silent(client)
        log.add(commit(ALICE, "new"))
        assert names(client, 1) == ["new"]


@pytest.mark.parametrize("cursor", ["abc", "-1", "1.5", str(1 << 63)])
def test_a_cursor_that_is_none_is_refused_in_plain_text(server: JetstreamServer, cursor: str) -> None:
    status, body, headers = refusal(server, "/subscribe", cursor=cursor)
    assert status == 400
    assert b"invalid cursor" in body
    assert headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"wantedCollections": POST}, ["a1", "account", "a1", "b2"]),
        ({"wantedCollections": "app.bsky.feed.*"}, ["a1", "b1", "account", "a1", "b2"]),
        ({"wantedCollections": ["app.bsky.graph.*", LIKE]}, ["b1", "account"]),
        ({"wantedDids": BOB}, ["b1", "account", "b2"]),
        ({"wantedDids": ALICE, "wantedCollections": LIKE}, []),
        ({"maxMessageSizeBytes": 1000}, ["a1", "b1", "account", "a1"]),
        ({"maxMessageSizeBytes": -5}, ["a1", "b1", "account", "a1", "b2"]),
    ],
)
def test_filters_hold_back_and_accounts_pass_any_collection(
    server: JetstreamServer, params: dict[str, object], expected: list[str]
) -> None:
    with connect(asked(server, cursor=3, **params)) as client:
        assert names(client, len(expected)) == expected
        assert silent(client)


@pytest.mark.parametrize(
    "params",
    [
        {"wantedCollections": "app.bsky.fo*"},
        {"wantedCollections": [f"app.bsky.c{n}" for n in range(101)]},
        {"wantedDids": "alice.test"},
        {"compress": "true"},
    ],
)
def test_bad_options_are_refused_before_the_upgrade(server: JetstreamServer, params: dict[str, object]) -> None:
    assert refusal(server, "/subscribe", **params)[0] == 400


def test_options_update_changes_the_filter_and_says_hello(server: JetstreamServer, log: EventLog) -> None:
    with connect(asked(server, requireHello="true", cursor=3)) as client:
        assert silent(client)
        update = {"wantedCollections": [LIKE], "wantedDids": [], "maxMessageSizeBytes": 0}
        client.send(json.dumps({"type": "options_update", "payload": update}))
        assert names(client, 2) == ["b1", "account"]
        client.send(json.dumps({"type": "options_update", "payload": {"wantedDids": [ALICE]}}))
        client.send(json.dumps({"type": "something else"}))
        time.sleep(0.1)
        log.add(commit(BOB, "b9"))
        log.add(commit(ALICE, "a9"))
        assert names(client, 1) == ["a9"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no json", 1007),
        ("[]", 1007),
        ('{"type":"options_update","payload":{"wantedDids":"x"}}', 1007),
        ('{"type":"options_update","payload":{"wantedDids":["x"]}}', 1008),
    ],
)
def test_nonsense_from_a_client_ends_the_stream(server: JetstreamServer, said: str, code: int) -> None:
    with connect(asked(server)) as client:
        client.send(said)
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(timeout=5)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == code


# The second wire


def test_the_second_wire_wraps_and_flattens(server: JetstreamServer) -> None:
    with connect(asked(server, V2, cursor=5), subprotocols=["xrpc.v1.json"]) as client:  # type: ignore[list-item]
        assert client.subprotocol == "xrpc.v1.json"
        told, deleted, post = (json.loads(client.recv(timeout=5)) for _ in range(3))
    time_text = (NOW - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
    event = "network.bsky.jetstream.subscribeEvents"
    assert list(told) == ["$type", "payload"]
    assert told["payload"] == {
        "$type": f"{event}#account", "seq": 5, "did": BOB, "time": f"{time_text}.000020Z",
        "account": {"active": False, "did": BOB, "seq": 9, "time": "x"},
    }  # fmt: skip
    assert deleted["payload"] == {
        "$type": f"{event}#commit", "seq": 6, "did": ALICE, "time": f"{time_text}.000030Z", "rev": "3mmoojp7vgo2g",
        "operation": "delete", "collection": POST, "rkey": "a1",
    }  # fmt: skip
    assert list(post["payload"])[-2:] == ["cid", "record"]
    assert post["payload"]["record"]["text"] == "x" * 2000


def test_without_the_subprotocol_the_frames_are_the_same(server: JetstreamServer) -> None:
    with connect(asked(server, V2, cursor=7)) as client:
        assert client.subprotocol is None
        assert names(client, 1) == ["b2"]
    with connect(asked(server, V2, cursor=7), subprotocols=["other", "XRPC.V1.JSON"]) as client:  # type: ignore[list-item]
        assert client.subprotocol is None


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"kinds": "commit"}, ["a1", "b1", "a1", "b2"]),
        ({"kinds": ["account", "identity"]}, ["account"]),
        ({"collections": POST}, ["a1", "account", "a1", "b2"]),
        ({"kinds": "commit", "collections": "app.bsky.*", "dids": BOB}, ["b1", "b2"]),
        ({"maxMessageSizeBytes": 1000, "kinds": "commit"}, ["a1", "b1", "a1"]),
    ],
)
def test_the_three_axes_are_anded(server: JetstreamServer, params: dict[str, object], expected: list[str]) -> None:
    with connect(asked(server, V2, cursor=3, **params)) as client:
        assert names(client, len(expected)) == expected
        assert silent(client)


@pytest.mark.parametrize(
    ("params", "name", "part"),
    [
        ({"cursor": 1}, "CursorTooOld", "floor seq 3"),
        ({"cursor": "x"}, "InvalidRequest", "cursor"),
        ({"wantedCollections": POST}, "InvalidRequest", "use collections"),
        ({"wantedDids": ALICE}, "InvalidRequest", "use dids"),
        ({"requireHello": "true"}, "InvalidRequest", "requireHello"),
        ({"kinds": "posts"}, "InvalidRequest", "unknown kind"),
        ({"kinds": "account", "collections": POST}, "InvalidRequest", "never apply"),
        ({"collections": "not_an_nsid.*"}, "InvalidRequest", "wildcard"),
        ({"collections": ["app.bsky.feed.post"] * 101}, "InvalidRequest", "too many"),
        ({"dids": "bob"}, "InvalidRequest", "invalid DID"),
        ({"zstdDictionary": 77}, "UnknownZstdDictionary", "77"),
        ({"zstdDictionary": 0}, "InvalidRequest", "positive"),
        ({"compress": "true"}, "InvalidRequest", "zstdDictionary"),
    ],
)
def test_the_second_wire_refuses_in_json(
    server: JetstreamServer, params: dict[str, object], name: str, part: str
) -> None:
    status, body, headers = refusal(server, V2, **params)
    told = json.loads(body)
    assert (status, told["error"], headers["Content-Type"]) == (400, name, "application/json")
    assert part in told["message"]


def test_a_time_before_the_look_back_is_clamped_and_said(server: JetstreamServer) -> None:
    with connect(asked(server, V2, cursor=micros(NOW - timedelta(days=9)))) as client:
        told = json.loads(client.recv(timeout=5))["payload"]
        assert told["$type"].endswith("#info")
        assert told["name"] == "OutdatedCursor"
        assert "seq 3" in told["message"]
        assert names(client, 1) == ["a1"]


def test_a_seq_of_another_archive_is_said_and_live(server: JetstreamServer, log: EventLog) -> None:
    with connect(asked(server, V2, cursor=5000)) as client:
        assert names(client, 1) == ["FutureCursor"]
        log.add(commit(ALICE, "new"))
        assert names(client, 1) == ["new"]
    with connect(asked(server, V2, cursor=log.next_seq)) as client:
        assert silent(client)


def test_a_whole_archive_can_be_asked_from_zero() -> None:
    log = EventLog()
    log.add(commit(ALICE, "first"), micros(NOW))
    with JetstreamServer(log, now=lambda: NOW) as server, connect(asked(server, V2, cursor=0)) as client:
        assert names(client, 1) == ["first"]


def test_the_second_wire_takes_no_messages(server: JetstreamServer) -> None:
    with connect(asked(server, V2)) as client:
        client.send("hello")
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(timeout=5)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1008


def test_an_old_server_does_not_know_the_second_wire(log: EventLog) -> None:
    with JetstreamServer(log, v2=False, now=lambda: NOW) as server:
        assert refusal(server, V2)[0] == 404
        with connect(asked(server, cursor=7)) as client:
            assert names(client, 1) == ["b2"]


# Faults


def test_refusals_come_before_the_upgrade_and_end(server: JetstreamServer) -> None:
    server.refuse(2, 429, retry_after=7)
    for path in ("/subscribe", V2):
        status, _, headers = refusal(server, path)
        assert (status, headers["Retry-After"]) == (429, "7")
    with connect(asked(server)):
        pass
    assert len(server.requests) == 3


def test_cut_connections_can_be_resumed_from_the_last_cursor(server: JetstreamServer, log: EventLog) -> None:
    with connect(asked(server, V2, cursor=3)) as client:
        assert names(client, 2) == ["a1", "b1"]
        assert server.disconnect_all() == 1
        with pytest.raises(ConnectionClosed) as caught:
            while True:
                client.recv(timeout=5)
        assert caught.value.rcvd is None
    with connect(asked(server, V2, cursor=4)) as client:
        assert names(client, 2) == ["b1", "account"]


@pytest.mark.parametrize("path", ["/subscribe", V2])
def test_damaged_frames_stand_between_the_good_ones(server: JetstreamServer, log: EventLog, path: str) -> None:
    server.corrupt(2)
    log.extend(commit(ALICE, f"n{n}") for n in range(400))
    good, bad = [], 0
    with connect(asked(server, path, cursor=8), max_size=None) as client:
        while len(good) < 400:
            said = client.recv(timeout=5)
            try:
                told = json.loads(said)
                good.append((told.get("payload") or told["commit"])["rkey"] if path == V2 else told["commit"]["rkey"])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                bad += 1
    assert good == [f"n{n}" for n in range(400)]
    assert bad in (199, 200)
    assert server.corrupted == 200


@pytest.mark.parametrize("path", ["/subscribe?wantedCollections=app.bsky.feed.post&", V2 + "?"])
def test_a_log_that_holds_rubbish_passes_it_on_and_goes_on(server: JetstreamServer, log: EventLog, path: str) -> None:
    rubbish = [b"[" * 5000, b'{"did":"\xff\xfe","kind":"commit"}', b"", b'{"did":1}']
    for one in rubbish:
        log.add(one, log.last_us)
    log.add(commit(ALICE, "after"))
    with connect(server.url + path + "cursor=8") as client:
        assert [client.recv(timeout=5, decode=False) for _ in rubbish] == rubbish
        assert names(client, 1) == ["after"]


def test_a_stall_sends_nothing_and_loses_nothing(server: JetstreamServer, log: EventLog) -> None:
    with connect(asked(server)) as client:
        log.add(commit(ALICE, "before"))
        assert names(client, 1) == ["before"]
        server.stall(0.4)
        began = time.monotonic()
        log.add(commit(ALICE, "after"))
        assert names(client, 1) == ["after"]
        assert time.monotonic() - began > 0.3


def test_the_last_frames_come_twice_at_the_switch_to_live(log: EventLog) -> None:
    faults = Faults(repeat_at_switch=2)
    with JetstreamServer(log, now=lambda: NOW, faults=faults) as server, connect(asked(server, cursor=5)) as client:
        assert names(client, 5) == ["account", "a1", "b2", "a1", "b2"]
        log.add(commit(ALICE, "new"))
        assert names(client, 1) == ["new"]


def test_a_client_that_does_not_keep_up_is_told_and_dropped(server: JetstreamServer) -> None:
    with connect(asked(server, V2)) as client:
        assert silent(client)
        assert server.drop_as_too_slow() == 1
        told = json.loads(client.recv(timeout=5))
        assert list(told) == ["$type", "error", "message"]
        assert (told["$type"], told["error"]) == ("error", "ConsumerTooSlow")
        with pytest.raises(ConnectionClosed):
            client.recv(timeout=5)


def test_a_client_that_takes_nothing_is_dropped_by_itself() -> None:
    log = EventLog()
    log.extend(commit(ALICE, f"n{n}", text="x" * 3000) for n in range(8000))
    faults = Faults(too_slow_after=0.3)
    now = datetime.fromtimestamp(log.last_us / 1e6, UTC)
    with (
        JetstreamServer(log, now=lambda: now, lookback=timedelta(days=40_000), faults=faults) as server,
        connect(asked(server, V2, cursor=1), max_queue=2) as client,
    ):
        time.sleep(2)
        assert server.connections == 0
        with pytest.raises(ConnectionClosed):
            while True:
                client.recv(timeout=5)


def test_the_rate_is_kept(log: EventLog) -> None:
    log.extend(commit(ALICE, f"n{n}") for n in range(400))
    with JetstreamServer(log, now=lambda: NOW, rate=400) as server, connect(asked(server, cursor=8)) as client:
        began = time.monotonic()
        names(client, 400)
        assert 0.4 < time.monotonic() - began < 3


def test_closing_says_goodbye_and_may_be_done_twice(log: EventLog) -> None:
    server = JetstreamServer(log, now=lambda: NOW)
    with connect(asked(server)) as client:
        assert silent(client)
        server.close()
        server.close()
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(timeout=5)
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1001


def test_other_paths_are_not_found(server: JetstreamServer) -> None:
    assert refusal(server, "/")[0] == 404
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(server.url.replace("ws", "http", 1) + "/subscribe", timeout=5)
    assert caught.value.code in (400, 426)
    caught.value.close()
