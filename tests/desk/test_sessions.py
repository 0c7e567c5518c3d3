"""Where somebody is signed in, and how that ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kalkan.desk.actions.sessions import browser_of
from kalkan.desk.models import Audit, OpenSession
from tests.desk.conftest import PASSWORD, Cast, signed_in

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5"
    " Mobile/15E148 Safari/604.1"
)


def enter(agent: str = FIREFOX, email: str = "ayse@example.com") -> Client:
    client = Client(headers={"user-agent": agent})
    assert client.post("/sign-in/", {"email": email, "password": PASSWORD}).status_code == 302
    client.get("/settings/")
    return client


def is_in(client: Client) -> bool:
    return client.get("/settings/").status_code == 200


def test_the_list(cast: Cast) -> None:
    here, _phone, _other = enter(), enter(PHONE), enter(email="bora@example.com")
    rows = here.get("/settings/security/").context["sessions"]
    assert {row.browser for row in rows} == {"Firefox, Linux", "Safari, iOS"}
    shown = here.get("/settings/security/").content.decode()
    assert shown.count("this one") == 1
    assert "Bora" not in shown


def test_ending_one(cast: Cast) -> None:
    here, phone = enter(), enter(PHONE)
    row = OpenSession.objects.get(browser="Safari, iOS")
    assert here.post(f"/settings/security/sessions/{row.pk}/")["Location"] == "/settings/security/?ended"
    assert is_in(here) and not is_in(phone)
    assert not is_in(phone), "and it does not come back"
    assert Audit.objects.get(verb="ended session").detail == {"browser": "Safari, iOS"}


def test_ending_this_one_signs_out(cast: Cast) -> None:
    here = enter()
    row = OpenSession.objects.get()
    assert here.post(f"/settings/security/sessions/{row.pk}/")["Location"] == "/sign-in/"
    assert not is_in(here) and not OpenSession.objects.exists()


def test_nobody_ends_those_of_others(cast: Cast) -> None:
    bora, _ayse = enter(email="bora@example.com"), enter()
    row = OpenSession.objects.get(person=cast.ayse)
    assert bora.post(f"/settings/security/sessions/{row.pk}/").status_code == 404
    assert OpenSession.objects.filter(pk=row.pk).exists()


def test_ending_all_others(cast: Cast) -> None:
    here, phone, third, bora = enter(), enter(PHONE), enter(), enter(email="bora@example.com")
    assert here.post("/settings/security/sessions/").status_code == 302
    assert [is_in(each) for each in (here, phone, third, bora)] == [True, False, False, True]
    assert Audit.objects.get(verb="ended other sessions").detail == {"count": 2}


def test_a_new_password_ends_the_others(cast: Cast) -> None:
    here, phone = enter(), enter(PHONE)
    assert here.post("/settings/password/", {"old": PASSWORD, "new": "another long sentence"}).status_code == 302
    assert is_in(here) and not is_in(phone)
    assert OpenSession.objects.get().browser == "Firefox, Linux"


def test_signing_out_takes_it_off_the_list(cast: Cast) -> None:
    here = enter()
    here.post("/sign-out/")
    assert not OpenSession.objects.exists() and not is_in(here)


def test_old_ones_are_swept_and_last_seen_is_kept(cast: Cast) -> None:
    here, _phone = enter(), enter(PHONE)
    old = timezone.now() - timedelta(days=29)
    OpenSession.objects.update(seen_at=old)
    assert is_in(here)
    assert OpenSession.objects.get(browser="Firefox, Linux").seen_at > old
    OpenSession.objects.filter(browser="Safari, iOS").update(seen_at=old - timedelta(days=2))
    signed_in(cast.bora).get("/settings/")
    assert not OpenSession.objects.filter(browser="Safari, iOS").exists()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        (PHONE, "Safari, iOS"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/138.0 Safari/537.36 Edg/138.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/138.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.5.0", ""),
        ("<script>" * 200, ""),
        ("", ""),
    ],
)
def test_browsers_are_named_roughly(agent: str, name: str) -> None:
    assert browser_of(agent) == name
