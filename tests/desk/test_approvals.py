"""Approvals: who, for what exactly, and how a draft goes out or is held."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from kalkan.desk import access, drafts_room, drafts_rules, drafts_sending, shelf
from kalkan.desk.actions import drafts as acts
from kalkan.desk.actions import facts, outside
from kalkan.desk.jobs import Work
from kalkan.desk.models import Account, Approval, Draft, LedgerEntry, Membership, Outcome, OutsideLink, SendingStep
from kalkan.drafts import Policy, Rule
from kalkan.errors import NetworkError, Refused
from kalkan.ledger import verify
from tests.desk.conftest import Cast, signed_in
from tests.desk.drafts_cast import FakeNetwork, account, submitted, team, write

HOLD = {
    "verdict": "hold", "at": "2026-11-23T09:00:00+00:00", "looked_at": "x", "rules": "1", "released": [],
    "proposals": [], "room": None, "in_view_until": None, "kinds": ["sale"],
    "findings": [
        {"code": "tone_clash", "why": "room_day", "params": {}, "evidence": [], "level": "hold", "marked": [],
         "key": "tone_clash room_day", "risk": 0.9, "marks": []}
    ],
}  # fmt: skip
GO = {**HOLD, "verdict": "go", "findings": []}


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> FakeNetwork:
    """One network for every account."""
    made = FakeNetwork()
    monkeypatch.setattr(drafts_sending, "opened", lambda network, account: made)
    return made


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the room check says from now on."""
    told: dict[str, Any] = {"found": GO}

    def said(*_args: Any, now: datetime, **_options: Any) -> dict[str, Any]:
        return {**told["found"], "kind": "everyday", "at": now.isoformat()}

    monkeypatch.setattr("kalkan.desk.drafts_room.of_typed", said)
    return told


def work(at: datetime) -> None:
    """The sender's job, once, at that moment."""
    config: Any = settings.CONFIG
    made = Work(archive=shelf.opened(), config=config, now=lambda: at, stop=threading.Event())
    drafts_sending.send(made)


def agree(browser: Client, draft: Draft, reason: str = "") -> Any:
    """Press the button of the page as it is now."""
    draft.refresh_from_db()
    newest = access.newest_of(draft)
    assert newest is not None
    return browser.post(f"/drafts/{draft.pk}/approve/", {"digest": newest.digest, "reason": reason})


def now_text(minutes: float) -> dict[str, str]:
    """A planned time on the person's clock (Istanbul)."""
    at = datetime.now(UTC) + timedelta(minutes=minutes, hours=3)
    return {"day": f"{at:%Y-%m-%d}", "hour": f"{at:%H:%M}"}


def test_written_approved_sent_seen(cast: Cast, network: FakeNetwork, room: dict[str, Any]) -> None:
    staff = team(cast)
    account(cast)
    writer, approver = signed_in(staff.writer), signed_in(staff.approver)
    draft = submitted(writer, "Kahvaltıda ne var?", **now_text(30))
    assert "1 draft waits for your yes" in approver.get("/drafts/").content.decode()
    assert agree(writer, draft).status_code == 403, "writers do not approve"
    assert agree(approver, draft).status_code == 302
    draft.refresh_from_db()
    assert draft.state == "scheduled" and draft.planned_at is not None
    work(draft.planned_at - timedelta(seconds=1))
    assert network.out == []
    work(draft.planned_at + timedelta(seconds=1))
    assert [post.post.text for post in network.out] == ["Kahvaltıda ne var?"]
    work(draft.planned_at + timedelta(seconds=5))
    assert len(network.out) == 1, "once"
    draft.refresh_from_db()
    assert draft.state == "sent"
    assert Outcome.objects.filter(draft=draft).count() == 3
    page = writer.get(f"/drafts/{draft.pk}/").content.decode()
    assert "https://social.example/1" in page
    kinds = [row.kind for row in LedgerEntry.objects.all()]
    assert kinds == ["advice", "decision", "advice", "decision", "advice", "sent"]
    assert verify(row.as_row() for row in LedgerEntry.objects.order_by("seq")) is None


