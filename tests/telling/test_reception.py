"""Reception by interval: what may be said, and what may not."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kalkan.reception import STANCES, received, stances


@pytest.mark.parametrize(
    ("praise", "against", "verdict"),
    [
        (100, 40, "praised"),
        (40, 41, "mixed"),
        (21, 96, "called_out"),
        (9, 0, "too_few"),
        (15, 15, "too_few"),
        (30, 0, "praised"),
    ],
)
def test_verdicts(praise: int, against: int, verdict: str) -> None:
    assert received({"praise": praise, "call_out": against}).verdict == verdict


def test_jokes_are_no_call_outs() -> None:
    assert received({"praise": 80, "call_out": 10, "joke": 400}).verdict == "praised"


def test_ignored_needs_the_usual_volume() -> None:
    quiet = {"praise": 1, "call_out": 1, "none": 198}
    assert received(quiet, usual=150).verdict == "ignored"
    assert received(quiet, usual=500).verdict == "too_few"
    assert received(quiet).verdict == "too_few"


def test_silence_is_told_only_where_no_act_was_found() -> None:
    assert received({"call_out": 500}, acted=False).verdict == "silent"


def test_reasons_need_enough_voices() -> None:
    sides = {"call_out": 60, "praise": 3}
    assert received(sides, whys=["too_late"] * 14).whys == ()
    assert received(sides, whys=["too_late"] * 10 + ["tone_deaf"] * 4 + ["noise"]).whys == ()
    assert received(sides, whys=["too_late"] * 10 + ["tone_deaf"] * 6).whys == (("too_late", 10), ("tone_deaf", 6))


@given(st.dictionaries(st.sampled_from(STANCES), st.integers(0, 400)), st.none() | st.integers(0, 500))
def test_a_side_is_named_only_when_its_whole_interval_is_there(counts: dict[str, int], usual: int | None) -> None:
    found = received(counts, usual=usual)
    if found.verdict == "praised":
        assert found.low > 0.6 and found.authors >= 30
    if found.verdict == "called_out":
        assert found.high < 0.4 and found.authors >= 30


def rows(*given: tuple[str, dict[str, float]]) -> pa.Table:
    names = ("p_praise", "p_complaint", "p_negative", "p_irony", "p_ask")
    return pa.table(
        {
            "author_id": [who for who, _ in given],
            **{name: pa.array([p.get(name) for _, p in given], pa.float32()) for name in names},
        }
    )


def test_one_author_one_stance() -> None:
    told = stances(
        rows(
            ("a", {"p_praise": 0.9}), ("a", {"p_praise": 0.8}), ("a", {"p_complaint": 0.9}),
            ("b", {"p_complaint": 0.9, "p_negative": 0.9}), ("c", {"p_praise": 0.9}), ("c", {"p_negative": 0.9}),
            ("d", {"p_irony": 0.9, "p_praise": 0.9}), ("e", {"p_ask": 0.7}), ("f", {}),
        )
    )  # fmt: skip
    assert told == {"praise": 1, "call_out": 1, "joke": 1, "ask": 1, "none": 2}
    assert sum(stances(rows()).values()) == 0
