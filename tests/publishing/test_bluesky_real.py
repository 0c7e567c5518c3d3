"""Publishing on Bluesky's own servers: what stands in the repository afterwards, also when we are killed on the way."""

from __future__ import annotations

import dataclasses
import random
import struct
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kalkan import publishing
from kalkan.drafts import Media, Part, Receipt, Variant, Version
from kalkan.errors import NetworkError
from kalkan.networks import bluesky_publish
from kalkan.networks.bluesky_publish import BlueskyPublisher, record_key
from kalkan.networks.publishing import Identity, Place, Posting
from tests.publishing import real
from tests.publishing.keeper import Keeper
from tests.publishing.killing import Workers, open_with

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(real.missing()), reason=real.missing() or "-")]


@pytest.fixture(scope="module")
def pds() -> Iterator[real.Pds]:
    with real.Pds() as running:
        yield running


@dataclasses.dataclass
class Account:
    """One account, connected."""

    who: Identity
    held: dict[str, str]
    owner: str  # the token of its owner's own app
    pds: real.Pds
    kept: list[dict[str, str]] = dataclasses.field(default_factory=list)

    def open(self, **changes: str) -> BlueskyPublisher:
        held = self.held | changes
        return bluesky_publish.open_publisher(
            self.who.account, held, keep=lambda new: self.kept.append(dict(new)), loopback=True
        )

    @property
    def posts(self) -> list[dict[str, Any]]:
        return self.pds.posts(self.held["did"])


@pytest.fixture
def account(pds: real.Pds, request: pytest.FixtureRequest) -> Account:
    handle = f"findik{abs(hash(request.node.name)) % 10**8}.test"
    password, owner = pds.account(handle)
    options = {"handle": f"@{handle}", "password": password, "service": f"{pds.url}/"}
    who, held = bluesky_publish.connect(options, now=datetime.now(UTC), loopback=True)
    return Account(who, held, owner, pds)


