"""Random histories of pauses, resumes, late approvals and jumping clocks: does anything go out that should not?

Each history is one draft with two accounts and a few hours in which people and machines do what they do, the engine
looking in between, at times after having been off for long. The engine is the real one; keeper, network and clock are
plain and in memory. Beside it a plain book is kept of what was approved, planned, let go and paused, and each post that
goes out is held against it: approved, in its time by every clock seen so far, after no pause, and once.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kalkan import publishing
from kalkan.drafts import (
    OPEN,
    Approve,
    Edit,
    Event,
    Part,
    Pause,
    Policy,
    Receipt,
    Release,
    Rule,
    State,
    Submit,
    Variant,
    Version,
    Withdraw,
    digest,
    move,
)
from kalkan.errors import NetworkError, Refused
from kalkan.networks.publishing import Allowance, Identity, Posting, PostLimits, Unsure
from kalkan.publishing import Job, Step, Upcoming

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LATE = timedelta(minutes=15)
HISTORIES: Final = 10_000


@dataclass
class Memory:
    """One draft, kept in memory: see :class:`kalkan.publishing.Store`."""

    state: State
    version: Version
    policy: Policy
    pauses: list[Pause] = field(default_factory=list)
    journal: dict[str, Step] = field(default_factory=dict)
    seen: datetime = START
    holder: str = ""
    until: datetime = START

    def clock(self, now: datetime) -> datetime:
        self.seen = max(self.seen, now)
        return self.seen

    def trust(self, now: datetime) -> None:
        self.seen = now

    def waiting(self) -> Sequence[str]:
        return ["d"] if self.state.name in OPEN else []

    def ready(self, now: datetime) -> Sequence[str]:
        due = self.state.due_at
        return ["d"] if self.state.name == "sending" or (self.state.name == "scheduled" and due and due <= now) else []

    def upcoming(self, until: datetime) -> Sequence[Upcoming]:
        return []

    def load(self, key: str) -> Job:
        return Job(key=key, state=self.state, version=self.version, policy=self.policy, pauses=tuple(self.pauses))

    def move(self, key: str, event: Event, *, now: datetime) -> State:
        self.state = move(self.state, event, now=now, policy=self.policy)
        return self.state

    def claim(self, key: str, *, holder: str, until: datetime, now: datetime) -> bool:
        if self.holder not in ("", holder) and self.until > now:
            return False
        self.holder, self.until = holder, until
        return True

    def leave(self, key: str, *, holder: str) -> None:
        self.holder = "" if self.holder == holder else self.holder

    def steps(self, key: str) -> Sequence[Step]:
        return list(self.journal.values())

    def write(self, key: str, step: Step) -> None:
        self.journal.setdefault(step.name, step)

    def media(self, sha256: str) -> bytes:
        raise AssertionError("no pictures here")


@dataclass(frozen=True)
class Out:
    """One post that went out: where, which digest it was, when by the engine's clock."""

    account: str
    text: str
    at: datetime
    verdict: str


