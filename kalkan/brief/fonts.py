"""The fonts a brief carries: Noto, under the Open Font License, from a package of its own.

Promises one folder with Latin, Arabic, Hebrew and Indic scripts, symbols and one-colour emoji. Fetches nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

FAMILIES: Final = (
    "Noto Sans", "Noto Sans Arabic", "Noto Sans Hebrew", "Noto Sans Devanagari", "Noto Sans Symbols", "Noto Emoji",
)  # fmt: skip


def folder() -> Path:
    """Where the font files are."""
    import manimgx_fonts

    return Path(str(manimgx_fonts.__file__)).parent
