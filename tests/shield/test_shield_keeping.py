"""Audits, business hours, answers, care and the evidence vault."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan.errors import InvalidInput
from kalkan.figures import intervals
from kalkan.shield import triage
from kalkan.shield.answers import answers
from kalkan.shield.audit import Mark, measure, sample
from kalkan.shield.care import CareRules, Opening, Shift, break_due, dose, hand_over, not_today, on_duty, quiet, week
from kalkan.shield.hours import ALWAYS, Hours, due, worked, worked_minutes
from kalkan.shield.vault import START, Hold, Record, bundle, capture, check_bundle, from_row, to_row, verify
from tests.conftest import NOW
from tests.shield.conftest import as_read

OFFICE = Hours(zone="Europe/Istanbul", days=dict.fromkeys(range(5), (("09:00", "12:00"), ("13:00", "18:00"))))
LONDON = Hours(zone="Europe/London", days=ALWAYS)


# ------------------------------------------------------------------------------------------- audit


def test_a_sample_is_drawn_alike_and_again() -> None:
    texts = ["siktir git aptal", "Harika bir gün"] * 30
    found = triage(as_read(texts, id=[f"p{one}" for one in range(60)]))
    drawn = sample(found, n=10, seed=4)
    assert drawn == sample(found, n=10, seed=4) != sample(found, n=10, seed=5)
    assert len(drawn.ids) == 20 and len(drawn.folded) == 10
    assert all(int(one[1:]) % 2 == 0 for one in drawn.folded)
    assert (drawn.folded_of, drawn.untouched_of) == (30, 30)
    with pytest.raises(InvalidInput):
        sample(triage(as_read(texts)), n=3, seed=1)


def test_the_three_figures_carry_their_intervals() -> None:
    marks = [Mark(folded=True, whole=True, abuse=one < 8, criticism=one == 9) for one in range(10)]
    marks += [Mark(folded=True, whole=False, abuse=True, criticism=True)]
    marks += [Mark(folded=False, whole=False, abuse=one == 0, criticism=False) for one in range(20)]
    told = measure(marks, interval=intervals.share)
    assert (told.precision.count, told.precision.n) == (9, 11)
    assert (told.missed.count, told.missed.n) == (1, 20)
    assert (told.criticism_folded.count, told.criticism_folded.n) == (1, 10)
    wilson = intervals.share(1, 10)
    assert (told.criticism_folded.low, told.criticism_folded.high) == (wilson.low, wilson.high)
    assert measure([], interval=intervals.share).precision.n == 0


# ------------------------------------------------------------------------------------------- hours and answers


def _at(text: str, zone: str = "Europe/Istanbul") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def test_business_time_leaves_nights_lunch_weekends_and_holidays_out() -> None:
    friday, monday = _at("2026-11-20T17:00"), _at("2026-11-23T10:30")
    assert worked(friday, monday, hours=OFFICE) == timedelta(hours=2, minutes=30)
    closed = Hours(zone=OFFICE.zone, days=OFFICE.days, closed=frozenset({date(2026, 11, 23)}))
    assert worked(friday, monday, hours=closed) == timedelta(hours=1)
    assert worked(monday, friday, hours=OFFICE) == timedelta()
    assert due(friday, hours=OFFICE, goal=timedelta(hours=4)) == _at("2026-11-23T12:00")
    assert due(_at("2026-11-23T11:30"), hours=OFFICE, goal=timedelta(hours=1)) == _at("2026-11-23T13:30")


def test_the_hour_that_clocks_skip_and_the_one_they_repeat() -> None:
    spring = worked(_at("2026-03-29T00:00", "Europe/London"), _at("2026-03-30T00:00", "Europe/London"), hours=LONDON)
    autumn = worked(_at("2026-10-25T00:00", "Europe/London"), _at("2026-10-26T00:00", "Europe/London"), hours=LONDON)
    assert (spring, autumn) == (timedelta(hours=23), timedelta(hours=25))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 40_000), st.integers(0, 20_000), st.integers(0, 20_000))
def test_business_time_adds_up(begin: int, first: int, second: int) -> None:
    a = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(minutes=begin)
    b, c = a + timedelta(minutes=first), a + timedelta(minutes=first + second)
    whole = worked(a, c, hours=OFFICE)
    assert worked(a, b, hours=OFFICE) + worked(b, c, hours=OFFICE) == whole
    assert timedelta() <= whole <= c - a
    goal = timedelta(minutes=1 + second % 900)
    assert worked(a, due(a, hours=OFFICE, goal=goal), hours=OFFICE) == goal


@pytest.mark.parametrize(
    "wrong",
    [{"zone": "Atlantis/West"}, {"days": {0: (("18:00", "09:00"),)}}, {"days": {0: (("9", "18:00"),)}},
     {"days": {0: (("09:00", "12:00"), ("11:00", "18:00"))}}, {"days": {7: (("09:00", "18:00"),)}}],
)  # fmt: skip
def test_hours_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        Hours(**wrong)  # type: ignore[arg-type]


def test_never_open_never_due() -> None:
    with pytest.raises(InvalidInput):
        due(NOW, hours=Hours(days={}), goal=timedelta(minutes=1))
    assert worked_minutes(np.array(["NaT"], "datetime64[us]"), np.array([0], "datetime64[us]"), hours=OFFICE)[0] != 0


def test_answers_count_in_business_time() -> None:
    base = np.datetime64("2026-11-23T06:00")  # 09:00 in Istanbul
    heard = np.array([base] * 5)
    answered = base + np.array([10, 30, 240, 600, 0], "timedelta64[m]")
    answered[3], answered[4] = np.datetime64("NaT"), base - np.timedelta64(5, "m")
    resolved = np.array([base + np.timedelta64(20, "m"), *[np.datetime64("NaT")] * 4])
    told = answers(heard, answered, resolved, hours=OFFICE, goal=timedelta(minutes=60), now=_at("2026-11-23T12:00"))
    assert (told.n, told.answered, told.resolved, told.backlog) == (5, 2, 1, 3)
    assert (told.median_minutes, told.p90_minutes, told.oldest_minutes) == (10.0, 30.0, 180.0)
    assert told.late == 3
    none = answers(heard[:0], answered[:0], resolved[:0], hours=OFFICE, goal=timedelta(hours=1), now=NOW)
    assert (none.n, none.median_minutes, none.oldest_minutes) == (0, None, None)


# ------------------------------------------------------------------------------------------- care

SHIFT = Shift(person="elif", begin=NOW, end=NOW + timedelta(hours=6))
RULES = CareRules(cap_characters=100, cap_posts=4, zone="Europe/Istanbul")


def _opened(*pairs: tuple[str, int]) -> list[Opening]:
    return [Opening(at=NOW + timedelta(minutes=at), post_id=name, characters=n) for at, (name, n) in enumerate(pairs)]


def test_the_dose_is_what_was_opened() -> None:
    opened = _opened(("a", 30), ("a", 30), ("b", 50))
    before = Opening(at=NOW - timedelta(minutes=1), post_id="z", characters=900)
    told = dose([*opened, before], shift=SHIFT, rules=RULES)
    assert (told.characters, told.posts, told.standing, told.left_characters) == (80, 2, "near", 20)
    assert dose([], shift=SHIFT, rules=RULES).standing == "fine"
    assert dose(_opened(("a", 100)), shift=SHIFT, rules=RULES).standing == "over"
    assert dose(_opened(*((name, 1) for name in "abcd")), shift=SHIFT, rules=RULES).standing == "over"


def test_who_takes_over() -> None:
    later = Shift(person="can", begin=SHIFT.end, end=SHIFT.end + timedelta(hours=6))
    beside = Shift(person="burak", begin=NOW, end=SHIFT.end)
    rota = [later, SHIFT, beside]
    assert hand_over(rota, NOW, me="elif") == beside
    assert hand_over(rota, NOW, me="elif", away=["burak"]) == later
    assert hand_over([SHIFT], NOW, me="elif") is None
    assert [one.person for one in on_duty(rota, SHIFT.end)] == ["can"]


def test_breaks_quiet_hours_and_topics() -> None:
    due_at = break_due([], shift=SHIFT, rules=RULES)
    assert due_at == NOW + timedelta(hours=2)
    short, long = (NOW + timedelta(hours=1), NOW + timedelta(hours=1, minutes=2)), (NOW, NOW + timedelta(minutes=12))
    assert break_due([short], shift=SHIFT, rules=RULES) == due_at
    assert break_due([short, long], shift=SHIFT, rules=RULES) == NOW + timedelta(hours=2, minutes=12)
    night, day = _at("2026-11-23T23:30"), _at("2026-11-23T12:00")
    assert quiet(night, rules=RULES) and not quiet(day, rules=RULES) and not quiet(night, rules=RULES, on_call=True)
    assert not quiet(night, rules=replace(RULES, quiet_from="08:00", quiet_until="08:00"))
    assert not_today(["hate", "story:7"], ["hate"]) and not not_today(["insult"], ["hate"])


def test_a_week_is_a_persons_own() -> None:
    opened = [Opening(at=NOW - timedelta(days=age), post_id=f"{age}", characters=60) for age in (0, 1, 1, 6, 9)]
    shifts = [Shift(person="elif", begin=NOW - timedelta(days=1, hours=1), end=NOW - timedelta(hours=20))]
    told = week(opened, shifts, until=NOW + timedelta(hours=1), rules=RULES, breaks=2, solved=3, thanks=1)
    assert (told.characters, told.posts, told.breaks, told.solved, told.thanks) == (240, 3, 2, 3, 1)
    assert told.days == (60, 0, 0, 0, 0, 120, 60)
    assert told.over_cap == 0


# ------------------------------------------------------------------------------------------- evidence

HOLD = Hold(name="2026-14", why="threat against shop staff", by="deniz", until=date(2027, 11, 23))
POST = {
    "id": "at://did:plc:x/app.bsky.feed.post/1", "network": "bluesky", "text": "<b>seni bulacağım</b> \ud800",
    "author_handle": "x.test", "created_at": NOW, "links": ["https://a.test"], "p_threat": 0.9,
}  # fmt: skip
ABOVE = {"id": "p0", "text": "Bizim gönderimiz", "author_handle": "findik.test"}


def _chain(n: int = 3) -> list[Record]:
    records: list[Record] = []
    around = {"context": [ABOVE], "reason": "shield_held_threat", "hold": HOLD, "by": "kalkan", "brand": "Fındık"}
    read = {"recipe": "fast", "p_threat": 0.91}
    for one in range(n):
        after = records[-1] if records else None
        at = NOW + timedelta(minutes=one)
        post = {**POST, "id": f"p{one}"}
        records.append(capture(post, at=at, after=after, reading=read, files={"shot.png": b"png"}, **around))
    return records


def test_a_chain_is_whole_and_comes_back() -> None:
    records = _chain()
    assert verify(records) == ()
    assert records[0].before == START and records[1].before == records[0].digest
    assert [from_row(to_row(one)) for one in records] == records
    assert "p_threat" not in records[0].post
    assert verify(records[1:], begin=records[0].digest) == ()


def test_every_change_is_named() -> None:
    records = _chain()
    changed = replace(records[1], post={**records[1].post, "text": "nothing"})
    assert [flaw.why for flaw in verify([records[0], changed, records[2]])] == ["record_changed"]
    assert [flaw.why for flaw in verify([records[0], records[2]])] == ["record_missing"]
    assert [flaw.why for flaw in verify(records[1:])] == ["record_missing"]
    again = replace(changed, digest=capture(changed.post, reason="x", hold=HOLD, by="y", brand="z", at=NOW).digest)
    assert verify([records[0], again, records[2]])


def test_a_bundle_stands_on_its_own(tmp_path: Path) -> None:
    folder = bundle(_chain(), tmp_path / "case", lang="tr", files={"shot.png": b"png"})
    assert check_bundle(folder) == ()
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "&lt;b&gt;seni bulacağım&lt;/b&gt;" in report and "<b>" not in report
    assert "2026-14" in report and "Fındık için kanıt" in report
    sums = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    assert sums.returncode == 0
    (folder / "files" / "shot.png").write_bytes(b"other")
    (folder / "more.txt").write_text("x")
    assert {(flaw.where, flaw.why) for flaw in check_bundle(folder)} == {
        ("files/shot.png", "file_changed"),
        ("more.txt", "file_added"),
    }


def test_no_bundle_of_what_is_not_whole(tmp_path: Path) -> None:
    records = _chain(1)
    for chosen, files in (
        ([], {}),
        (records, {}),
        (records, {"shot.png": b"no"}),
        ([replace(records[0], by="z")], {"shot.png": b"png"}),
    ):
        with pytest.raises(InvalidInput):
            bundle(chosen, tmp_path / "case", lang="en", files=files)
    bundle(records, tmp_path / "case", lang="en", files={"shot.png": b"png"})
    with pytest.raises(InvalidInput):
        bundle(records, tmp_path / "case", lang="en", files={"shot.png": b"png"})
    with pytest.raises(InvalidInput):
        check_bundle(tmp_path)
    with pytest.raises(InvalidInput):
        Hold(name=" ", why="x", by="y", until=date(2027, 1, 1))
    with pytest.raises(InvalidInput):
        capture({"text": "x"}, reason="x", hold=HOLD, by="y", brand="z", at=NOW)
