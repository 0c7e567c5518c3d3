"""Bluesky's words without Bluesky: facets, what servers say about limits and accounts, limits of a post."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.drafts import Media, Part, Variant
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks import bluesky_publish, mastodon_publish, publishing
from kalkan.networks.bluesky_publish import BlueskyPublisher
from kalkan.networks.bluesky_text import facets
from kalkan.networks.http import Answer, Door
from kalkan.networks.publishing import Place, Posting, problems
from kalkan.sentences import SENTENCES

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PEOPLE = {"findik.test": "did:plc:findik", "ada.bsky.social": "did:plc:ada"}


def marked(text: str) -> list[tuple[str, str]]:
    found = []
    for one in facets(text, PEOPLE.get):
        index, (feature,) = one["index"], one["features"]
        target = next(value for name, value in feature.items() if name != "$type")
        found.append((text.encode()[index["byteStart"] : index["byteEnd"]].decode(), target))
    return found


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Selam @findik.test!", [("@findik.test", "did:plc:findik")]),
        ("(@Ada.bsky.social) ve @yok.test", [("@Ada.bsky.social", "did:plc:ada")]),
        ("bana@findik.test yaz", []),
        ("👩‍👩‍👧 https://a.example/ş?b=1.", [("https://a.example/ş?b=1", "https://a.example/ş?b=1")]),
        ("www.findik.example güzel", [("www.findik.example", "https://www.findik.example")]),
        ("#Fındık, #2026 #a1", [("#Fındık", "Fındık"), ("#a1", "a1")]),
        ("a#b ##c #", [("##c", "#c")]),
        ("https://a.example/#fındık @findik.test", [
            ("https://a.example/#fındık", "https://a.example/#fındık"), ("@findik.test", "did:plc:findik")]),
        ("https://a.example https://a.example", [("https://a.example", "https://a.example")] * 2),
        ("#" + "x" * 65, []),
    ],
)  # fmt: skip
def test_facets_mark_what_the_apps_mark(text: str, wanted: list[tuple[str, str]]) -> None:
    assert marked(text) == wanted


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ş👩‍👧#@. /:htpsw-findk\n\u200d", max_size=60))
def test_facets_never_overlap_and_never_cut_a_sign(text: str) -> None:
    end = 0
    for one in facets(text, lambda handle: "did:plc:x"):
        index = one["index"]
        assert end <= index["byteStart"] < index["byteEnd"] <= len(text.encode())
        end = index["byteEnd"]
        text.encode()[index["byteStart"] : end].decode()


class Wire:
    """What the door is asked, and what it answers."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answers: list[tuple[int, dict[str, Any], dict[str, str]]] = []

    def __call__(self, door: Door, method: str, url: str, *more: Any, **kwargs: Any) -> Answer:
        self.asked.append((method, url.rpartition("/")[2].partition("?")[0]))
        status, body, headers = self.answers.pop(0)
        return Answer(status=status, url=url, headers=headers, body=json.dumps(body).encode(), rate=None)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire()
    monkeypatch.setattr(Door, "_ask", lambda door, *args, **kwargs: made(door, *args, **kwargs))
    return made


@pytest.fixture
def publisher(wire: Wire) -> Iterator[BlueskyPublisher]:
    held = {"did": "did:plc:findik", "handle": "findik.test", "access": "a", "refresh": "r", "password": "p"}
    opened = bluesky_publish.open_publisher("bluesky:did:plc:findik", held, keep=lambda new: None)
    yield opened
    opened.close()


def posting(text: str = "Merhaba") -> Posting:
    variant = Variant(network="bluesky", account="bluesky:did:plc:findik", parts=(Part(text=text),))
    return Posting(key="k", at=NOW, variant=variant, part=0, place=Place())


TAKEN = {"uri": "at://did:plc:findik/app.bsky.feed.post/x", "cid": "c"}


