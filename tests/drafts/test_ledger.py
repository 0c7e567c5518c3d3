"""The ledger's chain: whole, or broken at the first entry that is not what it was."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kalkan import ledger
from kalkan.errors import InvalidInput
from kalkan.sentences import say

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SALT = "0123456789abcdef"


def chain(n: int = 8) -> list[dict[str, Any]]:
    rows, last = [], None
    for number in range(n):
        kind = ledger.KINDS[number % len(ledger.KINDS)]
        last = ledger.entry(
            kind,
            {"verdict": "hold", "why": ["ö", number]},
            brand="findik",
            about=f"draft:{number // 3}",
            at=AT + timedelta(minutes=number),
            who="elif" if number % 2 else "",
            after=last,
            note="keep calm" if number == 3 else "",
            salt=SALT if number == 3 else "",
        )
        rows.append(ledger.row_of(last))
    return rows


def test_a_chain_is_whole() -> None:
    rows = chain()
    assert ledger.verify(rows) is None
    assert ledger.verify([]) is None
    assert ledger.verify(json.loads(json.dumps(rows))) is None


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 7), st.sampled_from(["at", "brand", "kind", "about", "who", "note", "prev", "hash", "seq", "body"])
)
def test_no_field_of_any_entry_can_be_changed_unseen(place: int, name: str) -> None:
    rows = chain()
    row = rows[place]
    row[name] = {"seq": row["seq"] + 1, "body": {**row["body"], "verdict": "go"}}.get(name, f"{row[name]}x")
    broken = ledger.verify(rows)
    assert broken is not None
    assert broken.seq == place + 1


Change = Callable[[list[dict[str, Any]]], object]
CHANGES: dict[str, tuple[Change, int, str]] = {
    "one taken out": (lambda rows: rows.pop(4), 5, "entry_missing"),
    "one put in twice": (lambda rows: rows.insert(4, rows[3]), 5, "entry_missing"),
    "two exchanged": (lambda rows: rows.insert(4, rows.pop(5)), 5, "entry_missing"),
    "the first taken out": (lambda rows: rows.pop(0), 1, "entry_missing"),
    "one that is none": (lambda rows: rows.__setitem__(2, {}), 3, "entry_unreadable"),
    "a share slipped in": (lambda rows: rows[2]["body"].update(share=0.5), 3, "entry_unreadable"),
}


@pytest.mark.parametrize("what", sorted(CHANGES))
def test_a_break_is_named(what: str) -> None:
    change, seq, why = CHANGES[what]
    rows = copy.deepcopy(chain())
    change(rows)
    assert ledger.verify(rows) == ledger.Break(seq=seq, why=why)


def test_a_cut_off_or_rewritten_end_is_seen_by_whoever_kept_the_head() -> None:
    rows = chain()
    head = ledger.head(ledger.read(rows[-1]))
    assert ledger.verify(rows, known=head) is None
    assert ledger.verify(rows[:-1]) is None  # nothing in the chain itself can tell
    assert ledger.verify(rows[:-1], known=head) == ledger.Break(seq=8, why="end_missing")
    other = chain(9)[:7]
    forged = ledger.entry("hindsight", {}, brand="findik", about="x", at=AT, after=ledger.read(other[-1]))
    assert ledger.verify([*other, ledger.row_of(forged)], known=head) == ledger.Break(seq=8, why="entry_changed")
    assert ledger.verify(chain(9), known=head) is None  # it may grow


def test_an_export_is_the_chain_without_private_notes() -> None:
    rows = chain()
    exported = list(ledger.export(rows))
    assert ledger.verify(ledger.lines(exported)) is None
    assert "keep calm" not in "".join(exported)
    assert SALT not in "".join(exported)
    exported[4] = exported[4].replace("hold", "go")
    assert ledger.verify(ledger.lines(exported)) == ledger.Break(seq=5, why="entry_changed")
    exported[1] = "no json\n"
    assert ledger.verify(ledger.lines(exported)) == ledger.Break(seq=2, why="entry_unreadable")


def test_a_private_note_is_bound_and_can_be_forgotten() -> None:
    noted = ledger.read(chain()[3])
    assert ledger.verify_note(noted, "keep calm", SALT)
    assert not ledger.verify_note(noted, "keep calmer", SALT)
    assert not ledger.verify_note(ledger.read(chain()[2]), "", SALT)


@pytest.mark.parametrize(
    ("code", "kind", "body", "note", "salt"),
    [
        ("ledger_kind", "gossip", {}, "", ""),
        ("ledger_body", "advice", {"risk": 0.4}, "", ""),
        ("ledger_salt", "advice", {}, "a note", "short"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(code: str, kind: str, body: dict[str, Any], note: str, salt: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        ledger.entry(kind, body, brand="b", about="d", at=AT, note=note, salt=salt)


class Word(Enum):
    HOLD = "hold"


@dataclass(frozen=True)
class Verdict:
    word: Word
    risk: float
    at: datetime
    stories: tuple[str, ...]
    named: frozenset[str]


def test_anything_of_ours_can_be_told_in_a_body() -> None:
    told = ledger.told({"verdict": Verdict(Word.HOLD, 0.123456, AT, ("a",), frozenset({"c", "b"}))})
    assert told["verdict"] == {
        "word": "hold",
        "risk": "0.1235",
        "at": "2026-11-23T09:00:00.000000+00:00",
        "stories": ["a"],
        "named": ["b", "c"],
    }
    row = ledger.row_of(ledger.entry("advice", told, brand="b", about="d", at=AT))
    assert ledger.verify([row]) is None


def test_the_doctor_is_told_in_one_sentence() -> None:
    well = ledger.examine("findik", chain())
    assert (well.level, well.code, well.params["entries"]) == ("well", "doctor_ledger", 8)
    rows = chain()
    rows[5]["who"] = "somebody"
    fault = ledger.examine("findik", rows)
    assert (fault.level, fault.params["entry"]) == ("fault", 6)
    assert "6" in say(fault.code, fault.params, lang="tr")
