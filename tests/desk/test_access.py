"""Nobody sees what is not theirs: the cast before every door."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.http import Http404
from django.test import Client

import kalkan.desk
from kalkan.desk import access
from kalkan.desk.actions import brands, sources
from kalkan.desk.models import Audit, Source
from kalkan.errors import Refused
from tests.desk.conftest import Cast, signed_in

PAGES = ["/", "/posts/", "/watches/", "/listening/", "/listening/now/", "/settings/", "/inbox/", "/stories/"]
PAGES += ["/team/", "/settings/security/", "/drafts/", "/cases/", "/brief/", "/index/", "/ledger/"]


def test_rows_of_others_do_not_exist(cast: Cast) -> None:
    assert list(access.brands_for(cast.ayse)) == [cast.findik] == list(access.brands_for(cast.bora))
    assert list(access.brands_for(cast.cem)) == [cast.cay]
    assert access.brand_for(cast.bora, "findik") == cast.findik
    with pytest.raises(Http404):
        access.brand_for(cast.cem, "findik")
    with pytest.raises(Http404):
        access.brand_for(cast.ayse, "no-such-brand")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_asks_who_is_there(cast: Cast, client: Client, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("page", [p for p in PAGES if p not in {"/", "/posts/"}])
def test_cem_sees_nothing_of_findik(cast: Cast, page: str) -> None:
    shown = signed_in(cast.cem).get(page)
    assert shown.status_code == 200
    assert "Fındık" not in re.sub(r'<p class="hint".*?</p>', "", shown.content.decode(), flags=re.S)


def test_nobody_can_choose_a_brand_of_others(cast: Cast) -> None:
    browser = signed_in(cast.cem)
    assert browser.post("/brand/", {"brand": "findik"}).status_code == 404
    assert "Çay Bahçesi" in browser.get("/inbox/").content.decode()
    session = browser.session
    session["brand"] = "findik"
    session.save()
    assert "Çay Bahçesi" in browser.get("/inbox/").content.decode()


def test_a_viewer_looks_but_does_not_change(cast: Cast) -> None:
    with pytest.raises(Refused, match="not_allowed"):
        brands.watch(cast.bora, cast.findik, ())
    with pytest.raises(Refused, match="not_allowed"):
        brands.change(cast.bora, cast.findik, name="x", langs=[], markets=[])
    with pytest.raises(Refused, match="not_allowed"):
        sources.add(cast.bora, "bluesky", options={})
    browser = signed_in(cast.bora)
    assert browser.post("/watches/", {"names": "Başka"}).status_code == 403
    assert browser.get("/listening/add/bluesky/").status_code == 403
    assert [row.text for row in cast.findik.watches.all()] == ["Fındık", "findik.example.com"]
    assert Source.objects.count() == 0


def test_somebody_on_no_team_gets_a_sentence(cast: Cast) -> None:
    cast.bora.memberships.all().delete()
    shown = signed_in(cast.bora).get("/watches/")
    assert shown.status_code == 403
    assert shown.headers["Content-Language"] == "tr"
    assert not access.sources_for(cast.bora).exists()


def test_sources_are_changed_by_owners_only(cast: Cast) -> None:
    row = sources.add(cast.ayse, "bluesky", options={})
    viewer, owner = signed_in(cast.bora), signed_in(cast.ayse)
    assert viewer.post(f"/listening/{row.pk}/switch/", {"on": "no"}).status_code == 403
    assert viewer.get(f"/listening/{row.pk}/remove/").status_code == 403
    assert owner.get("/listening/9999/remove/").status_code == 404
    assert owner.post(f"/listening/{row.pk}/switch/", {"on": "no"}).status_code == 302
    row.refresh_from_db()
    assert not row.enabled
    assert owner.post(f"/listening/{row.pk}/remove/").status_code == 302
    assert not Source.objects.exists()
    verbs = list(Audit.objects.filter(person=cast.ayse).values_list("verb", flat=True))
    assert verbs == ["added source", "switched source off", "removed source"]


def test_views_fetch_only_through_access() -> None:
    folder = Path(kalkan.desk.__file__).parent / "views"
    found = [path.name for path in folder.glob("*.py") if re.search(r"\.objects\b|\.memberships\b", path.read_text())]
    assert found == []


def test_deactivated_people_are_out(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    assert browser.get("/inbox/").status_code == 200
    cast.ayse.is_active = False
    cast.ayse.save()
    assert browser.get("/inbox/").status_code == 302
