"""Brands as a file: what a command that never opens the desk knows of them.

Owns the form (JSON: a list of brands, or one). Promises that what was written is read back equal, and that a file from
elsewhere is refused with the field that is wrong.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from kalkan.brands import Brand, Watch
from kalkan.errors import InvalidInput

_LISTS: Final = ("accounts", "langs", "markets")


def write(path: Path, brands: Sequence[Brand]) -> None:
    """Replace ``path`` by ``brands``, at once."""
    text = json.dumps([asdict(brand) for brand in brands], ensure_ascii=False, indent=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(text + "\n", encoding="utf-8")
    draft.replace(path)


def read(path: Path) -> tuple[Brand, ...]:
    """The brands in ``path``.

    :raises InvalidInput: ``file_missing``, ``brand_file_unreadable``.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InvalidInput("file_missing", path=str(path)) from error
    except (ValueError, OSError, RecursionError) as error:
        raise InvalidInput("brand_file_unreadable", path=str(path), detail=str(error)[:120]) from error
    return tuple(_brand(one, path) for one in (found if isinstance(found, list) else [found]))


def _brand(found: object, path: Path) -> Brand:
    try:
        if not isinstance(found, dict):
            raise TypeError("{ }")
        watches = tuple(
            Watch(kind=str(one["kind"]), text=str(one["text"]), without=tuple(map(str, one.get("without", ()))))
            for one in found.get("watches", ())
        )
        name = found["name"]
        if not isinstance(name, str) or not name.strip():
            raise TypeError("name")
        rest: dict[str, Any] = {field: tuple(map(str, found.get(field, ()))) for field in _LISTS}
        return Brand(slug=str(found.get("slug") or name), name=name, watches=watches, **rest)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidInput("brand_file_unreadable", path=str(path), detail=str(error)[:120]) from error
