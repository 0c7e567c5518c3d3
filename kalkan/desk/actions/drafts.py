"""Verbs about drafts: begin, save a version, submit, approve, send back, let go, take back, comment.

Owns the one way in which a draft's state changes (:func:`moved`): through the table of :mod:`kalkan.drafts`, under a
lock on the draft, with its lines in the ledger and the audit log in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from kalkan import drafts as core
from kalkan.desk import access, drafts_rules
from kalkan.desk.actions import ledger
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Approval, Brand, Comment, Draft, Person, RoomCheck, Version
from kalkan.drafts import State
from kalkan.errors import Refused


def state_of(draft: Draft) -> State:
    """Where ``draft`` stands."""
    return core.from_row(State, draft.progress) if draft.progress else State(brand=draft.brand.slug)


def locked(draft: Draft) -> Draft:
    """The draft as it is now, held until the transaction ends."""
    return Draft.objects.select_for_update(of=("self",)).select_related("brand").get(pk=draft.pk)


def moved(draft: Draft, event: core.Event, *, now: datetime) -> State:
    """Move a locked draft by ``event`` and keep where it stands then.

    :raises Refused: the move is not allowed; nothing changed.
    """
    after = core.move(state_of(draft), event, now=now, policy=drafts_rules.rules_of(draft.brand))
    draft.progress, draft.state, draft.changed_at = core.to_row(after), after.name, now
    draft.save(update_fields=["progress", "state", "changed_at"])
    return after


@transaction.atomic
def create(person: Person, brand: Brand, *, title: str, now: datetime, story: str = "", pillar: str = "") -> Draft:
    """Begin a draft with nothing in it.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "write")
    draft = Draft.objects.create(
        brand=brand, title=title, story=story, pillar=pillar, made_by=person, made_at=now, changed_at=now,
        progress=core.to_row(State(brand=brand.slug)),
    )  # fmt: skip
    note(person, "began draft", brand, title=title)
    return draft


@transaction.atomic
def save(
    person: Person, draft: Draft, *, title: str, pillar: str, content: Mapping[str, Any], base: int, now: datetime
) -> Version | None:
    """Keep what was written as a new version; None where nothing is different. An edit voids every approval.

    ``content`` holds the core’s ``version`` (as a row) and what was ``typed``; ``base`` is the version it came from.

    :raises Refused: the person may not (``not_allowed``), somebody saved in between (``draft_moved_on``), or the draft
        can no longer be edited (``draft_move``).
    """
    draft = locked(draft)
    access.require(person, draft.brand, "write")
    if base != draft.version:
        raise Refused("draft_moved_on", version=draft.version)
    version = core.from_row(core.Version, content["version"])
    digest, last = core.digest(version), access.newest_of(draft)
    if (title, pillar) != (draft.title, draft.pillar):
        draft.title, draft.pillar, draft.changed_at = title, pillar, now
        draft.save(update_fields=["title", "pillar", "changed_at"])
    if last is not None and last.digest == digest and last.content["typed"] == content["typed"]:
        return None
    if last is None or last.digest != digest:
        void = draft.state not in ("draft", "changes")
        moved(draft, core.Edit(by=ledger.key_of(person)), now=now)
        Approval.objects.filter(draft=draft, yes=True, void_at=None).update(void_at=now)
        if void:
            body = {"what": "edited", "name": person.name, "version": draft.version + 1}
            ledger.write(draft.brand, "decision", body, now=now, draft=draft, who=ledger.key_of(person))
    draft.version, draft.planned_at, draft.changed_at = draft.version + 1, version.planned_at, now
    draft.save(update_fields=["version", "planned_at", "changed_at"])
    made = Version.objects.create(draft=draft, n=draft.version, content=dict(content), digest=digest, by=person, at=now)
    note(person, "saved draft", draft.brand, title=title, version=made.n)
    return made


def said_while_writing(draft: Draft, verdict: str) -> None:
    """Keep the room check's last word for the lists. It is no advice yet: nothing was asked of anybody."""
    Draft.objects.filter(pk=draft.pk).update(verdict=verdict)


def writers_of(draft: Draft) -> tuple[str, ...]:
    """Everybody who saved a version, by their keys."""
    pks = Version.objects.filter(draft=draft).exclude(by=None).values_list("by_id", flat=True).distinct()
    return tuple(f"person:{pk}" for pk in sorted({pk for pk in pks if pk is not None}))


@transaction.atomic
def keep_check(draft: Draft, version: Version, occasion: str, found: Mapping[str, Any], *, now: datetime) -> RoomCheck:
    """Keep what the room check said of ``version``, in the ledger too: advice, as it was given at that moment."""
    row = RoomCheck.objects.create(
        draft=draft, n=version.n, digest=version.digest, occasion=occasion, verdict=found["verdict"],
        found=dict(found), at=now,
    )  # fmt: skip
    Draft.objects.filter(pk=draft.pk).update(verdict=row.verdict)
    codes = [{"code": each["code"], "level": each["level"]} for each in found.get("findings", ())]
    body = {
        "occasion": occasion, "verdict": row.verdict, "version": version.n, "digest": version.digest,
        "reasons": codes, "looked_at": found.get("looked_at", ""), "check": row.pk,
    }  # fmt: skip
    ledger.write(draft.brand, "advice", body, now=now, draft=draft)
    return row


