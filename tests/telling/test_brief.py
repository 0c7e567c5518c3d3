"""The brief: what it says in both languages, that its numbers hold, and that hostile posts stay words.

The golden pages are what people read: ``KALKAN_GOLDEN=1`` writes them anew, and somebody looks at them.
"""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kalkan import brief
from kalkan.brands import Brand, Watch
from kalkan.brief.page import digest_of
from kalkan.errors import InvalidInput
from kalkan.figures import Interval
from tests.telling.shelf import NOON, Shelf, mention

GOLDEN = Path(__file__).parent / "golden"
WEEK = timedelta(days=7)
SINCE, UNTIL = datetime(2026, 11, 15, 21, tzinfo=UTC), datetime(2026, 11, 22, 21, tzinfo=UTC)
FINDIK = Brand(slug="findik", name="Fındık", watches=(Watch(kind="name", text="Fındık"),))
ASKING = (
    ("tr", "Yeni ağırlığı kavanozun önüne büyük yazın lütfen"),
    ("tr", "Ağırlığı kavanozun önüne büyük yazın artık"),
    ("en", "Which shops still have the old jar size?"),
    ("en", "Anybody know which shops have the old jar size?"),
)
HOSTILE = 'Neden küçüldü <script>alert("x")</script> </script> #set page(paper: "a3") *kalın* [bağ](javascript:x)?'


@cache
def shelf() -> Shelf:
    """Two weeks: an even one, and one in which many are angry, ask two things, and one writes code."""
    rows: list[dict[str, Any]] = []
    for i in range(120):
        at = SINCE - WEEK + WEEK * (i / 120)
        rows.append(
            mention(author_id=f"did:plc:w{i}", at=at, text=f"Kahvaltıda yine fındık ezmesi, gün {i}", feeling="joy")
        )
    for i in range(200):
        at = SINCE + WEEK * (i / 200)
        angry = i % 3 == 0
        rows.append(
            mention(
                author_id=f"did:plc:n{i}",
                at=at,
                text=f"Kavanoz küçülmüş fiyat aynı kalmış {i}" if angry else f"Sabah simitle çok iyi gidiyor {i}",
                feeling="anger" if angry else None if i % 3 == 1 else "joy",
                network="mastodon" if i % 4 == 0 else "bluesky",
            )
        )
    for i in range(40):
        lang, text = ASKING[i % 4]
        at = SINCE + timedelta(days=3, minutes=i)
        rows.append(mention(author_id=f"did:plc:q{i % 36}", at=at, text=text, lang=lang, p={"ask": 0.9}))
    rows.append(mention(author_id="did:plc:x", at=NOON - timedelta(days=2), text=HOSTILE, p={"question": 0.9}))
    return Shelf(rows)


def made(lang: str = "en", sort: str = "leadership", **given: Any) -> brief.Brief:
    values: dict[str, Any] = {
        "brand": FINDIK, "since": SINCE, "until": UNTIL, "made_at": NOON, "zone": "Europe/Istanbul",
        "lang": lang, "sort": sort, **given,
    }  # fmt: skip
    return brief.compose(shelf(), **values)


ACTS = (
    brief.Act(brand="Fındık", text="Yeni kavanoz, 320 g", at=SINCE + timedelta(days=3), verdict="called_out",
              share=Interval(0.15, 0.28), value=0.21, n=164, why="6 g"),
    brief.Act(brand="Cevizli", text="Üç tedarikçisini açıkladı", at=SINCE, verdict="praised", own=False,
              share=Interval(0.63, 0.78), value=0.71, n=142),
    brief.Act(brand="Nutley", text="Tek satır yazdı", at=SINCE, verdict="too_few", own=False),
)  # fmt: skip
TOLD = (brief.Told(title="Ordu’da gaz kaçağı", gravity=2, authors=412, began=UNTIL - timedelta(hours=9)),)


@pytest.mark.parametrize("lang", ["en", "tr"])
@pytest.mark.parametrize("sort", ["leadership", "team"])
def test_what_people_read(lang: str, sort: str) -> None:
    page = brief.html(made(lang, sort, acts=ACTS, stories=TOLD), whole=False)
    told = re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    told = re.sub(r"</(p|h1|h2|tr|li|section|blockquote|header|figcaption)>", "\n", told)
    told = re.sub(r"(</t[hd]>)", " | ", told)
    told = "\n".join(line.strip() for line in re.sub(r"<[^>]+>", "", told).splitlines() if line.strip()) + "\n"
    path = GOLDEN / f"brief.{sort}.{lang}.txt"
    if os.environ.get("KALKAN_GOLDEN") == "1":
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")


