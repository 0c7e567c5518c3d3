"""The world's servers take publications as the real ones do, and what was published comes out of their streams."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kalkan import publishing
from kalkan.drafts import Media, Part, Receipt, Variant, Version
from kalkan.errors import NetworkError
from kalkan.networks import bluesky_publish, mastodon_publish
from kalkan.networks.bluesky import Bluesky
from kalkan.networks.mastodon import Mastodon
from kalkan.networks.publishing import Place, Posting, Publisher, Unsure
from kalkan.world.wire import Stage, password
from tests.publishing.keeper import Keeper
from tests.publishing.killing import open_with
from tests.publishing.test_bluesky_real import png
from tests.world.wire_plays import BLUESKY, MASTODON, NOON, Play

START = NOON + timedelta(minutes=30)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    begun = datetime.now(UTC)

    def now() -> datetime:
        return START + (datetime.now(UTC) - begun)

    with Stage(Play([*BLUESKY, *MASTODON]), now=now, past=timedelta(hours=1)) as playing:
        yield playing


@pytest.fixture(params=["bluesky", "mastodon"])
def connected(request: pytest.FixtureRequest, stage: Stage) -> tuple[str, dict[str, str]]:
    """An account of the world: its lasting key and its credentials."""
    if request.param == "bluesky":
        options = {"handle": "defne.test", "password": password("defne"), "service": stage.pds.url}
        who, held = bluesky_publish.connect(options, now=stage.clock(), loopback=True)
    else:
        options = {"server": stage.mastodon.url, "token": password("ada")}
        who, held = mastodon_publish.connect(options, now=stage.clock(), loopback=True)
    return who.account, held


def opened(account: str, held: dict[str, str]) -> Publisher:
    return open_with({account: held})(account.partition(":")[0], account)


def posting(account: str, *parts: Part, at: datetime, key: str, place: Place | None = None, **more: Any) -> Posting:
    uploads = more.pop("uploads", ())
    variant = Variant(network=account.partition(":")[0], account=account, parts=parts, lang="tr", **more)
    return Posting(key=key, at=at, variant=variant, part=0, place=place or Place(), uploads=uploads)


def test_what_is_published_is_there_once_and_can_be_taken_down(
    stage: Stage, connected: tuple[str, dict[str, str]]
) -> None:
    publisher, now = opened(*connected), stage.clock()
    assert publisher.identify(now=now).account == connected[0]
    data = png()
    image = Media(sha256="ab" * 32, mime="image/png", size=len(data), alt="Gri bir kare")
    ref = publisher.upload(image, data, now=now)
    part = Part(text="Günaydın! #kahve https://kahve.test/yeni @cem @emre.test", media=(image,))
    told = posting(connected[0], part, at=now, key="w1", uploads=(ref,))
    assert publisher.look_up(told, now=now) is None
    receipt = publisher.send(told, now=now)
    assert publisher.send(told, now=now).id == receipt.id
    found = publisher.look_up(told, now=now)
    assert found is not None and (found.id, found.ref) == (receipt.id, receipt.ref)
    answer = posting(
        connected[0], Part(text="Yanıt"), at=now, key="w2", place=Place(reply_to=receipt.id), reply_to=receipt.id
    )
    reply = publisher.send(answer, now=now)
    assert publisher.look_up(answer, now=now) == dataclasses.replace(reply, found=True)
    publisher.take_down(reply, now=now)
    publisher.take_down(receipt, now=now)
    assert publisher.look_up(told, now=now) is None
    publisher.close()


def test_a_wrong_password_and_a_post_too_long_are_refused(stage: Stage, connected: tuple[str, dict[str, str]]) -> None:
    account, held = connected
    wrong = {**held, "token": "cem", "password": "cem", "access": "", "refresh": ""}
    publisher, now = opened(account, wrong), stage.clock()
    with pytest.raises(NetworkError, match="account_refused"):
        publisher.identify(now=now)
    publisher.close()
    publisher = opened(account, held)
    with pytest.raises(NetworkError, match="publish_refused") as refused:
        publisher.send(posting(account, Part(text="x" * 501), at=now, key="w3"), now=now)
    assert refused.value.permanent
    publisher.close()


def test_a_server_that_fails_leaves_it_open_whether_it_is_out(
    stage: Stage, connected: tuple[str, dict[str, str]]
) -> None:
    publisher, now = opened(*connected), stage.clock()
    told = posting(connected[0], Part(text="Merhaba"), at=now, key="w4")
    (stage.pds if connected[0].startswith("bluesky") else stage.mastodon).refuse(1)
    with pytest.raises(Unsure, match="server_fault"):
        publisher.send(told, now=now)
    assert publisher.look_up(told, now=now) is None
    receipt = publisher.send(told, now=now)
    publisher.take_down(receipt, now=now)
    publisher.close()


def test_a_thread_on_both_networks_is_heard_by_our_own_listeners(stage: Stage, tmp_path: Path) -> None:
    accounts = {}
    for kind, options in (
        (bluesky_publish, {"handle": "emre.test", "password": password("emre"), "service": stage.pds.url}),
        (mastodon_publish, {"server": stage.mastodon.url, "token": password("cem")}),
    ):
        who, held = kind.connect(options, now=stage.clock(), loopback=True)  # type: ignore[attr-defined]
        accounts[who.account] = held
    heard = Bluesky("bluesky:world", instances=[stage.jetstream.url])
    heard.poll(None, now=stage.clock())
    keeper = Keeper(tmp_path / "drafts.sqlite3")
    parts = (Part(text="Birinci #kahve"), Part(text="İkinci"))
    variants = tuple(Variant(network=a.partition(":")[0], account=a, parts=parts, lang="tr") for a in accounts)
    due = stage.clock() + timedelta(milliseconds=20)
    keeper.approved("d", Version(variants=variants, planned_at=due), now=stage.clock())
    while stage.clock() < due:
        pass
    report = publishing.tend(keeper, open=open_with(accounts), verdict=lambda key: "go", now=stage.clock)
    assert report.sent == ["d"]
    out: dict[tuple[int, int], Receipt] = publishing.receipts(keeper.steps("d"))
    keeper.close()
    rows: dict[str, dict[str, Any]] = {}
    listening = Mastodon("mastodon:world", server=stage.mastodon.url, lines=("public",), loopback=True, wait_s=0.1)
    for _ in range(20):
        for network in (heard, listening):
            batch = network.poll(None, now=stage.clock())
            rows |= {row["id"]: row for row in batch.posts.to_pylist()}
        if {receipt.id for receipt in out.values()} <= set(rows):
            break
    heard.close()
    listening.close()
    for (_, place), receipt in out.items():
        row = rows[receipt.id]
        assert row["text"] == parts[place].text
        assert row["langs"] == ["tr"]
    assert rows[out[0, 1].id]["reply_to"] == out[0, 0].id
    assert rows[out[1, 1].id]["reply_to"].endswith(f"/{out[1, 0].ref}")
    assert list(rows[out[0, 0].id]["tags"]) == ["kahve"]


def test_a_forgetful_server_is_looked_at_before_a_second_try(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an hour later, when a server knows no keys any more: our own look is what keeps it to one post."""
    monkeypatch.setattr(stage.mastodon.taking, "forgetful", True)
    options = {"server": stage.mastodon.url, "token": password("ada")}
    who, held = mastodon_publish.connect(options, now=stage.clock(), loopback=True)
    publisher = opened(who.account, held)
    told = posting(who.account, Part(text="Bir kez"), at=stage.clock(), key="w5")
    first = publisher.send(told, now=stage.clock())
    found = publisher.look_up(told, now=stage.clock())
    assert found is not None and found.id == first.id
    second = publisher.send(told, now=stage.clock())
    assert second.id != first.id  # this is what looking first keeps us from
    publisher.take_down(second, now=stage.clock())
    publisher.close()
