"""The worker's oldest jobs: mentions for changed watches, and the sweep of the archive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from kalkan import brand_files, pipeline
from kalkan.archive.sweep import compact
from kalkan.desk import listening
from kalkan.desk.jobs import Work
from kalkan.networks.accounts import Accounts
from kalkan.networks.http import Door

_REMATCH_DAYS: Final = 28
_kept: dict[str, Any] = {}  # what one worker process remembers between runs: accounts, the door, the watches last seen


def mentions(work: Work) -> None:
    """Ask networks for the lasting ids of watched accounts, and find mentions in what is held when watches change."""
    accounts = _kept.setdefault("accounts", None) or Accounts(work.config.data / "accounts.json")
    door = _kept.setdefault("door", None) or Door()
    _kept.update(accounts=accounts, door=door)
    now = work.now()
    if not work.config.demo:  # the demo's town is asked nothing outside this machine
        accounts.look_up(listening.brands(), door=door, now=now)
    brands = accounts.widen(listening.brands())
    watched = _kept.get("watched")
    if watched is not None and brands != watched:
        pipeline.rematch(work.archive, brands, since=now - timedelta(days=_REMATCH_DAYS), until=now)
    if brands != watched:
        brand_files.write(work.config.data / "brands.json", brands)  # for commands that never open the desk
    _kept["watched"] = brands


def sweep(work: Work) -> None:
    """Merge small files and take out what is gone."""
    compact(work.archive, now=work.now())
