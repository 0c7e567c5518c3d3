"""Invitations: signed, once, seven days, slowed; by a new account or one that is there."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kalkan.desk import access
from kalkan.desk.actions import people, team
from kalkan.desk.models import Audit, Invitation, Membership, Person, SignIn
from kalkan.errors import Refused
from tests.desk.conftest import PASSWORD, Cast, signed_in

YOU = {"name": "Deniz Ş.", "password": "denizden gelen uzun cümle", "lang": "tr", "zone": "Europe/Berlin"}


def offer(cast: Cast, email: str = "deniz@example.com", role: str = "writer", **more: Any) -> Invitation:
    now = more.pop("now", timezone.now())
    return team.invite(cast.ayse, cast.findik, email=email, role=role, lang="tr", now=now, **more)


def link(invitation: Invitation) -> str:
    return f"/invited/{access.word_of(invitation)}/"


def test_from_the_form_to_today(cast: Cast, client: Client) -> None:
    owner = signed_in(cast.ayse)
    sent = owner.post("/team/invite/", {"email": " Deniz@Example.com ", "role": "writer", "lang": "tr"})
    made = Invitation.objects.get()
    assert sent["Location"] == f"/team/?invited={made.pk}"
    shown = owner.get(sent["Location"]).content.decode()
    assert f'value="http://testserver{link(made)}"' in shown
    page = client.get(link(made))
    assert page.headers["Content-Language"] == "tr", "the invitation's language"
    assert "Fındık" in page.content.decode() and "deniz@example.com" in page.content.decode()
    answer = client.post(link(made), YOU)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    deniz = Person.objects.get(email="deniz@example.com")
    assert (deniz.name, deniz.lang, deniz.zone, deniz.founder) == ("Deniz Ş.", "tr", "Europe/Berlin", None)
    assert access.role_for(deniz, cast.findik) == "writer"
    assert client.get("/watches/").context["brand"] == cast.findik
    assert client.get("/audit/").status_code == 403
    told = Audit.objects.get(verb="joined")
    assert (told.person, told.brand, told.detail["role"]) == (deniz, cast.findik, "writer")


def test_a_link_opens_once(cast: Cast, client: Client) -> None:
    made = offer(cast)
    assert client.post(link(made), YOU).status_code == 302
    again = Client().get(link(made))
    assert again.status_code == 410 and "Fındık" not in again.content.decode()
    with pytest.raises(Refused, match="invitation_closed"):
        team.join(cast.cem, Invitation.objects.get(), now=timezone.now())
    assert access.role_for(cast.cem, cast.findik) == ""


@pytest.mark.parametrize("state", ["withdrawn", "expired"])
def test_closed_links_say_so_with_the_remedy(cast: Cast, state: str) -> None:
    made = offer(cast)
    if state == "withdrawn":
        assert signed_in(cast.ayse).post(f"/team/invitations/{made.pk}/withdraw/").status_code == 302
    else:
        Invitation.objects.update(until=timezone.now())
    for client in (Client(), signed_in(cast.cem)):
        page = client.get(link(made))
        assert page.status_code == 410
        assert state in page.content.decode() and "Ask the owner" in page.content.decode()
        assert client.post(link(made), YOU).status_code == 410
    assert not Person.objects.filter(email="deniz@example.com").exists()
    assert access.role_for(cast.cem, cast.findik) == ""


def test_seven_days_to_the_second(cast: Cast) -> None:
    made = offer(cast, now=timezone.now())
    assert made.state(made.made_at + timedelta(days=7) - timedelta(seconds=1)) == "open"
    assert made.state(made.made_at + timedelta(days=7)) == "expired"
    with pytest.raises(Refused, match="invitation_closed"):
        team.join(cast.cem, made, now=made.made_at + timedelta(days=7))


def test_a_link_cannot_be_made_from_the_database(cast: Cast, client: Client, settings: Any) -> None:
    made, other = offer(cast), offer(cast, "e@example.com", "owner")
    word = access.word_of(made)
    signature = word.rsplit(":", 1)[1]
    settings.SECRET_KEY = "another key, as somebody with a copy of the tables would have"
    forged = access.word_of(made)
    settings.SECRET_KEY = "a key for tests that is long enough to be one"
    for bad in (forged, f"{other.pk}-{other.nonce}:{signature}", word[:-1], "1-x:y", "x"):
        assert client.get(f"/invited/{bad}/").status_code == 404
    assert client.get(f"/invited/{word}/").status_code == 200


def test_trying_links_is_slowed(cast: Cast, client: Client) -> None:
    good = link(offer(cast))
    tries = [client.get(f"/invited/{n}/").status_code for n in range(people.MOST_ADDRESS + 1)]
    assert tries == [404] * people.MOST_ADDRESS + [429]
    assert client.get(good).status_code == 429
    assert client.get(good, REMOTE_ADDR="192.0.2.7").status_code == 200, "others are not kept waiting"


def test_an_account_that_is_there_is_signed_in_with(cast: Cast, client: Client) -> None:
    made = offer(cast, "cem@example.com", "moderator")
    page = client.get(link(made)).content.decode()
    assert f"/sign-in/?next=/invited/{access.word_of(made)}/".replace(":", "%3A") in page
    answer = client.post("/sign-in/", {"email": "cem@example.com", "password": PASSWORD, "next": link(made)})
    assert answer["Location"] == link(made)
    assert "Cem T." in client.get(link(made)).content.decode()
    assert access.role_for(cast.cem, cast.findik) == "", "looking is not joining"
    assert client.post(link(made))["Location"] == "/"
    assert access.role_for(cast.cem, cast.findik) == "moderator"
    assert client.get("/watches/").context["brand"] == cast.findik, "it lands on the new brand"


def test_no_account_is_told_or_taken_over(cast: Cast, client: Client) -> None:
    here, new = offer(cast, "cem@example.com"), offer(cast, "nobody@example.com")
    pages = [client.get(link(each)).content.decode() for each in (here, new)]
    for each, page in zip((here, new), pages, strict=True):
        assert each.email in page
    same = [
        page.replace(each.email, "E").replace(access.word_of(each).replace(":", "%3A"), "W")
        .replace(access.word_of(each), "W").split("csrfmiddlewaretoken")[0]
        for each, page in zip((here, new), pages, strict=True)
    ]  # fmt: skip
    assert same[0] == same[1], "the page is the same whether there is an account or not"
    answers = [client.post(link(here), YOU).status_code for _ in range(7)]
    assert answers == [403] * 5 + [429] * 2, "and guessing is slowed"
    cast.cem.refresh_from_db()
    assert cast.cem.check_password(PASSWORD) and cast.cem.name == "Cem T."
    assert SignIn.objects.filter(account="cem@example.com", kind="invitation").count() == 5
    owners = signed_in(cast.ayse)
    for email in ("cem@example.com", "nowhere@example.com"):
        sent = owners.post("/team/invite/", {"email": email, "role": "viewer", "lang": "en"})
        assert sent.status_code == 302, "an owner is not told who has an account"


def test_an_invitation_gives_way_to_the_next(cast: Cast) -> None:
    first, second = offer(cast), offer(cast, role="viewer")
    first.refresh_from_db()
    assert first.state(timezone.now()) == "withdrawn" and second.state(timezone.now()) == "open"
    assert list(access.invitations_for(cast.ayse, cast.findik, timezone.now())) == [second]
    assert not access.invitations_for(cast.bora, cast.findik, timezone.now()).exists()


def test_who_is_on_the_team_is_not_invited_again(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    answer = browser.post("/team/invite/", {"email": "BORA@example.com", "role": "owner", "lang": "en"})
    assert answer.status_code == 403 and answer.context["invite"].non_field_errors()
    made = offer(cast)
    bora = signed_in(cast.bora)
    assert bora.get(link(made)).context["on_team"]
    assert bora.post(link(made)).status_code == 200
    made.refresh_from_db()
    assert made.state(timezone.now()) == "open" and access.role_for(cast.bora, cast.findik) == "viewer"


def test_making_links_is_slowed(cast: Cast) -> None:
    for n in range(team.MOST_AN_HOUR):
        offer(cast, f"n{n}@example.com")
    browser = signed_in(cast.ayse)
    answer = browser.post("/team/invite/", {"email": "more@example.com", "role": "viewer", "lang": "en"})
    assert answer.status_code == 429
    assert len(browser.get("/team/").content) < 60_000
    Invitation.objects.update(made_at=timezone.now() - timedelta(hours=1, seconds=1))
    offer(cast, "more@example.com")


@pytest.mark.parametrize("how", ["demoted", "removed"])
def test_an_invitation_falls_with_the_right_of_its_maker(cast: Cast, how: str) -> None:
    Membership.objects.filter(person=cast.bora, brand=cast.findik).update(role="owner")
    row, now = Membership.objects.get(person=cast.bora, brand=cast.findik), timezone.now()
    made = team.invite(cast.bora, cast.findik, email="x@example.com", role="owner", lang="en", now=now)
    kept = offer(cast)
    if how == "demoted":
        team.change_role(cast.ayse, row, "writer", now=now)
    else:
        team.remove(cast.ayse, row, now=now)
    made.refresh_from_db()
    kept.refresh_from_db()
    assert (made.state(now), kept.state(now)) == ("withdrawn", "open")


@pytest.mark.parametrize(
    "wrong",
    [{"password": "short"}, {"password": "deniz@example.com"}, {"name": ""}, {"lang": "xx"}],
)
def test_a_wrong_form_uses_nothing_up(cast: Cast, client: Client, wrong: dict[str, str]) -> None:
    made = offer(cast)
    answer = client.post(link(made), {**YOU, **wrong})
    assert answer.status_code == 200 and set(answer.context["form"].errors) == set(wrong)
    assert client.post(link(made), {**YOU, "zone": "Mars/Base"}).status_code == 302
    assert Person.objects.get(email="deniz@example.com").zone == "Europe/Istanbul"


@pytest.mark.parametrize("wrong", [{"email": "no"}, {"role": "emperor"}, {"lang": "xx"}])
def test_a_wrong_invitation_is_told_where(cast: Cast, wrong: dict[str, str]) -> None:
    sent = {"email": "deniz@example.com", "role": "viewer", "lang": "en", **wrong}
    answer = signed_in(cast.ayse).post("/team/invite/", sent)
    assert answer.status_code == 200 and set(answer.context["invite"].errors) == set(wrong)
    assert not Invitation.objects.exists()


def test_links_carry_the_public_address(cast: Cast, settings: Any) -> None:
    browser, made = signed_in(cast.ayse), offer(cast)
    assert "this machine only" not in browser.get("/team/").content.decode()
    assert "this machine only" in browser.get("/team/", headers={"host": "127.0.0.1:8620"}).content.decode()
    settings.CONFIG = dataclasses.replace(settings.CONFIG, public_url="https://desk.example.com/")
    assert f"https://desk.example.com{link(made)}" in browser.get("/team/").content.decode()
