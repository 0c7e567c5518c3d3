"""One status into a post: every field, odd shapes, other people's servers, and noise."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kalkan.networks.statuses import LocalIds, Unreadable, order, read_status
from kalkan.networks.streams import EventReader
from kalkan.posts import Post, posts_table

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FIXTURES = Path(__file__).parent / "fixtures" / "mastodon"


def full() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "status_full.json").read_text())
    return found


def read(status: object, ids: LocalIds | None = None) -> Post:
    return read_status(status, host="meydan.test", source="mastodon:meydan.test", now=NOW, ids=ids or LocalIds())


def test_every_field() -> None:
    assert read(full()) == Post(
        id="https://meydan.test/users/defne/statuses/113500000000000042",
        network="mastodon",
        source="mastodon:meydan.test",
        author_id="https://meydan.test/users/defne",
        author_handle="defne@meydan.test",
        author_name="Defne  Ö.",
        text="Fındık'ın yeni menüsü @bora & ben\nbakalım: findik.test/menu/kis… #KisMenusu\n\n3 < 5 :kedi:",
        seen_at=NOW,
        created_at=datetime(2026, 11, 20, 8, 15, 30, 250_000, tzinfo=UTC),
        edited_at=datetime(2026, 11, 20, 8, 20, tzinfo=UTC),
        langs=("tr",),
        reply_to="meydan.test/113500000000000007",
        quote_of="https://deniz.test/users/bora/statuses/9",
        url="https://meydan.test/@defne/113500000000000042",
        warning="kahve, uzun",
        links=("https://findik.test/menu/kis-2026?x=1&y=2",),
        tags=("KisMenusu",),
        handles=("bora@deniz.test",),
        media=2,
        media_alts=("İki fincan kahve",),
        labels=("sensitive", "bot", "noindex"),
        poll=("Evet", "Hayır"),
    )


def test_a_parent_that_was_seen_is_named_by_its_uri() -> None:
    ids = LocalIds()
    parent = full() | {"id": "113500000000000007", "uri": "https://deniz.test/users/bora/statuses/1", "quote": None}
    read(parent, ids)
    assert read(full(), ids).reply_to == "https://deniz.test/users/bora/statuses/1"
    assert ids.local("https://deniz.test/users/bora/statuses/1") == "113500000000000007"


def test_a_quote_that_only_gives_a_number() -> None:
    assert read(full() | {"quote": {"state": "accepted", "quoted_status_id": "9"}}).quote_of == "meydan.test/9"
    unquoted = read(full() | {"quote": {"state": "revoked", "quoted_status": None}})
    assert unquoted.quote_of is None
    assert unquoted.text.startswith("RE: deniz.test/@bora/9")


@pytest.mark.parametrize("visibility", ["private", "direct", "limited", "", None, "PUBLIC"])
def test_what_is_not_public_is_never_kept(visibility: object) -> None:
    with pytest.raises(Unreadable, match="not_public"):
        read(full() | {"visibility": visibility})


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"uri": None, "url": None}, "no_id"),
        ({"uri": "", "url": 7}, "no_id"),
        ({"uri": "x" * 5000, "url": None}, "no_id"),
        ({"account": None}, "no_author"),
        ({"account": {"acct": ""}}, "no_author"),
        ({"reblog": {"id": "1"}}, "reblog"),
    ],
)
def test_refused(change: dict[str, Any], kind: str) -> None:
    with pytest.raises(Unreadable, match=kind):
        read(full() | change)


def test_odd_fields_are_as_good_as_missing() -> None:
    odd = full() | {"language": 5, "created_at": "yesterday", "edited_at": 3, "tags": "x", "mentions": {"a": 1}}
    odd |= {"media_attachments": [1, None], "poll": {"options": "x"}, "spoiler_text": None, "url": "javascript:x"}
    odd |= {"in_reply_to_id": ["x"], "sensitive": "yes", "content": None}
    post = read(odd)
    assert (post.text, post.langs, post.created_at, post.edited_at, post.url) == ("", (), None, None, None)
    assert (post.tags, post.handles, post.media, post.poll, post.reply_to, post.warning) == ((), (), 0, (), None, None)


def test_numbers_are_ordered_as_numbers() -> None:
    assert max(["9", "10", "113500000000000042"], key=order) == "113500000000000042"


def test_old_numbers_are_forgotten_first() -> None:
    ids = LocalIds(most=3)
    for number in range(5):
        ids.learn(str(number), f"uri:{number}")
    assert [ids.uri(str(number)) for number in range(5)] == [None, None, "uri:2", "uri:3", "uri:4"]
    assert ids.local("uri:0") is None


def _mutated(value: Any, dice: random.Random) -> Any:
    """``value`` with one thing in it replaced, removed or doubled."""
    noise: list[Any] = [None, True, -1, 2**70, 1e400, "", "\ud800", "<" * 50, [], {}, [[]], {"a": {"b": []}}, "9999-99"]
    noise += ["0001-01-01T00:00:00+23:59", "https://[", "\x00", "x" * 5000, float("nan"), "9999-12-31T23:59:59-23:59"]
    if isinstance(value, dict) and value and dice.random() < 0.85:
        key = dice.choice(sorted(value))
        if dice.random() < 0.1:
            return {name: one for name, one in value.items() if name != key}
        return value | {key: _mutated(value[key], dice)}
    if isinstance(value, list) and value and dice.random() < 0.7:
        at = dice.randrange(len(value))
        return value[:at] + [_mutated(value[at], dice)] * dice.randrange(3) + value[at + 1 :]
    if isinstance(value, str) and value and dice.random() < 0.5:
        at = dice.randrange(len(value))
        return value[:at] + dice.choice(["<", '"', "\ud83d", "\x00", ">", "&#", "é", ""]) + value[at + 1 :]
    return dice.choice(noise)


def test_ten_thousand_mutated_statuses() -> None:
    dice = random.Random(3)
    ids = LocalIds()
    kept: list[Post] = []
    dropped: Counter[str] = Counter()
    for _ in range(10_000):
        status: Any = copy.deepcopy(full())
        for _ in range(dice.randrange(1, 4)):
            status = _mutated(status, dice)
        try:
            kept.append(read(status, ids))
        except Unreadable as fault:
            dropped[fault.kind] += 1
    table = posts_table(kept)
    table.validate(full=True)
    assert table.num_rows + dropped.total() == 10_000
    assert set(dropped) <= {"not_a_status", "no_id", "no_author", "not_public", "reblog"}
    assert table.num_rows > 5000


def test_statuses_of_a_real_server(shared: Path) -> None:
    folder = shared / "wire" / "mastodon"
    found: list[Post] = []
    private = 0
    for path in sorted(folder.glob("*.json")):
        if path.stem.startswith(("status", "timelines")) and "history" not in path.stem:
            data = json.loads(path.read_text())
            found += [read(status) for status in (data if isinstance(data, list) else [data])]
    for path in sorted(folder.glob("*.sse")):
        reader = EventReader()
        for event in reader.feed(path.read_bytes()):
            if event.name in ("update", "status.update"):
                try:
                    found.append(read(json.loads(event.data or "")))
                except Unreadable as fault:
                    assert fault.kind == "not_public"
                    private += 1
    assert len(found) > 8
    assert private > 0
    assert posts_table(found).num_rows == len(found)
    assert any(post.poll for post in found)
    assert any(post.quote_of for post in found)
    assert any(post.edited_at for post in found)
    assert not any("<p" in post.text or "</" in post.text for post in found)
