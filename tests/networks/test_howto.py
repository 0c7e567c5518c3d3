"""The network that the how-to writes is a network: its code runs on an invented listing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import regex

from kalkan.errors import NetworkError
from kalkan.networks.base import Kind, Network
from kalkan.posts import POSTS

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-network.md"


def opened(answer: Any, *, status: int = 200) -> tuple[Network, list[dict[str, str]]]:
    found = regex.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), regex.DOTALL)
    assert found
    space: dict[str, Any] = {"__name__": "howto"}
    exec(compile(found[1], str(PAGE), "exec"), space)
    asked: list[dict[str, str]] = []

    def fetch(path: str, query: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        assert path == "/r/kahve/comments.json"
        asked.append(query)
        return status, json.dumps(answer).encode(), {"retry-after": "7"}

    kind = space["kind"](fetch)
    assert isinstance(kind, Kind)
    return kind.open("reddit:kahve", {"subreddit": "kahve"}), asked


def comment(number: int, **more: Any) -> dict[str, Any]:
    at = NOW - timedelta(seconds=500 - number)
    data = {"name": f"t1_{number}", "body": f"yorum {number}", "author": "defne", "created_utc": at.timestamp()}
    return {"kind": "t1", "data": {**data, "parent_id": "t3_a", "link_id": "t3_a", "edited": False, **more}}


def listing(*children: Any) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"children": list(children)}}


def test_a_listing_becomes_a_batch() -> None:
    broken = {"kind": "t1", "data": {"name": "t1_x"}}
    network, asked = opened(listing(comment(3, body="bak https://a.test/b."), comment(2), broken))
    assert isinstance(network, Network)
    batch = network.poll(None, now=NOW)
    assert batch.posts.schema == POSTS
    assert batch.posts["id"].to_pylist() == ["reddit:t1_3", "reddit:t1_2"]
    assert batch.posts["links"].to_pylist()[0] == ["https://a.test/b"]
    assert [(reject.kind, reject.n) for reject in batch.rejects] == [("bad_comment", 1)]
    network.poll(batch.cursor, now=NOW)
    assert asked[1]["before"] == "t1_3"
    network.watch(frozenset())
    network.close()


def test_a_full_page_after_a_pause_is_a_gap() -> None:
    network, _ = opened(listing(*(comment(number) for number in range(100))))
    cursor = json.dumps({"name": "t1_0", "at": (NOW - timedelta(days=1)).isoformat()})
    assert [gap.why for gap in network.poll(cursor, now=NOW).gaps] == ["clamped"]
    assert network.poll(None, now=NOW).gaps == ()


def test_the_networks_own_failure_raises_with_its_wait() -> None:
    with pytest.raises(NetworkError) as error:
        opened({}, status=429)[0].poll(None, now=NOW)
    assert (error.value.retry_after, error.value.permanent) == (7.0, False)
    with pytest.raises(NetworkError):
        opened(["no listing"])[0].poll(None, now=NOW)
