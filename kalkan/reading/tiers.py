"""Whatever reads, opened by its name: the two tiers that ship, and a reader of one's own.

Owns the name ``own``: a folder from the settings, handed to a plug-in of the group ``kalkan.readers``. Such a plug-in
is a function of the folder that gives what :class:`Opened` describes. Never decides which of them reads what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any, Final, Protocol, cast

import pyarrow as pa

from kalkan import plugins
from kalkan.errors import InvalidInput
from kalkan.reading.local import reader_pool
from kalkan.reading.recipe import Recipe, current

OWN: Final = "own"
TIERS: Final = ("fast", "careful", OWN)
_PLUGIN: Final = "transformers"  # reads a folder that names no other


class Named(Protocol):
    """What names a reading."""

    @property
    def id(self) -> str:
        """What the column ``recipe`` says."""
        ...


class Opened(Protocol):
    """An open reader; it must keep the laws of :func:`kalkan.testing.reader.check_reader`."""

    recipe: Any

    def read(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The same batches with the columns of ``READINGS``, in order."""
        ...


def best() -> Recipe:
    """The recipe for few texts that matter, such as a draft: the careful one where it is installed, else the fast one.
    The reading itself says which it was.
    """
    try:
        return current("careful")
    except InvalidInput:
        return current("fast")


def open_tier(tier: str, *, own: str = "", processes: int = 1) -> Any:
    """A context that holds the open reader of ``tier``. ``own`` is ``FOLDER`` or ``PLUGIN:FOLDER``.

    :raises InvalidInput: there is no such tier, or what it needs is not installed.
    :raises PluginError: the plug-in cannot be imported.
    """
    return closing(reader_pool(current(tier), processes)) if tier != OWN else nullcontext(open_own(own))


def open_own(own: str) -> Opened:
    """The reader of one's own that ``own`` (``FOLDER`` or ``PLUGIN:FOLDER``) names.

    :raises InvalidInput: none is named, or what it needs is not installed.
    :raises PluginError: the plug-in cannot be imported.
    """
    if not own:
        raise InvalidInput("own_model_unset")
    name, colon, folder = own.partition(":")
    if not colon or name not in plugins.names("kalkan.readers"):  # a path may hold a colon too
        name, folder = _PLUGIN, own
    return cast(Opened, plugins.load("kalkan.readers", name)(Path(folder).expanduser()))
