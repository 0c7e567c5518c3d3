"""``kalkan reread``: readings of the whole archive by the current recipe, on this machine or on a Spark cluster."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kalkan import config as settings
from kalkan.errors import InvalidInput
from kalkan.sentences import say

if TYPE_CHECKING:
    from kalkan.config import Config
    from kalkan.reading.again import Engine, Progress


def reread(parsed: argparse.Namespace, lang: str) -> int:
    """Read what the recipe has not read yet; broken off and given again, it goes on where it was."""
    config = settings.load(os.environ, data=parsed.data)
    if parsed.master and parsed.engine != "spark":
        raise InvalidInput("reread_master_without_spark", master=parsed.master)
    from kalkan import archive as archives
    from kalkan import pipeline
    from kalkan.archive.readings import Readings
    from kalkan.reading import again

    store = Readings(archives.open(config.archive, create=False))
    with _engine(parsed, config) as (engine, rows):
        done = again.reread(store, engine, now=pipeline.utc_now, rows=rows, progress=_line())
        print(say("reread_done", {"n": f"{done:,}", "recipe": engine.recipe.id}, lang=lang))
    return 0


@contextlib.contextmanager
def _engine(parsed: argparse.Namespace, config: Config) -> Iterator[tuple[Engine, int]]:
    """The engine that was asked for, and how many posts it takes at once."""
    from kalkan import reading
    from kalkan.reading import again
    from kalkan.reading.tiers import OWN, open_own, open_tier

    with contextlib.ExitStack() as stack:
        if parsed.engine == "local":
            readers = stack.enter_context(open_tier(parsed.tier, own=config.own_model, processes=config.readers))
            yield again.Local(readers), again.ROWS
            return
        from kalkan.reading import spark
        from kalkan.reading.cluster import cluster

        own = config.own_model if parsed.tier == OWN else ""
        recipe = open_own(own).recipe if parsed.tier == OWN else reading.current(parsed.tier)
        master = parsed.master or stack.enter_context(cluster())
        memory = "" if parsed.master else "768m"
        yield stack.enter_context(spark.Spark(recipe, master, memory=memory, own=own)), spark.ROWS


def _line() -> Callable[[Progress], None] | None:
    """How far it is, on a terminal only."""
    if not sys.stderr.isatty():
        return None
    begun = time.monotonic()

    def line(done: Progress) -> None:
        rate = done.read / max(time.monotonic() - begun, 0.001)
        part = done.seen / max(done.total, 1)
        end = "\n" if done.seen >= done.total else ""
        said = f"\r{done.day:%Y-%m-%d}  {done.seen:,} / {done.total:,}  {part:.0%}  ({rate:,.0f}/s)"
        print(said, end=end, file=sys.stderr, flush=True)

    return line
