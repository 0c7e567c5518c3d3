"""The verb that takes a picture for a brand."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from kalkan.desk import access, drafts_media
from kalkan.desk.models import Brand, Person, Picture


def keep(person: Person, brand: Brand, data: bytes, *, now: datetime) -> Picture:
    """Keep ``data`` as a picture of ``brand``.

    :raises Refused: the person may not (``not_allowed``).
    :raises InvalidInput: it is none, or too large.
    """
    access.require(person, brand, "write")
    made = drafts_media.keep(data, folder=settings.CONFIG.data / "media")
    with transaction.atomic():
        row, _made = Picture.objects.get_or_create(
            brand=brand, sha256=made.sha256,
            defaults={"mime": made.mime, "width": made.width, "height": made.height, "size": made.size,
                      "by": person, "at": now},
        )  # fmt: skip
    return row
