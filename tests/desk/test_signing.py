"""Signing in and out, guessing, languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from kalkan.desk.actions import people
from kalkan.desk.models import SignIn
from kalkan.errors import Refused
from tests.desk.conftest import PASSWORD, Cast, signed_in


def _try(client: Client, email: str, password: str, address: str = "192.0.2.1") -> int:
    return client.post("/sign-in/", {"email": email, "password": password}, REMOTE_ADDR=address).status_code


def test_in_and_out(cast: Cast, client: Client) -> None:
    answer = client.post("/sign-in/", {"email": " AYSE@example.com", "password": PASSWORD, "next": "/watches/"})
    assert (answer.status_code, answer["Location"]) == (302, "/watches/")
    assert client.get("/watches/").status_code == 200
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/watches/").status_code == 302


def test_a_wrong_pair_is_refused_in_the_same_words(cast: Cast, client: Client) -> None:
    wrong = client.post("/sign-in/", {"email": "ayse@example.com", "password": "no"})
    nobody = client.post("/sign-in/", {"email": "nobody@example.com", "password": "no"})
    assert wrong.status_code == nobody.status_code == 403
    assert wrong.context["form"].non_field_errors() == nobody.context["form"].non_field_errors()


@pytest.mark.parametrize("to", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(cast: Cast, client: Client, to: str) -> None:
    answer = client.post("/sign-in/", {"email": "ayse@example.com", "password": PASSWORD, "next": to})
    assert answer["Location"] == "/"


def test_guessing_is_slowed(cast: Cast, client: Client) -> None:
    tries = [_try(client, "ayse@example.com", f"guess {n}") for n in range(7)]
    assert tries == [403] * 5 + [429] * 2
    assert _try(client, "ayse@example.com", PASSWORD) == 429, "even the right one waits"
    assert _try(Client(), "ayse@example.com", PASSWORD, "192.0.2.9") == 302, "elsewhere its owner is not locked out"
    assert _try(Client(), "bora@example.com", PASSWORD) == 302, "nor are others here"
    SignIn.objects.update(at=timezone.now() - people.WINDOW - timedelta(seconds=1))
    assert _try(client, "ayse@example.com", PASSWORD) == 302


def test_guessing_from_many_places_and_at_many_accounts_is_slowed(cast: Cast) -> None:
    now = timezone.now()
    request = RequestFactory().post("/sign-in/")
    for n in range(people.MOST_ACCOUNT):
        SignIn.objects.create(at=now, account="ayse@example.com", address=f"192.0.2.{n}", ok=False)
    with pytest.raises(Refused, match="sign_in_wait"):
        people.sign_in(request, email="ayse@example.com", password=PASSWORD, address="198.51.100.1", now=now)
    for n in range(people.MOST_ADDRESS):
        SignIn.objects.create(at=now, account=f"n{n}@example.com", address="203.0.113.5", ok=False)
    with pytest.raises(Refused) as told:
        people.sign_in(request, email="bora@example.com", password=PASSWORD, address="203.0.113.5", now=now)
    assert told.value.params == {"minutes": 15}


def test_old_tries_are_swept(cast: Cast, client: Client) -> None:
    SignIn.objects.create(at=timezone.now() - timedelta(days=2), account="x", address="y", ok=False)
    _try(client, "ayse@example.com", "no")
    assert SignIn.objects.count() == 1


def test_a_new_password_signs_others_out(cast: Cast) -> None:
    here, there = signed_in(cast.ayse), signed_in(cast.ayse)
    shown = here.post("/settings/password/", {"old": "wrong", "new": "another long sentence"})
    assert shown.status_code == 200 and "old" in shown.context["password"].errors
    shown = here.post("/settings/password/", {"old": PASSWORD, "new": "short"})
    assert "new" in shown.context["password"].errors
    assert here.post("/settings/password/", {"old": PASSWORD, "new": "another long sentence"}).status_code == 302
    assert here.get("/settings/").status_code == 200
    assert there.get("/settings/").status_code == 302
    cast.ayse.refresh_from_db()
    assert cast.ayse.check_password("another long sentence")


def test_the_language_is_the_persons_then_the_choice_then_the_browsers(cast: Cast, client: Client) -> None:
    def said(client: Client, **headers: str) -> str:
        return client.get("/sign-in/", follow=True, headers=headers).headers["Content-Language"]

    assert said(client) == "en"
    assert said(client, accept_language="tr-TR,tr;q=0.9,en;q=0.5") == "tr"
    assert said(client, accept_language="fr-FR,de;q=0.9") == "en"
    answer = client.post("/language/", {"lang": "tr", "next": "/sign-in/"})
    assert answer["Location"] == "/sign-in/"
    assert said(client, accept_language="en") == "tr"
    assert client.post("/language/", {"lang": "xx", "next": "//evil.example.com"})["Location"] == "/"
    assert said(client) == "tr"
    bora = signed_in(cast.bora)
    assert bora.get("/settings/", headers={"accept-language": "en"}).headers["Content-Language"] == "tr"
    bora.post("/language/", {"lang": "en"})
    cast.bora.refresh_from_db()
    assert cast.bora.lang == "en"


def test_own_settings(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    assert browser.post("/settings/", {"name": "Ayşe", "lang": "tr", "zone": "Mars/Base"}).status_code == 200
    assert browser.post("/settings/", {"name": "Ayşe", "lang": "tr", "zone": "Europe/London"}).status_code == 302
    cast.ayse.refresh_from_db()
    assert (cast.ayse.name, cast.ayse.lang, cast.ayse.zone) == ("Ayşe", "tr", "Europe/London")
    assert (
        browser.post(
            "/settings/brand/", {"brand-name": "Fındık AŞ", "brand-langs": ["tr"], "brand-markets": "tr uk"}
        ).status_code
        == 302
    )
    cast.findik.refresh_from_db()
    assert (cast.findik.name, cast.findik.langs, cast.findik.markets) == ("Fındık AŞ", ["tr"], ["TR", "GB"])
    assert cast.findik.slug == "findik", "the archive knows it by that"
