"""The demo's own person, brands and sources, made from the world and made again without harm.

Never touches an install that real people set up: it refuses where somebody else has an account.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.utils import timezone

from kalkan import brands
from kalkan.desk.listening import OpenSource
from kalkan.desk.models import Brand, Membership, Person, Source, Watch
from kalkan.errors import Refused

EMAIL: Final = "defne@demo.invalid"
NAME: Final = "Defne A."


def person() -> Person | None:
    """The demo's person, once :func:`prepare` has run."""
    return Person.objects.filter(email=EMAIL).first()


@transaction.atomic
def prepare(
    world_brands: Iterable[brands.Brand], sources: Iterable[OpenSource], *, zone: str = "Europe/Istanbul"
) -> None:
    """Make the demo's person, brands, watches and sources as given; what is as given already stays untouched.

    :raises Refused: this data folder belongs to real people (``demo_over_real``).
    """
    if Person.objects.exclude(email=EMAIL).exists():
        raise Refused("demo_over_real")
    defne, made = Person.objects.get_or_create(email=EMAIL, defaults={"name": NAME, "zone": zone, "founder": True})
    if made:
        defne.set_unusable_password()
        defne.save(update_fields=["password"])
    for brand in world_brands:
        _keep_brand(defne, brand)
    wanted = tuple(sources)
    for source in Source.objects.all():
        if source.source not in {each.source for each in wanted}:
            source.delete()
    for each in wanted:
        network, name = each.source.split(":", 1)
        row = Source.objects.filter(network=network, name=name).first()
        if row is None or row.options != dict(each.options) or not row.enabled:
            Source.objects.update_or_create(
                network=network,
                name=name,
                defaults={"options": dict(each.options), "enabled": True, "changed_at": timezone.now()},
            )


def _keep_brand(owner: Person, brand: brands.Brand) -> None:
    """One brand of the world; its watches stay as people left them once they exist."""
    row, made = Brand.objects.get_or_create(
        slug=brand.slug,
        defaults={"name": brand.name, "langs": list(brand.langs), "markets": list(brand.markets)},
    )
    Membership.objects.get_or_create(person=owner, brand=row, defaults={"role": "owner"})
    if not made:
        return
    own = (brands.Watch(kind="handle", text=each) for each in brand.accounts)
    plain = {(watch.kind, watch.text.lstrip("@#")): watch for watch in (*brand.watches, *own)}
    Watch.objects.bulk_create(
        Watch(brand=row, kind=kind, text=text, without=list(watch.without)) for (kind, text), watch in plain.items()
    )
