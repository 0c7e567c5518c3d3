"""Jetstream frames and post records into columns, on both wires."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.networks.jetstream import POST, Counted, Decoder, Heard
from kalkan.posts import COUNTS, GONE, POSTS

FIXTURE = Path(__file__).parent / "fixtures" / "bluesky" / "jetstream_v1.jsonl"
SHARED = Path(os.environ.get("KALKAN_SHARED", Path(__file__).parents[2].parent / "shared")) / "wire" / "bluesky"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
AYLIN, TOMASZ, FERRY = (
    "did:plc:aylinaylinaylinaylinayli",
    "did:plc:tomasztomasztomasztomaszt",
    "did:web:ferry.example.org",
)
TEA, SUGAR = f"at://{AYLIN}/{POST}/3maaaaaaaaa2a", f"at://{TOMASZ}/{POST}/3mbbbbbbbbb2a"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the wire captures are not beside this checkout")


def frames(path: Path = FIXTURE) -> list[bytes]:
    return path.read_bytes().splitlines()


def as_v2(frame: bytes, seq: int) -> bytes:
    event = json.loads(frame)
    kind = event["kind"]
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=event["time_us"])
    payload = {"$type": f"network.bsky.jetstream.subscribeEvents#{kind}", "seq": seq, "did": event["did"]}
    payload["time"] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    payload |= event["commit"] if kind == "commit" else {kind: event[kind]}
    return json.dumps({"$type": "message", "payload": payload}, ensure_ascii=False).encode()


def read(
    given: Sequence[bytes], *, wire: int = 1, watched: Sequence[str] = (), counted: Counted | None = None
) -> Heard:
    heard = Decoder("bluesky:test").read(
        given, wire=wire, now=NOW, watched=frozenset(watched), counted=counted or Counted()
    )
    assert heard.frames == len(given) == heard.posts.num_rows + heard.others + sum(r.n for r in heard.rejects)
    assert (heard.posts.schema, heard.gone.schema, heard.counts.schema) == (POSTS, GONE, COUNTS)
    heard.posts.validate(full=True)
    return heard


def record(text: str = "Merhaba", **parts: Any) -> bytes:
    event = {"did": AYLIN, "time_us": 1_790_000_000_000_000, "kind": "commit"}
    body = {"$type": POST, "text": text, **parts}
    event["commit"] = {"operation": "create", "collection": POST, "rkey": "3mone", "record": body}
    return json.dumps(event).encode()


def row(frame: bytes) -> dict[str, Any]:
    heard = read([frame])
    assert not heard.rejects, heard.rejects
    [only] = heard.posts.to_pylist()
    return dict(only)


def test_the_fixture_is_read_field_by_field() -> None:
    rows = read(frames()).posts.to_pylist()
    assert [r["text"].split()[0] for r in rows] == [
        "Günaydın", "Şu", "Two", "Look", "Timetable", "The", "Quoting", "A", "Timetable",
    ]  # fmt: skip
    tea, links, sugar, queue, card, video, quoting, listed, edited = rows
    seen = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=1_790_000_000_000_000)
    assert tea == {
        "id": TEA, "network": "bluesky", "source": "bluesky:test", "author_id": AYLIN, "author_handle": None,
        "author_name": None, "text": "Günaydın iskele, çaylar benden.", "langs": ["tr"],
        "created_at": datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC), "seen_at": seen,
        "at": min(seen, datetime(2026, 9, 21, 13, 33, 20, tzinfo=UTC)), "edited_at": None, "reply_to": None,
        "root": None, "quote_of": None, "url": f"https://bsky.app/profile/{AYLIN}/post/3maaaaaaaaa2a", "warning": None,
        "links": [], "tags": [], "handles": [], "media": 0, "media_alts": [], "labels": [], "poll": [],
    }  # fmt: skip
    assert links["links"] == ["https://ferry.example.org/saatler/2026?hat=kadikoy"], "the true address, not the cut one"
    assert links["tags"] == ["vapur", "iskele"]
    assert links["handles"] == [TOMASZ]
    assert links["langs"] == ["tr-tr", "en"]
    assert (sugar["reply_to"], sugar["root"]) == (TEA, TEA)
    assert (queue["media"], queue["media_alts"]) == (2, ["A long queue at the pier"])
    assert queue["quote_of"] == f"at://{AYLIN}/{POST}/3maaaaaaaaa2b"
    assert (card["links"], card["labels"]) == (["https://ferry.example.org/timetable"], ["bot"])
    assert card["media"] == 0
    assert (video["media"], video["media_alts"]) == (1, ["A ferry leaves"])
    assert quoting["quote_of"] == SUGAR
    assert listed["quote_of"] is None, "a list is no post"
    assert (edited["id"], edited["edited_at"]) == (card["id"], edited["seen_at"])


@pytest.mark.parametrize("wire", [1, 2])
def test_deletions_and_departed_accounts_are_told(wire: int) -> None:
    given = frames() if wire == 1 else [as_v2(frame, n) for n, frame in enumerate(frames(), 1)]
    gone = {(r["id"], r["why"]) for r in read(given, wire=wire).gone.to_pylist()}
    assert gone == {(f"at://{TOMASZ}/{POST}/3mbbbbbbbbb2b", "deleted"), (FERRY, "account")}


@pytest.mark.parametrize(("status", "told"), [("takendown", 1), ("deactivated", 1), ("suspended", 1), ("throttled", 0)])
def test_which_account_states_take_posts_away(status: str, told: int) -> None:
    event = {"did": AYLIN, "time_us": 1_790_000_000_000_000, "kind": "account"}
    event["account"] = {"active": False, "status": status, "did": AYLIN, "seq": 1, "time": ""}
    assert read([json.dumps(event).encode()]).gone.num_rows == told


def test_both_wires_say_the_same() -> None:
    first = read(frames(), watched=[SUGAR])
    second = read([as_v2(frame, n) for n, frame in enumerate(frames(), 1)], wire=2, watched=[SUGAR])
    assert first.posts.equals(second.posts)
    assert first.gone.equals(second.gone)
    assert first.counts.equals(second.counts)
    assert (first.first_us, first.last_us) == (second.first_us, second.last_us)
    assert (first.last_seq, second.first_seq, second.last_seq) == (None, 1, len(frames()))


def test_what_is_watched_is_counted_once() -> None:
    heard = read(frames() * 3, watched=[SUGAR, TEA])  # replayed twice over
    counts = {r["post_id"]: r for r in heard.counts.to_pylist()}
    tally = ("likes", "reposts", "replies", "quotes")
    assert [counts[SUGAR][name] for name in tally] == [1, 1, 0, 1]
    assert [counts[TEA][name] for name in tally] == [0, 0, 1, 0]
    assert {r["mode"] for r in counts.values()} == {"seen"}
    assert read(frames()).counts.num_rows == 0, "nothing watched, nothing counted"
    later = read(frames(), watched=[SUGAR, TEA], counted=Counted(time_us=heard.last_us or 0))
    assert later.counts.num_rows == 0, "counted before"


@pytest.mark.parametrize(
    ("claimed", "understood"),
    [
        ("2025-12-05T10:16:59.78349200Z", datetime(2025, 12, 5, 10, 16, 59, 783492, tzinfo=UTC)),
        ("2025-12-05T10:16:59Z", datetime(2025, 12, 5, 10, 16, 59, tzinfo=UTC)),
        ("2025-12-05T13:16:59.5+03:00", datetime(2025, 12, 5, 10, 16, 59, 500000, tzinfo=UTC)),
        ("2025-12-05", datetime(2025, 12, 5, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("1970-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (17, None),
    ],
)
def test_claimed_times_are_read_leniently(claimed: object, understood: datetime | None) -> None:
    got = row(record(createdAt=claimed))
    assert got["created_at"] == understood
    assert got["at"] == min(got["seen_at"], understood or got["seen_at"])


def test_a_missing_claim_is_no_fault() -> None:
    assert row(record())["created_at"] is None


@pytest.mark.parametrize(
    "parts",
    [
        {"langs": "tr"},
        {"langs": [1, None]},
        {"facets": {"not": "a list"}},
        {"facets": [{"features": [{"$type": "org.example#x", "uri": {"deep": 1}}]}]},
        {"embed": {"$type": "org.example.embed", "images": 5, "record": "x"}},
        {"reply": "at://nobody"},
        {"labels": []},
        {"tags": [None]},
        {"reply": {"parent": None, "root": {"uri": "javascript:alert(1)"}}},
    ],
)
def test_a_part_of_the_wrong_shape_costs_that_part_only(parts: dict[str, Any]) -> None:
    got = row(record("Metin yerinde", createdAt="2026-09-21T13:33:20Z", **parts))
    assert got["text"] == "Metin yerinde"
    assert got["created_at"] is not None
    assert got["links"] == got["tags"] == got["langs"] == []
    assert got["reply_to"] is got["root"] is got["quote_of"] is None


def test_only_web_addresses_become_links() -> None:
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": "javascript:alert(1)"}
    other = {"$type": "app.bsky.richtext.facet#link", "uri": "HTTPS://Example.org/a"}
    got = row(record(facets=[{"features": [feature]}, {"features": [other]}, {"features": [other]}]))
    assert got["links"] == ["HTTPS://Example.org/a"]


@pytest.mark.parametrize(
    ("frame", "kind"),
    [
        (b"", "bluesky_frame_unreadable"),
        (b"{", "bluesky_frame_unreadable"),
        (b"\xff\xfe\x00", "bluesky_frame_unreadable"),
        (b'{"did":"\xff","time_us":1790000000000000,"kind":"commit"}', "bluesky_frame_unreadable"),
        (b"[1,2,3]", "bluesky_frame_unreadable"),
        (b'{"did":"did:plc:x","time_us":"soon","kind":"commit"}', "bluesky_frame_unreadable"),
        (b"[" * 200_000, "bluesky_frame_unreadable"),
        (b'{"did":"did:plc:x","time_us":12,"kind":"identity"}', "bluesky_frame_time"),
        (b'{"did":"did:plc:x","time_us":9790000000000000,"kind":"identity"}', "bluesky_frame_time"),
        (record().replace(b'"3mone"', b'"../../x"'), "bluesky_post_unreadable"),
        (record().replace(AYLIN.encode(), b'did:plc:x\\" onclick=\\"'), "bluesky_post_unreadable"),
        (record().replace(b'"Merhaba"', b"7"), "bluesky_post_unreadable"),
        (record().replace(b'"Merhaba"', b'"\\ud800"'), "bluesky_frame_unreadable"),
        (record("x" * 3001), "bluesky_post_too_long"),
    ],
)
def test_what_cannot_be_read_is_counted_by_kind(frame: bytes, kind: str) -> None:
    heard = read([*frames(), frame, frame])
    [reject] = heard.rejects
    assert (reject.kind, reject.n) == (kind, 2)
    assert len(reject.example) <= 200
    assert heard.posts.num_rows == 9
    assert heard.last_us == read(frames()).last_us, "a broken frame moves no cursor"


def test_notices_of_the_newer_wire() -> None:
    info = (
        b'{"$type":"message","payload":{"$type":"network.bsky.jetstream.subscribeEvents#info","name":"OutdatedCursor"}}'
    )
    error = b'{"$type":"error","error":"ConsumerTooSlow","message":"reconnect with cursor=42"}'
    heard = read([info, as_v2(frames()[0], 7), error], wire=2)
    assert heard.notices == ("OutdatedCursor", "ConsumerTooSlow")
    assert (heard.posts.num_rows, heard.last_seq) == (1, 7)


def test_the_witnessed_time_is_the_time_to_go_on_from() -> None:
    frame = json.loads(as_v2(frames()[0], 7))
    frame["payload"]["witnessedAt"] = "2026-10-02T00:00:00.000001Z"
    heard = read([json.dumps(frame).encode()], wire=2)
    assert heard.last_us == 1_790_899_200_000_001


def mutate(frame: bytes, dice: random.Random) -> bytes:
    data = bytearray(frame)
    for _ in range(dice.choice((1, 1, 2, 5, 20))):
        at = dice.randrange(len(data)) if data else 0
        match dice.randrange(6):
            case 0 if data:
                data[at] = dice.randrange(256)
            case 1 if data:
                del data[at : at + dice.randrange(1, 40)]
            case 2:
                data[at:at] = bytes(
                    dice.choices(b'"{}[],:\\0123456789eE+-nulltrue\x00\xff\xed\xa0', k=dice.randrange(1, 8))
                )
            case 3 if data:
                end = at + dice.randrange(1, 60)
                data[at:at] = data[at:end]
            case 4:
                data = data[:at]
            case _:
                for old, new in (
                    (b'"text":"', b'"text":'),
                    (b'"uri":"', b'"uri":["'),
                    (b":{", b":[{"),
                    (b"null", b"1"),
                ):
                    if dice.random() < 0.3:
                        data = bytearray(bytes(data).replace(old, new, 1))
    return bytes(data)


@pytest.mark.parametrize("wire", [1, 2])
def test_mutated_frames_are_all_accounted_for(wire: int) -> None:
    dice = random.Random(20260921 + wire)
    good = frames() if wire == 1 else [as_v2(frame, n) for n, frame in enumerate(frames(), 1)]
    dropped = 0
    for _ in range(60):
        batch = [mutate(dice.choice(good), dice) for _ in range(200)]
        heard = read(batch, wire=wire, watched=[SUGAR, TEA])  # read() holds the sum
        dropped += sum(reject.n for reject in heard.rejects)
        assert all(reject.kind.startswith("bluesky_") for reject in heard.rejects)
    assert dropped > 3000, "the mutator is too gentle to mean anything"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
PARTS = ("text", "createdAt", "langs", "reply", "embed", "facets", "tags", "labels")


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(PARTS), json_values, max_size=8))
def test_any_record_is_a_post_or_a_reject(parts: dict[str, Any]) -> None:
    frame = (
        record().replace(b'"Merhaba"', b"null").replace(b'"text": null', json.dumps(parts)[1:-1].encode() or b'"a": 1')
    )
    heard = read([frame])
    if heard.posts.num_rows:
        assert heard.posts["text"].to_pylist() == [parts["text"]]


@needs_shared
def test_every_capture_of_the_real_wire_is_read() -> None:
    for name, posts, gone in (("jetstream_v1_ten_kinds.jsonl", 1, 0), ("jetstream_v1_capture.jsonl", 17, 1)):
        heard = read(frames(SHARED / name))
        assert not heard.rejects
        assert (heard.posts.num_rows, heard.gone.num_rows) == (posts, gone)
        wrapped = read([as_v2(frame, n) for n, frame in enumerate(frames(SHARED / name), 1)], wire=2)
        assert wrapped.posts.equals(heard.posts)
    commits = json.loads((SHARED / "jetstream_commit_events.json").read_text())
    heard = read([json.dumps(event).encode() for event in commits])
    assert (heard.posts.num_rows, heard.rejects) == (len(commits), ())
    assert heard.posts["created_at"].null_count == 0
    v2 = json.loads((SHARED / "jetstream_v2_message_frame.json").read_text())
    heard = read([json.dumps(v2).encode()], wire=2, watched=[TEA])
    assert heard.last_seq == 12345


@needs_shared
def test_every_captured_record_is_read_whole() -> None:
    def texts(found: object) -> dict[str, Any]:
        assert isinstance(found, dict)
        return found

    records = [texts(r) for r in json.loads((SHARED / "app_bsky_feed_post_records.json").read_text())]
    records += [r["record"]["record"] for r in json.loads((SHARED / "tap_record_events.json").read_text())]
    for given_record in records:
        got = row(record(**given_record))
        assert got["text"] == given_record["text"]
        assert got["langs"] == [lang.lower() for lang in given_record.get("langs") or []]
        features = [f for facet in given_record.get("facets") or [] for f in facet["features"]]
        assert set(got["handles"]) == {f["did"] for f in features if "did" in f}
        assert {f["uri"] for f in features if "uri" in f} <= set(got["links"])
        assert {f["tag"] for f in features if "tag" in f} <= set(got["tags"])
        assert (got["reply_to"] is not None) == ("reply" in given_record)


def test_a_post_costs_microseconds() -> None:
    posts = [f for f in frames() if b'"create"' in f and POST.encode() + b'","rkey"' in f] * 1000
    best = min(_timed(lambda: read(posts), time.process_time) for _ in range(3))
    assert best / len(posts) < 60e-6, f"{best / len(posts) * 1e6:.1f} µs a post: several times what it should be"


def _timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    began = clock()
    work()
    return clock() - began
