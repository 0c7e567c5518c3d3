"""The brief at the desk: shown, kept, asked again, as a file, made by itself and mailed once."""

from __future__ import annotations

import re
import socket
import threading
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone

from kalkan.desk import briefing, shelf
from kalkan.desk.actions import briefs as acts
from kalkan.desk.jobs import Work
from kalkan.desk.models import BriefPlan, KeptBrief
from kalkan.errors import NetworkError, Refused
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_today import NOW, Keep, keep, week  # noqa: F401 (a fixture)

HOSTILE = "<script>alert(1)</script> neden küçüldü?"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def told(cast: Cast, keep: Keep) -> Cast:  # noqa: F811
    rows = week(days_ago=1)
    rows[0]["text"] = HOSTILE
    keep(*rows)
    return cast


def plan(cast: Cast, **more: Any) -> BriefPlan:
    wish = {
        "every": "day",
        "sort": "leadership",
        "lang": "tr",
        "hour": 9,
        "weekday": 0,
        "to": [],
        "zone": "Europe/Istanbul",
    }
    return acts.plan(cast.ayse, cast.findik, now=NOW - timedelta(days=30), **{**wish, **more})


def work(**config: Any) -> Work:
    import dataclasses

    given = dataclasses.replace(django_settings.CONFIG, **config)
    return Work(archive=shelf.opened(), config=given, now=lambda: NOW, stop=threading.Event())


def test_the_page_is_kept_opened_and_asked_again(told: Cast) -> None:
    client = signed_in(told.ayse)
    page = client.get("/brief/").content.decode()
    assert "<script>alert(1)" not in page
    assert page.count('href="/posts/?') >= 5
    days = {"first": "2026-11-16", "last": "2026-11-22", "sort": "team", "lang": "tr"}
    kept = client.post("/brief/keep/", days)
    assert kept.status_code == 302
    row = KeptBrief.objects.get()
    assert (row.lang, row.sort, row.made_by) == ("tr", "team", told.ayse)
    shown = client.get(kept["Location"]).content.decode()
    assert row.title in shown and 'role="alert"' not in shown
    assert "numbers are the same" in client.get(f"/brief/{row.pk}/again/").content.decode()
    opened = client.get(f"/brief/{row.pk}/a1/", follow=True).content.decode()
    authors = re.search(r"([\d.]+)</a> gönderide|>([\d.]+) yazar<", shown)
    assert authors and f"<b>{authors.group(1) or authors.group(2)} author" in opened