def test_an_edit_voids_and_another_version_is_not_agreed_to(cast: Cast, network: FakeNetwork, room: Any) -> None:
    staff = team(cast)
    account(cast)
    writer, approver = signed_in(staff.writer), signed_in(staff.approver)
    draft = submitted(writer, "Birinci söz.", **now_text(30))
    shown = access.newest_of(draft)
    assert shown is not None
    agree(approver, draft)
    answer = write(writer, draft, "İkinci söz.", **now_text(30))
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert Approval.objects.get().void_at is not None
    assert "<s class" in writer.get(f"/drafts/{draft.pk}/").content.decode()
    write(writer, draft, "İkinci söz.", then="submit", **now_text(30))
    stale = approver.post(f"/drafts/{draft.pk}/approve/", {"digest": shown.digest})
    assert stale.status_code == 400 and Draft.objects.get().state == "submitted"
    draft.refresh_from_db()
    assert draft.planned_at is not None
    work(draft.planned_at + timedelta(seconds=1))
    assert network.out == [] and Draft.objects.get().state == "held"


def test_late_is_held_and_let_go_only_in_time(cast: Cast, network: FakeNetwork, room: Any) -> None:
    staff = team(cast)
    account(cast)
    writer, approver = signed_in(staff.writer), signed_in(staff.approver)
    draft = submitted(writer, "Söz.", **now_text(30))
    agree(approver, draft)
    draft.refresh_from_db()
    assert draft.planned_at is not None
    work(draft.planned_at + timedelta(minutes=16))
    draft.refresh_from_db()
    assert draft.state == "held" and network.out == []
    page = approver.get(f"/drafts/{draft.pk}/").content.decode()
    assert "Let it go at its time" in page
    with pytest.raises(Refused, match="release_late"):
        acts.release(staff.approver, draft, reason="", now=draft.planned_at + timedelta(minutes=20))


def test_a_hold_needs_a_reason_and_the_ledger_keeps_it(cast: Cast, network: FakeNetwork, room: dict[str, Any]) -> None:
    staff = team(cast)
    account(cast)
    writer, approver = signed_in(staff.writer), signed_in(staff.approver)
    room["found"] = HOLD
    draft = submitted(writer, "Söz.", **now_text(30))
    silent = agree(approver, draft)
    assert silent.status_code == 400 and "To agree all the same, write why" in silent.content.decode()
    assert agree(approver, draft, "Kızılay ile konuştuk.").status_code == 302
    body = LedgerEntry.objects.filter(kind="decision").last()
    assert body is not None and body.body["against"] == "hold" and body.body["why"] == "Kızılay ile konuştuk."
    draft.refresh_from_db()
    assert draft.planned_at is not None
    work(draft.planned_at + timedelta(seconds=1))
    assert len(network.out) == 1, "the same HOLD was decided on already"
    page = approver.get("/ledger/").content.decode()
    assert "against a HOLD" in page and "Kızılay ile konuştuk." in page
    assert "People upheld 0 of 1" in page


def test_a_new_hold_at_sending_stops_it_until_a_person_says_why(
    cast: Cast, network: FakeNetwork, room: dict[str, Any]
) -> None:
    staff = team(cast)
    account(cast)
    draft = submitted(signed_in(staff.writer), "Söz.", **now_text(30))
    approver = signed_in(staff.approver)
    agree(approver, draft)
    room["found"] = HOLD
    draft.refresh_from_db()
    due = draft.planned_at
    assert due is not None
    work(due + timedelta(seconds=1))
    assert network.out == [] and Draft.objects.get().state == "held"
    assert approver.post(f"/drafts/{draft.pk}/release/", {"reason": ""}).status_code == 400
    assert approver.post(f"/drafts/{draft.pk}/release/", {"reason": "Konuştuk."}).status_code == 302
    work(due + timedelta(seconds=30))
    assert len(network.out) == 1


