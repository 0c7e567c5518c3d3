"""Publishing on Mastodon, against a server by another hand (``mastodon-mock``), with faults and kills."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kalkan import publishing
from kalkan.drafts import Media, Part, Receipt, Variant, Version
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks import mastodon_publish
from kalkan.networks.http import Door
from kalkan.networks.mastodon_publish import MastodonPublisher
from kalkan.networks.publishing import Place, Posting, Unsure
from tests.publishing.keeper import Keeper
from tests.publishing.killing import Workers, open_with
from tests.publishing.real import free_port
from tests.publishing.test_bluesky_real import png

ACCOUNT = "mastodon:test"


class Mock:
    """The server, running while this is entered."""

    def __init__(self) -> None:
        self.url = f"http://localhost:{free_port()}"
        self.held = {"server": self.url, "token": "mock_token"}

    def __enter__(self) -> Mock:
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "mastodon_mock", "serve", "--in-memory", "--port", port]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            try:
                self.call("/api/v1/instance")
            except OSError:
                time.sleep(0.1)
            else:
                return self
        raise RuntimeError("mastodon-mock does not answer")

    def __exit__(self, *fault: object) -> None:
        self._process.kill()  # it would wait for open streams
        self._process.wait()

    def call(self, path: str, body: dict[str, Any] | None = None, method: str | None = None) -> Any:
        headers = {"content-type": "application/json", "authorization": "Bearer mock_token"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def fault(self, path: str, method: str = "POST", times: int = 1, **effect: Any) -> None:
        rule = {"match": {"methods": [method], "path": path}, "effect": effect, "count": times}
        self.call("/api/v1/_mock/faults", rule)

    def texts(self) -> list[str]:
        me = self.call("/api/v1/accounts/verify_credentials")["id"]
        found = self.call(f"/api/v1/accounts/{me}/statuses?limit=40")
        return [self.call(f"/api/v1/statuses/{one['id']}/source")["text"] for one in found]


@pytest.fixture(scope="module")
def server() -> Iterator[Mock]:
    with Mock() as mock:
        yield mock


@pytest.fixture
def mock(server: Mock) -> Mock:
    server.call("/api/v1/_mock/faults", method="DELETE")
    me = server.call("/api/v1/accounts/verify_credentials")["id"]
    while found := server.call(f"/api/v1/accounts/{me}/statuses?limit=40"):
        for status in found:
            server.call(f"/api/v1/statuses/{status['id']}", method="DELETE")
    return server


@pytest.fixture
def publisher(mock: Mock) -> Iterator[MastodonPublisher]:
    opened = mastodon_publish.open_publisher(ACCOUNT, mock.held, keep=lambda new: None, loopback=True)
    yield opened
    opened.close()


def now() -> datetime:
    return datetime.now(UTC)


def posting(*parts: Part, key: str = "", part: int = 0, place: Place | None = None, **more: Any) -> Posting:
    uploads = more.pop("uploads", ())
    variant = Variant(network="mastodon", account=ACCOUNT, parts=parts, **more)
    key = key or uuid.uuid4().hex
    return Posting(key=key, at=now(), variant=variant, part=part, place=place or Place(), uploads=uploads)


def picture(data: bytes) -> Media:
    return Media(sha256="ab" * 32, mime="image/png", size=len(data), alt="Gri bir kare; “ğüş”", width=4, height=4)


def test_a_post_with_everything_and_a_second_try(mock: Mock, publisher: MastodonPublisher) -> None:
    data = png()
    image = picture(data)
    ref = publisher.upload(image, data, now=now())
    told = posting(
        Part(text="İyi günler\n#fındık https://findik.example/ş", media=(image,)),
        uploads=(ref,),
        lang="tr",
        warning="yemek",
        visibility="unlisted",
    )
    assert publisher.look_up(told, now=now()) is None
    receipt = publisher.send(told, now=now())
    assert publisher.send(told, now=now()).id == receipt.id  # one key, one post
    found = publisher.look_up(told, now=now())
    assert found is not None and (found.id, found.ref, found.found) == (receipt.id, receipt.ref, True)
    status = mock.call(f"/api/v1/statuses/{receipt.ref}")
    assert (status["language"], status["spoiler_text"], status["visibility"]) == ("tr", "yemek", "unlisted")
    assert status["media_attachments"][0]["description"] == image.alt
    assert mock.texts() == [told.post.text]
    publisher.take_down(receipt, now=now())
    publisher.take_down(receipt, now=now())
    assert mock.texts() == []


def test_threads_and_replies_hang_where_they_should(mock: Mock, publisher: MastodonPublisher) -> None:
    sent: list[Receipt] = []
    parts = tuple(Part(text=text) for text in ("Bir", "İki", "Üç"))
    for number in range(3):
        place = Place(parent=sent[-1], root=sent[0]) if sent else Place()
        sent.append(publisher.send(posting(*parts, key=f"t{number}", part=number, place=place), now=now()))
    place = Place(reply_to=sent[1].id)
    answer = posting(Part(text="Yanıt"), key="r", place=place, reply_to=sent[1].id)
    reply = publisher.send(answer, now=now())
    above = {one.ref: mock.call(f"/api/v1/statuses/{one.ref}")["in_reply_to_id"] for one in (*sent, reply)}
    assert above == {sent[0].ref: None, sent[1].ref: sent[0].ref, sent[2].ref: sent[1].ref, reply.ref: sent[1].ref}
    found = publisher.look_up(answer, now=now())
    assert found is not None and found.id == reply.id
    first = sent[0]
    gone = posting(Part(text="Geç"), key="late", place=Place(reply_to=first.id), reply_to=first.id)
    late = publisher.send(gone, now=now())
    publisher.take_down(first, now=now())
    found = publisher.look_up(gone, now=now())  # what it answers is gone since; it still stands
    assert found is not None and found.id == late.id
    elsewhere = Place(reply_to=f"{mock.url}/users/testuser/statuses/999999")
    with pytest.raises(NetworkError, match="reply_target_gone"):
        publisher.send(dataclasses.replace(answer, place=elsewhere, key="x"), now=now())


def test_what_was_posted_before_with_the_same_words_is_not_taken_for_ours(
    mock: Mock, publisher: MastodonPublisher
) -> None:
    mock.call("/api/v1/statuses", {"status": "Günaydın"})
    later = dataclasses.replace(posting(Part(text="Günaydın")), at=now() + timedelta(seconds=8))
    assert publisher.look_up(later, now=now()) is None


def test_the_servers_own_limits_are_asked(mock: Mock, publisher: MastodonPublisher) -> None:
    limits = publisher.limits(now=now())
    told = mock.call("/api/v2/instance")["configuration"]
    assert limits.graphemes == told["statuses"]["max_characters"]
    long = Variant(network="mastodon", account=ACCOUNT, parts=(Part(text="x" * ((limits.graphemes or 0) + 1)),))
    assert [one.code for one in publisher.check(long, now=now())] == ["post_too_long"]
    link = "https://findik.example/" + "x" * 300
    short = dataclasses.replace(long, parts=(Part(text=f"{'x' * 470} {link}"),))
    assert publisher.check(short, now=now()) == ()


def test_faults_say_whether_it_may_be_out(mock: Mock, publisher: MastodonPublisher) -> None:
    told = posting(Part(text="Merhaba"))
    mock.fault("/api/v1/statuses", type="status", status=503)
    with pytest.raises(Unsure, match="server_fault"):
        publisher.send(told, now=now())
    mock.fault("/api/v1/statuses", type="ratelimit")
    with pytest.raises(NetworkError, match="rate_limited") as limited:
        publisher.send(told, now=now())
    assert not isinstance(limited.value, Unsure) and limited.value.retry_after
    with pytest.raises(NetworkError, match="rate_limited"):
        publisher.send(told, now=now())  # it is not even asked
    later = now() + timedelta(seconds=limited.value.retry_after + 1)
    mock.fault("/api/v1/statuses", type="status", status=422, body={"error": "Validation failed"})
    with pytest.raises(NetworkError, match="publish_refused") as refused:
        publisher.send(told, now=later)
    assert refused.value.permanent and refused.value.params["detail"] == "Validation failed"
    assert mock.texts() == []
    publisher.send(told, now=later)
    assert mock.texts() == ["Merhaba"]


def test_a_host_that_cannot_be_reached_has_not_got_it() -> None:
    held = {"server": f"http://127.0.0.1:{free_port()}", "token": "t"}
    publisher = mastodon_publish.open_publisher(ACCOUNT, held, keep=lambda new: None, loopback=True)
    with pytest.raises(NetworkError, match="host_unreachable") as error:
        publisher.send(posting(Part(text="Merhaba")), now=now())
    assert not isinstance(error.value, Unsure)
    publisher.close()


def test_a_token_that_does_not_work_says_so(mock: Mock) -> None:
    with pytest.raises(NetworkError, match="account_refused") as error:
        mastodon_publish.connect({"server": mock.url, "token": "spent"}, now=now(), loopback=True)
    assert error.value.permanent
    who, held = mastodon_publish.connect(mock.held, now=now(), loopback=True)
    assert who.handle.startswith("testuser@") and held == mock.held
    with pytest.raises(InvalidInput, match="option_missing"):
        mastodon_publish.connect({"server": mock.url, "token": " "}, now=now(), loopback=True)


def test_signing_in_through_the_browser(mock: Mock) -> None:
    begun = mastodon_publish.begin_sign_in(
        mock.url, redirect="https://kalkan.example/connected", state="s1", verifier="v" * 43, now=now(), loopback=True
    )
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(begun.url).query)
    assert query["state"] == ["s1"] and query["code_challenge_method"] == ["S256"]
    assert "write:statuses" in query["scope"][0]
    body = urllib.parse.urlencode({**{name: one[0] for name, one in query.items()}, "username": "testuser"}).encode()

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args: Any) -> None:
            return None

    with pytest.raises(urllib.error.HTTPError) as sent_back:
        urllib.request.build_opener(Stay).open(f"{mock.url}/oauth/authorize", body)
    location = sent_back.value.headers["location"]
    sent_back.value.close()
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]
    who, held = mastodon_publish.finish_sign_in(begun.secrets, code, now=now(), loopback=True)
    assert who.handle.startswith("testuser@")
    assert set(held) == {"server", "token"}


def draft(keeper: Keeper, *texts: str) -> None:
    data = png()
    image = dataclasses.replace(picture(data), sha256=keeper.keep(data))
    parts = (Part(text=texts[0], media=(image,)), *(Part(text=text) for text in texts[1:]))
    variant = Variant(network="mastodon", account=ACCOUNT, parts=parts)
    keeper.approved("d", Version(variants=(variant,), planned_at=now() + timedelta(seconds=0.01)), now=now())
    time.sleep(0.02)


def test_a_lost_answer_is_looked_for(mock: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server took it, its answer broke off: seen on its own list of statuses, not sent again, key or no key."""
    keeper = Keeper(tmp_path / "drafts.sqlite3")
    draft(keeper, "Bir", "İki")
    send, lost = Door.send, []

    def losing(self: Door, method: str, url: str, content: bytes, **more: Any) -> Any:
        more["headers"] = {name: value for name, value in more["headers"].items() if name != "Idempotency-Key"}
        answer = send(self, method, url, content, **more)
        if url.endswith("/statuses") and len(lost) < 2:
            lost.append(url)
            raise NetworkError("answer_timeout", host="127.0.0.1")
        return answer

    monkeypatch.setattr(Door, "send", losing)
    for look in range(6):
        later = now() + look * timedelta(seconds=30)
        publishing.tend(keeper, open=open_with({ACCOUNT: mock.held}), verdict=lambda key: "go", now=lambda at=later: at)
    assert keeper.state("d").name == "sent"
    assert (mock.texts(), len(lost)) == (["İki", "Bir"], 2)
    keeper.close()


def test_killed_at_every_step_each_post_is_there_once(mock: Mock, tmp_path: Path) -> None:
    workers, held, point, expected = Workers(), {ACCOUNT: mock.held}, 0, []
    while True:
        point += 1
        expected.append(f"Adım {point}")
        path = tmp_path / f"{point}.sqlite3"
        keeper = Keeper(path)
        draft(keeper, expected[-1])
        ended = workers.run(path, held, point=point)
        keeper.base.execute("UPDATE drafts SET holder = ''")
        assert ended or workers.run(path, held)
        assert workers.run(path, held)
        assert keeper.state("d").name == "sent"
        keeper.close()
        if ended:
            break
    assert sorted(mock.texts()) == sorted(expected)
    assert 12 < point <= 40
