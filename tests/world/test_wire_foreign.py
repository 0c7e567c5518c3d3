"""Our Mastodon server read by a client of other authors: Mastodon.py."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kalkan.world.wire import Board, MastodonServer
from tests.world.wire_plays import MASTODON, NOON, PEOPLE, said

mastodon = pytest.importorskip("mastodon")


@pytest.fixture
def board() -> Board:
    board = Board(PEOPLE)
    for event in MASTODON:
        board.tell(event)
    return board


@pytest.fixture
def server(board: Board) -> Iterator[MastodonServer]:
    with MastodonServer(board) as server:
        yield server


def client(server: MastodonServer, **how: Any) -> Any:
    return mastodon.Mastodon(api_base_url=server.url, version_check_mode="none", ratelimit_method="throw", **how)


def test_timelines_are_paged_by_its_own_reading_of_the_links(server: MastodonServer, board: Board) -> None:
    for n in range(95):
        board.tell(said(f"x{n}", "ada", 10 + n, f"x{n}"))
    api = client(server)
    first = api.timeline_public(limit=40)
    everything = api.fetch_remaining(first)
    assert len(everything) == 100
    assert [one.created_at for one in everything] == sorted((one.created_at for one in everything), reverse=True)
    assert api.fetch_previous(api.fetch_next(first))[0].id == first[0].id


def test_entities_are_understood(server: MastodonServer) -> None:
    api = client(server)
    first = api.timeline_public()[-1]
    assert first.created_at == NOON
    assert first.account.acct == "ada"
    assert first.language == "tr"
    assert [tag.name for tag in first.tags] == ["kahve"]
    thread = api.status_context(first.id)
    assert [one.created_at - NOON for one in thread.descendants] == [timedelta(minutes=1), timedelta(minutes=2)]
    poll = next(one for one in api.timeline_public() if one.poll)
    assert [option.title for option in poll.poll.options] == ["Çay", "Kahve"]
    assert poll.edited_at > poll.created_at
    assert api.instance_v2().version == "4.6.4"
    with pytest.raises(mastodon.MastodonNotFoundError):
        api.status(1)


def test_a_spent_budget_is_understood(board: Board) -> None:
    with MastodonServer(board, limit=5) as server:
        api = client(server)
        assert api.timeline_public()
        with pytest.raises(mastodon.MastodonRatelimitError):
            for _ in range(6):
                api.timeline_public()


def test_streams_are_understood(server: MastodonServer, board: Board) -> None:
    heard: list[tuple[str, Any]] = []
    all_heard = threading.Event()

    class Ear(mastodon.StreamListener):  # type: ignore[misc, name-defined]
        def on_update(self, status: Any) -> None:
            heard.append(("update", status.content))

        def on_status_update(self, status: Any) -> None:
            heard.append(("edit", status.content))

        def on_delete(self, status_id: Any) -> None:
            heard.append(("delete", int(status_id)))
            all_heard.set()

    stream = client(server, access_token=server.token).stream_public(Ear(), run_async=True)
    limit = time.monotonic() + 5
    while not server.streams and time.monotonic() < limit:
        time.sleep(0.01)
    board.tell(said("s1", "ada", 30, "bir"))
    board.tell(said("s1", "ada", 31, "iki", verb="edit"))
    board.tell(said("s1", "ada", 32, verb="delete"))
    assert all_heard.wait(5)
    server.disconnect_all()  # its thread looks for its own end only when something comes
    stream.close()
    assert heard[:2] == [("update", "<p>bir</p>"), ("edit", "<p>iki</p>")]
