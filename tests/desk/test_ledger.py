"""The ledger: a chain, what it says, its export, private notes, and how the room check did."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from kalkan import archive, ledger
from kalkan.desk import drafts_ledger, drafts_outcomes
from kalkan.desk.actions import ledger as acts
from kalkan.desk.jobs import Work
from kalkan.desk.models import LedgerEntry, Outcome, PrivateNote, SendingStep
from tests.conftest import read_rows
from tests.desk.conftest import Cast, signed_in
from tests.desk.drafts_cast import account, begun, submitted, team, write
from tests.desk.test_approvals import GO, now_text

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)


def entry(cast: Cast, kind: str, body: dict[str, Any], about: str = "draft:1") -> LedgerEntry:
    return acts.write(cast.findik, kind, body, now=NOW, topic=about)


def test_the_chain_is_told_whole_or_broken(cast: Cast) -> None:
    for n in range(3):
        entry(cast, "decision", {"what": "submitted", "name": "Ayşe", "role": "owner", "version": n})
    acts.write(cast.cay, "decision", {"what": "submitted", "name": "Cem"}, now=NOW, topic="draft:9")
    browser = signed_in(cast.ayse)
    page = browser.get("/ledger/").content.decode()
    assert "3 entries" in page and "Cem" not in page and "broken" not in page
    LedgerEntry.objects.filter(brand=cast.findik, seq=2).update(body={"what": "approved", "name": "Ayşe"})
    assert "The chain is broken at entry 2." in browser.get("/ledger/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_an_end_that_was_cut_off_is_seen_too(cast: Cast) -> None:
    for n in range(3):
        entry(cast, "decision", {"what": "submitted", "name": "Ayşe", "version": n})
    assert [one.level for one in drafts_ledger.examined()] == ["well"]
    LedgerEntry.objects.filter(brand=cast.findik, seq=3).delete()
    (found,) = drafts_ledger.examined()
    assert (found.level, found.params["entry"]) == ("fault", 3)
    (drafts_ledger._heads()).write_text("not json")
    assert [one.level for one in drafts_ledger.examined()] == ["well"], "without the head nobody can know"


def test_the_export_is_proved_by_anybody_and_holds_no_private_note(cast: Cast) -> None:
    staff = team(cast)
    writer = signed_in(staff.writer)
    draft = begun(writer)
    write(writer, draft, "Söz.")
    writer.post(f"/drafts/{draft.pk}/note/", {"text": "Ben karşıydım."})
    kept = PrivateNote.objects.get()
    assert "Ben karşıydım." in writer.get(f"/drafts/{draft.pk}/").content.decode()
    assert "Ben karşıydım." not in signed_in(cast.ayse).get(f"/drafts/{draft.pk}/").content.decode()
    assert ledger.verify_note(ledger.read(kept.entry.as_row()), "Ben karşıydım.", kept.salt)
    assert signed_in(staff.writer).get("/ledger/export/").status_code == 403
    answer = signed_in(cast.ayse).get("/ledger/export/")
    text = answer.content.decode()
    assert "attachment" in answer["Content-Disposition"] and "karşıydım" not in text
    assert ledger.verify(ledger.lines(text.splitlines())) is None
    lines = text.splitlines()
    lines[0] = json.dumps(json.loads(lines[0]) | {"who": "person:999"})
    assert ledger.verify(ledger.lines(lines)) is not None


def test_hindsight_comes_after(cast: Cast) -> None:
    account(cast)
    owner = signed_in(cast.ayse)
    draft = submitted(owner, "Kahvaltıda ne var?", **now_text(30))
    told = {"right": "no", "text": "Beklemeliydik."}
    assert owner.post(f"/drafts/{draft.pk}/hindsight/", told).status_code == 403
    owner.post(f"/drafts/{draft.pk}/withdraw/", {"reason": "Vazgeçtik."})
    assert owner.post(f"/drafts/{draft.pk}/hindsight/", told).status_code == 302
    page = owner.get(f"/ledger/?draft={draft.pk}").content.decode()
    assert "Beklemeliydik." in page and "it was wrong" in page and "Vazgeçtik." in page


def test_wrong_questions(cast: Cast) -> None:
    browser = signed_in(cast.ayse)
    assert browser.get("/ledger/?draft=x").status_code == 404
    assert browser.get("/ledger/?draft=99999999999999999999").status_code == 404
    assert browser.get("/ledger/?kind=nonsense&before=x").status_code == 200
    assert browser.get("/ledger/?before=99999999999").status_code == 200


def outcome(reception: str) -> dict[str, Any]:
    ask = {"since": "2026-11-22T00:00:00Z", "until": "2026-11-23T00:00:00Z", "where": {"answers": ["x"]}}
    told = {"after": "24h", "authors": 40, "posts": 50, "shares": {}, "counts": {}}
    return {**told, "reception": reception, "ask": ask}


def test_the_check_is_scored_in_public(cast: Cast) -> None:
    def advice(about: str, verdict: str) -> None:
        entry(cast, "advice", {"occasion": "submitted", "verdict": verdict, "reasons": []}, about)

    for n in range(3):  # HOLD, then changed or taken back
        advice(f"draft:{n}", "hold")
        entry(cast, "decision", {"what": "withdrawn", "name": "A"}, f"draft:{n}")
    for n, how in ((10, "called_out"), (11, "praised")):  # HOLD, overruled, sent
        advice(f"draft:{n}", "hold")
        entry(cast, "decision", {"what": "approved", "against": "hold", "name": "A"}, f"draft:{n}")
        entry(cast, "sent", {"account": "x"}, f"draft:{n}")
        entry(cast, "outcome", outcome("too_few"), f"draft:{n}")
        entry(cast, "outcome", outcome(how), f"draft:{n}")
    for n, how in ((20, "praised"), (21, "too_few")):
        advice(f"draft:{n}", "go")
        entry(cast, "sent", {"account": "x"}, f"draft:{n}")
        entry(cast, "outcome", outcome(how), f"draft:{n}")
    found = drafts_ledger.score_of(cast.findik)
    assert (found.upheld.count, found.upheld.n) == (3, 5)
    assert (found.overruled_well.count, found.overruled_well.n) == (1, 2)
    assert (found.go_well.count, found.go_well.n) == (1, 1), "too few to say is no proof"
    page = signed_in(cast.ayse).get("/ledger/score/").content.decode()
    assert "3 of 5" in page


def test_what_came_back_is_counted_at_its_time_and_opens(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kalkan.desk.drafts_room.of_typed", lambda *_a, now, **_o: {**GO, "kind": "everyday", "at": now.isoformat()}
    )
    account(cast)
    owner = signed_in(cast.ayse)
    draft = submitted(owner, "Kahvaltıda ne var?", **now_text(30))
    SendingStep.objects.create(
        draft=draft, name="0/0/sent", at=NOW, body={}, kind="sent", account="bluesky:findik", post_id="at://findik/1"
    )
    kept = archive.open(settings.CONFIG.archive)
    ids = [f"at://a/{n}" for n in range(40)]
    answers = read_rows(
        ids, moments=[NOW + timedelta(minutes=n + 1) for n in range(40)], reply_to="at://findik/1",
        author_id=[f"did:plc:{n}" for n in range(40)], sentiment=["positive"] * 36 + ["negative"] * 4,
        source="bluesky:test", recipe="test+0",
    )  # fmt: skip
    kept.append("bluesky:test", answers, now=NOW + timedelta(minutes=45), cursor="1")
    drafts_outcomes.plan(draft, NOW)
    config: Any = settings.CONFIG
    job = Work(archive=kept, config=config, now=lambda: NOW + timedelta(minutes=61), stop=threading.Event())
    drafts_outcomes.outcomes(job)
    assert not Outcome.objects.exclude(done_at=None).exists(), "not before its time"
    job = Work(archive=kept, config=config, now=lambda: NOW + timedelta(minutes=70), stop=threading.Event())
    drafts_outcomes.outcomes(job)
    drafts_outcomes.outcomes(job)
    (row,) = LedgerEntry.objects.filter(kind="outcome")
    assert row.body["authors"] == 40 and row.body["reception"] == "praised"
    page = owner.get(f"/ledger/?draft={draft.pk}").content.decode()
    assert "40 authors answered" in page and "praised" in page
    link = drafts_ledger.line(row)["lines"][0]["url"]
    shown = owner.get(link.replace("&amp;", "&"))
    assert shown.status_code == 200 and "40" in shown.content.decode()
