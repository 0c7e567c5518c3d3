"""``kalkan index``: the index of a month or year as a file."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kalkan import config as settings
from kalkan.cli.briefs import machine_zone
from kalkan.errors import InvalidInput
from kalkan.index import Period, period, periods
from kalkan.sentences import say
from kalkan.text import fold

_SUFFIXES: Final = (".html", ".pdf", ".json", ".csv")


def index(parsed: argparse.Namespace, lang: str) -> int:
    """``kalkan index``: written to a file."""
    config = settings.load(os.environ, data=parsed.data)
    target = Path(parsed.out)
    if target.suffix.lower() not in _SUFFIXES:
        raise InvalidInput("index_suffix", path=target.name)
    now = datetime.now(UTC).replace(microsecond=0)
    when = told(parsed.period, now=now, zone=machine_zone().key)
    from kalkan import archive as archives

    archive = archives.open(config.archive, create=False)
    from kalkan.desk.ready import ready

    ready(config)
    from django.utils import timezone, translation

    from kalkan.desk import indexing
    from kalkan.desk.models import Brand
    from kalkan.desk.views.index import written

    brands = list(Brand.objects.order_by("name"))
    brand = next((one for one in brands if fold(parsed.brand) in (fold(one.name), fold(one.slug))), None)
    if brand is None:
        known = ", ".join(one.name for one in brands) or "–"
        raise InvalidInput("brand_unknown", name=parsed.brand[:60], known=known)
    own = parsed.lang or lang
    with translation.override(own), timezone.override(when.zone):
        made = indexing.compose(brand, archive, when, now=now)
        data = written(made, target.suffix.lower()[1:], lang=own)
    target.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8"))
    shown = {"path": str(target), "figures": len(made.lines), "period": when.title(lang)}
    print(say("index_done", shown, lang=lang), file=sys.stderr)
    return 0


def told(text: str, *, now: datetime, zone: str) -> Period:
    """The period meant by ``month`` or ``year`` (the last that is over), ``2026-11`` or ``2026``.

    :raises InvalidInput: ``index_last_unreadable``, ``index_period_ahead``.
    """
    if text in periods.KINDS:
        return periods.last(text, now=now, zone=zone)
    try:
        return period(text, now=now, zone=zone)
    except InvalidInput as fault:
        if fault.code != "index_period_unreadable":
            raise
        raise InvalidInput("index_last_unreadable", value=text[:40]) from fault
