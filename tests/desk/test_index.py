"""The index: what stands on it is what was counted, every number opens it, and it goes out as a file."""

from __future__ import annotations

import csv
import dataclasses
import html
import io
import json
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from kalkan import brief, figures, sentences
from kalkan.desk import index_demo, index_showing, indexing, shelf
from kalkan.desk.actions import ledger
from kalkan.desk.jobs import Work
from kalkan.desk.models import Act, Draft, Item, LeadDay, LeadEvent, LeadLink, Outcome, Version, Watch
from kalkan.desk.views.index import written
from kalkan.figures.estimate import Estimate
from kalkan.index import DEFINITIONS, period, voice
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_today import Keep, keep  # noqa: F401 (a fixture)
from tests.telling.shelf import mention

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
NOVEMBER, OCTOBER = datetime(2026, 11, 4, 10, tzinfo=UTC), datetime(2026, 10, 2, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def said_by(n: int, at: datetime, *, tag: str, angry: int = 0, **more: Any) -> list[dict[str, Any]]:
    return [
        mention(
            id=f"at://{tag}/{i}", author_id=f"did:plc:{tag}{i}", at=at + timedelta(hours=i % 400, seconds=i),
            sentiment="negative" if i < angry else "positive", text=f"Söz {i}", **more,
        )
        for i in range(n)
    ]  # fmt: skip


@pytest.fixture
def told(cast: Cast, keep: Keep) -> Cast:  # noqa: F811
    """A month with peers, and the one before: 60 → 120 of us, 120 and 80 of peers, fewer who speak ill."""
    for peer in ("Cevizli", "Badem & Co"):
        Watch.objects.create(brand=cast.findik, kind="peer", text=peer)
    keep(
        *said_by(120, NOVEMBER, tag="n", angry=24), *said_by(60, OCTOBER, tag="o", angry=36),
        *said_by(80, NOVEMBER, tag="c", angry=8, kind="peer", watch="Cevizli"),
        *said_by(120, OCTOBER, tag="d", kind="peer", watch="Cevizli"),
        *said_by(10, NOVEMBER, tag="b", angry=2, kind="peer", watch="Badem & Co"),
        *said_by(5, NOVEMBER, tag="n", kind="topic", watch="reçel"),
        mention(id="at://first", author_id="did:plc:first", at=datetime(2026, 10, 1, 0, 1, tzinfo=UTC)),
    )  # fmt: skip
    return cast


def waited(cast: Cast, n: int, at: datetime, *, minutes: float, answered: int) -> None:
    Item.objects.bulk_create(
        Item(
            brand=cast.findik, post=f"at://w/{at:%m}/{i}", root=f"at://r/{i % 9}", network="bluesky", at=at, seen_at=at,
            place="show", kind="question" if i % 2 else "criticism", target="brand", content="none", reason="x",
            needs=True, recipe="r", due_at=at, answered_at=at + timedelta(minutes=minutes) if i < answered else None,
        )
        for i in range(n)
    )  # fmt: skip


def sent(cast: Cast, title: str, pillar: str, *, good: int, against: int, verdict: str, reply: str = "") -> Draft:
    at = NOW - timedelta(days=5)
    row = Draft.objects.create(brand=cast.findik, title=title, pillar=pillar, state="sent", version=1, sent_at=at)
    Version.objects.create(draft=row, n=1, content={"typed": {"reply_to": reply}}, digest="d", at=at)
    counts = {"praise": good, "positive": good, "complaint": against, "offensive": 0, "negative": against}
    reception = "too_few" if not good + against else "praised" if good > against else "called_out"
    body = {"shares": {k: {"count": v} for k, v in counts.items()}, "authors": good + against, "reception": reception}
    Outcome.objects.create(draft=row, after="24h", due_at=at, done_at=NOW, found=body)
    ledger.write(cast.findik, "advice", {"verdict": verdict, "occasion": "submitted"}, now=at, draft=row)
    if verdict == "hold":
        ledger.write(cast.findik, "decision", {"what": "overruled", "against": "hold"}, now=at, draft=row)
    ledger.write(cast.findik, "sent", {"url": ""}, now=at, draft=row)
    ledger.write(cast.findik, "outcome", body, now=at, draft=row)
    return row


def made(cast: Cast, when: str = "2026-11", *, months: bool = False) -> indexing.Made:
    when_ = period(when, now=NOW, zone="Europe/Istanbul")
    return indexing.compose(cast.findik, shelf.opened(), when_, now=NOW, months=months)


def test_share_of_voice_and_mood_beside_peers_and_the_month_before(told: Cast) -> None:
    found = made(told)
    ours, theirs, few = (found.one("voice_share", name) for name in ("", "Cevizli", "Badem & Co"))
    assert ours is not None and (ours.count, ours.n, ours.direction) == (120, 210, "up")
    assert theirs is not None and (theirs.count, theirs.was and theirs.was.count) == (80, 120)
    assert few is not None and few.count == 10 and not few.few  # ten of 210 voices is a share one can tell
    ill = found.one("negative")
    assert ill is not None and (ill.count, ill.n, ill.direction, ill.how) == (24, 120, "down", "uncorrected")
    scarce = found.one("negative", "Badem & Co")
    assert scarce is not None and scarce.few
    page = signed_in(told.ayse).get("/index/").content.decode()
    assert "57\xa0% of the talk about us and our peers was about us, more than before." in page
    assert "Fewer of them spoke ill of us." in page and "2 of 10" in page and "too few to say" in page


def test_every_number_of_posts_opens_as_many_authors_as_it_says(told: Cast) -> None:
    asked = [line for line in made(told).lines if line.ask is not None]
    assert {line.figure for line in asked} == {"mentioners", "voice_share", "negative", "positive", "thanks"}
    for line in asked:
        assert line.ask is not None
        assert figures.answer(line.ask, shelf.opened()).one("authors").count == line.count, line.figure
    ill = next(line for line in asked if line.figure == "negative" and line.of == "Cevizli")
    assert ill.ask is not None
    page = html.unescape(signed_in(told.ayse).get(f"/posts/?{ill.ask.to_query()}").content.decode())
    assert "by the watch “Cevizli”" in page and "8 authors" in re.sub(r"<[^>]+>", "", page)


def test_a_time_in_which_nobody_listened_is_not_compared(cast: Cast, keep: Keep) -> None:  # noqa: F811
    keep(*said_by(60, NOVEMBER, tag="n", angry=10))
    found = made(cast)
    assert not found.listened and all(line.was is None for line in found.of("negative"))
    page = signed_in(cast.ayse).get("/index/2026-11/").content.decode()
    assert "did not listen through all of" in page and "60 people spoke to or of us." in page
    assert "No peer is watched." in page
    empty = signed_in(cast.ayse).get("/index/2025/").content.decode()
    assert "Nothing was heard of us in 2025." in empty


def test_service_community_mix_and_learning_are_the_desk_s_own_rows(told: Cast) -> None:
    waited(told, 40, NOVEMBER, minutes=34, answered=36)
    waited(told, 40, OCTOBER - timedelta(days=1), minutes=200, answered=10)
    sent(told, "Bahçe", "education", good=70, against=5, verdict="go")
    bold = sent(told, "İndirim", "product", good=4, against=60, verdict="hold")
    sent(told, "Yanıt", "service", good=0, against=0, verdict="go", reply="at://w/11/1")
    ledger.look_back(told.ayse, bold, right="no", text="Fazla erken", now=NOW - timedelta(hours=1))
    Act.objects.create(brand=told.findik, text="Özür", at=NOVEMBER, words=["söz"], made_at=NOVEMBER)
    found = made(told)
    answered, reply = found.one("answered"), found.one("first_reply")
    assert answered is not None and (answered.count, answered.n, answered.direction) == (36, 40, "up")
    assert reply is not None and (reply.value, reply.direction) == (34, "down")
    conversations, replies = found.one("conversations"), found.one("replies")
    assert conversations is not None and replies is not None and (replies.count, conversations.count) == (36, 9)
    assert {line.of: line.count for line in found.of("posts_out")} == {"education": 1, "product": 1}
    verdicts = {line.of: line.verdict for line in found.of("mix_reception")}
    assert verdicts == {"education": "praised", "product": "called_out"}
    tally = {name: (line.count, line.n) for name in ("upheld", "overruled_well", "go_well", "hindsight")
             if (line := found.one(name))}  # fmt: skip
    assert tally == {"upheld": (0, 1), "overruled_well": (0, 1), "go_well": (1, 1), "hindsight": (0, 1)}
    assert sum(line.count for line in found.of("acts")) == 1
    client = signed_in(told.ayse)
    for figure, n in (("needed", 40), ("first_reply", 36), ("asks_answered", 20), ("replies", 36), ("conversations", 9),
                      ("posts_out", 2), ("go_well", 1), ("upheld", 1), ("hindsight", 1)):  # fmt: skip
        page = client.get(f"/index/2026-11/{figure}/").content.decode()
        assert f"{n} row" in page, figure
        rows = list(csv.reader(io.StringIO(client.get(f"/index/2026-11/{figure}/?csv").content.decode("utf-8-sig"))))
        assert len(rows) == n + 1, figure
    page = client.get("/index/").content.decode()
    assert "0 of 1" in page and "called out" in page and "34 min" in page


def test_what_was_not_written_down_before_is_not_compared(cast: Cast) -> None:
    """A nought of a time before the desk was there would make everything grow."""
    waited(cast, 40, NOVEMBER, minutes=34, answered=36)
    lead(cast, day=3, opens=50, visits=400, conversions=40)
    lines = [line for line in made(cast).lines if line.ask is None]
    assert len(lines) > 8 and all(line.was is None and line.direction == "none" for line in lines)
    waited(cast, 1, datetime(2026, 9, 1, tzinfo=UTC), minutes=1, answered=0)
    needed = made(cast).one("needed")
    assert needed is not None and (needed.was and needed.was.count, needed.direction) == (0, "up")


def lead(cast: Cast, *, day: int, opens: int, visits: int, conversions: int, campaign: str = "efsane") -> None:
    row, _new = LeadLink.objects.get_or_create(
        brand=cast.findik, code=f"{campaign:_<8}"[:8], defaults={"target": "https://x.example", "campaign": campaign}
    )
    at = datetime(2026, 11, day, 12, tzinfo=UTC)
    LeadDay.objects.create(link=row, day=at.date(), opens=opens)
    for kind, n in (("click", visits), ("conversion", conversions)):
        LeadEvent.objects.create(
            brand=cast.findik, key=f"{campaign}{day}{kind}", kind=kind, at=at, campaign=campaign, n=n,
            value="100.50" if kind == "conversion" else None, currency="TRY" if kind == "conversion" else "",
        )  # fmt: skip


def test_campaigns_open_their_days_and_rows(cast: Cast) -> None:
    lead(cast, day=3, opens=50, visits=400, conversions=12)
    lead(cast, day=9, opens=7, visits=100, conversions=3)
    lead(cast, day=9, opens=1, visits=0, conversions=4, campaign='=HYPERLINK("x")<i>')
    client = signed_in(cast.ayse)
    page = client.get("/index/2026-11/").content.decode()
    assert "301.50 TRY" in page and "3\xa0% <i>(2–5)</i>" in page and "<i>&quot;" not in page
    rows = {row["figure"]: row for row in csv.DictReader(io.StringIO(
        client.get("/index/2026-11/file.csv").content.decode("utf-8-sig")))}  # fmt: skip
    assert (rows["opens"]["count"], rows["visits"]["count"], rows["conversions"]["count"]) == ("58", "500", "19")
    assert (rows["conversion_share"]["count"], rows["conversion_share"]["n"]) == ("15", "500")
    behind = client.get("/index/2026-11/campaign/?of=efsane").content.decode()
    assert "6 rows" in behind and "50" in behind and "400" in behind
    told = client.get("/index/2026-11/conversions/?csv").content.decode("utf-8-sig")
    assert "'=HYPERLINK" in told and "\n=HYPERLINK" not in told
    assert client.get("/index/2026-10/campaign/?of=efsane").content.decode().count("<td") == 0


def test_it_goes_out_as_a_file_that_can_be_asked_again(told: Cast, tmp_path: Path) -> None:
    waited(told, 40, NOVEMBER, minutes=34, answered=36)
    lead(told, day=3, opens=50, visits=400, conversions=12)
    whole = made(told, months=True)
    path = tmp_path / "index.html"
    text = str(written(whole, "html", lang="en"))
    path.write_text(text, encoding="utf-8")
    found = brief.verify(brief.opened(path), shelf.opened())
    assert found.whole and found.asked >= 8 and not found.differ
    assert "Customer service" in text and "AVE" in text and "Denominator:" in text and "efsane" in text
    turkish = str(written(whole, "html", lang="tr"))
    assert 'lang="tr"' in turkish and "Müşteri hizmeti" in turkish and "Konuşma payı" in turkish
    chart = index_showing.chart_rows(whole, "voice")
    assert chart[0] == ("period", "value", "low", "high", "count", "n") and chart[-1][:2] == ("2026-11", 0.5714)
    client = signed_in(told.ayse)
    pdf = client.get("/index/2026-11/file.pdf")
    assert pdf.content.startswith(b"%PDF") and "index-findik-2026-11.pdf" in pdf["Content-Disposition"]
    plain = json.loads(client.get("/index/2026/file.json").content)
    assert {one["figure"] for one in plain["figures"]} <= set(DEFINITIONS)


@pytest.mark.parametrize(
    "path",
    [
        "/index/2026-12/", "/index/2031/", "/index/november/", "/index/2026-11/nothing/", "/index/2026-11/negative/",
        "/index/2026-11/file.exe", "/index/2026-11/chart/none.csv", "/index/2026-13/file.csv", "/index/0000/",
    ],
)  # fmt: skip
def test_what_there_is_not_is_not_found(cast: Cast, path: str) -> None:
    assert signed_in(cast.ayse).get(path).status_code == 404


def test_only_the_team_sees_it_and_every_link_on_it_works(told: Cast) -> None:
    lead(told, day=3, opens=50, visits=400, conversions=12)
    client = signed_in(told.bora)
    found: set[str] = set()
    for path in ("/index/2026-11/", "/leads/"):
        page = client.get(path).content.decode()
        assert "\ufffd" not in page and "%(" not in page
        found |= set(re.findall(r'href="(/(?:index/[^/"]+/[a-z_]+/|leads|cases|ledger)[^"#]*)', html.unescape(page)))
    assert len(found) > 12
    for one in sorted(found):
        assert client.get(one).status_code == 200, one
    other = signed_in(told.cem).get("/index/2026-11/").content.decode()
    assert "Cevizli" not in other and "efsane" not in other


def test_how_people_speak_is_marked_as_uncorrected_or_by_how_many_labels(told: Cast) -> None:
    """Shares from people's labels stand in the reader's place, with the reader's count beside; peers have none."""
    mine = Estimate(value=0.31, interval=figures.Interval(0.24, 0.39), how="corrected", counted=0.2, n=120, labels=140)
    when = period("2026-11", now=NOW, zone="Europe/Istanbul")
    lines, _heard = voice(told.findik.as_brand(), shelf.opened(), when, zone=when.zone, honest={"negative": mine})
    whole = dataclasses.replace(made(told), lines=lines)
    ours, theirs = whole.one("negative"), whole.one("negative", "Cevizli")
    assert ours is not None and (ours.value, ours.how, ours.counted, ours.was) == (0.31, "corrected", 0.2, None)
    assert theirs is not None and theirs.how == "uncorrected"
    assert "corrected by 140 random labels (the reader alone: 20\xa0%)" in index_showing.how_read(whole)
    assert "uncorrected" in index_showing.how_read(made(told))


def test_the_demo_s_leads_are_made_once_and_marked(cast: Cast, data: Path, settings: Any) -> None:
    def work(demo: bool) -> Work:
        config = dataclasses.replace(settings.CONFIG, demo=demo)
        return Work(archive=shelf.opened(), config=config, now=lambda: NOW, stop=threading.Event())

    Draft.objects.create(brand=cast.findik, title="Where our hazelnuts come from")
    index_demo.seed(work(demo=False))
    assert not LeadLink.objects.exists()
    for _again in range(2):
        index_demo.seed(work(demo=True))
    assert LeadLink.objects.count() == 3 and LeadDay.objects.count() == 3 * 56
    assert not LeadEvent.objects.filter(demo=False).exists() and not LeadLink.objects.filter(demo=False).exists()
    page = signed_in(cast.ayse).get("/index/").content.decode()
    assert "are made up, like the town" in page and "black-friday" in page


def test_the_index_s_codes_are_told_in_both_languages() -> None:
    assert "2026-11" in sentences.say("index_period_unreadable", {"value": "x"}, lang="tr")
