"""Stories of a week that nobody followed then are found from the brand's mentions, told first, and can be opened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from kalkan import brief
from kalkan.brands import Brand, Watch
from tests.telling.shelf import Shelf, mention

SINCE = datetime(2026, 11, 16, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=7)
BRAND = Brand(slug="findik", name="Fındık", watches=(Watch(kind="name", text="Fındık"),))
ORDINARY = (
    "Sabah kahvaltısında fındık ezmesi",
    "Fındık alıp eve döndüm",
    "Okulda fındık dağıttılar",
    "Fındık fiyatı kaç",
)
TOLD = (
    "Ordu fabrikasında gaz kaçağı, fındık tesisi boşaltıldı", "Gaz kaçağı varmış Ordu tesisinde, işçiler dışarıda",
    "Ordu'daki gaz kaçağı korkuttu", "Fındık tesisinde gaz kaçağı: okullar kapandı",
    "Gaz kaçağı sürüyor, Ordu'da alarm",
)  # fmt: skip


@cache
def shelf() -> Shelf:
    rows: list[dict[str, Any]] = [
        mention(
            author_id=f"did:plc:o{i}",
            at=SINCE - timedelta(days=2) + timedelta(minutes=41 * i),
            text=f"{ORDINARY[i % 4]} {i}",
        )
        for i in range(200)
    ]
    rows += [
        mention(author_id=f"did:plc:g{i}", at=SINCE + timedelta(days=3, minutes=2 * i), feeling="fear",
                text=f"{TOLD[i % 5]} {'!' * (i % 3)} {i}")
        for i in range(80)
    ]  # fmt: skip
    return Shelf(rows)


def test_what_happened_is_found_and_told_first() -> None:
    stories, afterwards = brief.stories_of(shelf(), BRAND, since=SINCE, until=UNTIL, book=None)
    assert afterwards and stories[0].near and stories[0].authors >= 60
    assert "gaz" in stories[0].title.lower() or "ordu" in stories[0].title.lower()
    made = brief.compose(
        shelf(),
        brand=BRAND,
        since=SINCE,
        until=UNTIL,
        made_at=UNTIL,
        stories=stories,
        afterwards=afterwards,
        sort="team",
    )
    assert stories[0].title in made.title
    page = brief.html(made, whole=False)
    assert "found afterwards" in page
    assert ("What they expect of us" in page) == any(one.near and one.gravity >= 2 for one in stories)
    found = brief.verify(brief.from_json(made.to_json()), shelf())
    assert found.whole and not found.differ
    assert "Afraid of" in page
    assert len(made.to_json()) < 200_000


def test_too_many_posts_are_not_gone_through() -> None:
    assert brief.stories_of(shelf(), BRAND, since=SINCE, until=UNTIL, book=None, most=50) == ((), False)


def test_the_name_of_the_brand_alone_is_no_story() -> None:
    stories, _ = brief.stories_of(shelf(), BRAND, since=SINCE, until=UNTIL, book=None)
    called = Brand(slug="findik", name="Fındık", watches=(Watch(kind="name", text=stories[0].title),))
    left, _ = brief.stories_of(shelf(), called, since=SINCE, until=UNTIL, book=None)
    assert [one.title for one in left] == [one.title for one in stories[1:]]
