"""Briefs on one story and every month, the case file, and who may name a language model."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from kalkan import brief
from kalkan.desk import briefing, shelf
from kalkan.desk.actions import briefs as acts
from kalkan.desk.actions import cases
from kalkan.desk.models import BriefPlan, KeptBrief, WordingDoor
from kalkan.errors import Refused
from kalkan.stories.record import StoryRow
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_stories import HOSTILE, NOW, leak  # noqa: F401 (a fixture)

HERE = ZoneInfo("Europe/Istanbul")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def test_a_brief_on_one_story(cast: Cast, leak: StoryRow) -> None:  # noqa: F811
    client = signed_in(cast.ayse)
    page = client.get("/brief/story/leak-1/?sort=team&lang=en").content.decode()
    assert "60 authors" in page and "name us: " in page
    assert "What they expect of us on a public question" in page and "53 %" in page and "66 %" in page
    assert HOSTILE not in page
    assert client.post("/brief/story/leak-1/", {"sort": "leadership", "lang": "tr"}).status_code == 302
    row = KeptBrief.objects.get()
    kept = brief.from_json(row.data)
    found = brief.verify(kept, shelf.opened())
    assert found.whole and found.asked >= 5 and not found.differ
    assert client.get("/brief/story/none/").status_code == 404
    assert signed_in(cast.cem).get("/brief/story/theirs/").status_code == 404


@pytest.mark.parametrize(
    ("now", "since", "until"),
    [
        ("2026-12-01 09:30", "2026-11-01", "2026-12-01"),
        ("2026-12-01 08:30", "2026-10-01", "2026-11-01"),
        ("2027-01-15 00:00", "2026-12-01", "2027-01-01"),
    ],
)
def test_a_month_is_told_on_the_first_of_the_next(now: str, since: str, until: str) -> None:
    plan = BriefPlan(every="month", hour=9, zone=HERE.key, made_at=NOW - timedelta(days=90))
    found = briefing.due(plan, datetime.fromisoformat(now).replace(tzinfo=HERE))
    assert found and [f"{at:%Y-%m-%d}" for at in found] == [since, until]


def test_only_an_owner_names_a_language_model_and_its_key_is_sealed(cast: Cast) -> None:
    client = signed_in(cast.ayse)
    assert briefing.speaking(NOW) is None
    here = {"url": "http://127.0.0.1:11434/v1", "model": "m", "key": "s3cret-key", "enabled": "on"}
    assert client.post("/brief/wording/", here).status_code == 400  # this machine: only where that is said
    assert not WordingDoor.objects.exists()
    assert client.post("/brief/wording/", {**here, "here": "on"}).status_code == 302
    row = WordingDoor.objects.get()
    assert row.sealed and "s3cret" not in row.sealed
    assert "s3cret" not in client.get("/brief/wording/").content.decode()
    assert briefing.speaking(NOW) is not None
    client.post("/brief/wording/", {**here, "url": "https://words.example/v1", "key": ""})
    assert WordingDoor.objects.get().sealed == ""  # a key stays with the address it was given for
    with pytest.raises(Refused, match="not_allowed"):
        acts.drop_wording(cast.bora, cast.findik)
    client.post("/brief/wording/drop/")
    assert briefing.speaking(NOW) is None


def test_the_case_file_comes_from_what_was_kept(cast: Cast) -> None:
    given = {"at": NOW - timedelta(days=3), "event": "Kaza"}
    one = cases.enter(cast.ayse, cast.findik, now=NOW, who="", text="Yeni kavanoz", spoke=False, unseen="X", **given)
    row = cases.keep(
        cast.ayse, cast.findik, [one], archive=shelf.opened(), now=NOW, title="Kavanoz", lesson="Önce söyle.", tags=[]
    )
    client = signed_in(cast.ayse)
    page = client.get(f"/cases/{row.pk}/file.html")
    assert "Case file" in page.content.decode() and "not seen: X" in page.content.decode()
    assert client.get(f"/cases/{row.pk}/file.pdf").content.startswith(b"%PDF")
    assert client.get(f"/cases/{row.pk}/file.exe").status_code == 404
    assert signed_in(cast.cem).get(f"/cases/{row.pk}/file.pdf").status_code == 404
