"""Notifications of both networks: what is for us comes once, with what stands around it, and nothing private comes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from kalkan.errors import ArchiveDamaged, InvalidInput, NetworkError
from kalkan.networks.bluesky_publish import BlueskyPublisher
from kalkan.networks.mastodon_publish import MastodonPublisher
from kalkan.networks.notifications import FIRST, PAGES, poll, source_of
from tests.conftest import NOW

OURS, THEM = "did:plc:findik", "did:plc:naz"
Answer = Callable[[str, list[tuple[str, str]]], Any]


def uri(name: str, did: str = THEM) -> str:
    return f"at://{did}/app.bsky.feed.post/{name}"


def view(name: str, text: Any = "Kavanoz camdan mı?", *, minutes: float = 10, did: str = THEM, **more: Any) -> Any:
    at = (NOW - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": at, "langs": ["TR"]} | more.pop("record", {})
    author = {"did": did, "handle": "naz.test", "displayName": "Naz"}
    return {"uri": uri(name, did), "cid": "bafy", "author": author, "record": record, "indexedAt": at} | more


class Bluesky(BlueskyPublisher):
    """An account whose server answers what a test says."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"bluesky:{OURS}", {"did": OURS, "handle": "findik.test"}, keep=lambda _: None)
        self.answer, self.calls = answer, list[str]()

    def asked(self, method: str, params: Any, *, now: datetime) -> dict[str, Any]:
        self.calls.append(method)
        name, _, query = method.partition("?")
        found = self.answer(name, parse_qsl(query))
        if isinstance(found, Exception):
            raise found
        return dict(found)


