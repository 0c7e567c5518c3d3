"""Stories that are known otherwise, as the room takes them: an archive's story rows, a replay's alarms.

Owns that translation, by the fields both have; imports neither. Promises that ids are kept, so that evidence opens the
story's own page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Protocol

from kalkan.room.shapes import Story

_HARMS: Final = {"missing": "hurt", "job_loss": "jobs", "unsafe_product": "product"}


class Told(Protocol):
    """What a story row and an alarm have in common."""

    @property
    def title(self) -> str: ...
    @property
    def terms(self) -> tuple[str, ...]: ...
    @property
    def began(self) -> datetime: ...
    @property
    def n(self) -> int: ...
    @property
    def authors(self) -> int: ...


def story_from(row: Told, *, langs: Iterable[str] = (), markets: Iterable[str] = ()) -> Story:
    """A story row (``kalkan.stories.record.StoryRow``) or an alarm (``kalkan.stories.Alarm``) as the room's."""
    weighed: Any = getattr(row, "harm", None) or getattr(row, "gravity", None)
    level = weighed if isinstance(weighed, int) else int(getattr(weighed, "level", 0))
    harms = () if isinstance(weighed, int) else tuple(getattr(weighed, "harms", ()))
    trace: Any = getattr(row, "trace", None)
    spoken = tuple(part.name for part in getattr(trace, "languages", ()) if part.name)
    examples = getattr(row, "examples", ())
    posts = getattr(row, "posts", None) or tuple(getattr(one, "id", "") for one in examples)
    return Story(
        id=str(getattr(row, "id", "") or getattr(row, "story", "")),
        title=row.title,
        terms=row.terms,
        gravity=level,
        harms=tuple(dict.fromkeys(_HARMS.get(one.kind, one.kind) for one in harms)),
        began=row.began,
        posts=row.n,
        authors=row.authors,
        langs=tuple(langs) or spoken,
        markets=tuple(markets),
        rising=getattr(row, "state", "rising") == "rising",
        examples=tuple(str(one) for one in posts if one)[:3],
    )
