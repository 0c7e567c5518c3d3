"""Readings as the team corrects them: what can be said of one, what was said, and what it taught.

Owns the tasks and their verdicts in words, and the way from corrections to labels. Promises that the newest word of a
task counts and that probabilities are those of the recipe that was corrected. Never writes.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils.translation import get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from kalkan import figures
from kalkan.desk import rereading, shelf, telling
from kalkan.desk.models import Correction
from kalkan.figures.select import source
from kalkan.posts import FEELINGS, PROBABILITIES, SENTIMENTS
from kalkan.reading.adjust import CORRECTED, Label

TASKS: Final[dict[str, Any]] = {
    "sentiment": _("Sentiment"),
    "feeling": _("Feeling"),
    "question": _("Question"),
    "ask": _("Ask"),
    "complaint": _("Complaint"),
    "praise": _("Praise"),
    "offensive": _("Abuse"),
    "irony": _("Irony"),
    "lang": _("Language"),
}
_VERDICTS: Final[dict[str, Any]] = {
    "negative": _("negative"),
    "neutral": _("neutral"),
    "positive": _("positive"),
    "anger": _("anger"),
    "sadness": _("sadness"),
    "fear": _("fear"),
    "joy": _("joy"),
    "optimism": _("optimism"),
    "disgust": _("disgust"),
    "surprise": _("surprise"),
    "none": _("none"),
    "yes": _("yes"),
    "no": _("no"),
}
_YES_NO: Final = ("yes", "no")
_LANGS: Final = (
    *("tr", "en", "ar", "bg", "bn", "cs", "da", "de", "el", "es", "fa", "fi", "fr", "he", "hi", "hr", "hu", "hy", "id"),
    *("it", "ja", "ka", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sr", "sv", "th", "uk", "ur", "zh"),
)
_SHARES: Final = tuple(name.removeprefix("p_") for name in PROBABILITIES)

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """One person's verdicts on one post."""

    name: str
    words: str  # what they corrected; empty: they only confirmed


def verdicts(task: str) -> tuple[str, ...]:
    """What can be said of ``task``; nothing for a task that there is not."""
    if task == "lang":
        return _LANGS
    if task not in TASKS:
        return ()
    return {"sentiment": SENTIMENTS, "feeling": (*FEELINGS, "none")}.get(task, _YES_NO)


def verdict_word(task: str, verdict: str) -> str:
    """A verdict in words; empty = not sure."""
    if not verdict:
        return gettext("not sure")
    if task != "lang":
        return str(_VERDICTS.get(verdict, verdict))
    if verdict in telling.LANGS:
        return telling.lang(verdict)
    with contextlib.suppress(KeyError):  # by its own name, as its speakers would look for it
        return str(get_language_info("zh-hans" if verdict == "zh" else verdict)["name_local"])
    return verdict


def said_of(row: Row) -> dict[str, str]:
    """What a reading says of every task; empty = it is not sure."""
    unsure = set(row["abstained"] or ())
    found = {task: row[task] or "" for task in ("sentiment", "feeling", "lang")}
    for task in TASKS:
        if task not in found:
            share = row[f"p_{task}"]
            found[task] = "" if task in unsure or share is None else _YES_NO[share < figures.THRESHOLD]
    return {task: found[task] for task in TASKS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A mention as pages show it, and the probabilities of the recipe under any adjustment."""

    row: Row
    shares: dict[str, float]
    recipe: str  # of ``shares``


def read_of(brand: str, post: str, at: datetime) -> Read | None:
    """The reading of a mention of ``brand``; None where the archive does not show that post."""
    shown = _row(brand, post, at, rereading.preferred(settings.CONFIG, brand))
    base = _row(brand, post, at, rereading.preferred(settings.CONFIG))
    if shown is None or base is None:
        return None
    shares = {name: float(base[f"p_{name}"] or 0) for name in _SHARES}
    return Read(row=shown, shares=shares, recipe=base["recipe"])


def _row(brand: str, post: str, at: datetime, reading: tuple[str, ...]) -> Row | None:
    until = at + timedelta(microseconds=1)
    ask = figures.Ask(since=at, until=until, where=figures.Where(brand=brand), reading=reading)
    of = source(ask)
    sql = f"SELECT * FROM {of.sql} WHERE id = ? AND brand = ? LIMIT 1"
    found = shelf.opened().query(sql, [*of.params, post, brand], since=at, until=until, tables=of.tables)
    rows: list[Row] = found.to_pylist()
    return rows[0] if rows else None


def by_post(rows: Iterable[Correction]) -> dict[str, list[Correction]]:
    """The newest correction of each post and task, by post. ``rows`` come newest first."""
    seen: set[tuple[str, str]] = set()
    found: dict[str, list[Correction]] = defaultdict(list)
    for row in rows:
        if (row.post, row.task) not in seen:
            seen.add((row.post, row.task))
            found[row.post].append(row)
    return found


def told(rows: Sequence[Correction]) -> list[Said]:
    """What people said of one post, one entry a person."""
    people: dict[str, list[Correction]] = defaultdict(list)
    for row in rows:
        people[row.person.name if row.person else gettext("somebody who left")].append(row)
    found = []
    for name, theirs in people.items():
        changed = [row for row in theirs if row.was != row.became]
        words = [f"{TASKS[row.task]}: {verdict_word(row.task, row.became)}" for row in changed if row.task in TASKS]
        found.append(Said(name=name, words=", ".join(words)))
    return found


def labels(rows: Iterable[Correction], *, base: str) -> dict[str, list[Label]]:
    """The corrections of readings by the recipe ``base`` as labels, by task, in the order of their posts' ids."""
    found: dict[str, list[Label]] = {task: [] for task in CORRECTED}
    for post, theirs in sorted(by_post(rows).items()):
        for row in theirs:
            if row.recipe == base and row.task in found:
                found[row.task].append(Label(post=post, task=row.task, became=row.became, shares=row.shares))
    return found