class History:
    """One history; :meth:`run` plays it and says what was wrong."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        rest = self.chance.choice([0, 0, 0.2, 0.5])
        self.trouble = rest  # how often the network fails
        self.now = START
        self.version = self._version("v0", START + self.chance.choice([30, 60]) * MINUTE)
        self.needed = self.chance.choice([1, 2])
        policy = Policy(late_after=LATE, rules=(Rule(needed=self.needed),))
        self.store = Memory(state=State(brand="findik"), version=self.version, policy=policy)
        self.out: list[Out] = []
        self.approved: set[tuple[str, str]] = set()  # who, which digest
        self.hands: list[datetime] = []
        self.faults: list[str] = []
        self.verdict = self.begun_with = "go"
        self.killing = False

    def _version(self, text: str, planned: datetime | None) -> Version:
        parts = (Part(text=text),)
        variants = tuple(Variant(network="n", account=account, parts=parts) for account in ("a", "b"))
        return Version(variants=variants, planned_at=planned, markets=("TR",))

    # -- the network -------------------------------------------------------------------------------------------------

    def open(self, network: str, account: str) -> _Line:
        return _Line(self, account)

    # -- what happens ------------------------------------------------------------------------------------------------

    def people(self, event: Event) -> bool:
        try:
            self.store.move("d", event, now=max(self.now, self.store.seen))
        except Refused:
            return False
        return True

    def submit(self) -> None:
        told = digest(self.store.version)
        planned = self.store.version.planned_at
        if self.people(Submit(by="kerem", digest=told, kind="x", markets=("TR",), planned_at=planned)):
            self.approved, self.hands = set(), []

    def usual(self) -> None:
        """Submitted and approved soon, mostly."""
        self.submit()
        self.now += self.chance.choice([0, 0, 0, 5, 70]) * MINUTE
        for who in ("elif", "tom"):
            if self.chance.random() < 0.8:
                self.approve(who)

    def approve(self, who: str) -> None:
        told = digest(self.store.version)
        if self.people(Approve(by=who, role="approver", digest=told)):
            self.approved.add((who, told))

    def step(self) -> None:
        """Somebody does something, or time passes."""
        chance = self.chance
        what = chance.choices(
            ["wait", "look", "approve", "submit", "pause", "resume", "release", "edit", "jump", "off", "withdraw"],
            [6, 12, 5, 2, 3, 5, 4, 3, 1, 1, 0.1],
        )[0]
        if what == "wait":
            due = self.store.state.due_at or self.store.state.planned_at
            if due is not None and self.now < due and chance.random() < 0.7:
                self.now = due + chance.uniform(-1, 16) * MINUTE
            else:
                self.now += chance.uniform(0, 12) * MINUTE
        elif what == "off":
            self.now += chance.uniform(10, 180) * MINUTE
        elif what == "jump":
            self.now += chance.choice([-300, -20, -3, 3, 20, 600]) * MINUTE
        elif what == "look":
            self.look()
        elif what == "approve":
            self.approve(chance.choice(["elif", "tom"]))
        elif what == "submit":
            self.submit()
        elif what == "pause":
            length = chance.choice([None, 2, 30])
            until = None if length is None else self.now + length * MINUTE
            market = chance.choice(["", "TR", "GB"])
            key = str(len(self.store.pauses))
            self.store.pauses.append(Pause(key=key, brand="findik", market=market, began_at=self.now, until=until))
        elif what == "resume":
            now = self.now
            self.store.pauses = [replace(one, ended_at=one.ended_at or now) for one in self.store.pauses]
        elif what == "release":
            if self.people(Release(by="elif", role="owner", note="because")):
                self.hands.append(max(self.now, self.store.seen))
        elif what == "edit":
            if self.people(Edit(by="kerem")):
                planned = None if chance.random() < 0.3 else self.now + chance.uniform(1, 60) * MINUTE
                self.store.version = self._version(f"v{chance.randrange(10**6)}", planned)
                self.approved, self.hands = set(), []
                self.usual()
        else:
            self.people(Withdraw(by="kerem"))

    def look(self) -> None:
        """The engine looks; at times it is killed on the way."""
        self.verdict = self.chance.choice(["go", "go", "care", "hold", ""])
        self.killing = self.chance.random() < 0.1
        try:
            publishing.tend(self.store, open=self.open, verdict=self.check, now=lambda: self.now)
        except Refused as refused:
            assert refused.code == "clock_went_back"
        except _Killed:
            self.store.holder = ""

    def check(self, key: str) -> str:
        """The room check at sending."""
        self.begun_with = self.verdict
        return self.verdict

    def run(self, steps: int = 30) -> list[str]:
        """Play it; what was wrong, in words."""
        if self.chance.random() < 0.9:
            self.usual()
        for _ in range(steps):
            self.step()
        wrong = [] if len({(one.account, one.text) for one in self.out}) == len(self.out) else ["twice"]
        return wrong + self.faults

    def took(self, posting: Posting, account: str, now: datetime) -> None:
        """A post goes out at ``now``: was that right?"""
        state, told = self.store.state, digest(self.store.version)
        due = self.store.version.planned_at or (self.hands[-1] if self.hands else None)
        agreed = [who for who, which in self.approved if which == told]
        if len(agreed) < self.needed or posting.post.text != self.store.version.variants[0].parts[0].text:
            self.faults.append("unapproved")
        if due is None or now < due:
            self.faults.append("early")
        elif max(now, self.store.seen, self.now) > due + LATE:
            self.faults.append("overdue")
        else:
            since = max([due, *self.hands])
            for one in self.store.pauses:
                ended = one.end is not None and one.end <= max(since, one.began_at)
                if one.market in ("", "TR") and one.began_at <= now and not ended:
                    self.faults.append("after a pause")
        if self.begun_with in ("hold", "") and not state.overruled_by:
            self.faults.append("against the room")
        self.out.append(Out(account, posting.post.text, now, self.verdict))


class _Killed(BaseException):
    """The process ends here."""


class _Line:
    """One account of the network of a history."""

    network = "n"

    def __init__(self, history: History, account: str) -> None:
        self.history = history
        self.account = account

    def identify(self, *, now: datetime) -> Identity:
        return Identity(account=self.account, handle=self.account)

    def limits(self, *, now: datetime) -> PostLimits:
        return PostLimits()

    def check(self, variant: Variant, *, now: datetime) -> tuple[()]:
        return ()

    def upload(self, media: object, data: bytes, *, now: datetime) -> str:
        raise AssertionError("no pictures here")

    def _maybe(self, fault: type[NetworkError]) -> None:
        if self.history.chance.random() < self.history.trouble:
            raise fault("host_unreachable", host="n")

    def send(self, posting: Posting, *, now: datetime) -> Receipt:
        history = self.history
        self._maybe(NetworkError)
        history.took(posting, self.account, now)
        if history.killing and history.chance.random() < 0.5:
            raise _Killed
        self._maybe(Unsure)
        return Receipt(id=posting.key, at=now)

    def look_up(self, posting: Posting, *, now: datetime) -> Receipt | None:
        self._maybe(NetworkError)
        out = [one for one in self.history.out if (one.account, one.text) == (self.account, posting.post.text)]
        return Receipt(id=posting.key, at=out[0].at, found=True) if out else None

    def take_down(self, receipt: Receipt, *, now: datetime) -> None:
        raise AssertionError("nothing is taken down")

    def allowance(self) -> Allowance:
        return Allowance()

    def close(self) -> None:
        pass


def play(histories: int, *, seed: int) -> Counter[str]:
    """How often what happened: posts out, faults by name, and where drafts ended."""
    found: Counter[str] = Counter()
    for number in range(histories):
        history = History(seed * 1_000_003 + number)
        for fault in history.run():
            found[f"fault: {fault}"] += 1
        found["posts"] += len(history.out)
        found[f"ended {history.store.state.name} {history.store.state.why}".strip()] += 1
    return found


def run(*, quick: bool) -> dict[str, Any]:
    """Play many; what went out, what was wrong, and where the drafts ended."""
    histories, begun = HISTORIES // 20 if quick else HISTORIES, time.monotonic()
    found = play(histories, seed=1)
    faults = {name.removeprefix("fault: "): n for name, n in found.items() if name.startswith("fault: ")}
    return {
        "histories": histories,
        "posts": found["posts"],
        "faults": faults,
        "ended": {name.removeprefix("ended "): n for name, n in sorted(found.items()) if name.startswith("ended ")},
        "seconds": round(time.monotonic() - begun, 1),
    }
