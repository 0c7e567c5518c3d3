"""The only folding, splitting and measuring of text.

Folding makes one form of what people write so that search, matching and reading agree: lower case, marks stripped, and
all four of ``I ı İ i`` as ``i`` (what lower-casing does with them is wrong in Turkish whatever the engine). It is for
comparing, never for showing.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import regex

_I: Final = str.maketrans({"İ": "i", "I": "i", "ı": "i"})
_MARKS: Final = regex.compile(r"\p{Mn}+")


def fold(text: str) -> str:
    """``text`` for comparing: compatibility form, lower case, no marks, one i.

    >>> fold("KIRMIZI") == fold("kırmızı") == "kirmizi"
    True
    >>> fold("ŞİKÂYET")
    'sikayet'
    """
    lowered = unicodedata.normalize("NFKD", text.translate(_I)).lower()
    return _MARKS.sub("", lowered).translate(_I)


def fold_column(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """:func:`fold` for a column. Shape and nulls stay; equal to folding row by row."""
    folded = pc.utf8_normalize(texts, "NFKD")
    for letter in ("İ", "I", "ı"):
        folded = pc.replace_substring(folded, letter, "i")
    folded = pc.utf8_lower(folded)
    return pc.replace_substring_regex(folded, r"\p{Mn}+", "")


def graphemes(text: str) -> int:
    """How many signs a reader sees: user-perceived characters (Unicode extended grapheme clusters)."""
    return len(regex.findall(r"\X", text))
