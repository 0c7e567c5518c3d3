"""Drafts, their parts, accounts, pauses and the ledger, for a person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.core import signing
from django.db.models import Q, QuerySet
from django.http import Http404

from kalkan.desk.access.people import may, require
from kalkan.desk.models import (
    Account,
    Approval,
    Brand,
    Comment,
    Draft,
    Fact,
    Facts,
    LedgerEntry,
    Mourning,
    OutsideLink,
    Pause,
    Person,
    Picture,
    PrivateNote,
    RoomCheck,
    SendingStep,
    Version,
)


def drafts_for(person: Person, brand: Brand) -> QuerySet[Draft]:
    """The drafts of ``brand``, last changed first; none for somebody who is not on its team."""
    if not may(person, brand, "read"):
        return Draft.objects.none()
    return Draft.objects.filter(brand=brand).select_related("brand", "made_by")


def draft_for(person: Person, pk: int) -> Draft:
    """The draft ``pk``, if ``person`` is on the team of its brand.

    :raises Http404: there is none, or it is another brand's.
    """
    found = Draft.objects.select_related("brand", "made_by").filter(pk=pk, brand__memberships__person=person).first()
    if found is None:
        raise Http404
    return found


def versions_of(draft: Draft) -> QuerySet[Version]:
    """The versions of a draft that was fetched for somebody, newest first."""
    return Version.objects.filter(draft=draft).select_related("by")


def newest_of(draft: Draft) -> Version | None:
    """The newest version; None: nothing was saved yet."""
    return versions_of(draft).first()


def check_of(draft: Draft, *, digest: str = "") -> RoomCheck | None:
    """The last room check that was kept, of any version or of one."""
    found = RoomCheck.objects.filter(draft=draft)
    return (found.filter(digest=digest) if digest else found).first()


def checks_of(draft: Draft) -> QuerySet[RoomCheck]:
    """Every room check that was kept, newest first."""
    return RoomCheck.objects.filter(draft=draft)


def approvals_of(draft: Draft) -> QuerySet[Approval]:
    """Every yes and every wish for changes, oldest first, void ones too."""
    return Approval.objects.filter(draft=draft)


def comments_of(draft: Draft) -> QuerySet[Comment]:
    """What was said about a draft, oldest first."""
    return Comment.objects.filter(draft=draft)


def accounts_for(person: Person, brand: Brand) -> QuerySet[Account]:
    """The accounts that ``brand`` publishes from."""
    if not may(person, brand, "read"):
        return Account.objects.none()
    return Account.objects.filter(brand=brand, removed_at=None)


def account_for(person: Person, pk: int) -> Account:
    """One of them, for somebody who may change it.

    :raises Http404: there is none, or it is another brand's.
    :raises Refused: they may look but not change (``not_allowed``).
    """
    found = Account.objects.filter(pk=pk, removed_at=None, brand__memberships__person=person).first()
    if found is None:
        raise Http404
    require(person, found.brand, "brand")
    return found


def picture_for(person: Person, brand: Brand, sha256: str) -> Picture:
    """A picture of a brand.

    :raises Http404: there is none, or it is another brand's.
    """
    found = Picture.objects.filter(brand=brand, sha256=sha256, brand__memberships__person=person).first()
    if found is None:
        raise Http404
    return found


def pauses_for(person: Person, brand: Brand) -> QuerySet[Pause]:
    """The pauses of a brand, newest first."""
    if not may(person, brand, "read"):
        return Pause.objects.none()
    return Pause.objects.filter(brand=brand).select_related("by", "ended_by")


def pause_for(person: Person, pk: int) -> Pause:
    """One of them, for somebody who may end it.

    :raises Http404: there is none, or it is another brand's.
    :raises Refused: they may look but not change (``not_allowed``).
    """
    found = Pause.objects.select_related("brand").filter(pk=pk, brand__memberships__person=person).first()
    if found is None:
        raise Http404
    require(person, found.brand, "approve")
    return found


def ledger_for(person: Person, brand: Brand, draft: Draft | None = None) -> QuerySet[LedgerEntry]:
    """The entries of a brand, newest first."""
    if not may(person, brand, "read"):
        return LedgerEntry.objects.none()
    found = LedgerEntry.objects.filter(brand=brand).select_related("draft").order_by("-seq")
    return found if draft is None else found.filter(Q(draft=draft))


def chain_of(brand: Brand) -> QuerySet[LedgerEntry]:
    """The whole chain of a brand that was fetched for somebody, oldest first."""
    return LedgerEntry.objects.filter(brand=brand).order_by("seq")


def named_drafts(brand: Brand, pks: Collection[int]) -> QuerySet[Draft]:
    """Some drafts of a brand that was fetched for somebody, by their time."""
    return Draft.objects.filter(brand=brand, pk__in=list(pks)).order_by("planned_at", "id")


def facts_of(brand: Brand) -> Facts:
    """What is told about a brand that was fetched for somebody; a new row where nothing was told."""
    return Facts.objects.filter(brand=brand).first() or Facts(brand=brand)


def known_of(brand: Brand, *, closed: bool = False) -> QuerySet[Fact]:
    """The single facts of such a brand: those that hold, or those that are over."""
    return Fact.objects.filter(brand=brand, closed_at__isnull=not closed).select_related("by")


def mournings_of(brand: Brand, now: datetime) -> QuerySet[Mourning]:
    """Declared mourning of such a brand that is not over."""
    return Mourning.objects.filter(brand=brand, until__gte=now)


def notes_for(person: Person, draft: Draft) -> QuerySet[PrivateNote]:
    """What ``person`` noted for themselves beside a draft. Nobody else's is ever read."""
    return PrivateNote.objects.filter(person=person, draft=draft).select_related("entry")


def sent_here(person: Person, post_ids: Collection[str]) -> bool:
    """Whether all of these posts went out from here, for brands on whose teams ``person`` is."""
    found = SendingStep.objects.filter(post_id__in=list(post_ids), draft__brand__memberships__person=person)
    return set(found.values_list("post_id", flat=True)) == set(post_ids)


def outside_word(link: OutsideLink) -> str:
    """The last part of an outside approver's address: number and nonce, signed with the desk's secret key."""
    return signing.Signer(salt="kalkan.outside").sign(f"{link.pk}-{link.nonce}")


def outside_by(word: str) -> OutsideLink | None:
    """The link that :func:`outside_word` signed; None where the word was not made here."""
    try:
        pk, nonce = signing.Signer(salt="kalkan.outside").unsign(word).split("-", 1)
        number = int(pk)
    except (signing.BadSignature, ValueError):
        return None
    return OutsideLink.objects.select_related("draft", "draft__brand").filter(pk=number, nonce=nonce).first()


def outside_links_of(draft: Draft) -> QuerySet[OutsideLink]:
    """The links to outside approvers, newest first."""
    return OutsideLink.objects.filter(draft=draft)
