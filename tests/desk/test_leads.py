"""Counted links lead where they should and know nobody; tables and messages come in once; who may what."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from kalkan.desk import drafts_writing
from kalkan.desk.actions import drafts as writing
from kalkan.desk.actions import leads as acts
from kalkan.desk.models import Audit, Draft, LeadDay, LeadEvent, LeadFile, LeadHook, LeadLink, Version
from kalkan.errors import Refused
from kalkan.index import hooks
from tests.desk.conftest import Cast, signed_in

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def link(cast: Cast, url: str = "https://findik.example/efsane", **tags: str) -> LeadLink:
    return acts.make(cast.ayse, cast.findik, url=url, tags={"campaign": "efsane", "source": "bluesky", **tags}, now=NOW)


# — links —


def test_a_link_is_made_by_hand_once_and_opened_by_anybody(cast: Cast) -> None:
    client = signed_in(cast.ayse)
    given = {"url": "findik.example/efsane", "campaign": " efsane  cuma ", "source": "mastodon", "medium": "social"}
    assert client.post("/leads/link/", given).status_code == 302
    assert client.post("/leads/link/", given).status_code == 302
    row = LeadLink.objects.get()
    assert row.target == (
        "https://findik.example/efsane?utm_source=mastodon&utm_medium=social&utm_campaign=efsane%20cuma"
    )
    stranger = Client(headers={"user-agent": PHONE})
    stranger.cookies["kalkan_session"] = "of somebody"
    for tail in ("", "/", "?url=https://evil.example/", "?utm_source=x#y"):
        answer = stranger.get(f"/go/{row.code}{tail}")
        assert (answer.status_code, answer["Location"]) == (302, row.target)
        assert not answer.cookies and "Cookie" not in answer.get("Vary", "")
        assert answer["Cache-Control"] == "no-store" and answer["Referrer-Policy"] == "no-referrer"
    assert stranger.head(f"/go/{row.code}").status_code == 302
    assert Client(headers={"user-agent": "Slackbot-LinkExpanding 1.0"}).get(f"/go/{row.code}").status_code == 302
    day = LeadDay.objects.get()
    assert (day.day.isoformat(), day.opens, day.machines) == ("2026-11-23", 4, 2)
    page = client.get("/leads/").content.decode()
    assert f"/go/{row.code}" in page and "2 by machines" in page


def test_no_table_holds_anything_of_who_opened_a_link(cast: Cast) -> None:
    names = {field.name for model in (LeadLink, LeadDay) for field in model._meta.get_fields()}
    assert not names & {"ip", "address", "agent", "user_agent", "referrer", "session", "visitor", "hash"}
    row = link(cast)
    Client(headers={"user-agent": PHONE}).get(f"/go/{row.code}", REMOTE_ADDR="203.0.113.77")
    kept = json.dumps([list(LeadDay.objects.values()), list(LeadLink.objects.values())], default=str)
    assert "203.0.113" not in kept and "Android" not in kept


@pytest.mark.parametrize(
    "path", ["/go/", "/go/none2345", "/go/abc", "/go/" + "a" * 4000, "/go/../leads/", "/go/%00%00"]
)
def test_a_code_that_nobody_made_leads_nowhere(cast: Cast, path: str) -> None:
    answer = Client(headers={"user-agent": PHONE}).get(path)
    assert answer.status_code == 404 and "Location" not in answer and b"<" not in answer.content


def test_a_closed_link_leads_nowhere_and_keeps_its_numbers(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    row = link(cast)
    stranger = Client(headers={"user-agent": PHONE})
    stranger.get(f"/go/{row.code}")
    assert stranger.post(f"/go/{row.code}").status_code == 405

    def locked(*_given: Any, **_more: Any) -> None:
        raise DatabaseError("locked")

    with monkeypatch.context() as broken:
        broken.setattr(acts, "opened", locked)
        assert stranger.get(f"/go/{row.code}").status_code == 302  # led on; the number is one too small
    assert signed_in(cast.cem).post(f"/leads/link/{row.pk}/close/").status_code == 404
    assert signed_in(cast.bora).post(f"/leads/link/{row.pk}/close/").status_code == 403
    assert signed_in(cast.ayse).post(f"/leads/link/{row.pk}/close/").status_code == 302
    assert stranger.get(f"/go/{row.code}").status_code == 404
    assert LeadDay.objects.get().opens == 1
    again = link(cast)
    assert again.code != row.code


@pytest.mark.parametrize(
    "given",
    [
        {}, {"url": "https://a.example"}, {"campaign": "x"}, {"url": "javascript:alert(1)", "campaign": "x"},
        {"url": "mailto:a@b.example", "campaign": "x"}, {"url": "https://u:p@a.example", "campaign": "x"},
        {"url": "https://a.example/" + "x" * 1900, "campaign": "x"}, {"url": "https://a.example", "campaign": "x" * 81},
    ],
)  # fmt: skip
def test_what_cannot_be_a_link_is_told_beside_its_field(cast: Cast, given: dict[str, str]) -> None:
    answer = signed_in(cast.ayse).post("/leads/link/", given)
    assert answer.status_code == 400 and 'class="faults"' in answer.content.decode()
    assert not LeadLink.objects.exists()


def test_a_draft_s_links_are_counted_each_for_its_network(cast: Cast) -> None:
    draft = writing.create(cast.ayse, cast.findik, title="Efsane", pillar="product", now=NOW)
    places = drafts_writing.slots([], cast.findik.langs)
    words = "Erken: https://findik.example/efsane, sonra https://findik.example/efsane/kavanoz. Yaz: a@b.example"
    said = tuple(drafts_writing.Said(key=one.key, text=words, lang="tr") for one in places)
    typed = drafts_writing.Typed(variants=said, campaign="efsane", content="ilk")
    version = drafts_writing.version_of(typed, places, {}, reads_as="sale", markets=())
    writing.save(
        cast.ayse, draft, title="Efsane", pillar="product", content=drafts_writing.content_of(version, typed), base=0,
        now=NOW,
    )  # fmt: skip
    client = signed_in(cast.ayse)
    assert "2 links are not counted" in client.get("/leads/").content.decode()
    answer = client.post(f"/leads/draft/{draft.pk}/")
    assert answer["Location"].endswith("links=4")
    kept = Version.objects.filter(draft=draft).first()
    assert kept is not None and kept.n == 2
    codes = {row.source: row for row in LeadLink.objects.filter(target__contains="kavanoz")}
    assert set(codes) == {"bluesky", "mastodon"} and codes["bluesky"].draft == draft
    for variant in kept.content["version"]["variants"]:
        text = variant["parts"][0]["text"]
        assert f"http://testserver/go/{codes[variant['network']].code}" in text
        assert "utm_" not in text and "a@b.example" in text  # the tags stand where the link leads
    assert "are not counted" not in client.get("/leads/").content.decode()
    assert client.post(f"/leads/draft/{draft.pk}/")["Location"].endswith("links=0")
    assert signed_in(cast.bora).post(f"/leads/draft/{draft.pk}/").status_code == 403
    Draft.objects.filter(pk=draft.pk).update(state="scheduled")
    assert client.post(f"/leads/draft/{draft.pk}/").status_code == 403


# — tables —

CLICKS = (
    "date,utm_campaign,utm_source,sessions\n2026-11-01,efsane,bluesky,120\n2026-11-02,efsane,bluesky,80\n"
    "bad,efsane,x,1\n"
)
MAPPED = {"c_at": "date", "c_campaign": "utm_campaign", "c_source": "utm_source", "c_n": "sessions", "kind": "click"}


def brought(client: Client, text: str | bytes, name: str = "clicks.csv") -> Any:
    data = text.encode() if isinstance(text, str) else text
    return client.post("/leads/file/", {"file": SimpleUploadedFile(name, data)})


def test_the_same_table_twice_changes_nothing_and_says_so(cast: Cast, data: Path) -> None:
    client = signed_in(cast.ayse)
    first = brought(client, CLICKS)
    page = client.get(first["Location"]).content.decode()
    assert '<option value="utm_campaign" selected>' in page and "120" in page  # guessed, and its first rows
    assert not LeadEvent.objects.exists()
    assert client.post(first["Location"], MAPPED).status_code == 302
    page = client.get(first["Location"]).content.decode()
    assert "2 rows taken" in page and "1 left out" in page
    assert ">4<" in page and "is no time" in page  # the line, and why
    second = brought(client, CLICKS)
    client.post(second["Location"], MAPPED)
    page = client.get(second["Location"]).content.decode()
    assert "2 were known already" in page and "Nothing changed: all of it was here." in page
    assert sorted(LeadEvent.objects.values_list("n", flat=True)) == [80, 120]
    assert not list((data / "leads").glob("*"))  # a table is gone once it was taken
    third = brought(client, CLICKS.replace("80", "95"))
    client.post(third["Location"], MAPPED)
    assert "1 day’s total put right" in client.get(third["Location"]).content.decode()
    assert sorted(LeadEvent.objects.values_list("n", flat=True)) == [95, 120]
    assert client.post(third["Location"], MAPPED).status_code == 200  # taken already: nothing is taken again
    assert sorted(LeadEvent.objects.values_list("n", flat=True)) == [95, 120]


@pytest.mark.parametrize(
    ("data_", "said"),
    [
        (b"", "The submitted file is empty"), (b"\x89PNG\r\n\x1a\n\x00\x00", "no table"), (b"one\n1\n", "no table"),
        (b"a,b\n" * (3 << 20), "larger than 8 MB"), (b"\xff\xfe\x00", "no table"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_told(cast: Cast, data_: bytes, said: str) -> None:
    answer = brought(signed_in(cast.ayse), data_, name="../../x<b>.csv")
    assert answer.status_code == 400 and said in answer.content.decode()
    assert not LeadFile.objects.exists() and "<b>" not in answer.content.decode()


def test_columns_must_say_when_and_what(cast: Cast) -> None:
    client = signed_in(cast.ayse)
    place = brought(client, CLICKS)["Location"]
    for wrong in (
        {**MAPPED, "c_at": ""}, {**MAPPED, "c_campaign": "no such"}, {**MAPPED, "kind": "view"},
        {**MAPPED, "c_source": "date"}, {**MAPPED, "money": "TL"}, {**MAPPED, "money": "12€"},
    ):  # fmt: skip
        assert client.post(place, wrong).status_code == 400, wrong
    assert not LeadEvent.objects.exists()
    (acts.folder() / f"{LeadFile.objects.get().sha256}.csv").unlink()
    assert "Choose it once more" in client.post(place, MAPPED).content.decode()
    assert signed_in(cast.cem).get(place).status_code == 404
    assert signed_in(cast.bora).get(place).status_code == 200
    assert signed_in(cast.bora).post(place, MAPPED).status_code == 403
    assert brought(signed_in(cast.bora), CLICKS).status_code == 403


# — doors —


def posted(door: LeadHook, secret: str, body: bytes, *, at: datetime = NOW, name: str = "m1") -> Any:
    written = str(int(at.timestamp()))
    headers = {
        "webhook-id": name, "webhook-timestamp": written,
        "webhook-signature": "v1," + hooks.sign(body, name=name, written=written, secret=secret),
    }  # fmt: skip
    return Client().post(f"/leads/hook/{door.door}/", body, content_type="application/json", headers=headers)


def event(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"order-{number}", "kind": "conversion", "at": "2026-11-20T10:00:00Z", "campaign": "efsane", **more}


def test_a_door_takes_each_event_once_however_often_it_is_posted(cast: Cast) -> None:
    client = signed_in(cast.ayse)
    page = client.post("/leads/door/", {"name": "Mağaza"}).content.decode()
    door = LeadHook.objects.get()
    secret = page.split('class="secret">')[1].split("<")[0]
    assert secret.startswith("whsec_") and secret not in client.get("/leads/").content.decode()
    assert secret not in door.sealed and not any(secret in str(one.detail) for one in Audit.objects.all())
    body = json.dumps({"events": [event(1, value="249.90", currency="TRY"), event(2), {"id": "x"}]}).encode()
    first = posted(door, secret, body)
    assert first.status_code == 200 and (first.json()["taken"], first.json()["known"]) == (2, 0)
    assert [(one["line"], one["code"]) for one in first.json()["bad"]] == [(3, "lead_row_no_time")]
    again = posted(door, secret, body, name="m2")
    assert (again.json()["taken"], again.json()["known"]) == (0, 2)
    assert LeadEvent.objects.count() == 2
    assert "last heard" in client.get("/leads/").content.decode()


def test_a_door_believes_nobody_else(cast: Cast) -> None:
    door, secret = acts.add_hook(cast.ayse, cast.findik, name="Mağaza", now=NOW)
    other, other_secret = acts.add_hook(cast.cem, cast.cay, name="Çay", now=NOW)
    body = json.dumps({"events": [event(1)]}).encode()
    assert posted(door, other_secret, body).status_code == 401
    assert posted(door, secret, body, at=NOW - timedelta(minutes=6)).json()["error"] == "lead_stale"
    assert Client().post(f"/leads/hook/{door.door}/", body, content_type="application/json").status_code == 401
    nobody = LeadHook(door="0" * 24)
    told = posted(nobody, secret, body)
    assert told.status_code == 401 and told.json()["error"] == "lead_signature"
    assert posted(door, secret, b"not json").json()["error"] == "lead_message_unreadable"
    assert Client().get(f"/leads/hook/{door.door}/").status_code == 405
    assert posted(door, secret, b"x" * (600 << 10)).status_code == 413
    assert not LeadEvent.objects.exists()
    assert posted(other, other_secret, body).status_code == 200
    assert LeadEvent.objects.get().brand == cast.cay
    assert signed_in(cast.ayse).post(f"/leads/door/{other.pk}/shut/").status_code == 404
    assert signed_in(cast.ayse).post(f"/leads/door/{door.pk}/shut/").status_code == 302
    assert posted(door, secret, body).status_code == 401
    with pytest.raises(Refused, match="not_allowed"):
        acts.add_hook(cast.bora, cast.findik, name="x", now=NOW)