def png(side: int = 4) -> bytes:
    """A picture that is one."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x80" * 3 * side for _ in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def picture(sha256: str, data: bytes) -> Media:
    return Media(sha256=sha256, mime="image/png", size=len(data), alt="Gri bir kare", width=4, height=4)


def posting(
    who: Identity, *parts: Part, key: str = "k", part: int = 0, place: Place | None = None, **more: Any
) -> Posting:
    uploads = more.pop("uploads", ())
    variant = Variant(network="bluesky", account=who.account, parts=parts, lang="tr", **more)
    at = datetime.now(UTC)
    return Posting(key=key, at=at, variant=variant, part=part, place=place or Place(), uploads=uploads)


def test_a_post_with_everything_and_a_second_try(account: Account) -> None:
    publisher, now = account.open(), datetime.now(UTC)
    assert publisher.identify(now=now) == account.who
    data = png()
    image = picture("ab" * 32, data)
    ref = publisher.upload(image, data, now=now)
    text = f"İyi 👩‍👩‍👧 günler @{account.who.handle}, @nobody.test! https://findik.example/ş, #fındık"
    told = posting(account.who, Part(text=text, media=(image,)), uploads=(ref,))
    assert publisher.look_up(told, now=now) is None
    receipt = publisher.send(told, now=now)
    assert publisher.send(told, now=now).id == receipt.id
    found = publisher.look_up(told, now=now)
    assert found is not None and (found.id, found.ref, found.found) == (receipt.id, receipt.ref, True)
    (post,) = account.posts
    assert (post["uri"], post["cid"]) == (receipt.id, receipt.ref)
    record = post["value"]
    assert (record["text"], record["langs"]) == (text, ["tr"])
    assert record["embed"]["images"][0]["alt"] == "Gri bir kare"
    assert record["embed"]["images"][0]["aspectRatio"] == {"width": 4, "height": 4}
    marked = [text.encode()[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode() for one in record["facets"]]
    assert marked == [f"@{account.who.handle}", "https://findik.example/ş", "#fındık"]
    other = dataclasses.replace(
        told, variant=dataclasses.replace(told.variant, parts=(Part(text="Başka"),)), uploads=()
    )
    with pytest.raises(NetworkError, match="publish_other_post"):
        publisher.send(other, now=now)
    assert len(account.posts) == 1
    publisher.take_down(receipt, now=now)
    publisher.take_down(receipt, now=now)
    assert account.posts == []
    publisher.close()


def test_threads_and_replies_hang_where_they_should(account: Account) -> None:
    publisher, now = account.open(), datetime.now(UTC)
    parts = (Part(text="Bir", card="https://findik.example/haber"), Part(text="İki"), Part(text="Üç"))
    sent: list[Receipt] = []
    for number in range(3):
        place = Place(parent=sent[-1], root=sent[0]) if sent else Place()
        sent.append(publisher.send(posting(account.who, *parts, key=f"t{number}", part=number, place=place), now=now))
    place = Place(reply_to=sent[2].id)
    answer = posting(account.who, Part(text="Yanıt"), Part(text="Devam"), key="r0", place=place, reply_to=sent[2].id)
    first = publisher.send(answer, now=now)
    place = Place(parent=first, root=first, reply_to=sent[2].id)
    publisher.send(dataclasses.replace(answer, key="r1", part=1, place=place), now=now)
    posts = {post["value"]["text"]: post["value"] for post in account.posts}
    assert posts["Bir"]["embed"]["external"]["uri"] == "https://findik.example/haber"
    assert "reply" not in posts["Bir"]
    ties = {
        text: (post["reply"]["root"]["uri"], post["reply"]["parent"]["uri"])
        for text, post in posts.items()
        if "reply" in post
    }
    assert ties == {
        "İki": (sent[0].id, sent[0].id),
        "Üç": (sent[0].id, sent[1].id),
        "Yanıt": (sent[0].id, sent[2].id),
        "Devam": (sent[0].id, first.id),
    }
    gone = dataclasses.replace(answer, key="g", place=Place(reply_to=sent[0].id[:-3] + "222"))
    with pytest.raises(NetworkError, match="reply_target_gone"):
        publisher.send(gone, now=now)
    publisher.close()


def test_a_session_is_refreshed_then_made_anew_then_refused(account: Account) -> None:
    now = datetime.now(UTC)
    publisher = account.open(access="")
    publisher.identify(now=now)
    assert len(account.kept) == 1 and account.kept[0]["access"] and account.kept[0]["refresh"]
    publisher.close()
    publisher = account.open(access="", refresh="spent")
    publisher.identify(now=now)
    assert len(account.kept) == 2
    publisher.close()
    publisher = account.open(access="", refresh="spent", password="wrong")
    with pytest.raises(NetworkError, match="account_refused") as error:
        publisher.identify(now=now)
    assert error.value.permanent
    publisher.close()


def test_trouble_is_told_before_the_post_is_due(account: Account, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    keeper = Keeper(tmp_path / "drafts.sqlite3")
    variant = Variant(network="bluesky", account=account.who.account, parts=(Part(text="Yarın"),))
    keeper.approved("d", Version(variants=(variant,), planned_at=now + timedelta(hours=3)), now=now)
    held = {account.who.account: account.held}
    assert publishing.look_ahead(keeper, open=open_with(held), now=now) == ()
    revoked = {account.who.account: account.held | {"access": "", "refresh": "", "password": "revoked"}}
    (trouble,) = publishing.look_ahead(keeper, open=open_with(revoked), now=now)
    assert (trouble.code, trouble.drafts, trouble.sure) == ("account_refused", ("d",), True)
    assert publishing.look_ahead(keeper, open=open_with(revoked), now=now, within=timedelta(hours=2)) == ()
    keeper.close()


def draft(keeper: Keeper, account: str, *, texts: tuple[str, ...]) -> None:
    data = png()
    image = picture(keeper.keep(data), data)
    parts = (Part(text=texts[0], media=(image,)), *(Part(text=text) for text in texts[1:]))
    now = datetime.now(UTC)
    variant = Variant(network="bluesky", account=account, parts=parts, lang="tr")
    keeper.approved("d", Version(variants=(variant,), planned_at=now + timedelta(seconds=0.01)), now=now)
    time.sleep(0.02)


def test_killed_at_every_step_each_post_is_there_once(account: Account, tmp_path: Path) -> None:
    """SIGKILL before and after every write, move and request; then a new worker; then one more."""
    workers, held = Workers(), {account.who.account: account.held}
    point, expected = 0, []
    while True:
        point += 1
        texts = (f"{point} bir", f"{point} iki")
        expected += texts
        path = tmp_path / f"{point}.sqlite3"
        keeper = Keeper(path)
        draft(keeper, account.who.account, texts=texts)
        ended = workers.run(path, held, point=point)
        keeper.base.execute("UPDATE drafts SET holder = ''")  # as if its time had run out
        while not ended and keeper.state("d").name != "sent":
            assert workers.run(path, held)
        assert workers.run(path, held)
        assert keeper.state("d").name == "sent"
        keeper.close()
        if ended:
            break
    found = [post["value"]["text"] for post in account.posts] if len(expected) <= 100 else []
    assert sorted(found) == sorted(expected)
    assert point > 15


def test_killed_at_any_moment_each_post_is_there_once(account: Account, tmp_path: Path) -> None:
    """SIGKILL from outside, whatever is on the wire just then."""
    workers, held, chance = Workers(), {account.who.account: account.held}, random.Random(3)
    expected = []
    for number in range(12):
        texts = (f"an {number} bir", f"an {number} iki")
        expected += texts
        path = tmp_path / f"{number}.sqlite3"
        keeper = Keeper(path)
        draft(keeper, account.who.account, texts=texts)
        for _ in range(20):
            ended = workers.run(path, held, wait=chance.uniform(0.02, 0.3))
            keeper.base.execute("UPDATE drafts SET holder = ''")
            if ended and keeper.state("d").name == "sent":
                break
        assert keeper.state("d").name == "sent"
        keeper.close()
    assert sorted(post["value"]["text"] for post in account.posts) == sorted(expected)


def test_record_keys_are_the_same_every_time_and_in_order_of_time() -> None:
    who = Identity(account="bluesky:did:plc:x", handle="x")
    one = posting(who, Part(text="a"))
    assert record_key(one) == record_key(dataclasses.replace(one, place=Place(reply_to="x")))
    later = dataclasses.replace(one, at=one.at + timedelta(microseconds=1))
    assert record_key(one) < record_key(later)
    assert record_key(one) != record_key(dataclasses.replace(one, key="l"))
    assert len(record_key(one)) == 13 and record_key(one)[0] in "234567abcdefghij"
