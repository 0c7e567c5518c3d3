"""Care: what is held is kept as evidence, a pile-on is one card; audits, asks, deeds on networks, shifts."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from kalkan.desk import (
    asking,
    caring,
    evidence,
    inbox,
    inbox_answered,
    inbox_calls,
    mail,
    piles,
    shelf,
    shield_audit,
    shifts,
)
from kalkan.desk.actions import accounts
from kalkan.desk.models import (
    AlarmWish,
    Audit,
    CareRules,
    CareWish,
    Draft,
    Duty,
    Evidence,
    EvidenceHold,
    HeldCall,
    Item,
    KeptAsk,
    Membership,
    NetworkDeed,
    PileOn,
    ShieldAudit,
    Stint,
)
from kalkan.errors import InvalidInput, NetworkError
from kalkan.networks import acting
from kalkan.posts import GONE, table
from kalkan.shield import vault
from tests.desk.conftest import Cast, signed_in
from tests.desk.drafts_cast import FakeNetwork, Team, account, team
from tests.desk.test_inbox import of, said, work
from tests.desk.test_today import NOW, Keep, keep  # noqa: F401 (a fixture)

THREAT = "I know where your shop is and I will burn it down tonight"
ASKS = ("Please print the palm oil share on the label", "print the palm oil share on the label please")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def filled(cast: Cast, keep: Keep) -> Team:  # noqa: F811
    """A threat, three asks for the same, and a pile-on with one who asks."""
    pile = [
        said(f"troll{i}", "You are all stupid pigs at Fındık, drop dead today", 60 - i,
             p={"offensive": 0.95, "targeted": 0.9, "negative": 0.95})
        for i in range(14)
    ]  # fmt: skip
    keep(
        said("hit", THREAT, 30, root="at://talk",
             p={"threat": 0.99, "offensive": 0.95, "targeted": 0.95, "negative": 0.99}),
        said("ada", f"{ASKS[0]}, thank you", 50, p={"ask": 0.95}),
        said("bek", f"Could you {ASKS[1]}?", 45, p={"ask": 0.95}),
        said("cem", ASKS[0], 40, p={"ask": 0.95}),
        *pile,
    )  # fmt: skip
    found = team(cast)
    inbox.take_in(work())
    Item.objects.filter(post="at://hit").update(place="hold", kind="threat", content="threat", whole=True, needs=False,
                                                folds=[[0, len(THREAT)]], kinds=["threat"])  # fmt: skip
    return found


def test_what_is_held_is_opened_by_whom_it_is_held_for_and_kept_as_evidence(filled: Team, cast: Cast) -> None:
    row, owner, other = of("hit"), signed_in(filled.owner), signed_in(filled.moderator)
    handling = {"person": str(filled.approver.pk), "hold_days": "30", "break_minutes": "120"}
    assert other.post("/inbox/care/handling/", handling).status_code == 403
    assert owner.post("/inbox/care/handling/", handling).status_code == 302
    hold = {"name": "Shop threat", "why": "Told to the police", "until": "2026-12-24"}
    for address in ("/inbox/?view=held", f"/inbox/{row.pk}/"):
        page = other.get(address).content.decode()
        assert "burn it down" not in page and "Approver handles it" in page, address
    for path in (f"/inbox/{row.pk}/keep/", f"/inbox/{row.pk}/opened/", "/inbox/evidence/export/"):
        assert other.post(path, hold).status_code == 403, path
    assert other.get("/inbox/evidence/").status_code == 403
    assert not Evidence.objects.exists()

    named = signed_in(filled.approver)
    page = named.get(f"/inbox/{row.pk}/").content.decode()
    assert "burn it down" not in page and "Open it and keep it as evidence" in page
    assert named.post(f"/inbox/{row.pk}/keep/", {**hold, "until": ""}).status_code == 400
    assert named.post(f"/inbox/{row.pk}/keep/", {**hold, "until": "2026-11-01"}).status_code == 400
    assert named.post(f"/inbox/{row.pk}/keep/", hold).status_code == 302
    named.post(f"/inbox/{row.pk}/keep/", hold)  # twice is once
    kept = Evidence.objects.get()
    assert (kept.by, kept.seq, kept.before, kept.hold.name) == (filled.approver, 1, vault.START, "Shop threat")
    assert kept.body is not None
    assert kept.body["post"]["text"] == THREAT and kept.body["hold"]["until"] == "2026-12-24"
    page = named.get(f"/inbox/{row.pk}/").content.decode()
    assert page.index("<details") < page.index("burn it down"), "folded still, and counted when opened"
    assert "burn it down" not in other.get(f"/inbox/{row.pk}/").content.decode()
    assert {"kept evidence", "named handler"} <= set(Audit.objects.values_list("verb", flat=True))

    shelf.opened().remove(table([{"id": "at://hit", "network": "bluesky", "at": NOW, "why": "deleted"}], GONE), now=NOW)
    assert "Nothing here" in owner.get("/inbox/?view=held").content.decode()
    page = owner.get("/inbox/evidence/").content.decode()
    assert "The chain is whole: 1 record." in page and "burn it down" in page and "exception from erasure" in page
    Membership.objects.filter(person=filled.approver).delete()
    assert named.get("/inbox/evidence/").status_code in (403, 404)
    assert signed_in(cast.cem).get("/inbox/evidence/").content.decode().count("burn it down") == 0


def test_the_chain_tells_what_was_changed_and_survives_the_end_of_a_hold(filled: Team, tmp_path: Path) -> None:
    client = signed_in(filled.owner)
    hold = {"name": "Case", "why": "Police", "until": "2026-12-24"}
    Item.objects.filter(post__in=["at://troll0", "at://troll1"]).update(place="hold")
    for name, case in (("hit", "Case"), ("troll0", "Other"), ("troll1", "Case")):
        client.post(f"/inbox/{of(name).pk}/keep/", {**hold, "name": case})
    rows = list(Evidence.objects.all())
    assert [row.seq for row in rows] == [1, 2, 3] and evidence.flaws(rows) == ()
    made = client.post("/inbox/evidence/export/")
    assert made["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(made.content)) as held:
        held.extractall(tmp_path)
    assert vault.check_bundle(tmp_path / "evidence") == ()
    assert {path.name for path in (tmp_path / "evidence").iterdir()} == {
        "report.pdf", "report.html", "records.jsonl", "SHA256SUMS",
    }  # fmt: skip
    assert (tmp_path / "evidence" / "report.pdf").read_bytes().startswith(b"%PDF-")
    told = tmp_path / "evidence" / "records.jsonl"
    told.write_text(told.read_text().replace("burn it down", "love it"))
    assert vault.check_bundle(tmp_path / "evidence")[0].why == "file_changed"

    other = EvidenceHold.objects.get(name="Other")
    assert client.post(f"/inbox/evidence/{other.pk}/end/").status_code == 302
    rows = list(Evidence.objects.all())
    assert [row.body is None for row in rows] == [False, True, False] and evidence.flaws(rows) == ()
    page = client.get("/inbox/evidence/").content.decode()
    assert "The chain is whole: 3 records." in page and "Released" in page

    assert rows[0].body is not None
    rows[0].body["post"]["text"] = "I like your shop"
    assert [(flaw.where, flaw.why) for flaw in evidence.flaws(rows)] == [("1", "record_changed")]
    assert [flaw.why for flaw in evidence.flaws(rows[1:])] == ["record_missing"]
    Evidence.objects.filter(seq=1).update(body=rows[0].body)
    assert "The chain is not whole" in client.get("/inbox/evidence/").content.decode()
    assert client.post("/inbox/evidence/export/").status_code == 400
    later = dataclasses.replace(work(), now=lambda: NOW + timedelta(days=60))
    caring.end(later)
    assert not Evidence.objects.exclude(body=None).exists() and not EvidenceHold.objects.filter(ended_at=None).exists()
    assert client.post("/inbox/evidence/export/").status_code == 400, "nothing is held any more"


def test_a_pile_on_is_one_card_and_those_who_ask_stay(filled: Team, keep: Keep) -> None:  # noqa: F811
    pile = said("troll99", "You are all stupid pigs at Fındık, drop dead today", 20, p={"question": 0.9})
    keep(pile)
    inbox.take_in(work())
    asker = Item.objects.get(post="at://troll99")
    Item.objects.filter(pk=asker.pk).update(kind="question", needs=True, place="show", whole=False, folds=[])
    before = inbox.counts(Item.objects.all())
    piles.gather(work())
    piles.gather(work())
    card = PileOn.objects.get()
    assert (card.n, card.authors, card.kept) == (15, 15, 1) and card.items.count() == 14
    client = signed_in(filled.moderator)
    page = client.get("/inbox/").content.decode()
    assert "15 authors, 15 posts act in step" in page and "The 1 who also ask something" in page
    told = inbox.counts(Item.objects.all())
    assert told["all"] == before["all"] and told["needs"] + 14 >= before["needs"] >= told["needs"] >= 1
    assert asker in inbox.narrowed(Item.objects.all(), "needs") and of("troll3") not in inbox.narrowed(
        Item.objects.all(), "folded"
    )
    address = f"/inbox/pile-on/{card.pk}/"
    assert "14, of which 14 open" in client.get(address).content.decode()
    assert signed_in(filled.viewer).post(f"{address}finish/").status_code == 403
    assert client.post(f"{address}finish/").status_code == 302
    assert Item.objects.filter(state="done").count() == 14
    assert Item.objects.get(pk=asker.pk).state == "open"
    assert "act in step" not in client.get("/inbox/").content.decode()


def test_an_audit_is_blind_and_carries_its_intervals(filled: Team) -> None:
    client = signed_in(filled.moderator)
    assert "Nobody has looked yet" in client.get("/shield/").content.decode()
    assert signed_in(filled.viewer).post("/shield/audit/").status_code == 403
    client.post("/shield/audit/")
    row = ShieldAudit.objects.get()
    assert of("hit").pk not in {unit[0] for unit in row.units}, "nobody is made to read a threat"
    assert shield_audit.draw(row.brand, seed=row.seed, now=NOW)[0] == row.units
    folded = {unit[0] for unit in row.units if unit[1]}
    whole = {unit[0] for unit in row.units if unit[2]}
    address, wrong = f"/shield/audit/{row.pk}/", sorted(whole)[:1]
    for unit, _, _ in row.units:
        page = client.get(address).content.decode()
        assert "troll" not in page and "soften" not in page
        word = "criticism" if unit in wrong else "abuse" if unit in folded else "neither"
        client.post(address, {"unit": unit, "word": word})
    assert "You have judged all of this sample" in client.get(address).content.decode()
    found = shield_audit.measured([row])
    assert found.precision.n == len(folded) and found.precision.count == len(folded) - len(wrong)
    assert found.missed.count == 0 and found.missed.n == len(row.units) - len(folded)
    assert found.criticism_folded.count == len(wrong) and found.criticism_folded.n == len(whole)
    assert found.precision.low < found.precision.count / found.precision.n <= found.precision.high
    page = client.get("/shield/").content.decode()
    assert f"{found.precision.count} of {found.precision.n} (" in page and "Criticism wrongly folded" in page
    client.post(address, {"unit": 999_999, "word": "abuse"})
    assert row.marks.count() == len(row.units)


def test_an_ask_is_passed_on_decided_and_those_who_asked_are_told(filled: Team, keep: Keep) -> None:  # noqa: F811
    client = signed_in(filled.writer)
    page = client.get("/inbox/asks/").content.decode()
    assert "3 people, 3 posts" in page and "palm oil share" in page
    given = {"post": "at://ada", "title": "Print the share of palm oil"}
    assert client.post("/inbox/asks/pass-on/", {**given, "to": " "}).status_code == 400
    assert client.post("/inbox/asks/pass-on/", {"post": "at://nobody", "to": "Packaging"}).status_code == 404
    assert signed_in(filled.viewer).post("/inbox/asks/pass-on/", {**given, "to": "x"}).status_code == 403
    assert client.post("/inbox/asks/pass-on/", {**given, "to": "Packaging"}).status_code == 302
    row = KeptAsk.objects.get()
    assert (row.stage, set(row.posts)) == ("passed", {"at://ada", "at://bek", "at://cem"})
    keep(said("dil", f"{ASKS[0]} at last", 5, p={"ask": 0.95}))
    inbox.take_in(work())
    page = client.get("/inbox/asks/").content.decode()
    assert "Print the share of palm oil" in page and "passed on" in page
    row.refresh_from_db()
    assert len(row.posts) == 4 and asking.matching(["at://dil"], [row]) == row
    assert "Packaging" in client.get(f"/inbox/{of('ada').pk}/").content.decode()
    assert client.post(f"/inbox/asks/{row.pk}/decide/", {"decision": " "}).status_code == 400
    client.post(f"/inbox/asks/{row.pk}/decide/", {"decision": "From May on the front"})
    picked = [of(name).pk for name in ("ada", "bek", "hit")]
    client.post(f"/inbox/asks/{row.pk}/tell/", {"text": "It stands on the front from May.", "item": picked})
    row.refresh_from_db()
    assert (row.stage, row.decision) == ("decided", "From May on the front"), "told is who was sent a reply"
    assert Draft.objects.count() == 2, "those who asked, and nobody else"
    assert of("ada").replying and of("cem").draft is None
    assert "2 not answered yet" in client.get(f"/inbox/asks/{row.pk}/").content.decode()
    first, second = Draft.objects.order_by("pk")
    at = timezone.now()
    Draft.objects.filter(pk=first.pk).update(state="sent", sent_at=at)
    inbox_answered.settle(work())
    row.refresh_from_db()
    assert row.stage == "decided", "one reply is still under way"
    Draft.objects.filter(pk=second.pk).update(state="withdrawn")
    inbox_answered.settle(work())
    row.refresh_from_db()
    assert (row.stage, row.answered_at, row.telling_since) == ("answered", at, None)
    assert "those who asked were told" in client.get("/inbox/").content.decode(), "good news between the blows"


class Session(FakeNetwork):
    """What the deeds speak through."""

    def close(self) -> None:
        """Nothing to let go of."""


def test_a_deed_is_done_by_a_click_written_down_and_undone(
    filled: Team, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, client = of("troll0"), signed_in(filled.moderator)
    assert "What to do on the network" not in client.get(f"/inbox/{row.pk}/").content.decode(), "no account"
    own = account(cast, account_id="bluesky:did:plc:us")
    told: list[acting.Deed] = []
    fault: list[NetworkError] = []

    def act(deed: acting.Deed, session: Any, *, now: Any) -> acting.Done:
        if fault:
            raise fault[0]
        told.append(deed)
        back = acting.Deed(kind=acting.UNDOES[deed.kind], account=deed.account, before="at://did:plc:us/block/1")
        return acting.Done(deed=deed, at=now, undo=None if deed.kind == "report" else back)

    monkeypatch.setattr(acting, "act", act)
    monkeypatch.setattr(acting, "UNDOES", {**acting.UNDOES, "report": ""})
    monkeypatch.setattr(accounts, "opened", lambda account: Session())
    page = client.get(f"/inbox/{row.pk}/").content.decode()
    assert "Mute them" in page and "Hide this reply" not in page, "the thread is not ours"
    for who in (filled.writer, filled.viewer):
        assert signed_in(who).post(f"/inbox/{row.pk}/deed/", {"kind": "block"}).status_code == 403
    assert client.post(f"/inbox/{row.pk}/deed/", {"kind": "hide_reply"}).status_code == 409
    assert not told
    assert client.post(f"/inbox/{row.pk}/deed/", {"kind": "block"}).status_code == 302
    assert (told[0].kind, told[0].account, told[0].handle) == ("block", "did:plc:troll0", "troll0.example")
    done = NetworkDeed.objects.get()
    assert Audit.objects.get(verb="did on network").detail == {"kind": "block", "account": "bluesky findik.example"}
    assert client.post(f"/inbox/deeds/{done.pk}/undo/").status_code == 302
    assert (told[1].kind, told[1].before) == ("unblock", "at://did:plc:us/block/1")
    done.refresh_from_db()
    assert (done.undone_at, done.undone_by, done.undo) == (NOW, filled.moderator, None)
    client.post(f"/inbox/deeds/{done.pk}/undo/")
    assert len(told) == 2, "undone once"
    client.post(f"/inbox/{row.pk}/deed/", {"kind": "report", "why": "threat"})
    assert told[2].why == "threat" and told[2].post == "at://troll0"
    stays = NetworkDeed.objects.get(kind="report")
    assert client.post(f"/inbox/deeds/{stays.pk}/undo/").status_code == 409
    Item.objects.filter(pk=row.pk).update(root="at://did:plc:us/app.bsky.feed.post/1")
    assert "Hide this reply" in client.get(f"/inbox/{row.pk}/").content.decode()
    fault.append(NetworkError("account_refused", permanent=True, handle="findik.example"))
    assert client.post(f"/inbox/{row.pk}/deed/", {"kind": "mute"}).status_code == 409
    assert client.post(f"/inbox/deeds/shields-up/{own.pk}/").status_code == 409
    assert client.get("/inbox/deeds/").status_code == 200
    assert NetworkDeed.objects.count() == 2


def test_hand_over_topics_put_off_and_a_week_of_ones_own(filled: Team, cast: Cast) -> None:
    client, row = signed_in(filled.moderator), of("ada")
    client.post(f"/inbox/{row.pk}/assign/", {"version": row.version, "to": filled.moderator.pk})
    assert client.post("/inbox/care/hand-over/").status_code == 403, "nobody is there"
    owner = signed_in(filled.owner)
    line = {"person": str(filled.writer.pk), "weekday": "", "begins": "08:00", "ends": "14:00"}
    assert client.post("/inbox/care/rota/", line).status_code == 403
    assert owner.post("/inbox/care/rota/", {**line, "ends": "08:00"}).status_code == 400
    assert owner.post("/inbox/care/rota/", line).status_code == 302
    night = {**line, "person": str(filled.moderator.pk), "begins": "22:00", "ends": "10:00", "weekday": "6"}
    owner.post("/inbox/care/rota/", night)
    found = shifts.standing(filled.moderator, cast.findik, now=NOW)
    assert found.shift is not None and found.shift.end.hour == 10, "Sunday's night goes on into Monday"
    assert found.next == filled.writer
    assert "Your shift, " in client.get("/inbox/").content.decode()
    assert client.post("/inbox/care/hand-over/").status_code == 302
    row.refresh_from_db()
    assert row.assignee == filled.writer

    for name in ("troll0", "troll1"):
        signed_in(filled.writer).post(f"/inbox/{of(name).pk}/opened/", {"characters": "1500"})
    assert shifts.standing(filled.moderator, cast.findik, now=NOW).next is None, "who has had enough is passed by"
    Item.objects.filter(post__startswith="at://troll").update(content="insult", whole=True, place="soften", needs=False)
    assert inbox.counts(Item.objects.all())["folded"] >= 14
    client.post("/inbox/care/not-today/", {"topic": ["insult", "nonsense"]})
    mine, theirs = (signed_in(who).get("/inbox/?view=folded").content.decode() for who in (filled.moderator, cast.ayse))
    assert "put off for today" in mine and 'name="item"' not in mine
    assert 'name="item"' in theirs
    client.post("/inbox/care/not-today/")
    assert 'name="item"' in client.get("/inbox/?view=folded").content.decode()

    Stint.objects.filter(person=filled.moderator).delete()
    for begin in (5.0, 2.5):
        Stint.objects.create(person=filled.moderator, begin=NOW - timedelta(hours=begin),
                             until=NOW - timedelta(hours=begin - 2.3))  # fmt: skip
    week = shifts.week_of(filled.moderator, cast.findik, now=NOW)
    assert (week.breaks, week.characters) == (1, 0)
    assert shifts.week_of(filled.writer, cast.findik, now=NOW).characters == 3000
    assert "You opened 3,000 characters" in signed_in(filled.writer).get("/inbox/care/").content.decode()
    assert "3,000" not in owner.get("/inbox/care/").content.decode(), "shown to nobody else"
    shifts.sweep(NOW + timedelta(weeks=9))
    assert not Stint.objects.exists()
    line_of = Duty.objects.get(person=filled.writer)
    assert client.post(f"/inbox/care/rota/{line_of.pk}/remove/").status_code == 403
    assert owner.post(f"/inbox/care/rota/{line_of.pk}/remove/").status_code == 302


def test_quiet_hours_switch_off_and_who_is_on_call_is_called(
    filled: Team, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[EmailMessage] = []
    monkeypatch.setattr(mail, "post", lambda message, *, config: sent.append(message))
    config = dataclasses.replace(work().config, smtp_host="mail.example", public_url="https://desk.example")
    job = dataclasses.replace(work(), config=config)
    inbox_calls.call(job)
    assert sent == [], "nobody asked for mail"
    night = {"by_mail": True, "quiet_from": time(7), "quiet_until": time(12), "on_call": False}  # it is 9:10 there
    AlarmWish.objects.create(person=filled.owner, brand=cast.findik, **night)
    inbox_calls.call(job)
    inbox_calls.call(job)
    assert sent == [] and HeldCall.objects.get().due_at == NOW.replace(hour=9, minute=0), "held back, not lost"
    later = dataclasses.replace(job, now=lambda: NOW + timedelta(hours=3))
    inbox_calls.call(later)
    inbox_calls.call(later)
    assert [message.to for message in sent] == [["ayse@example.com"]]
    assert "Fındık" in sent[0].subject and "burn" not in sent[0].body and "view=held" in sent[0].body
    sent.clear()
    HeldCall.objects.all().delete()
    CareRules.objects.create(brand=cast.findik, handler=filled.moderator)
    AlarmWish.objects.create(person=filled.moderator, brand=cast.findik, **night)
    AlarmWish.objects.filter(person=filled.owner).update(on_call=True)
    inbox_calls.call(job)
    assert [message.to for message in sent] == [["ayse@example.com"]], "its handler sleeps: an owner on call is called"

    AlarmWish.objects.filter(person=filled.moderator).update(quiet_from=time(8), quiet_until=time(18))
    client = signed_in(filled.moderator)
    asleep = client.get("/inbox/").content.decode()
    assert "Your quiet hours, until" in asleep and "palm oil" not in asleep and "nobody expects you" in asleep
    Duty.objects.create(brand=cast.findik, person=filled.writer, begins="00:00", ends="23:59")
    assert "Writer is on duty" in client.get("/inbox/").content.decode()
    assert "palm oil" in signed_in(filled.writer).get("/inbox/").content.decode()
    client.post("/inbox/awake/", {"view": "asks"})
    assert "palm oil" in client.get("/inbox/?view=asks").content.decode()
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=2))
    assert "Your quiet hours, until" in client.get("/inbox/").content.decode(), "for an hour"


def test_a_letter_about_ones_own_week_and_how_insults_look(
    filled: Team, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[EmailMessage] = []
    monkeypatch.setattr(mail, "post", lambda message, *, config: sent.append(message))
    client = signed_in(filled.writer)
    client.post(f"/inbox/{of('troll0').pk}/opened/", {"characters": "321"})
    client.post("/inbox/care/wish/", {"look": "blur", "weekly": "on"})
    assert 'data-look="blur"' in client.get("/inbox/").content.decode()
    assert 'data-look="plain"' in signed_in(filled.owner).get("/inbox/").content.decode()
    wish = CareWish.objects.get(person=filled.writer)
    config = dataclasses.replace(work().config, smtp_host="mail.example", public_url="https://desk.example")
    for hours, due in ((-2, False), (0, True), (1, False), (24 * 6, False), (24 * 7, True)):  # NOW is Monday, 9:10
        wish.refresh_from_db()
        assert inbox_calls.week(wish, config, now=NOW + timedelta(hours=hours)) is due, hours
    assert {tuple(message.to) for message in sent} == {("writer@example.com",)} and "321" in sent[0].body
    client.post("/inbox/care/wish/", {"look": "nonsense"})
    wish.refresh_from_db()
    assert (wish.look, wish.weekly) == ("plain", False)
    assert "Held for" not in signed_in(filled.viewer).get("/inbox/care/").content.decode(), "named to those who work"


def test_other_brands_reach_none_of_it(filled: Team, cast: Cast) -> None:
    owner, other = signed_in(filled.owner), signed_in(cast.cem)
    owner.post(f"/inbox/{of('hit').pk}/keep/", {"name": "Case", "why": "Police", "until": "2026-12-24"})
    piles.gather(work())
    owner.post("/shield/audit/")
    owner.post("/inbox/asks/pass-on/", {"post": "at://ada", "to": "Packaging"})
    hold, pile, audit, ask = (model.objects.get() for model in (EvidenceHold, PileOn, ShieldAudit, KeptAsk))
    for path in (f"/inbox/pile-on/{pile.pk}/", f"/shield/audit/{audit.pk}/", f"/inbox/asks/{ask.pk}/"):
        assert owner.get(path).status_code == 200, path
        assert other.get(path).status_code == 404, path
    for path in (f"/inbox/evidence/{hold.pk}/end/", f"/inbox/{of('hit').pk}/keep/", f"/inbox/pile-on/{pile.pk}/finish/",
                 f"/inbox/asks/{ask.pk}/decide/", f"/inbox/{of('hit').pk}/deed/"):  # fmt: skip
        assert other.post(path, {"decision": "x"}).status_code == 404, path
    assert json.dumps(Evidence.objects.get().body)
    with pytest.raises(InvalidInput, match="evidence_empty"):
        evidence.bundle([], lang="en", now=NOW)
