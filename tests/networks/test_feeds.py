"""Feeds from a real server on loopback: every kind, every fault, and noise."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from kalkan.errors import InvalidInput
from kalkan.networks.base import Network
from kalkan.networks.feeds import EVERY, FEEDS_A_POLL, KIND, LONGEST, REMEMBERED, Feeds
from kalkan.posts import Batch
from kalkan.testing.network import check_batch, check_network
from tests.networks.http_served import Route, Served, answer, say, serve

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures" / "feeds"


def opened(served: Served, *paths: str, every: timedelta = EVERY) -> Feeds:
    return Feeds("feeds:test", urls=tuple(served.url + path for path in paths), loopback=True, every=every)


def fixture(name: str, **headers: str) -> Route:
    return answer(200, (FIXTURES / name).read_bytes(), **headers)


def rss(*items: str, head: str = "") -> bytes:
    return f"<rss version='2.0'><channel><title>T</title>{head}{''.join(items)}</channel></rss>".encode()


def item(number: int, text: str = "", more: str = "") -> str:
    return f"<item><guid>g{number}</guid><title>{text or number}</title>{more}</item>"


def poll(network: Feeds, cursor: str | None = None, now: datetime = NOW) -> Batch:
    batch = network.poll(cursor, now=now)
    check_batch(batch, network)
    return batch


def test_a_turkish_newspaper_in_its_own_encoding() -> None:
    with serve({"/rss": fixture("haber.rss", Content_Type="text/xml")}) as served:
        network = opened(served, "/rss")
        first, second = poll(network).posts.to_pylist()
        network.close()
        feed = served.url + "/rss"
    assert first["id"] == f"{feed}#kiyi-1"
    assert (first["author_id"], first["author_name"]) == (feed, "Kıyı Gazetesi")
    assert first["text"] == "Fındık kafe’de yeni menü\nKış menüsü burada."
    assert first["created_at"] == first["at"] == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert first["langs"] == ["tr-tr"]
    assert first["links"] == ["http://kiyi.test/haber/1", "http://findik.test/menu"]
    assert first["tags"] == ["Yeme içme", "Şehir"]
    assert (first["media"], first["media_alts"]) == (2, ["Tabakta ıspanak"])
    assert first["url"] == "http://kiyi.test/haber/1"
    assert second["text"] == "İğne & iplik"
    assert second["id"] == f"{feed}#http://www.kiyi.test/haber/2"  # its address is another host's: not its own name


def test_an_address_of_its_own_host_is_its_name() -> None:
    with serve({}) as served:
        own = f"{served.url}/haber/1"
        body = rss(f"<item><guid>{own}</guid><title>a</title></item><item><link>{own}2</link><title>b</title></item>")
        served.routes["/rss"] = answer(200, body.replace(b"</item><item>", b"</item>\n<item>"))
        network = opened(served, "/rss")
        assert poll(network).posts["id"].to_pylist() == [own, own + "2"]
        network.close()


def test_atom_texts_are_what_they_say_they_are() -> None:
    with serve({"/atom": fixture("gunluk.atom")}) as served:
        network = opened(served, "/atom")
        first, second = poll(network).posts.to_pylist()
        network.close()
    assert first["author_name"] == "Harbour Diary"
    assert first["text"] == "a < b, plainly\nSaid & done: 3 < 5"
    assert first["langs"] == ["en-gb"]
    assert second["text"] == "Second\n\nOne bold word."
    assert (second["url"], second["links"]) == (None, [])
    assert second["created_at"] == datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


def test_a_video_channel() -> None:
    with serve({"/v": fixture("kanal.atom")}) as served:
        network = opened(served, "/v")
        row = poll(network).posts.to_pylist()[0]
        network.close()
    assert row["id"].endswith("/v#yt:video:abcdEFGH123")
    assert row["text"] == "Kış menüsü nasıl yapılır?\nBu videoda üç tarif var. İyi seyirler!"
    assert (row["media"], row["edited_at"]) == (1, None)
    assert row["created_at"] == datetime(2026, 11, 19, 12, 0, tzinfo=UTC)


def test_only_what_changed_is_asked_for_and_told() -> None:
    state = {"body": rss(item(1), item(2)), "etag": '"1"'}

    def route(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("If-None-Match") == state["etag"]:
            say(request, 304)
        else:
            say(request, 200, state["body"], ETag=str(state["etag"]), Last_Modified="Mon, 23 Nov 2026 08:00:00 GMT")

    with serve({"/rss": route}) as served:
        network = opened(served, "/rss")
        batch = poll(network)
        assert batch.posts.num_rows == 2
        assert batch.wait == 60.0
        assert poll(network, batch.cursor, NOW + timedelta(minutes=1)).requests == 0
        same = poll(network, batch.cursor, NOW + timedelta(minutes=6))
        assert (same.posts.num_rows, same.requests, same.cursor) == (0, 1, batch.cursor)
        assert served.seen[1][1]["if-modified-since"] == "Mon, 23 Nov 2026 08:00:00 GMT"
        state |= {"body": rss(item(3), item(1)), "etag": '"2"'}
        network.close()
        again = opened(served, "/rss")  # another process, with what the archive holds
        assert poll(again, batch.cursor).posts["text"].to_pylist() == ["3"]
        again.close()


def test_a_later_version_is_told_once() -> None:
    with serve({"/rss": answer(200, rss(item(1, "eski")))}) as served:
        network = opened(served, "/rss")
        batch = poll(network)
        stamp = "<pubDate>Mon, 23 Nov 2026 08:00:00 GMT</pubDate>"
        later = stamp + "<updated xmlns='http://www.w3.org/2005/Atom'>2026-11-23T08:30:00Z</updated>"
        served.routes["/rss"] = answer(200, rss(item(1, "yeni, tarihsiz", stamp)))
        batch = poll(network, batch.cursor, NOW + timedelta(minutes=6))
        assert batch.posts.num_rows == 0
        served.routes["/rss"] = answer(200, rss(item(1, "yeni", later)))
        batch = poll(network, batch.cursor, NOW + timedelta(minutes=12))
        assert batch.posts["text"].to_pylist() == ["yeni"]
        assert batch.posts["edited_at"].to_pylist() == [datetime(2026, 11, 23, 8, 30, tzinfo=UTC)]
        assert poll(network, batch.cursor, NOW + timedelta(minutes=18)).posts.num_rows == 0
        network.close()


def test_a_broken_feed_stops_no_other_and_is_asked_more_and_more_rarely() -> None:
    routes = {
        "/good": answer(200, rss(item(1))),
        "/down": answer(503),
        "/gone": answer(410),
        "/page": answer(200, b"<html><body>no feed</body></html>"),
        "/empty": answer(200, b""),
        "/busy": answer(429, Retry_After="7200"),
    }
    with serve(routes) as served:
        network = opened(served, *routes)
        first = poll(network)
        assert (first.requests, first.wait) == (FEEDS_A_POLL, 0.0)
        second = poll(network, first.cursor)
        kinds = {reject.kind for reject in first.rejects + second.rejects}
        assert kinds == {"feed_server_fault", "feed_not_found", "feed_not_a_feed", "feed_rate_limited"}
        assert first.posts.num_rows + second.posts.num_rows == 1
        health = {one.url.removeprefix(served.url): one for one in network.health()}
        assert health["/good"].fault is None
        assert health["/good"].title == "T"
        assert health["/down"].fault == "server_fault"
        assert health["/busy"].due_at == NOW + timedelta(hours=2)
        assert health["/gone"].due_at == NOW + timedelta(hours=1)
        delays, at = [], NOW
        for _ in range(8):
            due = next(one.due_at for one in network.health() if one.url.endswith("/down"))
            assert due is not None
            delays.append(due - at)
            at = due
            while poll(network, None, at).wait == 0.0:
                pass
        assert delays[0] == EVERY * 2
        assert delays == sorted(delays)
        assert delays[-1] == LONGEST
        served.routes["/down"] = answer(200, rss(item(9)))
        poll(network, None, at + LONGEST)
        poll(network, None, at + LONGEST)
        assert {one.url: one.failures for one in network.health()}[served.url + "/down"] == 0
        network.close()


@pytest.mark.parametrize(
    ("head", "headers", "minutes"),
    [
        ("", {}, 5),
        ("<ttl>20</ttl>", {}, 20),
        ("<ttl>1</ttl>", {}, 5),
        ("<ttl>99999</ttl>", {}, 360),
        ("<ttl>²</ttl>", {}, 5),
        ("", {"Cache_Control": "public, max-age=1800"}, 30),
        ("", {"Cache_Control": "max-age=31536000"}, 60),
    ],
)
def test_hints_are_kept_within_reason(head: str, headers: dict[str, str], minutes: int) -> None:
    with serve({"/rss": answer(200, rss(item(1), head=head), **headers)}) as served:
        network = opened(served, "/rss")
        poll(network)
        assert network.health()[0].due_at == NOW + timedelta(minutes=minutes)
        network.close()


def test_through_every_kill() -> None:
    routes = {f"/{name}": answer(200, rss(*(item(n, f"{name}{n}") for n in range(20)))) for name in "abcdefghij"}
    with serve(routes) as served:
        wanted = [f"{served.url}/{name}#g{number}" for name in "abcdefghij" for number in range(20)]
        check_network(lambda: opened(served, *routes), posts=wanted, now=lambda: NOW, rounds=6)


def test_memory_of_entries_is_bounded() -> None:
    with serve({"/rss": answer(200, rss(*(item(n) for n in range(2000))))}) as served:
        network = opened(served, "/rss")
        batch = poll(network)
        assert batch.posts.num_rows == REMEMBERED
        assert len(batch.cursor or "") < 20_000
        again = poll(network, batch.cursor, NOW + timedelta(hours=1))
        assert again.posts.num_rows == 0
        network.close()


def test_long_and_empty_entries() -> None:
    body = rss(
        item(1, "x" * 20_000), "<item></item>", item(2, " "), item(3, "k", f"<description>{'y ' * 9000}</description>")
    )
    with serve({"/rss": answer(200, body)}) as served:
        network = opened(served, "/rss")
        batch = poll(network)
        network.close()
    assert [len(text) <= 5000 for text in batch.posts["text"].to_pylist()] == [True, True]
    assert [(reject.kind, reject.n) for reject in batch.rejects] == [("entry_unreadable", 2)]


def test_nothing_inside_a_feed_is_ever_fetched() -> None:
    entity = '<!DOCTYPE x [<!ENTITY e SYSTEM "URL/secret"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
    with serve({"/secret": answer(200, b"secret")}) as served:
        text = entity.replace("URL", served.url) + rss(item(1, "a&e;&f;b")).decode()
        text += f'<?xml-stylesheet href="{served.url}/secret"?>'
        served.routes["/rss"] = answer(200, text.encode())
        network = opened(served, "/rss")
        batch = poll(network)
        network.close()
        assert [path for path, _ in served.seen] == ["/rss"]
    assert not any("secret" in row or "root:" in row for row in batch.posts["text"].to_pylist())


def test_an_entity_bomb_is_no_bomb() -> None:
    layers = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    body = f'<!DOCTYPE rss [<!ENTITY a0 "ha">{layers}]>'.encode() + rss(item(1, "&a11;"))
    with serve({"/rss": answer(200, body)}) as served:
        network = opened(served, "/rss")
        batch = poll(network)
        network.close()
    assert all(len(text) < 1000 for text in batch.posts["text"].to_pylist())


def _torn(body: bytes, dice: random.Random) -> bytes:
    noise = [
        b"<",
        b">",
        b"&",
        b"\x00",
        b"\xff",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"<item>",
        b"</entry>",
        b"&#x0;",
        b"\xc3",
    ]
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(body) or 1)
        turn = dice.random()
        if turn < 0.4:
            body = body[:at] + dice.choice(noise) + body[at:]
        elif turn < 0.6:
            body = body[:at] + body[at + dice.randrange(1, 40) :]
        elif turn < 0.7:
            body = body[:at]
        elif turn < 0.85:
            body = body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]
        else:
            end = at + dice.randrange(200)
            body = body[:end] + body[at:end] * 2 + body[end:]
    return body


def test_a_thousand_mutated_feeds() -> None:
    dice = random.Random(13)
    sources = [path.read_bytes() for path in sorted(FIXTURES.iterdir())]
    bodies = [_torn(dice.choice(sources), dice) for _ in range(1000)]
    turn = iter(bodies)
    with serve({"/rss": lambda request: say(request, 200, next(turn))}) as served:
        network = opened(served, "/rss", every=timedelta(seconds=1))
        told = read = 0
        for number in range(len(bodies)):
            batch = poll(network, None, NOW + timedelta(days=number))
            assert batch.requests == 1
            told += sum(reject.n for reject in batch.rejects)
            read += batch.posts.num_rows > 0
            if batch.posts.num_rows == 0 and not batch.rejects:
                assert network.health()[0].fault is None  # a sound feed in which nothing is new or left
        network.close()
    assert read > 500
    assert told > 10


def test_feeds_of_the_world(shared: Path) -> None:
    routes = {f"/{path.name}": answer(200, path.read_bytes()) for path in sorted((shared / "wire" / "feeds").iterdir())}
    with serve(routes) as served:
        network = opened(served, *routes)
        rows: list[dict[str, Any]] = []
        cursor = None
        for _ in range(3):
            batch = poll(network, cursor)
            cursor = batch.cursor
            rows += batch.posts.to_pylist()
            assert batch.rejects == ()
        assert all(one.fault is None for one in network.health())
        network.close()
    assert {row["author_name"] for row in rows} >= {"Zeuhl", "One Thing Well", "SecDSM"}
    assert any(row["text"] == "Mëkanïk Zaïn" for row in rows)
    assert len(rows) == len({row["id"] for row in rows}) > 60
    assert not any("<p>" in row["text"] or "</" in row["text"] for row in rows)


@pytest.mark.parametrize(
    ("feeds", "code"),
    [
        ("", "option_missing"),
        (" \n ", "option_missing"),
        ("https://a.test/feed\nhttp://127.0.0.1/feed", "address_private"),
        ("file:///etc/passwd", "address_scheme"),
        ("https://a:b@c.test/feed", "address_credentials"),
        ("http://a.test:6379/", "address_port"),
    ],
)
def test_wrong_options(feeds: str, code: str) -> None:
    with pytest.raises(InvalidInput) as fault:
        KIND.open("feeds:x", {"feeds": feeds})
    assert fault.value.code == code


def test_options_as_people_type_them() -> None:
    typed = "a.test/feed\nhttps://www.youtube.com/channel/UCinventedinvented0001\na.test/feed"
    network = KIND.open("feeds:x", {"feeds": typed})
    assert isinstance(network, Network)
    assert isinstance(network, Feeds)
    assert [one.url for one in network.health()] == [
        "https://a.test/feed",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCinventedinvented0001",
    ]
    network.close()
    assert KIND.coverage({"feeds": "a\nb"}).params == {"feeds": 2}


@pytest.mark.parametrize(
    "cursor", ["", "x", "[]", "{}", '{"feeds":3}', '{"feeds":{"URL":{"seen":[1]}}}', json.dumps({"v": 9})]
)
def test_a_cursor_that_cannot_be_read_is_as_none(cursor: str) -> None:
    with serve({"/rss": answer(200, rss(item(1)))}) as served:
        network = opened(served, "/rss")
        assert poll(network, cursor.replace("URL", served.url + "/rss")).posts.num_rows == 1
        network.close()
