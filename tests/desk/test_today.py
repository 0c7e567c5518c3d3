"""Today: every number opens as many posts as it says, strangers' text stays text, and the page says what is true."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.test import Client
from django.utils import timezone

from kalkan import archive
from kalkan.desk import shelf
from kalkan.desk.actions import sources
from kalkan.posts import MENTIONS
from tests.desk.conftest import Cast, signed_in
from tests.telling.shelf import mention

NOW = datetime(2026, 11, 23, 6, 10, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> {{ 7|add:7 }} {% url 'today' %}"
    ' " onmouseover="x \u202egnp.exe\u202c\x07 Fındık'
)
Keep = Callable[..., None]


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def keep(data: Path) -> Keep:
    """Stores mentions, and the posts they are of, in the desk's archive."""
    number = [0]

    def store(*rows: dict[str, Any]) -> None:
        number[0] += 1
        posts, mentions = stored(rows)
        shelf.opened().append(f"test:{number[0]}", posts, now=NOW, mentions=mentions)

    return store


def stored(rows: Sequence[dict[str, Any]], *, moved: datetime = NOW) -> tuple[pa.Table, pa.Table]:
    """Rows as the archive takes them, posts and mentions; what was said around NOW is said around ``moved``."""
    rows = [{**row, **{name: row[name] + (moved - NOW) for name in ("at", "seen_at", "created_at")}} for row in rows]
    mentions = pa.Table.from_pylist([{name: row[name] for name in MENTIONS.names} for row in rows], schema=MENTIONS)
    return mentions.drop_columns(["brand", "kind", "watch"]), mentions


def week(n: int = 60, *, days_ago: float = 0.1, angry: int = 20, tag: str = "now") -> list[dict[str, Any]]:
    """``n`` authors in the days before, some angry, some asking, some praising, some abusive, one twice."""
    rows = []
    for i in range(n):
        rows.append(
            mention(
                id=f"at://{tag}/{i}",
                author_id=f"did:plc:{tag}{i % (n - 1)}",
                author_handle=f"kisi{i}.test",
                at=NOW - timedelta(days=days_ago + i * 6.5 / n),
                text=f"Fındık hakkında {i} numaralı söz",
                feeling="anger" if i < angry else ("joy" if i % 3 == 0 else "none" if i % 3 == 1 else None),
                sentiment="negative" if i < angry else "positive" if i % 2 else None,
                network="bluesky" if i % 4 else "mastodon",
                p={
                    "question": 0.9 if i % 5 == 0 else 0.1,
                    "ask": 0.8 if i % 7 == 0 else 0.0,
                    "praise": 0.7 if i % 6 == 0 else 0.2,
                    "offensive": 0.9 if i % 11 == 3 else 0.0,
                },
            )
        )
    return rows


def page(client: Client, url: str = "/") -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content[:500]
    return response.content.decode()


def counts_on(text: str) -> tuple[int, int]:
    """Posts and authors as the list of posts says them."""
    posts = re.search(r"<b>([\d.,]+) posts?</b>", text)
    authors = re.search(r"<b>([\d.,]+) authors?</b>", text)
    assert posts and authors, text
    return int(posts[1].replace(",", "")), int(authors[1].replace(",", ""))


@pytest.mark.parametrize("period", ["24h", "7d", "28d"])
def test_every_number_opens_as_many_posts_as_it_says(cast: Cast, keep: Keep, period: str) -> None:
    keep(*week(), *week(50, days_ago=7.2, angry=3, tag="was"))
    client = signed_in(cast.ayse)
    text = page(client, f"/?period={period}")
    found = re.findall(r'<td class="num(?: n)?"><a href="([^"]+)">([\d,]+)</a>', text)
    found += re.findall(r'<a href="(/posts/[^"]+)">([\d,]+) authors?</a>', text)
    authors = [(html.unescape(url), int(n.replace(",", ""))) for url, n in found]
    assert len(authors) > (14 if "too few" not in text else 4)
    for url, n in authors:
        if n:
            assert counts_on(page(client, url))[1] == n, url
        else:
            assert "No such post" in page(client, url)
    posts = re.findall(r'<a href="(/posts/[^"]+)">([\d,]+) (?:mentions?|abusive posts?)</a>', text)
    posts += re.findall(r'<a href="(/posts/[^"]+)">All [a-z ]+: ([\d,]+)</a>', text)
    assert len(posts) >= 4
    for url, shown in posts:
        assert counts_on(page(client, html.unescape(url)))[0] == int(shown.replace(",", "")), url


