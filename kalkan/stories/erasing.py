"""A kept row without the posts that are gone.

Owns where in a row a post may stand. Promises that nothing of the row is lost but those.
"""

from __future__ import annotations

from typing import Any, Final

from kalkan.posts import key_of

_IDS: Final = ("first_post", "origin")


def without(value: Any, gone: set[int]) -> Any:
    """A JSON record without the examples, carriers and ids of posts that are gone (the archive's keys)."""
    if isinstance(value, dict):
        return {name: without(part, gone) for name, part in value.items() if not _is_of(part, gone, alone=name in _IDS)}
    if isinstance(value, list):
        return [without(one, gone) for one in value if not _is_of(one, gone, alone=True)]
    return value


def _is_of(value: Any, gone: set[int], *, alone: bool) -> bool:
    """Whether a part of a record stands for a post that is gone; ``alone``: a bare string here may be an id."""
    if isinstance(value, str):
        return alone and key_of(value) in gone
    if not isinstance(value, dict):
        return False
    id = value.get("id") or (value.get("name") if value.get("kind") == "post" else None)
    return isinstance(id, str) and key_of(id) in gone
