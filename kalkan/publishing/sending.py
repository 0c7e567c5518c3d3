"""The engine: one look at every draft that is due, as often as the worker likes.

Owns :func:`tend`. It keeps nothing between two looks: what it has to know is in the journal. Before every single write
to a network it asks the store again and goes on only if nothing has come to stand against it. What has been tried
without an answer is looked for, also when it is too late to send: a post that is out gets its receipt.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from kalkan.drafts import (
    Begin,
    Finish,
    Media,
    Receipt,
    Retry,
    State,
    Stop,
    Tick,
    Variant,
    digest,
    from_row,
    sending_key,
    stopped_by,
    to_row,
)
from kalkan.drafts import move as moved
from kalkan.errors import ArchiveDamaged, InvalidInput, NetworkError, Refused
from kalkan.networks.publishing import Place, Posting, Publisher, Unsure
from kalkan.publishing.store import Job, Step, Store, faults, receipts

Open = Callable[[str, str], Publisher]
"""``(network, account)`` → a publisher with the account's credentials. May raise InvalidInput: not connected."""
Verdict = Callable[[str], str]
"""A draft's key → the room check's word at this moment: go, care, hold, or "" where it cannot be made."""

LEASE: Final = timedelta(minutes=2)  # renewed before every step; who sleeps longer may find the draft in other hands
BACK: Final = timedelta(minutes=5)  # a clock that goes back further than this is not believed
UNSURE_FOR: Final = timedelta(hours=24)  # how long we look for what may be out
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 60.0  # seconds


@dataclass(slots=True)
class Report:
    """What one look came to: keys of drafts."""

    sent: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # a network is to be asked again


