"""Our frames and answers beside recorded ones: the same keys, in the same order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kalkan.world.wire import Board, frames
from kalkan.world.wire.names import micros
from kalkan.world.wire.records import Repositories
from kalkan.world.wire.statuses import Entities
from kalkan.world.world import did
from tests.world.wire_plays import BLUESKY, MASTODON, NOON, PEOPLE


def shapes(value: Any, path: str = "") -> Iterator[tuple[str, tuple[str, ...]]]:
    """The keys of every object in ``value``, with where it stands; the type's name counts as a place."""
    if isinstance(value, dict):
        place = f"{path}<{value['$type']}>" if "$type" in value else path
        yield place, tuple(value)
        for key, inner in value.items():
            yield from shapes(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from shapes(inner, path + "[]")


def ours() -> list[dict[str, Any]]:
    repositories = Repositories(PEOPLE, did)
    told = [frame for key in ("defne", "emre") for frame in repositories.introduction(key, micros(NOON))]
    return told + [frame for event in BLUESKY if (frame := repositories.frame(event)) is not None]


def test_frames_of_the_first_wire(shared: Path) -> None:
    folder = shared / "wire" / "bluesky"
    lines = "\n".join((folder / f"jetstream_v1_{name}.jsonl").read_text() for name in ("capture", "ten_kinds"))
    recorded = [json.loads(line) for line in lines.split("\n") if line.strip()]
    recorded += json.loads((folder / "jetstream_commit_events.json").read_text())
    envelopes = {(tuple(one), tuple(one.get("commit", ()))) for one in recorded}
    for frame in ours():
        assert (tuple(frame), tuple(frame.get("commit", ()))) in envelopes
    known: dict[str, set[str]] = {}
    posts = json.loads((folder / "app_bsky_feed_post_records.json").read_text())
    for record in [one["commit"].get("record") for one in recorded if "commit" in one] + posts:
        for place, keys in shapes(record):
            known.setdefault(place, set()).update(keys)
    compared = 0
    for frame in ours():
        for place, keys in shapes(frame.get("commit", {}).get("record")):
            if place in known:
                compared += 1
                assert set(keys) <= known[place] | {"labels", "tags"}, place
    assert compared > 20


def test_a_frame_of_the_second_wire(shared: Path) -> None:
    recorded = json.loads((shared / "wire" / "bluesky" / "jetstream_v2_message_frame.json").read_text())
    first = next(frame for frame in ours() if "commit" in frame)
    told = json.loads(frames.enveloped(msgspec.json.encode(first), 12, micros(NOON)))
    assert list(told) == list(recorded)
    assert list(told["payload"]) == list(recorded["payload"])
    assert told["payload"]["$type"] == recorded["payload"]["$type"]
    assert len(told["payload"]["time"]) == len(recorded["payload"]["time"])


@pytest.fixture
def entities() -> Entities:
    board = Board(PEOPLE)
    for event in MASTODON:
        board.tell(event)
    return Entities(board, "sahil.test")


def keys_in_order(told: Any, recorded: Any, path: str = "") -> Iterator[str]:
    """Where objects differ in their keys or their order; null on a side says nothing."""
    if isinstance(told, dict) and isinstance(recorded, dict):
        if list(told) != list(recorded):
            yield f"{path}: {list(told)} / {list(recorded)}"
        for key in told.keys() & recorded.keys():
            yield from keys_in_order(told[key], recorded[key], f"{path}.{key}")
    elif isinstance(told, list) and isinstance(recorded, list) and told and recorded:
        yield from keys_in_order(told[0], recorded[0], path + "[]")
    elif None not in (told, recorded) and type(told) is not type(recorded):
        yield f"{path}: {told!r} / {recorded!r}"


def status(entities: Entities, key: str, **how: bool) -> dict[str, Any]:
    found = entities.board.timeline(lambda one: one.event.key == key, limit=1)
    told: dict[str, Any] = json.loads(msgspec.json.encode(entities.status(found[0], **how)))
    return told


def test_statuses(shared: Path, entities: Entities) -> None:
    folder = shared / "wire" / "mastodon"

    def recorded(name: str) -> Any:
        return json.loads((folder / name).read_text())

    for one in recorded("timelines_public.json"):
        if one["poll"] is None:
            assert list(keys_in_order(status(entities, "m1"), one)) == []
        else:
            assert list(keys_in_order(status(entities, "m5"), one)) == []
    tagged = recorded("timelines_tag.json")[0]
    assert set(tagged) >= set(status(entities, "m1"))
    assert list(keys_in_order(status(entities, "m1", signed_in=True), recorded("status.json"))) == []
    quoting = list(keys_in_order(status(entities, "m6", signed_in=True), recorded("status_with_quote.json")))
    assert all(fault.startswith(".quote.quoted_status:") for fault in quoting)
    assert list(keys_in_order(entities.instance("ws://x"), recorded("instance_v2.json"))) == []


def test_streamed_statuses(shared: Path, entities: Entities) -> None:
    text = (shared / "wire" / "mastodon" / "streaming_user_one_update.sse").read_text()
    recorded = json.loads(text.split("data: ", 1)[1].split("\n", 1)[0])
    assert list(keys_in_order(status(entities, "m1", streamed=True), recorded)) == []
