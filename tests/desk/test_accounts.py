"""Accounts, leave given at a server, and what the room check is told of a brand."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from kalkan.desk import demo, drafts_demo, drafts_room, drafts_sending, shelf, vault
from kalkan.desk.jobs import Work
from kalkan.desk.models import Account, Draft, Fact, Mourning, Watch
from kalkan.networks import mastodon_publish
from kalkan.networks.publishing import Identity
from kalkan.world.voices.people import BRAND_ACCOUNTS
from kalkan.world.wire import Stage, password
from kalkan.world.world import World, demo_brands
from tests.desk.conftest import Cast, signed_in
from tests.desk.drafts_cast import account, team


@pytest.fixture(scope="module")
def town() -> Iterator[Stage]:
    """The town's servers, with nobody talking."""
    now = datetime.now(UTC)
    world = World(seed=1, now=now, currents=(), past=timedelta(minutes=10), scripted=False)
    with Stage(world, now=lambda: datetime.now(UTC), past=timedelta(minutes=10)) as stage:
        yield stage


@pytest.fixture
def in_demo(data: Any) -> None:
    """A demo: only then may a server on this machine be asked."""
    settings.CONFIG = dataclasses.replace(settings.CONFIG, demo=True)


def test_an_account_is_connected_sealed_and_let_go(cast: Cast, town: Stage, in_demo: None) -> None:
    owner = signed_in(cast.ayse)
    server = f"http://127.0.0.1:{town.pds.port}"
    told = {"handle": "@findik.test", "password": "wrong", "service": server}
    refused = owner.post("/accounts/add/bluesky/", told)
    assert refused.status_code == 200 and not Account.objects.exists()
    assert "wrong" not in refused.content.decode(), "a password is never shown again"
    assert owner.post("/accounts/add/bluesky/", {**told, "password": ""}).status_code == 200
    assert owner.post("/accounts/add/bluesky/", {**told, "password": password("findik")}).status_code == 302
    row = Account.objects.get()
    assert row.fault == {} and row.account_id.startswith("bluesky:did:")
    assert password("findik") not in row.sealed
    assert vault.unseal(row.sealed, key=str(settings.SECRET_KEY))["password"] == password("findik")
    assert Watch.objects.filter(brand=cast.findik, kind="handle", text="findik.test").exists(), "replies are mentions"
    page = owner.get("/accounts/").content.decode()
    assert "works" in page and password("findik") not in page
    assert owner.post(f"/accounts/{row.pk}/look/")["Location"].endswith("?works")
    assert owner.post(f"/accounts/{row.pk}/disconnect/").status_code == 302
    row.refresh_from_db()
    assert row.sealed == "" and row.removed_at is not None
    assert owner.post(f"/accounts/{row.pk}/look/").status_code == 404


def test_without_a_demo_this_machine_is_not_asked(cast: Cast, town: Stage) -> None:
    told = {"handle": "findik.test", "password": password("findik"), "service": f"http://127.0.0.1:{town.pds.port}"}
    answer = signed_in(cast.ayse).post("/accounts/add/bluesky/", told)
    assert answer.status_code == 200 and not Account.objects.exists()