def test_when_no_points_are_left_the_next_post_waits_without_asking(wire: Wire, publisher: BlueskyPublisher) -> None:
    reset = int((NOW + timedelta(minutes=10)).timestamp())
    wire.answers = [(200, TAKEN, {"ratelimit-remaining": "2", "ratelimit-reset": str(reset)})]
    publisher.send(posting(), now=NOW)
    assert publisher.allowance().remaining == 0
    with pytest.raises(NetworkError, match="rate_limited") as limited:
        publisher.send(posting("İki"), now=NOW + timedelta(minutes=4))
    assert limited.value.retry_after == 360
    assert len(wire.asked) == 1
    wire.answers = [(200, TAKEN, {})]
    publisher.send(posting("İki"), now=NOW + timedelta(minutes=11))


def test_a_server_that_asks_to_wait_is_not_asked_before(wire: Wire, publisher: BlueskyPublisher) -> None:
    sent = "Mon, 23 Nov 2026 12:00:00 GMT"
    reset = str(int(NOW.timestamp()) + 90)
    wire.answers = [(429, {"error": "RateLimitExceeded"}, {"ratelimit-reset": reset, "date": sent})]
    with pytest.raises(NetworkError, match="rate_limited") as limited:
        publisher.send(posting(), now=NOW)
    assert (limited.value.retry_after, limited.value.permanent) == (90.0, False)


@pytest.mark.parametrize("error", ["AccountTakedown", "AccountDeactivated", "AuthFactorTokenRequired"])
def test_an_account_that_may_not_speak_is_told_for_good(wire: Wire, publisher: BlueskyPublisher, error: str) -> None:
    wire.answers = [(400, {"error": error, "message": "no"}, {})]
    with pytest.raises(NetworkError, match="account_refused") as refused:
        publisher.send(posting(), now=NOW)
    assert refused.value.permanent and error in str(refused.value.params["detail"])


def test_an_old_token_is_refreshed_once_and_the_post_sent_once(wire: Wire, publisher: BlueskyPublisher) -> None:
    session = {"accessJwt": "b", "refreshJwt": "s", "did": "did:plc:findik", "handle": "findik.test"}
    wire.answers = [(400, {"error": "ExpiredToken"}, {}), (200, session, {}), (200, TAKEN, {})]
    publisher.send(posting(), now=NOW)
    methods = [name for _, name in wire.asked]
    assert methods == ["com.atproto.repo.putRecord", "com.atproto.server.refreshSession", "com.atproto.repo.putRecord"]


@pytest.mark.parametrize("module", [bluesky_publish, mastodon_publish])
def test_tokens_go_over_https_only(wire: Wire, module: Any) -> None:
    plain = "http://social.example"
    options = {"handle": "findik.test", "password": "p", "service": plain, "server": plain, "token": "t"}
    with pytest.raises(InvalidInput, match="account_plain"):
        module.connect(options, now=NOW)
    assert wire.asked == []


def test_a_server_cannot_send_the_session_to_plain_http(wire: Wire) -> None:
    document = {"service": [{"id": "#atproto_pds", "serviceEndpoint": "http://pds.example"}]}
    session = {"accessJwt": "a", "refreshJwt": "r", "did": "did:plc:x", "handle": "x.test", "didDoc": document}
    wire.answers = [(200, session, {})]
    _, held = bluesky_publish.connect({"handle": "x.test", "password": "p"}, now=NOW)
    assert "pds" not in held
    document["service"][0]["serviceEndpoint"] = "https://pds.example/"
    wire.answers = [(200, session, {})]
    _, held = bluesky_publish.connect({"handle": "x.test", "password": "p"}, now=NOW)
    assert held["pds"] == "https://pds.example"


def test_an_answer_that_cannot_be_read_leaves_it_open(wire: Wire, publisher: BlueskyPublisher) -> None:
    wire.answers = [(200, [], {})]  # type: ignore[list-item]
    with pytest.raises(publishing.Unsure):
        publisher.send(posting(), now=NOW)


