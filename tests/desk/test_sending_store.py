"""The desk's tables as a keeper of drafts: killed anywhere on the way out, each post is there once, and told once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kalkan import drafts as core
from kalkan import ledger, publishing
from kalkan.desk.drafts_sending import Journal, key_of
from kalkan.desk.models import Brand, Draft, LedgerEntry, Membership, Version
from kalkan.drafts import Event, Part, State, Variant
from kalkan.publishing import Step
from tests.desk.conftest import Cast, person
from tests.publishing.parrot import Killed, Parrot

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DUE = NOW + timedelta(hours=1)
PARTS = (Part(text="Bir"), Part(text="İki"))


class Fused(Journal):
    """The journal in a process that may end before and after every write."""

    def __init__(self, tick: Callable[[str], None]) -> None:
        self.tick = tick

    def write(self, key: str, step: Step) -> None:
        self.tick(f"before {step.name}")
        super().write(key, step)
        self.tick(f"after {step.name}")

    def move(self, key: str, event: Event, *, now: datetime) -> State:
        self.tick(f"before {type(event).__name__}")
        state = super().move(key, event, now=now)
        self.tick(f"after {type(event).__name__}")
        return state


def approved(cast: Cast, brand: Brand) -> str:
    """A draft that waits for its time; its key."""
    elif_ = person("Elif", f"elif{Draft.objects.count()}@example.com")
    Membership.objects.create(person=elif_, brand=brand, role="approver")
    variant = Variant(network="bluesky", account="bluesky:did:plc:findik", parts=PARTS, lang="tr")
    words = core.Version(variants=(variant,), markets=("TR",), planned_at=DUE)
    told = core.digest(words)
    draft = Draft.objects.create(
        brand=brand, title="t", version=1, planned_at=DUE, progress=core.to_row(State(brand="findik"))
    )
    content = {"version": core.to_row(words), "typed": {}}
    Version.objects.create(draft=draft, n=1, content=content, digest=told, by=cast.ayse, at=NOW)
    key, journal = key_of(draft), Journal()
    submit = core.Submit(by=f"person:{cast.ayse.pk}", digest=told, kind=words.kind, markets=("TR",), planned_at=DUE)
    journal.move(key, submit, now=NOW)
    yes = core.Approve(by=f"person:{elif_.pk}", role="approver", digest=told)
    assert journal.move(key, yes, now=NOW).name == "scheduled"
    return key


def tick_at(point: int) -> tuple[Callable[[str], None], list[str]]:
    seen: list[str] = []

    def tick(name: str) -> None:
        seen.append(name)
        if len(seen) == point:
            raise Killed(name)

    return tick, seen


def test_killed_anywhere_each_post_is_there_once_and_told_once(cast: Cast) -> None:
    point = 0
    while True:
        point += 1
        key, parrot = approved(cast, cast.findik), Parrot(keyed=False)
        tick, seen = tick_at(point)
        parrot.tick = tick
        now = DUE + timedelta(minutes=1)

        def tend(journal: Journal, at: datetime, network: Parrot = parrot) -> Any:
            return publishing.tend(journal, open=network.open, verdict=lambda key: "go", now=lambda: at)

        try:
            tend(Fused(tick), now)
            ended = True
        except Killed:
            ended = False
        parrot.tick = lambda name: None
        tend(Journal(), now + publishing.sending.LEASE + timedelta(seconds=1))
        tend(Journal(), now + 2 * publishing.sending.LEASE)
        draft = Draft.objects.get(pk=int(key.removeprefix("draft:")))
        assert (draft.state, [post.text for post in parrot.posts]) == ("sent", ["Bir", "İki"]), seen[-1]
        assert draft.sent_at is not None
        assert LedgerEntry.objects.filter(about=key, kind="sent").count() == 2
        Draft.objects.filter(pk=draft.pk).update(state="withdrawn")  # out of the way of the next one
        if ended:
            break
    assert point > 12
    rows = [row.as_row() for row in LedgerEntry.objects.filter(brand=cast.findik).order_by("seq")]
    assert ledger.verify(rows) is None


def test_a_step_that_is_there_stays_as_it_was(cast: Cast) -> None:
    key, journal = approved(cast, cast.findik), Journal()
    first = Step(name="0/0/try", at=NOW)
    journal.write(key, first)
    journal.write(key, dataclasses.replace(first, at=DUE, body={"x": 1}))
    assert list(journal.steps(key)) == [first]


def test_a_claim_is_one_workers_until_it_runs_out(cast: Cast) -> None:
    key, journal = approved(cast, cast.findik), Journal()
    until = NOW + timedelta(minutes=2)
    assert journal.claim(key, holder="a", until=until, now=NOW)
    assert journal.claim(key, holder="a", until=until, now=NOW)
    assert not journal.claim(key, holder="b", until=until, now=NOW)
    journal.leave(key, holder="b")
    assert not journal.claim(key, holder="b", until=until, now=NOW)
    assert journal.claim(key, holder="b", until=until + timedelta(minutes=2), now=until + timedelta(seconds=1))
    journal.leave(key, holder="b")
    assert journal.claim(key, holder="a", until=until, now=NOW)


def test_the_clock_of_the_desk_never_goes_back(cast: Cast) -> None:
    journal = Journal()
    assert journal.clock(NOW) == NOW
    assert journal.clock(NOW - timedelta(hours=1)) == NOW
    assert journal.clock(DUE) == DUE


@pytest.mark.parametrize("role", ["viewer", "writer"])
def test_an_approver_who_lost_the_role_is_found_at_sending(cast: Cast, role: str) -> None:
    key, parrot = approved(cast, cast.findik), Parrot()
    Membership.objects.filter(brand=cast.findik, role="approver").update(role=role)
    now = DUE + timedelta(minutes=1)
    report = publishing.tend(Journal(), open=parrot.open, verdict=lambda key: "go", now=lambda: now)
    assert (report.held, parrot.posts) == ([key], [])
    assert Journal().load(key).state.why == "draft_unapproved"
