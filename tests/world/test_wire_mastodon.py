"""The Mastodon server against plain HTTP clients, behaviour by documented behaviour."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from kalkan.world.wire import Board, MastodonServer
from tests.world.wire_plays import MASTODON, NOON, PEOPLE, said

PUBLIC = "/api/v1/timelines/public"


@pytest.fixture
def board() -> Board:
    board = Board(PEOPLE)
    for event in MASTODON:
        board.tell(event)
    return board


@pytest.fixture
def server(board: Board) -> Iterator[MastodonServer]:
    with MastodonServer(board, now=lambda: NOON + timedelta(seconds=61)) as server:
        yield server


@pytest.fixture
def client(server: MastodonServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=10) as client:
        yield client


def statuses(client: httpx.Client, path: str = PUBLIC, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def minutes(found: list[dict[str, Any]]) -> list[float]:
    """When they were written, in minutes from noon: the names of the play's statuses."""
    return [(datetime.fromisoformat(one["created_at"]) - NOON).total_seconds() / 60 for one in found]


def test_the_public_timeline_is_newest_first_and_without_answers_to_others(client: httpx.Client) -> None:
    assert minutes(statuses(client)) == [5, 4, 3, 2, 0]
    assert minutes(statuses(client, local="true")) == [5, 4, 2, 0]
    assert minutes(statuses(client, remote="true")) == [3]
    assert minutes(statuses(client, only_media="true")) == [4]


def test_the_hashtag_timeline_has_answers_and_any_case(client: httpx.Client) -> None:
    assert minutes(statuses(client, "/api/v1/timelines/tag/KAHVE")) == [1, 0]
    assert statuses(client, "/api/v1/timelines/tag/yok") == []


def test_pages_go_both_ways(client: httpx.Client) -> None:
    answer = client.get(PUBLIC, params={"limit": 2, "local": "true"})
    first = answer.json()
    assert minutes(first) == [5, 4]
    older = httpx.get(answer.links["next"]["url"])
    assert "local=true" in answer.links["next"]["url"]
    assert minutes(older.json()) == [2, 0]
    newer = httpx.get(older.links["prev"]["url"])
    assert newer.json() == first
    last = httpx.get(older.links["next"]["url"])
    assert (last.json(), last.links) == ([], {})


def test_since_gives_the_newest_and_min_those_right_after(client: httpx.Client) -> None:
    oldest = statuses(client)[-1]["id"]
    assert minutes(statuses(client, since_id=oldest, limit=2)) == [5, 4]
    assert minutes(statuses(client, min_id=oldest, limit=2)) == [3, 2]
    newest = statuses(client)[0]["id"]
    assert minutes(statuses(client, min_id=oldest, max_id=newest)) == [4, 3, 2]


def test_no_page_has_more_than_forty(client: httpx.Client, board: Board) -> None:
    for n in range(60):
        board.tell(said(f"x{n}", "ada", 10 + n, "x"))
    assert len(statuses(client)) == 20
    assert len(statuses(client, limit=100)) == 40


def test_content_is_what_the_formatter_makes(client: httpx.Client) -> None:
    told = dict(zip(minutes(statuses(client)), statuses(client), strict=True))
    assert told[0]["content"] == (
        "<p>Bir &amp; iki &lt; üç &quot;dört&quot; &#39;beş&#39;<br />yeni satır</p><p>yeni paragraf "
        '<a href="https://sahil.test/tags/kahve" class="mention hashtag" rel="tag">#<span>Kahve</span></a></p>'
    )
    assert told[3]["content"] == "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    assert (told[3]["sensitive"], told[3]["spoiler_text"]) == (True, "spoiler <b>")
    assert told[3]["account"]["acct"] == "far@uzak.test"
    assert told[3]["uri"].startswith("https://uzak.test/")
    assert "application" not in told[3]


