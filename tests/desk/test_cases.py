"""Acts and cases: reception from what was heard, kept with numbers alone, searched and compared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kalkan.desk import briefing, shelf
from kalkan.desk.actions import cases as acts
from kalkan.desk.models import Act, Case, Watch
from kalkan.errors import Refused
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_today import HOSTILE, NOW, Keep, keep  # noqa: F401 (a fixture)
from tests.telling.shelf import mention

AT = NOW - timedelta(days=3)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def voices(
    n: int, *, praise: int, kind: str = "name", watch: str = "Fındık", tag: str = "v", **more: Any
) -> list[dict[str, Any]]:
    """``n`` authors in the two days after the act, ``praise`` of whom praise and the others call out."""
    return [
        mention(
            id=f"at://{tag}/{i}", author_id=f"did:plc:{tag}{i}", at=AT + timedelta(minutes=10 + i), kind=kind,
            watch=watch, text=f"Kavanoz hakkında {i} numaralı görüş",
            p={"praise" if i < praise else "complaint": 0.9}, **more,
        )
        for i in range(n)
    ]  # fmt: skip


@pytest.fixture
def told(cast: Cast, keep: Keep) -> Cast:  # noqa: F811
    Watch.objects.create(brand=cast.findik, kind="peer", text="Cevizli")
    ours = voices(90, praise=12, reply_to="at://act")
    ours[0]["text"] = HOSTILE
    keep(*ours, *voices(80, praise=70, kind="peer", watch="Cevizli", tag="c"), *voices(40, praise=40, tag="other"))
    return cast


def entered(cast: Cast, **more: Any) -> Act:
    given = {"who": "", "text": "Yeni kavanoz, 320 g", "at": AT, "post": "at://act", **more}
    return acts.enter(cast.ayse, cast.findik, now=NOW, **given)


def test_ours_is_called_out_and_the_peer_praised(told: Cast) -> None:
    entered(told)
    entered(
        told, who="Cevizli", text="Üç tedarikçisini açıkladı", post="", event="Ordu", event_at=AT - timedelta(hours=1)
    )
    entered(told, who="Cevizli", text="Sustu", spoke=False, post="", unseen="Instagram")
    page = signed_in(told.ayse).get("/cases/").content.decode()
    assert "called out" in page and "praised" in page and "silent" in page
    assert "n 90" in page and "n 80" in page
    assert "not seen: Instagram" in page
    assert "<script>alert(1)" not in page
    quick = signed_in(told.ayse).get("/cases/?within=2").content.decode()
    assert "tedarikçisini" in quick and "320 g" not in quick


def test_only_those_who_answer_it_count(told: Cast) -> None:
    """The forty who praise something else in the same hours are not voices of this act."""
    from kalkan.desk.receptions import received_by

    found = received_by(entered(told), shelf.opened(), now=NOW)
    assert (found.stances["praise"], found.stances["call_out"]) == (12, 78)
    words = received_by(entered(told, post="", words=["KAVANOZ HAKKINDA"]), shelf.opened(), now=NOW)
    assert words.stances["praise"] == 52 - 1  # the hostile one says something else
    assert received_by(entered(told, post="at://nobody"), shelf.opened(), now=NOW).reception.verdict == "too_few"


def test_a_case_keeps_numbers_and_nobodys_words(told: Cast) -> None:
    one = entered(told)
    client = signed_in(told.ayse)
    given = {"title": "Küçülen kavanoz", "acts": [one.pk], "lesson": "Ağırlığı önden söyle", "tags": "ambalaj, fiyat"}
    kept = client.post("/cases/keep/", given)
    assert kept.status_code == 302
    row = Case.objects.get()
    assert "görüş" not in str(row.snapshot) and "did:plc" not in str(row.snapshot)
    assert row.snapshot["acts"][0]["reception"]["verdict"] == "called_out"
    page = client.get(kept["Location"]).content.decode()
    assert "Ağırlığı önden söyle" in page and 'role="alert"' not in page
    for search, n in (("says=küçülen", 1), ("says=önden", 1), ("says=başka", 0), ("tag=fiyat", 1), ("tag=renk", 0)):
        assert (f"/cases/{row.pk}/" in client.get(f"/cases/?{search}").content.decode()) is bool(n), search
    Case.objects.filter(pk=row.pk).update(snapshot={**row.snapshot, "acts": []})
    assert "not as it was kept" in client.get(kept["Location"]).content.decode()
    client.post(f"/cases/act/{one.pk}/remove/")
    assert "taken out since" in client.get(kept["Location"]).content.decode()


def test_the_brief_tells_acts(told: Cast) -> None:
    entered(told)
    entered(told, who="Cevizli", text="Üç tedarikçisini açıkladı", post="")
    made = briefing.compose(
        told.findik,
        shelf.opened(),
        since=NOW - timedelta(days=7),
        until=NOW,
        now=NOW,
        zone="UTC",
        lang="tr",
        sort="leadership",
    )
    verdicts = {section.name: section for section in made.sections}
    assert "tepki gördü" in str(verdicts["acts"]) and "övüldü" in str(verdicts["peers"])


def test_who_may(told: Cast) -> None:
    row = entered(told)
    case = acts.keep(told.ayse, told.findik, [row], archive=shelf.opened(), now=NOW, title="Örnek", lesson="", tags=[])
    assert signed_in(told.cem).get(f"/cases/{case.pk}/").status_code == 404
    assert signed_in(told.bora).get(f"/cases/{case.pk}/").status_code == 200
    assert signed_in(told.bora).get("/cases/act/").status_code == 403
    with pytest.raises(Refused):
        acts.forget(told.bora, told.findik, row)
    client = signed_in(told.ayse)
    assert client.post("/cases/act/", {"who": "Nobody", "text": "x", "at": "2026-11-20T10:00"}).status_code == 400
    assert (
        client.post(
            "/cases/act/", {"who": "Cevizli", "text": "Konuştu", "at": "2026-11-20T10:00", "spoke": "on"}
        ).status_code
        == 302
    )
    assert client.post("/cases/keep/", {"title": "Boş"}).status_code == 400


def test_acts_are_compared_by_what_their_cases_are_told_apart_by(told: Cast) -> None:
    quick = entered(told, who="Cevizli", text="Üç tedarikçisini açıkladı", post="", event_at=AT - timedelta(hours=1))
    slow = entered(told, event_at=AT - timedelta(hours=9))
    given = {"archive": shelf.opened(), "now": NOW, "lesson": ""}
    acts.keep(told.ayse, told.findik, [quick, slow], title="İkisi", tags=["gıda"], **given)
    acts.keep(told.ayse, told.findik, [slow], title="Biri", tags=["Türkiye"], **given)
    page = signed_in(told.ayse)

    def shown(**wish: str) -> list[Act]:
        return [row["act"] for row in page.get("/cases/", wish).context["rows"]]

    assert set(shown(like="gıda")) == {quick, slow} and shown(like="Türkiye") == [slow]
    assert shown(like="gıda", within="2") == [quick] and set(shown(like="yok")) == {quick, slow}
