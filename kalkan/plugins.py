"""The four doors for parts from elsewhere. Our own parts come in by the same doors (see pyproject.toml)."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from kalkan.errors import PluginError

GROUPS: Final = ("kalkan.networks", "kalkan.readers", "kalkan.checks", "kalkan.sections")


@cache
def _entries(group: str) -> dict[str, EntryPoint]:
    if group not in GROUPS:
        raise PluginError("plugin_group_unknown", group=group)
    return {entry.name: entry for entry in entry_points(group=group)}


def names(group: str) -> tuple[str, ...]:
    """The names on offer in ``group``, sorted. Loads nothing."""
    return tuple(sorted(_entries(group)))


def load(group: str, name: str) -> Any:
    """The object behind ``name``.

    :raises PluginError: there is none of that name, or it cannot be imported.
    """
    entry = _entries(group).get(name)
    if entry is None:
        raise PluginError("plugin_unknown", group=group, name=name)
    try:
        return entry.load()
    except Exception as error:
        raise PluginError("plugin_broken", group=group, name=name, detail=str(error)) from error