def test_links_and_mentions_are_anchors_with_invisible_parts(client: httpx.Client) -> None:
    answer = statuses(client, "/api/v1/timelines/tag/kahve")[0]
    assert answer["content"] == (
        '<p><span class="h-card" translate="no"><a href="https://sahil.test/@ada" class="u-url mention">@<span>ada'
        '</span></a></span> <a href="https://www.kahve.test/uzun/bir/yol/ki/otuz/harfi/gecsin" target="_blank" '
        'rel="nofollow noopener" translate="no"><span class="invisible">https://www.</span><span class="ellipsis">'
        'kahve.test/uzun/bir/yol/ki/otu</span><span class="invisible">z/harfi/gecsin</span></a> bak</p>'
        '<p><a href="https://sahil.test/tags/kahve" class="mention hashtag" rel="tag">#<span>kahve</span></a></p>'
    )
    assert [one["acct"] for one in answer["mentions"]] == ["ada"]
    assert answer["mentions"][0]["id"] == answer["in_reply_to_account_id"]


def test_polls_pictures_edits_quotes_and_counts(client: httpx.Client) -> None:
    quote, poll, *_, first = statuses(client)
    assert [option["title"] for option in poll["poll"]["options"]] == ["Çay", "Kahve"]
    assert [media["description"] for media in poll["media_attachments"]] == ["Bir fincan", None]
    assert poll["edited_at"] == "2026-05-01T12:07:00.000Z"
    assert poll["content"] == "<p>Hangisi olsun?</p>"
    assert quote["quote"]["state"] == "accepted"
    assert quote["quote"]["quoted_status"]["id"] == poll["id"]
    assert quote["content"].startswith('<p class="quote-inline">RE: <a href="https://sahil.test/@cem/')
    assert (first["favourites_count"], first["reblogs_count"], first["replies_count"]) == (1, 1, 2)


def test_a_deleted_status_is_not_found_anywhere(client: httpx.Client, board: Board) -> None:
    quoted = statuses(client)[1]["id"]
    assert client.get(f"/api/v1/statuses/{quoted}").status_code == 200
    board.tell(said("m5", "ada", 8, verb="delete"))
    assert client.get(f"/api/v1/statuses/{quoted}").status_code == 200  # nobody deletes what another wrote
    board.tell(said("m5", "cem", 9, verb="delete"))
    answer = client.get(f"/api/v1/statuses/{quoted}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Record not found"})
    assert minutes(statuses(client)) == [5, 3, 2, 0]
    assert statuses(client)[0]["quote"] == {"state": "deleted", "quoted_status": None}


def test_a_thread_has_what_is_above_and_below(client: httpx.Client, board: Board) -> None:
    board.tell(said("m7", "ada", 10, "cevaba cevap", reply_to="m2"))
    middle = statuses(client, "/api/v1/timelines/tag/kahve")[0]["id"]
    told = client.get(f"/api/v1/statuses/{middle}/context").json()
    assert minutes(told["ancestors"]) == [0]
    assert minutes(told["descendants"]) == [10]
    root = client.get(f"/api/v1/statuses/{told['ancestors'][0]['id']}/context").json()
    assert minutes(root["descendants"]) == [1, 10, 2]


def test_the_instance_tells_its_version_and_limits(client: httpx.Client) -> None:
    told = client.get("/api/v2/instance").json()
    assert told["domain"] == "sahil.test"
    assert told["configuration"]["statuses"]["max_characters"] == 500
    assert told["configuration"]["urls"]["streaming"].startswith("ws://127.0.0.1:")