def test_a_suspended_session_is_found_ahead(wire: Wire, publisher: BlueskyPublisher) -> None:
    wire.answers = [(200, {"did": "did:plc:findik", "handle": "h", "active": False, "status": "suspended"}, {})]
    with pytest.raises(NetworkError, match="account_refused"):
        publisher.identify(now=NOW)


def picture(**changes: Any) -> Media:
    return dataclasses.replace(Media(sha256="a" * 64, mime="image/png", size=10, alt="Bir kare"), **changes)


@pytest.mark.parametrize(
    ("code", "variant"),
    [
        ("post_empty", {"parts": (Part(text=" \n"),)}),
        ("post_empty", {"parts": ()}),
        ("post_too_long", {"parts": (Part(text="👩‍👩‍👧" * 301),)}),
        ("post_too_many_bytes", {"parts": (Part(text="👩‍👩‍👧" * 290),)}),
        ("post_media_count", {"parts": (Part(text="a", media=(picture(),) * 5),)}),
        ("media_without_alt", {"parts": (Part(text="a", media=(picture(alt=" "),)),)}),
        ("media_alt_long", {"parts": (Part(text="a", media=(picture(alt="x" * 2001),)),)}),
        ("media_kind", {"parts": (Part(text="a", media=(picture(mime="video/mp4"),)),)}),
        ("media_too_big", {"parts": (Part(text="a", media=(picture(size=1_000_001),)),)}),
        ("post_warning", {"parts": (Part(text="a"),), "warning": "x"}),
        ("post_visibility", {"parts": (Part(text="a"),), "visibility": "unlisted"}),
        ("post_card", {"parts": (Part(text="a", card="https://a.example", media=(picture(),)),)}),
        ("post_card_address", {"parts": (Part(text="a", card="javascript:x"),)}),
        ("reply_elsewhere", {"parts": (Part(text="a"),), "reply_to": "https://m.example/1"}),
    ],
)
def test_what_the_network_would_not_take_is_found_before(
    publisher: BlueskyPublisher, code: str, variant: dict[str, Any]
) -> None:
    told = Variant(network="bluesky", account="a", **variant)
    found = publisher.check(told, now=NOW)
    assert code in [one.code for one in found]
    assert all(one.code in SENTENCES for one in found)


def test_what_it_takes_is_taken(publisher: BlueskyPublisher) -> None:
    parts = (Part(text="x" * 300, media=(picture(),) * 4), Part(text="", media=(picture(),)), Part(text="a"))
    assert publisher.check(Variant(network="bluesky", account="a", parts=parts), now=NOW) == ()


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("Merhaba", 7),
        ("https://findik.example/" + "x" * 200, 23),
        ("@fistik@cok.uzun.sunucu.example selam", 13),
        ("a@b.example ve @findik", 22),
        ("👩‍👩‍👧", 1),
        ("www.findik.example", 18),
    ],
)
def test_mastodon_counts_links_and_mentions_its_own_way(text: str, signs: int) -> None:
    assert mastodon_publish.count(text) == signs


def test_mastodon_counts_a_warning_with_the_text() -> None:
    told = Variant(network="mastodon", account="a", parts=(Part(text="x" * 490),), warning="y" * 11)
    (problem,) = problems(told, mastodon_publish.LIMITS, mastodon_publish.count)
    assert (problem.code, problem.params) == ("post_too_long", {"n": 501, "most": 500})


def test_only_networks_one_can_publish_on_are_opened() -> None:
    for name in publishing.NAMES:
        found = publishing.kind(name)
        assert (found.name, found.options[0].required) == (name, True)
    with pytest.raises(InvalidInput, match="publish_network_unknown"):
        publishing.kind("feeds")
    for name in publishing.NAMES:
        with pytest.raises(InvalidInput, match="account_unreadable"):
            publishing.kind(name).open("a", {}, keep=lambda new: None)
