"""The line that every act leaves."""

from __future__ import annotations

from kalkan.desk.models import Audit, Brand, Person


def note(person: Person | None, verb: str, brand: Brand | None = None, **detail: object) -> None:
    """Write down that ``person`` did ``verb``. Details never hold secrets or people's posts."""
    Audit.objects.create(person=person, brand=brand, verb=verb, detail=detail)
