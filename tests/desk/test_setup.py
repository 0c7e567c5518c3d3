"""The first run: three steps, hard to get wrong, closed to everybody else."""

from __future__ import annotations

import dataclasses
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from kalkan.desk import listening, ready
from kalkan.desk.actions import people
from kalkan.desk.keys import kept_secret
from kalkan.desk.models import Brand, Person, Source
from kalkan.errors import InvalidInput, Refused

YOU = {"name": "Ayşe Y.", "email": " Ayse@Example.com ", "password": "uzun bir cümle olsun", "lang": "tr"}
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/", "/posts/", "/watches/", "/sign-in/", "/nothing/"])
def test_every_address_leads_to_the_setup(client: Client, page: str) -> None:
    assert client.get(page)["Location"] == "/setup/"


def test_three_steps(client: Client) -> None:
    first = client.post("/setup/", {**YOU, "zone": "Europe/London"})
    assert (first.status_code, first["Location"]) == (302, "/setup/brand/")
    ayse = Person.objects.get()
    assert (ayse.email, ayse.lang, ayse.zone, ayse.founder) == ("ayse@example.com", "tr", "Europe/London", True)
    assert client.get("/")["Location"] == "/setup/brand/", "half-way, every address leads on"
    assert client.get("/setup/brand/").headers["Content-Language"] == "tr"
    second = client.post(
        "/setup/brand/",
        {
            "brand": " Fındık ",
            "names": "FINDIK\nFındık Kreması",
            "handles": "@findik.example.com",
            "hashtags": "#findik",
        },
    )
    assert second["Location"] == "/setup/networks/"
    brand = Brand.objects.get()
    assert brand.slug == "findik"
    assert [(w.kind, w.text) for w in brand.watches.all()] == [
        ("name", "Fındık"),
        ("name", "Fındık Kreması"),
        ("handle", "findik.example.com"),
        ("hashtag", "findik"),
    ]
    third = client.post(
        "/setup/networks/",
        {"langs": ["tr", "en"], "bluesky": "on", "mastodon_server": "mastodon.social", "mastodon_hashtags": "#findik",
         "feeds": "example.com/feed.xml"},
    )  # fmt: skip
    assert third["Location"] == "/"
    assert [row.source for row in Source.objects.all()] == [
        "bluesky:jetstream",
        "feeds:main",
        "mastodon:mastodon-social",
    ]
    assert [dict(each.options) for each in listening.sources()] == [
        {},
        {"feeds": "https://example.com/feed.xml"},
        {"server": "https://mastodon.social", "hashtags": "findik"},
    ]
    assert listening.brands()[0].langs == ("tr", "en")
    assert client.get("/setup/")["Location"] == "/"
    assert client.get("/setup/brand/")["Location"] == "/"


def test_nothing_to_listen_to_is_allowed(client: Client) -> None:
    client.post("/setup/", YOU)
    client.post("/setup/brand/", {"brand": "Fındık"})
    assert client.post("/setup/networks/", {}).status_code == 302
    assert not Source.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "ayse@example.com"}, "password"),
        ({"name": "  "}, "name"),
        ({"lang": "xx"}, "lang"),
    ],
)
def test_what_is_wrong_is_told_where_it_is(client: Client, given: dict[str, str], field: str) -> None:
    shown = client.post("/setup/", {**YOU, **given})
    assert shown.status_code == 200
    assert list(shown.context["form"].errors) == [field]
    assert f'id="id_{field}_error"' in shown.content.decode()
    assert not Person.objects.exists()


def test_there_is_one_founder_only(client: Client) -> None:
    client.post("/setup/", YOU)
    with pytest.raises(Refused, match="already_set_up"):
        people.found_desk(name="Mallory", email="m@example.com", password="x" * 12, lang="en", zone="UTC")
    assert Client().post("/setup/", {**YOU, "email": "m@example.com"})["Location"] == "/"
    assert Person.objects.count() == 1


def test_of_two_at_once_one_wins(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    # Both have looked and seen nobody; what must hold then is the database's own rule.
    client.post("/setup/", YOU)
    monkeypatch.setattr("django.db.models.query.QuerySet.exists", lambda _self: False)
    with pytest.raises(Refused, match="already_set_up"):
        people.found_desk(name="Mallory", email="m@example.com", password="x" * 12, lang="en", zone="UTC")
    assert [each.email for each in Person.objects.all()] == ["ayse@example.com"]


def test_another_machine_needs_the_printed_word(client: Client, data: Path) -> None:
    token = ready.setup_token(django_settings.CONFIG)
    assert token and ready.setup_token(django_settings.CONFIG) == token
    away = {"REMOTE_ADDR": "192.0.2.7"}
    assert "id_token" in client.get("/setup/", **away).content.decode()
    assert client.post("/setup/", YOU, **away).status_code == 200
    assert client.post("/setup/", {**YOU, "token": "guess"}, **away).status_code == 200
    assert not Person.objects.exists()
    assert client.post("/setup/", {**YOU, "token": f" {token} "}, **away).status_code == 302
    assert ready.setup_token(django_settings.CONFIG) is None
    assert not ready.token_path(django_settings.CONFIG).exists()


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"])
def test_a_proxy_on_this_machine_is_not_this_machine(client: Client, header: str) -> None:
    assert "id_token" in client.get("/setup/", **{header: "127.0.0.1"}).content.decode()


def test_behind_a_public_address_the_word_is_always_asked(client: Client, settings: Any) -> None:
    settings.CONFIG = dataclasses.replace(settings.CONFIG, public_url="https://desk.example.com")
    assert "id_token" in client.get("/setup/").content.decode()


def test_the_secret_is_made_once_and_for_its_owner_alone(data: Path) -> None:
    path = data / "secret_key"
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(kept_secret(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1 and len(found[0]) > 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in data.iterdir()] == ["secret_key"]
    path.write_text("")
    with pytest.raises(InvalidInput, match="secret_damaged"):
        kept_secret(path)
    with pytest.raises(InvalidInput, match="data_unwritable"):
        kept_secret(path / "below" / "a file")
