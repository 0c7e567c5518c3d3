"""The one open archive of this process, for pages to ask. Pages never write to it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings

from kalkan import archive


@cache
def _opened(root: Path) -> archive.Archive:
    return archive.open(root, hold=True)


def opened() -> archive.Archive:
    """The archive of the data folder. What other processes store is seen at the next question.

    :raises KalkanError: it cannot be opened.
    """
    return _opened(settings.CONFIG.archive)