def test_sending_back_and_taking_back(cast: Cast, network: FakeNetwork, room: Any) -> None:
    staff = team(cast)
    account(cast)
    writer, approver = signed_in(staff.writer), signed_in(staff.approver)
    draft = submitted(writer, "Söz.", **now_text(30))
    assert approver.post(f"/drafts/{draft.pk}/changes/", {"reason": " "}).status_code == 400
    assert approver.post(f"/drafts/{draft.pk}/changes/", {"reason": "Daha kısa."}).status_code == 302
    page = writer.get(f"/drafts/{draft.pk}/").content.decode()
    assert "Daha kısa." in page and "<textarea" in page
    assert writer.post(f"/drafts/{draft.pk}/withdraw/").status_code == 302
    draft.refresh_from_db()
    assert draft.state == "withdrawn"
    assert write(writer, draft, "Yine.").status_code == 409, "taken back for good"
    assert writer.get("/drafts/").status_code == 200


def test_nobody_agrees_with_themselves_unless_alone(cast: Cast, room: Any) -> None:
    account(cast)
    owner = signed_in(cast.ayse)
    draft = submitted(owner, "Yalnızım.", **now_text(30))
    assert agree(owner, draft).status_code == 302, "the only one who may"
    team(cast)
    draft = submitted(owner, "Artık değilim.", **now_text(30))
    answer = agree(owner, draft)
    assert answer.status_code == 400
    assert "You wrote some of it, so somebody else has to agree." in answer.content.decode()


def test_rules_are_set_in_words_and_hold(cast: Cast, room: Any) -> None:
    staff = team(cast)
    account(cast)
    owner = signed_in(cast.ayse)
    told = {
        "needed": "1",
        "strict_kinds": ["everyday"],
        "strict_needed": "2",
        "strict_owner": "on",
        "late": "20",
        "release": "owner",
    }
    assert signed_in(staff.approver).post("/settings/approvals/", told).status_code == 403
    assert owner.post("/settings/approvals/", {**told, "late": "600"}).status_code == 200, "told, not saved"
    assert owner.post("/settings/approvals/", told).status_code == 302
    rules = drafts_rules.rules_of(cast.findik)
    assert rules.late_after == timedelta(minutes=20) and rules.release == frozenset({"owner"})
    assert owner.post("/settings/approvals/", told)["Location"].endswith("?same")
    draft = submitted(signed_in(staff.writer), "İki kişi ister.", **now_text(30))
    agree(signed_in(staff.approver), draft)
    assert Draft.objects.get().state == "submitted"
    assert "1 more yes is needed, one of them as: owner." in signed_in(staff.approver).get("/drafts/").content.decode()
    agree(owner, draft)
    assert Draft.objects.get().state == "scheduled"


def test_who_left_the_team_counts_no_more(cast: Cast, network: FakeNetwork, room: Any) -> None:
    staff = team(cast)
    account(cast)
    draft = submitted(signed_in(staff.writer), "Söz.", **now_text(30))
    agree(signed_in(staff.approver), draft)
    Membership.objects.filter(person=staff.approver).delete()
    draft.refresh_from_db()
    assert draft.planned_at is not None
    work(draft.planned_at + timedelta(seconds=1))
    assert network.out == [] and acts.state_of(Draft.objects.get()).why == "draft_unapproved"


def test_an_approver_without_an_account(cast: Cast, client: Client, network: FakeNetwork, room: Any) -> None:
    staff = team(cast)
    account(cast)
    facts.rule(cast.ayse, cast.findik, Policy(rules=(Rule(outside=True),)), now=datetime.now(UTC))
    writer = signed_in(staff.writer)
    draft = submitted(writer, "Dışarıdan onay.", **now_text(30))
    told = {"outside-name": "Av. Can", "outside-email": "", "outside-lang": "tr", "outside-hours": "4"}
    assert writer.post(f"/drafts/{draft.pk}/outside/", {**told, "outside-hours": "9999"}).status_code == 400
    assert writer.post(f"/drafts/{draft.pk}/outside/", told).status_code == 302
    link = OutsideLink.objects.get()
    path = f"/agree/{access.outside_word(link)}/"
    assert path in writer.get(f"/drafts/{draft.pk}/").content.decode()
    page = client.get(path)
    assert page.status_code == 200 and page.headers["Content-Language"] == "tr"
    assert "Dışarıdan onay." in page.content.decode()
    for other in ("/drafts/", f"/drafts/{draft.pk}/", "/ledger/", "/accounts/"):
        assert client.get(other).status_code == 302, "it opens nothing else"
    assert client.get(path[:-3] + "xx/").status_code == 404
    assert client.post(path, {"answer": "changes", "reason": ""}).status_code == 400
    assert client.post(path, {"answer": "yes"}).status_code == 200
    assert Draft.objects.get().state == "scheduled"
    assert client.post(path, {"answer": "yes"}).status_code == 410
    assert OutsideLink.objects.get().answered_at is not None
    assert "Av. Can" in writer.get(f"/drafts/{draft.pk}/").content.decode()


