"""Readings beside the first, as the desk uses them: the worker's careful reading of mentions, and whose word counts.

Owns the small file in which the worker says how far it is. Promises that pages say by which recipe a mention was read,
and that without the careful reader everything goes on with the fast one, which is said too.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kalkan import figures, reading
from kalkan.archive.readings import Readings
from kalkan.config import Config
from kalkan.desk import telling
from kalkan.desk.jobs import Work
from kalkan.desk.models import Adjustment, Correction
from kalkan.errors import InvalidInput
from kalkan.reading import adjust as adjusting
from kalkan.reading.backlog import Budget, read_backlog, stand_back
from kalkan.reading.decide import limits_of
from kalkan.reading.tiers import OWN, open_tier

DAYS: Final = 28  # mentions older than this are left to `kalkan reread`
_TURN: Final = 10.0  # seconds before the page is told how far it is
_ADJUSTED: Final = 5_000  # mentions at once
_kept: dict[Any, Any] = {}  # what one worker process remembers between turns: the budget, what it last saw


@dataclass(frozen=True, kw_only=True, slots=True)
class Careful:
    """How the careful reading of mentions is: on, missing (its extra is not installed) or off (no budget)."""

    state: str
    recipe: str = ""
    read: int = 0  # since the worker started
    left: int = 0
    seconds: float = 0.0  # of the processor, last turn
    code: str = ""
    at: str = ""

    @property
    def short(self) -> str:
        """The recipe, short enough to read."""
        return telling.recipe(self.recipe)


def careful(work: Work) -> None:
    """Read the newest mentions carefully, as far as the budget goes."""
    budget = _budget(work.config.careful_seconds)
    if not budget.seconds_a_minute:
        _say(work, Careful(state="off"))
        return
    try:
        readers = _readers(work.config)
    except InvalidInput as missing:
        _say(work, Careful(state="missing", code=missing.code))
        return
    recipe = readers.recipe
    store = Readings(work.archive)
    before = told(work.config)
    seen = (recipe.id, store.version)
    if _kept.get("seen") == seen and before is not None and before.left == 0:
        return  # nothing came since everything was read
    if "stood back" not in _kept:
        stand_back()
        _kept["stood back"] = True
    until = time.monotonic() + _TURN
    done = read_backlog(
        store,
        readers,
        budget,
        since=work.now() - timedelta(days=DAYS),
        now=work.now,
        spent=time.thread_time,
        stop=lambda: work.stop.is_set() or time.monotonic() > until,
    )
    _kept["read"] = _kept.get("read", 0) + done.read
    _kept["seen"] = (recipe.id, store.version)
    word = Careful(state="on", recipe=recipe.id, read=_kept["read"], left=done.left, seconds=round(done.seconds, 2))
    _say(work, word)


def _readers(config: Config) -> Any:
    """The open reader of mentions: the team's own, where the settings name one, else the careful one."""
    held = _kept.get("readers")
    if held is None or held[0] != config.own_model:
        with open_tier(OWN if config.own_model else "careful", own=config.own_model) as readers:
            held = _kept["readers"] = (config.own_model, readers)  # nothing to close: it reads in this process
    return held[1]


def _budget(seconds: float) -> Budget:
    held: Budget | None = _kept.get("budget")
    if held is None or held.seconds_a_minute != seconds:
        held = _kept["budget"] = Budget(seconds, time.monotonic)
    return held


def _path(config: Config) -> Path:
    return config.data / "careful.json"


def _say(work: Work, word: Careful) -> None:
    held = told(work.config)
    if held is not None and replace(held, at="") == word:
        return
    path = _path(work.config)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_text(json.dumps({**asdict(word), "at": work.now().isoformat()}), encoding="utf-8")
    draft.replace(path)


def told(config: Config) -> Careful | None:
    """What the worker last said; None before its first word."""
    try:
        found = json.loads(_path(config).read_text(encoding="utf-8"))
        datetime.fromisoformat(found["at"])
        return Careful(**found)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def base(config: Config) -> str:
    """The recipe whose word on mentions counts, under any adjustment."""
    word = told(config)
    return word.recipe if word is not None and word.recipe else reading.current().id


def preferred(config: Config, brand: str = "") -> tuple[str, ...]:
    """Whose word counts on a page about mentions, for :attr:`kalkan.figures.Ask.reading`: the brand's own adjustment
    where it is switched on, then the careful reader's where it has read one, else as heard.
    """
    word = told(config)
    found = (word.recipe,) if word is not None and word.recipe else ()
    if brand:
        held = Adjustment.objects.filter(brand__slug=brand, on=True).first()
        if held is not None and held.base == base(config):
            found = (adjusting.name(held.base, held.shifts), *found)
    return (*found, figures.HEARD) if found else ()


def adjust(work: Work) -> None:
    """Give mentions of brands whose adjustment is switched on their adjusted reading, newest first; and forget what
    was said of posts that were erased.
    """
    _forget(work)
    store = Readings(work.archive)
    for held in Adjustment.objects.filter(on=True).select_related("brand"):
        if held.base != base(work.config):
            continue  # learned from another reader: the page says so
        recipe = adjusting.name(held.base, held.shifts)
        seen = (recipe, store.version)
        if _kept.get(("adjusted", held.brand_id)) == seen:
            continue
        since = work.now() - timedelta(days=DAYS)
        margins = limits(held.base)
        while not work.stop.is_set():
            found = store.read_by(held.base, brand=held.brand.slug, but=recipe, since=since, limit=_ADJUSTED)
            if found.num_rows:
                done = adjusting.adjust(found, held.shifts, margins, recipe=recipe)
                store.append([done], now=work.now())
            if found.num_rows < _ADJUSTED:
                break
        _kept["adjusted", held.brand_id] = (recipe, store.version)


def limits(recipe: str) -> Any:
    """The margins of the recipe called so; none where it is not one of ours any more."""
    for tier in ("fast", "careful"):
        with contextlib.suppress(InvalidInput):
            ours = reading.current(tier)
            if ours.id == recipe:
                return limits_of(ours)
    return {}


def _forget(work: Work) -> None:
    if not Correction.objects.exists():
        return
    work.archive.logs["gone"].refresh()
    version = work.archive.logs["gone"].version
    if _kept.get("gone") != version:
        sql = "SELECT DISTINCT id FROM gone WHERE why IN ('erased', 'deleted')"
        gone = work.archive.query(sql, tables=("gone",))["id"].to_pylist()
        said = set(Correction.objects.values_list("post", flat=True).distinct())
        Correction.objects.filter(post__in=said.intersection(gone)).delete()
        _kept["gone"] = version
