"""Stories on the desk: whose they are, what every number opens, strangers' text, what is gone, merges, empty states."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kalkan.desk import shelf, stories
from kalkan.desk.models import Watch
from kalkan.posts import key_of
from kalkan.stories import book as books
from kalkan.stories.gravity import Gravity, Harm
from kalkan.stories.record import (
    AlarmRow,
    Carrier,
    Course,
    Example,
    Forecast,
    Jump,
    Measure,
    Part,
    PileOn,
    Reason,
    Severity,
    StoryRow,
    Trace,
)
from tests.conftest import mention_rows, read_rows
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_today import counts_on, page

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
BEGAN = NOW - timedelta(hours=3)
HOSTILE = "<script>alert(1)</script>{{ 7|add:7 }}\u202etxt.exe\u202c kaza"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def example(id: str, at: datetime = BEGAN) -> Example:
    return Example(id=id, at=at, network="bluesky", lang="tr")


def a_story(id: str = "leak-1", **more: Any) -> StoryRow:
    """A story with something in each of its parts."""
    first = example("at://leak/0")
    part: dict[str, Any] = {"first": BEGAN, "first_post": "at://leak/0", "arrived": BEGAN + timedelta(minutes=20)}
    given: dict[str, Any] = {
        "id": id, "scope": "all", "kind": "terms", "title": "Derepazarı tesisinde kaza", "terms": ("kaza", "tesis"),
        "state": "rising", "began": BEGAN, "told": BEGAN + timedelta(minutes=28), "last": NOW - timedelta(minutes=1),
        "n": 90, "authors": 60, "usual_per_hour": 2.0, "score": 40.0,
        "gravity": Gravity(
            level=2, hurt=14, whom=("workers",),
            harms=(Harm(kind="hurt", authors=20, share=0.33, words=("yaralı", "injured"), posts=(0,)),),
        ),
        "harm_posts": {"hurt": ("at://leak/1", "at://leak/2")},
        "examples": tuple(example(f"at://leak/{n}") for n in (0, 3, 7)),
        "course": (
            Course(at=BEGAN + timedelta(minutes=28), what="born"),
            Course(at=NOW - timedelta(hours=1), what="merged", other="leak-old"),
        ),
        "watches": (
            Part(name="brand:findik", posts=20, authors=15, **part),
            Part(name="peer:findik:Çotanak", posts=32, authors=32, **part),
            Part(name="topic:findik:palm oil", posts=4, authors=4, **part),
            Part(name="brand:cay", posts=9, authors=9, **part),
        ),
        "trace": Trace(
            first=first, fifth_author=BEGAN + timedelta(minutes=19),
            networks=(
                Part(name="bluesky", posts=70, authors=45, **part), Part(name="mastodon", posts=20, authors=15, **part),
            ),
            languages=(Part(name="tr", posts=60, authors=40, **part), Part(name="en", posts=30, authors=20, **part)),
            carriers=(
                Carrier(kind="site", name="haber.example", posts=9, authors=9, first=BEGAN + timedelta(minutes=40)),
                Carrier(kind="post", name="at://leak/0", posts=10, authors=10, first=BEGAN),
            ),
            jumps=(Jump(kind="network", origin="bluesky", to="mastodon", at=BEGAN + timedelta(minutes=51)),
                   Jump(kind="language", origin="tr", to="en", at=BEGAN + timedelta(minutes=90))),
            own=60, replies=20, quotes=10, texts=41, half_life_minutes=None,
        ),
        "forecasts": (
            Forecast(hours=6, made=NOW, posts=300, low=120, high=700, level=0.8, like=212, held=168, of=212),
        ),
        "severity": Severity(
            parts=(
                Measure(name="volume", value=9.4, low=7.1, high=12.3, unit="times", n=60, level=2),
                Measure(name="mood", value=0.41, low=0.3, high=0.52, unit="share", n=60, level=1),
                Measure(name="responsibility", label="accident", n=20, level=1),
                Measure(name="abuse"),
            ),
            advice="answer", reason=Reason(code="severity_too_little"),
        ),
    }  # fmt: skip
    return StoryRow(**(given | more))


def an_alarm(story: StoryRow, *, at: datetime = BEGAN + timedelta(minutes=28), **more: Any) -> AlarmRow:
    given: dict[str, Any] = {
        "seq": 0, "id": f"{story.id}-{books.minute_of(at)}", "story": story.id, "scope": story.scope, "what": "born",
        "at": at, "told_at": at + timedelta(seconds=8), "late": False, "title": story.title, "terms": story.terms,
        "began": story.began, "n": 14, "authors": 14, "score": story.score, "gravity": story.gravity,
        "usual_per_hour": story.usual_per_hour, "per_hour": 19.0, "after_first": 28.0, "after_fifth": 9.0,
        "reason": Reason(code="story_rises", params={"authors": 9, "minutes": 28, "usual": 2}),
        "examples": story.examples, "watches": story.watches,
    }  # fmt: skip
    return AlarmRow(**(given | more))


def enter(*found: StoryRow, alarms: Sequence[AlarmRow] = (), ids: dict[str, list[str]] | None = None) -> None:
    """Put stories with their curves, alarms and members into the desk's book, as the follower does."""
    book = stories.opened()
    minute = books.minute_of(NOW)
    with book.step({}, minute=minute) as step:
        for row in found:
            step.put(row)
            first = books.minute_of(row.began)
            step.count(row.id, [(first + at, 1 + at // 40, 1 + at // 60) for at in range(0, minute - first, 2)])
            named = (ids or {}).get(row.id, [])
            import numpy as np

            keys = np.array([key_of(one) for one in named], dtype=np.int64)
            step.add(row.id, keys, np.full(len(keys), first, dtype=np.int64))
        for alarm in alarms:
            step.say(alarm)


def keep_posts(n: int = 90, **columns: Any) -> list[str]:
    """``n`` posts of sixty authors around the story; a third angry, a fifth asking, some of them about the brand."""
    ids = [f"at://leak/{at}" for at in range(n)]
    posts = read_rows(
        ids,
        moments=[BEGAN + timedelta(minutes=2 * at) for at in range(n)],
        text=lambda one: f"kaza hakkında söz {one.rsplit('/', 1)[1]}" if one != "at://leak/3" else HOSTILE,
        author_id=[f"did:plc:{at % 60}" for at in range(n)],
        author_handle=[f"kisi{at % 60}.test" if at != 40 else "cotanak.test" for at in range(n)],
        network=["mastodon" if at % 4 == 3 else "bluesky" for at in range(n)],
        lang=["en" if at % 3 == 2 else "tr" for at in range(n)],
        feeling=["anger" if at % 3 == 0 else "sadness" if at % 3 == 1 else "none" for at in range(n)],
        sentiment=["negative" if at % 3 == 0 else "neutral" for at in range(n)],
        p_anger=[0.9 if at % 3 == 0 else 0.0 for at in range(n)],
        p_sadness=[0.9 if at % 3 == 1 else 0.0 for at in range(n)],
        p_question=[0.9 if at % 5 == 0 else 0.0 for at in range(n)],
        links=[["https://haber.example/1"] if at % 10 == 5 else [] for at in range(n)],
        quote_of=["at://leak/0" if at % 9 == 1 else None for at in range(n)],
        **columns,
    )
    told = posts.slice(0, 20)
    peers = mention_rows(posts.slice(30, 32), kind="peer", watch="Çotanak")
    import pyarrow as pa

    mentions = pa.concat_tables([mention_rows(told), peers])
    shelf.opened().append("test:1", posts, now=NOW, mentions=mentions)
    return ids


@pytest.fixture
def leak(cast: Cast, data: Any) -> StoryRow:
    """One story with its posts and an alarm."""
    Watch.objects.create(brand=cast.findik, kind="peer", text="Çotanak")
    Watch.objects.create(brand=cast.findik, kind="topic", text="palm oil")
    row = a_story()
    enter(row, a_story("leak-old", into="leak-1", title="Bir kaza", state="closed"),
          alarms=[an_alarm(row), an_alarm(row, id="theirs", scope="brand:cay", what="reaches", n=9999)],
          ids={"leak-1": keep_posts()})  # fmt: skip
    return row


def test_a_story_and_every_number_of_it(cast: Cast, leak: StoryRow) -> None:
    client = signed_in(cast.ayse)
    text = page(client, "/stories/leak-1/")
    for words in (
        "Derepazarı tesisinde kaza", "gravity 2", "14 hurt by most accounts", "workers", "×9.4 of usual",
        "Alarm 06:38", "28 min after the first post", "9 min after the fifth author",
        "Such a range held 168 times of 212",
        "haber.example", "Jump: Mastodon", "Jump: English", "Half-life not yet to be said", "Merged with another story",
        "too little is known", "Çotanak", "palm oil",
    ):  # fmt: skip
        assert words in html.unescape(text), words
    assert "9,999" not in text, "an alarm of another brand's scope"
    assert "brand:cay" not in text and "Çay" not in text, "another brand's watches stay its own"
    found = re.findall(r'<a href="(/stories/leak-1/posts/[^"]*)">([\d,]+) (authors?|posts?)', text)
    assert {kind for *_, kind in found} == {"authors", "posts"}
    for url, n, kind in found:
        posts, authors = counts_on(page(client, html.unescape(url)))
        assert (authors if kind.startswith("author") else posts) == int(n.replace(",", "")), url
    for url in set(re.findall(r'href="(/stories/leak-1/posts/[^"]+)"', text)):
        assert "<b>" in page(client, html.unescape(url)) or "No such post" in page(client, html.unescape(url)), url
    assert counts_on(page(client, "/stories/leak-1/posts/?site=haber.example"))[0] == 9
    assert counts_on(page(client, "/stories/leak-1/posts/?answers=at%3A%2F%2Fleak%2F0"))[0] == 10
    assert counts_on(page(client, "/stories/leak-1/posts/?post=at%3A%2F%2Fleak%2F1&post=at%3A%2F%2Fleak%2F2"))[0] == 2
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text and "\u202e" not in text


def test_the_list_and_its_filters(cast: Cast, leak: StoryRow) -> None:
    enter(
        a_story("tea", scope="market:en", title="A tea story", state="steady", gravity=Gravity(), watches=(),
                trace=Trace(languages=(Part(name="en", posts=9, authors=9, first=BEGAN, first_post="x"),))),
        a_story("theirs", scope="brand:cay", title="Of the other brand", watches=()),
        a_story("done", title="Over and done", state="closed", last=NOW - timedelta(hours=5), watches=()),
    )  # fmt: skip
    client = signed_in(cast.ayse)

    def titles(query: str = "") -> set[str]:
        return set(
            re.findall(r'<td class="t"><a href="[^"]+" dir="auto">([^<]+)</a>', page(client, f"/stories/{query}"))
        )

    leak_title = "Derepazarı tesisinde kaza"
    assert titles() == {leak_title, "A tea story"}
    assert titles("?state=rising") == {leak_title}
    assert titles("?state=closed") == {"Over and done"}
    assert titles("?lang=en&state=now") == {leak_title, "A tea story"}
    assert titles("?lang=de") == set()
    assert titles("?gravity=2") == {leak_title}
    assert titles("?scope=brand:findik") == {leak_title}
    assert titles("?scope=market:en") == {"A tea story"}
    assert titles("?scope=brand:cay&gravity=x&state=y") == {leak_title, "A tea story"}, "what is not ours is no filter"
    assert client.get("/stories/theirs/").status_code == 404
    assert client.get("/stories/theirs/posts/").status_code == 404
    assert client.get("/stories/theirs/curve.csv").status_code == 404
    assert client.get("/stories/leak-1/posts/?brand=cay").status_code == 404
    assert client.get("/stories/none/").status_code == 404
    assert "A tea story" in page(signed_in(cast.cem), "/stories/"), "what belongs to nobody is for everybody"


def test_today_shows_what_rises_and_what_is_unread(cast: Cast, leak: StoryRow) -> None:
    client = signed_in(cast.ayse)
    text = page(client, "/")
    assert "Rising stories" in text and leak.title in text and "1 unread alarm" in text
    enter(a_story(state="steady"), a_story("theirs", scope="brand:cay", title="Of the other brand"))
    text = page(client, "/")
    assert "What people speak of now" in text and leak.title in text and "Of the other brand" not in text
    enter(a_story(state="fading"))
    assert "No story rises" in page(client, "/")


def test_a_merged_story_leads_to_the_one_it_became(cast: Cast, leak: StoryRow) -> None:
    client = signed_in(cast.ayse)
    answer = client.get("/stories/leak-old/")
    assert answer.status_code == 302 and answer["Location"] == "/stories/leak-1/?from=leak-old"
    assert "was merged into this one" in page(client, answer["Location"])
    assert "merged into another story" in page(client, "/stories/leak-old/?as=was")
    assert "was merged" not in page(client, "/stories/leak-1/?from=%0A")
    enter(a_story("surge-topic:findik:AC/DC-1", title="A watch with a slash"))
    assert "/stories/surge-topic:findik:AC/DC-1/" in page(client, "/stories/")
    assert "A watch with a slash" in page(client, "/stories/surge-topic:findik:AC/DC-1/posts/")


def test_what_is_gone_is_not_shown(cast: Cast, leak: StoryRow) -> None:
    import pyarrow as pa

    from kalkan.posts import GONE

    rows = [{"id": f"at://leak/{at}", "network": "bluesky", "at": NOW, "why": "erased"} for at in range(88)]
    shelf.opened().remove(pa.Table.from_pylist(rows, schema=GONE), now=NOW)
    client = signed_in(cast.ayse)
    text = page(client, "/stories/leak-1/")
    assert "The posts that stood for it are gone" in text and "too few to say" in text
    assert "söz 7" not in text and "of 90 counted" in text
    listed = page(client, "/stories/leak-1/posts/")
    assert counts_on(listed)[0] == 2 and "88 more were counted and are deleted, erased or not kept" in listed
    enter(a_story(title="", terms=(), examples=()))
    assert "(its posts are gone)" in page(client, "/stories/")


def test_a_pile_on_is_one_incident_counted_by_authors(cast: Cast, leak: StoryRow) -> None:
    pile_on = PileOn(
        kinds=("same_text", "in_step"), since=BEGAN, until=NOW, authors=26, posts=80, of=60, same_text_authors=20,
        in_step_authors=26, observed=90, by_chance=4.0, target="brand:findik", origin="at://leak/0",
        examples=(example("at://leak/5"),),
    )  # fmt: skip
    enter(a_story(pile_on=pile_on))
    text = html.unescape(page(signed_in(cast.ayse), "/stories/leak-1/"))
    assert "<b>26 authors</b> of 60 take part" in text and "90 pairs within ten seconds, by chance at most 4.0" in text
    assert "They speak to about Fındık" not in text and "Nothing is hidden on this ground" in text
    other = html.unescape(page(signed_in(cast.cem), "/stories/leak-1/"))
    assert "Fındık" not in other, "whom they speak to is told to that brand alone"


def test_the_curve_as_csv_and_as_a_table(cast: Cast, leak: StoryRow) -> None:
    answer = signed_in(cast.ayse).get("/stories/leak-1/curve.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert list(rows[0]) == ["at", "posts", "authors", "usual", "low", "high"]
    assert sum(int(row["posts"]) for row in rows) == sum(1 + at // 40 for at in range(0, 180, 2))
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]


def test_numbers_of_the_curve_severity_and_alarms_open_their_posts(cast: Cast, leak: StoryRow) -> None:
    client = signed_in(cast.ayse)
    text = html.unescape(page(client, "/stories/leak-1/"))
    (mood,) = re.findall(r'href="(/stories/leak-1/posts/[^"]*sign=mood)"', text)
    assert counts_on(page(client, mood))[0] == 60 and "Mood, share of" in page(client, mood)
    assert counts_on(page(client, "/stories/leak-1/posts/?sign=posts;--"))[0] == 90, "what is no sign narrows nothing"
    (hurt,) = re.findall(r'<a class="fig" href="([^"]+)">an accident of ours, not meant', text)
    assert counts_on(page(client, hurt))[0] == 2
    assert re.search(r'<a class="fig" href="/stories/leak-1/posts/\?since[^"]+">×9.4', text)
    stretches = re.findall(r'<td class="num"><a class="fig" href="(/stories/leak-1/posts/\?since[^"]+)">', text)
    assert len(stretches) > 10 and counts_on(page(client, stretches[0]))[0] > 0
    alarm = re.search(r'<a href="(/stories/leak-1/posts/\?since=[^"]+)">14 posts by 14 authors', text)
    assert alarm is not None and counts_on(page(client, alarm[1])) == (14, 14)
    near = re.search(r'<a href="([^"]+)">about Fındık 15</a>', text)
    assert near is not None and counts_on(page(client, near[1]))[0] == 14
    assert "All posts of the story" in page(client, near[1])
    peer = re.search(r'<th scope="row"><bdi>Çotanak</bdi>.*?</tr>', text, re.S)
    assert peer is not None and "too few to say" in peer[0] and "authors since</a>" in peer[0], (
        "one post of its own, received"
    )


def test_charts_and_lists_as_files(cast: Cast, leak: StoryRow) -> None:
    enter(a_story("hash", title="=SUM(1)", scope="market:en", watches=()), a_story("theirs", scope="brand:cay"))
    minute = books.minute_of(NOW)
    with stories.opened().step({}, minute=minute) as step:
        step.watch("peer:findik:Çotanak", [(minute - 5 * at, 3.0, 2.0, 0.0, 5.0) for at in range(1, 100)])
    client = signed_in(cast.ayse)

    def rows(url: str) -> list[dict[str, str]]:
        answer = client.get(url)
        assert answer.status_code == 200 and "attachment" in answer["Content-Disposition"], url
        return list(csv.DictReader(io.StringIO(answer.content.decode())))

    listed = rows("/stories.csv?state=now")
    assert {row["title"] for row in listed} == {leak.title, "'=SUM(1)"}, "no formula, and nothing of the other brand"
    assert sum(int(value) for name, value in listed[0].items() if name.endswith("_min")) > 0
    felt = rows("/stories/leak-1/feelings.csv")
    anger = [row for row in felt if row["feeling"] == "anger"]
    assert sum(int(row["authors"]) for row in anger) >= 20 and all(row["low"] <= row["share"] for row in anger)
    talk = rows("/stories/talk.csv?scope=peer:findik:%C3%87otanak")
    assert sum(float(row["authors"]) for row in talk) == 3 * 99 and "posts" not in talk[0]
    assert client.get("/stories/talk.csv?scope=brand:cay").status_code == 404
    shown = html.unescape(page(client, "/stories/?scope=peer:findik:%C3%87otanak"))
    assert "Peer Çotanak: authors, each 20 min" in shown and "How usual is known" in shown
    (opens, *_) = re.findall(r'href="(/posts/\?[^"]+)"', shown)
    assert client.get(opens).status_code == 200


def test_a_language_that_surges_says_so(cast: Cast, leak: StoryRow) -> None:
    from kalkan.desk import alarms

    row = a_story("surge-market:tr-1", scope="market:tr", kind="surge", title="", terms=(), watches=(), examples=())
    enter(row, alarms=[an_alarm(row, what="surge", gravity=Gravity(), id="surge")])
    text = page(signed_in(cast.ayse), "/alarms/")
    assert "More than usual is said in Turkish" in text and "in Turkish" in text
    (alarm, *_) = (one for one in stories.opened().alarms() if one.what == "surge")
    assert alarms.concerns(alarm, cast.findik, floor=3)
    cast.findik.langs = ["en"]
    assert not alarms.concerns(alarm, cast.findik, floor=3)


def test_empty_states(cast: Cast, data: Any) -> None:
    client = signed_in(cast.ayse)
    text = page(client, "/stories/")
    assert (
        "No story rises" in text and "Kalkan needs to hear people first" in text and "Nothing is followed yet" in text
    )
    enter()
    assert "Nothing is spoken of more than usual for the hour" in page(client, "/stories/")
    assert "None of the last seven days is like that" in page(client, "/stories/?gravity=3")
    row = a_story(n=2, authors=2, watches=(), forecasts=(), trace=Trace(), severity=Severity(), examples=())
    enter(row)
    text = html.unescape(page(client, "/stories/leak-1/"))
    for words in ("None of its posts is kept", "cannot be said yet", "Nobody asks or wants", "None of your peers"):
        assert words in text, words


def test_in_turkish(cast: Cast, leak: StoryRow) -> None:
    client: Client = signed_in(cast.bora)
    text = html.unescape(page(client, "/stories/leak-1/"))
    assert "ağırlık 2" in text and ">İz</h2>" in text and "%" in text
    assert "Gündem" in html.unescape(page(client, "/stories/"))
