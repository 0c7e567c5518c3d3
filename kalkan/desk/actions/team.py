"""Verbs about a brand's team: invite, withdraw, join, change a role, remove.

Promises that a brand never loses its last owner, that an invitation opens once, and that it falls with the right of
whoever made it.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q

from kalkan.desk import access
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, Invitation, Membership, Person
from kalkan.errors import Refused

OPEN_FOR: Final = timedelta(days=7)
MOST_AN_HOUR: Final = 20  # invitations to one brand


@transaction.atomic
def invite(person: Person, brand: Brand, *, email: str, role: str, lang: str, now: datetime) -> Invitation:
    """Offer a place on the team. An open invitation to the same address gives way to this one.

    :raises Refused: the person may not (``not_allowed``), the address is on the team (``on_team_already``), or too many
        were made lately (``invitations_many``, ``most``).
    """
    _lock(brand)
    access.require(person, brand, "team")
    email = email.strip().lower()
    if Membership.objects.filter(brand=brand, person__email=email).exists():
        raise Refused("on_team_already")
    if Invitation.objects.filter(brand=brand, made_at__gt=now - timedelta(hours=1)).count() >= MOST_AN_HOUR:
        raise Refused("invitations_many", most=MOST_AN_HOUR)
    Invitation.objects.filter(brand=brand, email=email, taken_at=None, withdrawn_at=None).update(withdrawn_at=now)
    made = Invitation.objects.create(
        brand=brand,
        email=email,
        role=role,
        lang=lang,
        nonce=secrets.token_hex(16),
        made_by=person,
        made_at=now,
        until=now + OPEN_FOR,
    )
    note(person, "invited", brand, email=email, role=role)
    return made


@transaction.atomic
def withdraw(person: Person, invitation: Invitation, *, now: datetime) -> None:
    """Make the link open nothing any more.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, invitation.brand, "team")
    if Invitation.objects.filter(pk=invitation.pk, taken_at=None, withdrawn_at=None).update(withdrawn_at=now):
        note(person, "withdrew invitation", invitation.brand, email=invitation.email)


@transaction.atomic
def join(person: Person, invitation: Invitation, *, now: datetime) -> None:
    """Take the place that was offered. Of two at the same moment one gets it.

    :raises Refused: the invitation is no longer open (``invitation_closed``), or they are on the team already
        (``on_team_already``); it then stays open.
    """
    brand = invitation.brand
    _lock(brand)
    if Membership.objects.filter(brand=brand, person=person).exists():
        raise Refused("on_team_already")
    still_open = Invitation.objects.filter(pk=invitation.pk, taken_at=None, withdrawn_at=None, until__gt=now)
    if not still_open.update(taken_at=now):
        raise Refused("invitation_closed")
    Membership.objects.create(person=person, brand=brand, role=invitation.role)
    note(person, "joined", brand, role=invitation.role, email=invitation.email)


def join_anew(invitation: Invitation, *, name: str, password: str, lang: str, zone: str, now: datetime) -> Person:
    """Make an account for whoever was invited, and take the place; both or neither.

    :raises Refused: the invitation is no longer open (``invitation_closed``), or no account can be made by this address
        (``account_unmade``).
    """
    try:
        with transaction.atomic():
            person = Person(name=name, email=invitation.email, lang=lang, zone=zone)
            person.set_password(password)
            person.save()
            join(person, invitation, now=now)
    except IntegrityError:
        raise Refused("account_unmade") from None
    return person


@transaction.atomic
def change_role(person: Person, member: Membership, role: str, *, now: datetime) -> bool:
    """Let somebody on the team do something else. Says whether anything changed.

    :raises Refused: the person may not (``not_allowed``), or the brand would have no owner (``last_owner``).
    """
    _lock(member.brand)
    access.require(person, member.brand, "team")
    if not _still_there(member) or role == member.role:
        return False
    before = member.role
    _keep_an_owner(member)
    member.role = Membership.Role(role)
    member.save(update_fields=["role"])
    _drop_invitations_of(member, now)
    note(person, "changed role", member.brand, who=member.person.name, was=before, role=role)
    return True


@transaction.atomic
def remove(person: Person, member: Membership, *, now: datetime) -> None:
    """Take somebody off the team; everybody may take themselves off.

    :raises Refused: the person may not (``not_allowed``), or the brand would have no owner (``last_owner``).
    """
    _lock(member.brand)
    if member.person_id != person.pk:
        access.require(person, member.brand, "team")
    if not _still_there(member):
        return
    _keep_an_owner(member)
    _drop_invitations_of(member, now)
    who, brand, left = member.person.name, member.brand, member.person_id == person.pk
    member.delete()
    note(person, "left" if left else "removed from team", brand, who=who)


def _lock(brand: Brand) -> None:
    """One change of a team at a time: two owners who remove each other would leave nobody."""
    Brand.objects.select_for_update().get(pk=brand.pk)


def _still_there(member: Membership) -> bool:
    """Whether nobody else has just removed ``member``, whose role is now as it stands."""
    role = Membership.objects.filter(pk=member.pk).values_list("role", flat=True).first()
    member.role = role or member.role
    return role is not None


def _keep_an_owner(member: Membership) -> None:
    others = Membership.objects.filter(brand=member.brand, role="owner", person__is_active=True).exclude(pk=member.pk)
    if member.role == "owner" and not others.exists():
        raise Refused("last_owner")


def _drop_invitations_of(member: Membership, now: datetime) -> None:
    """Who may not invite any more has no invitations open."""
    theirs = Q(brand=member.brand, made_by=member.person, taken_at=None, withdrawn_at=None)
    Invitation.objects.filter(theirs).update(withdrawn_at=now)
