"""Bluesky records: what the repositories make of events."""

from __future__ import annotations

import base64
import random
from typing import Any

import msgspec
import pytest

from kalkan.world.events import Event
from kalkan.world.wire import frames, names
from kalkan.world.wire.records import Repositories
from kalkan.world.world import did
from tests.world.wire_plays import BLUESKY, MASTODON, NOON, PEOPLE, said


@pytest.fixture
def told() -> dict[str, dict[str, Any]]:
    """The frames of the play, by "key verb"."""
    repositories = Repositories(PEOPLE, did)
    found = {}
    for event in BLUESKY:
        frame = repositories.frame(event)
        if frame is not None:
            found[f"{event.key} {event.verb}"] = frame
    return found


def marked(record: dict[str, Any]) -> list[tuple[str, str]]:
    """What the facets mark, cut out of the text by bytes, with the kind."""
    text = record["text"].encode()
    return [
        (text[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(), facet["features"][0]["$type"])
        for facet in record["facets"]
    ]


def test_facets_count_bytes(told: dict[str, dict[str, Any]]) -> None:
    record = told["b1 post"]["commit"]["record"]
    assert marked(record) == [
        ("#KıyıKahve", "app.bsky.richtext.facet#tag"),
        ("https://kahve.test/ş?a=1", "app.bsky.richtext.facet#link"),
        ("@emre.test", "app.bsky.richtext.facet#mention"),
    ]
    assert record["facets"][2]["features"][0]["did"] == did("emre")
    assert record["tags"] == ["gizli"]  # stands nowhere in the text
    assert record["embed"]["external"]["uri"] == "https://kahve.test/ş?a=1"


def test_records_have_their_keys_in_the_order_of_the_repo(told: dict[str, dict[str, Any]]) -> None:
    for frame in told.values():
        record = frame["commit"].get("record", {})
        assert list(record) == sorted(record)
    assert list(told["b1 post"]) == ["did", "time_us", "kind", "commit"]
    assert list(told["b1 post"]["commit"]) == ["rev", "operation", "collection", "rkey", "record", "cid"]


def test_replies_name_parent_and_root(told: dict[str, dict[str, Any]]) -> None:
    first, second, third = (told[f"b{n} post"] for n in (1, 2, 3))
    for answer, parent in ((second, first), (third, second)):
        reply = answer["commit"]["record"]["reply"]
        assert reply["root"]["uri"].endswith(first["commit"]["rkey"])
        uri = f"at://{parent['did']}/app.bsky.feed.post/{parent['commit']['rkey']}"
        assert reply["parent"] == {"cid": parent["commit"]["cid"], "uri": uri}
    assert "langs" not in third["commit"]["record"]


def test_embeds(told: dict[str, dict[str, Any]]) -> None:
    both = told["b4 post"]["commit"]["record"]["embed"]
    assert both["$type"] == "app.bsky.embed.recordWithMedia"
    assert [image["alt"] for image in both["media"]["images"]] == ["A cup", ""]
    assert both["record"]["record"]["cid"] == told["b1 post"]["commit"]["cid"]
    only = told["b5 post"]["commit"]["record"]
    assert only["embed"]["$type"] == "app.bsky.embed.record"
    assert only["labels"]["values"] == [{"val": "nudity"}]


def test_likes_edits_and_deletes_are_commits_of_whoever_did_them(told: dict[str, dict[str, Any]]) -> None:
    first, edit = told["b1 post"], told["b1 edit"]
    like = told["b1 like"]
    assert like["did"] == did("emre")
    assert like["commit"]["record"]["subject"]["uri"].startswith(f"at://{did('defne')}/app.bsky.feed.post/")
    assert told["b1 repost"]["commit"]["collection"] == "app.bsky.feed.repost"
    assert edit["commit"]["operation"] == "update"
    assert edit["commit"]["rkey"] == first["commit"]["rkey"]
    assert edit["commit"]["cid"] != first["commit"]["cid"]
    assert edit["commit"]["record"]["text"] == "Şu kahve idare eder"  # nobody edits what another wrote
    assert edit["commit"]["record"]["createdAt"] == first["commit"]["record"]["createdAt"]
    gone = told["b3 delete"]["commit"]
    assert list(gone) == ["rev", "operation", "collection", "rkey"]
    assert gone["rkey"] == told["b3 post"]["commit"]["rkey"]
    assert "b3 like" not in told


def test_other_networks_make_no_frames() -> None:
    repositories = Repositories(PEOPLE, did)
    assert [repositories.frame(event) for event in MASTODON] == [None] * len(MASTODON)


def test_names_are_well_formed_and_lasting(told: dict[str, dict[str, Any]]) -> None:
    for frame in told.values():
        commit = frame["commit"]
        assert len(commit["rkey"]) == len(commit["rev"]) == 13
        if commit["operation"] != "delete":
            raw = base64.b32decode(commit["cid"][1:].upper() + "======"[: -len(commit["cid"][1:]) % 8])
            assert raw[:4] == b"\x01\x71\x12\x20"
            assert len(raw) == 36
            assert commit["cid"].startswith("bafyrei")
    again = Repositories(PEOPLE, did)
    assert again.frame(BLUESKY[0]) == told["b1 post"]
    assert [names.tid(us) for us in (0, 1)] == ["2222222222222", "2222222222322"]
    assert names.tid(1_779_719_009_132_431) < names.tid(1_779_719_009_132_432)
    assert names.tid(1_779_719_008_000_000)[:4] == "3mmo"  # what the network gave out in that second
    assert names.blob(b"x").startswith("bafkrei")


def test_the_same_words_are_two_posts() -> None:
    repositories = Repositories(PEOPLE, did)
    events = [said("x", "defne", 0, "aynı"), said("y", "emre", 0, "aynı"), said("z", "defne", 0.01, "aynı")]
    commits = [frame["commit"] for event in events if (frame := repositories.frame(event))]
    assert len({commit["cid"] for commit in commits}) == 3


def test_an_introduction_carries_the_handle() -> None:
    identity, profile = Repositories(PEOPLE, did).introduction("emre", names.micros(NOON))
    assert identity["identity"]["handle"] == "emre.test"
    assert profile["commit"]["record"]["displayName"] == "Emre"
    assert profile["commit"]["rkey"] == "self"


class Needed(msgspec.Struct):
    """The least that a readable post commit has."""

    class Commit(msgspec.Struct):
        class Record(msgspec.Struct):
            text: str
            createdAt: str

        operation: str
        rkey: str
        record: Record

    did: str
    commit: Commit


def test_damaged_frames_are_never_posts() -> None:
    event: Event = BLUESKY[0]
    payload = msgspec.json.encode(Repositories(PEOPLE, did).frame(event))
    msgspec.json.decode(payload, type=Needed)
    chance, kinds = random.Random(1), set()
    for _ in range(3000):
        damaged = frames.mutated(payload, chance)
        damaged.decode()
        with pytest.raises((msgspec.MsgspecError, RecursionError)) as caught:
            msgspec.json.decode(damaged, type=Needed)
        kinds.add(type(caught.value).__name__)
    assert {"DecodeError", "ValidationError"} <= kinds
