"""Figures: shares, counts and times with what is sure of them; leads, service, mix; and what each of them is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from kalkan import index
from kalkan.index import DEFINITIONS, NEVER, SECTIONS, STAGES, Campaign, Sent, Waited
from kalkan.index.lines import minutes, number, part, ranks
from kalkan.shield.hours import Hours

NOW = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


def test_a_share_tells_a_change_only_where_it_is_sure() -> None:
    sure = part("answered", 80, 100, was=(50, 100))
    assert sure.direction == "up" and sure.interval is not None and 0.7 < sure.interval.low < 0.8 < sure.interval.high
    assert part("answered", 55, 100, was=(50, 100)).direction == "same"
    # clear if it were the only comparison, but not among twenty-five
    assert part("answered", 64, 100, was=(50, 100)).direction == "same"
    assert part("answered", 80, 100).direction == "none"
    few = part("answered", 4, 5, was=(50, 100))
    assert few.few and few.direction == "none"
    nothing = part("answered", 0, 0, was=(3, 4))
    assert nothing.value is None and nothing.interval is None and nothing.few


def test_counts_are_compared_as_rates_over_periods_of_other_length() -> None:
    assert number("conversions", 100, was=100, scale=1.0).direction == "same"
    assert number("conversions", 100, was=100, scale=3.0).direction == "down"  # three times the days, no more of them
    assert number("conversions", 60, was=20).direction == "up"
    assert number("opens", 600, was=200, apart=False).direction == "none"  # opens come in bursts by one person


def test_times_have_a_median_and_a_tenth_with_intervals() -> None:
    spent = [float(one) for one in range(1, 101)]
    median = minutes("first_reply", spent, q=0.5, was=[one * 10 for one in spent])
    assert median.value == 50 and median.direction == "down"
    assert median.interval is not None and 38 <= median.interval.low <= 42 and 59 <= median.interval.high <= 63
    tenth = minutes("first_reply_p90", spent, q=0.9, was=spent)
    assert tenth.value == 90 and tenth.direction == "same"
    assert minutes("first_reply", [], q=0.5).value is None
    assert minutes("first_reply", spent[:9], q=0.5, was=spent).clear is None
    one = minutes("first_reply", [7.0], q=0.5)
    assert one.few and one.value == 7.0 and one.interval is None


def test_the_interval_of_the_median_holds() -> None:
    """True median 1 h: the interval should hold it in at least 95 of 100 simulated months; ends that exist for few."""
    random = np.random.default_rng(7)
    held = 0
    for _ in range(2000):
        spent = np.sort(random.exponential(60 / np.log(2), size=40)).tolist()
        interval = minutes("first_reply", spent, q=0.5).interval
        held += interval is not None and interval.low <= 60 <= interval.high
    assert 0.94 <= held / 2000 <= 0.98
    assert ranks(10, 0.5) == (2, 9) and ranks(10, 0.9)[1] == 11 and ranks(40, 0.9)[1] <= 40
    exact, near = ranks(1000, 0.9), ranks(1001, 0.9)
    assert abs(exact[0] - near[0]) <= 2 and abs(exact[1] - near[1]) <= 2
    assert minutes("first_reply_p90", [1.0] * 10, q=0.9).interval is None


def moments(*minutes_after: float | None) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    start = datetime(2026, 11, 2, 10, 0, tzinfo=UTC).replace(tzinfo=None)
    return np.array([None if m is None else start + timedelta(minutes=m) for m in minutes_after], "datetime64[us]")


def test_service_counts_business_time_and_nobodys_name() -> None:
    period = index.period("2026-11", now=NOW, zone="UTC")
    hours = Hours(zone="UTC", days=dict.fromkeys(range(5), (("09:00", "18:00"),)))
    waited = Waited(
        heard=moments(*[0.0] * 12, 60.0),
        answered=moments(*[30.0] * 10, 24 * 60.0 + 30, None, None),  # the eleventh the next morning
        resolved=moments(*[40.0] * 8, *[None] * 5),
        asks=np.array([True] * 6 + [False] * 5 + [True, False]),
    )
    lines = {line.figure: line for line in index.service(
        waited, None, period, at=NOW, hours=hours, goal=timedelta(hours=4)
    )}  # fmt: skip
    assert (lines["needed"].count, lines["answered"].count, lines["solved"].count) == (13, 11, 8)
    assert lines["first_reply"].value == 30
    assert lines["first_reply_p90"].value == 30
    assert (lines["in_goal"].count, lines["in_goal"].n) == (10, 13)  # 8 h until 18:00 and half an hour the next day
    assert (lines["asks_answered"].count, lines["asks_answered"].n) == (6, 7)
    empty = Waited(heard=moments(), answered=moments(), resolved=moments(), asks=np.zeros(0, bool))
    none = {
        one.figure: one for one in index.service(empty, empty, period, at=NOW, hours=hours, goal=timedelta(hours=4))
    }
    assert none["answered"].value is None and none["first_reply"].value is None


def test_leads_never_add_our_opens_to_their_visits_and_keep_currencies_apart() -> None:
    period = index.period("2026-10", now=NOW, zone="UTC")
    now = [
        Campaign(name="a", opens=50, visits=400, conversions=20, value={"TRY": Decimal("100.50"), "EUR": Decimal("9")}),
        Campaign(name="b", opens=10, visits=None, conversions=30, value={"TRY": Decimal("1.25")}),
        Campaign(name="c", opens=0, visits=2, conversions=5),
    ]
    lines = {(line.figure, line.of): line for line in index.leads(now, [], period)}
    assert lines["opens", ""].count == 60 and lines["visits", ""].count == 402 and lines["conversions", ""].count == 55
    share = lines["conversion_share", ""]
    assert (share.count, share.n) == (20, 400)  # b has no visits to divide by, c more conversions than visits
    assert lines["value", "TRY"].money == Decimal("101.75") and lines["value", "EUR"].money == Decimal("9")
    assert {name for name, _of in lines} == {"opens", "visits", "conversions", "conversion_share", "value"}
    assert [line.figure for line in index.leads([], None, period)] == ["opens"]


def test_the_mix_says_how_much_and_how_received_by_interval() -> None:
    posts = [
        *[Sent(pillar="product", good=2, against=20, authors=30)] * 3,
        *[Sent(pillar="education", good=40, against=3, authors=60)] * 2,
        Sent(pillar="cause", good=3, against=1, authors=5),
        Sent(pillar="", good=0, against=0, authors=0),
    ]
    lines = {(line.figure, line.of): line for line in index.mix(posts, [])}
    assert (lines["posts_out", "product"].count, lines["posts_out", "product"].n) == (3, 7)
    assert lines["mix_reception", "product"].verdict == "called_out"
    assert lines["mix_reception", "education"].verdict == "praised"
    assert lines["mix_reception", "cause"].verdict == "too_few" and lines["mix_reception", "cause"].few
    assert ("posts_out", "other") in lines and ("posts_out", "service") not in lines
    assert index.mix([], None) == ()


def test_every_figure_has_its_formula_denominator_definition_and_source() -> None:
    for name, one in DEFINITIONS.items():
        assert one.name == name and one.section in SECTIONS and one.stage in STAGES
        assert one.unit in ("share", "count", "minutes", "money")
        for english, turkish in (one.title, one.formula, one.base, one.says, one.counted):
            assert english.strip() and turkish.strip() and english != turkish, name
        assert one.source
        if one.unit == "share":
            assert "÷" in one.formula[0] and "÷" in one.formula[1], name
    assert any("AVE" in english for english, _turkish in NEVER)
    words = " ".join(english for one in DEFINITIONS.values() for english in (one.title[0], one.formula[0]))
    assert "reach" not in words.lower() and "follower" not in words.lower()


def test_the_reference_page_is_that_table() -> None:
    kept = (ROOT / "docs" / "reference" / "index-figures.md").read_text(encoding="utf-8")
    assert index.reference() in kept
