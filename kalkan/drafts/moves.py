"""The table of allowed moves of a draft, and the one function that makes them.

Owns :data:`MOVES` (what may happen in which state, and where it leads) and :func:`move`. Promises: a move that is not
in the table is refused; the only way to ``sending`` is :class:`Begin` (or :class:`Retry` after a fault), and both ask
again for the digest, the approvals, the time, the pauses and the room; an edit voids every approval; an approval that
comes late leaves the draft held; what is overdue is held by any move that notices. Pure: the clock is an argument.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeAlias

from kalkan.drafts.policy import Approval, Pause, Policy, hit, reached
from kalkan.errors import Refused

STATES: Final = (
    "draft",  # being written
    "submitted",  # waits for approval
    "changes",  # somebody asked for changes; goes on with an edit
    "approved",  # approved without a time: waits for a person to let it go
    "scheduled",  # approved, and goes at ``due_at``
    "sending",  # being sent, or sent in part and tried again
    "sent",  # out, all of it
    "held",  # stopped, ``why`` says by what; goes nowhere by itself
    "failed",  # a network refused it for good, ``why`` says how
    "withdrawn",  # taken back by a person
)
OPEN: Final = frozenset({"submitted", "approved", "scheduled"})  # states that can become overdue while waiting


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """Where a draft stands. A value: the desk keeps it (``to_row`` / ``from_row``) and replaces it by :func:`move`."""

    brand: str  # the brand's slug
    name: str = "draft"
    digest: str = ""  # of the version that was submitted; approvals and sending are for this one alone
    kind: str = ""
    markets: tuple[str, ...] = ()
    planned_at: datetime | None = None
    writers: tuple[str, ...] = ()  # who had a hand in the version, whoever submitted it included
    submitted_at: datetime | None = None
    deadline: datetime | None = None  # until when approvals are taken; never after ``planned_at``
    approvals: tuple[Approval, ...] = ()
    due_at: datetime | None = None  # when it goes: the planned time, or the moment a person let it go
    overruled_by: str = ""  # who let it go in spite of the room check's HOLD
    why: str = ""  # a code: why held, failed, withdrawn or sent back
    note: str = ""  # what a person wrote to that
    begun: bool = False  # some of it may be out already
    since: datetime | None = None  # when it came into this state


@dataclass(frozen=True, kw_only=True, slots=True)
class Submit:
    """Ask for approval of the version with this ``digest``."""

    by: str
    digest: str
    kind: str
    markets: tuple[str, ...] = ()
    planned_at: datetime | None = None
    writers: tuple[str, ...] = ()
    deadline: datetime | None = None  # None: the planned time


@dataclass(frozen=True, kw_only=True, slots=True)
class Approve:
    """Agree to exactly ``digest``: what the page showed, not what is there now."""

    by: str
    role: str  # "outside" for an outside approver
    digest: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestChanges:
    """Send it back with a word on what should change."""

    by: str
    role: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """The version is about to change: every approval is void."""

    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """A person lets it go now: approved without a time, or held and not yet late. ``note`` = the reason, kept."""

    by: str
    role: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdraw:
    """A person takes it back."""

    by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """Time has passed: what is overdue, or fell due in a pause, becomes held. Never leads to ``sending``."""

    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Begin:
    """The sending engine asks to begin, with what is true at this moment."""

    digest: str  # of the version as it is stored now
    pauses: tuple[Pause, ...]  # all of the brand's, ended ones too
    verdict: str  # of the room check just now: go, care, hold; "" where it could not be made
    still: frozenset[str] | None = None  # who may approve now; None: not asked


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry(Begin):
    """A person asks to try again what a network refused; asked everything that :class:`Begin` is asked."""

    by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finish:
    """All of it is out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    """The engine stopped: ``failed`` where a network refused for good, else held. ``why`` is a code."""

    why: str
    failed: bool = False
    begun: bool = True


Event: TypeAlias = Submit | Approve | RequestChanges | Edit | Release | Withdraw | Tick | Begin | Retry | Finish | Stop

