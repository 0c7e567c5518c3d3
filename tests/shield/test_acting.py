"""Deeds on the networks, against the world's own servers: done, seen on the server, and undone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks import bluesky_publish, mastodon_publish
from kalkan.networks.acting import DEEDS, SHIELDS, UNDOES, Deed, Done, act
from kalkan.networks.publishing import Publisher
from kalkan.world.events import Event, Person
from kalkan.world.wire import Board, EventLog, MastodonServer, PdsServer, password
from kalkan.world.wire.records import Repositories
from kalkan.world.world import did
from tests.conftest import NOW

PEOPLE = {
    one.key: one
    for one in (
        Person(key="shop", name="Fındık", handle="findik.test", network="bluesky", lang="tr"),
        Person(key="rude", name="Kaba", handle="kaba.test", network="bluesky", lang="tr"),
        Person(key="shop-m", name="Fındık", handle="findik", network="mastodon", lang="tr"),
        Person(key="rude-m", name="Kaba", handle="kaba", network="mastodon", lang="tr"),
    )
}


@dataclass
class Town:
    pds: PdsServer
    mastodon: MastodonServer
    bluesky: Publisher
    masto: Publisher
    posts: dict[str, str]


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    repositories, log, board = Repositories(PEOPLE, did), EventLog(), Board(PEOPLE)
    events = [
        Event(at=NOW, verb="post", actor="shop", key="ours", text="Yeni kavanoz"),
        Event(at=NOW, verb="post", actor="rude", key="theirs", text="aptallar", reply_to="ours"),
        Event(at=NOW, verb="post", actor="rude-m", key="theirs-m", text="aptallar"),
    ]
    for event in events:
        board.tell(event)
        repositories.frame(event)
    posts = {key: kept.uri for key in ("ours", "theirs") if (kept := repositories.post(key))}
    with (
        PdsServer(repositories, PEOPLE, log, now=lambda: NOW) as pds,
        MastodonServer(board, now=lambda: NOW) as mastodon,
    ):
        given = {"service": pds.url, "handle": "findik.test", "password": password("shop")}
        who, held = bluesky_publish.connect(given, now=NOW, loopback=True)
        bluesky = bluesky_publish.open_publisher(who.account, held, keep=lambda _: None, loopback=True)
        secret = {"server": mastodon.url, "token": password("shop-m")}
        masto = mastodon_publish.open_publisher("mastodon:x", secret, keep=lambda _: None, loopback=True)
        yield Town(pds, mastodon, bluesky, masto, posts)
        bluesky.close()
        masto.close()


def _and_back(deed: Deed, session: Publisher) -> Done:
    """Do it, undo it, and see that undoing leads to the deed again."""
    done = act(deed, session, now=NOW)
    assert done.undo is not None and UNDOES[deed.kind] == done.undo.kind
    return done


def test_a_muted_account_on_bluesky_can_be_heard_again(town: Town) -> None:
    own, theirs = did("shop"), did("rude")
    done = _and_back(Deed(kind="mute", account=theirs), town.bluesky)
    assert town.pds.guards.muted[own] == {theirs}
    assert done.undo and act(done.undo, town.bluesky, now=NOW).undo is not None
    assert town.pds.guards.muted[own] == set()


def test_a_block_on_bluesky_is_a_record_that_goes_again(town: Town) -> None:
    done = _and_back(Deed(kind="block", account=did("rude")), town.bluesky)
    assert done.undo and town.pds.guards.records[done.undo.before]["subject"] == did("rude")
    act(done.undo, town.bluesky, now=NOW)
    assert done.undo.before not in town.pds.guards.records
    with pytest.raises(InvalidInput):
        act(replace(done.undo, before=""), town.bluesky, now=NOW)


def test_a_thread_is_closed_and_opened_and_keeps_what_it_had(town: Town) -> None:
    ours, theirs = town.posts["ours"], town.posts["theirs"]
    gate = ours.replace("app.bsky.feed.post", "app.bsky.feed.threadgate")
    records = town.pds.guards.records
    done = _and_back(Deed(kind="gate_thread", thread=ours, allow=("following",)), town.bluesky)
    assert [rule["$type"] for rule in records[gate]["allow"]] == ["app.bsky.feed.threadgate#followingRule"]
    hidden = _and_back(Deed(kind="hide_reply", post=theirs, thread=ours), town.bluesky)
    act(Deed(kind="hide_reply", post=theirs, thread=ours), town.bluesky, now=NOW)
    assert records[gate]["hiddenReplies"] == [theirs] and records[gate]["allow"]
    closed = act(Deed(kind="gate_thread", thread=ours), town.bluesky, now=NOW)
    assert records[gate]["allow"] == [] and records[gate]["hiddenReplies"] == [theirs]
    assert closed.undo
    act(closed.undo, town.bluesky, now=NOW)
    assert len(records[gate]["allow"]) == 1
    assert hidden.undo and done.undo
    act(hidden.undo, town.bluesky, now=NOW)
    act(done.undo, town.bluesky, now=NOW)
    assert gate not in records


def test_only_ones_own_thread_can_be_closed(town: Town) -> None:
    for thread in (town.posts["theirs"], "", "https://example.org/1"):
        with pytest.raises(InvalidInput):
            act(Deed(kind="gate_thread", thread=thread), town.bluesky, now=NOW)


def test_a_report_reaches_the_network_and_is_undone_by_nothing(town: Town) -> None:
    theirs = town.posts["theirs"]
    assert act(Deed(kind="report", post=theirs, why="threat", comment="tehdit"), town.bluesky, now=NOW).undo is None
    told = town.pds.guards.reports[-1]
    assert told["subject"]["uri"] == theirs and told["subject"]["cid"] and told["reason"] == "tehdit"
    act(Deed(kind="report", account=did("rude"), why="spam"), town.bluesky, now=NOW)
    assert town.pds.guards.reports[-1]["subject"]["did"] == did("rude")
    with pytest.raises(NetworkError):
        act(Deed(kind="report", post=theirs[:-1] + "z"), town.bluesky, now=NOW)
    number = str(town.mastodon.entities.account_id(PEOPLE["rude-m"]))
    assert act(Deed(kind="report", handle="kaba", why="rude", comment="kaba"), town.masto, now=NOW).undo is None
    assert town.mastodon.guards.reports[-1]["account_id"] == number


@pytest.mark.parametrize("kind", ["mute", "block"])
def test_accounts_on_mastodon(town: Town, kind: str) -> None:
    number = str(town.mastodon.entities.account_id(PEOPLE["rude-m"]))
    kept = town.mastodon.guards.muted if kind == "mute" else town.mastodon.guards.blocked
    done = _and_back(Deed(kind=kind, handle="@kaba", seconds=3600), town.masto)
    assert kept["shop-m"] == {number}
    assert done.undo
    act(done.undo, town.masto, now=NOW)
    assert kept["shop-m"] == set()
    with pytest.raises(NetworkError):
        act(Deed(kind=kind, handle="nobody@example.org"), town.masto, now=NOW)


def test_shields_go_up_and_come_down_to_what_was(town: Town) -> None:
    before = town.masto.asked("/api/v2/notifications/policy", now=NOW)  # type: ignore[attr-defined]
    done = _and_back(Deed(kind="shields_up"), town.masto)
    again = act(Deed(kind="shields_up"), town.masto, now=NOW)
    policy = town.mastodon.guards.policies["shop-m"]
    assert policy == dict(SHIELDS)
    assert done.undo and json.loads(done.undo.before) == {name: before[name] for name in SHIELDS}
    assert again.undo and json.loads(again.undo.before) == dict(SHIELDS)
    act(done.undo, town.masto, now=NOW)
    assert town.mastodon.guards.policies["shop-m"] == {name: before[name] for name in SHIELDS}


def test_what_a_network_cannot_do_is_said(town: Town) -> None:
    for kind in ("shields_up", "delete_post"):
        with pytest.raises(InvalidInput) as found:
            act(Deed(kind=kind), town.bluesky, now=NOW)
        assert found.value.code == "deed_not_here"
    with pytest.raises(InvalidInput):
        act(Deed(kind="mute"), town.bluesky, now=NOW)
    with pytest.raises(InvalidInput):
        act(Deed(kind="gate_thread", thread=town.posts["ours"], allow=("everyone",)), town.bluesky, now=NOW)
    assert set(UNDOES) | {"report"} == set().union(*DEEDS.values())
