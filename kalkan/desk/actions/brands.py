"""Verbs about brands and what is watched for them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from kalkan import brands
from kalkan.desk import access
from kalkan.desk.actions.audit import note
from kalkan.desk.models import Brand, Membership, Person, Watch
from kalkan.errors import Refused
from kalkan.text import fold


@transaction.atomic
def create(person: Person, *, name: str, watches: Sequence[brands.Watch]) -> Brand:
    """A brand with what is watched for it; ``person`` owns it.

    :raises Refused: they neither founded the desk nor own a brand (``not_allowed``).
    """
    if not access.may_add_brand(person):
        raise Refused("not_allowed")
    brand = Brand.objects.create(slug=_free_slug(name), name=name)
    Membership.objects.create(person=person, brand=brand, role=Membership.Role.OWNER)
    _write(brand, watches)
    note(person, "created brand", brand)
    return brand


@transaction.atomic
def watch(person: Person, brand: Brand, watches: Sequence[brands.Watch]) -> bool:
    """Watch exactly this for ``brand``. Says whether anything changed.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "watch")
    before = tuple(row.as_watch() for row in brand.watches.all())
    if before == tuple(watches):
        return False
    brand.watches.all().delete()
    _write(brand, watches)
    gone = sorted({w.text for w in before} - {w.text for w in watches})
    new = sorted({w.text for w in watches} - {w.text for w in before})
    note(person, "changed watches", brand, added=new[:50], removed=gone[:50])
    return True


@transaction.atomic
def change(person: Person, brand: Brand, *, name: str, langs: Sequence[str], markets: Sequence[str]) -> None:
    """Change what a brand is called, its languages and markets. Its slug stays: the archive knows it by that.

    :raises Refused: the person may not (``not_allowed``).
    """
    access.require(person, brand, "brand")
    brand.name, brand.langs, brand.markets, brand.changed_at = name, list(langs), list(markets), timezone.now()
    brand.save(update_fields=["name", "langs", "markets", "changed_at"])
    note(person, "changed brand", brand)


def _write(brand: Brand, watches: Sequence[brands.Watch]) -> None:
    now = timezone.now()
    Watch.objects.bulk_create(
        Watch(brand=brand, kind=each.kind, text=each.text, without=list(each.without), changed_at=now)
        for each in watches
    )


def _free_slug(name: str) -> str:
    base = slugify(fold(name))[:50] or "brand"
    taken = set(Brand.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return next(slug for n in range(1, 10_000) if (slug := base if n == 1 else f"{base}-{n}") not in taken)