class _Blocked(Exception):
    """Something came to stand against sending."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Lost(Exception):
    """Another worker has taken the draft over."""


def tend(store: Store, *, open: Open, verdict: Verdict, now: Callable[[], datetime]) -> Report:
    """Hold what is overdue, send what is due, go on with what was begun.

    :raises Refused: ``clock_went_back``: nothing is sent until the clock is where it was.
    :raises ArchiveDamaged, InvalidInput: a draft or a picture cannot be read, or is not what was approved; told after
        all others are done.
    """
    clock = _clock(store, now)
    report = Report()
    damage: list[ArchiveDamaged | InvalidInput] = []
    for key in store.waiting():
        try:
            job = store.load(key)
            tick = Tick(pauses=job.pauses)
            if _would_move(job, tick, clock()) and store.move(key, tick, now=clock()).name == "held":
                report.held.append(key)
        except InvalidInput as error:
            damage.append(error)
    for key in store.ready(clock()):
        run = _Run(store, key, open=open, clock=clock, holder=uuid.uuid4().hex)
        try:
            run.renew()
            name = run.through(verdict)
        except _Lost:
            continue
        except (ArchiveDamaged, InvalidInput) as error:
            damage.append(error)
            continue
        finally:
            run.close()
        if name in ("sent", "held", "failed"):
            getattr(report, name).append(key)
        elif name == "sending":
            report.waiting.append(key)
    if damage:  # told when all that is sound is done
        raise damage[0]
    return report


def retry(store: Store, key: str, *, by: str, verdict: Verdict, now: Callable[[], datetime]) -> State:
    """A person asks to try again what a network refused; the next :func:`tend` does it, if nothing stands against it.

    :raises Refused: it did not fail, or the clock went back.
    """
    at = _clock(store, now)()
    job = store.load(key)
    state = store.move(
        key,
        Retry(by=by, digest=digest(job.version), pauses=job.pauses, verdict=verdict(key), still=job.still),
        now=at,
    )
    if state.name == "sending":
        count = sum(step.name.startswith("retry/") for step in store.steps(key))
        store.write(key, Step(name=f"retry/{count}", at=at, body={"by": by}))
    return state


def trust_clock(store: Store, *, now: datetime) -> tuple[str, ...]:
    """A person says that the clock is right now, after ``clock_went_back``; keys of what is held for it.

    What was overdue by the clock as it was is held first: a clock put back never makes a late draft young again.
    """
    seen, held = store.clock(now), []
    for key in store.waiting():
        job = store.load(key)
        tick = Tick(pauses=job.pauses)
        if _would_move(job, tick, seen) and store.move(key, tick, now=seen).name == "held":
            held.append(key)
    store.trust(now)
    return tuple(held)


def _clock(store: Store, now: Callable[[], datetime]) -> Callable[[], datetime]:
    """A clock that never goes back: what was overdue once is overdue."""

    def read() -> datetime:
        at = now()
        seen = store.clock(at)
        if at < seen - BACK:
            raise Refused(
                "clock_went_back", now=at.isoformat(timespec="seconds"), seen=seen.isoformat(timespec="seconds")
            )
        return seen

    read()
    return read


def _would_move(job: Job, tick: Tick, now: datetime) -> bool:
    try:
        return moved(job.state, tick, now=now, policy=job.policy).name != job.state.name
    except Refused:
        return False  # it has moved on since it was listed


class _Run:
    """One draft, once through."""

    def __init__(self, store: Store, key: str, *, open: Open, clock: Callable[[], datetime], holder: str) -> None:
        self.store = store
        self.key = key
        self.clock = clock
        self.holder = holder
        self._open = open
        self._publishers: dict[tuple[str, str], Publisher] = {}
        self._steps: dict[str, Step] = {}
        self._digest = ""
        self._clear = False

    def renew(self) -> datetime:
        """Take the draft, or keep it; the time."""
        at = self.clock()
        if not self.store.claim(self.key, holder=self.holder, until=at + LEASE, now=at):
            raise _Lost
        return at

    def close(self) -> None:
        for publisher in self._publishers.values():
            publisher.close()
        self.store.leave(self.key, holder=self.holder)

    def through(self, verdict: Verdict) -> str:
        """Begin if that is to be done, send what can be sent, end if all is done; the state's name after."""
        job = self.store.load(self.key)
        if job.state.name == "scheduled":
            word = verdict(self.key)
            begin = Begin(digest=digest(job.version), pauses=job.pauses, verdict=word, still=job.still)
            try:
                state = self.store.move(self.key, begin, now=self.renew())
            except Refused:  # taken back, edited or held by somebody in this very moment
                return self.store.load(self.key).state.name
            job = self.store.load(self.key)
            if state.name != "sending":
                return state.name
        if job.state.name != "sending":
            return job.state.name
        self._digest = job.state.digest
        self._read_steps()
        words = [self._variant(job, number) for number in range(len(job.version.variants))]
        return self._end(job, words)

    def _end(self, job: Job, words: list[str]) -> str:
        """What became of the draft when its variants are done, waiting, failed or stopped by something."""
        if all(word == "done" for word in words):
            return self.store.move(self.key, Finish(), now=self.renew()).name
        if "waiting" in words:
            return "sending"
        begun = bool(receipts(self._steps.values()))
        stops = [word for word in words if word not in ("done", "failed")]
        if stops:
            return self.store.move(self.key, Stop(why=stops[0], begun=begun), now=self.renew()).name
        code = faults(self._steps.values())[words.index("failed")].body["code"]
        return self.store.move(self.key, Stop(why=code, failed=True, begun=begun), now=self.renew()).name

    def _variant(self, job: Job, number: int) -> str:
        """Send one variant as far as it goes: ``done``, ``waiting``, ``failed``, or the code of what stopped it."""
        variant = job.version.variants[number]
        fault = faults(self._steps.values()).get(number)
        if fault is not None and fault.body["permanent"]:
            return "failed"
        at = self.renew()
        if fault is not None and at < datetime.fromisoformat(fault.body["until"]):
            return self._overdue(job, number, at) or "waiting"
        try:
            sent: list[Receipt] = []
            for place in range(len(variant.parts)):
                self._clear = False
                sent.append(self._part(variant, number, place, sent))
        except _Blocked as no:
            return no.why
        except NetworkError as error:
            return self._failed(number, error)
        except InvalidInput as error:
            return self._failed(number, error)
        return "done"

    def _overdue(self, job: Job, number: int, at: datetime) -> str:
        """While a network wants to be left alone: is it too late by now? Not asked while a post may be out."""
        if self._unsure(number):
            return ""
        asked = Begin(digest=digest(job.version), pauses=job.pauses, verdict="", still=job.still)
        return stopped_by(job.state, asked, now=at, policy=job.policy)

    def _unsure(self, number: int) -> bool:
        """Whether a post of this variant may be out without a receipt: tried, and no clear answer since."""
        unsure = False
        for step in self._steps.values():
            place = step.name.split("/")
            if place[0] != str(number):
                continue
            if place[2] in ("try", "again"):
                unsure = True
            elif place[2] == "sent" or (place[1] == "fault" and step.body["clear"]):
                unsure = False
        return unsure

    def _part(self, variant: Variant, number: int, place: int, sent: list[Receipt]) -> Receipt:
        name = f"{number}/{place}"
        if f"{name}/sent" in self._steps:
            return from_row(Receipt, self._steps[f"{name}/sent"].body)
        publisher = self._publisher(variant)
        tried = self._steps.get(f"{name}/try")
        if tried is not None and self._unsure(number):
            found = self._found(publisher, self._posting(variant, number, place, sent, tried.at), tried.at)
            if found is not None:
                return self._took(name, found)
        self._clear = True  # from here on a fault means: it is not out
        if tried is None and not sent:
            self._sound(publisher, variant)
        for count, medium in enumerate(variant.parts[place].media):
            if f"{name}/media/{count}" not in self._steps:
                ref = publisher.upload(medium, self._bytes(medium), now=self._may())
                self._write(f"{name}/media/{count}", {"ref": ref})
        at = self._may()
        if tried is None:
            self._write(f"{name}/try", {})
            self._read_steps()  # whoever wrote it first, that moment counts
            tried = self._steps[f"{name}/try"]
        else:
            count = sum(step.startswith(f"{name}/again/") for step in self._steps)
            self._write(f"{name}/again/{count}", {})
        at = self._may()
        return self._took(name, publisher.send(self._posting(variant, number, place, sent, tried.at), now=at))

    def _posting(self, variant: Variant, number: int, place: int, sent: list[Receipt], at: datetime) -> Posting:
        names = [f"{number}/{place}/media/{count}" for count in range(len(variant.parts[place].media))]
        uploads = tuple(str(self._steps[name].body["ref"]) for name in names if name in self._steps)
        where = Place(parent=sent[-1], root=sent[0]) if sent else Place()
        where = Place(parent=where.parent, root=where.root, reply_to=variant.reply_to)
        key = sending_key(self.key, self._digest, number, place)
        return Posting(key=key, at=at, variant=variant, part=place, place=where, uploads=uploads)

    def _found(self, publisher: Publisher, posting: Posting, since: datetime) -> Receipt | None:
        """Look for what may be out. Who never answers for a day leaves it to people to look."""
        try:
            return publisher.look_up(posting, now=self.renew())
        except NetworkError:
            if self.clock() > since + UNSURE_FOR:
                raise _Blocked("sent_unsure") from None
            raise

    def _took(self, name: str, receipt: Receipt) -> Receipt:
        self._write(f"{name}/sent", to_row(receipt))
        return receipt

    def _may(self) -> datetime:
        """Ask everything again; the time, if nothing stands against sending now."""
        at = self.renew()
        job = self.store.load(self.key)
        if job.state.name != "sending":
            raise _Lost
        asked = Begin(digest=digest(job.version), pauses=job.pauses, verdict="", still=job.still)
        why = stopped_by(job.state, asked, now=at, policy=job.policy)
        if why:
            raise _Blocked(why)
        return at

    def _sound(self, publisher: Publisher, variant: Variant) -> None:
        found = publisher.check(variant, now=self._may())
        if found:
            raise InvalidInput(found[0].code, **found[0].params)

    def _bytes(self, medium: Media) -> bytes:
        data = self.store.media(medium.sha256)
        if hashlib.sha256(data).hexdigest() != medium.sha256:
            raise ArchiveDamaged("media_changed", sha256=medium.sha256)
        return data

    def _publisher(self, variant: Variant) -> Publisher:
        account = variant.network, variant.account
        if account not in self._publishers:
            self._publishers[account] = self._open(*account)
        return self._publishers[account]

    def _write(self, name: str, body: dict[str, object]) -> Step:
        step = Step(name=name, at=self.clock(), body=body)
        self.store.write(self.key, step)
        self._steps[name] = step
        return step

    def _read_steps(self) -> None:
        self._steps = {step.name: step for step in self.store.steps(self.key)}

    def _failed(self, number: int, error: NetworkError | InvalidInput) -> str:
        """Write down a fault, and when to try again."""
        count = sum(name.startswith(f"{number}/fault/") for name in self._steps)
        wait = min(_FIRST_WAIT * 2.0 ** min(count, 6), _LONGEST_WAIT)
        permanent = True
        if isinstance(error, NetworkError):
            permanent = error.permanent and not isinstance(error, Unsure)
            wait = max(wait, error.retry_after or 0.0)
        until = self.clock() + timedelta(seconds=wait)
        params = {name: str(value) for name, value in error.params.items()}
        body: dict[str, object] = {"code": error.code, "params": params, "permanent": permanent}
        body |= {"until": until.isoformat(), "clear": self._clear and not isinstance(error, Unsure)}
        self._write(f"{number}/fault/{count}", body)
        return "failed" if permanent else "waiting"
