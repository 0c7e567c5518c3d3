"""Random histories: nothing overdue, paused, unapproved or doubled goes out; and the book would see it if it did."""

from __future__ import annotations

import pytest

from benchmarks.histories import play
from kalkan.drafts import moves


def faults(found: dict[str, int]) -> set[str]:
    return {name.removeprefix("fault: ") for name in found if name.startswith("fault: ")}


def test_nothing_goes_out_that_should_not() -> None:
    found = play(800, seed=7)
    assert faults(found) == set()
    assert found["posts"] > 200
    for ended in ("sent", "held draft_late", "held draft_paused", "held approval_late", "held room_hold"):
        assert found[f"ended {ended}"] > 3, ended


@pytest.mark.parametrize(
    ("guard", "instead", "fault"),
    [
        ("_late", lambda *_: "", "overdue"),
        ("_paused", lambda *_: "", "after a pause"),
        ("_reached", lambda *_: True, "unapproved"),
    ],
)
def test_the_book_sees_what_a_guard_keeps_back(
    guard: str, instead: object, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moves, guard, instead)
    assert fault in faults(play(250, seed=7))