def test_the_list_holds_each_post_once_through_all_its_pages(cast: Cast, keep: Keep) -> None:
    keep(*week(95))
    client = signed_in(cast.ayse)
    url, seen = "/posts/", []
    while url:
        text = page(client, url)
        seen += re.findall(r"Fındık hakkında (\d+) numaralı söz", text)
        older = re.search(r'<a class="btn" href="([^"]+)">Older posts</a>', text)
        url = html.unescape(older[1]) if older else ""
    assert seen == [str(i) for i in range(95)]


@pytest.mark.parametrize("url", ["/", "/posts/"])
def test_strangers_text_stays_text(cast: Cast, keep: Keep, url: str) -> None:
    keep(
        mention(
            at=NOW - timedelta(hours=1),
            text=HOSTILE,
            author_handle="<i>kisi</i>",
            author_name="</main><script>",
            lang="tr",
            url="javascript:alert(3)",
            links=[
                "javascript:alert(4)",
                "data:text/html,x",
                "https://good.example@xn--80ak6aa92e.com/p",
                'https://a.example/"><b>',
            ],
            media=2,
            media_alts=["<svg onload=alert(5)>"],
            warning=None,
            p={"question": 0.9},
        )
    )
    text = page(signed_in(cast.ayse), url)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    for bad in (
        "<script>alert",
        "<img",
        "onload=alert(5)>",
        "javascript:",
        "data:text",
        "\u202e",
        "\x07",
        "</main><script>",
        " style=",
        "<i>kisi",
    ):
        assert bad not in text.replace("&lt;svg onload=alert(5)&gt;", ""), bad
    assert "xn--80ak6aa92e.com</bdi>" in text and "good.example</bdi>" not in text
    assert re.search(r'<p class="say-s words" dir="auto" lang="tr">', text)


def test_abuse_is_left_out_of_today_and_folded_in_the_list(cast: Cast, keep: Keep) -> None:
    keep(
        mention(
            id="at://1", at=NOW - timedelta(hours=1), text="çok kırıcı bir söz", p={"offensive": 0.9, "question": 0.9}
        ),
        mention(id="at://2", at=NOW - timedelta(hours=2), text="güzel bir söz", author_id="did:plc:b"),
    )
    client = signed_in(cast.ayse)
    text = page(client)
    assert "kırıcı" not in text and "güzel bir söz" in text
    assert "1 abusive post</a> is left out here" in text
    listed = page(client, "/posts/")
    fold = re.search(r'<details class="fold whole"><summary>(.*?)</summary>.*?kırıcı.*?</details>', listed, re.S)
    assert fold and fold[1] == "abuse folded, 4 words"


def test_nobody_sees_what_is_not_theirs(cast: Cast, keep: Keep) -> None:
    keep(*week())
    cem = signed_in(cast.cem)
    assert "numaralı söz" not in page(cem) and "numaralı söz" not in page(cem, "/posts/")
    links = re.findall(r'href="(/posts/[^"]+brand=findik[^"]*)"', page(signed_in(cast.ayse)))
    assert links
    assert cem.get(html.unescape(links[0])).status_code == 404
    assert "numaralı söz" in page(signed_in(cast.bora))


@pytest.mark.parametrize(
    "query", ["since=x&until=y", "reads=moon", "author_id=did:plc:a", "handle=ayse.test", "after=nonsense", "kind=%00"]
)
def test_a_wrong_question_is_told_without_a_traceback(cast: Cast, keep: Keep, query: str) -> None:
    keep(*week(3))
    response = signed_in(cast.ayse).get(f"/posts/?{query}")
    assert 400 <= response.status_code < 500
    assert b"Traceback" not in response.content


@pytest.mark.parametrize("query", ["says=%00", "says=" + "a" * 3000, "network=%27%3B--", "lang=%F0%9F%92%A5"])
def test_any_filter_is_only_a_filter(cast: Cast, keep: Keep, query: str) -> None:
    keep(*week(3))
    assert "No such post in this period." in page(signed_in(cast.ayse), f"/posts/?{query}")


