"""The words of one message about alarms, for mail and hooks: the same facts as on the desk, and a few posts.

Promises that a stranger's text cannot end a line, become markup, or call anybody's name in a chat. Never sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfoNotFoundError

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from kalkan import figures, text
from kalkan.config import Config
from kalkan.desk import alarms, showing, stories
from kalkan.desk.models import Brand
from kalkan.stories.record import AlarmRow

_POSTS = 3
_SHORT = 240
_TITLE = 120


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm of a message: its line, where it opens, and posts that stand for it (text, network)."""

    line: alarms.AlarmLine
    url: str
    posts: tuple[tuple[str, str], ...]


@contextmanager
def tongue(lang: str, zone: str = "UTC") -> Iterator[None]:
    """Speak as the receiver reads: their language and their clock."""
    try:
        timezone.activate(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        timezone.activate("UTC")
    try:
        with translation.override(lang or "en"):
            yield
    finally:
        timezone.deactivate()


def told(found: Sequence[AlarmRow], brand: Brand, *, config: Config, archive: figures.Archive) -> list[Told]:
    """``found`` in the active language. Abusive posts are left out; so are handles."""
    return [_told(alarm, brand, config, archive) for alarm in found]


def _told(alarm: AlarmRow, brand: Brand, config: Config, archive: figures.Archive) -> Told:
    ids = [one.id for one in alarm.examples]
    times = [one.at for one in alarm.examples] or [alarm.at]
    rows = stories.texts(ids, archive, since=min(times), until=max(times) + timedelta(minutes=1))
    calm = [showing.said(rows[one]) for one in ids if one in rows]
    posts = tuple((one_line(post.text, _SHORT), post.network) for post in calm if not (post.abuse or post.warning))
    return Told(alarms.line(alarm, brand), address(config, reverse("story", args=[alarm.story])), posts[:_POSTS])


def address(config: Config, path: str) -> str:
    """``path`` of the desk as people outside of it open it."""
    base = config.public_url.rstrip("/") or f"http://{config.host}:{config.port}"
    return base + path


def one_line(words: str, most: int = _TITLE) -> str:
    """A stranger's words in one line, without controls, not too long."""
    return text.cut(" ".join(text.clean(words).split()), most)


def subject(found: Sequence[Told]) -> str:
    """What a message is about, in one line."""
    if not found:
        return gettext("A trial alarm from Kalkan")
    first = found[0].line
    if len(found) > 1:
        text_ = ngettext("%(n)s alarm in your quiet hours", "%(n)s alarms in your quiet hours", len(found))
        return text_ % {"n": len(found)}
    return gettext("Alarm: %(title)s (gravity %(gravity)s)") % {
        "title": one_line(first.title),
        "gravity": first.gravity,
    }
