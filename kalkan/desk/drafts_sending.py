"""The worker's side of publishing: the journal in Django's tables, and the jobs that tend it.

Owns :class:`Journal`, what :mod:`kalkan.publishing` keeps its steps in. Promises that a step is committed when it
returns, that a draft is in one worker's hands at a time, that every move goes through the table of
:mod:`kalkan.drafts` with its lines in the ledger, and that the room is asked again before anything goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from kalkan import drafts as core
from kalkan import publishing as engine
from kalkan.archive import Archive
from kalkan.desk import access, drafts_media, drafts_outcomes, drafts_room, drafts_rules, drafts_writing
from kalkan.desk.actions import accounts, ledger
from kalkan.desk.actions import drafts as acts
from kalkan.desk.jobs import Work
from kalkan.desk.models import Account, Clock, Draft, Person, RoomCheck, SendingStep
from kalkan.drafts import State, Version
from kalkan.errors import InvalidInput, KalkanError
from kalkan.networks.publishing import Publisher

LOOK_EVERY: Final = timedelta(minutes=15)
_OPEN: Final = tuple(sorted(core.OPEN))


def key_of(draft: Draft) -> str:
    """The name that the engine knows a draft by."""
    return ledger.about(draft)


def draft_of(key: str) -> Draft:
    """The draft with this name."""
    return Draft.objects.select_related("brand").get(pk=int(key.removeprefix("draft:")))


class Journal:
    """See :class:`kalkan.publishing.Store`."""

    @transaction.atomic
    def clock(self, now: datetime) -> datetime:
        """The later of ``now`` and the latest moment seen, which is kept."""
        row, made = Clock.objects.select_for_update().get_or_create(name="sending", defaults={"at": now})
        if not made and row.at < now:
            row.at = now
            row.save(update_fields=["at"])
        return max(row.at, now)

    def trust(self, now: datetime) -> None:
        """Take ``now`` for the latest moment seen."""
        Clock.objects.filter(name="sending").update(at=now)

    def waiting(self) -> Sequence[str]:
        """Drafts that can become overdue."""
        return [key_of(row) for row in Draft.objects.filter(state__in=_OPEN).order_by("id")]

    def ready(self, now: datetime) -> Sequence[str]:
        """Drafts that are due, or in the middle of being sent; the longest due first."""
        found = []
        for row in Draft.objects.filter(state__in=("scheduled", "sending")).select_related("brand"):
            due = acts.state_of(row).due_at
            if due is not None and (row.state == "sending" or due <= now):
                found.append((due, row.pk, key_of(row)))
        return [key for _due, _pk, key in sorted(found)]

    def upcoming(self, until: datetime) -> Sequence[engine.Upcoming]:
        """Drafts that wait for a time before ``until``."""
        rows = Draft.objects.filter(state__in=_OPEN, planned_at__lt=until).select_related("brand")
        found = []
        for row in rows:
            version = access.newest_of(row)
            if version is not None and row.planned_at is not None:
                words = core.from_row(Version, version.content["version"])
                found.append(engine.Upcoming(key=key_of(row), due_at=row.planned_at, version=words))
        return found

    def load(self, key: str) -> engine.Job:
        """A draft as it is in the tables at this moment."""
        row = draft_of(key)
        version = access.newest_of(row)
        state, rules = acts.state_of(row), drafts_rules.rules_of(row.brand)
        words = core.from_row(Version, version.content["version"]) if version else Version(variants=())
        outside = frozenset(one.by for one in state.approvals if one.role == "outside")
        return engine.Job(
            key=key,
            state=state,
            version=words,
            policy=rules,
            pauses=drafts_rules.pauses_of(row.brand),
            still=drafts_rules.still_allowed(row.brand, rules, state.kind) | outside,
        )

    @transaction.atomic
    def move(self, key: str, event: core.Event, *, now: datetime) -> State:
        """Make one move and write what it means into the ledger."""
        draft = acts.locked(draft_of(key))
        before = draft.state
        after = acts.moved(draft, event, now=now)
        if after.name == before:
            return after
        if after.name == "sent":
            Draft.objects.filter(pk=draft.pk).update(sent_at=now)
            drafts_outcomes.plan(draft, now)
        elif after.name in ("held", "failed"):
            body = {"why": after.why, "version": draft.version}
            ledger.write(draft.brand, after.name, body, now=now, draft=draft)
        return after

    def claim(self, key: str, *, holder: str, until: datetime, now: datetime) -> bool:
        """Take a draft in hand until a time, unless somebody else has it."""
        free = Q(leased_by="") | Q(leased_by=holder) | Q(leased_until=None) | Q(leased_until__lte=now)
        rows = Draft.objects.filter(free, pk=_pk(key))
        return bool(rows.update(leased_by=holder, leased_until=until))

    def leave(self, key: str, *, holder: str) -> None:
        """Let go of it, if ``holder`` still has it."""
        Draft.objects.filter(pk=_pk(key), leased_by=holder).update(leased_by="", leased_until=None)

    def steps(self, key: str) -> Sequence[engine.Step]:
        """What was written so far, in order."""
        rows = SendingStep.objects.filter(draft_id=_pk(key))
        return [engine.Step(name=row.name, at=row.at, body=row.body) for row in rows]

    @transaction.atomic
    def write(self, key: str, step: engine.Step) -> None:
        """Keep one step for good; a post that is out is a line of the ledger too. A name that is there stays."""
        draft = draft_of(key)
        receipt = _receipt(draft, step)
        row, made = SendingStep.objects.get_or_create(
            draft=draft, name=step.name, defaults={"at": step.at, "body": dict(step.body), **receipt}
        )
        if made and row.kind == "sent":
            handle = Account.objects.filter(account_id=row.account).values_list("handle", flat=True).first()
            body = {
                "account": row.account, "handle": handle or "", "post": row.post_id, "url": row.url,
                "version": draft.version,
            }  # fmt: skip
            ledger.write(draft.brand, "sent", body, now=step.at, draft=draft)

    def media(self, sha256: str) -> bytes:
        """The bytes of a picture, proved."""
        return drafts_media.read(sha256, folder=settings.CONFIG.data / "media")


def _pk(key: str) -> int:
    return int(key.removeprefix("draft:"))


def _receipt(draft: Draft, step: engine.Step) -> dict[str, str]:
    """What a step that is a receipt says, for the pages: the account, the post and where it can be opened."""
    place = step.name.split("/")
    if len(place) != 3 or place[2] != "sent":
        return {}
    version = access.newest_of(draft)
    words = core.from_row(Version, version.content["version"]) if version else Version(variants=())
    account = words.variants[int(place[0])].account if int(place[0]) < len(words.variants) else ""
    told = core.from_row(core.Receipt, step.body)
    return {"kind": "sent", "account": account[:300], "post_id": told.id[:500], "url": told.url[:500]}


def opened(network: str, account: str) -> Publisher:
    """The account with this lasting id, open for publishing.

    :raises InvalidInput: it is not connected (``account_missing``).
    """
    row = Account.objects.filter(account_id=account, network=network, removed_at=None).first()
    if row is None:
        raise InvalidInput("account_missing")
    return accounts.opened(row)


def verdict_of(key: str, *, archive: Archive, now: datetime) -> str:
    """The room check's word just before sending, kept as advice; a HOLD that an approver overruled is no new one."""
    draft = draft_of(key)
    version = access.newest_of(draft)
    if version is None:
        return ""
    typed = drafts_writing.typed_of(draft, version.content)
    try:
        found = drafts_room.of_typed(archive, draft.brand, typed, now=now)
    except KalkanError:
        return ""
    if found is None:
        return ""
    acts.keep_check(draft, version, "sending", found, now=now)
    if found["verdict"] == "hold" and not drafts_room.new_holds(found, _overruled(draft, version.digest)):
        return "care"
    return str(found["verdict"])


