"""Who is on the team, as what; who may what; second brands; the log."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.http import Http404
from django.test import Client
from django.utils import timezone

from kalkan.desk import access, audit_words, rescue
from kalkan.desk.actions import brands, sources, team
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Audit, Brand, Invitation, Membership
from kalkan.errors import InvalidInput, Refused
from tests.desk.conftest import PASSWORD, Cast, person, signed_in

ROLES = ("owner", "approver", "writer", "moderator", "viewer")
TABLE = {
    "read": "owner approver writer moderator viewer",
    "watch": "owner approver writer moderator",
    "moderate": "owner approver writer moderator",
    "write": "owner approver writer",
    "approve": "owner approver",
    "act": "owner approver moderator",
    "brand": "owner",
    "team": "owner",
    "audit": "owner",
    "listen": "owner",
}


def member(cast: Cast, who: str) -> Membership:
    return Membership.objects.get(person=getattr(cast, who), brand=cast.findik)


def test_the_table_is_whole() -> None:
    assert set(TABLE) == set(access.MAY)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("verb", list(TABLE))
def test_each_cell(cast: Cast, role: str, verb: str) -> None:
    Membership.objects.filter(pk=member(cast, "bora").pk).update(role=role)
    allowed = role in TABLE[verb].split()
    assert access.may(cast.bora, cast.findik, verb) is allowed
    assert not access.may(cast.bora, cast.cay, verb), "and nothing elsewhere"
    if allowed:
        access.require(cast.bora, cast.findik, verb)
    else:
        with pytest.raises(Refused, match="not_allowed"):
            access.require(cast.bora, cast.findik, verb)


@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_can_reach(cast: Cast, role: str) -> None:
    row, other = member(cast, "bora"), member(cast, "ayse")
    Membership.objects.filter(pk=row.pk).update(role=role)
    browser, owner = signed_in(cast.bora), role == "owner"
    assert browser.get("/team/").status_code == 200
    assert browser.get("/audit/").status_code == (200 if owner else 403)
    assert browser.get("/brand/add/").status_code == (200 if owner else 403)
    assert browser.get(f"/team/{other.pk}/remove/").status_code == (200 if owner else 403)
    assert browser.get(f"/team/{row.pk}/remove/").status_code == 200, "everybody may leave"
    sent = {"email": "deniz@example.com", "role": "viewer", "lang": "tr"}
    assert browser.post("/team/invite/", sent).status_code == (302 if owner else 403)
    assert Invitation.objects.count() == int(owner)
    assert browser.post(f"/team/{row.pk}/role/", {"role": "approver"}).status_code == (302 if owner else 403)
    row.refresh_from_db()
    assert row.role == ("approver" if owner else role), "nobody promotes themselves"


def test_the_page_shows_e_mails_to_owners_only(cast: Cast) -> None:
    shown = signed_in(cast.bora).get("/team/").content.decode()
    assert "Ayşe Y." in shown and "ayse@example.com" not in shown and "/team/invite/" not in shown
    assert "bora@example.com" in signed_in(cast.ayse).get("/team/").content.decode()


def test_a_role_changes(cast: Cast) -> None:
    row, browser = member(cast, "bora"), signed_in(cast.ayse)
    assert browser.post(f"/team/{row.pk}/role/", {"role": "writer"})["Location"] == "/team/?changed"
    assert browser.post(f"/team/{row.pk}/role/", {"role": "writer"})["Location"] == "/team/?same"
    assert browser.post(f"/team/{row.pk}/role/", {"role": "emperor"})["Location"] == "/team/?same"
    assert access.role_for(cast.bora, cast.findik) == "writer"
    assert Audit.objects.get(verb="changed role").detail == {"who": "Bora K.", "was": "viewer", "role": "writer"}


def test_the_last_owner_stays(cast: Cast) -> None:
    row, browser = member(cast, "ayse"), signed_in(cast.ayse)
    assert browser.post(f"/team/{row.pk}/role/", {"role": "viewer"}).status_code == 403
    assert browser.post(f"/team/{row.pk}/remove/").status_code == 403
    Membership.objects.filter(pk=member(cast, "bora").pk).update(role="owner")
    cast.bora.is_active = False
    cast.bora.save()
    with pytest.raises(Refused, match="last_owner"):
        team.remove(cast.ayse, row, now=timezone.now())
    cast.bora.is_active = True
    cast.bora.save()
    team.change_role(cast.ayse, row, "viewer", now=timezone.now())
    with pytest.raises(Refused, match="last_owner"):
        team.remove(cast.bora, member(cast, "bora"), now=timezone.now())


def test_who_is_removed_sees_nothing_at_the_next_click(cast: Cast) -> None:
    there, row = signed_in(cast.bora), member(cast, "bora")
    assert there.get("/watches/").status_code == 200
    browser = signed_in(cast.ayse)
    assert "Bora K." in browser.get(f"/team/{row.pk}/remove/").content.decode()
    assert browser.post(f"/team/{row.pk}/remove/")["Location"] == "/team/?removed"
    assert there.get("/watches/").status_code == 403
    assert not access.team_for(cast.bora, cast.findik).exists()
    assert Audit.objects.get(verb="removed from team").detail == {"who": "Bora K."}


def test_removed_twice_is_removed(cast: Cast) -> None:
    row, again = member(cast, "bora"), member(cast, "bora")
    team.remove(cast.ayse, row, now=timezone.now())
    team.remove(cast.ayse, again, now=timezone.now())
    assert team.change_role(cast.ayse, member(cast, "ayse"), "owner", now=timezone.now()) is False
    assert team.change_role(cast.ayse, again, "owner", now=timezone.now()) is False
    assert Audit.objects.filter(verb="removed from team").count() == 1


def test_leaving(cast: Cast) -> None:
    browser = signed_in(cast.bora)
    assert browser.post(f"/team/{member(cast, 'bora').pk}/remove/").status_code == 302
    assert access.role_for(cast.bora, cast.findik) == ""
    assert Audit.objects.get(verb="left").brand == cast.findik


def test_cem_reaches_nothing_of_another_team(cast: Cast) -> None:
    made = team.invite(cast.ayse, cast.findik, email="deniz@example.com", role="writer", lang="tr", now=timezone.now())
    browser, row = signed_in(cast.cem), member(cast, "bora")
    assert browser.post(f"/team/{row.pk}/role/", {"role": "owner"}).status_code == 404
    assert browser.get(f"/team/{row.pk}/remove/").status_code == 404
    assert browser.post(f"/team/{row.pk}/remove/").status_code == 404
    assert browser.post(f"/team/invitations/{made.pk}/withdraw/").status_code == 404
    shown = browser.get("/team/").content.decode() + browser.get("/audit/").content.decode()
    assert "Bora" not in shown and "deniz@example.com" not in shown and "Fındık" not in shown
    with pytest.raises(Http404):
        access.member_for(cast.cem, cast.findik, row.pk)
    with pytest.raises(Refused):
        access.audit_for(cast.cem, cast.findik)


@pytest.mark.parametrize("page", ["/team/", "/audit/", "/settings/security/", "/brand/add/"])
def test_every_page_asks_who_is_there(cast: Cast, client: Client, page: str) -> None:
    assert client.get(page)["Location"].startswith("/sign-in/?next=")


def test_a_second_brand(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    assert browser.get("/brand/add/").status_code == 200
    assert browser.post("/brand/add/", {"brand": ""}).status_code == 200
    answer = browser.post("/brand/add/", {"brand": "Kestane", "hashtags": "#kestane"})
    assert answer["Location"] == "/"
    made = Brand.objects.get(slug="kestane")
    assert [row.text for row in made.watches.all()] == ["Kestane", "kestane"]
    assert "Kestane" in browser.get("/watches/").context["brand"].name, "and the desk shows it"
    assert access.role_for(cast.ayse, made) == "owner"
    assert access.role_for(cast.bora, made) == ""
    with pytest.raises(Refused, match="not_allowed"):
        brands.create(cast.bora, name="Ceviz", watches=())
    cast.ayse.memberships.all().delete()
    assert access.may_add_brand(cast.ayse), "the founder may, even on no team"


def test_the_log_is_the_brands_own(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    browser.post("/watches/", {"names": "Fındık\nFıstık"})
    sources.add(cast.cem, "bluesky", options={})
    note(cast.cem, "changed watches", cast.cay, added=["Rize"])
    note(cast.bora, "signed in")
    shown = browser.get("/audit/").content.decode()
    assert "Changed the watches" in shown and "+ Fıstık" in shown and "Ayşe Y." in shown
    assert "Added a source" in shown, "shared by all brands"
    assert "Rize" not in shown and "Signed in" not in shown
    cast.ayse.lang = "tr"
    cast.ayse.save()
    assert "İzlemeleri değiştirdi" in browser.get("/audit/").content.decode()


def test_the_log_has_pages_newest_first(cast: Cast) -> None:
    now = timezone.now()
    for n in range(120):
        Audit.objects.create(at=now + timedelta(seconds=n), brand=cast.findik, verb="changed brand", detail={"n": n})
    browser = signed_in(cast.ayse)
    first, last = (browser.get(f"/audit/?page={n}").context["rows"] for n in (1, 3))
    assert [row["details"] for row in first] == [str(n) for n in range(119, 69, -1)]
    assert last[-1]["details"] == "0" and len(last) == 20
    assert first[0]["who"] == "", "its person is gone; the line is not"
    assert browser.get("/audit/?page=x").status_code == browser.get("/audit/?page=99").status_code == 200


def test_hostile_words_in_the_log_stay_words(cast: Cast) -> None:
    note(cast.ayse, "<b>x", cast.findik, added=["<script>alert(1)</script>"])
    shown = signed_in(cast.ayse).get("/audit/").content.decode()
    assert "<script>alert" not in shown and "&lt;b&gt;x" in shown


def test_every_verb_that_is_written_has_words() -> None:
    import re
    from pathlib import Path

    import kalkan.desk

    texts = [path.read_text() for path in Path(kalkan.desk.__file__).parent.rglob("*.py")]
    calls = [call for text in texts for call in re.findall(r"\bnote\(\s*person, ([^,\n]+?)[,)]", text)]
    made = {verb for call in calls for verb in re.findall(r'f"([^"]+)"', call)}
    written = {verb for call in calls for verb in re.findall(r'(?<!f)"([^"]+)"', call)}
    assert len(written) > 20
    assert written <= set(audit_words.VERBS)
    patterns = [re.compile(re.sub(r"\\{.*?\\}", r"\\w+", re.escape(verb))) for verb in made]
    assert all(any(one.fullmatch(verb) for one in patterns) for verb in set(audit_words.VERBS) - written)


def test_whoever_runs_kalkan_can_help(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    assert browser.get("/settings/").status_code == 200
    fresh = rescue.new_password(" AYSE@example.com")
    cast.ayse.refresh_from_db()
    assert cast.ayse.check_password(fresh) and not cast.ayse.check_password(PASSWORD)
    assert browser.get("/settings/").status_code == 302
    assert rescue.without_second_factor("ayse@example.com") is False
    with pytest.raises(InvalidInput, match="person_unknown"):
        rescue.new_password("nobody@example.com")


def test_pages_of_somebody_on_no_team(cast: Cast) -> None:
    alone = person("Deniz", "deniz@example.com", lang="en")
    browser = signed_in(alone)
    assert browser.get("/team/").status_code == 403
    assert browser.get("/settings/security/").status_code == 200, "their own safety is theirs all the same"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
def test_two_at_the_same_moment(cast: Cast) -> None:
    def both(*acts: Callable[[], object]) -> list[str]:
        told: list[str] = []
        gate = threading.Barrier(len(acts))

        def run(act: Callable[[], object]) -> None:
            gate.wait()
            try:
                act()
                told.append("done")
            except Refused as refused:
                told.append(refused.code)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sorted(told)

    now = timezone.now()
    made = team.invite(cast.ayse, cast.findik, email="deniz@example.com", role="writer", lang="tr", now=now)
    others = [person(f"N{n}", f"n{n}@example.com") for n in range(2)]
    found = both(*(lambda who=who: team.join(who, Invitation.objects.get(pk=made.pk), now=now) for who in others))
    assert found == ["done", "invitation_closed"], "a link opens once"
    Membership.objects.filter(pk=member(cast, "bora").pk).update(role="owner")
    first, second = member(cast, "ayse"), member(cast, "bora")
    found = both(lambda: team.remove(cast.ayse, second, now=now), lambda: team.remove(cast.bora, first, now=now))
    assert "done" in found and found != ["done", "done"]
    assert Membership.objects.filter(brand=cast.findik, role="owner").count() == 1