MOVES: Final[Mapping[str, Mapping[type[Any], tuple[str, ...]]]] = {
    # in this state: this may happen, and leads to one of these
    "draft": {Submit: ("submitted",), Edit: ("draft",), Withdraw: ("withdrawn",)},
    "submitted": {
        Approve: ("submitted", "approved", "scheduled", "held"),
        RequestChanges: ("changes",),
        Edit: ("draft",),
        Withdraw: ("withdrawn",),
        Tick: ("submitted", "held"),
    },
    "changes": {Edit: ("draft",), Withdraw: ("withdrawn",)},
    "approved": {
        Release: ("scheduled",),
        RequestChanges: ("changes",),
        Edit: ("draft",),
        Withdraw: ("withdrawn",),
        Tick: ("approved", "held"),
    },
    "scheduled": {
        Begin: ("sending", "held"),
        RequestChanges: ("changes",),
        Edit: ("draft",),
        Withdraw: ("withdrawn",),
        Tick: ("scheduled", "held"),
    },
    "sending": {Finish: ("sent",), Stop: ("held", "failed")},
    "sent": {},
    "held": {Release: ("scheduled",), Edit: ("draft",), Withdraw: ("withdrawn",)},
    "failed": {Retry: ("sending", "held"), Edit: ("draft",), Withdraw: ("withdrawn",)},
    "withdrawn": {},
}


def moves_from(state: State) -> tuple[str, ...]:
    """What may happen to a draft in this state, by the events' names. Conditions are only asked by :func:`move`."""
    names = [event.__name__ for event in MOVES[state.name]]
    return tuple(name for name in names if not (state.begun and name in ("Edit", "Release")))


def move(state: State, event: Event, *, now: datetime, policy: Policy) -> State:
    """The state after ``event``.

    Not being sent is a state, not an error: a draft that is late, paused or unapproved when it should begin comes back
    ``held`` with ``why`` (one of the codes ``draft_late``, ``draft_paused``, ``draft_changed``, ``draft_unapproved``,
    ``room_hold``, ``room_unknown``, ``approval_late``).

    :raises Refused: the move is not allowed in this state or for this person; nothing changes.
    """
    allowed = MOVES[state.name]
    if type(event) not in allowed or (state.begun and isinstance(event, (Edit, Release))):
        raise Refused("draft_move", state=state.name, event=type(event).__name__)
    after = _STEPS[type(event)](state, event, now, policy)
    assert after.name in allowed[type(event)], (state.name, event, after.name)
    return after if after.name == state.name else replace(after, since=now)


def _submit(state: State, event: Submit, now: datetime, policy: Policy) -> State:
    if event.planned_at is not None and event.planned_at <= now:
        raise Refused("planned_past", at=event.planned_at.isoformat())
    ends = [at for at in (event.deadline, event.planned_at) if at is not None]
    if ends and min(ends) <= now:
        raise Refused("deadline_past", at=min(ends).isoformat())
    return State(
        brand=state.brand,
        name="submitted",
        digest=event.digest,
        kind=event.kind,
        markets=event.markets,
        planned_at=event.planned_at,
        writers=tuple(dict.fromkeys((*event.writers, event.by))),
        submitted_at=now,
        deadline=min(ends) if ends else None,
    )


def _approve(state: State, event: Approve, now: datetime, policy: Policy) -> State:
    if event.digest != state.digest:
        raise Refused("approval_other_version")
    rule = policy.rule(state.kind)
    if not (rule.outside if event.role == "outside" else event.role in rule.roles):
        raise Refused("approval_role", role=event.role, kind=state.kind)
    if event.by in state.writers and not rule.own:
        raise Refused("approval_own")
    if any(one.by == event.by for one in state.approvals):
        raise Refused("approval_twice")
    given = Approval(by=event.by, role=event.role, digest=event.digest, at=now)
    state = replace(state, approvals=(*state.approvals, given))
    if state.deadline is not None and now >= state.deadline:
        return replace(state, name="held", why="approval_late")
    if not _reached(state, policy):
        return state
    if state.planned_at is None:
        return replace(state, name="approved")
    return replace(state, name="scheduled", due_at=state.planned_at)


def _request_changes(state: State, event: RequestChanges, now: datetime, policy: Policy) -> State:
    rule = policy.rule(state.kind)
    if not (rule.outside if event.role == "outside" else event.role in rule.roles):
        raise Refused("approval_role", role=event.role, kind=state.kind)
    return _void(state, "changes", "changes_requested", event.note)