def test_leave_is_given_at_the_server_and_only_to_who_asked(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: dict[str, Any] = {}

    def begin(server: str, *, redirect: str, state: str, verifier: str, now: datetime, loopback: bool = False) -> Any:
        begun.update(server=server, redirect=redirect, state=state, verifier=verifier, loopback=loopback)
        return mastodon_publish.SignIn(url=f"{server}/oauth/authorize?state={state}", secrets={"server": server})

    def finish(secrets: Any, code: str, *, now: datetime, loopback: bool = False) -> Any:
        assert secrets["server"] == "https://social.example" and code == "good"
        return Identity(account="mastodon:https://social.example/users/f", handle="f@social.example"), {"token": "t"}

    monkeypatch.setattr(mastodon_publish, "begin_sign_in", begin)
    monkeypatch.setattr(mastodon_publish, "finish_sign_in", finish)
    monkeypatch.setattr("kalkan.desk.actions.accounts.look", lambda row, *, now: True)
    owner = signed_in(cast.ayse)
    away = owner.post("/accounts/add/mastodon/", {"server": "social.example", "token": ""})
    assert away.status_code == 302 and urlsplit(away["Location"]).netloc == "social.example"
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    assert len(begun["verifier"]) >= 43 and begun["loopback"] is False
    assert owner.get("/accounts/back/?code=good&state=another").status_code == 403
    assert owner.get(f"/accounts/back/?code=good&state={state}").status_code == 403, "a state is for once"
    away = owner.post("/accounts/add/mastodon/", {"server": "social.example"})
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    assert signed_in(cast.cem).get(f"/accounts/back/?code=good&state={state}").status_code == 403
    assert owner.get(f"/accounts/back/?state={state}").status_code == 400, "no leave was given"
    away = owner.post("/accounts/add/mastodon/", {"server": "social.example"})
    state = parse_qs(urlsplit(away["Location"]).query)["state"][0]
    assert owner.get(f"/accounts/back/?code=good&state={state}").status_code == 302
    assert Account.objects.get().handle == "f@social.example"


def test_accounts_are_the_owners_and_one_brands(cast: Cast) -> None:
    staff = team(cast)
    row = account(cast)
    for who in (staff.approver, staff.writer, staff.viewer):
        browser = signed_in(who)
        assert browser.get("/accounts/add/bluesky/").status_code == 403
        assert browser.post(f"/accounts/{row.pk}/disconnect/").status_code == 403
        assert "findik.example" in browser.get("/accounts/").content.decode()
    assert "findik.example" not in signed_in(cast.cem).get("/accounts/").content.decode()
    assert signed_in(cast.ayse).get("/accounts/add/x/").status_code == 404


def test_the_demo_connects_its_own_town_once_and_writes_first_drafts(db: None, town: Stage, in_demo: None) -> None:
    demo.prepare(demo_brands(), ())
    ports = {"bluesky": town.pds.port, "mastodon": town.mastodon.port}
    doors = [
        drafts_demo.Door(
            brand=brand, network=network, server=f"http://127.0.0.1:{ports[network]}",
            handle=town.world.people[key].handle, secret=password(key),
        )
        for (brand, network), key in BRAND_ACCOUNTS.items()
    ]  # fmt: skip
    drafts_demo.prepare(doors, folder=settings.CONFIG.data)
    now, config = datetime.now(UTC), settings.CONFIG
    work = Work(archive=shelf.opened(), config=config, now=lambda: now, stop=threading.Event())
    drafts_demo.connect(work)
    drafts_demo.connect(work)
    assert Account.objects.count() == 4 and not Account.objects.exclude(fault={}).exists()
    assert [row.title for row in Draft.objects.order_by("pk")][1] == "Efsane Cuma opens early"
    assert Draft.objects.count() == 3 and not Draft.objects.filter(verdict="").exists()
    drafts_sending.send(work)
    assert Draft.objects.filter(state="draft").count() == 3


def test_what_the_check_is_told(cast: Cast) -> None:
    staff = team(cast)
    writer = signed_in(staff.writer)
    assert signed_in(staff.moderator).post("/settings/facts/tell/", {"kind": "gap", "text": "x"}).status_code == 403
    assert writer.post("/settings/facts/tell/", {"kind": "no such", "text": ""}).status_code == 400
    told = {"kind": "gap", "text": "Kavanoz 320 gram oldu.", "topics": "kavanoz\n320", "at": "2026-11-19"}
    assert writer.post("/settings/facts/tell/", {**told, "until": "2026-11-01"}).status_code == 400
    assert writer.post("/settings/facts/tell/", told).status_code == 302
    about = {"sector": "gıda", "sells": "fındık kreması", "tags": "#kahvaltı", "view_hours": "48"}
    assert writer.post("/settings/facts/about/", {**about, "view_hours": "0"}).status_code == 400
    assert writer.post("/settings/facts/about/", about).status_code == 302
    mourned = {"name": "Deprem", "market": "TR", "begins": "2026-11-23", "until": "2026-11-25"}
    assert writer.post("/settings/facts/mourning/", {**mourned, "until": "2026-11-20"}).status_code == 400
    assert writer.post("/settings/facts/mourning/", mourned).status_code == 302
    facts = drafts_room.facts_of(cast.findik)
    assert (facts.sector, facts.sells, facts.facts[0].text) == ("gıda", ("fındık kreması",), "Kavanoz 320 gram oldu.")
    assert facts.names == ("Fındık", "findik.example.com") and "kahvaltı" in facts.tags
    assert drafts_room.view_hours(cast.findik) == 48
    at = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert [each.name for each in drafts_room.room_of(shelf.opened(), cast.findik, at).mournings] == ["Deprem"]
    assert "Deprem" in writer.get("/calendar/?week=2026-11-23").content.decode()
    page = writer.get("/settings/facts/").content.decode()
    assert f'id="fact-{Fact.objects.get().pk}"' in page
    assert signed_in(cast.cem).post(f"/settings/facts/{Fact.objects.get().pk}/close/").status_code == 302
    assert Fact.objects.get().closed_at is None, "another brand's fact"
    writer.post(f"/settings/facts/{Fact.objects.get().pk}/close/")
    writer.post(f"/settings/facts/mourning/{Mourning.objects.get().pk}/out/")
    assert drafts_room.facts_of(cast.findik).facts == () and not Mourning.objects.exists()