class Mastodon(MastodonPublisher):
    """The same for Mastodon."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("mastodon:https://sahil.test/users/1", {"server": "https://sahil.test", "token": "t"},
                         keep=lambda _: None)  # fmt: skip
        self.answer, self.calls = answer, list[str]()

    def asked(self, path: str, params: Any = None, *, now: datetime) -> Any:
        self.calls.append(path)
        found = self.answer(urlsplit(path).path, parse_qsl(urlsplit(path).query))
        if isinstance(found, Exception):
            raise found
        return found


def test_bluesky_tells_who_answered_quoted_and_mentioned_and_what_stands_around() -> None:
    reply = {"parent": {"uri": uri("ours", OURS), "cid": "c"}, "root": {"uri": uri("ours", OURS), "cid": "c"}}
    told = [
        view("like", minutes=1) | {"reason": "like"},
        view("a", minutes=2, record={"reply": reply}) | {"reason": "reply"},
        view("q", minutes=3) | {"reason": "quote"},
        view("m", minutes=4) | {"reason": "mention"},
        view("broken", {"not": "text"}, minutes=5) | {"reason": "mention"},
        view("forged", minutes=6) | {"reason": "mention", "uri": uri("forged", "did:plc:other")},
        view("old", minutes=60 * 24 * 4) | {"reason": "mention"},
    ]

    def answer(method: str, query: list[tuple[str, str]]) -> Any:
        if method == "app.bsky.feed.getPosts":
            assert query == [("uris", uri("ours", OURS))]
            return {"posts": [view("ours", "Yeni kavanoz", did=OURS), view("a stranger’s that nobody asked for")]}
        assert [value for name, value in query if name == "reasons"] == ["reply", "quote", "mention"]
        return {"notifications": told}

    session = Bluesky(answer)
    found = poll(session, None, now=NOW)
    assert dict(found.kinds) == {uri("a"): "reply", uri("q"): "quote", uri("m"): "handle"}
    rows = {row["id"]: row for row in found.batch.posts.to_pylist()}
    assert set(rows) == {*found.kinds, uri("ours", OURS)}
    row = rows[uri("a")]
    assert (row["reply_to"], row["root"], row["author_handle"], row["author_name"], row["langs"], row["source"]) == (
        uri("ours", OURS), uri("ours", OURS), "naz.test", "Naz", ["tr"], source_of(session.account),
    )  # fmt: skip
    assert [(one.kind, one.n) for one in found.batch.rejects] == [("bluesky_post_unreadable", 2)]
    again = poll(session, found.batch.cursor, now=NOW)
    assert set(again.kinds) <= set(found.kinds), "a little overlap, nothing else"
    with pytest.raises(ArchiveDamaged, match="cursor_unreadable"):
        poll(session, "[1]", now=NOW)


def test_bluesky_pages_back_to_where_it_was_and_says_what_it_cannot_have() -> None:
    def answer(method: str, query: list[tuple[str, str]]) -> Any:
        page = int(dict(query).get("cursor", "0"))
        return {"notifications": [view(f"p{page}", minutes=page) | {"reason": "mention"}], "cursor": str(page + 1)}

    session = Bluesky(answer)
    since = json.dumps({"until": (NOW - timedelta(minutes=4)).isoformat()})
    found = poll(session, since, now=NOW)  # ten minutes of overlap: it is not through after ten pages
    assert len(found.kinds) == PAGES and len(session.calls) == PAGES
    gap = found.batch.gaps[0]
    assert (gap.since, gap.until, gap.why) == (NOW - timedelta(minutes=14), NOW - timedelta(minutes=9), "clamped")
    with pytest.raises(NetworkError):
        poll(Bluesky(lambda method, query: NetworkError("server_fault", host="x", status=500)), since, now=NOW)


def status(number: int, **more: Any) -> dict[str, Any]:
    account = {"id": "9", "acct": "naz@kiyi.test", "display_name": "Naz", "uri": "https://kiyi.test/users/naz"}
    at = (NOW - timedelta(minutes=5)).isoformat()
    return {"id": str(number), "uri": f"https://kiyi.test/users/naz/{number}", "visibility": "public", "created_at": at,
            "content": "<p>Kavanoz <b>camdan</b> mı?</p>", "account": account} | more  # fmt: skip


def notice(number: int, kind: str = "mention", at: datetime = NOW, **more: Any) -> dict[str, Any]:
    return {"id": str(number), "type": kind, "created_at": at.isoformat(), "status": status(100 + number, **more)}


def test_mastodon_goes_forward_from_the_last_one_and_takes_nothing_private() -> None:
    told = [notice(n) for n in range(1, 4)]
    told += [notice(4, visibility="direct"), notice(5, visibility="private"), notice(6, "favourite")]
    told += [notice(7, "quote"), notice(8, in_reply_to_id="55", in_reply_to_account_id="1"), notice(9, account=None)]

    def answer(path: str, query: list[tuple[str, str]]) -> Any:
        if path.endswith("verify_credentials"):
            return {"id": "1"}
        if path.endswith("/context"):
            above = status(55, uri="https://sahil.test/users/1/55")
            return {"ancestors": [status(54, visibility="private"), above], "descendants": [status(77)]}
        asked = dict(query)
        after, below = int(asked.get("min_id", 0)), int(asked.get("max_id", 10**6))
        some = [one for one in told if after < int(one["id"]) < below]
        return list(reversed(some[:2] if "min_id" in asked else some[-2:]))

    session = Mastodon(answer)
    found = poll(session, json.dumps({"after": "1"}), now=NOW)
    names = {name.rpartition("/")[2]: kind for name, kind in found.kinds.items()}
    assert names == {"102": "handle", "103": "handle", "107": "quote", "108": "reply"}
    rows = {row["id"]: row for row in found.batch.posts.to_pylist()}
    assert rows["https://kiyi.test/users/naz/108"]["reply_to"] == "https://sahil.test/users/1/55"
    assert len(rows) == 5 and [(one.kind, one.n) for one in found.batch.rejects] == [("no_author", 1)]
    assert json.loads(found.batch.cursor or "") == {"after": "9"}
    assert poll(session, found.batch.cursor, now=NOW).batch.posts.num_rows == 0
    assert set(poll(session, None, now=NOW).kinds) >= set(found.kinds), "the first look goes back"

    told[:] = [notice(1, at=NOW - FIRST - timedelta(days=1)), notice(2)]
    first = poll(session, None, now=NOW)
    assert list(first.kinds) == ["https://kiyi.test/users/naz/102"]
    told[:] = told[:1]
    quiet = poll(session, None, now=NOW)
    assert not quiet.kinds and json.loads(quiet.batch.cursor or "") == {"after": "1"}, "what is old stays old"
    with pytest.raises(NetworkError, match="answer_unreadable"):
        poll(Mastodon(lambda path, query: {"error": "?"}), None, now=NOW)
    with pytest.raises(ArchiveDamaged, match="cursor_unreadable"):
        poll(session, "nothing", now=NOW)


def test_other_networks_have_no_such_list() -> None:
    class Elsewhere:
        network, account = "letters", "letters:1"

    with pytest.raises(InvalidInput, match="notifications_not_here"):
        poll(Elsewhere(), None, now=datetime(2026, 1, 1, tzinfo=UTC))  # type: ignore[arg-type]