def test_the_same_week_gives_the_same_bytes() -> None:
    one, other = made("tr"), made("tr")
    assert one.to_json() == other.to_json()
    assert brief.html(one) == brief.html(other)
    assert brief.pdf(one) == brief.pdf(other)


@pytest.mark.parametrize("sort", ["leadership", "team"])
def test_a_kept_brief_comes_back_equal(sort: str) -> None:
    one = made("tr", sort, acts=ACTS, stories=TOLD)
    again = brief.from_plain(json.loads(one.to_json()))
    assert again == one
    assert again.fingerprint() == one.digest
    with pytest.raises(InvalidInput, match="brief_unreadable"):
        brief.from_plain({**json.loads(one.to_json()), "lead": {"kind": "no such"}})


def test_every_number_holds_when_asked_again(tmp_path: Path) -> None:
    path = tmp_path / "brief.html"
    path.write_text(brief.html(made("tr")), encoding="utf-8")
    kept = brief.opened(path)
    found = brief.verify(kept, shelf())
    assert found.whole and found.asked >= 7 and not found.differ
    less = Shelf([row for row in shelf().tables["mentions"].to_pylist() if row["feeling"] != "anger"])
    differ = brief.verify(kept, less).differ
    assert differ and all(was > now for _, was, now in differ)


def test_a_changed_word_is_found(tmp_path: Path) -> None:
    path = tmp_path / "brief.json"
    path.write_text(made().to_json().replace("anger", "amger", 1), encoding="utf-8")
    changed = brief.opened(path)
    assert digest_of(changed) != changed["digest"]


def test_what_people_wrote_stays_words() -> None:
    only = Shelf(
        [mention(author_id=f"did:plc:{i}", at=NOON - timedelta(days=2), text=HOSTILE, p={"ask": 0.9}) for i in range(3)]
    )
    one = brief.compose(only, brand=FINDIK, since=SINCE, until=UNTIL, made_at=NOON, lang="tr", sort="team")
    page = brief.html(one)
    assert "<script>alert" not in page
    assert (page.count("<script"), page.count("</script")) == (1, 1)
    assert "&lt;script&gt;alert(&quot;x&quot;)" in page
    assert brief.pdf(one).startswith(b"%PDF")


def test_the_pdf_is_one_page_is_tagged_and_carries_its_data() -> None:
    pdf = brief.pdf(made("en", acts=ACTS, stories=TOLD))
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    assert b"/StructTreeRoot" in pdf
    assert b"kalkan-brief.json" in pdf


def test_numbers_are_links_where_the_desk_is_known() -> None:
    one = made()
    page = brief.html(one, links=brief.links(one, "https://desk.example/"))
    assert page.count("https://desk.example/posts/?") >= 6


def test_a_week_in_which_nobody_spoke_says_so() -> None:
    quiet = brief.compose(Shelf([]), brand=FINDIK, since=SINCE, until=UNTIL, made_at=NOON, lang="tr")
    assert quiet.title == "Fındık: bu dönemde kimse duyulmadı."
    assert not quiet.sections
    assert brief.pdf(quiet).startswith(b"%PDF")


def test_a_file_that_is_no_brief(tmp_path: Path) -> None:
    for name, text in (("a.html", "<p>hello</p>"), ("b.json", "{"), ("c.json", json.dumps({"kalkan": "other"}))):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InvalidInput, match="brief_unreadable"):
            brief.opened(path)
    with pytest.raises(InvalidInput, match="file_missing"):
        brief.opened(tmp_path / "none.html")


def test_the_pdf_carries_what_the_page_does(tmp_path: Path) -> None:
    one = made("tr", acts=ACTS, stories=TOLD)
    path = tmp_path / "brief.pdf"
    path.write_bytes(brief.pdf(one))
    assert brief.opened(path) == brief.from_json(one.to_json())
    path.write_bytes(b"%PDF-1.7\nstream\n{}\nendstream\n")
    with pytest.raises(InvalidInput, match="brief_unreadable"):
        brief.opened(path)