def _edit(state: State, event: Edit, now: datetime, policy: Policy) -> State:
    return _void(state, "draft", "", "")


def _withdraw(state: State, event: Withdraw, now: datetime, policy: Policy) -> State:
    return replace(state, name="withdrawn", why="draft_withdrawn", note=event.note)


def _void(state: State, name: str, why: str, note: str) -> State:
    """Without digest, approvals and time: whatever comes next needs all of them anew."""
    return State(brand=state.brand, name=name, why=why, note=note, since=state.since)


def _release(state: State, event: Release, now: datetime, policy: Policy) -> State:
    if event.role not in policy.release:
        raise Refused("release_role", role=event.role)
    if not _reached(state, policy):
        raise Refused("release_unapproved")
    if state.why == "room_hold" and not event.note.strip():
        raise Refused("release_reason")
    due = now if state.planned_at is None else state.planned_at
    if now > due + policy.late_after or (
        state.deadline is not None and state.planned_at is None and now >= state.deadline
    ):
        raise Refused("release_late")
    overruled = event.by if state.why in ("room_hold", "room_unknown") else state.overruled_by
    return replace(state, name="scheduled", due_at=max(due, now), overruled_by=overruled, why="", note=event.note)


def _tick(state: State, event: Tick, now: datetime, policy: Policy) -> State:
    if state.name == "scheduled":
        why = _late(state, now, policy) or _paused(state, event.pauses, now)
    else:
        why = "approval_late" if state.deadline is not None and now >= state.deadline else ""
    return replace(state, name="held", why=why) if why else state


def _begin(state: State, event: Begin, now: datetime, policy: Policy) -> State:
    if state.due_at is None or now < state.due_at:
        raise Refused("draft_not_due")
    why = stopped_by(state, event, now=now, policy=policy)
    if why:
        return replace(state, name="held", why=why)
    return replace(state, name="sending", why="", note="")


def stopped_by(state: State, asked: Begin, *, now: datetime, policy: Policy) -> str:
    """What forbids sending at this moment, as a code; "" where nothing does.

    Asked by the moves to ``sending``, and by the engine again before every single thing it sends. The room's verdict
    is for beginning only: a thread is not broken off because the room turned between two of its posts.
    """
    if asked.digest != state.digest:
        return "draft_changed"
    if not _reached(state, policy, asked.still):
        return "draft_unapproved"
    why = _late(state, now, policy) or _paused(state, asked.pauses, now)
    if why or state.name == "sending" or state.overruled_by:
        return why
    if asked.verdict == "hold":
        return "room_hold"
    return "room_unknown" if not asked.verdict and policy.room_needed else ""


def _finish(state: State, event: Finish, now: datetime, policy: Policy) -> State:
    return replace(state, name="sent", begun=True, why="", note="")


def _stop(state: State, event: Stop, now: datetime, policy: Policy) -> State:
    return replace(state, name="failed" if event.failed else "held", why=event.why, begun=state.begun or event.begun)


def _reached(state: State, policy: Policy, still: frozenset[str] | None = None) -> bool:
    return reached(
        state.approvals, digest=state.digest, kind=state.kind, writers=state.writers, policy=policy, still=still
    )


def _late(state: State, now: datetime, policy: Policy) -> str:
    planned = state.planned_at or state.due_at
    assert planned is not None
    return "draft_late" if now > planned + policy.late_after else ""


def _paused(state: State, pauses: tuple[Pause, ...], now: datetime) -> str:
    since = state.due_at
    if since is None or now < since:  # what is not due yet may still go after the pause
        return ""
    return "draft_paused" if hit(pauses, brand=state.brand, markets=state.markets, since=since, now=now) else ""


_STEPS: Final[Mapping[type[Any], Callable[[State, Any, datetime, Policy], State]]] = {
    Submit: _submit,
    Approve: _approve,
    RequestChanges: _request_changes,
    Edit: _edit,
    Release: _release,
    Withdraw: _withdraw,
    Tick: _tick,
    Begin: _begin,
    Retry: _begin,
    Finish: _finish,
    Stop: _stop,
}
