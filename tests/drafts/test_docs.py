"""The page about sending shows the table of moves as it is."""

from __future__ import annotations

import re
from pathlib import Path

from kalkan.drafts import MOVES

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "sending.md"


def test_the_page_has_every_move_and_no_other() -> None:
    rows = re.findall(r"^\| (\w+) \| ([\w, ]*) ?\| ([\w, ]*) ?\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = {name: (words(events), words(states)) for name, events, states in rows if name in MOVES}
    assert told == {
        name: (
            {event.__name__ for event in row},
            {state for states in row.values() for state in states},
        )
        for name, row in MOVES.items()
    }


def words(cell: str) -> set[str]:
    return {word for word in re.split(r"[, ]+", cell) if word}
