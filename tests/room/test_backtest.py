"""The played-back measures: made-up cases here, the documented ones where the shared data is."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import rooms as played
from kalkan.room import check
from tests.room.rooms import room


def _judged(case: Any, share: float = 0.1) -> played.Judged:
    one = room(case.lang, keywords=case.keywords, hashtags=case.hashtags, at=case.at, share=share, posts=500)
    return played.judged(case, check(case.draft, brand=case.brand, room=one, at=case.at))


def test_made_up_cases_are_judged_well() -> None:
    rows = [_judged(case) for case in played.invented_cases()]
    found = played.measures(rows)
    assert len(rows) >= 100
    assert found["hold_recall"] >= 0.9, [one.case.id for one in rows if one.case.expected == "hold" != one.verdict]
    assert found["go_wrongly_held"] <= 0.06
    assert found["acceptable"] >= 0.9, [one.case.id for one in rows if one.verdict not in one.case.acceptable]


def test_the_room_decides_not_the_words_alone() -> None:
    """The same drafts in rooms of nothing but chatter: what depended on the room goes out."""
    cases = [case for case in played.invented_cases() if case.expected == "hold" and case.at.month in (5, 6)]
    calm = [
        check(case.draft, brand=case.brand, room=room(case.lang, at=case.at, posts=300), at=case.at) for case in cases
    ]
    assert sum(said.verdict != "hold" for said in calm) >= 0.9 * len(cases)


def test_measures_count_what_they_say() -> None:
    cases = played.invented_cases()[:4]
    rows = [played.Judged(case=case, verdict=case.expected, risk=0.0) for case in cases]
    assert played.measures(rows)["exact"] == 1.0
    wrong = [played.Judged(case=case, verdict="go", risk=0.0) for case in cases]
    assert played.measures(wrong)["hold_recall"] == 0.0
    whole = played.measures(rows, intervals=True)["exact"]
    assert whole["n"] == 4 and (whole["interval"] is None or whole["interval"][1] == 1.0)


def test_the_rooms_maker_sees_neither_draft_nor_label(shared: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same room comes out whatever the draft says and is expected to be."""
    from dataclasses import replace

    from kalkan.room import Draft

    monkeypatch.setattr(played, "SHARED", shared)
    case = next(one for one in played.cases() if one.lang == "tr")
    other = replace(case, draft=Draft(text="something else"), expected="go", acceptable=("go",), reasons=())
    rooms = [played.room_of(one, share=0.1, lag=2.0, seed=1) for one in (case, other)]
    assert rooms[0].posts.equals(rooms[1].posts)
