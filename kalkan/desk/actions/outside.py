"""Verbs about approvers without an account: make a link, withdraw it, and the one answer it takes.

Promises that a link is for one exact digest, opens until its time, answers once, and can do nothing else.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from kalkan import drafts as core
from kalkan.desk import access, drafts_rules
from kalkan.desk.actions import drafts as acts
from kalkan.desk.actions import ledger
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Approval, Draft, OutsideLink, Person
from kalkan.errors import Refused


@transaction.atomic
def make(person: Person, draft: Draft, *, name: str, email: str, lang: str, hours: int, now: datetime) -> OutsideLink:
    """A link for somebody to look at what waits for approval and answer once.

    :raises Refused: the person may not (``not_allowed``), nothing waits, or policy takes nobody from outside
        (``outside_not_taken``).
    """
    draft = acts.locked(draft)
    access.require(person, draft.brand, "write")
    state = acts.state_of(draft)
    if state.name != "submitted" or not drafts_rules.rules_of(draft.brand).rule(state.kind).outside:
        raise Refused("outside_not_taken")
    ends = [now + timedelta(hours=hours), *([state.deadline] if state.deadline else [])]
    made = OutsideLink.objects.create(
        draft=draft, n=draft.version, digest=state.digest, name=name, email=email, lang=lang,
        nonce=secrets.token_hex(16), made_by=person, made_at=now, until=min(ends),
    )  # fmt: skip
    note(person, "asked outside", draft.brand, title=draft.title, who=name)
    return made


@transaction.atomic
def withdraw(person: Person, draft: Draft, pk: int, *, now: datetime) -> None:
    """The link opens nothing any more.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, draft.brand, "write")
    if OutsideLink.objects.filter(draft=draft, pk=pk, answered_at=None, withdrawn_at=None).update(withdrawn_at=now):
        note(person, "withdrew outside link", draft.brand, title=draft.title)


def state_of(link: OutsideLink, now: datetime) -> str:
    """open, answered, withdrawn, expired, or changed where the draft is another one or waits no more."""
    found = link.state(now)
    if found != "open":
        return found
    state = acts.state_of(link.draft)
    return "open" if state.name == "submitted" and state.digest == link.digest else "changed"


@transaction.atomic
def answer(link: OutsideLink, *, yes: bool, reason: str, check: Mapping[str, Any] | None, now: datetime) -> None:
    """Say yes to the link's digest, or what to change.

    :raises Refused: the link is no longer open (``outside_closed``), a wish for changes without a word
        (``changes_reason``), or a HOLD without a reason (``hold_reason``).
    """
    draft = acts.locked(link.draft)
    link = OutsideLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    link.draft = draft
    if state_of(link, now) != "open":
        raise Refused("outside_closed")
    reason, key = reason.strip(), f"outside:{link.pk}"
    if not yes and not reason:
        raise Refused("changes_reason")
    version = access.newest_of(draft)
    verdict = ""
    if yes and check is not None and version is not None:
        verdict = acts.keep_check(draft, version, "approved", check, now=now).verdict
        if verdict == "hold" and not reason:
            raise Refused("hold_reason")
    if yes:
        acts.moved(draft, core.Approve(by=key, role="outside", digest=link.digest), now=now)
    else:
        acts.moved(draft, core.RequestChanges(by=key, role="outside", note=reason), now=now)
        acts.void(draft, now=now)
    Approval.objects.create(
        draft=draft, n=link.n, digest=link.digest, outside=link, name=link.name, role="outside", yes=yes,
        reason=reason, at=now,
    )  # fmt: skip
    link.answered_at = now
    link.save(update_fields=["answered_at"])
    body = {
        "what": "approved" if yes else "changes", "name": link.name, "role": "outside", "version": link.n,
        "digest": link.digest, "why": reason, "against": verdict,
    }  # fmt: skip
    ledger.write(draft.brand, "decision", body, now=now, draft=draft, who=key)
