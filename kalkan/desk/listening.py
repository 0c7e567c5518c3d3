"""What the desk tells the listener (brands, sources) and what it hears back (status files).

The listener asks :func:`version` every few seconds and fetches again when it changed. Status files are outside data
to the desk: one that cannot be read is left out, never a fault.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings
from django.db.models import Count, Max

from kalkan import brands as words
from kalkan.desk import vault
from kalkan.desk.models import Brand, Source, Watch
from kalkan.errors import KalkanError


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenSource:
    """One source as the listener opens it: ``kind`` is the network's name in the plug-in group, ``source`` ours.

    ``options`` hold the secrets in clear. ``fault`` is set where they could not be unsealed: the source cannot be
    opened and its fault is to be told, while the others go on.
    """

    kind: str
    source: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    fault: KalkanError | None = None


def brands() -> tuple[words.Brand, ...]:
    """Every brand with its watches."""
    return tuple(row.as_brand() for row in Brand.objects.prefetch_related("watches").order_by("id"))


def sources() -> tuple[OpenSource, ...]:
    """Every source that is switched on."""
    return tuple(_open(row) for row in Source.objects.filter(enabled=True))


def _open(row: Source) -> OpenSource:
    try:
        secrets = vault.unseal(row.sealed, key=str(settings.SECRET_KEY))
    except KalkanError as fault:
        return OpenSource(kind=row.network, source=row.source, options=row.options, fault=fault)
    return OpenSource(kind=row.network, source=row.source, options={**row.options, **secrets})


def version() -> str:
    """A word that is another one after any change of brands, watches or sources. Three small questions."""
    parts = []
    for model in (Brand, Watch, Source):
        found = model.objects.aggregate(n=Count("id"), last=Max("id"), at=Max("changed_at"))
        parts.append(f"{found['n']}.{found['last'] or 0}.{found['at'].timestamp() if found['at'] else 0:.6f}")
    return "-".join(parts)


def statuses(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """The listeners' own words, by source: the JSON files of the status folder as they are now."""
    found: dict[str, dict[str, Any]] = {}
    where = folder or settings.CONFIG.status
    for path in sorted(where.glob("*.json")) if where.is_dir() else ():
        with contextlib.suppress(OSError, msgspec.DecodeError):
            word = msgspec.json.decode(path.read_bytes())
            if isinstance(word, dict) and isinstance(word.get("source"), str):
                found[word["source"]] = word
    return found