def test_an_outside_link_falls_with_the_version_and_with_time(cast: Cast, client: Client, room: Any) -> None:
    staff = team(cast)
    account(cast)
    facts.rule(cast.ayse, cast.findik, Policy(rules=(Rule(outside=True),)), now=datetime.now(UTC))
    writer = signed_in(staff.writer)
    draft = submitted(writer, "Bir.", **now_text(300))
    now = datetime.now(UTC)
    made = outside.make(staff.writer, draft, name="A", email="", lang="en", hours=4, now=now)
    path = f"/agree/{access.outside_word(made)}/"
    assert outside.state_of(made, now + timedelta(hours=4)) == "expired"
    write(writer, draft, "İki.", then="submit", **now_text(300))
    assert client.get(path).status_code == 410
    with pytest.raises(Refused, match="outside_closed"):
        outside.answer(made, yes=True, reason="", check=None, now=now)
    draft.refresh_from_db()
    again = outside.make(staff.writer, draft, name="B", email="", lang="en", hours=4, now=now)
    assert writer.post(f"/drafts/{draft.pk}/outside/{again.pk}/withdraw/").status_code == 302
    assert client.get(f"/agree/{access.outside_word(again)}/").status_code == 410


def test_a_fault_of_a_network_is_told_and_tried_again_by_hand(cast: Cast, network: FakeNetwork, room: Any) -> None:
    staff = team(cast)
    account(cast)
    draft = submitted(signed_in(staff.writer), "Söz.", **now_text(30))
    approver = signed_in(staff.approver)
    agree(approver, draft)
    draft.refresh_from_db()
    due = draft.planned_at
    assert due is not None
    network.fault = NetworkError("token_refused", permanent=True, host="social.example")
    work(due + timedelta(seconds=1))
    assert Draft.objects.get().state == "failed"
    assert LedgerEntry.objects.filter(kind="failed").exists()
    assert "Try again" in approver.get(f"/drafts/{draft.pk}/").content.decode()
    network.fault = None
    writer = signed_in(staff.writer)
    assert writer.post(f"/drafts/{draft.pk}/retry/").status_code == 403
    with pytest.raises(Refused):
        drafts_sending.retry(staff.writer, draft, archive=shelf.opened(), now=due)
    drafts_sending.retry(staff.approver, draft, archive=shelf.opened(), now=due + timedelta(minutes=2))
    work(due + timedelta(minutes=2, seconds=1))
    assert Draft.objects.get().state == "sent" and len(network.out) == 1


def test_trouble_with_a_token_is_told_ahead(cast: Cast, network: FakeNetwork, room: Any, data: Path) -> None:
    staff = team(cast)
    row = account(cast)
    draft = submitted(signed_in(staff.writer), "Söz.", **now_text(120))
    agree(signed_in(staff.approver), draft)
    network.fault = NetworkError("token_refused", permanent=True, host="social.example")
    config: Any = settings.CONFIG
    at = datetime.now(UTC)
    drafts_sending.look_ahead(Work(archive=shelf.opened(), config=config, now=lambda: at, stop=threading.Event()))
    row.refresh_from_db()
    assert row.fault["code"] == "token_refused"
    page = signed_in(staff.writer).get("/drafts/").content.decode()
    assert "The account findik.example cannot publish now." in page