@transaction.atomic
def submit(
    person: Person, draft: Draft, *, digest: str, check: Mapping[str, Any], deadline: datetime | None, now: datetime
) -> State:
    """Ask for approval of the newest version, which must be the one with ``digest``.

    :raises Refused: the person may not (``not_allowed``), it changed (``approval_other_version``), or as the table of
        moves says.
    """
    draft = locked(draft)
    access.require(person, draft.brand, "write")
    version = access.newest_of(draft)
    if version is None or version.digest != digest:
        raise Refused("approval_other_version")
    words = core.from_row(core.Version, version.content["version"])
    keep_check(draft, version, "submitted", check, now=now)
    event = core.Submit(
        by=ledger.key_of(person), digest=digest, kind=words.kind, markets=words.markets,
        planned_at=words.planned_at, writers=writers_of(draft), deadline=deadline,
    )  # fmt: skip
    after = moved(draft, event, now=now)
    draft.due_at = after.deadline
    draft.save(update_fields=["due_at"])
    _decided(person, draft, "submitted", now=now, version=version.n, digest=digest)
    return after


@transaction.atomic
def approve(
    person: Person, draft: Draft, *, digest: str, check: Mapping[str, Any], reason: str, now: datetime
) -> State:
    """Agree to exactly ``digest``. Against a HOLD it takes a reason, which goes to the ledger.

    :raises Refused: not allowed, another version, or no reason (``hold_reason``).
    """
    draft = locked(draft)
    access.require(person, draft.brand, "approve")
    version = _asked(draft, digest)
    row = keep_check(draft, version, "approved", check, now=now)
    if row.verdict == "hold" and not reason.strip():
        raise Refused("hold_reason")
    role = access.role_for(person, draft.brand)
    after = moved(draft, core.Approve(by=ledger.key_of(person), role=role, digest=digest), now=now)
    Approval.objects.create(
        draft=draft, n=version.n, digest=digest, person=person, name=person.name, role=role, yes=True,
        reason=reason.strip(), at=now,
    )  # fmt: skip
    _decided(
        person, draft, "approved", now=now, version=version.n, digest=digest, why=reason.strip(), against=row.verdict,
        check=row.pk,
    )  # fmt: skip
    return after


@transaction.atomic
def ask_changes(person: Person, draft: Draft, *, reason: str, now: datetime) -> State:
    """Send it back with a word on what should change; approvals given so far are void.

    :raises Refused: not allowed, or no word (``changes_reason``).
    """
    draft = locked(draft)
    access.require(person, draft.brand, "approve")
    if not reason.strip():
        raise Refused("changes_reason")
    role, digest = access.role_for(person, draft.brand), state_of(draft).digest
    event = core.RequestChanges(by=ledger.key_of(person), role=role, note=reason.strip())
    after = moved(draft, event, now=now)
    void(draft, now=now)
    Approval.objects.create(
        draft=draft, n=draft.version, digest=digest, person=person, name=person.name, role=role, yes=False,
        reason=reason.strip(), at=now,
    )  # fmt: skip
    _decided(person, draft, "changes", now=now, version=draft.version, why=reason.strip())
    return after


@transaction.atomic
def release(person: Person, draft: Draft, *, reason: str, now: datetime) -> State:
    """Let it go: approved without a time, or held and not yet late.

    :raises Refused: not allowed, late, unapproved, or a HOLD without a reason.
    """
    draft = locked(draft)
    access.require(person, draft.brand, "approve")
    before, role = state_of(draft), access.role_for(person, draft.brand)
    after = moved(draft, core.Release(by=ledger.key_of(person), role=role, note=reason.strip()), now=now)
    what = "overruled" if before.why in ("room_hold", "room_unknown") else "released"
    _decided(person, draft, what, now=now, version=draft.version, why=reason.strip(), against=draft.verdict)
    return after


@transaction.atomic
def withdraw(person: Person, draft: Draft, *, reason: str, now: datetime) -> State:
    """Take it back for good.

    :raises Refused: not allowed, or it is out already.
    """
    draft = locked(draft)
    access.require(person, draft.brand, "write")
    after = moved(draft, core.Withdraw(by=ledger.key_of(person), note=reason.strip()), now=now)
    void(draft, now=now)
    _decided(person, draft, "withdrawn", now=now, version=draft.version, why=reason.strip(), against=draft.verdict)
    return after


@transaction.atomic
def comment(person: Person, draft: Draft, text: str, *, now: datetime) -> Comment:
    """Say a word to those who work on it.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, draft.brand, "moderate")
    return Comment.objects.create(draft=draft, n=draft.version, person=person, name=person.name, text=text, at=now)


def void(draft: Draft, *, now: datetime) -> None:
    """Every yes given so far counts no more."""
    Approval.objects.filter(draft=draft, yes=True, void_at=None).update(void_at=now)


def _asked(draft: Draft, digest: str) -> Version:
    """The version that approval is asked for, if it is the one that was shown."""
    version = access.newest_of(draft)
    if version is None or version.digest != digest:
        raise Refused("approval_other_version")
    return version


def _decided(person: Person, draft: Draft, what: str, *, now: datetime, **more: Any) -> None:
    """The same line for the ledger and, shorter, for the audit log."""
    body = {"what": what, "name": person.name, "role": access.role_for(person, draft.brand), **more}
    ledger.write(draft.brand, "decision", body, now=now, draft=draft, who=ledger.key_of(person))
    note(person, f"{what} draft", draft.brand, title=draft.title, version=draft.version)
