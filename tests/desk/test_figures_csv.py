"""Figures at the desk: a chart's numbers as CSV, near-copies beside the raw count, and deletions said."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.utils import timezone

from kalkan.desk import shelf
from kalkan.posts import GONE, table
from tests.desk.conftest import Cast, signed_in
from tests.desk.test_today import NOW, Keep, keep, week  # noqa: F401 (a fixture)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_charts_numbers_come_as_csv(cast: Cast, keep: Keep) -> None:  # noqa: F811
    keep(*week(60, days_ago=0.5, angry=20))
    client = signed_in(cast.ayse)
    page = client.get("/").content.decode()
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/figures\.csv[^"]+)"', page)]
    assert len(links) == 2
    chart, every = (client.get(link) for link in links)
    assert chart["Content-Type"].startswith("text/csv") and "attachment" in chart["Content-Disposition"]
    authors = [row for row in rows_of(chart.content.decode()) if row["measure"] == "authors"]
    assert 59 <= sum(int(row["count"]) for row in authors) <= 60
    anger = next(row for row in rows_of(every.content.decode()) if row["measure"] == "anger")
    assert (anger["count"], anger["n"], anger["correction"]) == ("20", "59", "uncorrected")
    assert float(anger["low"]) < 1 / 3 < float(anger["high"])
    # nobody reads the figures of a brand that is not theirs
    assert client.get(links[0].replace("brand=findik", "brand=ceviz")).status_code == 404
    assert (
        client.get("/figures.csv?by=author_id&since=2026-11-16T00:00:00Z&until=2026-11-23T00:00:00Z").status_code == 403
    )


def test_the_page_of_posts_says_what_is_said_alike_and_what_is_gone(cast: Cast, keep: Keep) -> None:  # noqa: F811
    keep(*week(40, days_ago=0.5, angry=0))
    client = signed_in(cast.ayse)
    page = client.get("/posts/?period=7d").content.decode()
    assert "when near-copies count once" in page and "deleted or erased" not in page
    first = shelf.opened().query("SELECT id FROM mentions ORDER BY id LIMIT 1")["id"][0].as_py()
    shelf.opened().remove(table([{"id": first, "network": "bluesky", "at": NOW, "why": "deleted"}], GONE), now=NOW)
    page = client.get("/posts/").content.decode()
    assert "1 post was deleted or erased since this period began" in page and "<b>39 posts</b>" in page