def _overruled(draft: Draft, digest: str) -> dict[str, Any] | None:
    """The check that an approver decided against, with a reason, for just this digest."""
    if not draft.approvals.filter(digest=digest, yes=True, void_at=None).exclude(reason="").exists():
        return None
    row = RoomCheck.objects.filter(draft=draft, digest=digest, occasion="approved", verdict="hold").first()
    return row.found if row else None


def send(work: Work) -> None:
    """The worker's job: hold what is overdue, send what is due, go on with what was begun."""
    if not Draft.objects.filter(state__in=(*_OPEN, "sending")).exists():
        return
    engine.tend(
        Journal(), open=opened, verdict=lambda key: verdict_of(key, archive=work.archive, now=work.now()), now=work.now
    )


def look_again(work: Work) -> None:
    """The worker's job: the room as it is now for what goes out within a day, and for what is still in view.

    A planned draft shows the new verdict in every list. For a post that is out a HOLD is told once, in the ledger.
    """
    now = work.now()
    planned = Draft.objects.filter(state="scheduled", planned_at__lte=now + timedelta(hours=24))
    out = Draft.objects.filter(state="sent", sent_at__gte=now - timedelta(hours=168)).exclude(verdict="hold")
    for row in [*planned.select_related("brand"), *out.select_related("brand")]:
        if work.stop.is_set():
            return
        version = access.newest_of(row)
        hours = drafts_room.view_hours(row.brand)
        if version is None or (row.sent_at is not None and now - row.sent_at > timedelta(hours=hours)):
            continue
        typed = drafts_writing.typed_of(row, version.content)
        try:
            found = drafts_room.of_typed(work.archive, row.brand, typed, now=now)
        except KalkanError:
            continue
        if found is None:
            continue
        if row.state == "sent" and found["verdict"] == "hold":
            acts.keep_check(row, version, "out", found, now=now)
        elif row.state == "scheduled":
            acts.said_while_writing(row, found["verdict"])


def retry(person: Person, draft: Draft, *, archive: Archive, now: datetime) -> None:
    """Try again what a network refused.

    :raises Refused: it did not fail, or the person may not.
    """
    access.require(person, draft.brand, "approve")
    body = {"what": "retried", "name": person.name, "role": access.role_for(person, draft.brand)}
    ledger.write(draft.brand, "decision", body, now=now, draft=draft, who=ledger.key_of(person))
    engine.retry(
        Journal(),
        key_of(draft),
        by=ledger.key_of(person),
        verdict=lambda key: verdict_of(key, archive=archive, now=now),
        now=lambda: now,
    )


def look_ahead(work: Work) -> None:
    """The worker's job: ask every account whether its token works, and tell what would stop a draft, ahead of time."""
    now = work.now()
    troubles = engine.look_ahead(Journal(), open=opened, now=now)
    told = {one.account: one for one in reversed(troubles)}
    for row in Account.objects.filter(removed_at=None):
        if work.stop.is_set():
            return
        trouble = told.get(row.account_id)
        if trouble is not None and trouble.sure:
            params = {name: str(value) for name, value in trouble.params.items()}
            fault = {"code": trouble.code, "params": params}
            Account.objects.filter(pk=row.pk).update(fault=fault, checked_at=now)
        elif trouble is None and (row.checked_at is None or now - row.checked_at >= LOOK_EVERY):
            accounts.look(row, now=now)
