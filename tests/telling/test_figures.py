"""Figures against counting by hand, and the laws that hold for every number."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kalkan import figures
from kalkan.errors import InvalidInput, Refused
from kalkan.figures import Ask, Where, answer, behind, newest
from kalkan.posts import FEELINGS, SENTIMENTS
from kalkan.text import fold
from tests.telling.shelf import NOON, Shelf, mention

WEEK = timedelta(days=7)
ASK = Ask(since=NOON - WEEK, until=NOON, measures=figures.MEASURES, where=Where(brand="findik"), compare="before")


def reads_as(row: Mapping[str, Any], name: str) -> bool:
    """The rule in words, row by row: what the engine must agree with."""
    if name in FEELINGS:
        return bool(row["feeling"] == name)
    if name in SENTIMENTS:
        return bool(row["sentiment"] == name)
    if name == "no_feeling":
        return bool(row["feeling"] == "none")
    if name in ("feeling_not_sure", "sentiment_not_sure"):
        return row[name.removesuffix("_not_sure")] is None
    if name == "question_or_ask":
        return reads_as(row, "question") or reads_as(row, "ask")
    if name == "not_offensive":
        return not reads_as(row, "offensive")
    return bool((row[f"p_{name}"] or 0) >= 0.5 and name not in row["abstained"])


def meant(rows: Iterable[Mapping[str, Any]], where: Where, since: datetime, until: datetime) -> list[Mapping[str, Any]]:
    return [
        row
        for row in rows
        if since <= row["at"] < until
        and row["brand"] == where.brand
        and (not where.kinds or row["kind"] in where.kinds)
        and (not where.watches or row["watch"] in where.watches)
        and (not where.networks or row["network"] in where.networks)
        and (not where.langs or (row["lang"] or "unknown") in where.langs)
        and (not where.recipes or row["recipe"] in where.recipes)
        and all(reads_as(row, name) for name in where.reads)
        and fold(where.says) in fold(row["text"])
    ]


def key_of(row: Mapping[str, Any], ask: Ask, since: datetime) -> str | None:
    if ask.by is None:
        return None
    if ask.by in ("network", "kind", "watch"):
        return str(row[ask.by])
    if ask.by == "lang":
        return row["lang"] or "unknown"
    if ask.by == "feeling":
        return row["feeling"] or "feeling_not_sure"
    zone = ZoneInfo(ask.zone)
    local = row["at"].astimezone(zone)
    if ask.by == "day":
        start = datetime(local.year, local.month, local.day, tzinfo=zone)
    else:
        start = local.replace(minute=0, second=0, microsecond=0)
    return start.astimezone(UTC).isoformat().replace("+00:00", "Z")


_rows = st.builds(
    lambda i, hours, **rest: mention(
        id=f"at://{i}", at=NOON - timedelta(hours=hours), folded=fold(rest["text"]), **rest
    ),
    i=st.uuids(),
    hours=st.integers(-3, 15 * 24) | st.sampled_from([0, 7 * 24, 14 * 24]),
    author_id=st.sampled_from([f"did:plc:{name}" for name in "abcdef"]),
    brand=st.sampled_from(["findik", "findik", "findik", "ceviz"]),
    kind=st.sampled_from(["name", "reply", "hashtag"]),
    watch=st.sampled_from(["Fındık", "Ceviz A.Ş.", "'tırnak'"]),
    network=st.sampled_from(["bluesky", "mastodon", "feeds"]),
    lang=st.sampled_from(["tr", "en", None]),
    feeling=st.sampled_from([*FEELINGS, "none", None]),
    sentiment=st.sampled_from([*SENTIMENTS, None]),
    p=st.fixed_dictionaries({name: st.sampled_from([0.0, 0.49, 0.5, 0.9, None]) for name in figures.JUDGED}),
    abstained=st.lists(st.sampled_from(figures.JUDGED), max_size=2),
    recipe=st.sampled_from(["fast-26.11+0123456789ab", "fast-26.12+ba9876543210"]),
    text=st.sampled_from(["KIRMIZI kapak nerede?", "kırmızı olan güzel", "Where is the red lid", "100% 'quoted' \\ _"]),
)
_wheres = st.builds(
    Where,
    brand=st.just("findik"),
    kinds=st.sampled_from([(), (), ("reply",), ("reply", "name")]),
    watches=st.sampled_from([(), (), ("Ceviz A.Ş.",), ("'tırnak'", "Fındık")]),
    networks=st.sampled_from([(), (), ("bluesky",), ("feeds", "mastodon")]),
    langs=st.sampled_from([(), (), ("tr",), ("unknown", "en")]),
    reads=st.sampled_from([(), (), ("anger",), ("question", "negative"), ("not_offensive",)]),
    says=st.sampled_from(["", "", "kirmizi", "KIRMIZI", "%", "'"]),
    recipes=st.sampled_from([(), (), ("fast-26.12+ba9876543210",)]),
)
_asks = st.builds(
    Ask,
    since=st.just(NOON - WEEK),
    until=st.just(NOON),
    measures=st.just(figures.MEASURES),
    by=st.sampled_from([None, *figures.GROUPINGS]),
    where=_wheres,
    compare=st.sampled_from([None, "before"]),
    zone=st.sampled_from(["UTC", "Europe/Istanbul", "Asia/Kolkata"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_rows, max_size=40), _asks)
def test_figures_equal_counting_by_hand(rows: list[dict[str, Any]], ask: Ask) -> None:
    found = answer(ask, Shelf(rows))
    now = meant(rows, ask.where, ask.since, ask.until)
    assert {row.key for row in found.rows if row.count} == {key_of(row, ask, ask.since) for row in now}
    for row in found.rows:
        group = [each for each in now if key_of(each, ask, ask.since) == row.key]
        chosen = [each for each in group if row.measure in figures.COUNTED or reads_as(each, row.measure)]
        authors = {each["author_id"] for each in chosen}
        assert row.count == (len(chosen) if row.measure == "posts" else len(authors))
        assert row.posts == len(chosen)
        assert row.n == len({each["author_id"] for each in group})
        if row.measure not in figures.COUNTED:
            assert row.value == (len(authors) / row.n if row.n else 0.0)
            assert row.interval is not None and row.interval.low <= row.value <= row.interval.high
    if ask.compare and ask.by not in ("hour", "day"):
        was = meant(rows, ask.where, ask.before.since, ask.before.until)
        for row in found.rows:
            group = [each for each in was if key_of(each, ask, ask.before.since) == row.key]
            chosen = [each for each in group if row.measure in figures.COUNTED or reads_as(each, row.measure)]
            counted = len(chosen) if row.measure == "posts" else len({each["author_id"] for each in chosen})
            assert row.before is not None and row.before.count == counted


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_rows, max_size=40), _wheres, st.sampled_from(figures.READS))
def test_the_posts_behind_a_number_are_as_many_as_it_says(rows: list[dict[str, Any]], where: Where, read: str) -> None:
    shelf = Shelf(rows)
    ask = replace(ASK, where=where)
    figure = answer(ask, shelf).one(read)
    link = figures.from_query(ask.behind(read).to_query())
    seen: list[Any] = []
    after = None
    while True:
        page = behind(link, shelf, after=after, limit=7)
        seen.extend(page.posts)
        after = page.next
        if after is None:
            break
    assert len(seen) == len({row["id"] for row in seen}) == figure.posts
    assert [row["at"] for row in seen] == sorted((row["at"] for row in seen), reverse=True)
    again = answer(link, shelf)
    assert (again.one("posts").count, again.one("authors").count) == (figure.posts, figure.count)


@given(_asks)
def test_one_question_in_three_forms(ask: Ask) -> None:
    assert figures.from_json(ask.to_json()) == ask
    assert figures.from_query(ask.to_query()) == ask


def test_days_are_days_of_the_zone_also_where_clocks_change() -> None:
    zone = ZoneInfo("Europe/London")  # clocks go back on Sunday 25 October 2026: that day has 25 hours
    since = datetime(2026, 10, 23, 15, 30, tzinfo=zone)
    ask = Ask(since=since, until=since.astimezone(UTC) + timedelta(days=5), by="day", zone="Europe/London",
              where=Where(brand="findik"))  # fmt: skip
    hours = [ask.since + timedelta(minutes=30 * i) for i in range(5 * 48)]
    shelf = Shelf([mention(id=f"at://{i}", at=at) for i, at in enumerate(hours)])
    found = {row.key: row.count for row in answer(ask, shelf).of("posts")}
    by_hand: dict[str, int] = {}
    for at in hours:
        day = at.astimezone(zone)
        start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        name = start.isoformat().replace("+00:00", "Z")
        by_hand[name] = by_hand.get(name, 0) + 1
    assert found == by_hand
    assert max(found.values()) == 50


def test_an_author_counts_once_however_much_they_write() -> None:
    rows = [mention(id=f"at://{i}", at=NOON - timedelta(hours=i + 1), feeling="anger") for i in range(9)]
    rows.append(mention(id="at://other", at=NOON - timedelta(hours=1), author_id="did:plc:b"))
    found = answer(ASK, Shelf(rows))
    assert (found.one("anger").count, found.one("anger").n, found.one("anger").posts) == (1, 2, 9)
    assert found.one("anger").value == 0.5


def test_a_change_is_clear_only_when_the_interval_leaves_out_zero() -> None:
    def week(angry: int, of: int, days_ago: int) -> list[dict[str, Any]]:
        return [
            mention(
                id=f"at://{days_ago}/{i}",
                author_id=f"did:plc:{days_ago}/{i}",
                feeling="anger" if i < angry else "none",
                at=NOON - timedelta(days=days_ago, hours=1, minutes=i),
            )
            for i in range(of)
        ]

    up = answer(ASK, Shelf(week(120, 400, 0) + week(50, 400, 7))).one("anger")
    assert up.clear and up.certain and up.difference is not None and up.difference.low > 0
    same = answer(ASK, Shelf(week(55, 400, 0) + week(50, 400, 7))).one("anger")
    assert same.clear is False and same.certain is False
    slight = answer(ASK, Shelf(week(75, 400, 0) + week(50, 400, 7))).one("anger")
    assert slight.clear and slight.certain is False
    alone = answer(ASK, Shelf(week(75, 400, 0))).one("anger")
    assert alone.clear is None and alone.difference is None


def test_amounts_are_not_compared_with_a_time_nobody_listened_in() -> None:
    def people(days: Iterable[float]) -> list[dict[str, Any]]:
        return [
            mention(id=f"at://{day}/{i}", author_id=f"did:plc:{day}/{i}", at=NOON - timedelta(days=day, minutes=i))
            for day in days
            for i in range(1, 6)
        ]

    whole = answer(ASK, Shelf(people([d + 0.2 for d in range(14)])))
    assert whole.coverage.before_heard and whole.one("authors").ratio is not None
    late = answer(ASK, Shelf(people([d + 0.2 for d in range(9)])))
    assert not late.coverage.before_heard and late.one("authors").clear is None
    other = mention(id="at://else", brand="ceviz", author_id="did:plc:z", at=NOON - timedelta(days=13.8))
    vouched = answer(ASK, Shelf([*people([d + 0.2 for d in range(9)]), other]))
    assert vouched.coverage.before_heard and vouched.one("authors").clear
    # Old entries that a feed hands out on the first day were not listened to when they were written.
    stale = [mention(id="at://old", author_id="feed:x", at=NOON - timedelta(days=13.9), seen_at=NOON)]
    assert not answer(ASK, Shelf(people([0.2, 1.2, 2.2]) + stale)).coverage.before_heard
    assert not answer(ASK, Shelf(people([0.2]))).coverage.before_heard


def test_a_number_names_recipes_coverage_and_how_far_was_heard() -> None:
    late = NOON - timedelta(minutes=2)
    rows = [mention(id="at://1", at=NOON - timedelta(hours=5)), mention(id="at://2", at=late, recipe="fast-26.12+aa")]
    gap = {
        "network": "bluesky",
        "source": "bluesky:jetstream",
        "kind": "gap",
        "code": "clamped",
        "n": 1,
        "at": NOON - timedelta(days=1),
        "since": NOON - timedelta(days=2),
        "until": NOON - timedelta(days=1),
    }
    reject = {**gap, "kind": "reject", "code": "frame_unreadable"}
    found = answer(ASK, Shelf(rows, [gap, reject]), asked_at=NOON)
    assert found.recipes == ("fast-26.11+0123456789ab", "fast-26.12+aa")
    assert found.heard_until == late and found.asked_at == NOON
    assert found.coverage.networks == (("bluesky", 2),)
    assert [(missed.why, missed.until) for missed in found.coverage.gaps] == [("clamped", NOON - timedelta(days=1))]
    told = json.loads(found.to_json())
    assert ["ratio" in row for row in told["rows"] if row["measure"] == "authors"] == [False]  # nobody listened before
    assert told["correction"] == "uncorrected" and told["ask"]["where"] == {"brand": "findik"}


def test_json_has_no_infinity() -> None:
    rows = [
        mention(id="at://1", at=NOON - timedelta(hours=1)),
        mention(id="at://2", at=ASK.before.since, brand="ceviz"),
    ]
    rows.append(mention(id="at://3", at=ASK.before.since, author_id="did:plc:b", p={"question": 0.9}))
    found = answer(replace(ASK, by="day"), Shelf(rows))
    assert any(row.ratio and row.ratio.high == float("inf") for row in found.rows)
    told = json.loads(found.to_json())
    assert any(set(row["ratio"]) == {"low"} for row in told["rows"] if "ratio" in row)


def test_newest_and_distinct() -> None:
    rows = [
        mention(id=f"at://{i}", at=NOON - timedelta(hours=20 * i + 1), text=text)
        for i, text in enumerate(["Neden 320 g?", "neden  320 G?", "Nereden alınır?", "Neden 320 g?"])
    ]
    shelf = Shelf(rows)
    assert [row["id"] for row in newest(ASK, shelf, limit=3)] == ["at://0", "at://1", "at://2"]
    assert [row["id"] for row in newest(ASK, shelf, limit=3, distinct=True)] == ["at://0", "at://2"]


@pytest.mark.parametrize("name", ["author", "author_id", "author_handle", "handle", "authors"])
def test_no_figure_by_author(name: str) -> None:
    period = {"since": NOON - WEEK, "until": NOON}
    with pytest.raises(Refused, match="figures_by_author"):
        Ask(**period, by=name)
    if name == "authors":
        return
    with pytest.raises(Refused, match="figures_by_author"):
        figures.from_query({"since": ["2026-11-16T12:00:00Z"], "until": ["2026-11-23T12:00:00Z"], name: ["x"]})
    with pytest.raises(Refused, match="figures_by_author"):
        figures.from_dict({"since": "2026-11-16T12:00:00Z", "until": "2026-11-23T12:00:00Z", "where": {name: "x"}})
    assert name not in Where.__dataclass_fields__


def test_no_answer_carries_an_author() -> None:
    rows = [
        mention(author_id="did:plc:ayse", author_handle="ayse.test", author_name="Ayşe", at=NOON - timedelta(hours=1))
    ]
    for by in (None, *figures.GROUPINGS):
        told = str(answer(replace(ASK, by=by), Shelf(rows)).as_dict())
        assert "ayse" not in told and "Ayşe" not in told


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "ask_unreadable"),
        ("[]", "ask_unreadable"),
        ('{"since": "2026-11-16T12:00:00Z"}', "ask_field_missing"),
        ('{"since": "2026-11-16", "until": "2026-11-17"}', "ask_time_unreadable"),
        ('{"since": 5, "until": 6}', "ask_time_unreadable"),
        ('{"since": "2026-11-17T00:00:00Z", "until": "2026-11-16T00:00:00Z"}', "ask_period_empty"),
        ('{"since": "2026-11-16T00:00:00Z", "until": "2026-11-17T00:00:00Z", "by": "moon"}', "ask_name_unknown"),
        ('{"since": "2026-11-16T00:00:00Z", "until": "2026-11-17T00:00:00Z", "measures": ["x"]}', "ask_name_unknown"),
        ('{"since": "2026-11-16T00:00:00Z", "until": "2026-11-17T00:00:00Z", "measures": []}', "ask_without_measure"),
        ('{"since": "2026-11-16T00:00:00Z", "until": "2026-11-17T00:00:00Z", "where": {"says": 1}}', "ask_field_wrong"),
        ('{"since": "2026-11-16T00:00:00Z", "until": "2026-11-17T00:00:00Z", "zone": "Mars/X"}', "ask_zone_unknown"),
        ('{"since": "2026-11-16T00:00:00Z", "until": "2026-11-17T00:00:00Z", "by": "kind"}', "ask_kind_without_brand"),
        ('{"since": "2016-11-16T00:00:00Z", "until": "2026-11-17T00:00:00Z", "by": "hour"}', "ask_too_fine"),
        ('{"since": "0001-01-01T00:00:00Z", "until": "2026-11-17T00:00:00Z"}', "ask_time_unreadable"),
        ('{"since": "2026-11-16T00:00:00Z", "until": "9999-12-31T23:59:59Z"}', "ask_time_unreadable"),
        ('{"sinse": "2026-11-16T00:00:00Z"}', "ask_name_unknown"),
    ],
)
def test_a_wrong_question_is_told(text: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        figures.from_json(text)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_any_text_is_a_question_or_told(text: str | bytes) -> None:
    with pytest.raises(InvalidInput):
        figures.from_json(text)
