"""A team's own accounts by their lasting names, asked from servers that answer well, badly, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kalkan.brands import Brand, Watch, sample
from kalkan.networks.accounts import Accounts, lasting_id
from kalkan.networks.http import Door
from tests.networks.http_served import Served, say, serve

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
DID = "did:plc:abcdefghijklmnopqrstuvwx"
RESOLVE, LOOKUP = "/xrpc/com.atproto.identity.resolveHandle", "/api/v1/accounts/lookup"


@pytest.fixture
def door() -> Iterator[Door]:
    opened = Door(allow_private=True)
    yield opened
    opened.close()


def brand(*accounts: str) -> Brand:
    return Brand(slug="findik", name="Fındık", watches=(Watch(kind="name", text="Fındık"),), accounts=accounts)


def test_a_bluesky_handle_becomes_its_did(door: Door) -> None:
    with serve({RESOLVE: lambda ask: say(ask, 200, f'{{"did":"{DID}"}}'.encode())}) as server:
        assert lasting_id("@Findik.example.com", door=door, now=NOW, bluesky=server.url) == DID
        assert server.seen[0][0] == f"{RESOLVE}?handle=findik.example.com"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"did":"javascript:alert(1)"}', b'{"did":7}', b"[" * 9000, b"{"])
def test_an_answer_that_is_no_did_is_not_believed(door: Door, body: bytes) -> None:
    with serve({RESOLVE: lambda ask: say(ask, 200, body)}) as server:
        assert lasting_id("findik.example.com", door=door, now=NOW, bluesky=server.url) is None


def test_a_mastodon_account_becomes_its_address_on_its_own_server_only(door: Door) -> None:
    def there(host: str) -> bytes:
        return f'{{"uri":"http://{host}/ap/users/117"}}'.encode()

    with serve({LOOKUP: lambda ask: say(ask, 200, there("127.0.0.1"))}) as server:
        assert lasting_id(f"findik@{server.url}", door=door, now=NOW) == "http://127.0.0.1/ap/users/117"
    with serve({LOOKUP: lambda ask: say(ask, 200, there("elsewhere.test"))}) as server:
        assert lasting_id(f"findik@{server.url}", door=door, now=NOW) is None


def test_what_is_known_is_kept_and_not_asked_again_the_same_day(door: Door, tmp_path: Path) -> None:
    accounts = Accounts(tmp_path / "accounts.json")
    ours = (brand("findik.example.com", "plainname"),)
    answers: list[bytes] = [f'{{"did":"{DID}"}}'.encode()]
    with serve({RESOLVE: lambda ask: say(ask, 200 if answers else 500, answers[0] if answers else b"")}) as server:
        assert accounts.look_up(ours, door=door, now=NOW, bluesky=server.url) == 1
        assert accounts.look_up(ours, door=door, now=NOW + timedelta(hours=1), bluesky=server.url) == 0
        assert asked(server) == 1
        answers.clear()
        accounts.look_up(ours, door=door, now=NOW + timedelta(days=2), bluesky=server.url)
        assert asked(server) >= 2
    widened = Accounts(tmp_path / "accounts.json").widen(ours)[0]
    assert widened.accounts == ("findik.example.com", "plainname", DID)
    reply = {"reply_to": f"at://{DID}/app.bsky.feed.post/3k"}
    assert sample(widened, "why so small", **reply) == {"kind": "reply", "watch": DID}
    assert sample(ours[0], "why so small", **reply) is None


def asked(server: Served) -> int:
    return sum(path.startswith(RESOLVE) for path, _ in server.seen)


def test_a_broken_file_is_begun_again(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text("[1,")
    accounts = Accounts(path)
    assert accounts.widen((brand("a.example.com"),))[0].accounts == ("a.example.com",)
    with serve({RESOLVE: lambda ask: say(ask, 200, f'{{"did":"{DID}"}}'.encode())}) as server:
        assert accounts.look_up((brand("a.example.com"),), door=door, now=NOW, bluesky=server.url) == 1
    assert accounts.widen((brand("a.example.com"),))[0].accounts[-1] == DID
