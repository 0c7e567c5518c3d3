"""Days and hours that people keep."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from kalkan.room import declared, observances
from kalkan.room.calendar import days_of, kept
from tests.room.rooms import NUT, judge, room


@pytest.mark.parametrize(
    ("rule", "year", "day"),
    [
        ("11-10", 2026, date(2026, 11, 10)),
        ("nth:11:Sun:2", 2026, date(2026, 11, 8)),
        ("nth:05:Mon:last", 2026, date(2026, 5, 25)),
        ("nth:11:Mon:1+1", 2026, date(2026, 11, 3)),
        ("easter-2", 2026, date(2026, 4, 3)),
        ("orthodox+0", 2026, date(2026, 4, 12)),
        ("advent-14", 2026, date(2026, 11, 15)),
        ("hijri:09-01", 2026, date(2026, 2, 18)),
        ("hijri:07:first-Fri-1", 2026, date(2026, 12, 10)),
        ("hebrew:07-10", 2026, date(2026, 9, 21)),
        ("hebrew:01-27", 2026, date(2026, 4, 14)),
    ],
)
def test_a_rule_gives_its_day(rule: str, year: int, day: date) -> None:
    assert day in [first for first, _ in days_of(rule, year)]


def test_every_line_of_the_list_can_be_read_and_computed() -> None:
    ids = [one.id for one in kept()]
    assert len(ids) == len(set(ids)) > 120
    for one in kept():
        assert one.kind in ("remembrance", "religious", "awareness", "celebration"), one.id
        assert one.name and one.name_tr and one.words, one.id
        for year in (2025, 2026, 2027):
            assert len(days_of(one.rule, year)) in (0, 1, 2), one.id


def test_a_wrong_rule_is_told() -> None:
    with pytest.raises(ValueError, match="no such rule"):
        days_of("when the moon is blue", 2026)


def test_a_market_keeps_its_own_days_by_its_own_clock() -> None:
    week = (datetime(2026, 11, 8, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC))
    turkish = {one.id: one for one in observances(*week, markets=("TR",))}
    british = {one.id: one for one in observances(*week, markets=("GB",))}
    assert "ataturk" in turkish and "ataturk" not in british
    assert "armistice" in british and "armistice" not in turkish
    day = turkish["ataturk"]
    assert day.begins == datetime(2026, 11, 9, 21, tzinfo=UTC)
    assert day.hush == (datetime(2026, 11, 10, 6, 5, tzinfo=UTC), datetime(2026, 11, 10, 6, 7, tzinfo=UTC))


def test_nights_begin_the_evening_before_and_hijri_days_last_two() -> None:
    found = observances(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC), markets=("TR",))
    night = next(one for one in found if one.id == "kadir")
    assert night.begins == datetime(2026, 3, 15, 14, tzinfo=UTC)
    assert night.until - night.begins == timedelta(hours=55)


def test_public_days_of_mourning_come_from_the_package() -> None:
    found = observances(datetime(2026, 5, 24, tzinfo=UTC), datetime(2026, 5, 27, tzinfo=UTC), markets=("US",))
    assert any("Memorial" in one.name for one in found)


def test_an_unknown_market_has_what_is_kept_everywhere() -> None:
    found = observances(datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC), markets=("XX",))
    assert [one.id for one in found] == ["violence-women"]


SALE = "Bütün kavanozlarda %40 indirim, kaçırma!"


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        (datetime(2026, 11, 10, 6, 0, tzinfo=UTC), "hold"),  # on the day
        (datetime(2026, 11, 9, 12, 0, tzinfo=UTC), "hold"),  # in view in the minutes of silence
        (datetime(2026, 11, 8, 12, 0, tzinfo=UTC), "go"),
        (datetime(2026, 11, 11, 12, 0, tzinfo=UTC), "go"),
    ],
)
def test_a_sale_is_held_for_the_hours_it_stays_in_view(at: datetime, verdict: str) -> None:
    said = judge(SALE, room("tr", at=at), NUT, at=at)
    assert said.verdict == verdict
    if verdict == "hold":
        assert said.findings[0].evidence[0].id == "ataturk"
        wait = next(one for one in said.proposals if one.kind == "wait")
        assert judge(SALE, room("tr", at=at), NUT, at=wait.until).verdict == "go"


def test_a_push_that_is_read_within_the_hour_is_not_held_for_tomorrow() -> None:
    at = datetime(2026, 11, 9, 12, 0, tzinfo=UTC)
    assert judge(SALE, room("tr", at=at), NUT, at=at, view_hours=1).verdict == "go"


def test_plain_respect_on_the_day_is_not_held() -> None:
    at = datetime(2026, 11, 10, 6, 0, tzinfo=UTC)
    assert judge("Saygı, özlem ve minnetle anıyoruz.", room("tr", at=at), NUT, at=at).verdict in ("go", "care")


def test_a_lesser_day_counts_when_it_is_named_or_spoken_of() -> None:
    at = datetime(2026, 10, 10, 9, tzinfo=UTC)
    plain = judge("Tell us your favourite pie", room("en", at=at), at=at)
    assert plain.verdict == "go"
    named = judge("Crazy good pies for world mental health day, 20% off", room("en", at=at), at=at)
    assert named.verdict == "hold"
    assert named.codes[0] == "insensitive_observance"


def test_mourning_is_declared_by_hand() -> None:
    at = datetime(2026, 5, 12, 10, tzinfo=UTC)
    mourning = declared(
        "National mourning", begins=at - timedelta(hours=1), until=at + timedelta(days=3), markets=("TR",)
    )
    assert judge(SALE, room("tr"), NUT).verdict == "go"
    said = judge(SALE, room("tr", mournings=(mourning,)), NUT)
    assert said.verdict == "hold"
    assert said.findings[0].evidence[0].until == mourning.until
    assert judge(SALE, room("tr", mournings=(mourning,)), NUT, planned_at=at + timedelta(days=4)).verdict == "go"
    pause = next(one for one in said.proposals if one.kind == "pause")
    assert pause.until is not None and pause.until >= mourning.until


def test_the_calendar_never_gives_a_reason_to_post() -> None:
    for day in range(0, 366, 3):
        at = datetime(2026, 1, 1, 10, tzinfo=UTC) + timedelta(days=day)
        said = judge("Our bread is baked in a stone oven", room("en", at=at), at=at)
        assert all(one.kind in ("wait", "ask", "reword", "show", "pause", "answer") for one in said.proposals)
        assert said.verdict != "hold"