def test_the_journal_is_one_line_a_name_and_one_holder_a_draft(cast: Cast, room: Any) -> None:
    from kalkan.publishing import Step

    account(cast)
    draft = submitted(signed_in(cast.ayse), "Söz.", **now_text(30))
    journal, key, now = drafts_sending.Journal(), drafts_sending.key_of(draft), datetime.now(UTC)
    journal.write(key, Step(name="0/0/try", at=now, body={"a": 1}))
    journal.write(key, Step(name="0/0/try", at=now + timedelta(1), body={"a": 2}))
    assert [(one.name, one.body) for one in journal.steps(key)] == [("0/0/try", {"a": 1})]
    assert journal.claim(key, holder="one", until=now + timedelta(minutes=10), now=now)
    assert not journal.claim(key, holder="two", until=now + timedelta(minutes=10), now=now)
    assert journal.claim(key, holder="two", until=now + timedelta(minutes=20), now=now + timedelta(minutes=11))
    journal.leave(key, holder="one")
    assert not journal.claim(key, holder="one", until=now, now=now + timedelta(minutes=12))
    assert journal.clock(now) == now == journal.clock(now - timedelta(days=1))
    assert SendingStep.objects.count() == 1 and Account.objects.count() == 1


def test_an_answer_can_be_wanted_earlier(cast: Cast, network: FakeNetwork, room: Any) -> None:
    staff = team(cast)
    account(cast)
    writer = signed_in(staff.writer)
    draft = submitted(writer, "Söz.", answer="1", **now_text(90))
    assert draft.due_at is not None and draft.planned_at is not None
    assert draft.planned_at - draft.due_at == timedelta(hours=1)
    work(draft.due_at + timedelta(seconds=1))
    assert acts.state_of(Draft.objects.get()).why == "approval_late"
    late = submitted(writer, "Söz.", **now_text(30))
    answer = write(writer, late, "Başka söz.", then="submit", answer="4", **now_text(30))
    assert answer.status_code == 400, "that moment is past"


def test_the_room_is_looked_at_while_it_waits_and_while_it_is_in_view(
    cast: Cast, network: FakeNetwork, room: dict[str, Any]
) -> None:
    staff = team(cast)
    account(cast)
    draft = submitted(signed_in(staff.writer), "Söz.", **now_text(30))
    agree(signed_in(staff.approver), draft)
    config: Any = settings.CONFIG
    draft.refresh_from_db()
    due = draft.planned_at
    assert due is not None

    def look(at: datetime) -> None:
        drafts_sending.look_again(Work(archive=shelf.opened(), config=config, now=lambda: at, stop=threading.Event()))

    room["found"] = HOLD
    look(due - timedelta(minutes=20))
    assert Draft.objects.get().verdict == "hold"
    room["found"] = GO
    work(due + timedelta(seconds=1))
    assert Draft.objects.get().state == "sent"
    room["found"] = HOLD
    look(due + timedelta(hours=2))
    look(due + timedelta(hours=3))
    assert [row.body["occasion"] for row in LedgerEntry.objects.filter(kind="advice")][-1] == "out"
    assert LedgerEntry.objects.filter(kind="advice", body__occasion="out").count() == 1, "told once"


def test_the_same_hold_is_known_again_and_another_is_new() -> None:
    def hold(title: str, key: str, code: str = "event_collision") -> dict[str, Any]:
        evidence = [{"kind": "story", "id": key, "title": title}]
        return {"code": code, "why": "room_contact", "key": f"{code} {key}", "level": "hold", "evidence": evidence}

    known = {"findings": [hold("ordu · gaz · kaçağı", "room:1")]}
    assert drafts_room.new_holds({"findings": [hold("Ordu · gaz · tesis", "room:2")]}, known) == []
    assert drafts_room.new_holds({"findings": [hold("liman · yangın", "room:3")]}, known) == ["event_collision"]
    assert drafts_room.new_holds({"findings": [hold("ordu · gaz", "room:1", "tone_clash")]}, known) == ["tone_clash"]
    assert drafts_room.new_holds(known, None) == ["event_collision"]
