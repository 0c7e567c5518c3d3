"""Every code a person may meet, as one sentence with its remedy, in English and Turkish: one file an area.

Used at the edges only (command line and desk); the core speaks in codes. A test holds that every code raised in the
package stands here in both languages, with the same parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kalkan.errors import KalkanError
from kalkan.sentences import doctor, index, keeping, room, running, sending, shield, stories

LANGUAGES: Final = ("en", "tr")

SENTENCES: Final[dict[str, dict[str, str]]] = {
    code: texts
    for area in (doctor, index, keeping, room, running, sending, shield, stories)
    for code, texts in area.SENTENCES.items()
}


def tell(error: KalkanError, lang: str = "en") -> str:
    """The sentence for ``error`` in ``lang``; for an unknown code, an honest general one that names it."""
    return say(error.code, error.params, lang=lang)


def say(code: str, params: Mapping[str, object] | None = None, *, lang: str = "en") -> str:
    """The sentence for ``code`` with its parameters filled in."""
    texts = SENTENCES.get(code)
    if texts is None:
        texts, params = SENTENCES["unexpected"], {"detail": code}
    template = texts.get(lang) or texts["en"]
    try:
        return template.format(**(params or {}))
    except (KeyError, IndexError):
        return template
