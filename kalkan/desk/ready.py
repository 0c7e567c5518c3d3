"""Makes the desk ready inside a process that is not a web server: settings, folder, tables.

Everything outside the desk that needs its rows calls :func:`ready` first, once.
"""

from __future__ import annotations

import os
from pathlib import Path

from kalkan.config import SETTINGS, Config
from kalkan.errors import InvalidInput


def ready(config: Config, *, migrate: bool = True) -> None:
    """Set Django up for ``config`` in this process (and those it starts), and bring the tables up to date.

    :raises InvalidInput: the data folder cannot be written, or the database does not answer.
    """
    for setting in SETTINGS:
        os.environ[f"KALKAN_{setting.name.upper()}"] = _plain(getattr(config, setting.name))
    os.environ["DJANGO_SETTINGS_MODULE"] = "kalkan.desk.settings"
    try:
        config.data.mkdir(parents=True, exist_ok=True)
        probe = config.data / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InvalidInput("data_unwritable", path=str(config.data), detail=error.strerror or "") from error

    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import DatabaseError

    django.setup()
    str(settings.SECRET_KEY)  # made now if it must be, so that a fault is told at the start
    if migrate:
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except DatabaseError as error:
            raise InvalidInput("database_unusable", detail=str(error).strip().splitlines()[0]) from error


def setup_token(config: Config) -> str | None:
    """The word that the set-up asks of a browser on another machine; None once somebody has an account.

    It is made once and kept in the data folder. Call :func:`ready` first.
    """
    from kalkan.desk import access
    from kalkan.desk.keys import kept_secret

    return None if access.anybody() else kept_secret(token_path(config), size=18)


def token_path(config: Config) -> Path:
    """Where the set-up's word is kept."""
    return config.data / "setup_token"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
