"""A reply as a draft: written in the inbox, judged and approved like everything else that goes out.

Promises that a reply goes to the network of the post it answers and to no other, and that nothing is sent from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kalkan.desk import access, drafts_writing
from kalkan.desk.actions import drafts as acts
from kalkan.desk.models import Account, Brand, Draft, Item, Person, SavedAnswer
from kalkan.errors import InvalidInput
from kalkan.text import cut


def accounts(brand: Brand, network: str) -> list[Account]:
    """The accounts that may answer on ``network``."""
    return list(Account.objects.filter(brand=brand, network=network, removed_at=None))


def filled(answer: SavedAnswer, post: Mapping[str, Any], brand: Brand) -> str:
    """A saved answer with its placeholders filled in; braces that name nothing stay as they are."""
    name = post.get("author_name") or post.get("author_handle") or ""
    return answer.text.replace("{name}", str(name)).replace("{brand}", brand.name)


@transaction.atomic
def begin(person: Person, brand: Brand, item: Item, text: str, *, now: datetime) -> Draft:
    """A draft that answers ``item``, with ``text`` for the accounts on its network.

    :raises Refused: the person may not write (``not_allowed``).
    :raises InvalidInput: ``reply_empty``.
    """
    if not text.strip():
        raise InvalidInput("reply_empty")
    made = acts.create(
        person, brand, title=_("Reply: %(words)s") % {"words": cut(text.strip(), 60)}, now=now, pillar="service"
    )
    places = drafts_writing.slots(list(access.accounts_for(person, brand)), brand.langs)
    lang = item.lang if item.lang in ("en", "tr") else (brand.langs or ["en"])[0]
    said = tuple(
        drafts_writing.Said(key=place.key, text=text if place.network == item.network else "",
                            used=place.network == item.network, lang=lang)
        for place in places
    )  # fmt: skip
    typed = drafts_writing.Typed(variants=said, kind="service", reply_to=item.post)
    version = drafts_writing.version_of(typed, places, {}, reads_as="service", markets=brand.markets)
    content = drafts_writing.content_of(version, typed)
    acts.save(person, made, title=made.title, pillar="service", content=content, base=0, now=now)
    return made