def test_three_hundred_requests_in_five_minutes_and_no_more(board: Board) -> None:
    moment = [datetime(2026, 5, 1, 12, 3, tzinfo=UTC)]
    with (
        MastodonServer(board, now=lambda: moment[0], limit=3) as server,
        httpx.Client(base_url=server.url) as client,
    ):
        answers = [client.get(PUBLIC, params={"limit": 1}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
        assert answers[3].headers["X-RateLimit-Reset"] == "2026-05-01T12:05:00.000000Z"
        assert answers[3].json() == {"error": "Too many requests"}
        signed_in = client.get(PUBLIC, headers={"Authorization": f"Bearer {server.token}"})
        assert signed_in.status_code == 200  # a token has a budget of its own
        moment[0] += timedelta(minutes=2)
        assert client.get(PUBLIC).status_code == 200


def test_a_token_adds_what_only_a_user_sees(client: httpx.Client, server: MastodonServer) -> None:
    anonymous = statuses(client)[0]
    mine = statuses(client, access_token=server.token)[0]
    assert set(mine) - set(anonymous) == {"favourited", "reblogged", "muted", "bookmarked", "pinned", "filtered"}
    wrong = client.get(PUBLIC, headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.json()) == (401, {"error": "The access token is invalid"})


def test_a_closed_server_wants_a_token(board: Board) -> None:
    with MastodonServer(board, open_to_all=False) as server:
        refused = httpx.get(server.url + PUBLIC)
        assert (refused.status_code, refused.json()) == (401, {"error": "This method requires an authenticated user"})
        assert httpx.get(server.url + PUBLIC, headers={"Authorization": f"Bearer {server.token}"}).status_code == 200


def test_refusals_on_demand(client: httpx.Client, server: MastodonServer) -> None:
    server.refuse(1, 503)
    server.refuse(1, 429, retry_after=9)
    first, second, third = (client.get(PUBLIC) for _ in range(3))
    assert (first.status_code, second.status_code, third.status_code) == (503, 429, 200)
    assert second.headers["Retry-After"] == "9"


def test_unknown_things_are_not_found(client: httpx.Client) -> None:
    for path in ("/", "/api/v1/statuses/x", "/api/v1/statuses/1", "/api/v1/streaming/user", "/api/v1/statuses/1/x"):
        assert client.get(path).status_code in (401, 404)
    assert client.post(PUBLIC).status_code == 404


# Streams


class Ear:
    """Listens to a stream in a thread; keeps its lines."""

    def __init__(self, server: MastodonServer, path: str, **params: str) -> None:
        self.lines: list[str] = []
        self.ended = threading.Event()
        self._asked = (server.url + "/api/v1/streaming/" + path, {"access_token": server.token, **params})
        before = server.streams
        threading.Thread(target=self._listen, daemon=True).start()
        self._wait(lambda: server.streams == before + 1)

    def _listen(self) -> None:
        url, params = self._asked
        with httpx.stream("GET", url, params=params, timeout=10) as answer:
            for line in answer.iter_lines():
                self.lines.append(line)
        self.ended.set()

    @staticmethod
    def _wait(there: Any) -> None:
        limit = time.monotonic() + 5
        while not there():
            assert time.monotonic() < limit
            time.sleep(0.01)

    def events(self, n: int) -> list[str]:
        """The first ``n`` events by name."""
        self._wait(lambda: sum(line.startswith("data:") for line in self.lines) >= n)
        return [line[7:] for line in self.lines if line.startswith("event:")]


def test_streams_want_a_token(client: httpx.Client) -> None:
    missing, wrong = (client.get("/api/v1/streaming/public", params=p) for p in ({}, {"access_token": "x"}))
    assert (missing.status_code, missing.json()) == (401, {"error": "Missing access token"})
    assert (wrong.status_code, wrong.json()) == (401, {"error": "Invalid access token"})
    assert client.get("/api/v1/streaming/health").text == "OK"


def test_streams_tell_new_edited_and_deleted(server: MastodonServer, board: Board) -> None:
    public, tagged = Ear(server, "public"), Ear(server, "hashtag", tag="kahve")
    remote = Ear(server, "public/remote")
    board.tell(said("s1", "ada", 30, "yeni #Kahve", tags=("Kahve",)))
    board.tell(said("s2", "cem", 31, "@ada cevap", reply_to="s1"))
    board.tell(said("s1", "ada", 32, "daha yeni #Kahve", verb="edit", tags=("Kahve",)))
    board.tell(said("s3", "far", 33, "uzaktan"))
    board.tell(said("s1", "ada", 34, verb="delete"))
    assert public.events(4) == ["update", "status.update", "update", "delete"]
    assert public.lines[0] == ":)"
    assert tagged.events(3) == ["update", "status.update", "delete"]
    assert remote.events(1) == ["update"]
    data = [line for line in public.lines if line.startswith("data: ")]
    assert data[-1].removeprefix("data: ").isdigit()
    assert "edited_at" in data[1]


def test_streams_end_when_told_and_when_the_server_closes(board: Board) -> None:
    with MastodonServer(board) as server:
        first = Ear(server, "public")
        server.disconnect_all()
        assert first.ended.wait(5)
        second = Ear(server, "public")
        began = time.monotonic()
    assert second.ended.wait(5)
    assert time.monotonic() - began < 3
