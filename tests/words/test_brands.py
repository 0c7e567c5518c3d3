"""Mentions: what names a brand and what only looks like it, alone and in batches."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.brands import FOUND, Brand, Watch, matcher, sample
from kalkan.posts import MENTION_KINDS, Post, posts_table
from kalkan.text import fold_column

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)
with (Path(__file__).parent / "gold_mentions.tsv").open(encoding="utf-8") as file:
    GOLD = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def post(text: str = "", **given: Any) -> Post:
    row: dict[str, Any] = {"id": "p", "network": "n", "source": "s", "author_id": "did:plc:someone", "seen_at": WHEN}
    return Post(**{**row, "text": text, **given})


def found(brand: Brand, *posts: Post) -> list[tuple[int, str, str, str]]:
    table = matcher([brand]).match(posts_table(posts))
    assert table.schema == FOUND
    return [tuple(row.values()) for row in table.to_pylist()]


def brand(*watches: Watch, **given: Any) -> Brand:
    return Brand(slug="kalkan", name="Kalkan", watches=watches, **given)


NAME = Watch(kind="name", text="Kalkan")


def test_the_gold_lines_are_all_told_apart() -> None:
    assert len(GOLD) >= 150
    wrong = [
        (line["expected"], line["watch"], line["text"])
        for line in GOLD
        if (sample(brand(Watch(kind=line["kind"], text=line["watch"])), line["text"]) is not None)
        != (line["expected"] == "yes")
    ]
    assert wrong == []


def test_a_batch_finds_what_single_posts_find() -> None:
    watches = {(line["kind"], line["watch"]) for line in GOLD}
    brands = [Brand(slug=f"{kind} {text}", name=text, watches=(Watch(kind=kind, text=text),)) for kind, text in watches]
    table = posts_table(post(line["text"], id=str(number)) for number, line in enumerate(GOLD))
    matched = matcher(brands).match(table)
    alone = {
        (row, one.slug) for row, line in enumerate(GOLD) for one in brands if sample(one, line["text"]) is not None
    }
    assert set(zip(matched["row"].to_pylist(), matched["brand"].to_pylist(), strict=True)) == alone
    parts = [matcher(brands).match(table.slice(start, 17)).num_rows for start in range(0, len(GOLD), 17)]
    assert sum(parts) == matched.num_rows == matcher(brands).match(table, fold_column(table["text"])).num_rows


def test_one_row_a_brand_with_the_strongest_tie() -> None:
    watches = (Watch(kind="peer", text="Mavi"), NAME, Watch(kind="handle", text="@kalkan"))
    assert found(brand(*watches), post("@kalkan Kalkan ve Mavi"), post("Mavi"), post("Mavi, Kalkan")) == [
        (0, "kalkan", "handle", "@kalkan"),
        (1, "kalkan", "peer", "Mavi"),
        (2, "kalkan", "name", "Kalkan"),
    ]
    assert MENTION_KINDS.index("handle") < MENTION_KINDS.index("name") < MENTION_KINDS.index("peer")


@pytest.mark.parametrize(
    ("account", "fields", "kind"),
    [
        ("did:plc:us", {"reply_to": "at://did:plc:us/app.bsky.feed.post/3k"}, "reply"),
        ("did:plc:us", {"root": "at://did:plc:us/app.bsky.feed.post/3k"}, "reply"),
        ("did:plc:us", {"quote_of": "at://did:plc:us/app.bsky.feed.post/3k"}, "quote"),
        ("did:plc:us", {"handles": ["did:plc:us"]}, "handle"),
        ("did:plc:us", {"reply_to": "at://did:plc:usher/app.bsky.feed.post/3k"}, None),
        ("@biz@sosyal.test", {"reply_to": "https://sosyal.test/users/biz/statuses/1"}, "reply"),
        ("@biz@sosyal.test", {"reply_to": "https://sosyal.test/users/bizim/statuses/1"}, None),
        ("@biz@sosyal.test", {"handles": ["biz@sosyal.test"]}, "handle"),
        ("@biz@sosyal.test", {"handles": ["biz"], "id": "https://sosyal.test/users/a/statuses/2"}, "handle"),
        ("@biz@sosyal.test", {"handles": ["biz"], "id": "https://baska.test/users/a/statuses/2"}, None),
        ("https://sosyal.test/users/biz", {"quote_of": "https://sosyal.test/users/biz/statuses/9"}, "quote"),
        ("kalkan.test", {"handles": ["kalkan.test"]}, "handle"),
    ],
)
def test_what_is_addressed_to_our_accounts(account: str, fields: dict[str, Any], kind: str | None) -> None:
    ties = found(brand(accounts=(account,)), post("selam", **fields))
    assert [tie[2] for tie in ties] == ([kind] if kind else [])


def test_our_own_posts_are_no_mentions() -> None:
    ours = brand(NAME, accounts=("did:plc:us", "@biz@sosyal.test"))
    own = (post("Kalkan", author_id="did:plc:us"), post("Kalkan", author_handle="Biz@sosyal.test"))
    assert found(ours, *own, post("Kalkan"))[0][0] == 2
    assert len(found(ours, *own)) == 0


def test_what_a_watch_is_not_looked_for_with() -> None:
    watch = Watch(kind="name", text="Kalkan", without=("balık", "ayağa kalkan"))
    said = ("Kalkan'a yazdım", "Kalkan balığı tuttuk", "ayağa kalkan oldu", "kalkan pişirdik #BalıkKeyfi")
    assert [tie[0] for tie in found(brand(watch), *map(post, said))] == [0]


def test_bare_turkish_endings_count_where_the_post_may_be_turkish() -> None:
    watch = Watch(kind="name", text="Marin")
    assert found(brand(watch), post("Marine park", langs=["en"])) == []
    assert found(brand(watch), post("Marini sevdim", langs=["tr"])) != []
    assert found(brand(watch), post("Marini çok sevdim, ağladım", langs=["en"])) != []
    assert found(brand(watch), post("Marin'e gittik", langs=["en"])) != []


def test_tags_count_that_the_text_does_not_show() -> None:
    assert found(brand(NAME), post("selam", tags=["KalkanRezaleti"])) == [(0, "kalkan", "name", "Kalkan")]
    tag = Watch(kind="hashtag", text="kalkangünü")
    assert found(brand(tag), post("selam", tags=["Kalkan_Günü"])) == [(0, "kalkan", "hashtag", "kalkangünü")]


def test_an_address_is_looked_for_where_a_watch_is_one() -> None:
    watch = Watch(kind="name", text="kalkan.test")
    assert found(brand(watch), post("bak https://www.kalkan.test/urun"), post("kalkan test"), post("xkalkan.test"))
    assert [tie[0] for tie in found(brand(watch), post("https://kalkan.test"), post("kalkan test"))] == [0]


def test_hundreds_of_watches_and_none() -> None:
    many = tuple(Watch(kind="name", text=f"marka{number:04}x") for number in range(1500))
    assert found(brand(*many), post("şu marka0007x ve marka1499x"), post("marka150"))[0][3] == "marka0007x"
    assert found(brand(), post("Kalkan")) == []
    assert found(brand(Watch(kind="name", text=" !? "), Watch(kind="handle", text="@")), post("Kalkan !? @ x")) == []
    assert matcher([brand(NAME)]).match(posts_table([])).num_rows == 0


@settings(max_examples=150, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.sampled_from(["name", "topic", "hashtag", "handle", "peer"]),
)
def test_any_watch_can_be_kept_and_a_name_finds_itself(text: str, kind: str) -> None:
    table = posts_table([post(f"a {text} b"), post("nothing")])
    assert matcher([brand(Watch(kind=kind, text=text))]).match(table).schema == FOUND
    if kind == "name" and text.isalnum() and text.isascii():
        assert matcher([brand(Watch(kind=kind, text=text))]).match(table)["row"].to_pylist()[:1] == [0]


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])))
def test_the_quick_pass_never_loses_what_the_close_look_finds(before: str, after: str) -> None:
    text = f"{before}Kalkan{after}"
    quick = matcher([brand(NAME)]).match(posts_table([post(text)])).num_rows == 1
    assert quick == (sample(brand(NAME), text) is not None)


def test_chunked_columns() -> None:
    table = pa.concat_tables([posts_table([post("yok")]), posts_table([post("Kalkan'ı gördüm")])])
    assert matcher([brand(NAME)]).match(table)["row"].to_pylist() == [1]
