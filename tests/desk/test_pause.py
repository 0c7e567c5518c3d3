"""The pause: one click, a reason, what it stopped, and that nothing starts by itself."""

from __future__ import annotations

import dataclasses
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from kalkan.desk import drafts_sending, shelf
from kalkan.desk.actions import pauses
from kalkan.desk.jobs import Work
from kalkan.desk.models import Draft, LedgerEntry, Pause
from kalkan.world import drill
from kalkan.world.world import demo_world
from tests.desk.conftest import Cast, signed_in
from tests.desk.drafts_cast import FakeNetwork, account, submitted, team
from tests.desk.test_approvals import GO, agree, now_text


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room that minds nothing."""
    monkeypatch.setattr(
        "kalkan.desk.drafts_room.of_typed",
        lambda *_a, now, **_o: {**GO, "kind": "everyday", "at": now.isoformat()},
    )


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """One network for every account."""
    made = FakeNetwork()
    monkeypatch.setattr(drafts_sending, "opened", lambda network, account: made)
    return made


def work(at: datetime) -> None:
    """The sender's job, once, at that moment."""
    config: Any = settings.CONFIG
    made = Work(archive=shelf.opened(), config=config, now=lambda: at, stop=threading.Event())
    drafts_sending.send(made)


def words(market: str = "", hours: int = 5) -> dict[str, str]:
    """The form, filled in."""
    return {"market": market, "reason": "Ordu’da gaz kaçağı."} | now_text(hours * 60)


def planned(cast: Cast, staff: Any, minutes: float) -> Draft:
    """An approved draft for that time."""
    draft = submitted(signed_in(staff.writer), f"Söz {minutes}.", **now_text(minutes))
    agree(signed_in(staff.approver), draft)
    draft.refresh_from_db()
    assert draft.state == "scheduled" and draft.planned_at is not None
    return draft


def test_one_click_stops_everything_and_says_what(cast: Cast, network: FakeNetwork) -> None:
    staff = team(cast)
    account(cast)
    soon, later = planned(cast, staff, 10), planned(cast, staff, 120)
    approver = signed_in(staff.approver)
    assert approver.post("/pause/", {**words(), "reason": ""}).status_code == 400
    assert approver.post("/pause/", {**words(), "day": "2020-01-01"}).status_code == 400
    assert approver.post("/pause/", words()).status_code == 302
    assert approver.post("/pause/", words()).status_code == 400, "once is enough"
    row = Pause.objects.get()
    assert sorted(row.stopped) == sorted([soon.pk, later.pk])
    page = approver.get("/pause/").content.decode()
    assert "2 drafts wait" in page and "Ordu’da gaz kaçağı." in page
    for shown in ("/drafts/", f"/drafts/{soon.pk}/"):
        assert "Nothing goes out" in approver.get(shown).content.decode()
    assert soon.planned_at is not None and later.planned_at is not None
    work(soon.planned_at + timedelta(seconds=1))
    assert network.out == [] and Draft.objects.get(pk=soon.pk).state == "held"
    assert "paused" in approver.get("/calendar/").content.decode()


def test_resuming_never_empties_an_overdue_queue(cast: Cast, network: FakeNetwork) -> None:
    staff = team(cast)
    account(cast)
    soon, later = planned(cast, staff, 10), planned(cast, staff, 120)
    pause = pauses.begin(
        staff.approver, cast.findik, market="", reason="x", until=datetime.now(UTC) + timedelta(minutes=60),
        now=datetime.now(UTC),
    )  # fmt: skip
    assert soon.planned_at is not None and later.planned_at is not None
    work(later.planned_at - timedelta(minutes=30))
    assert Draft.objects.get(pk=soon.pk).state == "held" and pause.ended_at is None, "its time to look again is past"
    pauses.end(staff.approver, pause, reason="", now=later.planned_at - timedelta(minutes=20))
    work(later.planned_at - timedelta(minutes=10))
    assert network.out == []
    work(later.planned_at + timedelta(seconds=1))
    assert [post.post.text for post in network.out] == ["Söz 120."], "what was still ahead goes; what was overdue stays"
    kinds = [(row.kind, row.body["what"]) for row in LedgerEntry.objects.filter(kind="pause")]
    assert kinds == [("pause", "paused"), ("pause", "resumed")]


def test_without_a_person_a_pause_does_not_end(cast: Cast, network: FakeNetwork) -> None:
    staff = team(cast)
    account(cast)
    draft = planned(cast, staff, 120)
    now = datetime.now(UTC)
    pauses.begin(staff.approver, cast.findik, market="", reason="x", until=now + timedelta(minutes=60), now=now)
    assert draft.planned_at is not None
    work(draft.planned_at + timedelta(seconds=1))
    assert network.out == [] and Draft.objects.get().state == "held"


def test_a_market_alone_and_who_may(cast: Cast, network: FakeNetwork) -> None:
    staff = team(cast)
    account(cast)
    for who in (staff.writer, staff.moderator, staff.viewer):
        assert signed_in(who).post("/pause/", words()).status_code == 403
    approver = signed_in(staff.approver)
    assert approver.post("/pause/", words("DE")).status_code == 400, "not a market of the brand"
    assert approver.post("/pause/", words("GB")).status_code == 302
    draft = planned(cast, staff, 10)
    assert draft.planned_at is not None
    work(draft.planned_at + timedelta(seconds=1))
    assert Draft.objects.get().state == "held", "it is for both markets, so for GB too"
    pk = Pause.objects.get().pk
    assert signed_in(cast.cem).post(f"/pause/{pk}/end/").status_code == 404
    assert signed_in(staff.writer).post(f"/pause/{pk}/end/").status_code == 403
    assert approver.post(f"/pause/{pk}/end/", {"reason": "Geçti."}).status_code == 302
    assert Pause.objects.get().ended_by == staff.approver
    assert signed_in(cast.cem).get("/pause/").content.decode().count("gaz kaçağı") == 0


def test_a_drill_is_a_storm_told_again_faster_and_only_in_a_demo(cast: Cast, data: Path) -> None:
    staff = team(cast)
    approver = signed_in(staff.approver)
    assert approver.post("/pause/drill/", {"story": "ordu-gas-leak"}).status_code == 404
    settings.CONFIG = dataclasses.replace(settings.CONFIG, demo=True)
    assert signed_in(staff.writer).post("/pause/drill/", {"story": "ordu-gas-leak"}).status_code == 403
    assert approver.post("/pause/drill/", {"story": "../../x"}).status_code == 400
    assert approver.post("/pause/drill/", {"story": "ordu-gas-leak"}).status_code == 302
    asked = drill.asked(data / drill.FILE)
    assert asked is not None
    now = asked.began
    town = drill.Drilled(demo_world(seed=23, now=now), data / drill.FILE)
    told = list(town.events(now - timedelta(minutes=1), now + timedelta(minutes=20)))
    assert [one.at for one in told] == sorted(one.at for one in told)
    again = [one for one in told if ".drill" in one.key]
    assert len(again) > 30 and len({one.key for one in again}) == len(again)
    halves = [
        *town.events(now, now + timedelta(minutes=7)),
        *town.events(now + timedelta(minutes=7), now + timedelta(minutes=20)),
    ]
    assert [one.key for one in halves if ".drill" in one.key] == [one.key for one in again], "however it is asked for"
    assert not any(".drill" in one.key for one in town.events(asked.ends, asked.ends + timedelta(minutes=5)))
    (data / drill.FILE).write_text("[]")
    assert drill.asked(data / drill.FILE) is None