@pytest.mark.parametrize("newer", ["x", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", ""])
def test_any_mark_is_answered(cast: Cast, keep: Keep, newer: str) -> None:
    keep(*week(3))
    assert 'id="newer"' in page(signed_in(cast.ayse), f"/?newer={newer}&period=moon")


def test_search_finds_folded_text(cast: Cast, keep: Keep) -> None:
    keep(mention(at=NOW - timedelta(hours=1), text="KIRMIZI kapak"), mention(id="at://x", at=NOW - timedelta(hours=2)))
    text = page(signed_in(cast.ayse), "/posts/?says=kırmızı")
    assert counts_on(text) == (1, 1) and "KIRMIZI kapak" in text


def test_headline_says_what_the_table_shows(cast: Cast, keep: Keep) -> None:
    keep(*week(300, angry=150), *week(300, days_ago=7.2, angry=20, tag="was"))
    text = page(signed_in(cast.ayse))
    assert "<h1>Anger is up: 50\u00a0% of 299 authors, from 7\u00a0%." in text
    assert "<h1>Öfke arttı: 299 yazar içinde %50, önce %7." in page(signed_in(cast.bora))


def test_an_empty_desk_says_since_when_it_listens(cast: Cast, data: Path) -> None:
    status(data, since=NOW - timedelta(minutes=3))
    text = page(signed_in(cast.ayse))
    assert "Listening since 09:07. First posts come in as they are written." in text
    assert "all public posts of Bluesky" in text and "none of X, Instagram, Facebook, TikTok." in text
    assert "0 mentions" not in text


def test_newer_posts_wait_until_they_are_wanted(cast: Cast, keep: Keep) -> None:
    client = signed_in(cast.ayse)
    fragment = re.search(r'id="newer"[^>]*hx-get="([^"]+)"', page(client))
    assert fragment
    assert "HX-Refresh" not in client.get(html.unescape(fragment[1])).headers
    keep(*week(40))
    assert client.get(html.unescape(fragment[1])).headers["HX-Refresh"] == "true"  # a page that was empty is made anew
    shown = page(client)
    fragment = re.search(r'id="newer"[^>]*hx-get="([^"]+)"', shown)
    assert fragment and "newer</a>" not in shown
    assert "newer</a>" not in page(client, html.unescape(fragment[1]))
    late = NOW - timedelta(minutes=1)
    keep(mention(id="at://late1", at=late), mention(id="at://late2", at=late, p={"offensive": 0.9}))
    again = page(client, html.unescape(fragment[1]))
    assert "1 newer</a>" in again and 'hx-swap-oob="true"' in again


def test_the_page_is_light_and_asks_little(cast: Cast, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(*week(200), *week(100, days_ago=7.2, tag="was"))
    asked = []
    query = archive.Archive.query

    def counting(self: archive.Archive, *given: Any, **named: Any) -> Any:
        asked.append(given[0])
        return query(self, *given, **named)

    monkeypatch.setattr(archive.Archive, "query", counting)
    text = page(signed_in(cast.ayse), "/?period=28d")
    assert len(asked) <= 8
    static = Path(shelf.__file__).parent / "static" / "desk"
    import django_htmx

    htmx = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
    files = [static / "desk.css", static / "today.css", static / "desk.js", static / "kalkan.svg", htmx]
    assert len(text.encode()) + sum(path.stat().st_size for path in files) < 150_000


def test_amounts_are_not_compared_on_a_young_desk(cast: Cast, keep: Keep) -> None:
    keep(*week(80), *[row for row in week(60, days_ago=7.1, tag="was") if row["at"] > NOW - timedelta(days=9)])
    text = page(signed_in(cast.ayse))
    assert "did not listen through all of the 7 days before" in text
    assert "More people speak" not in text and 'class="wpt" x=' not in text.split('class="chart')[1].split("</svg>")[0]


def test_the_foot_says_when_a_listener_is_silent(cast: Cast, data: Path) -> None:
    sources.add(cast.ayse, "bluesky", options={})
    status(data, since=NOW - timedelta(days=3), updated_at=NOW)
    client = signed_in(cast.ayse)
    assert "listening 0 s behind" in page(client).replace("0 s", "0 s") and "41.0 posts/s" in page(client)
    status(data, since=NOW - timedelta(days=3), updated_at=NOW - timedelta(minutes=5))
    text = page(client)
    assert "Bluesky: no word</a>" in text and "nobody listens now" in text
    assert "all public posts of Bluesky" not in text.split('<footer class="quiet"')[1]


def status(data: Path, *, since: datetime, updated_at: datetime = NOW) -> None:
    """A listener's word on how it is."""
    folder = data / "status"
    folder.mkdir(exist_ok=True)
    word = {
        "source": "bluesky:jetstream",
        "network": "bluesky",
        "title": "Bluesky",
        "coverage": {"code": "all_public", "params": {}},
        "state": "listening",
        "since": since.isoformat(),
        "updated_at": updated_at.isoformat(),
        "heard_until": NOW.isoformat(),
        "posts_per_s": 41.0,
        "rejects": {},
        "gaps": [],
    }
    (folder / "bluesky.json").write_text(json.dumps(word))