def test_files(told: Cast) -> None:
    client = signed_in(told.ayse)
    client.post("/brief/keep/", {"first": "2026-11-16", "last": "2026-11-22", "sort": "leadership", "lang": "en"})
    row = KeptBrief.objects.get()
    pdf = client.get(f"/brief/{row.pk}/file.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert 'filename="findik-2026-11-1' in pdf["Content-Disposition"]
    assert client.get(f"/brief/{row.pk}/file.json").json()["digest"] == row.digest
    assert row.digest in client.get(f"/brief/{row.pk}/file.html").content.decode()
    assert client.get(f"/brief/{row.pk}/file.exe").status_code == 404
    assert client.get(f"/brief/{row.pk}/a999/").status_code == 404


def test_a_number_too_long_for_an_address_opens_too(told: Cast, keep: Keep) -> None:  # noqa: F811
    client = signed_in(told.ayse)
    client.post("/brief/keep/", {"first": "2026-11-16", "last": "2026-11-22", "sort": "leadership", "lang": "en"})
    row = KeptBrief.objects.get()
    assert "author" in client.get(f"/posts/?brief={row.pk}&number=a1").content.decode()
    assert client.get(f"/posts/?brief={row.pk}&number=zz").status_code == 404
    assert client.get("/posts/?brief=x&number=a1").status_code == 404


def test_others_see_nothing_and_viewers_keep_nothing(told: Cast) -> None:
    signed_in(told.ayse).post(
        "/brief/keep/", {"first": "2026-11-16", "last": "2026-11-22", "sort": "team", "lang": "en"}
    )
    row = KeptBrief.objects.get()
    for end in ("", "again/", "file.pdf", "a1/"):
        assert signed_in(told.cem).get(f"/brief/{row.pk}/{end}").status_code == 404
    assert signed_in(told.cem).get(f"/posts/?brief={row.pk}&number=a1").status_code == 404
    viewer = signed_in(told.bora)
    assert viewer.get(f"/brief/{row.pk}/").status_code == 200
    assert (
        viewer.post(
            "/brief/keep/", {"first": "2026-11-16", "last": "2026-11-22", "sort": "team", "lang": "en"}
        ).status_code
        == 403
    )
    with pytest.raises(Refused):
        plan_of = plan(told)
        acts.drop(told.bora, told.findik, plan_of)


def test_wrong_days_get_a_sentence(told: Cast) -> None:
    client = signed_in(told.ayse)
    page = client.get("/brief/?first=2026-11-20&last=2026-11-10").content.decode()
    assert "comes after the last" in page
    assert client.get("/brief/?first=yesterday").status_code == 200
    assert client.post("/brief/keep/", {"first": "", "last": "2026-11-22"}).status_code == 400
    assert not KeptBrief.objects.exists()


def test_a_brief_that_was_changed_says_so(told: Cast) -> None:
    client = signed_in(told.ayse)
    client.post("/brief/keep/", {"first": "2026-11-16", "last": "2026-11-22", "sort": "leadership", "lang": "en"})
    row = KeptBrief.objects.get()
    KeptBrief.objects.filter(pk=row.pk).update(data=row.data.replace('"anger"', '"joy"', 1))
    assert "not as it was made" in client.get(f"/brief/{row.pk}/").content.decode()


@pytest.mark.parametrize(
    ("every", "weekday", "hour", "since", "until"),
    [
        ("day", 0, 9, "2026-11-22", "2026-11-23"),  # NOW is Monday 23 November, 09:10 in Istanbul
        ("day", 0, 10, "2026-11-21", "2026-11-22"),
        ("week", 0, 9, "2026-11-16", "2026-11-23"),
        ("week", 0, 10, "2026-11-09", "2026-11-16"),
        ("week", 4, 9, "2026-11-13", "2026-11-20"),
    ],
)
def test_what_is_due(cast: Cast, every: str, weekday: int, hour: int, since: str, until: str) -> None:
    found = briefing.due(plan(cast, every=every, weekday=weekday, hour=hour), NOW)
    assert found and [f"{at:%Y-%m-%d %H}" for at in found] == [f"{since} 00", f"{until} 00"]


def test_nothing_is_due_from_before_the_plan(cast: Cast) -> None:
    late = acts.plan(
        cast.ayse, cast.findik, now=NOW, every="day", sort="team", lang="en", hour=9, zone="Europe/Istanbul"
    )
    assert briefing.due(late, NOW) is None
    assert briefing.due(late, NOW + timedelta(days=1)) is not None


def test_one_brief_a_period_however_often_the_worker_runs(told: Cast) -> None:
    plan(told)
    for _ in range(3):
        briefing.make(work())
    row = KeptBrief.objects.get()
    assert (row.made_by, row.mailed_at) == (None, None)


def test_it_is_mailed_once_with_the_page_and_the_pdf(told: Cast) -> None:
    controller = pytest.importorskip("aiosmtpd.controller")
    taken: list[bytes] = []

    class Box:
        refuse = True

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            if self.refuse:
                return "451 try later"
            taken.append(envelope.content)
            return "250 OK"

    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd wants to know its port beforehand
        port = free.getsockname()[1]
    served = controller.Controller(box, hostname="127.0.0.1", port=port)
    served.start()
    try:
        plan(told, to=["patron@example.com"])
        settings = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", "mail_from": "kalkan@desk.example"}
        with pytest.raises(NetworkError, match="mail_refused"):
            briefing.make(work(**settings))
        box.refuse = False
        for _ in range(2):
            briefing.make(work(**settings))
    finally:
        served.stop()
    (one,) = taken
    mail = message_from_bytes(one)
    assert mail["To"] == "patron@example.com"
    names = [part.get_filename() for part in mail.walk() if part.get_filename()]
    assert [Path(name or "").suffix for name in names] == [".pdf", ".html"]
    assert KeptBrief.objects.get().mailed_at == NOW


def test_planning_in_the_browser(told: Cast) -> None:
    client = signed_in(told.ayse)
    assert "No mail server" in client.get("/brief/plan/").content.decode()
    given = {
        "every": "week",
        "weekday": "0",
        "hour": "9",
        "sort": "leadership",
        "lang": "tr",
        "to": "a@example.com\nno address",
    }
    assert client.post("/brief/plan/", given).status_code == 400
    assert client.post("/brief/plan/", {**given, "to": "a@example.com\n"}).status_code == 302
    row = BriefPlan.objects.get()
    assert row.to == ["a@example.com"]
    assert client.post(f"/brief/plan/{row.pk}/drop/").status_code == 302
    assert not BriefPlan.objects.exists()
