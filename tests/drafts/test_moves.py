"""The table of moves: each move as it should be, and no path to sending that goes round approval, time or pause."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kalkan.drafts import (
    MOVES,
    STATES,
    Approval,
    Approve,
    Begin,
    Edit,
    Finish,
    Pause,
    Policy,
    Release,
    RequestChanges,
    Retry,
    Rule,
    State,
    Stop,
    Submit,
    Tick,
    Withdraw,
    move,
    moves_from,
)
from kalkan.errors import Refused
from kalkan.sentences import SENTENCES

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DUE = NOON + 60 * MINUTE
POLICY = Policy()


def at(minutes: float) -> datetime:
    return NOON + minutes * MINUTE


def submitted(planned: datetime | None = DUE, **changes: Any) -> State:
    event = Submit(by="kerem", digest="d1", kind="everyday", markets=("TR",), planned_at=planned, **changes)
    return move(State(brand="findik"), event, now=NOON, policy=POLICY)


def scheduled() -> State:
    return move(submitted(), Approve(by="elif", role="owner", digest="d1"), now=at(5), policy=POLICY)


def begun(state: State, minutes: float, **changes: Any) -> State:
    asked = {"digest": "d1", "pauses": (), "verdict": "go"} | changes
    return move(state, Begin(**asked), now=at(minutes), policy=POLICY)


def refused(state: State, event: Any, minutes: float, policy: Policy = POLICY) -> str:
    with pytest.raises(Refused) as error:
        move(state, event, now=at(minutes), policy=policy)
    return error.value.code


def test_the_whole_way() -> None:
    state = scheduled()
    assert (state.name, state.due_at, state.since) == ("scheduled", DUE, at(5))
    state = begun(state, 61)
    assert state.name == "sending"
    state = move(state, Finish(), now=at(61), policy=POLICY)
    assert (state.name, moves_from(state)) == ("sent", ())


def test_the_table_names_every_state_and_leads_to_known_ones() -> None:
    assert set(MOVES) == set(STATES)
    assert {name for row in MOVES.values() for names in row.values() for name in names} <= set(STATES)
    to_sending = {(name, event) for name, row in MOVES.items() for event, names in row.items() if "sending" in names}
    assert to_sending == {("scheduled", Begin), ("failed", Retry)}


EVENTS: tuple[Any, ...] = (
    Submit(by="kerem", digest="d1", kind="everyday", planned_at=DUE),
    Approve(by="elif", role="owner", digest="d1"),
    RequestChanges(by="elif", role="owner"),
    Edit(by="kerem"),
    Release(by="elif", role="owner", note="because"),
    Withdraw(by="kerem"),
    Tick(),
    Begin(digest="d1", pauses=(), verdict="go"),
    Retry(digest="d1", pauses=(), verdict="go", by="elif"),
    Finish(),
    Stop(why="draft_late"),
)


@pytest.mark.parametrize("name", STATES)
def test_what_is_not_in_the_table_is_refused(name: str) -> None:
    state = dataclasses.replace(scheduled(), name=name)
    for event in EVENTS:
        if type(event) not in MOVES[name]:
            assert refused(state, event, 61) == "draft_move"


def test_an_edit_voids_everything() -> None:
    state = move(scheduled(), Edit(by="kerem"), now=at(6), policy=POLICY)
    assert (state.name, state.digest, state.approvals, state.due_at) == ("draft", "", (), None)


def test_an_approval_is_for_the_version_that_was_read() -> None:
    assert refused(submitted(), Approve(by="elif", role="owner", digest="d0"), 1) == "approval_other_version"
    assert refused(submitted(), Approve(by="elif", role="writer", digest="d1"), 1) == "approval_role"
    assert refused(submitted(), Approve(by="kerem", role="owner", digest="d1"), 1) == "approval_own"
    two = Policy(rules=(Rule(needed=2),))
    once = move(submitted(), Approve(by="elif", role="owner", digest="d1"), now=at(1), policy=two)
    assert once.name == "submitted"
    assert refused(once, Approve(by="elif", role="owner", digest="d1"), 2, two) == "approval_twice"


def test_a_late_approval_sends_nothing_by_itself() -> None:
    state = move(submitted(), Approve(by="elif", role="owner", digest="d1"), now=DUE, policy=POLICY)
    assert (state.name, state.why, len(state.approvals)) == ("held", "approval_late", 1)
    early = submitted(deadline=at(30))
    assert move(early, Approve(by="elif", role="owner", digest="d1"), now=at(31), policy=POLICY).name == "held"
    by_hand = move(state, Release(by="elif", role="owner"), now=at(62), policy=POLICY)
    assert (by_hand.name, by_hand.due_at) == ("scheduled", at(62))
    assert refused(state, Release(by="elif", role="owner"), 76) == "release_late"


def test_waiting_for_approval_ends_at_the_deadline() -> None:
    assert move(submitted(), Tick(), now=at(59), policy=POLICY).name == "submitted"
    assert move(submitted(), Tick(), now=DUE, policy=POLICY).why == "approval_late"


def test_without_a_time_it_waits_for_a_hand() -> None:
    state = move(submitted(planned=None), Approve(by="elif", role="owner", digest="d1"), now=at(5), policy=POLICY)
    assert (state.name, state.due_at) == ("approved", None)
    assert refused(state, Begin(digest="d1", pauses=(), verdict="go"), 6) == "draft_move"
    assert refused(state, Release(by="ada", role="writer"), 6) == "release_role"
    state = move(state, Release(by="elif", role="owner"), now=at(600), policy=POLICY)
    assert (state.name, state.due_at) == ("scheduled", at(600))
    assert begun(state, 600).name == "sending"
    assert begun(state, 616).why == "draft_late"


@pytest.mark.parametrize(
    ("why", "minutes", "changes"),
    [
        ("draft_late", 75.1, {}),
        ("draft_changed", 61, {"digest": "d2"}),
        ("draft_unapproved", 61, {"still": frozenset({"tom"})}),
        ("room_hold", 61, {"verdict": "hold"}),
        ("room_unknown", 61, {"verdict": ""}),
        ("draft_paused", 61, {"pauses": (Pause(key="1", brand="findik", began_at=at(50), until=at(60.5)),)}),
    ],
)
def test_what_should_not_go_is_held_with_its_reason(why: str, minutes: float, changes: dict[str, Any]) -> None:
    state = begun(scheduled(), minutes, **changes)
    assert (state.name, state.why, state.begun) == ("held", why, False)
    assert why in SENTENCES


def test_it_goes_at_the_edges_of_its_time() -> None:
    assert refused(scheduled(), Begin(digest="d1", pauses=(), verdict="go"), 59.9) == "draft_not_due"
    assert begun(scheduled(), 60).name == "sending"
    assert begun(scheduled(), 75, verdict="care").name == "sending"


def test_a_hold_is_overruled_by_somebody_with_a_reason_only() -> None:
    held = begun(scheduled(), 61, verdict="hold")
    assert refused(held, Release(by="elif", role="owner", note=" "), 62) == "release_reason"
    state = move(held, Release(by="elif", role="owner", note="we checked"), now=at(62), policy=POLICY)
    assert (state.overruled_by, state.note) == ("elif", "we checked")
    assert begun(state, 62, verdict="hold").name == "sending"
    assert begun(state, 62, verdict="hold", digest="d2").why == "draft_changed"


def test_a_pause_that_is_over_before_a_release_does_not_stop_it() -> None:
    pause = Pause(key="1", brand="findik", began_at=at(50), until=at(63))
    held = begun(scheduled(), 61, pauses=(pause,))
    early = move(held, Release(by="elif", role="owner"), now=at(62), policy=POLICY)
    assert begun(early, 62, pauses=(pause,)).why == "draft_paused"
    later = move(held, Release(by="elif", role="owner"), now=at(64), policy=POLICY)
    assert begun(later, 64, pauses=(pause,)).name == "sending"


def test_what_is_out_in_part_is_neither_edited_nor_released() -> None:
    stopped = move(begun(scheduled(), 61), Stop(why="draft_paused"), now=at(62), policy=POLICY)
    assert (stopped.name, stopped.begun) == ("held", True)
    assert refused(stopped, Edit(by="kerem"), 62) == "draft_move"
    assert refused(stopped, Release(by="elif", role="owner"), 62) == "draft_move"
    assert moves_from(stopped) == ("Withdraw",)


def test_a_retry_is_asked_everything_again() -> None:
    failed = move(begun(scheduled(), 61), Stop(why="publish_refused", failed=True), now=at(62), policy=POLICY)
    assert failed.name == "failed"
    again = {"digest": "d1", "pauses": (), "verdict": "go", "by": "elif"}
    assert move(failed, Retry(**again), now=at(63), policy=POLICY).name == "sending"  # type: ignore[arg-type]
    assert move(failed, Retry(**again), now=at(80), policy=POLICY).why == "draft_late"  # type: ignore[arg-type]


def test_a_plan_in_the_past_is_not_taken() -> None:
    state = State(brand="findik")
    assert refused(state, Submit(by="k", digest="d", kind="x", planned_at=at(-1)), 0) == "planned_past"
    assert refused(state, Submit(by="k", digest="d", kind="x", deadline=NOON), 0) == "deadline_past"
    late = Submit(by="k", digest="d", kind="x", planned_at=DUE, deadline=DUE + MINUTE)
    assert move(state, late, now=NOON, policy=POLICY).deadline == DUE


PEOPLE = {"elif": "owner", "tom": "approver", "kerem": "writer", "outside:1": "outside"}
people = st.sampled_from(sorted(PEOPLE))
digests = st.sampled_from(["d1", "d2"])
verdicts = st.sampled_from(["go", "go", "go", "care", "hold", ""])


class Paths(RuleBasedStateMachine):
    """Anybody does anything at any time; beside it the test keeps its own plain book of what happened."""

    @initialize(needed=st.integers(1, 2), own=st.booleans(), outside=st.booleans(), planned=st.booleans())
    def begin(self, needed: int, own: bool, outside: bool, planned: bool) -> None:
        self.policy = Policy(rules=(Rule(needed=needed, own=own, outside=outside),))
        self.now = NOON
        self.planned = planned
        self.stored = "d1"  # the digest of the version as it is stored
        self.state = State(brand="findik")
        self.pauses: list[Pause] = []
        self.agreed: set[tuple[str, str]] = set()  # (who, digest), since the last edit
        self.writers: set[str] = set()
        self.released_at: datetime | None = None
        self.going = 0  # how often it came to sending from the outside
        self.the_usual_way()

    def do(self, event: Any) -> bool:
        before = self.state
        try:
            self.state = move(self.state, event, now=self.now, policy=self.policy)
        except Refused:
            assert self.state == before
            return False
        return True

    @rule()
    @precondition(lambda self: self.state.name in ("sent", "withdrawn", "sending") or self.state.begun)
    def another(self) -> None:
        """The next draft, with the same pauses behind it."""
        self.state, self.agreed, self.writers, self.released_at = State(brand="findik"), set(), set(), None

    @rule(minutes=st.sampled_from([0.0, 0.5, 1, 5, 14, 61]))
    def wait(self, minutes: float) -> None:
        self.now += minutes * MINUTE

    @rule(who=people, lead=st.sampled_from([1.0, 20, 60]))
    def submit(self, who: str, lead: float) -> None:
        planned = self.now + lead * MINUTE if self.planned else None
        if self.do(Submit(by=who, digest=self.stored, kind="everyday", markets=("TR",), planned_at=planned)):
            self.writers, self.agreed, self.released_at = {who}, set(), None

    @rule(who=people, digest=digests)
    def approve(self, who: str, digest: str) -> None:
        if self.do(Approve(by=who, role=PEOPLE[who], digest=digest)):
            self.agreed.add((who, digest))

    @rule(lead=st.sampled_from([1.0, 20, 60]), writer=people, between=st.sampled_from([0, 0, 0, 1.5]))
    @precondition(lambda self: self.state.name not in ("scheduled", "sending"))
    def the_usual_way(self, lead: float = 20, writer: str = "kerem", between: float = 0) -> None:
        self.edit("kerem", self.stored)
        self.submit(writer, lead)
        self.now += between * MINUTE
        for who in ("elif", "tom"):
            self.approve(who, self.stored)
        if not self.planned:
            self.release("elif", "")

    @rule(needed=st.integers(1, 2), own=st.booleans())
    def the_policy_changes(self, needed: int, own: bool) -> None:
        self.policy = Policy(rules=(dataclasses.replace(self.policy.rules[0], needed=needed, own=own),))

    @rule(after=st.sampled_from([-0.5, 0, 0.5, 5, 14.9, 15.1, 16, 90]))
    @precondition(lambda self: self.state.due_at is not None)
    def until_due(self, after: float) -> None:
        assert self.state.due_at is not None
        self.now = max(self.now, self.state.due_at + after * MINUTE)

    @rule(who=people, digest=digests)
    def edit(self, who: str, digest: str) -> None:
        if self.do(Edit(by=who)):
            self.stored, self.agreed, self.released_at = digest, set(), None

    @rule(digest=digests)
    def the_table_is_changed_behind_our_back(self, digest: str) -> None:
        self.stored = digest

    @rule(who=people, note=st.sampled_from(["", "because"]))
    def release(self, who: str, note: str) -> None:
        if self.do(Release(by=who, role=PEOPLE[who], note=note)):
            self.released_at = self.now

    @rule(length=st.sampled_from([None, 1.0, 30.0]), market=st.sampled_from(["", "TR", "GB"]))
    def pause(self, length: float | None, market: str) -> None:
        until = None if length is None else self.now + length * MINUTE
        key = str(len(self.pauses))
        self.pauses.append(Pause(key=key, brand="findik", market=market, began_at=self.now, until=until))

    @rule()
    @precondition(lambda self: self.pauses)
    def resume(self) -> None:
        self.pauses = [dataclasses.replace(one, ended_at=one.ended_at or self.now) for one in self.pauses]

    @rule(who=people, what=st.sampled_from(["changes", "withdraw", "tick", "tick", "finish", "stop", "fail"]))
    def something_else(self, who: str, what: str) -> None:
        if what == "changes":
            if self.do(RequestChanges(by=who, role=PEOPLE[who])):
                self.agreed, self.released_at = set(), None
        elif what == "withdraw":
            self.do(Withdraw(by=who))
        elif what == "tick":
            self.do(Tick(pauses=tuple(self.pauses)))
        elif what == "finish":
            if self.do(Finish()):
                assert self.going > 0
        else:
            self.do(Stop(why="publish_refused", failed=what == "fail", begun=False))

    @rule(after=st.sampled_from([0, 0.5, 5, 14.9, 15.1]), verdict=verdicts)
    @precondition(lambda self: self.state.name == "scheduled")
    def worker_at_the_time(self, after: float, verdict: str) -> None:
        self.until_due(after)
        self.worker(verdict, False)

    @rule(verdict=verdicts, again=st.booleans())
    def worker(self, verdict: str, again: bool) -> None:
        asked = {"digest": self.stored, "pauses": tuple(self.pauses), "verdict": verdict}
        before = self.state
        if self.do(Retry(**asked, by="elif") if again else Begin(**asked)) and self.state.name == "sending":  # type: ignore[arg-type]
            self.check_going(before, verdict)

    def check_going(self, before: State, verdict: str) -> None:
        """It goes out now: was that right, by the book?"""
        rule = self.policy.rules[0]
        roles = {"owner", "approver"} | ({"outside"} if rule.outside else set())
        counted = {who for who, digest in self.agreed if digest == self.stored and PEOPLE[who] in roles}
        counted -= set() if rule.own else self.writers
        assert len(counted) >= rule.needed, "unapproved"
        due = before.planned_at or self.released_at
        assert due is not None, "without a time or a hand"
        assert due <= self.now <= due + timedelta(minutes=15), "late"
        since = max(due, self.released_at) if self.released_at else due
        for one in self.pauses:
            if one.market in ("", "TR"):
                over = one.end is not None and one.end <= max(since, one.began_at)
                assert over or one.began_at > self.now, "after a pause"
        assert verdict in ("go", "care") or before.overruled_by, "against the room"
        self.going += 1

    @invariant()
    def what_is_sent_stays_sent(self) -> None:
        state = getattr(self, "state", State(brand="findik"))
        if state.name == "sent":
            assert moves_from(state) == ()
        if state.name in ("draft", "changes"):
            assert not state.approvals and not state.digest


TestPaths = Paths.TestCase
TestPaths.settings = settings(max_examples=250, stateful_step_count=25, deadline=None)


def test_an_approval_in_the_row_itself_must_fit_the_digest_too() -> None:
    """Somebody who writes into the database past us gains nothing by an approval of another digest."""
    forged = dataclasses.replace(scheduled(), approvals=(Approval(by="elif", role="owner", digest="d0", at=NOON),))
    assert begun(forged, 61).why == "draft_unapproved"
