"""Months and years, each beside the one before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kalkan.cli.indexes import told
from kalkan.errors import InvalidInput
from kalkan.index import period, periods

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)


def test_a_month_is_whole_days_of_its_own_clock() -> None:
    october = period("2026-10", now=NOW, zone="Europe/Istanbul")
    assert (october.since, october.until) == (
        datetime(2026, 9, 30, 21, tzinfo=UTC),
        datetime(2026, 10, 31, 21, tzinfo=UTC),
    )
    assert not october.running and october.was_until == october.since
    assert october.scale == pytest.approx(31 / 30)
    assert (october.title("en"), october.title("tr")) == ("October 2026", "Ekim 2026")
    berlin = period("2026-10", now=NOW, zone="Europe/Berlin")  # its clocks are put back on the 25th
    assert berlin.until - berlin.since == timedelta(days=31, hours=1)


def test_a_month_that_runs_is_set_beside_the_same_days_of_the_one_before() -> None:
    november = period("2026-11", now=NOW, zone="UTC")
    assert november.running and november.until == NOW
    assert november.was_until == datetime(2026, 10, 23, 9, 10, tzinfo=UTC)
    assert november.scale == 1
    long = period("2026-03", now=datetime(2026, 3, 31, 12, tzinfo=UTC), zone="UTC")
    assert long.was_until == long.since  # February is over before its thirty-first would come


def test_years_and_neighbours() -> None:
    year = period("2026", now=NOW, zone="UTC")
    assert year.was_until == datetime(2025, 11, 23, 9, 10, tzinfo=UTC)
    assert [one.name for one in periods.months(year, now=NOW)][-1] == "2026-11"
    assert periods.beside(year, 1, now=NOW) is None
    january = period("2026-01", now=NOW, zone="UTC")
    before = periods.beside(january, -1, now=NOW)
    assert before is not None and before.name == "2025-12"
    assert [one.name for one in periods.months(january, now=NOW)] == [
        "2025-08", "2025-09", "2025-10", "2025-11", "2025-12", "2026-01",
    ]  # fmt: skip
    assert periods.last("month", now=NOW, zone="UTC").name == "2026-10"
    assert periods.last("year", now=NOW, zone="UTC").name == "2025"
    new_year = datetime(2026, 12, 31, 21, tzinfo=UTC)  # it is the new year there, to the second
    assert periods.current("month", now=new_year, zone="Europe/Istanbul").name == "2027-01"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "index_period_unreadable"),
        ("2026-13", "index_period_unreadable"),
        ("2026-00", "index_period_unreadable"),
        ("1066-10", "index_period_unreadable"),
        ("2026-1", "index_period_unreadable"),
        ("2026-11-01", "index_period_unreadable"),
        ("２０２６", "index_period_unreadable"),
        ("2026-12", "index_period_ahead"),
        ("2031", "index_period_ahead"),
    ],
)
def test_what_is_no_period_is_told(written: str, code: str) -> None:
    with pytest.raises(InvalidInput) as told:
        period(written, now=NOW, zone="UTC")
    assert told.value.code == code


def test_what_the_command_line_understands_as_a_period() -> None:
    for said, name in (("month", "2026-10"), ("year", "2025"), ("2026-11", "2026-11"), ("2026", "2026")):
        assert told(said, now=NOW, zone="Europe/Istanbul").name == name
    for said, code in (
        ("week", "index_last_unreadable"),
        ("", "index_last_unreadable"),
        ("2030", "index_period_ahead"),
    ):
        with pytest.raises(InvalidInput) as fault:
            told(said, now=NOW, zone="UTC")
        assert fault.value.code == code
